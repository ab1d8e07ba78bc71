/* What the files of the ledger's machine share. */
#ifndef KEIIN_TESTS_SIM_SERVER_INTERNAL_H
#define KEIIN_TESTS_SIM_SERVER_INTERNAL_H

#include "ledger/ledger.h"
#include "ledger/sequence.h"
#include "tests/sim/network.h"
#include "tests/sim/server.h"
#include "tests/sim/store_memory.h"

#define WORKERS 2
#define REQUESTS_MAX 512
#define IMAGES_MAX 12

struct server {
    struct sim *sim;
    struct config config;
    struct keiin_clock clock;
    struct network network;
    struct http_handler handler;
    int64_t clock_offset_ms;
    bool clock_was_stepped;
    unsigned log_key, next_log_key;
    unsigned good_log_key; /* that it started with last */

    struct store_memory memory;
    struct store_image *images[IMAGES_MAX]; /* older ones, with their sizes */
    uint64_t image_sizes[IMAGES_MAX];
    unsigned image_log_keys[IMAGES_MAX];
    size_t image_count;

    struct ledger ledger; /* while up */
    bool up;
    uint64_t life; /* counts its starts */
    struct sequencer *sequencer;
    enum { SEQUENCER_IDLE, SEQUENCER_TOOK, SEQUENCER_STORED } sequencer_state;
    struct job *taken[WORKERS][LANES_TAKE_MAX];
    size_t taken_count[WORKERS];
    bool woken;
    unsigned groups_handed; /* over to the loop, which has not taken them yet */
    bool stopping; /* in order */
    struct message *requests[REQUESTS_MAX]; /* begun and not closed */
    size_t request_count;

    /* Faults. */
    bool dead; /* killed in the midst of a step: no store call has an effect any more */
    bool quiet; /* the simulator itself reads */
    bool starting;
    bool making; /* in genesis */
    bool struck; /* a store call failed in this life */
    unsigned calls_left; /* until a call fails while it starts; 0: none does */
    bool calls_left_kill;
    uint64_t full_until_ms;
    bool evidence_refused; /* a group, not yet answered, found no room even for evidence */
};

/* server_faults.c: whether a store call fails. */
int server_store_fails(void *ctx, enum store_call call, bool *applied);
/* The machine is gone: what it held in memory is dropped, and it starts again later. */
void server_die(struct server *s, const char *how);
/* Closes requests that were answered. */
void server_sweep(struct server *s);

#endif
