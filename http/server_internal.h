/* What the server's own files share; everything belongs to the loop's thread. */
#ifndef KEIIN_HTTP_SERVER_INTERNAL_H
#define KEIIN_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>

#include "http/accept.h"
#include "http/connections.h"
#include "http/listen.h"
#include "http/server.h"

struct http_server {
    uv_loop_t *loop;
    struct MHD_Daemon *daemon;
    struct http_handler handler;
    struct acceptor acceptor;
    struct connections connections;
    size_t connections_max;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_timer_t sweep;
    unsigned handles; /* not yet closed */
    size_t requests;
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
    uint64_t answer_bytes;
    bool answer_read; /* by a function, a piece at a time */
    bool complete, suspended, queued;
};

/* Makes the request's response and status; the response is NULL without memory. */
void reply_build(struct http_request *request, const struct http_reply *reply);

#endif
