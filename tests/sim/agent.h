/*
 * An agency's machine: a program on libkeiin in a fiber, its folder on a disk in memory. It has
 * records to send, numbered from 1 on, and goes on behind its mark whenever it starts.
 */
#ifndef KEIIN_TESTS_SIM_AGENT_H
#define KEIIN_TESTS_SIM_AGENT_H

#include "tests/sim/sim.h"

struct agent *agent_new(struct sim *sim, unsigned number);
void agent_free(struct agent *a);

/* Starts, kills, restores: what the plan has. */
void agent_faults(struct agent *a);
/* From now on nothing fails, and it must come to its end. */
void agent_heal(struct agent *a);
/* All its records are in the ledger and checked; or its name is used up, since it was restored. */
bool agent_is_done(const struct agent *a);
const char *agent_state(const struct agent *a); /* for people */
/* More to send. */
void agent_give(struct agent *a, unsigned records);
/* It must have noticed that the ledger is not what it was, where it can. */
void agent_check_rollback(struct agent *a);
/* What it has, held against the ledger. */
void agent_finish(struct agent *a);
void agent_end(struct agent *a); /* ends its fiber */

#endif
