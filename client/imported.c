#include "client/imported.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

    if (set->count == set->cap) {
        size_t cap = set->cap == 0 ? 512 : set->cap * 2;

        pairs = realloc(set->pairs, cap * sizeof *pairs);
        if (pairs == NULL)
            return KEIIN_ENOMEM;
        set->pairs = pairs;
        set->cap = cap;
    }
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

static int failed(const char *path, int err, struct why *why)
{
    why_set(why, "%.300s: %s", path, strerror(errno));
    return errno == ENOSPC || errno == EDQUOT ? KEIIN_EFULL : err;
}

/* Opens the file, created when absent, and cuts off what an interrupted append left. */
static int open_file(const char *folder, char **path, int *fd, struct why *why)
{
    struct stat st;

    *path = path_join(folder, "imported");
    if (*path == NULL)
        return KEIIN_ENOMEM;
    *fd = open(*path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0 || fstat(*fd, &st) != 0)
        return failed(*path, KEIIN_EUNREADABLE, why);
    if (st.st_size % PAIR_BYTES != 0 && ftruncate(*fd, st.st_size - st.st_size % PAIR_BYTES) != 0)
        return failed(*path, KEIIN_EIO, why);
    return 0;
}

int imported_open(const char *folder, struct imported **out, struct why *why)
{
    struct imported *set = calloc(1, sizeof *set);
    struct pair chunk[1024];
    char *path = NULL;
    int fd = -1, err;
    ssize_t got = 0;

    *out = NULL;
    err = set == NULL ? KEIIN_ENOMEM : open_file(folder, &path, &fd, why);
    if (err == 0)
        err = reserve(set);
    for (off_t at = 0; err == 0; at += got) {
        got = pread(fd, chunk, sizeof chunk, at);
        if (got <= 0)
            break;
        got -= got % PAIR_BYTES;
        for (size_t i = 0; err == 0 && i < (size_t)got / PAIR_BYTES; i++)
            err = add(set, &chunk[i]);
        if (got == 0)
            break;
    }
    if (err == 0 && got < 0)
        err = failed(path, KEIIN_EUNREADABLE, why);
    if (fd >= 0)
        close(fd);
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

int imported_add(const char *folder, const struct submission *submission, struct why *why)
{
    struct buf bytes;
    struct pair pair;
    char *path = NULL;
    int fd = -1, err;
    off_t end = 0;

    buf_init(&bytes, ENTRY_DIGESTS_MAX * PAIR_BYTES);
    for (size_t i = 0; i < submission->count; i++)
        if (pair_of(submission->records[i], &pair))
            buf_put(&bytes, &pair, sizeof pair);
    err = buf_status(&bytes);
    if (err == 0)
        err = open_file(folder, &path, &fd, why);
    if (err == 0 && (end = lseek(fd, 0, SEEK_END)) < 0)
        err = failed(path, KEIIN_EIO, why);
    for (size_t done = 0; err == 0 && done < bytes.n;) {
        ssize_t put = pwrite(fd, bytes.p + done, bytes.n - done, end + (off_t)done);

        if (put < 0 && errno != EINTR)
            err = failed(path, KEIIN_EIO, why);
        if (put > 0)
            done += (size_t)put;
    }
    /* The folder is synced when the state is replaced, before the submission counts. */
    if (err == 0 && fsync(fd) != 0)
        err = failed(path, KEIIN_EIO, why);
    if (fd >= 0)
        close(fd);
    free(path);
    buf_destroy(&bytes);
    return err;
}
