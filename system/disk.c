#include "system/disk.h"

#include <errno.h>
#include <unistd.h>

#include "system/file.h"

#define MODE 0600

static int disk_read(
    void *ctx, const char *path, size_t bytes_max, uint8_t **out, size_t *n, struct why *why)
{
    (void)ctx;
    return file_read(path, bytes_max, out, n, why);
}

static int disk_walk(void *ctx, const char *path, size_t unit_bytes, disk_piece_fn *see,
    void *see_ctx, struct why *why)
{
    (void)ctx;
    return file_walk(path, unit_bytes, see, see_ctx, why);
}

static int disk_append(
    void *ctx, const char *path, size_t unit_bytes, struct span bytes, struct why *why)
{
    (void)ctx;
    return file_append(path, MODE, unit_bytes, bytes, why);
}

static int disk_replace(void *ctx, const char *path, struct span bytes, struct why *why)
{
    (void)ctx;
    return file_replace(path, MODE, bytes, why);
}

static int disk_create(void *ctx, const char *path, struct span bytes, struct why *why)
{
    (void)ctx;
    return file_create(path, MODE, bytes, why);
}

static int disk_remove(void *ctx, const char *path, bool sync, struct why *why)
{
    (void)ctx;
    return sync ? file_remove(path, why) : file_unlink(path, why);
}

static bool disk_is_there(void *ctx, const char *path)
{
    (void)ctx;
    /* What cannot be told is not said to be gone. */
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static int disk_make_folder(void *ctx, const char *path, struct why *why)
{
    (void)ctx;
    return folder_create_all(path, why);
}

static int disk_sync_folder(void *ctx, const char *path, struct why *why)
{
    (void)ctx;
    return folder_sync(path, why);
}

static int disk_list(void *ctx, const char *path, disk_name_fn *see, void *see_ctx, struct why *why)
{
    (void)ctx;
    return folder_list(path, see, see_ctx, why);
}

static int disk_lock(void *ctx, const char *path, int *out, struct why *why)
{
    (void)ctx;
    return file_lock(path, out, why);
}

static void disk_unlock(void *ctx, int lock)
{
    (void)ctx;
    if (lock >= 0)
        close(lock);
}

const struct keiin_disk system_disk = {NULL, disk_read, disk_walk, disk_append, disk_replace,
    disk_create, disk_remove, disk_is_there, disk_make_folder, disk_sync_folder, disk_list,
    disk_lock, disk_unlock};
