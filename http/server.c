#include "http/server.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/text.h"
#include "http/server_internal.h"

#define RUNS_MAX 4 /* of MHD before the loop looks at others */
#define DROPPED_BYTES_MAX 65536 /* of a body that is refused by its headers */

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

static void on_sweep(uv_timer_t *timer)
{
    struct http_server *server = timer->data;

    connections_sweep(&server->connections, uv_now(server->loop));
}

static void connection_notify(void *ctx, struct MHD_Connection *mhd, void **socket_context,
    enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = ctx;
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        connections_remove(*socket_context);
        *socket_context = NULL;
        return;
    }
    /* Without memory for it, its requests are refused in handle(). */
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info == NULL ? NULL
                                   : connections_add(&server->connections, info->connect_fd,
                                         uv_now(server->loop));
}

static bool take_connection(void *ctx, int fd, const struct sockaddr *from, socklen_t from_bytes)
{
    struct http_server *server = ctx;

    return MHD_add_connection(server->daemon, fd, from, from_bytes) == MHD_YES;
}

/* What was cut is closed by MHD's next run. */
static bool close_one(void *ctx)
{
    struct http_server *server = ctx;
    size_t before = server->connections.count;

    /* Whoever has said something meanwhile is no longer idle. */
    run_and_wait(server);
    if (server->connections.count < before)
        return true;
    if (server->connections.cut_count == 0 &&
        !connections_make_room(&server->connections, uv_now(server->loop)))
        return false;
    run_and_wait(server);
    return server->connections.count < before;
}

static bool connection_has_room(void *ctx)
{
    struct http_server *server = ctx;

    return server->connections.count < server->connections_max || close_one(server);
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
    connection_body(r->connection, uv_now(server->loop));
    return r;
}

static enum MHD_Result queue(struct http_request *r)
{
    enum MHD_Result result = MHD_queue_response(r->mhd, r->status, r->response);

    MHD_destroy_response(r->response); /* MHD holds it now, or never will */
    r->response = NULL;
    r->queued = true;
    connection_answer(r->connection, uv_now(r->server->loop), r->answer_bytes, r->answer_read);
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
        r->connection->moved_bytes += *upload_bytes;
        if (r->response == NULL && !r->queued)
            server->handler.body(server->handler.ctx, r, span_of(upload, *upload_bytes));
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (r->queued)
        return MHD_YES;
    if (!r->complete) {
        r->complete = true;
        connection_work(r->connection, uv_now(server->loop));
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
    connection_idle(r->connection, uv_now(server->loop));
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

void http_reply(struct http_request *r, const struct http_reply *reply)
{
    assert(r->response == NULL && !r->queued);
    reply_build(r, reply);
    if (r->response == NULL) {
        /* Without memory for a response there is one that needs none. */
        r->status = 503;
        r->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        if (r->response == NULL)
            abort();
    }
    if (r->suspended) {
        struct http_server *server = r->server;

        r->suspended = false;
        MHD_resume_connection(r->mhd);
        /* The daemon sees it in its next run: this one's, or one for all that is due at once. */
        if (!server->running && !server->again)
            uv_timer_start(&server->timer, on_timer, 0, 0);
        server->again = true;
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

void http_request_trust(struct http_request *r)
{
    r->connection->trusted = true;
}

struct http_server *http_request_server(const struct http_request *r)
{
    return r->server;
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
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL,
        MHD_OPTION_CONNECTION_LIMIT, options->connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
        options->idle_timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        options->connection_memory_bytes, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
        options->connection_memory_bytes / 2, MHD_OPTION_NOTIFY_COMPLETED, completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, connection_notify, server, MHD_OPTION_UNESCAPE_CALLBACK,
        unescape_nothing, NULL, MHD_OPTION_END);
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
    uv_timer_start(&server->sweep, on_sweep, CONNECTION_SWEEP_MS, CONNECTION_SWEEP_MS);
    uv_unref((uv_handle_t *)&server->sweep);
    return 0;
}

static int start_listening(
    struct http_server *server, const struct http_server_options *options, struct why *why)
{
    struct acceptor *a = &server->acceptor;
    int err = listen_open(options->listen, options->backlog, &a->fd, server->address, why);

    if (err != 0)
        return err;
    a->ctx = server;
    a->take = take_connection;
    a->room = connection_has_room;
    a->spare = close_one;
    err = acceptor_start(a, server->loop);
    if (err != 0)
        close(a->fd);
    else
        server->handles += 2;
    return err;
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
    server->connections_max = options->connections_max;
    connections_init(
        &server->connections, (uint64_t)options->request_timeout_s * 1000, options->rate_bytes_min);
    server->daemon = start_daemon(server, options);
    if (server->daemon == NULL) {
        why_set(why, "the HTTP server does not start");
        free(server);
        return KEIIN_EIO;
    }
    err = start_handles(server);
    if (err != 0) {
        why_set(why, "the HTTP server does not start");
        MHD_stop_daemon(server->daemon);
        free(server);
        return err;
    }
    err = start_listening(server, options, why);
    if (err != 0) {
        server->acceptor.fd = -1;
        http_server_close(server);
        return err;
    }
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
    acceptor_stop(&server->acceptor);
}

size_t http_server_requests(const struct http_server *server)
{
    return server->requests;
}

size_t http_server_connections(const struct http_server *server)
{
    return server->connections.count;
}

uint64_t http_server_cut_total(const struct http_server *server)
{
    return server->connections.cut_total;
}

uint64_t http_server_short_total(const struct http_server *server)
{
    return server->acceptor.short_total;
}

bool http_server_cut_slowest_body(struct http_server *server)
{
    return connections_cut_slowest_body(&server->connections, uv_now(server->loop));
}

static void one_closed(struct http_server *server)
{
    if (--server->handles == 0)
        free(server);
}

static void on_closed(uv_handle_t *handle)
{
    one_closed(handle->data);
}

static void on_acceptor_closed(uv_handle_t *handle)
{
    struct acceptor *a = handle->data;

    one_closed(a->ctx);
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
    if (server->acceptor.poll.data != NULL) /* it was started */
        acceptor_close(&server->acceptor, on_acceptor_closed);
}
