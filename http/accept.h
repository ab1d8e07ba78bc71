/*
 * Takes connections in from a listening socket, as long as there is room for them; when there
 * is none, of places or of descriptors, an open one makes room, or those that come wait in
 * the kernel. Never spins. The loop's thread.
 */
#ifndef KEIIN_HTTP_ACCEPT_H
#define KEIIN_HTTP_ACCEPT_H

#include <sys/socket.h>
#include <uv.h>

#include "core/bytes.h"

struct acceptor {
    uv_poll_t poll;
    uv_timer_t pause;
    int fd; /* listening; ours; -1 once closed */
    uint64_t short_total; /* times that descriptors had run out */
    void *ctx;
    /* A connection, not blocking; takes the descriptor. False: not taken in, and closed. */
    bool (*take)(void *ctx, int fd, const struct sockaddr *from, socklen_t from_bytes);
    /* Whether there is a place; may make one by closing another. */
    bool (*room)(void *ctx);
    /* Closes one that can be spared, and gives its descriptor back. */
    bool (*spare)(void *ctx);
};

/* The caller has set fd, ctx and the functions. KEIIN_EIO; then nothing is to be closed. */
int acceptor_start(struct acceptor *a, uv_loop_t *loop) KEIIN_MUST_USE;
/* Takes no more; closes the listening socket. May be called again. */
void acceptor_stop(struct acceptor *a);
/* Its two handles are closed with this. */
void acceptor_close(struct acceptor *a, uv_close_cb closed);

#endif
