/*
 * What can be said of a submission without the ledger's state: is it canonical, is its key
 * known, is its signature valid. Pure; any thread.
 */
#ifndef KEIIN_LEDGER_VALIDATE_H
#define KEIIN_LEDGER_VALIDATE_H

#include "ledger/job.h"

/*
 * Parses the job's body and verifies its signature against the book it holds. Afterwards
 * either job->refused says why not, or submission, writer and `after` are set.
 */
void validate_job(struct job *job, const struct hash *ledger_id);

/* Takes a roster's note apart into job->note and job->roster; leaves the reason in job->why. */
int validate_roster(struct job *job) KEIIN_MUST_USE;

#endif
