/* The visible head moves, and the answers of a group go out. Recovery ends in the same step. */
#ifndef KEIIN_LEDGER_PUBLISH_H
#define KEIIN_LEDGER_PUBLISH_H

#include "ledger/ledger.h"

/*
 * The sequencer, after a commit: writes each job's answer and hands jobs and checkpoint to
 * the loop. Takes the jobs, unless it fails.
 */
int publish_group(struct ledger *ledger, struct job_list *jobs) KEIIN_MUST_USE;
/* A worker: jobs that are refused. Takes the list. */
void publish_refused(struct ledger *ledger, struct job_list *jobs);
/* The sequencer: nothing goes on. */
void publish_fatal(struct ledger *ledger, const struct why *why);

/* The one thread that writes the store while the sequencer has nothing to do: a state to be seen. */
int publish_state(struct ledger *ledger, const struct state *state) KEIIN_MUST_USE;

/* The state as it is to be seen; at start, and by publish_group. KEIIN_ENOMEM. */
int published_of(const struct state *state, struct published *out) KEIIN_MUST_USE;
void published_destroy(struct published *published);

/*
 * The loop, when it was woken: takes over what was handed, answers, frees. True when the
 * server must stop, with the reason in `why`.
 */
bool publish_run(struct ledger *ledger, struct why *why);

#endif
