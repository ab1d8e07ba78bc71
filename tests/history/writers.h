/*
 * What a writer's client does: keeps records together for some time, numbers and chains
 * them, and submits them as one entry. Where a record breaks the two rules over every
 * record (late-record, clock-step), that is seen here and goes to the answers.
 */
#ifndef KEIIN_TESTS_HISTORY_WRITERS_H
#define KEIIN_TESTS_HISTORY_WRITERS_H

#include "tests/history/act.h"
#include "tests/history/agencies.h"
#include "tests/tools/ledger_writer.h"

#define BATCH_MAX 256

/* A record that waits to be sent. */
struct waiting {
    uint64_t at_ms;
    size_t first, bytes; /* of the record, in the batch */
    struct act_answer answers[ACT_ANSWERS_MAX];
    bool access, blank;
};

struct address {
    bool known;
    uint64_t index, position;
};

struct writer {
    struct secret *keys[WRITER_KEYS_MAX]; /* owned; NULL where there is none */
    unsigned key_count; /* usable by now */
    struct ledger_chain chain;
    bool listed;

    struct buf records; /* of the batch, as tile/records holds them */
    struct waiting batch[BATCH_MAX];
    size_t batch_count;
    uint64_t batch_number;
    uint64_t hold_until_ms; /* nothing is sent before */

    uint64_t at_max_ms; /* greatest `at` since the last step of its clock */
    uint64_t record_number;
    uint64_t access_count;  /* queries, views and exports recorded */
    int64_t source_offset;  /* accesses that the source counts and nobody recorded */
    uint64_t silent_until_ms; /* no heartbeat before */
    /* Of the next heartbeat: what is wrong with it, and the answer that rests on it, or -1. */
    int fault, next_answer;
    struct address last_access;
};

struct history;

void writers_start(struct history *h);
void writers_destroy(struct history *h);
/* The writer is listed from now on; its heartbeats begin. */
void writers_list(struct history *h, enum writer_id id);
/* A record of the act, with `at`, `id` and `salt`, into the writer's batch. */
void writers_add(struct history *h, const struct act *a);
/* Sends the batch, unless it is empty. */
void writers_flush(struct history *h, enum writer_id id);
/* Sends the roster of this serial, and makes it the one in force. */
void writers_send_roster(struct history *h, unsigned serial);
/* The writer's time now. */
uint64_t writers_clock(const struct history *h, enum writer_id id);

#endif
