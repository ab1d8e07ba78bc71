#include "tests/tools/ledger_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/chain.h"
#include "core/checkpoint.h"
#include "core/proof.h"
#include "core/roster.h"
#include "core/sha256.h"
#include "core/tile.h"
#include "system/file.h"

#define BUNDLE_BYTES_MAX ((size_t)1 << 30)
#define ROSTERS_MAX 64

/* Entry of a later roster, for its proof at the end. */
struct roster_place {
    uint64_t serial, index;
};

struct ledger_writer {
    char *folder;
    const struct secret *log; /* borrowed */
    struct roster *roster; /* serial 0 */
    struct hash prev;
    uint64_t size;
    struct buf entries, records; /* the bundles under construction */
    struct hash levels[TILE_LEVELS_MAX][TILE_WIDTH]; /* the tiles under construction */
    struct frontier frontier;
    struct roster_place rosters[ROSTERS_MAX];
    size_t roster_count;
    struct hash tile[TILE_WIDTH]; /* the one that a proof reads */
};

/* Writes "<folder>/<path>", making the folders above it; nothing is synced. */
static int put_file(const char *folder, const char *path, struct span bytes, struct why *why)
{
    char *full = path_join(folder, path), *slash;
    int err = 0;
    FILE *f;

    if (full == NULL)
        return KEIIN_ENOMEM;
    for (slash = strchr(full + strlen(folder) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    f = fopen(full, "w");
    if (f == NULL || fwrite(bytes.p, 1, bytes.n, f) != bytes.n)
        err = KEIIN_EIO;
    if (f != NULL && fclose(f) != 0)
        err = KEIIN_EIO;
    if (err != 0)
        why_set(why, "%s cannot be written", full);
    free(full);
    return err;
}

static int put_tile(
    const struct ledger_writer *w, struct tile tile, struct span bytes, struct why *why)
{
    char path[TILE_PATH_BYTES];

    tile_path(path, tile);
    return put_file(w->folder, path, bytes, why);
}

int ledger_writer_new(const char *folder, struct span roster_note, const struct secret *log,
    struct ledger_writer **out, struct why *why)
{
    struct ledger_writer *w = calloc(1, sizeof *w);
    int err = KEIIN_ENOMEM;

    if (w == NULL)
        return err;
    w->folder = strdup(folder);
    w->log = log;
    buf_init(&w->entries, BUNDLE_BYTES_MAX);
    buf_init(&w->records, BUNDLE_BYTES_MAX);
    if (w->folder == NULL)
        goto out;
    err = roster_from_note(roster_note, NULL, &w->roster, why);
    if (err == 0) {
        entry_genesis_prev(&w->prev, &w->roster->text_hash);
        err = put_file(folder, "roster/0", roster_note, why);
    }
out:
    if (err != 0) {
        ledger_writer_free(w);
        return err;
    }
    *out = w;
    return 0;
}

void ledger_writer_free(struct ledger_writer *w)
{
    if (w == NULL)
        return;
    buf_destroy(&w->entries);
    buf_destroy(&w->records);
    roster_free(w->roster);
    free(w->folder);
    free(w);
}

const struct hash *ledger_writer_id(const struct ledger_writer *w)
{
    return &w->roster->text_hash;
}

uint64_t ledger_writer_size(const struct ledger_writer *w)
{
    return w->size;
}

void ledger_writer_chain(
    const struct ledger_writer *w, struct ledger_chain *chain, struct span name)
{
    chain->name = name;
    chain->number = 0;
    chain_start(&chain->head, &w->roster->text_hash, name);
}

/* Writes the bundles of the last `width` entries. */
static int flush_bundles(struct ledger_writer *w, unsigned width, struct why *why)
{
    struct tile tile = {TILE_ENTRIES, 0, (w->size - 1) / TILE_WIDTH, width};
    int err = buf_status(&w->entries);

    if (err == 0)
        err = buf_status(&w->records);
    if (err == 0)
        err = put_tile(w, tile, buf_view(&w->entries), why);
    tile.kind = TILE_RECORDS;
    if (err == 0)
        err = put_tile(w, tile, buf_view(&w->records), why);
    buf_clear(&w->entries);
    buf_clear(&w->records);
    return err;
}

/* A leaf into the tiles of all levels; full ones are written. */
static int add_leaf(struct ledger_writer *w, const struct hash *leaf, struct why *why)
{
    struct hash up = *leaf;

    frontier_append(&w->frontier, leaf);
    w->size++;
    for (unsigned level = 0; level < TILE_LEVELS_MAX; level++) {
        uint64_t count = w->size >> (8 * level);
        unsigned place = (unsigned)((count - 1) % TILE_WIDTH);
        int err;

        w->levels[level][place] = up;
        if (place != TILE_WIDTH - 1)
            return 0;
        err = put_tile(w, (struct tile){TILE_HASHES, level, (count - 1) / TILE_WIDTH, TILE_WIDTH},
            span_of(w->levels[level], TILE_BYTES_MAX), why);
        if (err != 0)
            return err;
        tree_fold(&up, w->levels[level], TILE_WIDTH);
    }
    return 0;
}

int ledger_writer_add(struct ledger_writer *w, struct ledger_chain *chain,
    const struct ledger_submission *s, uint64_t *index, struct why *why)
{
    struct entry entry = {.kind = s->kind,
        .received = s->received_ms,
        .prev = w->prev,
        .number = chain->number + 1,
        .before = chain->head,
        .digest_count = s->digest_count};
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct chain_text text;
    struct hash leaf;
    struct vkey key;
    size_t bytes_at;
    int err;

    vkey_make(&key, chain->name, KEY_ED25519, secret_public(s->key));
    entry.key = key.key_hash;
    chain_extend(&chain->head, &chain->head, s->digests, s->digest_count);
    chain->number += s->digest_count;
    chain_text(&text, &w->roster->text_hash, chain->name, chain->number, &chain->head);
    secret_sign(s->key, span_of(text.bytes, text.n), signature);
    entry.signature = span_of(signature, sizeof signature);
    buf_put_be16(&w->entries, 0);
    bytes_at = w->entries.n;
    entry_write(&w->entries, &entry, s->digests);
    buf_put_be32(&w->records, (uint32_t)s->records.n);
    buf_put_span(&w->records, s->records);
    err = buf_status(&w->entries);
    if (err != 0)
        return err;
    be16_put(w->entries.p + bytes_at - 2, (uint16_t)(w->entries.n - bytes_at));
    sha256_leaf(&leaf, span_of(w->entries.p + bytes_at, w->entries.n - bytes_at));
    w->prev = leaf;
    *index = w->size;
    err = add_leaf(w, &leaf, why);
    if (err == 0 && w->size % TILE_WIDTH == 0)
        err = flush_bundles(w, TILE_WIDTH, why);
    return err;
}

int ledger_writer_roster(
    struct ledger_writer *w, uint64_t serial, struct span note, struct why *why)
{
    char path[64];

    if (w->roster_count == ROSTERS_MAX)
        return KEIIN_ELIMIT;
    w->rosters[w->roster_count++] = (struct roster_place){serial, w->size};
    snprintf(path, sizeof path, "roster/%llu", (unsigned long long)serial);
    return put_file(w->folder, path, note, why);
}

void ledger_writer_sign(
    const struct ledger_writer *w, uint64_t size, const struct hash *root, struct buf *out)
{
    struct buf text;

    buf_init(&text, CHECKPOINT_TEXT_BYTES_MAX);
    checkpoint_write(&text, w->roster->origin, size, root);
    buf_put_span(out, buf_view(&text));
    buf_put_str(out, "\n");
    note_sign(out, buf_view(&text), w->roster->origin, w->log);
    buf_destroy(&text);
}

void ledger_writer_checkpoint(const struct ledger_writer *w, struct buf *out)
{
    struct hash root;

    frontier_root(&w->frontier, &root);
    ledger_writer_sign(w, w->size, &root, out);
}

/* Reads a file below the folder; *out is to be freed. */
static int read_tile(
    const struct ledger_writer *w, struct tile tile, uint8_t **out, size_t *n, struct why *why)
{
    char path[TILE_PATH_BYTES], *full;
    int err;

    tile_path(path, tile);
    full = path_join(w->folder, path);
    if (full == NULL)
        return KEIIN_ENOMEM;
    err = file_read(full, BUNDLE_BYTES_MAX, out, n, why);
    free(full);
    return err;
}

static int proof_tile(void *ctx, struct tile tile, const struct hash **hashes)
{
    struct ledger_writer *w = ctx;
    uint8_t *bytes = NULL;
    size_t n;
    int err = read_tile(w, tile, &bytes, &n, NULL);

    if (err == 0 && n == tile.width * sizeof(struct hash))
        memcpy(w->tile, bytes, n);
    else if (err == 0)
        err = KEIIN_EDAMAGED;
    free(bytes);
    *hashes = w->tile;
    return err;
}

static int put_proof(struct ledger_writer *w, const struct roster_place *place,
    struct span checkpoint, struct why *why)
{
    uint64_t bundle = place->index / TILE_WIDTH;
    struct tile_nodes nodes = {w->size, proof_tile, w};
    struct hash proof[PROOF_HASHES_MAX];
    struct proof_extra extra = {0};
    struct buf extra_bytes, file;
    uint8_t *entries = NULL;
    char path[64];
    struct cursor c;
    size_t n, count = 0;
    int err = read_tile(w, (struct tile){TILE_ENTRIES, 0, bundle, tile_width(w->size, 0, bundle)},
        &entries, &n, why);

    buf_init(&extra_bytes, PROOF_EXTRA_BYTES_MAX);
    buf_init(&file, PROOF_BYTES_MAX);
    if (err != 0)
        goto out;
    c = cursor_of(span_of(entries, n));
    for (uint64_t i = 0; i <= place->index % TILE_WIDTH; i++)
        extra.entry = bundle_entry(&c);
    proof_extra_write(&extra_bytes, &extra);
    err = tree_prove_inclusion(place->index, w->size, tile_node, &nodes, proof, &count);
    if (err != 0)
        goto out;
    proof_write(&file, buf_view(&extra_bytes), place->index, proof, count, checkpoint);
    err = buf_status(&file);
    snprintf(path, sizeof path, "roster/%llu.tlog-proof", (unsigned long long)place->serial);
    if (err == 0)
        err = put_file(w->folder, path, buf_view(&file), why);
out:
    free(entries);
    buf_destroy(&extra_bytes);
    buf_destroy(&file);
    return err;
}

int ledger_writer_finish(struct ledger_writer *w, struct why *why)
{
    struct buf note;
    int err = 0;

    buf_init(&note, CHECKPOINT_BYTES_MAX);
    if (w->size % TILE_WIDTH != 0)
        err = flush_bundles(w, (unsigned)(w->size % TILE_WIDTH), why);
    for (unsigned level = 0; level < TILE_LEVELS_MAX && err == 0; level++) {
        uint64_t count = w->size >> (8 * level);
        unsigned width = (unsigned)(count % TILE_WIDTH);

        if (width != 0)
            err = put_tile(w, (struct tile){TILE_HASHES, level, count / TILE_WIDTH, width},
                span_of(w->levels[level], width * HASH_BYTES), why);
    }
    ledger_writer_checkpoint(w, &note);
    if (err == 0)
        err = buf_status(&note);
    for (size_t i = 0; i < w->roster_count && err == 0; i++)
        err = put_proof(w, &w->rosters[i], buf_view(&note), why);
    if (err == 0)
        err = put_file(w->folder, "checkpoint", buf_view(&note), why);
    if (err == 0)
        err = put_file(w->folder, "latest-checkpoint", buf_view(&note), why);
    buf_destroy(&note);
    return err;
}

int ledger_writer_erase(
    const struct ledger_writer *w, uint64_t index, uint64_t position, struct why *why)
{
    uint64_t bundle = index / TILE_WIDTH;
    struct tile tile = {TILE_RECORDS, 0, bundle, tile_width(w->size, 0, bundle)};
    struct buf out;
    uint8_t *bytes = NULL;
    struct cursor all;
    size_t n;
    int err = read_tile(w, tile, &bytes, &n, why);

    buf_init(&out, BUNDLE_BYTES_MAX);
    if (err != 0)
        goto out;
    all = cursor_of(span_of(bytes, n));
    for (uint64_t i = bundle * TILE_WIDTH; cursor_left(&all) > 0 && !all.failed; i++) {
        struct span list = cursor_take(&all, cursor_be32(&all)), record, sealed;
        struct cursor one = cursor_of(list);
        size_t length_at = out.n;

        buf_put_be32(&out, 0);
        for (uint64_t p = 0; cursor_left(&one) > 0 && !one.failed; p++) {
            records_next(&one, &record, &sealed);
            if (i == index && p == position)
                record = sealed = (struct span){NULL, 0};
            records_put(&out, record, sealed);
        }
        err = buf_status(&out);
        if (err != 0)
            goto out;
        be32_put(out.p + length_at, (uint32_t)(out.n - length_at - 4));
    }
    err = put_tile(w, tile, buf_view(&out), why);
out:
    free(bytes);
    buf_destroy(&out);
    return err;
}
