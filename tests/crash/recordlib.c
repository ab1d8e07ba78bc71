/*
 * For LD_PRELOAD: writes down what a program does to the files below one folder, and what it
 * sends, in the order in which it happened, so that power_cut.py can make from it what a
 * loss of power at any moment would have left on the disk.
 *
 *   KEIIN_RECORD_BELOW   the folder, an absolute path without symbolic links
 *   KEIIN_RECORD_LOG     the record; several processes, one after the other, may add to it
 *   KEIIN_RECORD_DIE     "<kind>:<count>": SIGKILL after that many events of a kind (0: of any)
 *
 * An event is a `struct event`, its two paths relative to the folder, and its data. A call that
 * failed, or what it left undone, is no event. A sync is two: what was written before the
 * first is durable at the second. A write on an O_DSYNC descriptor is WRITE_DURABLE and END_SYNC:
 * that one is durable alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define RECORDED __attribute__((visibility("default")))
#define LOG_FD 1000 /* where no program of ours has a descriptor */

/* The same numbers stand in power_record.py. */
enum kind {
    CREATE = 1, /* path; a: mode */
    MKDIR, /* path */
    WRITE, /* a: offset; data */
    TRUNCATE, /* a: size */
    RENAME, /* from path to second path */
    LINK, /* likewise */
    UNLINK, /* path, also of a folder */
    BEGIN_SYNC, /* b: number; inode 0: of everything */
    END_SYNC, /* b: number */
    SENT, /* a: descriptor; data */
    SHARED_MAP, /* path: written to unseen from here on */
    WRITE_DURABLE, /* as WRITE; b: number, durable at its END_SYNC */
};

struct event {
    uint32_t kind, pid;
    uint64_t inode, a, b;
    uint32_t path_bytes, second_bytes;
    uint64_t data_bytes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *below;
static size_t below_bytes;
static int log_fd = -1;
static uint32_t die_kind;
static uint64_t die_count, died, sync_count;

/* The function that this library stands before. */
#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    return found;
}

static void __attribute__((constructor)) start(void)
{
    const char *path = getenv("KEIIN_RECORD_LOG"), *die = getenv("KEIIN_RECORD_DIE");
    int fd;

    below = getenv("KEIIN_RECORD_BELOW");
    if (path == NULL || below == NULL)
        return;
    below_bytes = strlen(below);
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD);
    if (log_fd < 0)
        abort();
    close(fd);
    if (die != NULL && sscanf(die, "%" SCNu32 ":%" SCNu64, &die_kind, &die_count) != 2)
        abort();
}

/* The part of an absolute path below the folder; NULL where it is elsewhere. */
static const char *part_of(const char *path)
{
    if (log_fd < 0 || strncmp(path, below, below_bytes) != 0)
        return NULL;
    if (path[below_bytes] == 0)
        return path + below_bytes;
    return path[below_bytes] == '/' ? path + below_bytes + 1 : NULL;
}

/* The same of a path that a program gave: its folder resolved, its last name left as it is. */
static const char *resolve(int at, const char *given, char out[static PATH_MAX])
{
    char parent[PATH_MAX], *slash;
    size_t n;

    if (log_fd < 0 || strlen(given) >= PATH_MAX - 1 || (at != AT_FDCWD && given[0] != '/'))
        return NULL;
    strcpy(parent, given);
    for (n = strlen(parent); n > 1 && parent[n - 1] == '/'; n--)
        parent[n - 1] = 0;
    slash = strrchr(parent, '/');
    if (slash != NULL)
        *slash = 0;
    if (realpath(slash == NULL ? "." : slash == parent ? "/" : parent, out) == NULL)
        return NULL;
    n = strlen(out);
    snprintf(out + n, PATH_MAX - n, "/%s", slash == NULL ? parent : slash + 1);
    return part_of(out);
}

/* Whether a descriptor is of a file or folder below the folder; its inode. */
static bool ours(int fd, uint64_t *inode)
{
    char link[64], path[PATH_MAX];
    struct stat st;
    ssize_t n;
    int e = errno;

    if (log_fd < 0 || fd == log_fd)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n < 0 || fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
        errno = e;
        return false;
    }
    path[n] = 0;
    *inode = st.st_ino;
    return part_of(path) != NULL;
}

static bool is_connection(int fd)
{
    int domain = 0, e = errno;
    socklen_t n = sizeof domain;
    bool found =
        log_fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_INET;

    errno = e;
    return found;
}

/* Writes an event. With the lock held, so that what was done and what is written agree. */
static bool put(
    struct event event, const char *path, const char *second, const struct iovec *data, int count)
{
    struct iovec parts[3 + 1] = {{&event, sizeof event}};
    char *joined = NULL, *to;
    int e = errno;

    event.pid = (uint32_t)getpid();
    event.path_bytes = path == NULL ? 0 : (uint32_t)strlen(path);
    event.second_bytes = second == NULL ? 0 : (uint32_t)strlen(second);
    joined = to = malloc(event.path_bytes + event.second_bytes + event.data_bytes + 1);
    if (joined == NULL)
        abort();
    if (path != NULL)
        to = stpcpy(to, path);
    if (second != NULL)
        to = stpcpy(to, second);
    for (uint64_t left = event.data_bytes, n; count > 0 && left > 0; data++, count--, left -= n) {
        n = data->iov_len < left ? data->iov_len : left;
        memcpy(to, data->iov_base, n);
        to += n;
    }
    parts[1] = (struct iovec){joined, (size_t)(to - joined)};
    if (syscall(SYS_writev, log_fd, parts, 2) != (long)(sizeof event + parts[1].iov_len))
        abort();
    free(joined);
    errno = e;
    return die_count > 0 && (die_kind == 0 || die_kind == event.kind) && ++died == die_count;
}

static void die_if(bool now)
{
    if (now)
        kill(getpid(), SIGKILL);
}

/* What a call did to one or two names. */
static void put_name(struct event event, const char *path, const char *second)
{
    die_if(put(event, path, second, NULL, 0));
}

/* ---- names ---- */

static int open_recorded(int at, const char *path, int flags, mode_t mode)
{
    char full[PATH_MAX];
    const char *part = NULL;
    struct stat st;
    bool was;
    int fd, (*call)(int, const char *, int, ...) = REAL(openat);

    if ((flags & (O_CREAT | O_TRUNC)) != 0 && (flags & O_TMPFILE) != O_TMPFILE)
        part = resolve(at, path, full);
    if (part == NULL)
        return call(at, path, flags, mode);
    pthread_mutex_lock(&lock);
    was = fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
    fd = call(at, path, flags, mode);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        if (!was)
            put_name(
                (struct event){.kind = CREATE, .inode = st.st_ino, .a = st.st_mode}, part, NULL);
        else if ((flags & O_TRUNC) != 0)
            put_name((struct event){.kind = TRUNCATE, .inode = st.st_ino}, NULL, NULL);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN_MODE(flags)                                                                           \
    mode_t mode = 0;                                                                               \
    va_list args;                                                                                  \
    va_start(args, flags);                                                                         \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0)                                                    \
        mode = va_arg(args, mode_t);                                                               \
    va_end(args)

RECORDED int open(const char *path, int flags, ...)
{
    OPEN_MODE(flags);
    return open_recorded(AT_FDCWD, path, flags, mode);
}

RECORDED int open64(const char *path, int flags, ...)
{
    OPEN_MODE(flags);
    return open_recorded(AT_FDCWD, path, flags, mode);
}

RECORDED int openat(int at, const char *path, int flags, ...)
{
    OPEN_MODE(flags);
    return open_recorded(at, path, flags, mode);
}

RECORDED int openat64(int at, const char *path, int flags, ...)
{
    OPEN_MODE(flags);
    return open_recorded(at, path, flags, mode);
}

RECORDED int mkdirat(int at, const char *path, mode_t mode)
{
    char full[PATH_MAX];
    const char *part = resolve(at, path, full);
    struct stat st;
    int rc;

    pthread_mutex_lock(&lock);
    rc = REAL(mkdirat)(at, path, mode);
    if (rc == 0 && part != NULL && fstatat(at, path, &st, 0) == 0)
        put_name((struct event){.kind = MKDIR, .inode = st.st_ino}, part, NULL);
    pthread_mutex_unlock(&lock);
    return rc;
}

RECORDED int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

RECORDED int unlinkat(int at, const char *path, int flags)
{
    char full[PATH_MAX];
    const char *part = resolve(at, path, full);
    int rc;

    pthread_mutex_lock(&lock);
    rc = REAL(unlinkat)(at, path, flags);
    if (rc == 0 && part != NULL)
        put_name((struct event){.kind = UNLINK}, part, NULL);
    pthread_mutex_unlock(&lock);
    return rc;
}

RECORDED int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

RECORDED int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

RECORDED int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    char full[PATH_MAX], second_full[PATH_MAX];
    const char *part = resolve(from_at, from, full), *second = resolve(to_at, to, second_full);
    int rc;

    pthread_mutex_lock(&lock);
    rc = REAL(renameat2)(from_at, from, to_at, to, flags);
    if (rc == 0 && part != NULL && second != NULL)
        put_name((struct event){.kind = RENAME}, part, second);
    else if (rc == 0 && (part != NULL || second != NULL))
        abort(); /* in or out of the folder: nobody here does that */
    pthread_mutex_unlock(&lock);
    return rc;
}

RECORDED int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

RECORDED int renameat(int from_at, const char *from, int to_at, const char *to)
{
    return renameat2(from_at, from, to_at, to, 0);
}

RECORDED int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
    char full[PATH_MAX], second_full[PATH_MAX];
    const char *part = resolve(from_at, from, full), *second = resolve(to_at, to, second_full);
    int rc;

    pthread_mutex_lock(&lock);
    rc = REAL(linkat)(from_at, from, to_at, to, flags);
    if (rc == 0 && second != NULL)
        put_name((struct event){.kind = LINK}, part, second);
    pthread_mutex_unlock(&lock);
    return rc;
}

RECORDED int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* ---- bytes ---- */

/* A write that is durable when it returns: written down before it and after. */
static ssize_t write_durable(int fd, uint64_t inode, const struct iovec *data, int count, off_t at)
{
    struct event event = {.kind = WRITE_DURABLE, .inode = inode, .a = (uint64_t)at};
    ssize_t n;
    bool now;

    for (int i = 0; i < count; i++)
        event.data_bytes += data[i].iov_len;
    pthread_mutex_lock(&lock);
    event.b = ++sync_count;
    now = put(event, NULL, NULL, data, count);
    pthread_mutex_unlock(&lock);
    n = REAL(pwritev)(fd, data, count, at);
    if (n != (ssize_t)event.data_bytes)
        abort();
    die_if(now);
    pthread_mutex_lock(&lock);
    die_if(
        put((struct event){.kind = END_SYNC, .inode = inode, .b = event.b}, NULL, NULL, NULL, 0));
    pthread_mutex_unlock(&lock);
    return n;
}

/* At `at`, or where the descriptor stands when it is below 0. */
static ssize_t write_recorded(int fd, const struct iovec *data, int count, off_t at)
{
    uint64_t inode = 0;
    bool is_ours = ours(fd, &inode), sent = !is_ours && at < 0 && is_connection(fd);
    int flags = is_ours ? fcntl(fd, F_GETFL) : 0;
    struct stat st;
    ssize_t n;

    if (is_ours && at >= 0 && (flags & (O_DSYNC | O_SYNC)) != 0)
        return write_durable(fd, inode, data, count, at);
    if (!is_ours && !sent)
        return at < 0 ? REAL(writev)(fd, data, count) : REAL(pwritev)(fd, data, count, at);
    if (is_ours && (flags & (O_DSYNC | O_SYNC)) != 0)
        abort(); /* at the descriptor's place: nobody here does that */
    pthread_mutex_lock(&lock);
    n = at < 0 ? REAL(writev)(fd, data, count) : REAL(pwritev)(fd, data, count, at);
    if (n > 0 && sent) {
        die_if(put((struct event){.kind = SENT, .a = (uint64_t)fd, .data_bytes = (uint64_t)n}, NULL,
            NULL, data, count));
    } else if (n > 0) {
        if (at < 0 && fstat(fd, &st) == 0)
            at = ((flags & O_APPEND) != 0 ? st.st_size : lseek(fd, 0, SEEK_CUR)) - n;
        die_if(put(
            (struct event){
                .kind = WRITE, .inode = inode, .a = (uint64_t)at, .data_bytes = (uint64_t)n},
            NULL, NULL, data, count));
    }
    pthread_mutex_unlock(&lock);
    return n;
}

static ssize_t write_bytes(int fd, const void *bytes, size_t n, off_t at)
{
    struct iovec data = {(void *)(uintptr_t)bytes, n};

    return write_recorded(fd, &data, 1, at);
}

RECORDED ssize_t write(int fd, const void *bytes, size_t n)
{
    return write_bytes(fd, bytes, n, -1);
}

RECORDED ssize_t writev(int fd, const struct iovec *data, int count)
{
    return write_recorded(fd, data, count, -1);
}

RECORDED ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    return write_bytes(fd, bytes, n, at);
}

RECORDED ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    return write_bytes(fd, bytes, n, at);
}

RECORDED ssize_t pwritev(int fd, const struct iovec *data, int count, off_t at)
{
    return write_recorded(fd, data, count, at);
}

RECORDED ssize_t pwritev64(int fd, const struct iovec *data, int count, off64_t at)
{
    return write_recorded(fd, data, count, at);
}

/* With the lock held: the size is what it is now. */
static void put_size(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0)
        put_name((struct event){.kind = TRUNCATE, .inode = st.st_ino, .a = (uint64_t)st.st_size},
            NULL, NULL);
}

RECORDED int ftruncate(int fd, off_t size)
{
    uint64_t inode;
    int rc;

    pthread_mutex_lock(&lock);
    rc = REAL(ftruncate)(fd, size);
    if (rc == 0 && ours(fd, &inode))
        put_size(fd);
    pthread_mutex_unlock(&lock);
    return rc;
}

RECORDED int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

/* Blocks alone are nothing that a cut of power could take; a longer file is. */
RECORDED int fallocate(int fd, int mode, off_t from, off_t n)
{
    uint64_t inode;
    int rc;

    pthread_mutex_lock(&lock);
    rc = REAL(fallocate)(fd, mode, from, n);
    if (rc == 0 && (mode & FALLOC_FL_KEEP_SIZE) == 0 && ours(fd, &inode))
        put_size(fd);
    pthread_mutex_unlock(&lock);
    return rc;
}

RECORDED int fallocate64(int fd, int mode, off64_t from, off64_t n)
{
    return fallocate(fd, mode, from, n);
}

static void put_map(void *address, int prot, int flags, int fd)
{
    char link[64], path[PATH_MAX];
    uint64_t inode;
    ssize_t n;

    if (address == MAP_FAILED || (flags & MAP_SHARED) == 0 || (prot & PROT_WRITE) == 0 || fd < 0 ||
        !ours(fd, &inode))
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = 0;
    pthread_mutex_lock(&lock);
    put_name((struct event){.kind = SHARED_MAP, .inode = inode}, part_of(path), NULL);
    pthread_mutex_unlock(&lock);
}

RECORDED void *mmap(void *address, size_t n, int prot, int flags, int fd, off_t at)
{
    void *mapped = (void *)syscall(SYS_mmap, address, n, prot, flags, fd, at);

    put_map(mapped, prot, flags, fd);
    return mapped;
}

RECORDED void *mmap64(void *address, size_t n, int prot, int flags, int fd, off64_t at)
{
    return mmap(address, n, prot, flags, fd, at);
}

/* ---- syncs ---- */

static int sync_recorded(int fd, int (*call)(int fd), bool everything)
{
    struct event event = {.kind = BEGIN_SYNC};
    int rc;

    if (everything ? log_fd < 0 : !ours(fd, &event.inode))
        return call(fd);
    pthread_mutex_lock(&lock);
    event.b = ++sync_count;
    die_if(put(event, NULL, NULL, NULL, 0));
    pthread_mutex_unlock(&lock);
    rc = call(fd);
    if (rc != 0)
        return rc;
    event.kind = END_SYNC;
    pthread_mutex_lock(&lock);
    die_if(put(event, NULL, NULL, NULL, 0));
    pthread_mutex_unlock(&lock);
    return 0;
}

RECORDED int fsync(int fd)
{
    return sync_recorded(fd, REAL(fsync), false);
}

RECORDED int fdatasync(int fd)
{
    return sync_recorded(fd, REAL(fdatasync), false);
}

RECORDED int syncfs(int fd)
{
    return sync_recorded(fd, REAL(syncfs), true);
}

/* ---- what leaves the process ---- */

RECORDED ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    bool sent = is_connection(fd);
    ssize_t n;

    if (!sent)
        return REAL(sendmsg)(fd, message, flags);
    pthread_mutex_lock(&lock);
    n = REAL(sendmsg)(fd, message, flags);
    if (n > 0)
        die_if(put((struct event){.kind = SENT, .a = (uint64_t)fd, .data_bytes = (uint64_t)n}, NULL,
            NULL, message->msg_iov, (int)message->msg_iovlen));
    pthread_mutex_unlock(&lock);
    return n;
}

RECORDED ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    struct iovec data = {(void *)(uintptr_t)bytes, n};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    return sendmsg(fd, &message, flags);
}

RECORDED ssize_t sendto(
    int fd, const void *bytes, size_t n, int flags, const struct sockaddr *to, socklen_t to_bytes)
{
    return to == NULL ? send(fd, bytes, n, flags) : REAL(sendto)(fd, bytes, n, flags, to, to_bytes);
}
