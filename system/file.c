#include "system/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"

#define PIECE_BYTES (32 * 1024) /* of a file that is walked through */

void file_why(struct why *why, const char *path, const char *text)
{
    struct buf b;

    buf_init(&b, 4096);
    text_visible(&b, span_str(path));
    buf_put_u8(&b, 0);
    if (buf_status(&b) == 0)
        why_set(why, "%.380s: %s", (const char *)b.p, text);
    else
        why_set(why, "%s", text);
    buf_destroy(&b);
}

/* The error of a failed open or read. */
static int read_failed(const char *path, int e, struct why *why)
{
    if (e == ENOENT || e == ENOTDIR) {
        file_why(why, path, "no such file");
        return KEIIN_EABSENT;
    }
    if (e == ENOMEM)
        return KEIIN_ENOMEM;
    file_why(why, path, strerror(e));
    return KEIIN_EUNREADABLE;
}

/* The error of a failed creation, write, sync, rename or removal. */
static int write_failed(const char *path, int e, struct why *why)
{
    if (e == EEXIST) {
        file_why(why, path, "is there already and is not overwritten");
        return KEIIN_EEXIST;
    }
    file_why(why, path, e == ENOENT ? "its folder is not there" : strerror(e));
    return e == ENOSPC || e == EDQUOT ? KEIIN_EFULL : KEIIN_EIO;
}

/* Opens for reading; "-" is standard input. O_NONBLOCK, so that a FIFO cannot hold us up. */
static int open_regular(const char *path, int *fd, size_t *bytes, struct why *why)
{
    struct stat st;
    int e;

    *bytes = 0;
    if (strcmp(path, "-") == 0) {
        *fd = dup(STDIN_FILENO);
        return *fd < 0 ? read_failed("standard input", errno, why) : 0;
    }
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return read_failed(path, errno, why);
    e = fstat(*fd, &st) != 0 ? errno : 0;
    if (e == 0 && S_ISREG(st.st_mode)) {
        *bytes = st.st_size < 0 ? 0 : (size_t)st.st_size;
        return 0;
    }
    close(*fd);
    *fd = -1;
    if (e != 0)
        return read_failed(path, e, why);
    file_why(why, path, "is not a regular file");
    return KEIIN_EUNREADABLE;
}

/* Reads until `cap` bytes are there or the end is; *n counts from what it holds. */
static int read_up_to(int fd, uint8_t *to, size_t cap, size_t *n)
{
    while (*n < cap) {
        ssize_t got = read(fd, to + *n, cap - *n);

        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return errno;
        if (got > 0)
            *n += (size_t)got;
    }
    return 0;
}

static int too_long(const char *path, size_t bytes_max, struct why *why)
{
    char text[64];

    snprintf(text, sizeof text, "is longer than %zu bytes", bytes_max);
    file_why(why, path, text);
    return KEIIN_ELIMIT;
}

int file_read(const char *path, size_t bytes_max, uint8_t **out, size_t *n, struct why *why)
{
    size_t cap, got = 0, size;
    uint8_t *bytes = NULL, *more;
    int fd = -1, e, err;

    *out = NULL;
    *n = 0;
    err = open_regular(path, &fd, &size, why);
    if (err != 0)
        return err;
    /* What the size says is only a first guess: files grow, and pipes have none. */
    cap = size < bytes_max ? size : bytes_max;
    cap = cap < 4096 ? 4096 : cap + 1;
    for (;;) {
        more = realloc(bytes, cap + 1);
        if (more == NULL) {
            err = KEIIN_ENOMEM;
            goto out;
        }
        bytes = more;
        e = read_up_to(fd, bytes, cap, &got);
        if (e != 0) {
            err = read_failed(path, e, why);
            goto out;
        }
        if (got > bytes_max) {
            err = too_long(path, bytes_max, why);
            goto out;
        }
        if (got < cap)
            break;
        cap = cap > SIZE_MAX / 2 - 1 ? SIZE_MAX - 1 : cap * 2;
    }
    bytes[got] = 0;
    *out = bytes;
    *n = got;
    bytes = NULL;
out:
    close(fd);
    free(bytes);
    return err;
}

int file_read_into(const char *path, uint8_t *bytes, size_t bytes_max, size_t *n, struct why *why)
{
    uint8_t beyond;
    size_t size, extra = 0;
    int fd = -1, e, err;

    *n = 0;
    err = open_regular(path, &fd, &size, why);
    if (err != 0)
        return err;
    e = read_up_to(fd, bytes, bytes_max, n);
    if (e == 0 && *n == bytes_max)
        e = read_up_to(fd, &beyond, 1, &extra);
    if (e != 0)
        err = read_failed(path, e, why);
    else if (extra != 0)
        err = too_long(path, bytes_max, why);
    close(fd);
    return err;
}

/* Returns 0 or an errno. */
static int write_all(int fd, struct span bytes)
{
    size_t done = 0;

    while (done < bytes.n) {
        ssize_t put = write(fd, bytes.p + done, bytes.n - done);

        if (put < 0 && errno != EINTR)
            return errno;
        if (put > 0)
            done += (size_t)put;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

/* Syncs a folder: the names in it. Returns 0 or an errno. */
static int sync_names(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), e = 0;

    if (fd < 0)
        return errno;
    if (fsync(fd) != 0)
        e = errno;
    close(fd);
    /* A file system that cannot sync folders says EINVAL: no more can be done there. */
    return e == EINVAL ? 0 : e;
}

/* Syncs the folder in which `path` stands. Returns 0 or an errno. */
static int sync_folder_of(const char *path)
{
    const char *slash;
    size_t n = strlen(path);
    char *folder;
    int e;

    while (n > 1 && path[n - 1] == '/')
        n--;
    slash = memrchr(path, '/', n);
    if (slash == NULL)
        folder = strdup(".");
    else
        folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (folder == NULL)
        return ENOMEM;
    e = sync_names(folder);
    free(folder);
    return e;
}

int file_create(const char *path, unsigned mode, struct span bytes, struct why *why)
{
    int fd, e;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return write_failed(path, errno, why);
    e = write_all(fd, bytes);
    if (close(fd) != 0 && e == 0)
        e = errno;
    if (e == 0)
        e = sync_folder_of(path);
    if (e == 0)
        return 0;
    unlink(path);
    return write_failed(path, e, why);
}

/*
 * Opens the file beside `path` that will replace it, empty and locked. A fixed name, so
 * that what a crash leaves is used up by the next time; the lock keeps two apart. Returns
 * 0 or an errno.
 */
static int open_beside(const char *beside, unsigned mode, int *out)
{
    struct stat there, ours;
    int fd, e;

    for (;;) {
        fd = open(beside, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
        if (fd < 0)
            return errno;
        while (flock(fd, LOCK_EX) != 0)
            if (errno != EINTR)
                goto fail;
        if (fstat(fd, &ours) != 0)
            goto fail;
        /* Whoever held the lock has renamed the file meanwhile: then this is not it. */
        if (lstat(beside, &there) == 0 && there.st_ino == ours.st_ino &&
            there.st_dev == ours.st_dev)
            break;
        close(fd);
    }
    if (!S_ISREG(ours.st_mode) || ours.st_nlink != 1) {
        close(fd);
        return EPERM;
    }
    if (fchmod(fd, ours.st_mode & (mode_t)mode) != 0 || ftruncate(fd, 0) != 0)
        goto fail;
    *out = fd;
    return 0;
fail:
    e = errno;
    close(fd);
    return e;
}

int file_replace(const char *path, unsigned mode, struct span bytes, struct why *why)
{
    char *beside = NULL;
    int fd = -1, e;

    if (asprintf(&beside, "%s.new", path) < 0)
        return KEIIN_ENOMEM;
    e = open_beside(beside, mode, &fd);
    if (e != 0)
        goto out;
    e = write_all(fd, bytes);
    if (e == 0 && rename(beside, path) != 0)
        e = errno;
    if (e != 0) {
        unlink(beside);
        goto out;
    }
    e = sync_folder_of(path);
out:
    if (fd >= 0)
        close(fd);
    free(beside);
    /* EEXIST would say that nothing was to be overwritten: here it is a plain failure. */
    return e == 0 ? 0 : write_failed(path, e == EEXIST ? EIO : e, why);
}

/* Opens a file to append to, and cuts off what an interrupted append left. Returns 0 or an errno. */
static int open_append(const char *path, unsigned mode, size_t unit_bytes, int *fd)
{
    struct stat st;
    off_t rest;

    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (*fd < 0 || fstat(*fd, &st) != 0)
        return errno;
    rest = st.st_size % (off_t)unit_bytes;
    return rest != 0 && ftruncate(*fd, st.st_size - rest) != 0 ? errno : 0;
}

int file_append(
    const char *path, unsigned mode, size_t unit_bytes, struct span bytes, struct why *why)
{
    int fd = -1, e = open_append(path, mode, unit_bytes, &fd);

    if (e == 0)
        e = write_all(fd, bytes);
    if (fd >= 0 && close(fd) != 0 && e == 0)
        e = errno;
    return e == 0 ? 0 : write_failed(path, e == EEXIST ? EIO : e, why);
}

int file_walk(
    const char *path, size_t unit_bytes, disk_piece_fn *see, void *see_ctx, struct why *why)
{
    size_t size, got = 0, cap = (PIECE_BYTES / unit_bytes + 1) * unit_bytes;
    uint8_t *piece = NULL;
    int fd = -1, e = 0, err = open_regular(path, &fd, &size, why);

    if (err != 0)
        return err;
    piece = malloc(cap);
    if (piece == NULL)
        err = KEIIN_ENOMEM;
    while (err == 0) {
        got = 0;
        e = read_up_to(fd, piece, cap, &got);
        if (e != 0)
            err = read_failed(path, e, why);
        else if (got >= unit_bytes)
            err = see(see_ctx, span_of(piece, got - got % unit_bytes));
        if (got < cap)
            break;
    }
    free(piece);
    close(fd);
    return err;
}

int file_unlink(const char *path, struct why *why)
{
    return unlink(path) == 0 || errno == ENOENT ? 0 : write_failed(path, errno, why);
}

int file_remove(const char *path, struct why *why)
{
    int e;

    if (unlink(path) != 0)
        return errno == ENOENT ? 0 : write_failed(path, errno, why);
    e = sync_folder_of(path);
    return e == 0 ? 0 : write_failed(path, e, why);
}

int folder_create(const char *path, struct why *why)
{
    int e;

    if (mkdir(path, 0700) != 0)
        return write_failed(path, errno, why);
    e = sync_folder_of(path);
    return e == 0 ? 0 : write_failed(path, e, why);
}

int file_sync_name(const char *path, struct why *why)
{
    int e = sync_folder_of(path);

    return e == 0 ? 0 : write_failed(path, e, why);
}

int folder_sync(const char *path, struct why *why)
{
    int e = sync_names(path);

    return e == 0 ? 0 : write_failed(path, e, why);
}

int folder_sync_all(const char *path, struct why *why)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), e = 0;

    if (fd < 0 || syncfs(fd) != 0)
        e = errno;
    if (fd >= 0)
        close(fd);
    return e == 0 ? 0 : write_failed(path, e, why);
}

/* One folder of a path. Who made it before may have died before its name was durable. */
static int create_or_find(const char *path, struct why *why)
{
    struct stat st;
    bool made = mkdir(path, 0700) == 0;
    int e;

    if (!made && errno != EEXIST)
        return write_failed(path, errno, why);
    if (!made && stat(path, &st) != 0)
        return write_failed(path, errno, why);
    if (!made && !S_ISDIR(st.st_mode)) {
        file_why(why, path, "is there already and is not a folder");
        return KEIIN_EEXIST;
    }
    e = sync_folder_of(path);
    /* A folder in which others have theirs need not be readable; nor did we put it there. */
    if (!made && e == EACCES)
        e = 0;
    return e == 0 ? 0 : write_failed(path, e, why);
}

int folder_create_all(const char *path, struct why *why)
{
    char *part = strdup(path), *end;
    int err = 0;

    if (part == NULL)
        return KEIIN_ENOMEM;
    end = part;
    while (err == 0 && *end != 0) {
        char next;

        end += strspn(end, "/");
        end += strcspn(end, "/");
        next = *end;
        *end = 0;
        err = create_or_find(part, why);
        *end = next;
    }
    free(part);
    return err;
}

int folder_list(const char *path, disk_name_fn *see, void *see_ctx, struct why *why)
{
    DIR *folder = opendir(path);
    struct dirent *item;
    int err = 0;

    if (folder == NULL)
        return read_failed(path, errno, why);
    errno = 0;
    while (err == 0 && (item = readdir(folder)) != NULL) {
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
            err = see(see_ctx, item->d_name);
        errno = 0;
    }
    if (err == 0 && errno != 0)
        err = read_failed(path, errno, why);
    closedir(folder);
    return err;
}

int folder_rename(const char *from, const char *to, struct why *why)
{
    struct stat st;
    int e = sync_names(from);

    if (e == 0 && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
        e = errno;
    /* File systems that cannot refuse to replace: looking first is the next best. */
    if (e == EINVAL || e == ENOSYS) {
        e = lstat(to, &st) == 0 ? EEXIST : 0;
        if (e == 0 && rename(from, to) != 0)
            e = errno;
    }
    if (e == 0)
        e = sync_folder_of(to);
    return e == 0 ? 0 : write_failed(to, e, why);
}

int file_lock(const char *path, int *fd, struct why *why)
{
    int e;

    *fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0)
        return write_failed(path, errno, why);
    while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        e = errno;
        if (e == EINTR)
            continue;
        close(*fd);
        *fd = -1;
        if (e != EWOULDBLOCK)
            return write_failed(path, e, why);
        file_why(why, path, "is in use by another process");
        return KEIIN_EBUSY;
    }
    return 0;
}

char *path_join(const char *a, const char *b)
{
    size_t n = strlen(a);
    const char *between = n == 0 || a[n - 1] == '/' ? "" : "/";
    char *out = NULL;

    if (asprintf(&out, "%s%s%s", a, between, b) < 0)
        return NULL;
    return out;
}
