#include "verifier/check/batch.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/ed25519.h"
#include "core/sha256.h"
#include "verifier/check/batch_internal.h"

void batch_init(struct batch *b)
{
    memset(b, 0, sizeof *b);
    buf_init(&b->bytes, ENTRY_BUNDLE_BYTES_MAX);
    buf_init(&b->tile, TILE_BYTES_MAX);
}

void batch_destroy(struct batch *b)
{
    buf_destroy(&b->bytes);
    buf_destroy(&b->tile);
    free(b->records);
    free(b->orders);
    b->records = NULL;
    b->orders = NULL;
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

static void prepare_entry(struct batch_entry *e, const struct batch_task *task, bool judged)
{
    struct hash digests[ENTRY_DIGESTS_MAX];

    sha256_leaf(&e->leaf, e->bytes);
    e->malformed = entry_parse(e->bytes, &e->entry) != 0;
    e->signer = NULL;
    e->signature_valid = false;
    if (e->malformed || !judged)
        return;
    entry_digests(&e->entry, digests);
    chain_extend(&e->head, &e->entry.before, digests, e->entry.digest_count);
    e->signer = roster_writer_by_key(task->roster, &e->entry.key);
    if (e->signer != NULL)
        e->signature_valid = batch_signature_valid(e, task->ledger_id, e->signer);
}

static void read_entries(struct batch *b, struct source *source, const struct batch_task *task)
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
        prepare_entry(e, task, b->count >= b->skip);
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
    b->record_count = b->order_count = 0;
    b->records_read = 0;
    b->longer = b->tile_differs = b->incomplete = false;
    b->status = 0;
    read_entries(b, source, task);
    if (b->count == b->width)
        read_tile(b, source);
    if (b->count == TILE_WIDTH) {
        for (unsigned i = 0; i < TILE_WIDTH; i++)
            leaves[i] = b->entries[i].leaf;
        tree_fold(&b->root, leaves, TILE_WIDTH);
    }
    if (task->read_records && b->count > b->skip)
        batch_read_records(b, source);
}
