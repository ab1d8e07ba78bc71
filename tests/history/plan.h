/* How much of what: from the number of records that were asked for. */
#ifndef KEIIN_TESTS_HISTORY_PLAN_H
#define KEIIN_TESTS_HISTORY_PLAN_H

#include <stdint.h>

#define PLAN_RECORDS_MIN 10000
#define PLAN_RECORDS_MAX 20000000
#define PLAN_DAYS_MIN 40 /* so that what is due in 30 days can be missed */
#define PLAN_DAYS_MAX 365

struct plan {
    uint64_t seed, records;
    unsigned days;
    uint64_t start_ms, end_ms;
    uint64_t term_ms; /* how long an approval holds at first */
    uint64_t retention_ms; /* how long what was selected is kept at first */
    unsigned streams; /* of collection, at a time */
    uint64_t batch_every_ms; /* of a stream */
    unsigned units; /* of an agency, the watch not counted */
    unsigned sessions; /* of a unit in an hour, at least; at most half as many more */
    unsigned people; /* of a unit */
    unsigned cases; /* of a unit, at a time */
};

/* `days` 0: twelve months, or as many days as leave half of the records for other things than
 * heartbeats. */
void plan_make(struct plan *plan, uint64_t seed, uint64_t records, unsigned days);

#endif
