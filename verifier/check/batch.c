#include "verifier/check/batch.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/ed25519.h"
#include "core/sha256_many.h"
#include "http/source_tiles.h"
#include "verifier/check/batch_internal.h"

/* Chains extended at once: enough for the lanes, and not too much for the cache. */
#define HEADS_AT_ONCE 16

void batch_init(struct batch *b)
{
    memset(b, 0, sizeof *b);
    buf_init(&b->bytes, ENTRY_BUNDLE_BYTES_MAX);
    buf_init(&b->tile, TILE_BYTES_MAX);
    buf_init(&b->links, HEADS_AT_ONCE * (1 + ENTRY_DIGESTS_MAX) * (size_t)HASH_BYTES);
    buf_init(&b->kept_bytes, BATCH_KEPT_BYTES_MAX);
}

void batch_destroy(struct batch *b)
{
    buf_destroy(&b->bytes);
    buf_destroy(&b->tile);
    buf_destroy(&b->links);
    buf_destroy(&b->kept_bytes);
    free(b->records);
    free(b->orders);
    free(b->kept);
    b->records = NULL;
    b->orders = NULL;
    b->kept = NULL;
}

void batch_incomplete(struct batch *b, const struct why *why)
{
    if (b->incomplete)
        return;
    b->incomplete = true;
    b->why = *why;
}

bool batch_signature_valid(
    const struct batch_entry *e, const struct hash *ledger_id, const struct roster_writer *writer)
{
    struct chain_text text;

    chain_text(&text, ledger_id, writer->key.name, entry_last_number(&e->entry), &e->head);
    return ed25519_verify(writer->key.key, span_of(text.bytes, text.n), e->entry.signature);
}

/* The leaf hashes of all entries that were read, side by side. */
static void hash_leaves(struct batch *b)
{
    struct span bytes[TILE_WIDTH];
    struct hash leaves[TILE_WIDTH];

    for (unsigned i = 0; i < b->count; i++)
        bytes[i] = b->entries[i].bytes;
    sha256_many(leaves, 0, bytes, b->count);
    for (unsigned i = 0; i < b->count; i++)
        b->entries[i].leaf = leaves[i];
}

/* The heads after the entries from `first` on, whose chain links stand in `links` one by one. */
static int hash_heads(struct batch *b, const unsigned *which, size_t count)
{
    struct span links[HEADS_AT_ONCE];
    struct hash heads[HEADS_AT_ONCE];
    const uint8_t *p = b->links.p;

    if (buf_status(&b->links) != 0)
        return buf_status(&b->links);
    for (size_t i = 0; i < count; i++) {
        links[i] = span_of(p, (1 + b->entries[which[i]].entry.digest_count) * HASH_BYTES);
        p += links[i].n;
    }
    chain_links(heads, links, count);
    for (size_t i = 0; i < count; i++)
        b->entries[which[i]].head = heads[i];
    return 0;
}

/* The writers' heads after the entries that are judged. */
static void extend_heads(struct batch *b)
{
    unsigned which[HEADS_AT_ONCE];
    size_t count = 0;

    buf_clear(&b->links);
    for (unsigned i = b->skip; i < b->count && b->status == 0; i++) {
        struct batch_entry *e = &b->entries[i];

        if (e->malformed)
            continue;
        buf_put_span(&b->links, span_hash(&e->entry.before));
        entry_put_digests(&e->entry, &b->links);
        which[count++] = i;
        if (count < HEADS_AT_ONCE)
            continue;
        b->status = hash_heads(b, which, count);
        buf_clear(&b->links);
        count = 0;
    }
    if (b->status == 0)
        b->status = hash_heads(b, which, count);
}

static void prepare_entries(struct batch *b, const struct batch_task *task)
{
    hash_leaves(b);
    for (unsigned i = 0; i < b->count; i++) {
        struct batch_entry *e = &b->entries[i];

        e->malformed = entry_parse(e->bytes, &e->entry) != 0;
        e->signer = NULL;
        e->signature_valid = false;
    }
    extend_heads(b);
    for (unsigned i = b->skip; i < b->count && b->status == 0; i++) {
        struct batch_entry *e = &b->entries[i];

        if (e->malformed)
            continue;
        e->signer = roster_writer_by_key(task->roster, &e->entry.key);
        if (e->signer != NULL)
            e->signature_valid = b->number * TILE_WIDTH + i < task->known ||
                                 batch_signature_valid(e, task->ledger_id, e->signer);
    }
}

static void read_entries(struct batch *b, struct source *source)
{
    struct tile tile = {TILE_ENTRIES, 0, b->number, b->width};
    struct cursor c;
    bool longer, full;
    struct why why = {""};
    int err =
        source_get_tile(source, &tile, ENTRY_BUNDLE_BYTES_MAX, &b->bytes, &longer, &full, &why);

    if (err == KEIIN_ENOMEM)
        b->status = err;
    if (err != 0) {
        why_prefix(&why, "the entries from %llu on", (unsigned long long)b->number * TILE_WIDTH);
        batch_incomplete(b, &why);
        return;
    }
    c = cursor_of(buf_view(&b->bytes));
    for (; b->count < b->width; b->count++) {
        struct batch_entry *e = &b->entries[b->count];

        e->bytes = bundle_entry(&c);
        if (c.failed) {
            why_set(&why, "the entries from %llu on: the bundle is cut short",
                (unsigned long long)b->number * TILE_WIDTH + b->count);
            batch_incomplete(b, &why);
            return;
        }
    }
    b->longer = !full && (longer || !cursor_done(&c));
}

static void read_tile(struct batch *b, struct source *source)
{
    struct tile tile = {TILE_HASHES, 0, b->number, b->width};
    bool longer, full;
    struct why why = {""};
    int err = source_get_tile(source, &tile, TILE_BYTES_MAX, &b->tile, &longer, &full, &why);

    if (err == KEIIN_ENOMEM)
        b->status = err;
    if (err != 0 || b->tile.n < b->width * (size_t)HASH_BYTES) {
        if (err == 0)
            why_set(&why, "it is cut short");
        why_prefix(&why, "hash tile %llu of level 0", (unsigned long long)b->number);
        batch_incomplete(b, &why);
    }
    if (err != 0)
        return;
    if (!full && (longer || b->tile.n > b->width * (size_t)HASH_BYTES))
        b->longer = true;
    for (unsigned i = 0; i < b->width && (i + 1) * (size_t)HASH_BYTES <= b->tile.n; i++)
        if (memcmp(b->tile.p + i * (size_t)HASH_BYTES, b->entries[i].leaf.b, HASH_BYTES) != 0)
            b->tile_differs = true;
}

void batch_prepare(struct batch *b, struct source *source, const struct batch_task *task,
    uint64_t number, unsigned width, unsigned skip)
{
    struct hash leaves[TILE_WIDTH];

    b->number = number;
    b->width = width;
    b->skip = skip;
    b->count = 0;
    b->record_count = b->order_count = b->kept_count = 0;
    buf_clear(&b->kept_bytes);
    b->records_read = 0;
    b->longer = b->tile_differs = b->incomplete = false;
    b->status = 0;
    read_entries(b, source);
    prepare_entries(b, task);
    if (b->count == b->width)
        read_tile(b, source);
    if (b->count == TILE_WIDTH) {
        for (unsigned i = 0; i < TILE_WIDTH; i++)
            leaves[i] = b->entries[i].leaf;
        tree_fold(&b->root, leaves, TILE_WIDTH);
    }
    if (task->read_records && b->count > b->skip)
        batch_read_records(b, source, task->keeper);
}
