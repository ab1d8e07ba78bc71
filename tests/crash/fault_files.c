/* The calls for files and folders. Each is made by its number, past whoever else stands in. */
#include "tests/crash/fault.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* A call that returns -1 with errno: `real` is made unless it is refused. */
#define CALL(type, name, call, parameters, real)                                                   \
    FAULT_EXPORT type name parameters                                                              \
    {                                                                                              \
        enum fault_mode mode = fault_at(call, FAULT_CALLER);                                       \
        type result = mode == FAULT_REFUSE ? (type)-1 : (type)(real);                              \
                                                                                                   \
        return mode == FAULT_NONE || mode == FAULT_SHORT ? result : (type)fault_fail();            \
    }

int __open64_2(const char *path, int flags);
int __fxstat(int version, int fd, struct stat *st);

static int stat_at(int folder, const char *path, struct stat *st, int flags)
{
    return (int)syscall(SYS_newfstatat, folder, path, st, flags);
}

static int open_at(const void *caller, const char *path, int flags, mode_t rights)
{
    enum fault_mode mode =
        fault_at((flags & (O_CREAT | O_TMPFILE)) != 0 && (flags & O_DIRECTORY) == 0 ? CALL_CREATE
                                                                                    : CALL_OPEN,
            caller);
    int fd;

    if (mode == FAULT_REFUSE)
        return fault_fail();
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, rights);
    if (mode == FAULT_NONE)
        return fd;
    if (fd >= 0)
        syscall(SYS_close, fd);
    return fault_fail();
}

static mode_t rights_of(int flags, va_list args)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

FAULT_EXPORT int open(const char *path, int flags, ...)
{
    const void *caller = FAULT_CALLER;
    va_list args;
    mode_t rights;

    va_start(args, flags);
    rights = rights_of(flags, args);
    va_end(args);
    return open_at(caller, path, flags, rights);
}

FAULT_EXPORT int open64(const char *path, int flags, ...)
{
    const void *caller = FAULT_CALLER;
    va_list args;
    mode_t rights;

    va_start(args, flags);
    rights = rights_of(flags, args);
    va_end(args);
    return open_at(caller, path, flags, rights);
}

FAULT_EXPORT int __open64_2(const char *path, int flags)
{
    return open_at(FAULT_CALLER, path, flags, 0);
}

FAULT_EXPORT int mkostemp(char *path, int flags)
{
    int (*real)(char *, int) = (int (*)(char *, int))dlsym(RTLD_NEXT, "mkostemp");
    enum fault_mode mode = fault_at(CALL_CREATE, FAULT_CALLER);
    int fd = mode == FAULT_REFUSE ? -1 : real(path, flags);

    if (mode == FAULT_NONE)
        return fd;
    if (fd >= 0)
        syscall(SYS_close, fd);
    return fault_fail();
}

CALL(int, close, CALL_CLOSE, (int fd), syscall(SYS_close, fd))
CALL(int, fsync, CALL_FSYNC, (int fd), syscall(SYS_fsync, fd))
CALL(int, fdatasync, CALL_FDATASYNC, (int fd), syscall(SYS_fdatasync, fd))
CALL(int, msync, CALL_MSYNC, (void *at, size_t n, int flags), syscall(SYS_msync, at, n, flags))
CALL(int, ftruncate, CALL_FTRUNCATE, (int fd, off_t n), syscall(SYS_ftruncate, fd, n))
CALL(int, ftruncate64, CALL_FTRUNCATE, (int fd, off64_t n), syscall(SYS_ftruncate, fd, n))
CALL(int, fallocate, CALL_FALLOCATE, (int fd, int mode_, off_t from, off_t n),
    syscall(SYS_fallocate, fd, mode_, from, n))
CALL(int, fallocate64, CALL_FALLOCATE, (int fd, int mode_, off64_t from, off64_t n),
    syscall(SYS_fallocate, fd, mode_, from, n))
CALL(off_t, lseek, CALL_LSEEK, (int fd, off_t at, int whence), syscall(SYS_lseek, fd, at, whence))
CALL(off64_t, lseek64, CALL_LSEEK, (int fd, off64_t at, int whence),
    syscall(SYS_lseek, fd, at, whence))
CALL(int, rename, CALL_RENAME, (const char *from, const char *to),
    syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0))
CALL(int, link, CALL_LINK, (const char *from, const char *to),
    syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0))
CALL(int, unlink, CALL_UNLINK, (const char *path), syscall(SYS_unlinkat, AT_FDCWD, path, 0))
CALL(int, mkdir, CALL_MKDIR, (const char *path, mode_t rights),
    syscall(SYS_mkdirat, AT_FDCWD, path, rights))
CALL(int, chmod, CALL_CHMOD, (const char *path, mode_t rights),
    syscall(SYS_fchmodat, AT_FDCWD, path, rights))
CALL(int, fchmod, CALL_CHMOD, (int fd, mode_t rights), syscall(SYS_fchmod, fd, rights))
CALL(int, access, CALL_ACCESS, (const char *path, int rights),
    syscall(SYS_faccessat, AT_FDCWD, path, rights))
CALL(int, stat, CALL_STAT, (const char *path, struct stat *st), stat_at(AT_FDCWD, path, st, 0))
CALL(int, stat64, CALL_STAT, (const char *path, struct stat64 *st),
    stat_at(AT_FDCWD, path, (struct stat *)st, 0))
CALL(int, lstat, CALL_STAT, (const char *path, struct stat *st),
    stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW))
CALL(int, lstat64, CALL_STAT, (const char *path, struct stat64 *st),
    stat_at(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW))
CALL(int, fstat, CALL_STAT, (int fd, struct stat *st), stat_at(fd, "", st, AT_EMPTY_PATH))
CALL(int, fstat64, CALL_STAT, (int fd, struct stat64 *st),
    stat_at(fd, "", (struct stat *)st, AT_EMPTY_PATH))
CALL(int, __fxstat, CALL_STAT, (int version, int fd, struct stat *st),
    ((void)version, stat_at(fd, "", st, AT_EMPTY_PATH)))
CALL(int, fstatvfs, CALL_STAT, (int fd, struct statvfs *st),
    ((int (*)(int, struct statvfs *))dlsym(RTLD_NEXT, "fstatvfs"))(fd, st))
CALL(int, flock, CALL_FLOCK, (int fd, int what), syscall(SYS_flock, fd, what))
CALL(int, dup, CALL_DUP, (int fd), syscall(SYS_dup, fd))
CALL(int, pipe, CALL_PIPE, (int fds[2]), syscall(SYS_pipe2, fds, 0))
CALL(int, pipe2, CALL_PIPE, (int fds[2], int flags), syscall(SYS_pipe2, fds, flags))
CALL(int, setrlimit, CALL_RLIMIT, (__rlimit_resource_t what, const struct rlimit *limit),
    syscall(SYS_prlimit64, 0, what, limit, NULL))
CALL(int, getrlimit, CALL_RLIMIT, (__rlimit_resource_t what, struct rlimit *limit),
    syscall(SYS_prlimit64, 0, what, NULL, limit))

FAULT_EXPORT int fcntl(int fd, int what, ...)
{
    enum fault_mode mode = fault_at(CALL_FCNTL, FAULT_CALLER);
    va_list args;
    void *argument;

    va_start(args, what);
    argument = va_arg(args, void *);
    va_end(args);
    return mode != FAULT_NONE ? fault_fail() : (int)syscall(SYS_fcntl, fd, what, argument);
}

FAULT_EXPORT int fcntl64(int fd, int what, ...)
{
    enum fault_mode mode = fault_at(CALL_FCNTL, FAULT_CALLER);
    va_list args;
    void *argument;

    va_start(args, what);
    argument = va_arg(args, void *);
    va_end(args);
    return mode != FAULT_NONE ? fault_fail() : (int)syscall(SYS_fcntl, fd, what, argument);
}

FAULT_EXPORT int ioctl(int fd, unsigned long what, ...)
{
    enum fault_mode mode = fault_at(CALL_IOCTL, FAULT_CALLER);
    va_list args;
    void *argument;

    va_start(args, what);
    argument = va_arg(args, void *);
    va_end(args);
    return mode != FAULT_NONE ? fault_fail() : (int)syscall(SYS_ioctl, fd, what, argument);
}

FAULT_EXPORT char *realpath(const char *path, char *out)
{
    char *(*real)(const char *, char *) =
        (char *(*)(const char *, char *))dlsym(RTLD_NEXT, "realpath");

    if (fault_at(CALL_REALPATH, FAULT_CALLER) == FAULT_NONE)
        return real(path, out);
    (void)fault_fail();
    return NULL;
}

FAULT_EXPORT DIR *opendir(const char *path)
{
    DIR *(*real)(const char *) = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");

    if (fault_at(CALL_OPENDIR, FAULT_CALLER) == FAULT_NONE)
        return real(path);
    (void)fault_fail();
    return NULL;
}

FAULT_EXPORT struct dirent *readdir(DIR *folder)
{
    struct dirent *(*real)(DIR *) = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");

    if (fault_at(CALL_READDIR, FAULT_CALLER) == FAULT_NONE)
        return real(folder);
    (void)fault_fail();
    return NULL;
}

/* Streams: what the C library calls inside of them is its own, so they fail as a whole. */

#define STREAM_OPEN(name)                                                                          \
    FAULT_EXPORT FILE *name(const char *path, const char *how)                                     \
    {                                                                                              \
        FILE *(*real)(const char *, const char *) =                                                \
            (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, #name);                      \
                                                                                                   \
        if (fault_at(CALL_FOPEN, FAULT_CALLER) == FAULT_NONE)                                      \
            return real(path, how);                                                                \
        (void)fault_fail();                                                                        \
        return NULL;                                                                               \
    }
STREAM_OPEN(fopen)
STREAM_OPEN(fopen64)

static void stream_failed(FILE *stream)
{
    stream->_flags |= 0x20; /* what ferror() looks at */
    (void)fault_fail();
}

FAULT_EXPORT char *fgets(char *to, int n, FILE *from)
{
    char *(*real)(char *, int, FILE *) = (char *(*)(char *, int, FILE *))dlsym(RTLD_NEXT, "fgets");

    if (fault_at(CALL_FGETS, FAULT_CALLER) == FAULT_NONE)
        return real(to, n, from);
    stream_failed(from);
    return NULL;
}

int __uflow(FILE *from);
FAULT_EXPORT int __uflow(FILE *from)
{
    int (*real)(FILE *) = (int (*)(FILE *))dlsym(RTLD_NEXT, "__uflow");

    if (fault_at(CALL_FGETC, FAULT_CALLER) == FAULT_NONE)
        return real(from);
    stream_failed(from);
    return EOF;
}

FAULT_EXPORT int fflush(FILE *stream)
{
    int (*real)(FILE *) = (int (*)(FILE *))dlsym(RTLD_NEXT, "fflush");
    enum fault_mode mode = fault_at(CALL_FFLUSH, FAULT_CALLER);
    int result = mode == FAULT_REFUSE ? EOF : real(stream);

    if (mode == FAULT_NONE)
        return result;
    stream_failed(stream == NULL ? stdout : stream);
    return EOF;
}

FAULT_EXPORT int fclose(FILE *stream)
{
    int (*real)(FILE *) = (int (*)(FILE *))dlsym(RTLD_NEXT, "fclose");
    enum fault_mode mode = fault_at(CALL_FCLOSE, FAULT_CALLER);
    int result = real(stream);

    return mode == FAULT_NONE ? result : fault_fail();
}

FAULT_EXPORT int fseek(FILE *stream, long at, int whence)
{
    int (*real)(FILE *, long, int) = (int (*)(FILE *, long, int))dlsym(RTLD_NEXT, "fseek");

    return fault_at(CALL_FSEEK, FAULT_CALLER) == FAULT_NONE ? real(stream, at, whence)
                                                            : fault_fail();
}
