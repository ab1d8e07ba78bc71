/*
 * Upkeep: heartbeats of every listed writer, erasure and retention of data sets, and
 * what systems report of themselves.
 */
#ifndef KEIIN_TESTS_HISTORY_UPKEEP_H
#define KEIIN_TESTS_HISTORY_UPKEEP_H

#include "tests/history/act.h"
#include "tests/history/agencies.h"
#include "tests/history/random.h"

struct history;

/* What is to be wrong with the next heartbeat of a writer (violations_upkeep.c). */
enum heartbeat_fault {
    HEARTBEAT_RIGHT,
    HEARTBEAT_STALE,  /* brings a checkpoint that was the newest long ago */
    HEARTBEAT_AHEAD,  /* brings one of a ledger that is longer than it is */
    HEARTBEAT_OLDER,  /* brings one that was the newest minutes ago */
    HEARTBEAT_EARLY   /* says a time well before that of the ledger's last entry */
};

/* Heartbeats of this writer from now on. */
void upkeep_begin(struct history *h, enum writer_id id);
/* A heartbeat now, out of turn. */
void upkeep_heartbeat(struct history *h, enum writer_id id);
/* Config changes, incidents, corrections. */
void upkeep_start(struct history *h);

/* Method, reason and witness of an erasure by a writer, whose actor is not the witness. */
void upkeep_put_erasure(
    struct act *a, struct random *random, enum writer_id writer, const char *reason);
/* A data set is erased; count 0: none said. */
void upkeep_put_erase(struct history *h, enum writer_id writer, const char *dataset,
    uint64_t count, uint64_t when_ms);
/* A review, and a later time until which the data set is kept. */
void upkeep_put_extension(
    struct history *h, const char *dataset, uint64_t when_ms, uint64_t until_ms);

#endif
