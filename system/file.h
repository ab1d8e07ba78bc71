/*
 * Files that matter: read bounded, written so that they survive a power cut. Any thread.
 * `why` begins with the path, made visible, and a colon.
 */
#ifndef KEIIN_SYSTEM_FILE_H
#define KEIIN_SYSTEM_FILE_H

#include "core/bytes.h"
#include "system/disk.h"

/* Fills `why` with "<path>: <text>", the path made visible. */
void file_why(struct why *why, const char *path, const char *text);

/*
 * Reads a whole regular file of at most `bytes_max` bytes, or standard input for "-".
 * *out is malloc'd, ended by a NUL that is not counted; free() it. KEIIN_EABSENT,
 * KEIIN_EUNREADABLE (not a regular file, too), KEIIN_ELIMIT, KEIIN_ENOMEM.
 */
int file_read(const char *path, size_t bytes_max, uint8_t **out, size_t *n, struct why *why)
    KEIIN_MUST_USE;

/*
 * The same into the caller's storage, for secrets: no copy is left anywhere. `bytes` has
 * room for `bytes_max`; no NUL is put. KEIIN_EABSENT, KEIIN_EUNREADABLE, KEIIN_ELIMIT.
 */
int file_read_into(const char *path, uint8_t *bytes, size_t bytes_max, size_t *n,
    struct why *why) KEIIN_MUST_USE;

/*
 * Creates a file that must not exist (O_EXCL, O_NOFOLLOW) with `mode`, writes it, syncs
 * it and its folder. KEIIN_EEXIST, KEIIN_EFULL, KEIIN_EIO; a file half written is removed.
 */
int file_create(const char *path, unsigned mode, struct span bytes, struct why *why) KEIIN_MUST_USE;

/* Replaces a file in one step: new file beside it, sync, rename, sync of the folder. */
int file_replace(const char *path, unsigned mode, struct span bytes, struct why *why)
    KEIIN_MUST_USE;

/*
 * Appends to a file, created when absent, and syncs it, but not its folder. What is more than
 * a multiple of `unit_bytes` is what an interrupted append left: it is cut off first. After a
 * failure some of the bytes may be there. KEIIN_EFULL, KEIIN_EIO.
 */
int file_append(const char *path, unsigned mode, size_t unit_bytes, struct span bytes,
    struct why *why) KEIIN_MUST_USE;
/* Shows a file piece by piece, each a multiple of `unit_bytes`; a rest is left out. As file_read. */
int file_walk(const char *path, size_t unit_bytes, disk_piece_fn *see, void *see_ctx,
    struct why *why) KEIIN_MUST_USE;

/* Removes a file and syncs its folder; not there is no error. */
int file_remove(const char *path, struct why *why) KEIIN_MUST_USE;
/* The same without the sync: after a power cut the file may be back. */
int file_unlink(const char *path, struct why *why) KEIIN_MUST_USE;

/* Makes a folder (mode 0700) and syncs the one it is in; KEIIN_EEXIST. */
int folder_create(const char *path, struct why *why) KEIIN_MUST_USE;
/* Makes a folder and those above it, durably; that some are there already is no error. */
int folder_create_all(const char *path, struct why *why) KEIIN_MUST_USE;

/* Shows every name in a folder but "." and "..". KEIIN_EABSENT, KEIIN_EUNREADABLE. */
int folder_list(const char *path, disk_name_fn *see, void *see_ctx, struct why *why)
    KEIIN_MUST_USE;

/* Makes durable that `path` stands in its folder. KEIIN_EFULL, KEIIN_EIO. */
int file_sync_name(const char *path, struct why *why) KEIIN_MUST_USE;
/* Makes durable which names stand in a folder. */
int folder_sync(const char *path, struct why *why) KEIIN_MUST_USE;
/*
 * Likewise for all folders below it, at the price of whatever else its file system has to
 * write. The files' own bytes have to be synced by who writes them: not every kernel tells
 * of their errors here.
 */
int folder_sync_all(const char *path, struct why *why) KEIIN_MUST_USE;

/*
 * Syncs a folder and gives it another name in one step; what has that name already stays.
 * KEIIN_EEXIST, KEIIN_EFULL, KEIIN_EIO.
 */
int folder_rename(const char *from, const char *to, struct why *why) KEIIN_MUST_USE;

/* Locks `path` (created when absent) until *fd is closed. KEIIN_EBUSY when another process has it. */
int file_lock(const char *path, int *fd, struct why *why) KEIIN_MUST_USE;

/* "a/b" of a and b; malloc'd, NULL without memory. */
char *path_join(const char *a, const char *b);

#endif
