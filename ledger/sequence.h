/*
 * The one thread that gives entries their places. Whatever waits when the last commit
 * ended is the next group; nothing is held back to make a group larger.
 */
#ifndef KEIIN_LEDGER_SEQUENCE_H
#define KEIIN_LEDGER_SEQUENCE_H

#include "ledger/ledger.h"

/* Any thread: valid jobs, in order. Takes the list. */
void sequence_put(struct ledger *ledger, struct job_list *jobs);

/* The thread's function; `ledger` is its argument. */
void *sequence_thread(void *ledger);

#endif
