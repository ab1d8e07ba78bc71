/* Two signed heads of one writer for one number (SPEC.md section 4), across two sides. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/chain.h"
#include "core/ed25519.h"
#include "core/sha256.h"
#include "http/source_tiles.h"
#include "verifier/check/compare.h"

#define SCANNED_MAX 10000000 /* entries of a side behind the first difference */
#define FORKS_TOLD 100

/* What an entry signs: a writer's head at a number. */
struct signed_head {
    uint8_t key[16]; /* hash of name and number */
    uint8_t head[HASH_BYTES];
    uint64_t index;
};

struct heads {
    struct signed_head *list;
    size_t count, cap;
    size_t side; /* whose they are */
};

static const struct roster_writer *writer_of(struct roster_view rosters, const struct entry *entry)
{
    const struct roster_writer *writer = NULL;

    for (size_t i = rosters.count; i-- > 0 && writer == NULL;)
        writer = roster_writer_by_key(rosters.list[i], &entry->key);
    return writer;
}

static int head_of(const struct entry *entry, struct hash *head)
{
    struct hash *digests = calloc(entry->digest_count, sizeof *digests);

    if (digests == NULL)
        return KEIIN_ENOMEM;
    entry_digests(entry, digests);
    chain_extend(head, &entry->before, digests, entry->digest_count);
    free(digests);
    return 0;
}

static bool is_signed(struct roster_view rosters, const struct roster_writer *writer,
    const struct entry *entry, const struct hash *head)
{
    struct chain_text text;

    if (rosters.list[0]->serial != 0) /* the ledger id is not known */
        return false;
    chain_text(
        &text, &rosters.list[0]->text_hash, writer->key.name, entry_last_number(entry), head);
    return ed25519_verify(writer->key.key, span_of(text.bytes, text.n), entry->signature);
}

static int add_fork(
    struct compare *c, struct span writer, uint64_t number, uint64_t index_a, uint64_t index_b)
{
    struct writer_fork *bigger;
    char detail[128];

    snprintf(detail, sizeof detail,
        "two signed heads for number %" PRIu64 ": in entry %" PRIu64
        " of the one, in entry %" PRIu64 " of the other",
        number, index_a, index_b);
    findings_add(c->findings, FINDING_WRITER_FORK, index_a, FINDING_NO_POSITION, writer, detail);
    if (c->fork_count == FORKS_TOLD) {
        c->forks_omitted++;
        return 0;
    }
    bigger = realloc(c->forks, (c->fork_count + 1) * sizeof *bigger);
    if (bigger == NULL)
        return KEIIN_ENOMEM;
    c->forks = bigger;
    bigger[c->fork_count] =
        (struct writer_fork){strndup((const char *)writer.p, writer.n), number, {index_a, index_b}};
    return bigger[c->fork_count++].writer == NULL ? KEIIN_ENOMEM : 0;
}

int compare_heads(
    struct compare *c, struct span a, uint64_t index_a, struct span b, uint64_t index_b)
{
    const struct roster_writer *writers[2];
    struct entry entries[2];
    struct hash heads[2];
    struct span bytes[2] = {a, b};

    for (size_t i = 0; i < 2; i++) {
        int err;

        if (entry_parse(bytes[i], &entries[i]) != 0)
            return 0;
        writers[i] = writer_of(c->rosters[i], &entries[i]);
        if (writers[i] == NULL)
            return 0;
        err = head_of(&entries[i], &heads[i]);
        if (err != 0)
            return err;
        if (!is_signed(c->rosters[i], writers[i], &entries[i], &heads[i]))
            return 0;
    }
    if (!span_eq(writers[0]->key.name, writers[1]->key.name) ||
        entry_last_number(&entries[0]) != entry_last_number(&entries[1]) ||
        hash_eq(&heads[0], &heads[1]) ||
        !hash_eq(&c->rosters[0].list[0]->text_hash, &c->rosters[1].list[0]->text_hash))
        return 0;
    return add_fork(c, writers[0]->key.name, entry_last_number(&entries[0]), index_a, index_b);
}

/* ---- all entries behind the first difference ---- */

typedef int entry_fn(
    struct compare *c, struct heads *heads, size_t side, uint64_t index, struct span bytes);

/* Gives the entries of a side from `from` on, as they stand there; signatures speak for them. */
static int each_entry(
    struct compare *c, size_t side, uint64_t from, entry_fn *fn, struct heads *heads)
{
    struct side *s = c->sides[side];
    uint64_t size = side_size(s);
    struct why why = {""};
    struct buf bundle;
    int err = 0;

    if (size - from > SCANNED_MAX) {
        size = from + SCANNED_MAX;
        c->scan_cut = true;
    }
    buf_init(&bundle, ENTRY_BUNDLE_BYTES_MAX);
    for (uint64_t number = from / TILE_WIDTH; err == 0 && number * TILE_WIDTH < size; number++) {
        struct tile tile = {TILE_ENTRIES, 0, number, tile_width(side_size(s), 0, number)};
        bool longer, full;
        struct cursor in;

        err = source_get_tile(
            s->source, &tile, ENTRY_BUNDLE_BYTES_MAX, &bundle, &longer, &full, &why);
        if (err != 0)
            break;
        in = cursor_of(buf_view(&bundle));
        for (uint64_t i = number * TILE_WIDTH;
             err == 0 && i < size && i < (number + 1) * TILE_WIDTH; i++) {
            struct span bytes = bundle_entry(&in);

            if (in.failed) {
                c->scan_cut = true;
                break;
            }
            if (i >= from)
                err = fn(c, heads, side, i, bytes);
        }
    }
    buf_destroy(&bundle);
    if (err != 0 && err != KEIIN_ENOMEM) {
        c->scan_cut = true;
        err = 0;
    }
    return err;
}

/* False when an entry says nothing of a listed writer. */
static int signed_head_of(const struct compare *c, size_t side, uint64_t index, struct span bytes,
    struct signed_head *out, bool *is_one)
{
    const struct roster_writer *writer = NULL;
    struct entry entry;
    struct hash head, key;
    uint8_t number[8];
    int err;

    *is_one = false;
    if (entry_parse(bytes, &entry) == 0)
        writer = writer_of(c->rosters[side], &entry);
    if (writer == NULL)
        return 0;
    err = head_of(&entry, &head);
    if (err != 0)
        return err;
    be64_put(number, entry_last_number(&entry));
    sha256_parts(&key, (const struct span[]){span_of(number, 8), writer->key.name}, 2);
    memcpy(out->key, key.b, sizeof out->key);
    memcpy(out->head, head.b, sizeof out->head);
    out->index = index;
    *is_one = true;
    return 0;
}

static int collect(
    struct compare *c, struct heads *heads, size_t side, uint64_t index, struct span bytes)
{
    struct signed_head *more;
    bool is_one;
    int err;

    more = array_room(heads->list, heads->count, &heads->cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    heads->list = more;
    err = signed_head_of(c, side, index, bytes, &heads->list[heads->count], &is_one);
    heads->count += err == 0 && is_one;
    return err;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct signed_head *)a)->key, ((const struct signed_head *)b)->key,
        sizeof((const struct signed_head *)a)->key);
}

/* Two heads for one number: both signatures decide. */
static int look_up(
    struct compare *c, struct heads *heads, size_t side, uint64_t index, struct span bytes)
{
    struct signed_head own;
    const struct signed_head *other;
    struct why why = {""};
    struct buf entry;
    bool is_one;
    int err = signed_head_of(c, side, index, bytes, &own, &is_one);

    if (err != 0 || !is_one)
        return err;
    other = bsearch(&own, heads->list, heads->count, sizeof own, by_key);
    if (other == NULL || memcmp(other->head, own.head, sizeof own.head) == 0)
        return 0;
    buf_init(&entry, ENTRY_BYTES_MAX);
    err = side_entry(c->sides[heads->side], other->index, &entry, &why);
    if (err == 0 && heads->side == 0)
        err = compare_heads(c, buf_view(&entry), other->index, bytes, index);
    else if (err == 0)
        err = compare_heads(c, bytes, index, buf_view(&entry), other->index);
    else if (err != KEIIN_ENOMEM)
        err = 0;
    buf_destroy(&entry);
    return err;
}

/* Whether the heads of a side can be known: its entries from the difference on, or its one. */
static int collect_side(struct compare *c, size_t side, struct heads *heads)
{
    const struct side *s = c->sides[side];

    heads->side = side;
    return s->kind == SIDE_SOURCE
               ? each_entry(c, side, c->common, collect, heads)
               : collect(c, heads, side, s->evidence.proof.index, s->evidence.extra.entry);
}

int compare_writers(struct compare *c)
{
    size_t left = c->sides[0]->kind == SIDE_PROOF || c->sides[1]->kind == SIDE_SOURCE ? 0 : 1;
    const struct side *from = c->sides[left], *in = c->sides[1 - left];
    struct heads heads = {NULL, 0, 0, 0};
    int err;

    if (c->outcome != COMPARE_FORK || in->kind != SIDE_SOURCE ||
        (from->kind != SIDE_SOURCE && (from->kind != SIDE_PROOF || !from->has_evidence)))
        return 0;
    err = collect_side(c, left, &heads);
    if (err == 0 && heads.count > 0) {
        qsort(heads.list, heads.count, sizeof *heads.list, by_key);
        err = each_entry(c, 1 - left, c->common, look_up, &heads);
    }
    free(heads.list);
    return err;
}
