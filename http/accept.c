#include "http/accept.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#define ACCEPTS_MAX 32 /* before the loop looks at others */
#define PAUSE_MS 10 /* when nobody can be spared */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static void on_listen(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer)
{
    struct acceptor *a = timer->data;

    if (a->fd >= 0)
        uv_poll_start(&a->poll, UV_READABLE, on_listen);
}

/* A socket that stays readable must not be polled while nothing can be taken from it. */
static void pause_accepting(struct acceptor *a)
{
    uv_poll_stop(&a->poll);
    uv_timer_start(&a->pause, on_pause_over, PAUSE_MS, 0);
}

static bool ran_short(int err)
{
    return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

/* What befell the one connection; others may stand behind it. */
static bool of_one(int err)
{
    return err == ECONNABORTED || err == EINTR || err == EPROTO || err == EPERM;
}

static void on_listen(uv_poll_t *poll, int status, int events)
{
    struct acceptor *a = poll->data;
    union address from;
    bool spared = false;

    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        socklen_t bytes = sizeof from;
        int fd;

        if (!a->room(a->ctx)) {
            pause_accepting(a);
            return;
        }
        fd = accept4(a->fd, &from.any, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            spared = false;
            (void)a->take(a->ctx, fd, &from.any, bytes);
            continue;
        }
        if (errno == EAGAIN)
            return;
        if (of_one(errno))
            continue;
        a->short_total += ran_short(errno);
        /* Spared and short all the same: someone else was quicker. */
        if (spared || !ran_short(errno) || !a->spare(a->ctx)) {
            pause_accepting(a);
            return;
        }
        spared = true;
    }
}

int acceptor_start(struct acceptor *a, uv_loop_t *loop)
{
    if (uv_poll_init_socket(loop, &a->poll, a->fd) != 0)
        return KEIIN_EIO;
    uv_timer_init(loop, &a->pause);
    a->poll.data = a->pause.data = a;
    uv_poll_start(&a->poll, UV_READABLE, on_listen);
    return 0;
}

void acceptor_stop(struct acceptor *a)
{
    if (a->fd < 0)
        return;
    uv_poll_stop(&a->poll);
    uv_timer_stop(&a->pause);
    close(a->fd);
    a->fd = -1;
}

void acceptor_close(struct acceptor *a, uv_close_cb closed)
{
    acceptor_stop(a);
    uv_close((uv_handle_t *)&a->poll, closed);
    uv_close((uv_handle_t *)&a->pause, closed);
}
