/*
 * Whether the clock can be believed. It cannot when wall clock and monotonic clock have
 * parted by more than a minute since the start, or when the wall clock is more than a
 * second behind the last `received` (less is bridged: `received` never goes back). Then
 * nothing new is stored for a minute, in which it may come right; after that the server
 * stops. Pure but for the clock it is given; the sequencer's.
 */
#ifndef KEIIN_LEDGER_CLOCKWATCH_H
#define KEIIN_LEDGER_CLOCKWATCH_H

#include "ledger/ledger.h"

void clockwatch_start(struct clockwatch *watch, const struct keiin_clock *clock);
/*
 * *now_ms is the time of the next entry. KEIIN_EBUSY while the clock is wrong for less than a
 * minute; KEIIN_EREFUSED when it is for longer; the reason is in `why`.
 */
int clockwatch_now(struct clockwatch *watch, uint64_t last_received, uint64_t *now_ms,
    struct why *why) KEIIN_MUST_USE;

#endif
