/*
 * HTTP/1.1 server: libmicrohttpd, its epoll descriptor in a libuv loop. Everything here
 * belongs to the loop's thread. Bounded: connections, memory of each, time for headers
 * and for a body, slowness of both sides. When places or descriptors run out, the connection
 * that can be spared first is closed (http/connections.h). No TLS, no content coding.
 *
 * A request goes: begin (headers are there), body (a piece at a time), complete (whole),
 * closed (the last call, after the answer went out or the client went away). Somewhere
 * from begin on it is answered once with http_reply, at once or later: a complete
 * request that has no answer yet waits, costs nothing, and is not closed before it.
 */
#ifndef KEIIN_HTTP_SERVER_H
#define KEIIN_HTTP_SERVER_H

#include <uv.h>

#include "core/bytes.h"

struct http_server;
struct http_request;

struct http_handler {
    void *ctx;
    /* May answer at once; a body that is still to come is then not read. */
    void (*begin)(void *ctx, struct http_request *request);
    /* Not called once the request is answered. */
    void (*body)(void *ctx, struct http_request *request, struct span piece);
    void (*complete)(void *ctx, struct http_request *request);
    /* Frees what http_request_set put there. */
    void (*closed)(void *ctx, struct http_request *request);
};

struct http_server_options {
    const char *listen; /* "127.0.0.1:7380", "[::1]:0"; loopback only */
    unsigned connections_max; /* one more, and the one that can be spared first is closed */
    unsigned backlog;
    unsigned idle_timeout_s; /* no byte either way */
    unsigned request_timeout_s; /* for the headers, and for the body, each whole */
    uint64_t rate_bytes_min; /* a second, of a body or an answer; not 0 */
    size_t connection_memory_bytes; /* headers and read buffer */
};

/*
 * Listens and serves from then on. KEIIN_EUSAGE for an address that is none or not loopback,
 * KEIIN_EBUSY when it is in use, KEIIN_ENOMEM, KEIIN_EIO. `handler` is copied.
 */
int http_server_new(uv_loop_t *loop, const struct http_server_options *options,
    const struct http_handler *handler, struct http_server **out, struct why *why) KEIIN_MUST_USE;
/* Whether a listen address is well formed and of this machine alone; the reason in `why`. */
int http_listen_check(const char *listen, struct why *why) KEIIN_MUST_USE;
/* "127.0.0.1:41235", with the port that the kernel gave; lives as long as the server. */
const char *http_server_address(const struct http_server *server);
/* Takes no new connections and keeps serving those that are there. */
void http_server_quiesce(struct http_server *server);
/* Requests that are begun and not closed. */
size_t http_server_requests(const struct http_server *server);
size_t http_server_connections(const struct http_server *server);
/* Connections that were cut for being slow or to make room; times that descriptors ran out. */
uint64_t http_server_cut_total(const struct http_server *server);
uint64_t http_server_short_total(const struct http_server *server);
/*
 * Cuts the body that comes in slowest, unless it is fast; false when none was cut. Its
 * request is closed by and by.
 */
bool http_server_cut_slowest_body(struct http_server *server);
/*
 * Closes every connection. No request may be waiting for its answer. The memory goes when
 * the loop has run once more.
 */
void http_server_close(struct http_server *server);

const char *http_request_method(const struct http_request *request);
/* As it was sent: nothing decoded, without the query. */
const char *http_request_path(const struct http_request *request);
/* NULL when absent. */
const char *http_request_header(const struct http_request *request, const char *name);
void http_request_set(struct http_request *request, void *value);
void *http_request_get(const struct http_request *request);
struct http_server *http_request_server(const struct http_request *request);
/* The client behind it has proved to be one that is wanted: its connection is spared longest. */
void http_request_trust(struct http_request *request);

/* An answer that is not read a piece at a time has at most so many bytes. */
#define HTTP_ANSWER_BYTES_MAX (48 * 1024)

/*
 * Gives up to n bytes of a body from `offset` on; *got is 0 only after an error. An error
 * cuts the connection.
 */
typedef int http_read_fn(void *ctx, uint64_t offset, uint8_t *out, size_t n, size_t *got);

enum http_body {
    HTTP_COPY, /* `bytes` is copied */
    HTTP_TAKE, /* `bytes.p` came from malloc and is freed */
    HTTP_READ /* `read` gives `read_bytes` bytes; `read_free` ends it */
};

struct http_reply {
    unsigned status;
    const char *content_type;
    const char *cache_control; /* NULL: none */
    const char *allow; /* for 405; else NULL */
    unsigned retry_after_s; /* 0: none */
    bool ranges; /* a single Range is honoured (206, 416) */
    bool close; /* close the connection afterwards */
    enum http_body body;
    struct span bytes;
    http_read_fn *read;
    void (*read_free)(void *ctx);
    void *read_ctx;
    uint64_t read_bytes;
};

/* Once a request. Takes the body in any case. */
void http_reply(struct http_request *request, const struct http_reply *reply);

#endif
