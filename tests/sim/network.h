/*
 * The network between fibers that ask and the ledger that answers: what is sent is lost,
 * late, twice, cut or changed, as the plan says. Also the requests as ledger/ sees them:
 * this file's half of http/server.h stands in the place of libmicrohttpd.
 */
#ifndef KEIIN_TESTS_SIM_NETWORK_H
#define KEIIN_TESTS_SIM_NETWORK_H

#include "http/server.h"
#include "tests/sim/fiber.h"
#include "tests/sim/sim.h"

/* One that asks, in a fiber of its own; one request at a time. */
struct caller {
    struct sim *sim;
    struct fiber *fiber;
    const char *name;
    uint64_t ticket; /* of what it waits for; anything older is not for it */
    bool waits;
    bool gone; /* killed: whatever it waits for ends at once */
    unsigned status; /* 0: there was no answer */
    unsigned retry_after_s;
    uint8_t *body; /* owned */
    size_t body_bytes;
};

/*
 * In the fiber: sends a request and waits for its answer. The status, 0 when there was none within
 * `timeout_ms`; then the body is caller->body.
 */
unsigned network_ask(
    struct caller *caller, bool post, const char *path, struct span body, uint64_t timeout_ms);
/* In the fiber: waits. */
void network_sleep(struct caller *caller, uint64_t delay_ms);
/* From outside: the caller is gone, its fiber goes on in order to end. */
void network_kill(struct caller *caller);

/* A request as the ledger sees it. */
struct http_request {
    struct sim *sim;
    const char *method;
    const char *path; /* the prefix included */
    const char *content_type; /* NULL: none */
    char length[24]; /* Content-Length; empty: none */
    void *value;
    bool answered;
    struct message *message; /* NULL: asked by the simulator itself, which reads `reply` */
    unsigned status;
    struct buf reply;
};

struct message {
    struct message *next; /* in sim->messages */
    struct http_request request;
    struct caller *caller; /* NULL: a repetition, whose answer nobody waits for */
    uint64_t ticket;
    const char *from; /* name of who sent it */
    char path[96];
    uint8_t *body; /* owned */
    size_t body_bytes; /* that will arrive */
    size_t arrived;
    uint64_t life; /* of the server that has it */
    bool cut; /* the server closes it by and by */
    bool begun; /* is at the server; closed when false again */
};

/* The server's: a request is done with or its connection is cut. */
void network_close(struct message *message, bool reset);
/* The answer to a message leaves the server. */
void network_answer(
    struct message *message, unsigned status, unsigned retry_after_s, struct span body);
/* Reads the body that a reply has, whatever its form. */
void network_take_body(const struct http_reply *reply, struct buf *out);
/* Every submission that ever was sent comes again, twice, in any order. */
void network_send_again(struct sim *sim);
void network_free_messages(struct sim *sim);

#endif
