/*
 * Access: cases, each under an approval, and the people who work on them, by unit, shift and
 * hour. In an hour a person sits at one session of a few queries, views and exports.
 */
#ifndef KEIIN_TESTS_HISTORY_ACCESS_H
#define KEIIN_TESTS_HISTORY_ACCESS_H

#include "tests/history/approvals.h"

/* A case: what a unit may work on, under one approval. */
struct use_case {
    struct approval approval;
    struct unit *unit;
    /* Where the approval names data sets: until when they may be used. */
    uint64_t set_from_ms[APPROVAL_DATASETS_MAX], set_until_ms[APPROVAL_DATASETS_MAX];
    unsigned slot; /* in the unit's list; only when open */
    bool open;
};

struct access_control {
    unsigned per_mille; /* of a unit's hours in which someone is at work */
    uint64_t session_records;
    uint64_t sessions;
};

struct history;
/* Cases are asked for, and work begins on the fourth day. */
void access_start(struct history *h);
/* The units of a writer ask for their cases. */
void access_begin(struct history *h, enum writer_id writer);

/* Who, where and for what. */
struct seat {
    enum writer_id writer;
    const char *actor, *unit, *authority, *purpose;
    bool emergency;
};
/* A query, view or export by someone there, without data set and count; not yet put. */
void access_act(struct random *random, struct act *a, const struct seat *seat, uint64_t when_ms,
    const char *action);
/*
 * A session in the hour that begins now: three to seven accesses to data sets of the case,
 * counting 200 to 400 items together. False when there is nothing to work on.
 */
bool access_session(struct history *h, struct use_case *c, const char *actor, bool emergency);
/* Someone of the unit who is not at work in this hour; NULL when all are. */
struct person *access_person(struct history *h, struct unit *unit);

#endif
