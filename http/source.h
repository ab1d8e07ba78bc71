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

/* Whether a place is a URL; else it is a folder. */
static inline bool source_is_url(const char *where)
{
    return strncmp(where, "http://", 7) == 0 || strncmp(where, "https://", 8) == 0;
}

/*
 * `where` is http(s)://... or a folder. `timeout_ms` (0: 30,000) bounds each
 * silence; a whole answer may take four times as long.
 * KEIIN_EUSAGE for a URL when the program was built without libcurl.
 */
int source_open(
    const char *where, uint64_t timeout_ms, struct source **out, struct why *why) KEIIN_MUST_USE;

/*
 * Says how many entries the source itself says that it has: where a tile is not there in the width
 * that is asked for, it is looked for in the width that it has then.
 */
void source_expect_size(struct source *source, uint64_t size);
/* 0: not known. */
uint64_t source_size(const struct source *source);

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
 * What there is of the next n bytes, fewer only at the end: KEIIN_EUNREADABLE when the file breaks.
 * They are valid until the next call and not taken: source_stream_skip takes of them what was
 * used. n is at most SOURCE_PIECE_BYTES_MAX, which is a record and its sealed part with their
 * lengths.
 */
#define SOURCE_PIECE_BYTES_MAX (2 * (2 + UINT16_MAX))
int source_stream_peek(
    struct source_stream *stream, size_t n, struct span *out, struct why *why) KEIIN_MUST_USE;
void source_stream_skip(struct source_stream *stream, size_t n);
/* Takes what there is of the next n bytes; fewer only at the end, none when nothing is left. */
static inline KEIIN_MUST_USE int source_stream_some(
    struct source_stream *stream, size_t n, struct span *out, struct why *why)
{
    int err = source_stream_peek(stream, n, out, why);

    if (err == 0)
        source_stream_skip(stream, out->n);
    return err;
}
/* Takes the next n bytes, no fewer: KEIIN_EABSENT when the file ends before. */
static inline KEIIN_MUST_USE int source_stream_take(
    struct source_stream *stream, size_t n, struct span *out, struct why *why)
{
    int err = source_stream_some(stream, n, out, why);

    if (err == 0 && out->n < n) {
        why_set(why, "the file is cut short");
        err = KEIIN_EABSENT;
    }
    return err;
}
/* Whether nothing is left; 0 or KEIIN_EUNREADABLE. */
int source_stream_at_end(
    struct source_stream *stream, bool *at_end, struct why *why) KEIIN_MUST_USE;
void source_stream_close(struct source_stream *stream);

#endif
