/*
 * The open connections of a server: who waits for whom since when, how fast bytes come or
 * go, and which one makes room when another needs its place. The loop's thread.
 *
 * A connection that waits for its client (for headers, for a body, for an answer to be
 * taken) has a deadline, and its bytes a least rate; one whose request is being worked on has
 * neither and is never cut.
 */
#ifndef KEIIN_HTTP_CONNECTIONS_H
#define KEIIN_HTTP_CONNECTIONS_H

#include "core/bytes.h"

enum connection_phase {
    CONNECTION_IDLE, /* between requests, and until the headers of one are whole */
    CONNECTION_BODY, /* the body comes in */
    CONNECTION_WORK, /* we owe the answer */
    CONNECTION_ANSWER /* the answer goes out */
};

/* One TCP connection. Fields are connections.c's but for `moved_bytes` and `trusted`. */
struct connection {
    struct connection *next, *before; /* in its ring, the longest there first */
    struct connections *all;
    int fd;
    enum connection_phase phase;
    uint64_t since_ms; /* when the phase began */
    uint64_t deadline_ms; /* of the phase */
    uint64_t moved_bytes; /* of the body or the answer */
    uint64_t counted_bytes; /* of them, at the last sweep */
    uint64_t rate; /* bytes a second, each second weighing twice the one before */
    bool measured; /* `moved_bytes` is kept */
    bool trusted; /* something was stored for its client: goes last */
    bool cut; /* shut down, and to be closed by its owner */
};

enum connection_ring { RING_STRANGERS, RING_TRUSTED, RING_BUSY, RING_COUNT };

struct connections {
    struct connection rings[RING_COUNT]; /* heads; idle ones of both kinds, and the others */
    size_t count;
    size_t cut_count; /* of them, those that are cut */
    uint64_t request_timeout_ms; /* for the headers, and for a body, each whole */
    uint64_t rate_bytes_min; /* a second, of bodies and answers */
    uint64_t cut_total; /* since the start */
};

#define CONNECTION_SWEEP_MS 1000
#define CONNECTION_GRACE_MS 10000 /* before a rate counts */

void connections_init(
    struct connections *all, uint64_t request_timeout_ms, uint64_t rate_bytes_min);
/* A new one, idle. NULL without memory. */
struct connection *connections_add(struct connections *all, int fd, uint64_t now_ms);
/* Its descriptor was closed, or is about to be. NULL is fine. */
void connections_remove(struct connection *c);

void connection_idle(struct connection *c, uint64_t now_ms);
void connection_body(struct connection *c, uint64_t now_ms);
void connection_work(struct connection *c, uint64_t now_ms);
/* `measured`: moved_bytes will tell how much of it is gone. */
void connection_answer(struct connection *c, uint64_t now_ms, uint64_t bytes, bool measured);

/* Every CONNECTION_SWEEP_MS: cuts what is too late or too slow. */
void connections_sweep(struct connections *all, uint64_t now_ms);
/*
 * Cuts the one that can be spared first: the stranger that has said nothing for longest, the
 * slowest body or answer, a trusted one that is idle. False when none can be spared now; while
 * there are strangers that have only just come, they are waited for.
 */
bool connections_make_room(struct connections *all, uint64_t now_ms);
/* Cuts the slowest body that comes in; false when all are fast. */
bool connections_cut_slowest_body(struct connections *all, uint64_t now_ms);

#endif
