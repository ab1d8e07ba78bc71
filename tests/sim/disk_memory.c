#include "tests/sim/disk_memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct content {
    bool there, folder;
    uint8_t *bytes; /* owned */
    size_t n;
};

struct disk_file {
    char *path;
    struct content now;
    struct content kept; /* by a power cut, at the worst */
};

static void *need(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

static void content_set(struct content *c, bool there, struct span bytes)
{
    uint8_t *copy = NULL;

    if (bytes.n > 0) {
        copy = need(malloc(bytes.n));
        memcpy(copy, bytes.p, bytes.n);
    }
    free(c->bytes);
    *c = (struct content){there, false, copy, bytes.n};
}

static void content_copy(struct content *to, const struct content *from)
{
    if (to == from)
        return;
    content_set(to, from->there, span_of(from->bytes, from->n));
    to->folder = from->folder;
}

static bool content_same(const struct content *a, const struct content *b)
{
    return a->there == b->there && a->n == b->n &&
           (a->n == 0 || memcmp(a->bytes, b->bytes, a->n) == 0);
}

static struct disk_file *find(const struct disk_memory *d, const char *path)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->files[i].path, path) == 0)
            return &d->files[i];
    return NULL;
}

static struct disk_file *find_or_add(struct disk_memory *d, const char *path)
{
    struct disk_file *file = find(d, path);

    if (file != NULL)
        return file;
    if (d->count == d->cap) {
        d->cap = 2 * d->cap + 16;
        d->files = need(realloc(d->files, d->cap * sizeof *d->files));
    }
    file = &d->files[d->count++];
    *file = (struct disk_file){.path = need(strdup(path))};
    return file;
}

/* Bytes of the folder's part of a path. */
static size_t folder_bytes(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path);
}

/* A folder, the first `n` bytes of `path`, is synced: names in it are as they are now. */
static void sync_names(struct disk_memory *d, const char *path, size_t n)
{
    for (size_t i = 0; i < d->count; i++)
        if (folder_bytes(d->files[i].path) == n && memcmp(d->files[i].path, path, n) == 0)
            content_copy(&d->files[i].kept, &d->files[i].now);
}

static void sync_folder(struct disk_memory *d, const char *path)
{
    sync_names(d, path, folder_bytes(path));
}

static bool has_folder(const struct disk_memory *d, const char *path)
{
    size_t n = folder_bytes(path);

    for (size_t i = 0; i < d->count; i++)
        if (d->files[i].now.folder && strlen(d->files[i].path) == n &&
            memcmp(d->files[i].path, path, n) == 0)
            return true;
    return n == 0;
}

/* The fate of a call that writes; reads fail only on a dead disk. */
static enum disk_fate fate_of(struct disk_memory *d, const char *path, const char *call)
{
    static const char *const names[] = {"", "full", "failed", "failed, applied", "killed"};
    enum disk_fate fate;

    if (d->dead)
        return FATE_FAILED;
    fate = d->fate == NULL ? FATE_GOOD : d->fate(d->fate_ctx);
    if (fate != FATE_GOOD) {
        sim_trace(d->sim, "disk %s %s: %s", call, path, names[fate]);
        snprintf(d->failed, sizeof d->failed, "%s", path);
    }
    return fate;
}

static int said(enum disk_fate fate, const char *path, struct why *why)
{
    if (fate == FATE_GOOD)
        return 0;
    why_set(why, "%s: %s", path, fate == FATE_FULL ? "no space left" : "input/output error");
    return fate == FATE_FULL ? KEIIN_EFULL : KEIIN_EIO;
}

static int dead(const struct disk_memory *d, struct why *why)
{
    if (!d->dead)
        return 0;
    why_set(why, "the process is gone");
    return KEIIN_EUNREADABLE;
}

static int mem_read(
    void *ctx, const char *path, size_t bytes_max, uint8_t **out, size_t *n, struct why *why)
{
    struct disk_memory *d = ctx;
    const struct disk_file *file = find(d, path);
    int err = dead(d, why);

    *out = NULL;
    *n = 0;
    if (err != 0)
        return err;
    if (file == NULL || !file->now.there || file->now.folder)
        return KEIIN_EABSENT;
    if (file->now.n > bytes_max)
        return KEIIN_ELIMIT;
    *out = need(malloc(file->now.n + 1));
    if (file->now.n > 0)
        memcpy(*out, file->now.bytes, file->now.n);
    (*out)[file->now.n] = 0;
    *n = file->now.n;
    return 0;
}

static int mem_walk(void *ctx, const char *path, size_t unit_bytes, disk_piece_fn *see,
    void *see_ctx, struct why *why)
{
    struct disk_memory *d = ctx;
    const struct disk_file *file = find(d, path);
    size_t n;
    int err = dead(d, why);

    if (err != 0)
        return err;
    if (file == NULL || !file->now.there)
        return KEIIN_EABSENT;
    n = file->now.n - file->now.n % unit_bytes;
    return n == 0 ? 0 : see(see_ctx, span_of(file->now.bytes, n));
}

/* A prefix of what was to be appended, its end perhaps zeros: the length came before the bytes. */
static void tear(struct disk_memory *d, struct buf *whole, struct span bytes)
{
    size_t n = (size_t)sim_below(d->sim, bytes.n + 1), zeros = 0;

    if (sim_chance(d->sim, 300))
        zeros = (size_t)sim_below(d->sim, n + 1);
    buf_put(whole, bytes.p, n - zeros);
    for (; zeros > 0; zeros--)
        buf_put_u8(whole, 0);
    sim_count(d->sim, COUNT_DISK_TORN);
}

static int mem_append(
    void *ctx, const char *path, size_t unit_bytes, struct span bytes, struct why *why)
{
    struct disk_memory *d = ctx;
    enum disk_fate fate = fate_of(d, path, "append");
    struct disk_file *file;
    struct buf whole;
    bool named;

    if (d->dead || fate == FATE_FULL || fate == FATE_FAILED)
        return said(fate, path, why);
    file = find_or_add(d, path);
    named = file->kept.there;
    buf_init(&whole, SIZE_MAX / 2);
    buf_put(&whole, file->now.bytes, file->now.n - file->now.n % unit_bytes);
    if (fate == FATE_KILLED)
        tear(d, &whole, bytes);
    else
        buf_put_span(&whole, bytes);
    if (buf_status(&whole) != 0)
        abort();
    content_set(&file->now, true, buf_view(&whole));
    /* The content is synced, and the name, if it is new, only with the folder. */
    if (named && fate == FATE_GOOD)
        content_copy(&file->kept, &file->now);
    d->dead = fate == FATE_KILLED;
    buf_destroy(&whole);
    return said(fate, path, why);
}

/* What a killed replacement may leave beside the file. */
static void leave_beside(struct disk_memory *d, const char *path, struct span bytes)
{
    char *new = NULL;

    if (asprintf(&new, "%s.new", path) < 0)
        abort();
    content_set(
        &find_or_add(d, new)->now, true, span_of(bytes.p, (size_t)sim_below(d->sim, bytes.n + 1)));
    free(new);
}

static int put_whole(struct disk_memory *d, const char *path, struct span bytes, bool replace,
    const char *call, struct why *why)
{
    enum disk_fate fate = fate_of(d, path, call);
    struct disk_file *file;
    uint64_t how;

    if (d->dead || fate == FATE_FULL || fate == FATE_FAILED)
        return said(fate, path, why);
    if (!has_folder(d, path)) {
        why_set(why, "%s: its folder is not there", path);
        return KEIIN_EIO;
    }
    how = fate == FATE_KILLED ? sim_below(d->sim, 3) : 2;
    d->dead = fate == FATE_KILLED;
    if (how == 1 && replace)
        leave_beside(d, path, bytes);
    if (how < 2)
        return said(fate, path, why);
    file = find_or_add(d, path);
    if (!replace && file->now.there)
        return KEIIN_EEXIST;
    content_set(&file->now, true, bytes);
    if (fate == FATE_GOOD)
        sync_folder(d, path);
    return said(fate, path, why);
}

static int mem_replace(void *ctx, const char *path, struct span bytes, struct why *why)
{
    return put_whole(ctx, path, bytes, true, "replace", why);
}

static int mem_create(void *ctx, const char *path, struct span bytes, struct why *why)
{
    return put_whole(ctx, path, bytes, false, "create", why);
}

static int mem_remove(void *ctx, const char *path, bool sync, struct why *why)
{
    struct disk_memory *d = ctx;
    enum disk_fate fate = fate_of(d, path, "remove");
    struct disk_file *file = find(d, path);

    if (d->dead || fate == FATE_FULL || fate == FATE_FAILED)
        return said(fate, path, why);
    d->dead = fate == FATE_KILLED;
    if (fate == FATE_KILLED && sim_chance(d->sim, 500))
        return said(fate, path, why);
    if (file != NULL)
        content_set(&file->now, false, span_of(NULL, 0));
    if (fate == FATE_GOOD && sync)
        sync_folder(d, path);
    return said(fate, path, why);
}

static bool mem_is_there(void *ctx, const char *path)
{
    const struct disk_file *file = find(ctx, path);

    return file != NULL && file->now.there;
}

static int mem_make_folder(void *ctx, const char *path, struct why *why)
{
    struct disk_memory *d = ctx;
    struct disk_file *file = find(d, path);
    enum disk_fate fate;

    fate = fate_of(d, path, "make folder");
    if (d->dead || fate == FATE_FULL || fate == FATE_FAILED)
        return said(fate, path, why);
    d->dead = fate == FATE_KILLED;
    if (fate == FATE_KILLED && sim_chance(d->sim, 500))
        return said(fate, path, why);
    if (file == NULL || !file->now.there) {
        file = find_or_add(d, path);
        content_set(&file->now, true, span_of(NULL, 0));
        file->now.folder = true;
    }
    if (fate == FATE_GOOD)
        sync_folder(d, path);
    return said(fate, path, why);
}

static int mem_sync_folder(void *ctx, const char *path, struct why *why)
{
    struct disk_memory *d = ctx;
    enum disk_fate fate = fate_of(d, path, "sync");

    if (d->dead)
        return said(fate, path, why);
    d->dead = fate == FATE_KILLED;
    if (fate == FATE_GOOD || (fate == FATE_KILLED && sim_chance(d->sim, 500)))
        sync_names(d, path, strlen(path));
    return said(fate, path, why);
}

static int mem_list(void *ctx, const char *path, disk_name_fn *see, void *see_ctx, struct why *why)
{
    struct disk_memory *d = ctx;
    const struct disk_file *folder = find(d, path);
    int err = dead(d, why);

    if (err != 0)
        return err;
    if (folder == NULL || !folder->now.there)
        return KEIIN_EABSENT;
    for (size_t i = 0; i < d->count && err == 0; i++) {
        const struct disk_file *file = &d->files[i];
        size_t n = folder_bytes(file->path);

        if (file->now.there && n == strlen(path) && memcmp(file->path, path, n) == 0)
            err = see(see_ctx, file->path + n + 1);
    }
    return err;
}

static int mem_lock(void *ctx, const char *path, int *out, struct why *why)
{
    struct disk_memory *d = ctx;

    *out = -1;
    if (d->dead)
        return dead(d, why);
    if (d->locked)
        return KEIIN_EBUSY;
    content_set(&find_or_add(d, path)->now, true, span_of(NULL, 0));
    d->locked = true;
    *out = 1;
    return 0;
}

static void mem_unlock(void *ctx, int lock)
{
    struct disk_memory *d = ctx;

    if (lock < 0)
        return;
    assert(d->locked);
    d->locked = false;
}

void disk_memory_init(struct disk_memory *d, struct sim *sim)
{
    memset(d, 0, sizeof *d);
    d->sim = sim;
    d->disk = (struct keiin_disk){d, mem_read, mem_walk, mem_append, mem_replace, mem_create,
        mem_remove, mem_is_there, mem_make_folder, mem_sync_folder, mem_list, mem_lock, mem_unlock};
}

static void forget_all(struct disk_memory *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->files[i].path);
        free(d->files[i].now.bytes);
        free(d->files[i].kept.bytes);
    }
    free(d->files);
    d->files = NULL;
    d->count = d->cap = 0;
}

void disk_memory_destroy(struct disk_memory *d)
{
    forget_all(d);
}

void disk_memory_revive(struct disk_memory *d)
{
    assert(!d->locked);
    d->dead = false;
}

/* A folder that is gone takes with it what is below. */
static void forget_below(struct disk_memory *d, const char *path)
{
    size_t n = strlen(path);

    for (size_t i = 0; i < d->count; i++)
        if (strncmp(d->files[i].path, path, n) == 0 && d->files[i].path[n] == '/') {
            content_set(&d->files[i].now, false, span_of(NULL, 0));
            content_set(&d->files[i].kept, false, span_of(NULL, 0));
        }
}

bool disk_memory_is_behind(const struct disk_memory *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (!content_same(&d->files[i].now, &d->files[i].kept))
            return true;
    return false;
}

void disk_memory_power_cut(struct disk_memory *d)
{
    for (size_t i = 0; i < d->count; i++) {
        struct disk_file *file = &d->files[i];

        if (!content_same(&file->now, &file->kept) && sim_chance(d->sim, 500)) {
            sim_count(d->sim, COUNT_DISK_FORGOT);
            sim_trace(d->sim, "power cut: %s is as it was", file->path);
            if (file->now.folder)
                forget_below(d, file->path);
            content_copy(&file->now, &file->kept);
        }
        content_copy(&file->kept, &file->now);
    }
}

void disk_memory_copy(const struct disk_memory *from, struct disk_memory *to)
{
    forget_all(to);
    for (size_t i = 0; i < from->count; i++) {
        struct disk_file *file = find_or_add(to, from->files[i].path);

        content_copy(&file->now, &from->files[i].now);
        content_copy(&file->kept, &from->files[i].now);
    }
}

void disk_memory_restore(struct disk_memory *d, const struct disk_memory *copy)
{
    disk_memory_copy(copy, d);
}

struct span disk_memory_look(const struct disk_memory *d, const char *path)
{
    const struct disk_file *file = find(d, path);

    return file == NULL || !file->now.there ? span_of(NULL, 0)
                                            : span_of(file->now.bytes, file->now.n);
}
