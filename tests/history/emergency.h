/*
 * Emergencies: use before approval, ratified in time; and the rare one that is refused, after
 * which everything that was touched under it is erased.
 */
#ifndef KEIIN_TESTS_HISTORY_EMERGENCY_H
#define KEIIN_TESTS_HISTORY_EMERGENCY_H

#include "tests/history/access.h"

/* The case is worked on from the next hour, and approved afterwards. */
void emergency_begin(struct history *h, struct use_case *c);
/* Emergencies that are refused, at times of their own. */
void emergency_start(struct history *h);

/* The committee's record that one has begun or ended; not yet put. */
void emergency_act(
    struct act *a, uint64_t when_ms, const char *action, const char *id, uint64_t ratify_by_ms);

#endif
