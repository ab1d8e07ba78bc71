#include "auditlog/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/pgstatement.h"
#include "core/text.h"
#include "system/file.h"

static int failed(const char *path, struct why *why)
{
    int e = errno;

    why_set(why, "%.300s: %s", path, strerror(e));
    return e == ENOENT ? KEIIN_EABSENT : e == ENOSPC ? KEIIN_EFULL : KEIIN_EUNREADABLE;
}

/* A file without a name: a log holds what must not lie about. */
static int open_nameless(int *fd, struct why *why)
{
    const char *folder = getenv("TMPDIR");
    char *path = NULL;

    if (folder == NULL || folder[0] != '/')
        folder = "/tmp";
    *fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return 0;
    if (asprintf(&path, "%s/keiin-XXXXXX", folder) < 0)
        return KEIIN_ENOMEM;
    *fd = mkostemp(path, O_CLOEXEC);
    if (*fd >= 0)
        unlink(path);
    free(path);
    return *fd >= 0 ? 0 : failed(folder, why);
}

static int write_all(int fd, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);

        if (put < 0 && errno != EINTR)
            return -1;
        if (put > 0) {
            bytes += put;
            n -= (size_t)put;
        }
    }
    return 0;
}

static int spool(int from, const char *name, int *fd, struct why *why)
{
    uint8_t chunk[65536];
    int err = open_nameless(fd, why);

    while (err == 0) {
        ssize_t got = read(from, chunk, sizeof chunk);

        if (got == 0)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err = failed(name, why);
        else if (write_all(*fd, chunk, (size_t)got) != 0)
            err = failed("the temporary copy of the log", why);
    }
    return err;
}

int logfile_open(struct logfile *log, const char *path, struct why *why)
{
    bool standard = strcmp(path, "-") == 0;
    int from = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    int err = 0;

    *log = (struct logfile){.fd = -1, .end = INT64_MAX};
    if (from < 0)
        return failed(path, why);
    if (fstat(from, &st) != 0) {
        err = failed(standard ? "standard input" : path, why);
    } else if (S_ISREG(st.st_mode) && !standard) {
        log->fd = from;
        return 0;
    } else if (S_ISDIR(st.st_mode)) {
        why_set(why, "%.300s: is a folder; name one log file", path);
        err = KEIIN_EUSAGE;
    } else {
        err = spool(from, standard ? "standard input" : path, &log->fd, why);
    }
    if (!standard)
        close(from);
    return err;
}

void logfile_close(struct logfile *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

void logfile_rewind(struct logfile *log, uint64_t end, struct why *why)
{
    log->at = 0;
    log->end = end;
    log->why = why;
}

int logfile_read(void *ctx, uint8_t *bytes, size_t n, size_t *got)
{
    struct logfile *log = ctx;

    *got = 0;
    if (n > log->end - log->at)
        n = (size_t)(log->end - log->at);
    while (*got < n) {
        ssize_t part = pread(log->fd, bytes + *got, n - *got, (off_t)log->at);

        if (part == 0)
            return 0;
        if (part < 0 && errno != EINTR) {
            why_set(log->why, "the log: %s", strerror(errno));
            return KEIIN_EUNREADABLE;
        }
        if (part > 0) {
            *got += (size_t)part;
            log->at += (uint64_t)part;
        }
    }
    return 0;
}

int logfile_digest_key(const char *path, uint8_t **out, struct why *why)
{
    uint8_t *bytes = sodium_malloc(96), *key = sodium_malloc(PG_DIGEST_BYTES);
    size_t n = 0;
    int err = bytes == NULL || key == NULL ? KEIIN_ENOMEM : 0;

    *out = NULL;
    if (err == 0)
        err = file_read_into(path, bytes, 96, &n, why);
    if (err == 0 && n == 2 * PG_DIGEST_BYTES + 1 && bytes[n - 1] == '\n')
        n--;
    if (err == 0 && n == PG_DIGEST_BYTES) {
        memcpy(key, bytes, n);
    } else if (err == 0 && !hex_decode(key, PG_DIGEST_BYTES, span_of(bytes, n))) {
        why_set(why,
            "%.200s: a digest key is 32 bytes, or 64 hex digits in lower case; make one "
            "with: head -c 32 /dev/urandom > FILE",
            path);
        err = KEIIN_EUSAGE;
    }
    sodium_free(bytes);
    if (err != 0) {
        sodium_free(key);
        return err;
    }
    *out = key;
    return 0;
}
