#include "tests/fuzz/memory_source.h"

#include <stdlib.h>

#include "core/tile.h"
#include "tests/fuzz/fuzz.h"

struct source {
    memory_source_fn *file;
    void *ctx;
};

/* Each piece that is given stands in a block of its own, so that reads beyond it are seen. */
struct source_stream {
    struct span left;
    struct span piece;
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

int source_get(struct source *source, const char *path, size_t bytes_max, struct buf *out,
    bool *longer, struct why *why)
{
    struct span file;
    int err = source->file(source->ctx, path, &file);

    buf_clear(out);
    if (err != 0) {
        why_set(why, "%s: %s", path, keiin_err_text(err));
        return err;
    }
    *longer = file.n > bytes_max;
    buf_put(out, file.p, *longer ? bytes_max : file.n);
    return buf_status(out);
}

int source_stream_open(
    struct source *source, const char *path, struct source_stream **out, struct why *why)
{
    struct span file;
    int err = source->file(source->ctx, path, &file);

    *out = NULL;
    if (err != 0) {
        why_set(why, "%s: %s", path, keiin_err_text(err));
        return err;
    }
    *out = calloc(1, sizeof **out);
    FUZZ_CHECK(*out != NULL);
    (*out)->left = file;
    return 0;
}

static void drop_piece(struct source_stream *stream)
{
    if (stream->piece.p != NULL)
        free((uint8_t *)(uintptr_t)stream->piece.p - (stream->piece.n == 0));
    stream->piece = span_of(NULL, 0);
}

int source_stream_peek(struct source_stream *stream, size_t n, struct span *out, struct why *why)
{
    (void)why;
    FUZZ_CHECK(n <= SOURCE_PIECE_BYTES_MAX);
    drop_piece(stream);
    stream->piece = fuzz_copy(span_of(stream->left.p, n < stream->left.n ? n : stream->left.n));
    *out = stream->piece;
    return 0;
}

void source_stream_skip(struct source_stream *stream, size_t n)
{
    FUZZ_CHECK(n <= stream->piece.n);
    stream->left = span_of(stream->left.p + n, stream->left.n - n);
}

int source_stream_some(struct source_stream *stream, size_t n, struct span *out, struct why *why)
{
    int err = source_stream_peek(stream, n, out, why);

    source_stream_skip(stream, out->n);
    return err;
}

int source_stream_take(struct source_stream *stream, size_t n, struct span *out, struct why *why)
{
    int err = source_stream_some(stream, n, out, why);

    if (err == 0 && out->n < n) {
        why_set(why, "the file is cut short");
        err = KEIIN_EABSENT;
    }
    return err;
}

int source_stream_at_end(struct source_stream *stream, bool *at_end, struct why *why)
{
    (void)why;
    *at_end = stream->left.n == 0;
    return 0;
}

void source_stream_close(struct source_stream *stream)
{
    if (stream == NULL)
        return;
    drop_piece(stream);
    free(stream);
}

/* The partial one, or else the full one. */
static int find_tile(
    struct source *source, const struct tile *tile, char path[TILE_PATH_BYTES], bool *full)
{
    struct tile sought = *tile;
    struct span file;
    int err;

    tile_path(path, sought);
    err = source->file(source->ctx, path, &file);
    *full = err == KEIIN_EABSENT && tile->width < TILE_WIDTH;
    if (!*full)
        return err;
    sought.width = TILE_WIDTH;
    tile_path(path, sought);
    return 0;
}

int source_get_tile(struct source *source, const struct tile *tile, size_t bytes_max,
    struct buf *out, bool *longer, bool *full, struct why *why)
{
    char path[TILE_PATH_BYTES];

    (void)find_tile(source, tile, path, full);
    return source_get(source, path, bytes_max, out, longer, why);
}

int source_stream_open_tile(struct source *source, const struct tile *tile,
    struct source_stream **out, bool *full, struct why *why)
{
    char path[TILE_PATH_BYTES];

    (void)find_tile(source, tile, path, full);
    return source_stream_open(source, path, out, why);
}
