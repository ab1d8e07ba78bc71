/*
 * keiin-ledger in one thread, without sockets: requests are given to the server's own handler as
 * http/server.h would, and the steps of its threads are done one by one. The store is in memory
 * (memory_store.h) and the clock is the target's. What links this links no http/server.c and no
 * ledger/log.c. One server at a time.
 */
#ifndef KEIIN_TESTS_FUZZ_SERVER_H
#define KEIIN_TESTS_FUZZ_SERVER_H

#include "http/server.h"
#include "ledger/ledger.h"
#include "tests/fuzz/fixture.h"

#define SERVER_HEADERS_MAX 16

/* A request, and its answer when it has one. */
struct http_request {
    const char *method, *path;
    const char *names[SERVER_HEADERS_MAX], *values[SERVER_HEADERS_MAX];
    size_t header_count;
    void *value;
    bool begun, answered, ended;
    unsigned status, retry_after_s;
    const char *content_type;
    struct buf body; /* of the answer */
};

/* Wall and monotonic clock; the target moves them. */
extern uint64_t server_wall_ms, server_monotonic_ms;

/*
 * Starts on a new ledger whose entry 0 carries `note` (a roster that lists both keys), or, where
 * it is NULL, on what the store holds; start-up's checks must pass.
 */
void server_start(const struct span *note, const struct fixture_key *log_key,
    const struct fixture_key *operator_key);
void server_stop(void);
struct ledger *server_ledger(void);

/* Gives a request to the handler: begin, the body in pieces of at most `piece` bytes, complete. */
void server_ask(struct http_request *request, const char *method, const char *path,
    struct span body, size_t piece);
/* POST of a submission, with the headers it needs. */
void server_post(struct http_request *request, const char *path, struct span body, size_t piece);
/* Does the steps of all threads until nothing is left to do. */
void server_run(void);
/* The end of a request, which must be answered; frees its answer. */
void server_end(struct http_request *request);

#endif
