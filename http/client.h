/*
 * HTTP client over libcurl: http and https, no redirects followed, no content coding asked
 * for, every wait bounded. One client belongs to one thread at a time and keeps its
 * connection.
 */
#ifndef KEIIN_HTTP_CLIENT_H
#define KEIIN_HTTP_CLIENT_H

#include "core/bytes.h"

struct http_client;

struct http_options {
    uint64_t connect_timeout_ms; /* 0: 10,000 */
    uint64_t stall_timeout_ms;   /* no byte for so long: KEIIN_EUNREADABLE; 0: 30,000 */
    uint64_t total_timeout_ms;   /* one request, whole; 0: 120,000 */
};

/*
 * `prefix` is "http(s)://host[:port][/prefix]", with or without a last slash. NULL options
 * are the defaults. KEIIN_EUSAGE for another URL, KEIIN_ENOMEM.
 */
int http_client_new(const char *prefix, const struct http_options *options,
    struct http_client **out, struct why *why) KEIIN_MUST_USE;
void http_client_free(struct http_client *client);

/* What came back. */
struct http_answer {
    unsigned status;        /* HTTP status; 0 when there was no answer */
    uint64_t retry_after_s; /* of Retry-After in seconds; 0 when absent */
};

/*
 * GET prefix/path. A body of status 200 is appended to `body`, at most `bytes_max` bytes of it:
 * KEIIN_ELIMIT when there is more. 0 for 200; KEIIN_EABSENT for 404; KEIIN_EUNREADABLE for any
 * other status, for a content coding and for every failure of the network. `answer` may be NULL.
 */
int http_get(struct http_client *client, const char *path, size_t bytes_max, struct buf *body,
    struct http_answer *answer, struct why *why) KEIIN_MUST_USE;

/*
 * POST prefix/path. 0 when there was an answer of any status, its body (at most `bytes_max`)
 * in `answer_body`; KEIIN_EUNKNOWN when there was none, or it was cut: the request may have
 * been carried out. KEIIN_EUNREADABLE when no connection was made: it was not.
 */
int http_post(struct http_client *client, const char *path, const char *content_type,
    struct span body, size_t bytes_max, struct buf *answer_body, struct http_answer *answer,
    struct why *why) KEIIN_MUST_USE;

/*
 * GET as a stream that the caller pulls: memory stays at one small buffer whatever the
 * length. One stream at a time on a client, and no other request while it is open.
 */
struct http_stream;
/* As http_get for its results, once the status is known. */
int http_stream_open(struct http_client *client, const char *path, struct http_stream **out,
    struct why *why) KEIIN_MUST_USE;
/*
 * Up to n bytes; *got is less than n only at the end. KEIIN_EUNREADABLE when the transfer
 * breaks, stalls, or ends before the Content-Length that was promised.
 */
int http_stream_read(struct http_stream *stream, uint8_t *bytes, size_t n, size_t *got,
    struct why *why) KEIIN_MUST_USE;
void http_stream_close(struct http_stream *stream);

#endif
