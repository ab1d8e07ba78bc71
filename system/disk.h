/*
 * Files as a value given at start, so that a simulator can own them: one that is full, one
 * that fails, one that forgets after a power cut whatever was not synced. Paths are those
 * of system/file.h, and so are errors and `why`; `system_disk` is made of it.
 */
#ifndef KEIIN_SYSTEM_DISK_H
#define KEIIN_SYSTEM_DISK_H

#include "core/bytes.h"

/* Shown a name in a folder, or a piece of a file; anything but 0 ends it and is returned. */
typedef int disk_name_fn(void *ctx, const char *name);
typedef int disk_piece_fn(void *ctx, struct span piece);

struct keiin_disk {
    void *ctx;
    /* As file_read. */
    int (*read)(
        void *ctx, const char *path, size_t bytes_max, uint8_t **out, size_t *n, struct why *why);
    /* As file_walk and file_append. */
    int (*walk)(void *ctx, const char *path, size_t unit_bytes, disk_piece_fn *see, void *see_ctx,
        struct why *why);
    int (*append)(
        void *ctx, const char *path, size_t unit_bytes, struct span bytes, struct why *why);
    /* As file_replace and file_create, with mode 0600. */
    int (*replace)(void *ctx, const char *path, struct span bytes, struct why *why);
    int (*create)(void *ctx, const char *path, struct span bytes, struct why *why);
    /* As file_remove; without `sync` the file may be back after a power cut. */
    int (*remove)(void *ctx, const char *path, bool sync, struct why *why);
    bool (*is_there)(void *ctx, const char *path);
    /* As folder_create_all, folder_sync and folder_list. */
    int (*make_folder)(void *ctx, const char *path, struct why *why);
    int (*sync_folder)(void *ctx, const char *path, struct why *why);
    int (*list)(void *ctx, const char *path, disk_name_fn *see, void *see_ctx, struct why *why);
    /* As file_lock; `unlock` takes what it gave, or a negative number for nothing. */
    int (*lock)(void *ctx, const char *path, int *out, struct why *why);
    void (*unlock)(void *ctx, int lock);
};
extern const struct keiin_disk system_disk;

#endif
