/*
 * Submissions that wait for a worker: a lane for each writer, and one for all whose key
 * no roster listed. Workers take from the lanes in turn, so that a flood in one writer's
 * name delays that writer alone; what is found valid goes on in the order in which it came
 * in its lane, so that a writer's second submission waits for its first.
 */
#ifndef KEIIN_LEDGER_LANES_H
#define KEIIN_LEDGER_LANES_H

#include "ledger/job.h"
#include "ledger/quota.h"

#define LANE_UNKNOWN UINT32_MAX

struct lanes;

/* KEIIN_ENOMEM. `queue_max` bounds the jobs in one lane. */
int lanes_new(size_t queue_max, size_t workers, struct lanes **out) KEIIN_MUST_USE;
void lanes_free(struct lanes *lanes); /* once the workers are gone; frees what waits */

/* Any thread. KEIIN_EBUSY when the lane is full, KEIIN_ENOMEM; then the job stays the caller's. */
int lanes_put(struct lanes *lanes, uint32_t writer, struct job *job) KEIIN_MUST_USE;

/* What a worker takes at once, at most. */
#define LANES_TAKE_MAX 8

/*
 * A worker: takes a fair part of the jobs that wait, each from another lane or behind the
 * one before. When there is none: waits, or gives 0. 0 once lanes_stop was called.
 */
size_t lanes_take(struct lanes *lanes, bool wait, struct job *jobs[static LANES_TAKE_MAX]);
/*
 * A worker: these jobs are done. A refused one leaves its lane and is the caller's (`refused`
 * gets it); what now stands in front and is valid goes to `valid`, in order. Says how many
 * still wait for a worker.
 */
size_t lanes_done(struct lanes *lanes, struct job *const *jobs, size_t count,
    struct job_list *valid, struct job_list *refused);
void lanes_stop(struct lanes *lanes);

/* The quota of a writer, the loop's thread only; NULL without memory. */
struct quota *lanes_quota(struct lanes *lanes, uint32_t writer);

#endif
