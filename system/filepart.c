#include "system/filepart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/file.h"

static int failed(const char *path, int e, struct why *why)
{
    if (e == ENOMEM)
        return KEIIN_ENOMEM;
    if (e == EEXIST) {
        file_why(why, path, "is there already and is not overwritten");
        return KEIIN_EEXIST;
    }
    if (e == EWOULDBLOCK) {
        file_why(why, path, "is in use by another process");
        return KEIIN_EBUSY;
    }
    file_why(why, path, e == ENOENT ? "its folder is not there" : strerror(e));
    return e == ENOSPC || e == EDQUOT ? KEIIN_EFULL : KEIIN_EIO;
}

static void forget(struct filepart *p)
{
    if (p->stream != NULL && p->beside != NULL)
        fclose(p->stream);
    free(p->path);
    free(p->beside);
    *p = (struct filepart){0};
}

/* The file beside, empty and locked. Returns 0 or an errno. */
static int open_beside(const char *beside, int *out)
{
    struct stat st, there;
    int fd = open(beside, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600), e = 0;

    if (fd < 0)
        return errno;
    if (fstat(fd, &st) != 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
        e = errno;
    else if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
        e = EPERM;
    /* Whoever held the lock has renamed the file meanwhile: then this is not it. */
    else if (lstat(beside, &there) != 0 || there.st_ino != st.st_ino || there.st_dev != st.st_dev)
        e = EWOULDBLOCK;
    if (e == 0 && (fchmod(fd, st.st_mode & 0600) != 0 || ftruncate(fd, 0) != 0))
        e = errno;
    if (e != 0)
        close(fd);
    else
        *out = fd;
    return e;
}

int filepart_open(struct filepart *p, const char *path, struct why *why)
{
    struct stat st;
    int fd = -1, e = 0;

    *p = (struct filepart){.stream = stdout};
    if (path == NULL)
        return 0;
    *p = (struct filepart){.path = strdup(path)};
    if (p->path == NULL || asprintf(&p->beside, "%s.part", path) < 0) {
        p->beside = NULL;
        forget(p);
        return KEIIN_ENOMEM;
    }
    if (lstat(path, &st) == 0)
        e = EEXIST;
    if (e == 0)
        e = open_beside(p->beside, &fd);
    if (e == 0) {
        p->stream = fdopen(fd, "w");
        e = p->stream == NULL ? errno : 0;
    }
    if (e == 0)
        return 0;
    if (fd >= 0)
        close(fd);
    forget(p);
    return failed(path, e, why);
}

/* Returns 0 or an errno. */
static int sync_stream(FILE *stream)
{
    return fflush(stream) != 0 || ferror(stream) || fsync(fileno(stream)) != 0
               ? (errno != 0 ? errno : EIO)
               : 0;
}

static int finish_output(struct filepart *p, struct why *why)
{
    int err = fflush(p->stream) != 0 || ferror(p->stream)
                  ? failed("standard output", errno != 0 ? errno : EIO, why)
                  : 0;

    forget(p);
    return err;
}

int filepart_finish(struct filepart *p, struct why *why)
{
    int err, e;

    if (p->beside == NULL)
        return finish_output(p, why);
    e = sync_stream(p->stream);

    /* Nothing is replaced; a file system that cannot promise this gives the name by a link. */
    if (e == 0 && renameat2(AT_FDCWD, p->beside, AT_FDCWD, p->path, RENAME_NOREPLACE) != 0)
        e = errno;
    if (e == EINVAL || e == ENOSYS) {
        e = link(p->beside, p->path) != 0 ? errno : 0;
        if (e == 0 && unlink(p->beside) != 0)
            e = errno;
    }
    err = e != 0 ? failed(p->path, e, why) : file_sync_name(p->path, why);
    forget(p);
    return err;
}

int filepart_leave(struct filepart *p, struct why *why)
{
    int e, err;

    if (p->beside == NULL)
        return finish_output(p, why);
    e = sync_stream(p->stream);
    err = e != 0 ? failed(p->beside, e, why) : 0;
    forget(p);
    return err;
}

void filepart_drop(struct filepart *p)
{
    if (p->stream != NULL && p->beside != NULL)
        unlink(p->beside);
    forget(p);
}
