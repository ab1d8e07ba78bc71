/*
 * Submissions that the operator itself makes: heartbeats, and the rosters that
 * `keiin-ledger roster` hands over. They get number and signature in the sequencer, so
 * that the operator's chain cannot be forked by two parties at work on it.
 */
#ifndef KEIIN_LEDGER_OWN_H
#define KEIIN_LEDGER_OWN_H

#include "ledger/ledger.h"

/* Told in the loop's thread what became of it; the job is not the callee's. */
typedef void own_finished_fn(void *ctx, const struct job *job);

/* Queues a heartbeat record with the newest checkpoint. Errors as submit_own. */
int own_heartbeat(struct ledger *ledger) KEIIN_MUST_USE;
/* Queues a roster. KEIIN_EMALFORMED when it is no note; else as submit_own. */
int own_roster(
    struct ledger *ledger, struct span note, own_finished_fn *finished, void *ctx) KEIIN_MUST_USE;
/* Whether a heartbeat is due: nothing was appended for the configured interval. */
bool own_heartbeat_due(const struct ledger *ledger);

#endif
