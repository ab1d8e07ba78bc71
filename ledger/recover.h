/*
 * Start-up: finds the true state of a store, and refuses one that contradicts itself, the
 * configuration or the keys.
 */
#ifndef KEIIN_LEDGER_RECOVER_H
#define KEIIN_LEDGER_RECOVER_H

#include "ledger/ledger.h"

/*
 * Loads the state after the last entry: checkpoint, roster, book, heads, right edge. Holds the
 * checkpoint against the log key, the origin and the size of each table, the edge against
 * its root. KEIIN_EMISMATCH (another origin or key), KEIIN_EDAMAGED, KEIIN_EABSENT (never
 * initialised), KEIIN_ENOMEM; the reason and what to do in `why`. Of a `restored` ledger the
 * checkpoint may be by any log key of the roster in force, or by `log_key` (which may be NULL)
 * before a roster that lists it was taken over. `book` is what the store's keys
 * were found to be before, so that writers keep their numbers; NULL: it is loaded.
 */
int recover_load(const struct store *store, const struct config *config,
    const struct keyfile *log_key, bool restored, struct book *book, struct state *out,
    struct why *why) KEIIN_MUST_USE;
void state_destroy(struct state *state);

/*
 * Re-verifies the newest bundles against the state: entries are well formed, hash to the
 * tree, are chained and signed, their records fit, and the heads of their writers are
 * those of the store. Same errors.
 */
int recover_verify(
    const struct store *store, const struct state *state, struct why *why) KEIIN_MUST_USE;

/* Both of these: what start-up does first. */
int recover_check(const struct store *store, const struct config *config,
    const struct keyfile *log_key, bool restored, struct why *why) KEIIN_MUST_USE;

/* The sequencer, after a group was given up: the state as the store has it. */
int recover_reload(struct ledger *ledger) KEIIN_MUST_USE;

#endif
