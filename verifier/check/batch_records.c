/* The records of a bundle against the digests of its entries (SPEC.md sections 3 and 9). */
#include <assert.h>
#include <stdlib.h>

#include "core/msgpack.h"
#include "core/record.h"
#include "core/sha256.h"
#include "core/sha256_many.h"
#include "http/source_tiles.h"
#include "verifier/check/batch_internal.h"

/* Reads the part of one entry: `left` bytes of the stream belong to it. */
struct part {
    struct batch *b;
    const struct record_keeper *keeper;
    struct source_stream *stream;
    unsigned entry;
    uint64_t left;
    size_t there; /* records that are not empty */
    bool misfit; /* the lengths inside do not fit */
    int err; /* the stream ended or broke */
    struct why why;
};

static struct batch_record *add_record(struct batch *b)
{
    struct batch_record *more =
        array_room(b->records, b->record_count, &b->record_cap, sizeof *more);
    if (more == NULL) {
        b->status = KEIIN_ENOMEM;
        return NULL;
    }
    b->records = more;
    return &b->records[b->record_count++];
}

static void found(
    struct batch *b, unsigned entry, uint32_t position, enum finding_code code, const char *detail)
{
    struct batch_record *r = add_record(b);

    if (r != NULL)
        *r = (struct batch_record){entry, position, 1, code, false, detail};
}

static void missing(struct batch *b, unsigned entry, uint32_t position, uint32_t count, bool sealed)
{
    struct batch_record *r = add_record(b);

    if (r != NULL)
        *r = (struct batch_record){entry, position, count, FINDING_RECORD_MISSING, sealed, NULL};
}

static void add_order(struct batch *b, struct batch_order order)
{
    struct batch_order *more = array_room(b->orders, b->order_count, &b->order_cap, sizeof *more);
    if (more == NULL) {
        b->status = KEIIN_ENOMEM;
        return;
    }
    b->orders = more;
    b->orders[b->order_count++] = order;
}

/* Takes back what was kept since there were `count`. */
static void keep_only(struct batch *b, size_t count)
{
    b->kept_count = count;
    if (buf_status(&b->kept_bytes) == 0)
        b->kept_bytes.n = count == 0 ? 0 : b->kept[count - 1].end;
}

static void keep(struct part *p, uint32_t position, struct span record)
{
    struct batch_kept *more;
    struct batch *b = p->b;

    more = array_room(b->kept, b->kept_count, &b->kept_cap, sizeof *more);
    if (more == NULL) {
        b->status = KEIIN_ENOMEM;
        return;
    }
    b->kept = more;
    if (!p->keeper->take(record, &b->kept_bytes))
        return;
    if (buf_status(&b->kept_bytes) != 0)
        b->status = KEIIN_ENOMEM;
    b->kept[b->kept_count++] = (struct batch_kept){p->entry, position, b->kept_bytes.n};
}

/* The addresses that an erase.record names; those of another form name nothing. */
static void add_orders(struct batch *b, unsigned entry, uint32_t position, struct span records)
{
    struct msgpack_reader r = msgpack_read(records);
    size_t count = records.n == 0 ? 0 : msgpack_array(&r);

    for (size_t i = 0; i < count && !r.in.failed; i++) {
        struct batch_order order = {entry, position, false, {0}};

        if (erase_address_parse(msgpack_str(&r), &order.named))
            add_order(b, order);
    }
}

/* The `sealed` field of a record that is one canonical map, though perhaps no good record. */
static bool find_sealed(struct span record, struct hash *sealed)
{
    struct msgpack_reader r = msgpack_read(record);
    struct span last = {NULL, 0};
    size_t pairs;
    bool has = false;

    if (!msgpack_canonical(record) || msgpack_peek(&r) != MSGPACK_MAP)
        return false;
    pairs = msgpack_map(&r);
    for (size_t i = 0; i < pairs; i++) {
        if (!span_is(msgpack_key(&r, &last), "sealed")) {
            msgpack_skip(&r, 2);
            continue;
        }
        if (msgpack_peek(&r) != MSGPACK_BIN)
            return false;
        msgpack_hash(&r, sealed);
        has = !r.in.failed;
        break;
    }
    return has;
}

static struct span take(struct part *p, size_t n)
{
    struct span s = {NULL, 0};

    if (p->misfit || p->err != 0)
        return s;
    if (n > p->left) {
        p->misfit = true;
        return s;
    }
    p->err = source_stream_take(p->stream, n, &s, &p->why);
    if (p->err == 0)
        p->left -= n;
    return s;
}

/* What a record says of itself. */
struct seen_record {
    bool there, malformed, has_sealed;
    struct hash sealed;
    size_t first_order; /* in batch->orders */
    size_t first_kept; /* in batch->kept */
};

static void see_record(
    struct part *p, struct span record, uint32_t position, struct seen_record *seen)
{
    struct record_facts facts;

    seen->first_order = p->b->order_count;
    seen->first_kept = p->b->kept_count;
    seen->there = record.n > 0;
    seen->malformed = seen->has_sealed = false;
    if (!seen->there)
        return;
    seen->malformed = record_check(record, &facts, NULL) != 0;
    if (seen->malformed) {
        seen->has_sealed = find_sealed(record, &seen->sealed);
        return;
    }
    seen->has_sealed = facts.has_sealed;
    seen->sealed = facts.sealed;
    if (span_is(facts.action, "erase.record"))
        add_orders(p->b, p->entry, position, facts.records);
    if (p->keeper != NULL)
        keep(p, position, record);
}

/* The one finding of a record, the first that applies in the table's order. */
static void judge_record(struct part *p, uint32_t position, const struct seen_record *seen,
    bool digest_fits, struct span sealed)
{
    struct batch *b = p->b;
    struct hash digest;
    bool good = false;

    if (sealed.n > 0)
        sha256(&digest, sealed);
    if (seen->there && !digest_fits)
        found(b, p->entry, position, FINDING_RECORD_MISMATCH, "the record");
    else if (sealed.n > 0 && !seen->has_sealed)
        found(b, p->entry, position, FINDING_RECORD_MISMATCH, "a sealed part that no record names");
    else if (sealed.n > 0 && !hash_eq(&digest, &seen->sealed))
        found(b, p->entry, position, FINDING_RECORD_MISMATCH, "the sealed part");
    else if (seen->malformed || sealed.n > SEALED_BYTES_MAX)
        found(b, p->entry, position, FINDING_RECORD_MALFORMED, NULL);
    else if (!seen->there)
        missing(b, p->entry, position, 1, false);
    else if (seen->has_sealed && sealed.n == 0) {
        missing(b, p->entry, position, 1, true);
        for (size_t i = seen->first_order; i < b->order_count; i++)
            b->orders[i].conditional = true;
        good = true;
    } else
        good = true;
    if (good)
        return;
    b->order_count = seen->first_order; /* an order with a finding of its own is none */
    keep_only(b, seen->first_kept);
}

/* Records that lie side by side in the stream's buffer, hashed together. */
#define GROUP_RECORDS_MAX 256
struct group {
    size_t count;
    struct span records[GROUP_RECORDS_MAX];
    struct span sealed[GROUP_RECORDS_MAX];
    struct hash digests[GROUP_RECORDS_MAX];
};

/*
 * A length and as many bytes: false at the end of the window, with *misfit when they go
 * beyond the part itself.
 */
static bool take_counted(struct cursor *window, uint64_t left, struct span *out, bool *misfit)
{
    size_t length = 0;

    if (left >= 2 && cursor_left(window) >= 2)
        length = be16_get(window->p);
    if (left < 2 + length) {
        *misfit = true;
        return false;
    }
    if (cursor_left(window) < 2 + length)
        return false;
    cursor_take(window, 2);
    *out = cursor_take(window, length);
    return true;
}

/* As many of the next `most` records as lie whole in the window; gives the bytes that they take. */
static size_t gather(struct part *p, struct span window, size_t most, struct group *g)
{
    struct cursor c = cursor_of(window);
    size_t used = 0;

    for (g->count = 0; g->count < most && g->count < GROUP_RECORDS_MAX; g->count++) {
        bool misfit = false;

        if (!take_counted(&c, p->left - used, &g->records[g->count], &misfit) ||
            !take_counted(&c, p->left - (size_t)(c.p - window.p), &g->sealed[g->count], &misfit)) {
            p->misfit = misfit;
            break;
        }
        used = (size_t)(c.p - window.p);
    }
    return used;
}

static void judge_group(struct part *p, const struct entry *entry, uint32_t first, struct group *g)
{
    sha256_many(g->digests, SHA256_NO_PREFIX, g->records, g->count);
    for (size_t i = 0; i < g->count; i++) {
        uint32_t position = first + (uint32_t)i;
        struct seen_record seen = {0};
        struct hash want;

        entry_digest(entry, position, &want);
        see_record(p, g->records[i], position, &seen);
        p->there += seen.there;
        judge_record(p, position, &seen, hash_eq(&g->digests[i], &want), g->sealed[i]);
    }
}

/* All records of an entry, until its part ends, does not fit, or breaks. */
static void read_all_records(struct part *p, const struct entry *entry)
{
    struct group g;
    struct span window;

    for (uint32_t i = 0; i < entry->digest_count && !p->misfit; i += (uint32_t)g.count) {
        size_t used;

        p->err = source_stream_peek(p->stream,
            p->left < SOURCE_PIECE_BYTES_MAX ? (size_t)p->left : SOURCE_PIECE_BYTES_MAX, &window,
            &p->why);
        if (p->err != 0)
            return;
        used = gather(p, window, entry->digest_count - i, &g);
        if (g.count == 0 && !p->misfit) {
            why_set(&p->why, "the file is cut short");
            p->err = KEIIN_EABSENT;
            return;
        }
        judge_group(p, entry, i, &g);
        source_stream_skip(p->stream, used);
        p->left -= used;
    }
}

/* Passes over what is left of the part. */
static void pass_over(struct part *p)
{
    p->misfit = false;
    while (p->left > 0 && p->err == 0)
        take(p, p->left < SOURCE_PIECE_BYTES_MAX ? (size_t)p->left : SOURCE_PIECE_BYTES_MAX);
}

static void read_part(struct part *p, bool judged)
{
    const struct batch_entry *e = &p->b->entries[p->entry];
    size_t records = p->b->record_count, orders = p->b->order_count, kept = p->b->kept_count;
    size_t count = e->malformed ? 0 : e->entry.digest_count;
    bool misfit;

    if (e->malformed || !judged) {
        pass_over(p);
        return;
    }
    if (e->entry.kind == ENTRY_ROSTER) {
        if (p->left > 0)
            found(p->b, p->entry, 0, FINDING_RECORD_MALFORMED, "records beside a roster");
        pass_over(p);
        return;
    }
    if (p->left == 0) {
        missing(p->b, p->entry, 0, (uint32_t)count, false);
        return;
    }
    p->there = 0;
    read_all_records(p, &e->entry);
    misfit = p->misfit || p->left > 0;
    if (p->err == 0 && !misfit) {
        p->b->records_read += p->there;
        return;
    }
    p->b->record_count = records;
    p->b->order_count = orders;
    keep_only(p->b, kept);
    pass_over(p);
    if (p->err == 0)
        found(p->b, p->entry, 0, FINDING_RECORD_MALFORMED,
            "the lengths do not fit the entry; none of its records was read");
}

void batch_read_records(struct batch *b, struct source *source, const struct record_keeper *keeper)
{
    struct tile tile = {TILE_RECORDS, 0, b->number, b->width};
    struct part p = {b, keeper, NULL, 0, 4, 0, false, 0, {""}};
    bool full = false, at_end = true;

    p.err = source_stream_open_tile(source, &tile, &p.stream, &full, &p.why);
    for (; p.entry < b->count && p.err == 0; p.entry++) {
        struct span length;

        p.left = 4;
        length = take(&p, 4);
        if (p.err != 0)
            break;
        assert(length.n == 4);
        p.left = be32_get(length.p);
        read_part(&p, p.entry >= b->skip);
    }
    if (p.err == 0 && !full && b->count == b->width) {
        p.err = source_stream_at_end(p.stream, &at_end, &p.why);
        if (p.err == 0 && !at_end)
            b->longer = true;
    }
    if (p.err == KEIIN_ENOMEM)
        b->status = p.err;
    if (p.err != 0) {
        why_prefix(&p.why, "the records of entries from %llu on",
            (unsigned long long)b->number * TILE_WIDTH + p.entry);
        batch_incomplete(b, &p.why);
    }
    source_stream_close(p.stream);
}
