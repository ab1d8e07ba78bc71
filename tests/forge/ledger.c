#include "tests/forge/ledger.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/checkpoint.h"
#include "core/entry.h"
#include "core/proof.h"
#include "core/sha256.h"
#include "core/tile.h"
#include "system/file.h"

#define FILE_BYTES_MAX ((size_t)1 << 30)

int forged_set(struct span *field, struct span bytes)
{
    uint8_t *copy = malloc(bytes.n == 0 ? 1 : bytes.n);

    if (copy == NULL)
        return KEIIN_ENOMEM;
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    free((void *)(uintptr_t)field->p);
    *field = span_of(copy, bytes.n);
    return 0;
}

void forged_free(struct forged *ledger)
{
    for (size_t i = 0; i < ledger->count; i++) {
        free((void *)(uintptr_t)ledger->entries[i].bytes.p);
        free((void *)(uintptr_t)ledger->entries[i].records.p);
    }
    free(ledger->entries);
    free(ledger->origin);
    *ledger = (struct forged){0};
}

/* Reads "<dir>/<path of the tile>"; *out is to be freed. */
static int read_tile(const char *dir, struct tile tile, uint8_t **out, size_t *n, struct why *why)
{
    char path[TILE_PATH_BYTES];
    char *full;
    int err;

    tile_path(path, tile);
    full = path_join(dir, path);
    if (full == NULL)
        return KEIIN_ENOMEM;
    err = file_read(full, FILE_BYTES_MAX, out, n, why);
    free(full);
    return err;
}

/* One bundle of entries, and of records where there are any, into the ledger. */
static int read_bundle(
    const char *dir, struct forged *ledger, uint64_t number, unsigned width, struct why *why)
{
    struct tile tile = {TILE_ENTRIES, 0, number, width};
    uint8_t *entries = NULL, *records = NULL;
    size_t entries_bytes, records_bytes = 0;
    struct cursor e, r;
    int err = read_tile(dir, tile, &entries, &entries_bytes, why);

    if (err != 0)
        goto out;
    tile.kind = TILE_RECORDS;
    err = read_tile(dir, tile, &records, &records_bytes, why);
    if (err == KEIIN_EABSENT && (ledger->count == 0 || !ledger->with_records))
        err = 0;
    if (err != 0)
        goto out;
    ledger->with_records = records != NULL;
    e = cursor_of(span_of(entries, entries_bytes));
    r = cursor_of(span_of(records, records_bytes));
    for (unsigned i = 0; i < width && err == 0; i++) {
        struct forged_entry *entry = &ledger->entries[ledger->count++];
        struct span bytes = bundle_entry(&e), list = {NULL, 0};

        if (records != NULL)
            list = cursor_take(&r, cursor_be32(&r));
        if (e.failed || r.failed) {
            why_set(why, "a bundle of entries or records is cut short");
            err = KEIIN_EMALFORMED;
        }
        if (err == 0)
            err = forged_set(&entry->bytes, bytes);
        if (err == 0)
            err = forged_set(&entry->records, list);
    }
out:
    free(entries);
    free(records);
    return err;
}

static int read_checkpoint(const char *dir, struct forged *out, uint64_t *size, struct why *why)
{
    char *path = path_join(dir, "checkpoint");
    struct note *note = malloc(sizeof *note);
    struct checkpoint checkpoint;
    uint8_t *bytes = NULL;
    size_t n;
    int err = KEIIN_ENOMEM;

    if (path == NULL || note == NULL)
        goto out;
    err = file_read(path, CHECKPOINT_BYTES_MAX, &bytes, &n, why);
    if (err == 0)
        err = note_parse(span_of(bytes, n), note, why);
    if (err == 0)
        err = checkpoint_parse(note->text, &checkpoint, why);
    if (err != 0)
        goto out;
    *size = checkpoint.size;
    out->origin_bytes = checkpoint.origin.n;
    out->origin = malloc(checkpoint.origin.n + 1);
    if (out->origin == NULL) {
        err = KEIIN_ENOMEM;
        goto out;
    }
    memcpy(out->origin, checkpoint.origin.p, checkpoint.origin.n);
out:
    free(bytes);
    free(note);
    free(path);
    return err;
}

int forged_read(const char *dir, struct forged *out, struct why *why)
{
    uint64_t size;
    int err;

    *out = (struct forged){0};
    err = read_checkpoint(dir, out, &size, why);
    if (err == 0) {
        out->entries = calloc(size, sizeof *out->entries);
        err = out->entries == NULL ? KEIIN_ENOMEM : 0;
    }
    for (uint64_t n = 0; err == 0 && out->count < size; n++)
        err = read_bundle(dir, out, n, tile_width(size, 0, n), why);
    if (err != 0)
        forged_free(out);
    return err;
}

void forged_remove(struct forged *ledger, size_t index)
{
    assert(index < ledger->count);
    free((void *)(uintptr_t)ledger->entries[index].bytes.p);
    free((void *)(uintptr_t)ledger->entries[index].records.p);
    ledger->count--;
    memmove(&ledger->entries[index], &ledger->entries[index + 1],
        (ledger->count - index) * sizeof *ledger->entries);
}

int forged_chain(struct forged *ledger, size_t first, struct why *why)
{
    struct hash digests[ENTRY_DIGESTS_MAX];
    struct buf bytes;
    int err = 0;

    assert(first >= 1);
    buf_init(&bytes, ENTRY_BYTES_MAX);
    for (size_t i = first; i < ledger->count && err == 0; i++) {
        struct entry entry;

        err = entry_parse(ledger->entries[i].bytes, &entry);
        if (err != 0) {
            why_set(why, "entry %zu is malformed", i);
            break;
        }
        sha256_leaf(&entry.prev, ledger->entries[i - 1].bytes);
        entry_digests(&entry, digests);
        buf_clear(&bytes);
        entry_write(&bytes, &entry, digests);
        err = buf_status(&bytes);
        if (err == 0)
            err = forged_set(&ledger->entries[i].bytes, buf_view(&bytes));
    }
    buf_destroy(&bytes);
    return err;
}

/* The tree of a ledger, level by level as tiles hold it. */
struct levels {
    struct hash *hashes[TILE_LEVELS_MAX];
    uint64_t size;
};

static int make_levels(const struct forged *ledger, struct levels *out)
{
    *out = (struct levels){.size = ledger->count};
    for (unsigned level = 0; level < TILE_LEVELS_MAX; level++) {
        size_t n = (size_t)(out->size >> (8 * level));

        if (n == 0)
            return 0;
        out->hashes[level] = malloc(n * sizeof(struct hash));
        if (out->hashes[level] == NULL)
            return KEIIN_ENOMEM;
        for (size_t i = 0; i < n; i++) {
            if (level == 0)
                sha256_leaf(&out->hashes[0][i], ledger->entries[i].bytes);
            else
                tree_fold(
                    &out->hashes[level][i], out->hashes[level - 1] + i * TILE_WIDTH, TILE_WIDTH);
        }
    }
    return 0;
}

static void free_levels(struct levels *levels)
{
    for (unsigned level = 0; level < TILE_LEVELS_MAX; level++)
        free(levels->hashes[level]);
}

static int level_tile(void *ctx, struct tile tile, const struct hash **hashes)
{
    const struct levels *levels = ctx;

    *hashes = levels->hashes[tile.level] + tile.number * TILE_WIDTH;
    return 0;
}

/* Writes "<dir>/<path>", making the folders above it. */
static int put_file(const char *dir, const char *path, struct span bytes, struct why *why)
{
    char *full = path_join(dir, path), *slash;
    int err = KEIIN_ENOMEM;

    if (full == NULL)
        return err;
    slash = strrchr(full, '/');
    *slash = '\0';
    err = folder_create_all(full, why);
    *slash = '/';
    if (err == 0)
        err = file_replace(full, 0644, bytes, why);
    free(full);
    return err;
}

static int put_tile(const char *dir, struct tile tile, struct span bytes, struct why *why)
{
    char path[TILE_PATH_BYTES];

    tile_path(path, tile);
    return put_file(dir, path, bytes, why);
}

/* A bundle of entries or records: `width` of them, from `first`. */
static int put_bundle(const char *dir, const struct forged *ledger, enum tile_kind kind,
    uint64_t number, struct why *why)
{
    struct tile tile = {kind, 0, number, tile_width(ledger->count, 0, number)};
    struct buf b;
    int err;

    buf_init(&b, FILE_BYTES_MAX);
    for (size_t i = 0; i < tile.width; i++) {
        const struct forged_entry *entry = &ledger->entries[number * TILE_WIDTH + i];

        if (kind == TILE_ENTRIES) {
            buf_put_be16(&b, (uint16_t)entry->bytes.n);
            buf_put_span(&b, entry->bytes);
        } else {
            buf_put_be32(&b, (uint32_t)entry->records.n);
            buf_put_span(&b, entry->records);
        }
    }
    err = buf_status(&b);
    if (err == 0)
        err = put_tile(dir, tile, buf_view(&b), why);
    buf_destroy(&b);
    return err;
}

int forged_write_records(
    const char *dir, const struct forged *ledger, size_t index, struct why *why)
{
    return put_bundle(dir, ledger, TILE_RECORDS, index / TILE_WIDTH, why);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int remove_tiles(const char *dir, struct why *why)
{
    char *path = path_join(dir, "tile");
    int err = 0;

    if (path == NULL)
        return KEIIN_ENOMEM;
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        why_set(why, "%s cannot be removed", path);
        err = KEIIN_EIO;
    }
    free(path);
    return err;
}

/* roster/<serial>.tlog-proof of every later roster, for the new checkpoint. */
static int put_roster_proofs(const char *dir, const struct forged *ledger,
    const struct levels *levels, struct span checkpoint, struct why *why)
{
    struct tile_nodes nodes = {levels->size, level_tile, (void *)(uintptr_t)levels};
    struct hash proof[PROOF_HASHES_MAX];
    unsigned long serial = 0;
    int err = 0;

    for (size_t i = 1; i < ledger->count && err == 0; i++) {
        struct span bytes = ledger->entries[i].bytes;
        struct proof_extra extra = {.entry = bytes};
        struct buf extra_bytes, file;
        struct entry entry;
        char path[64];
        size_t n;

        if (entry_parse(bytes, &entry) != 0 || entry.kind != ENTRY_ROSTER)
            continue;
        buf_init(&extra_bytes, PROOF_EXTRA_BYTES_MAX);
        buf_init(&file, PROOF_BYTES_MAX);
        proof_extra_write(&extra_bytes, &extra);
        err = tree_prove_inclusion(i, levels->size, tile_node, &nodes, proof, &n);
        proof_write(&file, buf_view(&extra_bytes), i, proof, n, checkpoint);
        if (err == 0)
            err = buf_status(&file);
        snprintf(path, sizeof path, "roster/%lu.tlog-proof", ++serial);
        if (err == 0)
            err = put_file(dir, path, buf_view(&file), why);
        buf_destroy(&extra_bytes);
        buf_destroy(&file);
    }
    return err;
}

static int put_tiles(
    const char *dir, const struct forged *ledger, const struct levels *levels, struct why *why)
{
    int err = 0;

    for (unsigned level = 0; level < TILE_LEVELS_MAX && err == 0; level++)
        for (uint64_t n = 0; err == 0; n++) {
            struct tile tile = {TILE_HASHES, level, n, tile_width(levels->size, level, n)};

            if (tile.width == 0)
                break;
            err = put_tile(dir, tile,
                span_of(levels->hashes[level] + n * TILE_WIDTH, tile.width * HASH_BYTES), why);
        }
    for (uint64_t n = 0; err == 0 && tile_width(levels->size, 0, n) > 0; n++) {
        err = put_bundle(dir, ledger, TILE_ENTRIES, n, why);
        if (err == 0 && ledger->with_records)
            err = put_bundle(dir, ledger, TILE_RECORDS, n, why);
    }
    return err;
}

int forged_write(
    const char *dir, const struct forged *ledger, const struct secret *log_key, struct why *why)
{
    struct span origin = span_of(ledger->origin, ledger->origin_bytes);
    struct tile_nodes nodes = {ledger->count, level_tile, NULL};
    struct levels levels;
    struct buf text, note;
    struct hash root;
    int err;

    assert(ledger->count >= 1);
    buf_init(&text, CHECKPOINT_TEXT_BYTES_MAX);
    buf_init(&note, CHECKPOINT_BYTES_MAX);
    err = make_levels(ledger, &levels);
    nodes.ctx = &levels;
    if (err == 0)
        err = tree_root(levels.size, tile_node, &nodes, &root);
    if (err == 0)
        err = remove_tiles(dir, why);
    if (err == 0)
        err = put_tiles(dir, ledger, &levels, why);
    if (err != 0)
        goto out;
    checkpoint_write(&text, origin, levels.size, &root);
    buf_put_span(&note, buf_view(&text));
    buf_put_str(&note, "\n");
    note_sign(&note, buf_view(&text), origin, log_key);
    err = buf_status(&note);
    if (err == 0)
        err = put_roster_proofs(dir, ledger, &levels, buf_view(&note), why);
    if (err == 0)
        err = put_file(dir, "checkpoint", buf_view(&note), why);
    if (err == 0)
        err = put_file(dir, "latest-checkpoint", buf_view(&note), why);
out:
    buf_destroy(&text);
    buf_destroy(&note);
    free_levels(&levels);
    return err;
}
