/*
 * The world that a history is made in: who acts, what is to happen, and the ledger that it
 * goes to. Everything comes from the seed; one thread.
 */
#ifndef KEIIN_TESTS_HISTORY_H
#define KEIIN_TESTS_HISTORY_H

#include "tests/history/access.h"
#include "tests/history/agencies.h"
#include "tests/history/answers.h"
#include "tests/history/calendar.h"
#include "tests/history/collection.h"
#include "tests/history/events.h"
#include "tests/history/plan.h"
#include "tests/history/provision.h"
#include "tests/history/random.h"
#include "tests/history/violations.h"
#include "tests/history/writers.h"
#include "tests/tools/ledger_writer.h"

/* What happens by chance, but for the first time always: so that a short history has it, too. */
enum first {
    FIRST_REFUSAL,
    FIRST_EXTENSION,
    FIRST_REVOCATION,
    FIRST_EMERGENCY,
    FIRST_LATER_RETENTION,
    FIRST_REVERSAL,
    FIRST_DEMAND,
    FIRST_OF_STREAMS,
    FIRSTS
};

struct history {
    struct plan plan;
    bool had[FIRSTS];
    struct random random;   /* of what is lawful */
    struct random mischief; /* of what is seeded in, so that the rest stays as it was */
    struct random salts;
    struct events events;
    uint64_t now_ms;

    struct ledger_writer *ledger; /* owned */
    struct secret *root, *log;    /* owned */
    struct writer writers[WRITERS];
    struct buf roster_notes[ROSTERS]; /* signed */
    struct hash roster_hashes[ROSTERS];
    uint64_t records; /* in the ledger, or in a writer's batch */

    struct unit *units; /* owned */
    size_t unit_count;
    struct pool pool; /* selected data sets that may be used */
    struct access_control access;

    /* Numbers for ids. */
    unsigned approvals, emergencies, streams, products, provisions, demands, denials, batches;

    struct buf kept_checkpoint, old_checkpoint; /* six hours old at most, at least */
    uint64_t checkpoint_kept_ms;
    struct buf spare_checkpoint; /* of near_clock.c */

    struct keep *kept; /* owned: what the acts and events to come refer to */

    struct blank {
        bool known;
        uint64_t index, position;
        bool ordered;
    } blank; /* the record that the committee orders to be erased */

    struct violations violations;
    struct answers answers;
};

/* An act is to happen at its time. The act is copied. */
void history_put(struct history *h, const struct act *a);

/* Zeroed memory that lasts until it is given back, or until the end of the history. */
void *history_new(struct history *h, size_t bytes);
void history_delete(struct history *h, void *p);

/* Whether it is the first time, or chance has it (per mille). */
bool history_chance(struct history *h, enum first what, unsigned per_mille);

/* Makes all of it in `folder`, which must exist. */
void history_make(struct history *h, const char *folder);
void history_destroy(struct history *h);

#endif
