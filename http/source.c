#include "http/source.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/clock.h"
#ifdef HAVE_CURL
#include "http/client.h"
#endif

#define BUFFER_BYTES (256 * 1024)
#define TIMEOUT_MS_DEFAULT 30000
#define WHOLE_ANSWER_TIMEOUTS 4 /* a long answer that keeps coming may take so many */
#define PATIENCE_TIMEOUTS 3

/* What the clones of a source share. */
struct patience {
    pthread_mutex_t mutex;
    unsigned users; /* owned under mutex */
    uint64_t waited_ms; /* in vain, of all clones; owned under mutex */
    uint64_t waited_ms_max;
};

struct source {
    char *where;
    uint64_t timeout_ms;
    uint64_t size; /* entries that it says that it has; 0: not known */
    struct patience *patience;
    int folder; /* descriptor; -1 for a URL, or when the folder cannot be opened */
    int folder_errno;
#ifdef HAVE_CURL
    struct http_client *http; /* NULL for a folder */
#endif
};

struct source_stream {
    struct source *source;
    int fd; /* -1 for HTTP */
#ifdef HAVE_CURL
    struct http_stream *http;
#endif
    bool ended; /* the source has no more; what is buffered remains */
    size_t start, end;
    uint8_t bytes[BUFFER_BYTES];
};

_Static_assert(SOURCE_PIECE_BYTES_MAX < BUFFER_BYTES, "a piece fits in the buffer");

static int open_place(struct source *s, struct why *why)
{
    if (!source_is_url(s->where)) {
        s->folder = open(s->where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        s->folder_errno = errno;
        return 0;
    }
#ifdef HAVE_CURL
    struct http_options options = {
        s->timeout_ms, s->timeout_ms, WHOLE_ANSWER_TIMEOUTS * s->timeout_ms};

    return http_client_new(s->where, &options, &s->http, why);
#else
    why_set(why, "this program was built without libcurl: name a folder");
    return KEIIN_EUSAGE;
#endif
}

static int source_make(const char *where, uint64_t timeout_ms, struct patience *patience,
    struct source **out, struct why *why)
{
    struct source *s = calloc(1, sizeof *s);
    int err = KEIIN_ENOMEM;

    *out = NULL;
    if (s == NULL)
        return err;
    s->folder = -1;
    s->timeout_ms = timeout_ms;
    s->where = strdup(where);
    if (s->where != NULL)
        err = open_place(s, why);
    if (err != 0) {
        free(s->where);
        free(s);
        return err;
    }
    s->patience = patience;
    pthread_mutex_lock(&patience->mutex);
    patience->users++;
    pthread_mutex_unlock(&patience->mutex);
    *out = s;
    return 0;
}

int source_open(const char *where, uint64_t timeout_ms, struct source **out, struct why *why)
{
    struct patience *patience = calloc(1, sizeof *patience);
    int err;

    *out = NULL;
    if (patience == NULL)
        return KEIIN_ENOMEM;
    if (timeout_ms == 0)
        timeout_ms = TIMEOUT_MS_DEFAULT;
    pthread_mutex_init(&patience->mutex, NULL);
    patience->waited_ms_max = PATIENCE_TIMEOUTS * timeout_ms;
    err = source_make(where, timeout_ms, patience, out, why);
    if (err != 0) {
        pthread_mutex_destroy(&patience->mutex);
        free(patience);
    }
    return err;
}

int source_clone(const struct source *source, struct source **out, struct why *why)
{
    int err = source_make(source->where, source->timeout_ms, source->patience, out, why);

    if (err == 0)
        (*out)->size = source->size;
    return err;
}

void source_expect_size(struct source *source, uint64_t size)
{
    source->size = size;
}

uint64_t source_size(const struct source *source)
{
    return source->size;
}

void source_free(struct source *source)
{
    bool last;

    if (source == NULL)
        return;
    pthread_mutex_lock(&source->patience->mutex);
    last = --source->patience->users == 0;
    pthread_mutex_unlock(&source->patience->mutex);
    if (last) {
        pthread_mutex_destroy(&source->patience->mutex);
        free(source->patience);
    }
#ifdef HAVE_CURL
    http_client_free(source->http);
#endif
    if (source->folder >= 0)
        close(source->folder);
    free(source->where);
    free(source);
}

#ifdef HAVE_CURL
/* KEIIN_EUNREADABLE when the place has used up its readers' patience. */
static int check_patience(struct source *s, struct why *why)
{
    bool gone;

    pthread_mutex_lock(&s->patience->mutex);
    gone = s->patience->waited_ms > s->patience->waited_ms_max;
    pthread_mutex_unlock(&s->patience->mutex);
    if (!gone)
        return 0;
    why_set(why, "the source was too slow too often and is not asked any more");
    return KEIIN_EUNREADABLE;
}

static void waited(struct source *s, uint64_t since_ms, int err)
{
    if (err == 0 || err == KEIIN_EABSENT)
        return;
    pthread_mutex_lock(&s->patience->mutex);
    s->patience->waited_ms += system_clock.monotonic_ms(NULL) - since_ms;
    pthread_mutex_unlock(&s->patience->mutex);
}
#endif

/* Opens a regular file below the folder; a pipe or device there would make the reader wait. */
static int open_file(struct source *s, const char *path, int *fd, struct why *why)
{
    struct stat st;

    if (s->folder < 0) {
        why_set(why, "%s: %s", s->where, strerror(s->folder_errno));
        return s->folder_errno == ENOENT ? KEIIN_EABSENT : KEIIN_EUNREADABLE;
    }
    *fd = openat(s->folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0) {
        why_set(why, "%s/%s: %s", s->where, path, strerror(errno));
        return errno == ENOENT || errno == ENOTDIR ? KEIIN_EABSENT : KEIIN_EUNREADABLE;
    }
    if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        why_set(why, "%s/%s: not a regular file", s->where, path);
        close(*fd);
        *fd = -1;
        return KEIIN_EUNREADABLE;
    }
    return 0;
}

/* Reads until n bytes or the end of the file. */
static int read_some(int fd, uint8_t *bytes, size_t n, size_t *got, struct why *why)
{
    *got = 0;
    while (*got < n) {
        ssize_t r = read(fd, bytes + *got, n - *got);

        if (r == 0)
            return 0;
        if (r < 0 && errno != EINTR) {
            why_set(why, "read: %s", strerror(errno));
            return KEIIN_EUNREADABLE;
        }
        if (r > 0)
            *got += (size_t)r;
    }
    return 0;
}

static int get_file(struct source *s, const char *path, size_t bytes_max, struct buf *out,
    bool *longer, struct why *why)
{
    uint8_t piece[16 * 1024];
    int fd = -1, err = open_file(s, path, &fd, why);
    size_t got = sizeof piece;

    if (err != 0)
        return err;
    while (err == 0 && got == sizeof piece && !*longer) {
        err = read_some(fd, piece, sizeof piece, &got, why);
        if (err != 0)
            break;
        *longer = got > bytes_max - out->n;
        buf_put(out, piece, *longer ? bytes_max - out->n : got);
        err = buf_status(out);
    }
    close(fd);
    return err;
}

int source_get(struct source *source, const char *path, size_t bytes_max, struct buf *out,
    bool *longer, struct why *why)
{
    buf_clear(out);
    *longer = false;
#ifdef HAVE_CURL
    if (source->http != NULL) {
        uint64_t start_ms = system_clock.monotonic_ms(NULL);
        int err = check_patience(source, why);

        if (err != 0)
            return err;
        err = http_get(source->http, path, bytes_max, out, NULL, why);
        *longer = err == KEIIN_ELIMIT;
        if (*longer)
            err = 0;
        waited(source, start_ms, err);
        return err;
    }
#endif
    return get_file(source, path, bytes_max, out, longer, why);
}

int source_stream_open(
    struct source *source, const char *path, struct source_stream **out, struct why *why)
{
    struct source_stream *stream = malloc(sizeof *stream);
    int err;

    *out = NULL;
    if (stream == NULL)
        return KEIIN_ENOMEM;
    memset(stream, 0, offsetof(struct source_stream, bytes));
    stream->source = source;
    stream->fd = -1;
#ifdef HAVE_CURL
    if (source->http != NULL) {
        uint64_t start_ms = system_clock.monotonic_ms(NULL);

        err = check_patience(source, why);
        if (err == 0) {
            err = http_stream_open(source->http, path, &stream->http, why);
            waited(source, start_ms, err);
        }
    } else
#endif
        err = open_file(source, path, &stream->fd, why);
    if (err != 0) {
        free(stream);
        return err;
    }
    *out = stream;
    return 0;
}

/* Fills the buffer until it holds n bytes or the source ends. */
static int fill(struct source_stream *s, size_t n, struct why *why)
{
    while (s->end - s->start < n && !s->ended) {
        size_t room, got = 0;
        int err = 0;

        if (s->start > 0) {
            memmove(s->bytes, s->bytes + s->start, s->end - s->start);
            s->end -= s->start;
            s->start = 0;
        }
        room = sizeof s->bytes - s->end;
#ifdef HAVE_CURL
        if (s->http != NULL) {
            uint64_t start_ms = system_clock.monotonic_ms(NULL);

            err = http_stream_read(s->http, s->bytes + s->end, room, &got, why);
            waited(s->source, start_ms, err);
        } else
#endif
            err = read_some(s->fd, s->bytes + s->end, room, &got, why);
        if (err != 0)
            return err;
        s->end += got;
        s->ended = got < room;
    }
    return 0;
}

int source_stream_peek(struct source_stream *stream, size_t n, struct span *out, struct why *why)
{
    int err = fill(stream, n, why);

    if (err != 0)
        return err;
    *out = span_of(stream->bytes + stream->start,
        n < stream->end - stream->start ? n : stream->end - stream->start);
    return 0;
}

void source_stream_skip(struct source_stream *stream, size_t n)
{
    assert(n <= stream->end - stream->start);
    stream->start += n;
}

int source_stream_at_end(struct source_stream *stream, bool *at_end, struct why *why)
{
    int err = fill(stream, 1, why);

    *at_end = stream->end == stream->start;
    return err;
}

void source_stream_close(struct source_stream *stream)
{
    if (stream == NULL)
        return;
#ifdef HAVE_CURL
    http_stream_close(stream->http);
#endif
    if (stream->fd >= 0)
        close(stream->fd);
    free(stream);
}
