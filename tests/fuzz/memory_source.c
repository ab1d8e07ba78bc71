#include "tests/fuzz/memory_source.h"

#include <assert.h>
#include <stdlib.h>

struct source {
    memory_source_fn *file;
    void *ctx;
};

/* Each piece that is given stands in a block of its own, so that reads beyond it are seen. */
struct source_stream {
    struct buf file;
    size_t taken;
    uint8_t *block;
    size_t piece_bytes;
};

static struct source only;

void memory_source_set(memory_source_fn *file, void *ctx)
{
    only = (struct source){file, ctx};
}

struct source *memory_source(void)
{
    return &only;
}

int source_open(const char *where, uint64_t timeout_ms, struct source **out, struct why *why)
{
    (void)timeout_ms;
    *out = NULL;
    why_set(why, "%s: this program reads from memory alone", where);
    return KEIIN_EUSAGE;
}

int source_clone(const struct source *source, struct source **out, struct why *why)
{
    (void)source;
    (void)why;
    *out = &only;
    return 0;
}

void source_free(struct source *source)
{
    (void)source;
}

/* Its files are what they are: no width but the one asked for and the full one is looked for. */
void source_expect_size(struct source *source, uint64_t size)
{
    (void)source;
    (void)size;
}

uint64_t source_size(const struct source *source)
{
    (void)source;
    return 0;
}

static int read_file(struct source *source, const char *path, struct buf *file, struct why *why)
{
    int err;

    buf_init(file, SIZE_MAX / 2);
    err = source->file(source->ctx, path, file);
    if (err == 0)
        err = buf_status(file);
    if (err != 0) {
        why_set(why, "%s: %s", path, keiin_err_text(err));
        buf_destroy(file);
    }
    return err;
}

int source_get(struct source *source, const char *path, size_t bytes_max, struct buf *out,
    bool *longer, struct why *why)
{
    struct buf file;
    int err = read_file(source, path, &file, why);

    buf_clear(out);
    *longer = false;
    if (err != 0)
        return err;
    *longer = file.n > bytes_max;
    buf_put(out, file.p, *longer ? bytes_max : file.n);
    buf_destroy(&file);
    return buf_status(out);
}

int source_stream_open(
    struct source *source, const char *path, struct source_stream **out, struct why *why)
{
    struct source_stream *stream = calloc(1, sizeof *stream);
    int err = stream == NULL ? KEIIN_ENOMEM : read_file(source, path, &stream->file, why);

    *out = NULL;
    if (err == 0)
        *out = stream;
    else
        free(stream);
    return err;
}

int source_stream_peek(struct source_stream *stream, size_t n, struct span *out, struct why *why)
{
    size_t left = stream->file.n - stream->taken;

    (void)why;
    assert(n <= SOURCE_PIECE_BYTES_MAX);
    free(stream->block);
    stream->piece_bytes = n < left ? n : left;
    stream->block = malloc(stream->piece_bytes == 0 ? 1 : stream->piece_bytes);
    if (stream->block == NULL)
        return KEIIN_ENOMEM;
    if (stream->piece_bytes > 0)
        memcpy(stream->block, stream->file.p + stream->taken, stream->piece_bytes);
    /* Of an empty piece even the first byte is none of it. */
    *out = span_of(stream->block + (stream->piece_bytes == 0), stream->piece_bytes);
    return 0;
}

void source_stream_skip(struct source_stream *stream, size_t n)
{
    assert(n <= stream->piece_bytes);
    stream->taken += n;
}

int source_stream_at_end(struct source_stream *stream, bool *at_end, struct why *why)
{
    (void)why;
    *at_end = stream->taken == stream->file.n;
    return 0;
}

void source_stream_close(struct source_stream *stream)
{
    if (stream == NULL)
        return;
    buf_destroy(&stream->file);
    free(stream->block);
    free(stream);
}
