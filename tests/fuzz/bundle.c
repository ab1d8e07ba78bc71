/*
 * verifier/check/batch.c: a bundle of entries, its hash tile and its records, all from a source
 * that nobody believes. Each finding is the one that a plain second look at the same bytes gives.
 *
 * The input: how many entries, a byte of flags, uint16 lengths of the entries' and the tile's
 * file, then these and the records' file.
 */
#include "verifier/check/batch.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/ed25519.h"
#include "core/record.h"
#include "core/sha256.h"
#include "tests/fuzz/fixture.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_source.h"
#include "tests/fuzz/plain_msgpack.h"

const unsigned fuzz_rounds = 20000;

#define WIDTH_MAX 20

enum {
    FLAG_NO_ENTRIES = 1,
    FLAG_NO_TILE = 2,
    FLAG_NO_RECORDS = 4,
    FLAG_TRUE_TILE = 8,
    FLAG_SKIP = 16,
    FLAG_RECORDS_UNREAD = 32
};

struct files {
    unsigned width, flags;
    struct span entries, tile, records;
    struct hash leaves[WIDTH_MAX];
};

static int file(void *ctx, const char *path, struct buf *out)
{
    struct files *f = ctx;
    bool absent;

    FUZZ_CHECK(strncmp(path, "tile/", 5) == 0);
    if (strncmp(path + 5, "entries/", 8) == 0) {
        absent = (f->flags & FLAG_NO_ENTRIES) != 0;
        buf_put_span(out, f->entries);
    } else if (strncmp(path + 5, "records/", 8) == 0) {
        absent = (f->flags & FLAG_NO_RECORDS) != 0;
        buf_put_span(out, f->records);
    } else {
        absent = (f->flags & FLAG_NO_TILE) != 0;
        buf_put_span(out, f->tile);
    }
    return absent || strstr(path, ".p/") == NULL ? KEIIN_EABSENT : 0;
}

static unsigned be(const uint8_t *p, size_t n)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 256 + p[i];
    return v;
}

/* What the batch must have found of entry i, whose records' part is `part`. */
struct wanted {
    const struct batch *b;
    size_t record, order; /* the next ones to be held against */
    uint64_t records_read;
};

static void want(struct wanted *w, unsigned entry, size_t position, size_t count,
    enum finding_code code, bool sealed)
{
    const struct batch_record *r = &w->b->records[w->record++];

    FUZZ_CHECK(w->record <= w->b->record_count);
    FUZZ_CHECK(r->entry == entry && r->position == position && r->count == count);
    FUZZ_CHECK(r->code == code && r->sealed == sealed);
}

/* The orders in a record that has no finding of its own, or lacks only its sealed part. */
static void want_orders(
    struct wanted *w, unsigned entry, size_t position, struct span record, bool conditional)
{
    struct plain *v = plain_read(record);
    const struct plain *action = plain_get(v, "action"), *list = plain_get(v, "records");
    struct erase_address named;

    for (size_t i = 0; span_is(action->bytes, "erase.record") && list != NULL && i < list->count;
         i++) {
        const struct batch_order *order = &w->b->orders[w->order];

        if (!erase_address_parse(list->items[i].bytes, &named))
            continue;
        w->order++;
        FUZZ_CHECK(w->order <= w->b->order_count && order->entry == entry);
        FUZZ_CHECK(order->position == position && order->conditional == conditional);
        FUZZ_CHECK(order->named.index == named.index && order->named.position == named.position &&
                   order->named.sealed == named.sealed);
    }
    plain_free(v);
}

/* The `sealed` field, also of what is a canonical map and no good record. */
static bool sealed_of(struct span record, struct hash *out)
{
    struct plain *v = plain_read(record);
    const struct plain *field = plain_get(v, "sealed");
    bool has = plain_is_bin(field, HASH_BYTES);

    if (has)
        memcpy(out->b, field->bytes.p, HASH_BYTES);
    plain_free(v);
    return has;
}

/* SPEC.md section 9: a record has at most one finding, the first that applies. */
static void want_record(struct wanted *w, unsigned entry, size_t position, struct span record,
    struct span sealed, const struct hash *digest)
{
    bool there = record.n > 0, good = there && record_check(record, NULL, NULL) == 0;
    struct hash named, record_hash, sealed_hash;
    bool names = there && sealed_of(record, &named);

    sha256(&record_hash, record);
    sha256(&sealed_hash, sealed);
    w->records_read += there;
    if ((there && !hash_eq(&record_hash, digest)) ||
        (sealed.n > 0 && (!names || !hash_eq(&named, &sealed_hash))))
        want(w, entry, position, 1, FINDING_RECORD_MISMATCH, false);
    else if ((there && !good) || sealed.n > SEALED_BYTES_MAX)
        want(w, entry, position, 1, FINDING_RECORD_MALFORMED, false);
    else if (!there)
        want(w, entry, position, 1, FINDING_RECORD_MISSING, false);
    else if (names && sealed.n == 0) {
        want(w, entry, position, 1, FINDING_RECORD_MISSING, true);
        want_orders(w, entry, position, record, true);
    } else
        want_orders(w, entry, position, record, false);
}

/* Whether the lengths in a part are those of `count` pairs. */
static bool fits(struct span part, size_t count)
{
    size_t at = 0;

    for (size_t i = 0; i < 2 * count; i++) {
        if (part.n - at < 2 || part.n - at - 2 < be(part.p + at, 2))
            return false;
        at += 2 + be(part.p + at, 2);
    }
    return at == part.n;
}

static void want_part(struct wanted *w, unsigned i, const struct batch_entry *e, struct span part)
{
    size_t at = 0;

    if (e->malformed || i < w->b->skip)
        return;
    if (e->entry.kind == ENTRY_ROSTER) {
        if (part.n > 0)
            want(w, i, 0, 1, FINDING_RECORD_MALFORMED, false);
        return;
    }
    if (part.n == 0) {
        want(w, i, 0, e->entry.digest_count, FINDING_RECORD_MISSING, false);
        return;
    }
    if (!fits(part, e->entry.digest_count)) {
        want(w, i, 0, 1, FINDING_RECORD_MALFORMED, false);
        return;
    }
    for (size_t k = 0; k < e->entry.digest_count; k++) {
        size_t record_bytes = be(part.p + at, 2), sealed_bytes;
        struct span record = span_of(part.p + at + 2, record_bytes);
        struct hash digest;

        at += 2 + record_bytes;
        sealed_bytes = be(part.p + at, 2);
        entry_digest(&e->entry, k, &digest);
        want_record(w, i, k, record, span_of(part.p + at + 2, sealed_bytes), &digest);
        at += 2 + sealed_bytes;
    }
}

/* All of the records' file, as far as it is there. True when it ended as it should. */
static bool want_records(struct wanted *w, const struct files *f)
{
    size_t at = 0;

    for (unsigned i = 0; i < w->b->count; i++) {
        size_t n;

        if (f->records.n - at < 4)
            return false;
        n = be(f->records.p + at, 4);
        at += 4;
        if (f->records.n - at < n)
            return false;
        want_part(w, i, &w->b->entries[i], span_of(f->records.p + at, n));
        at += n;
    }
    FUZZ_CHECK(w->b->count < w->b->width || at == f->records.n || w->b->longer);
    return true;
}

/* Entries as the file has them; gives how many. */
static unsigned want_entries(const struct batch *b, const struct files *f,
    const struct roster *roster, const struct hash *ledger_id)
{
    size_t at = 0;
    unsigned i;

    for (i = 0; i < f->width; i++) {
        const struct batch_entry *e = &b->entries[i];
        struct entry entry;
        struct span bytes;
        struct hash leaf;

        if (f->entries.n - at < 2 || f->entries.n - at - 2 < be(f->entries.p + at, 2))
            break;
        bytes = span_of(f->entries.p + at + 2, be(f->entries.p + at, 2));
        at += 2 + bytes.n;
        sha256_leaf(&leaf, bytes);
        FUZZ_CHECK(span_eq(e->bytes, bytes) && hash_eq(&e->leaf, &leaf));
        FUZZ_CHECK(e->malformed == (entry_parse(bytes, &entry) != 0));
        FUZZ_CHECK(
            e->malformed || i < b->skip || e->signer == roster_writer_by_key(roster, &entry.key));
        FUZZ_CHECK(!e->signature_valid ||
                   (e->signer != NULL && batch_signature_valid(e, ledger_id, e->signer)));
    }
    FUZZ_CHECK(b->count == i);
    FUZZ_CHECK(i < f->width || at == f->entries.n || b->longer);
    return i;
}

static void check(const struct batch *b, const struct files *f, const struct batch_task *task)
{
    struct wanted w = {.b = b};
    bool incomplete = false, differs = false;
    size_t whole;

    FUZZ_CHECK(b->status == 0);
    if ((f->flags & FLAG_NO_ENTRIES) != 0) {
        FUZZ_CHECK(b->count == 0 && b->incomplete && b->record_count == 0);
        return;
    }
    if (want_entries(b, f, task->roster, task->ledger_id) < f->width) {
        incomplete = true;
    } else {
        whole = f->tile.n / HASH_BYTES;
        incomplete = (f->flags & FLAG_NO_TILE) != 0 || whole < f->width;
        for (unsigned i = 0; (f->flags & FLAG_NO_TILE) == 0 && i < f->width && i < whole; i++)
            differs = differs ||
                      memcmp(f->tile.p + i * HASH_BYTES, b->entries[i].leaf.b, HASH_BYTES) != 0;
        FUZZ_CHECK(b->tile_differs == differs);
    }
    if (task->read_records && b->count > b->skip) {
        if ((f->flags & FLAG_NO_RECORDS) != 0)
            incomplete = true;
        else if (!want_records(&w, f))
            incomplete = true;
        else
            FUZZ_CHECK(w.record == b->record_count && w.order == b->order_count &&
                       w.records_read == b->records_read);
    }
    FUZZ_CHECK(b->incomplete == incomplete);
}

/* The leaf hashes of what entries there are, as a tile. */
static struct span true_tile(struct files *f)
{
    size_t at = 0;
    unsigned i;

    for (i = 0; i < f->width && f->entries.n - at >= 2; i++) {
        size_t n = be(f->entries.p + at, 2);

        if (n > f->entries.n - at - 2)
            break;
        sha256_leaf(&f->leaves[i], span_of(f->entries.p + at + 2, n));
        at += 2 + n;
    }
    return span_of(f->leaves, i * HASH_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct batch *b; /* its buffers are kept from run to run, as an audit does */
    static struct roster *roster;
    struct span in = fuzz_begin(data, n);
    struct choices c = choices_of(in);
    struct batch_task task;
    struct files f;
    size_t bytes;

    if (b == NULL) {
        b = malloc(sizeof *b);
        FUZZ_CHECK(b != NULL && roster_parse(fixture_roster(false), &roster, NULL) == 0);
        batch_init(b);
    }
    f.width = 1 + choose(&c, WIDTH_MAX);
    f.flags = choose_u8(&c);
    bytes = choose_u8(&c) * 256u;
    f.entries = choose_bytes(&c, bytes + choose_u8(&c));
    bytes = choose_u8(&c) * 256u;
    f.tile = choose_bytes(&c, bytes + choose_u8(&c));
    f.records = choose_bytes(&c, SIZE_MAX);
    if ((f.flags & FLAG_TRUE_TILE) != 0)
        f.tile = true_tile(&f);
    task =
        (struct batch_task){&roster->text_hash, roster, (f.flags & FLAG_RECORDS_UNREAD) == 0, NULL, 0};
    memory_source_set(file, &f);
    batch_prepare(b, memory_source(), &task, 0, f.width,
        (f.flags & FLAG_SKIP) != 0 && f.width > 1 ? 1 + choose(&c, f.width - 1) : 0);
    check(b, &f, &task);
    fuzz_end(in);
    return 0;
}
