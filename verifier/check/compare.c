#include "verifier/check/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "system/file.h"

static const struct span nobody = {NULL, 0};

const char *compare_text(enum compare_outcome outcome)
{
    static const char *const texts[] = {[COMPARE_SAME] = "same",
        [COMPARE_PREFIX] = "prefix",
        [COMPARE_ENTRY] = "entry",
        [COMPARE_FORK] = "fork",
        [COMPARE_OPEN] = "incomplete"};

    return texts[outcome];
}

static void found(struct compare *c, enum finding_code code, uint64_t index, const char *detail)
{
    findings_add(c->findings, code, index, FINDING_NO_POSITION, nobody, detail);
}

/*
 * What could not be told, and why. Tiles that lead elsewhere than the root beside them are a
 * finding about that side, though never one that there are two histories.
 */
static int open_end(struct compare *c, int err, const struct why *why)
{
    if (err == KEIIN_ENOMEM)
        return err;
    c->outcome = COMPARE_OPEN;
    c->why = *why;
    found(c, err == KEIIN_EMISMATCH ? FINDING_ROOT_MISMATCH : FINDING_INCOMPLETE, FINDING_NO_INDEX,
        why->text[0] != '\0' ? why->text : keiin_err_text(err));
    return 0;
}

/* ---- trust ---- */

static int judge_side(struct compare *c, size_t i, const struct side_options *options)
{
    struct side *s = c->sides[i];
    char detail[400];
    int err;

    c->rosters[i] = side_rosters(s, c->sides[1 - i], options);
    err = side_judge(s, c->rosters[i]);
    if (err == 0 && s->kind == SIDE_PROOF)
        return side_check_proof(s, c->rosters[i], c->findings);
    if (err != 0 || (s->is_signed && !s->wrong))
        return err;
    snprintf(detail, sizeof detail, "%.200s: %s", s->name,
        s->wrong ? "a signature by a known key is wrong"
                 : "no signature by a log key of the rosters given, or another origin");
    found(c, FINDING_CHECKPOINT_INVALID, FINDING_NO_INDEX, detail);
    return 0;
}

/* ---- where they part ---- */

/* Whether the first `size` entries are the same in both. */
static int same_until(struct compare *c, uint64_t size, bool *same, struct why *why)
{
    struct hash roots[2];
    int err = 0;

    for (size_t i = 0; i < 2 && err == 0; i++)
        err = side_root(c->sides[i], size, &roots[i], NULL, NULL, why);
    *same = err == 0 && hash_eq(&roots[0], &roots[1]);
    return err;
}

/*
 * The most entries that are the same, bit by bit from the highest: the first questions are
 * answered by the tiles near the root, the last by one tile of leaves.
 */
static int find_first(struct compare *c, uint64_t size, struct why *why)
{
    uint64_t same_count = 0, bit = UINT64_C(1) << 63;
    int err = 0;

    for (; err == 0 && bit > 0; bit >>= 1) {
        bool same = false;

        if ((same_count | bit) >= size)
            continue; /* at `size` they differ */
        err = same_until(c, same_count | bit, &same, why);
        if (err == 0 && same)
            same_count |= bit;
    }
    if (err != 0)
        return err;
    c->common = c->index = same_count;
    c->has_index = c->index_is_first = true;
    return 0;
}

/* Both entries at the index; that one cannot be read takes nothing away. */
static int read_entries(struct compare *c)
{
    struct why why = {""};

    for (size_t i = 0; i < 2; i++) {
        int err = side_entry(c->sides[i], c->index, &c->entries[i], &why);

        if (err == KEIIN_ENOMEM)
            return err;
        if (err != 0)
            buf_clear(&c->entries[i]);
    }
    return 0;
}

/* ---- receipts ---- */

/* The side that is a receipt whose own parts fit, or NULL. */
static struct side *receipt_of(const struct compare *c, size_t i)
{
    return c->sides[i]->kind == SIDE_PROOF && c->sides[i]->has_evidence ? c->sides[i] : NULL;
}

/* A receipt's entry and what stands at its place in the other side, where that differs. */
static int find_by_receipt(struct compare *c, size_t i)
{
    struct side *receipt = receipt_of(c, i), *other = c->sides[1 - i];
    struct why why = {""};
    int err;

    if (receipt == NULL || receipt->evidence.proof.index >= side_size(other))
        return 0;
    c->index = receipt->evidence.proof.index;
    err = side_entry(other, c->index, &c->entries[1 - i], &why);
    if (err == 0 && !span_eq(buf_view(&c->entries[1 - i]), receipt->evidence.extra.entry)) {
        c->has_index = true;
        return side_entry(receipt, c->index, &c->entries[i], &why);
    }
    buf_clear(&c->entries[1 - i]);
    return err == KEIIN_ENOMEM ? err : 0;
}

static int note_fork(struct compare *c, uint64_t size)
{
    struct why why = {""};
    char detail[128];
    int err = find_first(c, size, &why);

    c->outcome = COMPARE_FORK;
    if (err == KEIIN_ENOMEM)
        return err;
    if (err == KEIIN_EMISMATCH)
        found(c, FINDING_ROOT_MISMATCH, FINDING_NO_INDEX, why.text);
    if (err != 0)
        snprintf(detail, sizeof detail, "within the first %" PRIu64 " entries", size);
    else
        snprintf(detail, sizeof detail, "the first %" PRIu64 " entries are the same", c->common);
    if (err == 0) {
        found(c, FINDING_FORK, c->index, detail);
        return read_entries(c);
    }
    err = find_by_receipt(c, 0);
    if (err == 0 && !c->has_index)
        err = find_by_receipt(c, 1);
    found(c, FINDING_FORK, c->has_index ? c->index : FINDING_NO_INDEX, detail);
    return err;
}

/* A receipt's entry against what stands at its place in the other side. */
static int compare_entry(struct compare *c, size_t i)
{
    struct side *receipt = receipt_of(c, i), *other = c->sides[1 - i];
    uint64_t index = receipt->evidence.proof.index;
    struct why why = {""};
    int err;

    if (index >= side_size(other)) {
        why_set(&why, "%.200s ends before entry %" PRIu64 ", which %.200s is about", other->name,
            index, receipt->name);
        return open_end(c, KEIIN_EABSENT, &why);
    }
    err = side_entry(other, index, &c->entries[1 - i], &why);
    if (err != 0) {
        buf_clear(&c->entries[1 - i]);
        return open_end(c, err, &why);
    }
    if (span_eq(buf_view(&c->entries[1 - i]), receipt->evidence.extra.entry)) {
        c->outcome = COMPARE_ENTRY;
        return 0;
    }
    buf_put_span(&c->entries[i], receipt->evidence.extra.entry);
    c->outcome = COMPARE_FORK;
    c->has_index = true;
    c->index = index;
    found(c, FINDING_FORK, index, "two entries at one place");
    return buf_status(&c->entries[i]);
}

/* ---- the whole ---- */

static int compare_trees(struct compare *c)
{
    size_t smaller = side_size(c->sides[0]) <= side_size(c->sides[1]) ? 0 : 1;
    uint64_t size = side_size(c->sides[smaller]);
    struct why why = {""};
    bool same = false;
    int err = same_until(c, size, &same, &why);

    if (err == KEIIN_EUSAGE && receipt_of(c, 0) != NULL)
        return compare_entry(c, 0);
    if (err == KEIIN_EUSAGE && receipt_of(c, 1) != NULL)
        return compare_entry(c, 1);
    if (err != 0)
        return open_end(c, err, &why);
    if (!same)
        return note_fork(c, size);
    c->common = size;
    c->outcome = side_size(c->sides[0]) == side_size(c->sides[1]) ? COMPARE_SAME : COMPARE_PREFIX;
    return 0;
}

int compare_ages(struct compare *c)
{
    struct why why = {""};

    for (size_t i = 0; i < 2; i++) {
        struct side *s = c->sides[i];
        int err = s->kind == SIDE_SOURCE ? side_entry(s, side_size(s) - 1, &c->last[i], &why) : 0;

        if (err == KEIIN_ENOMEM)
            return err;
        if (err != 0)
            buf_clear(&c->last[i]);
    }
    return 0;
}

static int compare_receipts_heads(struct compare *c)
{
    const struct side *a = receipt_of(c, 0), *b = receipt_of(c, 1);

    return a == NULL || b == NULL
               ? 0
               : compare_heads(c, a->evidence.extra.entry, a->evidence.proof.index,
                     b->evidence.extra.entry, b->evidence.proof.index);
}

int compare_run(
    struct compare *c, struct side *a, struct side *b, const struct side_options *options)
{
    struct why why = {""};
    int err = 0;

    *c = (struct compare){.sides = {a, b}, .outcome = COMPARE_OPEN};
    for (size_t i = 0; i < 2; i++) {
        buf_init(&c->entries[i], ENTRY_BYTES_MAX);
        buf_init(&c->last[i], ENTRY_BYTES_MAX);
    }
    c->findings = findings_new(1000);
    if (c->findings == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; err == 0 && i < 2; i++)
        err = judge_side(c, i, options);
    if (err != 0)
        return err;
    if (!a->is_signed || !b->is_signed) {
        why_set(&why, "what the log did not sign is not compared");
        c->why = why;
        return compare_receipts_heads(c);
    }
    err = compare_trees(c);
    if (err == 0)
        err = compare_receipts_heads(c);
    return err;
}

void compare_destroy(struct compare *c)
{
    for (size_t i = 0; i < 2; i++) {
        buf_destroy(&c->entries[i]);
        buf_destroy(&c->last[i]);
    }
    for (size_t i = 0; i < c->fork_count; i++)
        free(c->forks[i].writer);
    free(c->forks);
    findings_free(c->findings);
    *c = (struct compare){0};
}

/* ---- evidence ---- */

static int keep_file(const char *folder, const char *name, struct span bytes, struct why *why)
{
    char *path = path_join(folder, name);
    int err = path == NULL ? KEIIN_ENOMEM : file_create(path, 0644, bytes, why);

    free(path);
    return err;
}

/* A proof of an entry; where it cannot be made there is none. */
static int keep_proof(struct compare *c, size_t i, uint64_t index, struct span entry,
    const char *folder, const char *name, struct why *why)
{
    struct why not_made = {""};
    struct buf proof;
    int err;

    buf_init(&proof, PROOF_BYTES_MAX);
    err = side_proof(c->sides[i], index, entry, &proof, &not_made);
    if (err == 0)
        err = keep_file(folder, name, buf_view(&proof), why);
    else if (err != KEIIN_ENOMEM)
        err = 0;
    buf_destroy(&proof);
    return err;
}

static int keep_root(struct compare *c, const char *folder, struct why *why)
{
    size_t larger = side_size(c->sides[0]) > side_size(c->sides[1]) ? 0 : 1;
    struct why not_made = {""};
    struct buf file;
    int err;

    buf_init(&file, PROOF_BYTES_MAX);
    err = side_consistency(c->sides[larger], side_size(c->sides[1 - larger]), &file, &not_made);
    if (err == 0)
        err = keep_file(
            folder, larger == 0 ? "a.consistency" : "b.consistency", buf_view(&file), why);
    else if (err != KEIIN_ENOMEM)
        err = 0;
    buf_destroy(&file);
    return err;
}

static int keep_writer_fork(struct compare *c, const char *folder, struct why *why)
{
    static const char *const names[] = {"a.writer.tlog-proof", "b.writer.tlog-proof"};
    struct why not_read = {""};
    int err = 0;

    for (size_t i = 0; err == 0 && i < 2; i++) {
        struct buf entry;

        buf_init(&entry, ENTRY_BYTES_MAX);
        err = side_entry(c->sides[i], c->forks[0].index[i], &entry, &not_read);
        if (err == 0)
            err = keep_proof(c, i, c->forks[0].index[i], buf_view(&entry), folder, names[i], why);
        else if (err != KEIIN_ENOMEM)
            err = 0;
        buf_destroy(&entry);
    }
    return err;
}

int compare_keep(struct compare *c, const char *folder, struct why *why)
{
    static const char *const checkpoints[] = {"a.checkpoint", "b.checkpoint"};
    static const char *const proofs[] = {"a.tlog-proof", "b.tlog-proof"};
    int err = folder_create(folder, why);

    for (size_t i = 0; err == 0 && i < 2; i++)
        err =
            keep_file(folder, checkpoints[i], buf_view(&c->sides[i]->fetch.checkpoint_bytes), why);
    for (size_t i = 0; err == 0 && i < 2; i++)
        if (c->entries[i].n > 0)
            err = keep_proof(c, i, c->index, buf_view(&c->entries[i]), folder, proofs[i], why);
    if (err == 0 && c->outcome == COMPARE_FORK && side_size(c->sides[0]) != side_size(c->sides[1]))
        err = keep_root(c, folder, why);
    if (err == 0 && c->fork_count > 0)
        err = keep_writer_fork(c, folder, why);
    return err;
}
