/*
 * Who there is: the writers with their keys and clocks, the rosters that list them, and the
 * units and people behind them.
 */
#ifndef KEIIN_TESTS_HISTORY_AGENCIES_H
#define KEIIN_TESTS_HISTORY_AGENCIES_H

#include "core/ed25519.h"
#include "core/roster.h"

enum writer_id {
    W_OPERATOR,
    W_COMMITTEE,
    W_COLLECTION, /* the office that receives and selects */
    W_NCO,        /* the cybersecurity office, whose watch works through the night */
    W_NPA,        /* police */
    W_MOD,        /* ministry of defence */
    W_SDF,        /* self-defence forces */
    W_NPA_WEST,   /* listed later */
    WRITERS
};

#define WRITER_KEYS_MAX 2

/* Serial 1 lists a second key of W_NCO; serial 2 W_NPA_WEST. */
#define ROSTERS 3

struct agency {
    const char *name, *organisation;
    enum role role;
    int64_t clock_ms; /* how much its clock is fast (or, below 0, slow): steady, within 2 min */
    uint64_t batch_ms; /* its client sends what has waited so long */
};
extern const struct agency agencies[WRITERS];

/* Hours in which someone, or a unit, was at work: the last of them, in a ring. */
#define HOURS_KEPT 12
struct hours {
    uint64_t last[HOURS_KEPT]; /* numbers of hours since 1970 */
    unsigned count;
};
void hours_add(struct hours *hours, uint64_t hour);
/* Whether there were HOURS_KEPT different ones since `hour`. */
bool hours_full_since(const struct hours *hours, uint64_t hour);
/* The last one; 0 when there was none. */
uint64_t hours_last(const struct hours *hours);

struct person {
    char id[16];
    struct hours hours;
    uint64_t away_until_ms; /* not at work before */
};

struct use_case;

struct unit {
    char name[24];
    enum writer_id writer;
    bool watch; /* at work round the clock */
    struct person *people; /* owned */
    size_t people_count;
    struct hours hours;
    struct use_case **cases; /* owned; open ones */
    size_t case_count, case_room;
};

struct history;
/* Keys from the seed, writers, rosters as signed notes, units and people. */
void agencies_make(struct history *h);
void agencies_destroy(struct history *h);
/* Writes "<folder>.keys", all public keys, and "<folder>.roster", the trusted one. */
void agencies_publish_keys(const struct history *h, const char *folder);

#endif
