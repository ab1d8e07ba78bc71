/*
 * What the commands that take records away share: the time that is asked for, and the audit's
 * verdict in a line beside what they write.
 */
#ifndef KEIIN_VERIFIER_TAKEN_H
#define KEIIN_VERIFIER_TAKEN_H

#include "verifier/check/audit.h"
#include "verifier/verify/options.h"

/* From one instant up to, and without, another, by the ledger's clock: when it received an entry. */
struct taken_time {
    uint64_t from, to; /* ms */
    bool has_from, has_to;
};
#define TAKEN_TIME_OPTIONS(t)                                                                      \
    OPTION("from", .time_ms = &(t)->from, .given = &(t)->has_from),                                \
        OPTION("to", .time_ms = &(t)->to, .given = &(t)->has_to)

/* 0, or the exit status after a line was printed: nothing is before and behind. */
int taken_time_check(const struct taken_time *t);
bool taken_time_has(const struct taken_time *t, uint64_t received);

/* How the audit ended, in a line on stderr. */
void taken_say_verdict(const struct audit_result *r);
/* The exit status of a verdict. */
int taken_status(const struct audit_result *r);

#endif
