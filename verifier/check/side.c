#include "verifier/check/side.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/sha256.h"
#include "core/text.h"
#include "http/source_tiles.h"
#include "system/file.h"

#define OLD_PREFIX "old "
#define PROOF_PREFIX "c2sp.org/tlog-proof@v1\n"

/* ---- opening ---- */

static int parse_checkpoint(struct side *s, struct span note, struct why *why)
{
    int err;

    s->note = malloc(sizeof *s->note);
    if (s->note == NULL)
        return KEIIN_ENOMEM;
    err = note_parse(note, s->note, why);
    return err == 0 ? checkpoint_parse(s->note->text, &s->fetch.checkpoint, why) : err;
}

/* The trusted rosters once more, walked back to serial 0 and on to the newest that is there. */
static int read_rosters(struct side *s, const struct side_options *options)
{
    struct roster *first = NULL;
    struct why why = {""};
    int err = roster_parse(options->trusted[0]->text, &first, NULL);

    if (err == 0)
        err = rosters_start(&s->rosters, first, s->source, &why);
    for (size_t i = 1; err == 0 && i < options->trusted_count; i++) {
        err = roster_parse(options->trusted[i]->text, &first, NULL);
        if (err == 0)
            err = rosters_add(&s->rosters, first);
    }
    while (err == 0)
        err = rosters_follow(&s->rosters, s->source, &why);
    return err == KEIIN_ENOMEM ? err : 0; /* what there is, is enough or not: side_judge says */
}

static int open_source(struct side *s, const struct side_options *options, struct why *why)
{
    int err = source_open(s->name, options->timeout_ms, &s->source, why);

    if (err == 0)
        err = fetch_init(&s->fetch, s->source, options->latest, why);
    if (err == 0)
        err = parse_checkpoint(s, buf_view(&s->fetch.checkpoint_bytes), why);
    if (err == 0)
        err = read_rosters(s, options);
    if (err == 0) {
        s->tiles = source_tiles_new(s->source);
        err = s->tiles == NULL ? KEIIN_ENOMEM : 0;
    }
    return err;
}

static int keep_note(struct side *s, struct span note, struct why *why)
{
    buf_put_span(&s->fetch.checkpoint_bytes, note);
    if (buf_status(&s->fetch.checkpoint_bytes) == KEIIN_ENOMEM)
        return KEIIN_ENOMEM;
    if (buf_status(&s->fetch.checkpoint_bytes) != 0) {
        why_set(why, "its checkpoint is longer than one may be");
        return KEIIN_EMALFORMED;
    }
    return parse_checkpoint(s, buf_view(&s->fetch.checkpoint_bytes), why);
}

/* "old <size> <root>", hashes, an empty line, a checkpoint. */
static int parse_consistency(struct side *s, struct why *why)
{
    struct cursor c = cursor_of(span_of(s->file, s->file_bytes));
    struct hash proof[CONSISTENCY_HASHES_MAX];
    struct span first = cursor_line(&c), line;
    const uint8_t *space;
    size_t count = 0;
    int err;

    first = span_of(first.p + strlen(OLD_PREFIX), first.n - strlen(OLD_PREFIX));
    space = first.n == 0 ? NULL : memchr(first.p, ' ', first.n);
    if (space == NULL ||
        !decimal_parse(span_of(first.p, (size_t)(space - first.p)), UINT64_MAX, &s->old_size) ||
        !base64_decode(
            s->old_root.b, HASH_BYTES, span_of(space + 1, (size_t)(first.p + first.n - space - 1))))
        goto malformed;
    for (line = cursor_line(&c); !c.failed && line.n > 0; line = cursor_line(&c))
        if (count == CONSISTENCY_HASHES_MAX || !base64_decode(proof[count++].b, HASH_BYTES, line))
            goto malformed;
    if (c.failed)
        goto malformed;
    err = keep_note(s, span_of(c.p, cursor_left(&c)), why);
    if (err != 0)
        return err;
    if (s->old_size == 0 || s->old_size > side_size(s) ||
        !tree_check_consistency(
            s->old_size, side_size(s), &s->old_root, &s->fetch.checkpoint.root, proof, count)) {
        why_set(why, "the earlier root in it does not lead to its checkpoint");
        return KEIIN_EMALFORMED;
    }
    return 0;
malformed:
    why_set(why, "is no checkpoint, proof or receipt");
    return KEIIN_EMALFORMED;
}

static int open_file(struct side *s, struct why *why)
{
    struct proof proof;
    struct span file;
    int err = file_read(s->name, PROOF_BYTES_MAX, &s->file, &s->file_bytes, why);

    if (err != 0)
        return err;
    file = span_of(s->file, s->file_bytes);
    if (file.n >= strlen(PROOF_PREFIX) && memcmp(file.p, PROOF_PREFIX, strlen(PROOF_PREFIX)) == 0) {
        s->kind = SIDE_PROOF;
        err = proof_parse(file, &proof, why);
        if (err != 0)
            return err;
        err = keep_note(s, proof.checkpoint, why);
        proof_destroy(&proof);
        return err;
    }
    if (file.n >= strlen(OLD_PREFIX) && memcmp(file.p, OLD_PREFIX, strlen(OLD_PREFIX)) == 0) {
        s->kind = SIDE_CONSISTENCY;
        return parse_consistency(s, why);
    }
    s->kind = SIDE_CHECKPOINT;
    return keep_note(s, file, why);
}

int side_open(struct side *s, const char *name, const struct side_options *options, struct why *why)
{
    struct stat st;

    *s = (struct side){.name = name};
    buf_init(&s->fetch.checkpoint_bytes, CHECKPOINT_BYTES_MAX);
    if (!source_is_url(name) && stat(name, &st) == 0 && !S_ISDIR(st.st_mode))
        return open_file(s, why);
    s->kind = SIDE_SOURCE;
    return open_source(s, options, why);
}

void side_destroy(struct side *s)
{
    source_tiles_free(s->tiles);
    evidence_destroy(&s->evidence);
    rosters_destroy(&s->rosters);
    fetch_destroy(&s->fetch);
    source_free(s->source);
    free(s->note);
    free(s->file);
    *s = (struct side){0};
}

/* ---- whom to believe ---- */

struct roster_view side_rosters(
    const struct side *s, const struct side *other, const struct side_options *options)
{
    if (s->rosters.count > 0)
        return (struct roster_view){
            (const struct roster *const *)s->rosters.list, s->rosters.count};
    if (other != NULL && other->rosters.count > 0)
        return (struct roster_view){
            (const struct roster *const *)other->rosters.list, other->rosters.count};
    return (struct roster_view){options->trusted, options->trusted_count};
}

/* The newest roster whose log signed; `count` when none's did. */
static int find_judge(struct side *s, struct roster_view rosters, size_t *out)
{
    for (size_t i = rosters.count; i-- > 0;) {
        const struct roster *roster = rosters.list[i];
        int err = roster_judge(s->note, roster, NULL, roster, &s->votes, NULL);

        if (err != 0)
            return err;
        if (s->votes.log_signed && span_eq(s->fetch.checkpoint.origin, roster->origin)) {
            *out = i;
            return 0;
        }
        s->wrong = s->wrong || s->votes.wrong;
    }
    *out = rosters.count;
    return 0;
}

int side_judge(struct side *s, struct roster_view rosters)
{
    size_t judge;
    int err;

    s->wrong = false;
    err = find_judge(s, rosters, &judge);
    s->is_signed = err == 0 && judge < rosters.count;
    if (s->is_signed)
        s->wrong = s->votes.wrong;
    return err;
}

/* What is found in the file alone; that witnesses are few is no fault of a receipt. */
static void keep_findings(const struct findings *from, struct findings *to, const char *name)
{
    const struct finding *list;
    uint64_t dropped;
    size_t count = findings_added(from, &list, &dropped);
    char detail[600];

    for (size_t i = 0; i < count; i++) {
        if (list[i].code == FINDING_WITNESS_QUORUM)
            continue;
        snprintf(detail, sizeof detail, "%.200s%s%.300s", name, list[i].detail == NULL ? "" : ": ",
            list[i].detail == NULL ? "" : list[i].detail);
        findings_add(to, list[i].code, list[i].index, list[i].position,
            list[i].writer == NULL ? span_of(NULL, 0) : span_str(list[i].writer), detail);
    }
}

int side_check_proof(struct side *s, struct roster_view rosters, struct findings *f)
{
    struct findings *own = findings_new(100);
    size_t judge = 0;
    int err = own == NULL ? KEIIN_ENOMEM : find_judge(s, rosters, &judge);

    /* Judged by the roster of its time; the writer's key may stand in any up to that. */
    if (err == 0)
        err = evidence_check(&s->evidence, span_of(s->file, s->file_bytes), rosters.list,
            judge < rosters.count ? judge + 1 : rosters.count, own);
    s->has_evidence = err == 0 && s->evidence.has_entry && s->evidence.has_checkpoint &&
                      !findings_has(own, FINDING_RECEIPT_MISMATCH);
    if (err == 0)
        keep_findings(own, f, s->name);
    findings_free(own);
    return err;
}

/* ---- what a side proves ---- */

static int not_led(const struct side *s, struct why *why)
{
    why_set(why, "%.200s: its hash tiles do not lead to the root that it shows", s->name);
    return KEIIN_EMISMATCH;
}

int side_root(struct side *s, uint64_t size, struct hash *root,
    struct hash proof[CONSISTENCY_HASHES_MAX], size_t *count, struct why *why)
{
    struct hash own_proof[CONSISTENCY_HASHES_MAX];
    const struct checkpoint *checkpoint = &s->fetch.checkpoint;
    struct tile_nodes *nodes;
    size_t own_count = 0;
    int err;

    proof = proof == NULL ? own_proof : proof;
    count = count == NULL ? &own_count : count;
    *count = 0;
    if (size == checkpoint->size) {
        *root = checkpoint->root;
        return 0;
    }
    if (s->kind == SIDE_CONSISTENCY && size == s->old_size) {
        *root = s->old_root;
        return 0;
    }
    if (s->kind != SIDE_SOURCE || size > checkpoint->size) {
        why_set(
            why, "%.200s does not tell the root of its first %" PRIu64 " entries", s->name, size);
        return KEIIN_EUSAGE;
    }
    nodes = source_tiles_nodes(s->tiles, checkpoint->size, why);
    err = tree_root(size, tile_node, nodes, root);
    if (err == 0)
        err = tree_prove_consistency(size, checkpoint->size, tile_node, nodes, proof, count);
    if (err != 0) {
        why_set(why, "%.200s: a hash tile could not be read", s->name);
        return err;
    }
    return tree_check_consistency(size, checkpoint->size, root, &checkpoint->root, proof, *count)
               ? 0
               : not_led(s, why);
}

/* The hashes from a leaf to the root, checked. */
static int prove(struct side *s, uint64_t index, const struct hash *leaf,
    struct hash proof[static PROOF_HASHES_MAX], size_t *count, struct why *why)
{
    const struct checkpoint *checkpoint = &s->fetch.checkpoint;
    int err = tree_prove_inclusion(index, checkpoint->size, tile_node,
        source_tiles_nodes(s->tiles, checkpoint->size, why), proof, count);

    if (err != 0) {
        why_set(why, "%.200s: a hash tile could not be read", s->name);
        return err;
    }
    return tree_check_inclusion(index, checkpoint->size, leaf, proof, *count, &checkpoint->root)
               ? 0
               : not_led(s, why);
}

int side_entry(struct side *s, uint64_t index, struct buf *out, struct why *why)
{
    struct hash leaf, proof[PROOF_HASHES_MAX];
    size_t start = out->n, count;
    int err;

    if (s->kind == SIDE_PROOF && s->has_evidence && s->evidence.proof.index == index) {
        buf_put_span(out, s->evidence.extra.entry);
        return buf_status(out);
    }
    if (s->kind != SIDE_SOURCE) {
        why_set(why, "%.200s does not hold entry %" PRIu64, s->name, index);
        return KEIIN_EUSAGE;
    }
    err = fetch_entry(&s->fetch, index, out, why);
    if (err == 0) {
        sha256_leaf(&leaf, span_of(out->p + start, out->n - start));
        err = prove(s, index, &leaf, proof, &count, why);
    }
    return err;
}

int side_proof(struct side *s, uint64_t index, struct span entry, struct buf *out, struct why *why)
{
    struct proof_extra extra = {.entry = entry};
    struct hash leaf, proof[PROOF_HASHES_MAX];
    struct buf extra_bytes;
    size_t count;
    int err;

    if (s->kind == SIDE_PROOF) { /* the file is one */
        buf_put(out, s->file, s->file_bytes);
        return buf_status(out);
    }
    buf_init(&extra_bytes, PROOF_EXTRA_BYTES_MAX);
    sha256_leaf(&leaf, entry);
    err = prove(s, index, &leaf, proof, &count, why);
    if (err == 0) {
        proof_extra_write(&extra_bytes, &extra);
        proof_write(
            out, buf_view(&extra_bytes), index, proof, count, buf_view(&s->fetch.checkpoint_bytes));
        err = buf_status(&extra_bytes) != 0 ? buf_status(&extra_bytes) : buf_status(out);
    }
    buf_destroy(&extra_bytes);
    return err;
}

int side_consistency(struct side *s, uint64_t size, struct buf *out, struct why *why)
{
    struct hash root, proof[CONSISTENCY_HASHES_MAX];
    size_t count = 0;
    int err;

    if (s->kind == SIDE_CONSISTENCY && size == s->old_size) {
        buf_put(out, s->file, s->file_bytes);
        return buf_status(out);
    }
    err = side_root(s, size, &root, proof, &count, why);
    if (err != 0)
        return err;
    buf_printf(out, "old %" PRIu64 " ", size);
    base64_encode(out, span_hash(&root));
    buf_put_str(out, "\n");
    for (size_t i = 0; i < count; i++) {
        base64_encode(out, span_hash(&proof[i]));
        buf_put_str(out, "\n");
    }
    buf_put_str(out, "\n");
    buf_put_span(out, buf_view(&s->fetch.checkpoint_bytes));
    return buf_status(out);
}
