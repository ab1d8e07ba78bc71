/*
 * A SOURCE: a ledger as it is published, at a URL or in a folder (SPEC.md section 6). What
 * it gives is believed by nobody. A source belongs to one thread; source_clone makes
 * another for the same place. Every wait is bounded, and a source that kept its readers
 * waiting in vain for too long is given up for all its clones.
 */
#ifndef KEIIN_HTTP_SOURCE_H
#define KEIIN_HTTP_SOURCE_H

#include "core/bytes.h"

struct source;

/*
 * `where` is http(s)://... or a folder. `timeout_ms` (0: 30,000) bounds each
 * silence; a whole answer may take four times as long.
 * KEIIN_EUSAGE for a URL when the program was built without libcurl.
 */
int source_open(
    const char *where, uint64_t timeout_ms, struct source **out, struct why *why) KEIIN_MUST_USE;

/* Files that are at no place, but given by a function: a test has a ledger in memory. */
struct source_files {
    void *ctx;
    /* A file whole, malloc'd. KEIIN_EABSENT, KEIIN_EUNREADABLE, KEIIN_ENOMEM. */
    int (*read)(void *ctx, const char *path, uint8_t **bytes, size_t *n, struct why *why);
};
/* `files` must outlive the source and its clones, and be good for as many threads as they are. */
int source_open_files(
    const struct source_files *files, struct source **out, struct why *why) KEIIN_MUST_USE;

int source_clone(const struct source *source, struct source **out, struct why *why) KEIIN_MUST_USE;
void source_free(struct source *source);

/*
 * Reads a file whole into `out` (cleared first). When it has more than `bytes_max` bytes the
 * first bytes_max are given and *longer is true. KEIIN_EABSENT: 404 or no such file.
 * KEIIN_EUNREADABLE: anything else.
 */
int source_get(struct source *source, const char *path, size_t bytes_max, struct buf *out,
    bool *longer, struct why *why) KEIIN_MUST_USE;

/* A file in pieces; one at a time on a source, and no source_get while it is open. */
struct source_stream;
int source_stream_open(struct source *source, const char *path, struct source_stream **out,
    struct why *why) KEIIN_MUST_USE;
/*
 * The next n bytes, no fewer: KEIIN_EABSENT when the file ends before, KEIIN_EUNREADABLE when it
 * breaks. The bytes are valid until the next call; n is at most SOURCE_PIECE_BYTES_MAX, which
 * is a record and its sealed part with their lengths.
 */
#define SOURCE_PIECE_BYTES_MAX (2 * (2 + UINT16_MAX))
int source_stream_take(struct source_stream *stream, size_t n, struct span *out, struct why *why)
    KEIIN_MUST_USE;
/* What there is of the next n bytes; fewer only at the end, none when nothing is left. */
int source_stream_some(struct source_stream *stream, size_t n, struct span *out, struct why *why)
    KEIIN_MUST_USE;
/* The same, but the bytes are not taken: source_stream_skip takes of them what was used. */
int source_stream_peek(struct source_stream *stream, size_t n, struct span *out, struct why *why)
    KEIIN_MUST_USE;
void source_stream_skip(struct source_stream *stream, size_t n);
/* Whether nothing is left; 0 or KEIIN_EUNREADABLE. */
int source_stream_at_end(
    struct source_stream *stream, bool *at_end, struct why *why) KEIIN_MUST_USE;
void source_stream_close(struct source_stream *stream);

/*
 * A hash tile, an entry bundle or a records bundle, of a tree in which it has `width`
 * hashes or entries. The partial one that is not there is sought as the full one, and
 * *full says so: then only the first `width` are meant.
 */
struct tile; /* core/tile.h */
int source_get_tile(struct source *source, const struct tile *tile, size_t bytes_max,
    struct buf *out, bool *longer, bool *full, struct why *why) KEIIN_MUST_USE;
int source_stream_open_tile(struct source *source, const struct tile *tile,
    struct source_stream **out, bool *full, struct why *why) KEIIN_MUST_USE;

#endif
