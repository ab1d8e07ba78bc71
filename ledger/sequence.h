/*
 * The one thread that gives entries their places. Whatever waits when the last commit
 * ended is the next group. Only while more stands before the workers than has come from them
 * is a small group held back, and no longer than SEQUENCE_GATHER_MS: a commit costs as much
 * for one entry as for several, and the processor's time is what the workers need.
 */
#ifndef KEIIN_LEDGER_SEQUENCE_H
#define KEIIN_LEDGER_SEQUENCE_H

#include "ledger/ledger.h"

#define SEQUENCE_GATHER_ENTRIES 128 /* a group of so many is never held back */
#define SEQUENCE_GATHER_MS 10

/* Any thread: valid jobs, in order; `coming` more wait for a worker. Takes the list. */
void sequence_put(struct ledger *ledger, struct job_list *jobs, size_t coming);

/* The thread's function; `ledger` is its argument. It does no more than these steps: */
void *sequence_thread(void *ledger);

struct sequencer;

/* KEIIN_ENOMEM. */
int sequence_new(struct ledger *ledger, struct sequencer **out) KEIIN_MUST_USE;
/* Takes what waits as the next group; when there is nothing: waits, or says false. */
bool sequence_take(struct sequencer *s, bool wait);
/* Gives the group its places and commits it. After a failure of this or the next: sequence_fail. */
int sequence_store(struct sequencer *s) KEIIN_MUST_USE;
/* Hands the group to the loop, with its answers. */
int sequence_publish(struct sequencer *s) KEIIN_MUST_USE;
/* Says why nothing goes on; nobody can be told what became of the group. */
void sequence_fail(struct sequencer *s, int err);
void sequence_free(struct sequencer *s); /* NULL is fine */

#endif
