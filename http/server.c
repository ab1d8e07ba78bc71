#include "http/server.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/text.h"
#include "http/listen.h"
#include "http/range.h"

#define RUNS_MAX 4 /* of MHD before the loop looks at others */
#define READ_BLOCK_BYTES (32 * 1024) /* of a body that is read in pieces */
#define SWEEP_EVERY_MS 1000
#define DROPPED_BYTES_MAX 65536 /* of a body that is refused by its headers */

/* One TCP connection; MHD keeps it as its socket context. */
struct connection {
    struct connection *next, *before;
    struct http_server *server;
    int fd;
    bool waits_for_client; /* for headers or a body */
    uint64_t since_ms; /* loop time when that wait began */
};

struct http_server {
    uv_loop_t *loop;
    struct MHD_Daemon *daemon;
    struct http_handler handler;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_timer_t sweep;
    unsigned handles; /* not yet closed */
    int listen_fd; /* ours again after quiesce; -1 */
    uint64_t request_timeout_ms;
    size_t requests;
    size_t connection_count;
    struct connection connections; /* head of the ring */
    bool running; /* inside MHD_run */
    bool again; /* something was resumed meanwhile */
    char address[LISTEN_TEXT_BYTES];
};

struct http_request {
    struct http_server *server;
    struct connection *connection;
    struct MHD_Connection *mhd;
    const char *method, *path; /* MHD's; valid until closed */
    void *value;
    struct MHD_Response *response;
    unsigned status;
    bool complete, suspended, queued;
};

static void run(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;

    if (server->running) {
        server->again = true;
        return;
    }
    server->running = true;
    for (int i = 0; i < RUNS_MAX; i++) {
        server->again = false;
        MHD_run(server->daemon);
        if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES)
            timeout_ms = UINT64_MAX;
        if (timeout_ms != 0 && !server->again)
            break;
    }
    server->running = false;
}

static void on_timer(uv_timer_t *timer);

static void run_and_wait(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;

    run(server);
    if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES)
        uv_timer_stop(&server->timer);
    else
        uv_timer_start(&server->timer, on_timer, timeout_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    run_and_wait(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run_and_wait(poll->data);
}

/* A client that is too slow with its headers or its body is cut off. */
static void on_sweep(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    uint64_t now_ms = uv_now(server->loop);

    for (struct connection *c = server->connections.next; c != &server->connections; c = c->next)
        if (c->waits_for_client && now_ms - c->since_ms > server->request_timeout_ms) {
            c->waits_for_client = false;
            (void)shutdown(c->fd, SHUT_RDWR);
        }
}

static void client_turn(struct connection *c, bool waits)
{
    c->waits_for_client = waits;
    c->since_ms = uv_now(c->server->loop);
}

static void connection_notify(void *ctx, struct MHD_Connection *mhd, void **socket_context,
    enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = ctx;
    struct connection *c = *socket_context;
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (c == NULL)
            return;
        c->next->before = c->before;
        c->before->next = c->next;
        server->connection_count--;
        free(c);
        *socket_context = NULL;
        return;
    }
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    c = calloc(1, sizeof *c);
    *socket_context = c;
    if (c == NULL || info == NULL)
        return; /* its requests are refused in handle() */
    c->server = server;
    c->fd = info->connect_fd;
    c->next = server->connections.next;
    c->before = &server->connections;
    c->next->before = c;
    c->before->next = c;
    server->connection_count++;
    client_turn(c, true);
}

static struct http_request *request_new(
    struct http_server *server, struct MHD_Connection *mhd, const char *path, const char *method)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_request *r;

    if (info == NULL || info->socket_context == NULL)
        return NULL;
    r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->server = server;
    r->connection = info->socket_context;
    r->mhd = mhd;
    r->path = path;
    r->method = method;
    server->requests++;
    client_turn(r->connection, true);
    return r;
}

static enum MHD_Result queue(struct http_request *r)
{
    enum MHD_Result result = MHD_queue_response(r->mhd, r->status, r->response);

    MHD_destroy_response(r->response); /* MHD holds it now, or never will */
    r->response = NULL;
    r->queued = true;
    client_turn(r->connection, false);
    return result;
}

/*
 * MHD closes a connection on which an answer is queued before the body is read. That is
 * right for a body that nobody wants to read; a short one is read and dropped instead.
 */
static bool is_short(const struct http_request *r)
{
    const char *length = http_request_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t bytes;

    if (http_request_header(r, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL)
        return false;
    return length == NULL ||
           (decimal_parse(span_str(length), UINT64_MAX, &bytes) && bytes <= DROPPED_BYTES_MAX);
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *mhd, const char *path,
    const char *method, const char *version, const char *upload, size_t *upload_bytes, void **state)
{
    struct http_server *server = ctx;
    struct http_request *r = *state;

    (void)version;
    if (r == NULL) {
        r = request_new(server, mhd, path, method);
        if (r == NULL)
            return MHD_NO;
        *state = r;
        server->handler.begin(server->handler.ctx, r);
        return r->response != NULL && !is_short(r) ? queue(r) : MHD_YES;
    }
    if (*upload_bytes > 0) {
        if (r->response == NULL && !r->queued)
            server->handler.body(server->handler.ctx, r, span_of(upload, *upload_bytes));
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (r->queued)
        return MHD_YES;
    if (!r->complete) {
        r->complete = true;
        client_turn(r->connection, false);
        if (r->response == NULL)
            server->handler.complete(server->handler.ctx, r);
    }
    if (r->response != NULL)
        return queue(r);
    r->suspended = true;
    MHD_suspend_connection(mhd);
    return MHD_YES;
}

static void completed(
    void *ctx, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode code)
{
    struct http_server *server = ctx;
    struct http_request *r = *state;

    (void)mhd;
    (void)code;
    if (r == NULL)
        return;
    server->handler.closed(server->handler.ctx, r);
    if (r->response != NULL)
        MHD_destroy_response(r->response);
    client_turn(r->connection, true);
    server->requests--;
    free(r);
    *state = NULL;
}

/* Paths are compared as they were sent. */
static size_t unescape_nothing(void *ctx, struct MHD_Connection *mhd, char *text)
{
    (void)ctx;
    (void)mhd;
    return strlen(text);
}

struct reading {
    http_read_fn *read;
    void (*read_free)(void *ctx);
    void *ctx;
    uint64_t offset; /* of the first byte that is sent */
};

static ssize_t reading_next(void *ctx, uint64_t position, char *out, size_t n)
{
    struct reading *reading = ctx;
    size_t got = 0;
    int err = reading->read(reading->ctx, reading->offset + position, (uint8_t *)out, n, &got);

    return err != 0 || got == 0 ? MHD_CONTENT_READER_END_WITH_ERROR : (ssize_t)got;
}

static void reading_free(void *ctx)
{
    struct reading *reading = ctx;

    reading->read_free(reading->ctx);
    free(reading);
}

/* The response for the bytes [first, first + n) of the body; takes the body. */
static struct MHD_Response *response_of(const struct http_reply *reply, uint64_t first, uint64_t n)
{
    struct MHD_Response *response;
    struct reading *reading;
    void *p = (void *)(uintptr_t)reply->bytes.p;

    if (reply->body == HTTP_READ) {
        reading = malloc(sizeof *reading);
        if (reading == NULL) {
            reply->read_free(reply->read_ctx);
            return NULL;
        }
        *reading = (struct reading){reply->read, reply->read_free, reply->read_ctx, first};
        response = MHD_create_response_from_callback(
            n, READ_BLOCK_BYTES, reading_next, reading, reading_free);
        if (response == NULL)
            reading_free(reading);
        return response;
    }
    if (reply->body == HTTP_TAKE && first == 0 && n > 0) {
        response = MHD_create_response_from_buffer((size_t)n, p, MHD_RESPMEM_MUST_FREE);
        if (response == NULL)
            free(p);
        return response;
    }
    response = n == 0 ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
                      : MHD_create_response_from_buffer(
                            (size_t)n, (uint8_t *)p + first, MHD_RESPMEM_MUST_COPY);
    if (reply->body == HTTP_TAKE)
        free(p);
    return response;
}

static bool put_header(struct MHD_Response *response, const char *name, const char *value)
{
    return value == NULL || MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool put_headers(struct MHD_Response *response, const struct http_reply *reply)
{
    char seconds[16];

    snprintf(seconds, sizeof seconds, "%u", reply->retry_after_s);
    return put_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type) &&
           put_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, reply->cache_control) &&
           put_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow) &&
           put_header(
               response, MHD_HTTP_HEADER_RETRY_AFTER, reply->retry_after_s > 0 ? seconds : NULL) &&
           put_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, reply->ranges ? "bytes" : NULL) &&
           put_header(response, MHD_HTTP_HEADER_CONNECTION, reply->close ? "close" : NULL);
}

static void discard(const struct http_reply *reply)
{
    if (reply->body == HTTP_READ)
        reply->read_free(reply->read_ctx);
    else if (reply->body == HTTP_TAKE)
        free((void *)(uintptr_t)reply->bytes.p);
}

static const char *range_header(const struct http_request *r, const struct http_reply *reply)
{
    if (!reply->ranges || reply->status != 200 ||
        (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0))
        return NULL;
    /* Nothing here has an entity tag, so that If-Range never holds. */
    if (http_request_header(r, MHD_HTTP_HEADER_IF_RANGE) != NULL)
        return NULL;
    return http_request_header(r, MHD_HTTP_HEADER_RANGE);
}

static void build(struct http_request *r, const struct http_reply *reply)
{
    uint64_t size = reply->body == HTTP_READ ? reply->read_bytes : reply->bytes.n;
    uint64_t first = 0, last = size == 0 ? 0 : size - 1;
    char content_range[96] = "";

    r->status = reply->status;
    switch (http_range_parse(range_header(r, reply), size, &first, &last)) {
    case HTTP_RANGE_NONE:
        r->response = response_of(reply, 0, size);
        break;
    case HTTP_RANGE_PART:
        r->status = 206;
        snprintf(content_range, sizeof content_range, "bytes %llu-%llu/%llu",
            (unsigned long long)first, (unsigned long long)last, (unsigned long long)size);
        r->response = response_of(reply, first, last - first + 1);
        break;
    case HTTP_RANGE_BEYOND:
        r->status = 416;
        snprintf(content_range, sizeof content_range, "bytes */%llu", (unsigned long long)size);
        discard(reply);
        r->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        break;
    }
    if (r->response != NULL &&
        (!put_headers(r->response, reply) || !put_header(r->response, MHD_HTTP_HEADER_CONTENT_RANGE,
                                                 content_range[0] != 0 ? content_range : NULL))) {
        MHD_destroy_response(r->response);
        r->response = NULL;
    }
}

void http_reply(struct http_request *r, const struct http_reply *reply)
{
    assert(r->response == NULL && !r->queued);
    build(r, reply);
    if (r->response == NULL) {
        /* Without memory for a response there is one that needs none. */
        r->status = 503;
        r->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        if (r->response == NULL)
            abort();
    }
    if (r->suspended) {
        struct http_server *server = r->connection->server;

        r->suspended = false;
        MHD_resume_connection(r->mhd);
        /* The daemon sees it in its next run: this one's, or one that is due at once. */
        server->again = true;
        if (!server->running)
            uv_timer_start(&server->timer, on_timer, 0, 0);
    }
}

const char *http_request_method(const struct http_request *r)
{
    return r->method;
}

const char *http_request_path(const struct http_request *r)
{
    return r->path;
}

const char *http_request_header(const struct http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

void http_request_set(struct http_request *r, void *value)
{
    r->value = value;
}

void *http_request_get(const struct http_request *r)
{
    return r->value;
}

static void log_nothing(void *ctx, const char *format, va_list args)
{
    (void)ctx;
    (void)format;
    (void)args;
}

static struct MHD_Daemon *start_daemon(
    struct http_server *server, const struct http_server_options *options)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL,
        MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory_bytes,
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, options->connection_memory_bytes / 2,
        MHD_OPTION_NOTIFY_COMPLETED, completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        connection_notify, server, MHD_OPTION_UNESCAPE_CALLBACK, unescape_nothing, NULL,
        MHD_OPTION_END);
}

static int start_handles(struct http_server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    if (info == NULL || uv_poll_init(server->loop, &server->poll, info->epoll_fd) != 0)
        return KEIIN_EIO;
    uv_timer_init(server->loop, &server->timer);
    uv_timer_init(server->loop, &server->sweep);
    server->poll.data = server->timer.data = server->sweep.data = server;
    server->handles = 3;
    uv_poll_start(&server->poll, UV_READABLE, on_poll);
    uv_timer_start(&server->sweep, on_sweep, SWEEP_EVERY_MS, SWEEP_EVERY_MS);
    uv_unref((uv_handle_t *)&server->sweep);
    return 0;
}

int http_server_new(uv_loop_t *loop, const struct http_server_options *options,
    const struct http_handler *handler, struct http_server **out, struct why *why)
{
    struct http_server *server = calloc(1, sizeof *server);
    int err;

    *out = NULL;
    if (server == NULL)
        return KEIIN_ENOMEM;
    server->loop = loop;
    server->handler = *handler;
    server->request_timeout_ms = (uint64_t)options->request_timeout_s * 1000;
    server->connections.next = server->connections.before = &server->connections;
    err = listen_open(options->listen, options->backlog, &server->listen_fd, server->address, why);
    if (err != 0) {
        free(server);
        return err;
    }
    server->daemon = start_daemon(server, options);
    if (server->daemon == NULL) {
        why_set(why, "the HTTP server does not start");
        close(server->listen_fd);
        free(server);
        return KEIIN_ENOMEM;
    }
    err = start_handles(server);
    if (err != 0) {
        MHD_stop_daemon(server->daemon);
        free(server);
        return err;
    }
    server->listen_fd = -1; /* MHD's, until it is quiesced */
    *out = server;
    return 0;
}

int http_listen_check(const char *listen, struct why *why)
{
    return listen_check(listen, why);
}

const char *http_server_address(const struct http_server *server)
{
    return server->address;
}

void http_server_quiesce(struct http_server *server)
{
    if (server->listen_fd >= 0)
        return;
    server->listen_fd = MHD_quiesce_daemon(server->daemon);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    server->listen_fd = INT32_MAX; /* closed for good */
}

size_t http_server_requests(const struct http_server *server)
{
    return server->requests;
}

size_t http_server_connections(const struct http_server *server)
{
    return server->connection_count;
}

static void on_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;

    if (--server->handles == 0)
        free(server);
}

void http_server_close(struct http_server *server)
{
    if (server == NULL)
        return;
    uv_poll_stop(&server->poll);
    MHD_stop_daemon(server->daemon);
    uv_close((uv_handle_t *)&server->poll, on_closed);
    uv_close((uv_handle_t *)&server->timer, on_closed);
    uv_close((uv_handle_t *)&server->sweep, on_closed);
}
