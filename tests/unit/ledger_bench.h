/* A ledger without a network, for unit tests: keys, a roster, submissions signed in advance. */
#ifndef KEIIN_TESTS_LEDGER_BENCH_H
#define KEIIN_TESTS_LEDGER_BENCH_H

#include <pthread.h>

#include "ledger/genesis.h"
#include "ledger/ledger.h"
#include "ledger/submit.h"
#include "store/lmdb.h"

#define SUBMISSIONS 6
#define ORIGIN "ledger.test/faults"

struct bench {
    char folder[64];
    struct config config;
    struct keyfile log_key, operator_key, writer_key;
    struct buf note;
    struct hash ledger_id;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool wake;
    struct network network;
    /* The writer's submissions, signed once and for all. */
    struct buf bodies[SUBMISSIONS];
    uint64_t index[SUBMISSIONS];
    bool acked[SUBMISSIONS];
    enum refusal_code last_refusal;
};

struct asked {
    struct bench *bench;
    size_t which;
    bool answered, acked;
    uint64_t index;
    enum refusal_code refused;
};

void bench_new(struct bench *b);
void bench_free(struct bench *b);
/*
 * A submission of one record by the bench's writer, rightly signed whatever it says; `content` makes
 * records differ. Gives the head after it. `out` is initialized here and the caller's to destroy.
 */
void bench_write_body(struct bench *b, uint64_t number, const struct hash *before, uint64_t content,
    struct buf *out, struct hash *after);
/* The store in the bench's folder. */
void bench_open_store(struct bench *b, bool create, struct store *out);
/* A new store with the roster as entry 0, `received` by the clock. */
void bench_make_ledger(struct bench *b, const struct keiin_clock *clock);

#endif
