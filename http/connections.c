#include "http/connections.h"

#include <stdlib.h>
#include <sys/socket.h>

#define IDLE_MS_MIN 10 /* for a client that has just come to say what it wants */
#define TRUSTED_MS_MIN 1000
#define BUSY_MS_MIN 1500 /* a sweep has seen it */

static void leave(struct connection *c)
{
    c->next->before = c->before;
    c->before->next = c->next;
}

static void enter(struct connection *c, enum connection_phase phase, uint64_t now_ms)
{
    enum connection_ring ring = phase != CONNECTION_IDLE ? RING_BUSY
                                : c->trusted             ? RING_TRUSTED
                                                         : RING_STRANGERS;
    struct connection *head = &c->all->rings[ring];

    c->phase = phase;
    c->since_ms = now_ms;
    c->deadline_ms = UINT64_MAX;
    c->moved_bytes = c->counted_bytes = c->rate = 0;
    c->measured = false;
    c->next = head;
    c->before = head->before;
    c->before->next = c;
    head->before = c;
}

void connections_init(struct connections *all, uint64_t request_timeout_ms, uint64_t rate_bytes_min)
{
    memset(all, 0, sizeof *all);
    for (int i = 0; i < RING_COUNT; i++)
        all->rings[i].next = all->rings[i].before = &all->rings[i];
    all->request_timeout_ms = request_timeout_ms;
    all->rate_bytes_min = rate_bytes_min;
}

struct connection *connections_add(struct connections *all, int fd, uint64_t now_ms)
{
    struct connection *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->all = all;
    c->fd = fd;
    enter(c, CONNECTION_IDLE, now_ms);
    c->deadline_ms = now_ms + all->request_timeout_ms;
    all->count++;
    return c;
}

void connections_remove(struct connection *c)
{
    if (c == NULL)
        return;
    leave(c);
    c->all->count--;
    if (c->cut)
        c->all->cut_count--;
    free(c);
}

void connection_idle(struct connection *c, uint64_t now_ms)
{
    leave(c);
    enter(c, CONNECTION_IDLE, now_ms);
    c->deadline_ms = now_ms + c->all->request_timeout_ms;
}

void connection_body(struct connection *c, uint64_t now_ms)
{
    leave(c);
    enter(c, CONNECTION_BODY, now_ms);
    c->deadline_ms = now_ms + c->all->request_timeout_ms;
    c->measured = true;
}

void connection_work(struct connection *c, uint64_t now_ms)
{
    leave(c);
    enter(c, CONNECTION_WORK, now_ms);
}

void connection_answer(struct connection *c, uint64_t now_ms, uint64_t bytes, bool measured)
{
    leave(c);
    enter(c, CONNECTION_ANSWER, now_ms);
    c->measured = measured;
    if (!measured)
        c->deadline_ms = now_ms + CONNECTION_GRACE_MS + bytes * 1000 / c->all->rate_bytes_min;
}

static void cut(struct connection *c)
{
    const struct linger at_once = {1, 0};

    if (c->cut)
        return;
    /* What a client does not take must not stay in the kernel after it. */
    if (c->phase == CONNECTION_ANSWER)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)shutdown(c->fd, SHUT_RDWR);
    c->cut = true;
    c->all->cut_count++;
    c->all->cut_total++;
}

static void measure(struct connection *c)
{
    uint64_t bytes = c->moved_bytes - c->counted_bytes;

    c->rate = (c->rate + bytes) / 2;
    c->counted_bytes = c->moved_bytes;
}

static bool too_slow(const struct connection *c, uint64_t now_ms)
{
    return c->measured && now_ms - c->since_ms > CONNECTION_GRACE_MS &&
           c->rate < c->all->rate_bytes_min;
}

void connections_sweep(struct connections *all, uint64_t now_ms)
{
    for (int i = 0; i < RING_COUNT; i++)
        for (struct connection *c = all->rings[i].next; c != &all->rings[i]; c = c->next) {
            measure(c);
            if (now_ms > c->deadline_ms || too_slow(c, now_ms))
                cut(c);
        }
}

/* The one that has been idle for longest. */
static struct connection *longest_idle(const struct connections *all, int ring)
{
    struct connection *c = all->rings[ring].next;

    while (c != &all->rings[ring] && c->cut)
        c = c->next;
    return c == &all->rings[ring] ? NULL : c;
}

static struct connection *slowest(
    const struct connections *all, bool answers_too, uint64_t rate_max, uint64_t now_ms)
{
    const struct connection *head = &all->rings[RING_BUSY];
    struct connection *found = NULL;

    for (struct connection *c = head->next; c != head; c = c->next) {
        if (now_ms - c->since_ms < BUSY_MS_MIN)
            break;
        if (c->cut ||
            (c->phase != CONNECTION_BODY && !(answers_too && c->phase == CONNECTION_ANSWER)))
            continue;
        if (c->rate <= rate_max && (found == NULL || c->rate < found->rate))
            found = c;
    }
    return found;
}

bool connections_make_room(struct connections *all, uint64_t now_ms)
{
    struct connection *c = longest_idle(all, RING_STRANGERS);

    /* No request under way is given up for those that have only just come. */
    if (c != NULL && now_ms - c->since_ms < IDLE_MS_MIN)
        return false;
    if (c == NULL)
        c = slowest(all, true, UINT64_MAX, now_ms);
    if (c == NULL) {
        c = longest_idle(all, RING_TRUSTED);
        if (c != NULL && now_ms - c->since_ms < TRUSTED_MS_MIN)
            c = NULL; /* between two requests */
    }
    if (c != NULL)
        cut(c);
    return c != NULL;
}

bool connections_cut_slowest_body(struct connections *all, uint64_t now_ms)
{
    /* Whoever is sixteen times as fast as must be is left alone. */
    struct connection *c = slowest(all, false, 16 * all->rate_bytes_min, now_ms);

    if (c != NULL)
        cut(c);
    return c != NULL;
}
