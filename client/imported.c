#include "client/imported.h"

#include <stdlib.h>

#include "core/msgpack.h"
#include "core/sha256.h"
#include "system/file.h"

#define PAIR_BYTES (2 * IMPORTED_HALF_BYTES)

struct pair {
    uint8_t id[IMPORTED_HALF_BYTES];
    uint8_t said[IMPORTED_HALF_BYTES];
};
_Static_assert(sizeof(struct pair) == PAIR_BYTES, "pairs are the file's bytes");

/* Open addressing; a slot is free while its number is 0, else pairs[number - 1]. */
struct imported {
    struct pair *pairs;
    size_t count, cap;
    uint32_t *slots;
    size_t slot_count; /* a power of two, at least twice `count` */
};

/*
 * Fields that the source decides. Salt and what the map adds (unit, actor, purpose ...) may
 * differ from one import to the next without the source having changed.
 */
static bool said_by_source(struct span key)
{
    return span_is(key, "action") || span_is(key, "at") || span_is(key, "count") ||
           span_is(key, "dataset") || span_is(key, "outcome") || span_is(key, "parents");
}

/* False when the record has no id. The record was checked before. */
static bool pair_of(struct span record, struct pair *out)
{
    struct msgpack_reader r = msgpack_read(record);
    struct sha256_stream said;
    struct hash hash;
    struct span last = {NULL, 0};
    size_t pairs = msgpack_map(&r);
    bool found = false;

    sha256_stream_init(&said);
    for (size_t i = 0; i < pairs && !r.in.failed; i++) {
        struct span key = msgpack_key(&r, &last), value;
        const uint8_t *start = r.in.p;

        msgpack_skip(&r, 2);
        value = span_of(start, (size_t)(r.in.p - start));
        if (span_is(key, "id")) {
            sha256(&hash, value);
            memcpy(out->id, hash.b, sizeof out->id);
            found = true;
        } else if (said_by_source(key)) {
            sha256_stream_update(&said, key);
            sha256_stream_update(&said, value);
        }
    }
    sha256_stream_final(&said, &hash);
    memcpy(out->said, hash.b, sizeof out->said);
    return found;
}

/* The slot of an id, or the free one where it would stand. */
static size_t slot_of(const struct imported *set, const uint8_t *id)
{
    size_t slot;

    memcpy(&slot, id, sizeof slot);
    for (slot &= set->slot_count - 1; set->slots[slot] != 0;
         slot = (slot + 1) & (set->slot_count - 1))
        if (memcmp(set->pairs[set->slots[slot] - 1].id, id, IMPORTED_HALF_BYTES) == 0)
            break;
    return slot;
}

static int reserve(struct imported *set)
{
    struct pair *pairs;
    uint32_t *slots;
    size_t count = set->slot_count == 0 ? 1024 : set->slot_count * 2;

    pairs = array_room(set->pairs, set->count, &set->cap, sizeof *pairs);
    if (pairs == NULL)
        return KEIIN_ENOMEM;
    set->pairs = pairs;
    if (2 * (set->count + 1) <= set->slot_count)
        return 0;
    slots = calloc(count, sizeof *slots);
    if (slots == NULL || set->count >= UINT32_MAX) {
        free(slots);
        return KEIIN_ENOMEM;
    }
    free(set->slots);
    set->slots = slots;
    set->slot_count = count;
    for (size_t i = 0; i < set->count; i++)
        set->slots[slot_of(set, set->pairs[i].id)] = (uint32_t)(i + 1);
    return 0;
}

/* The first word about an id stays. */
static int add(struct imported *set, const struct pair *pair)
{
    int err = reserve(set);
    size_t slot;

    if (err != 0)
        return err;
    slot = slot_of(set, pair->id);
    if (set->slots[slot] != 0)
        return 0;
    set->pairs[set->count++] = *pair;
    set->slots[slot] = (uint32_t)set->count;
    return 0;
}

static int see_pairs(void *ctx, struct span piece)
{
    struct imported *set = ctx;
    struct pair pair;
    int err = 0;

    for (size_t at = 0; err == 0 && at < piece.n; at += PAIR_BYTES) {
        memcpy(&pair, piece.p + at, PAIR_BYTES);
        err = add(set, &pair);
    }
    return err;
}

int imported_open(
    const struct keiin_disk *disk, const char *folder, struct imported **out, struct why *why)
{
    struct imported *set = calloc(1, sizeof *set);
    char *path = path_join(folder, "imported");
    int err = set == NULL || path == NULL ? KEIIN_ENOMEM : reserve(set);

    *out = NULL;
    if (err == 0) {
        struct why failed = {""};

        err = disk->walk(disk->ctx, path, PAIR_BYTES, see_pairs, set, &failed);
        if (err == KEIIN_EABSENT)
            err = 0;
        else if (err != 0)
            why_set(why, "%s", failed.text);
    }
    free(path);
    if (err != 0) {
        imported_free(set);
        return err;
    }
    *out = set;
    return 0;
}

void imported_free(struct imported *set)
{
    if (set == NULL)
        return;
    free(set->pairs);
    free(set->slots);
    free(set);
}

enum imported_answer imported_look(const struct imported *set, struct span record)
{
    struct pair pair;
    size_t slot;

    if (!pair_of(record, &pair))
        return IMPORTED_NEW;
    slot = slot_of(set, pair.id);
    if (set->slots[slot] == 0)
        return IMPORTED_NEW;
    return memcmp(set->pairs[set->slots[slot] - 1].said, pair.said, sizeof pair.said) == 0
               ? IMPORTED_SAME
               : IMPORTED_OTHER;
}

int imported_note(struct imported *set, struct span record)
{
    struct pair pair;

    return pair_of(record, &pair) ? add(set, &pair) : 0;
}

size_t imported_count(const struct imported *set)
{
    return set->count;
}

int imported_add(const struct keiin_disk *disk, const char *folder,
    const struct submission *submission, struct why *why)
{
    char *path = path_join(folder, "imported");
    bool is_new = path != NULL && !disk->is_there(disk->ctx, path);
    struct buf bytes;
    struct pair pair;
    int err;

    buf_init(&bytes, ENTRY_DIGESTS_MAX * PAIR_BYTES);
    for (size_t i = 0; i < submission->count; i++)
        if (pair_of(submission->records[i], &pair))
            buf_put(&bytes, &pair, sizeof pair);
    err = path == NULL ? KEIIN_ENOMEM : buf_status(&bytes);
    if (err == 0)
        err = disk->append(disk->ctx, path, PAIR_BYTES, buf_view(&bytes), why);
    /* The state that counts these records must not outlive them. */
    if (err == 0 && is_new)
        err = disk->sync_folder(disk->ctx, folder, why);
    free(path);
    buf_destroy(&bytes);
    return err;
}
