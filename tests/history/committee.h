/* The committee at work: inspections, what it demands and recommends, and what it is answered. */
#ifndef KEIIN_TESTS_HISTORY_COMMITTEE_H
#define KEIIN_TESTS_HISTORY_COMMITTEE_H

#include "tests/history/act.h"
#include "tests/history/agencies.h"

struct history;

void committee_start(struct history *h);
/* A demand or recommendation to an agency, and its answer; not yet put. */
void committee_demand(
    struct act *a, uint64_t when_ms, const char *action, enum writer_id to, const char *ref);
void committee_response(struct act *a, uint64_t when_ms, enum writer_id from, const char *ref);

#endif
