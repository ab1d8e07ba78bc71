/*
 * Extends a restored store by the entries that a mirror or receipts hold, exactly as they were:
 * same places, same bytes. Nothing is stored before all of it is known to lead to roots that
 * this log signed; then it is placed and committed like submissions, group by group, so that
 * an interruption leaves a shorter ledger that is sound. One thread, which alone writes the store.
 */
#ifndef KEIIN_LEDGER_EXTEND_H
#define KEIIN_LEDGER_EXTEND_H

#include "ledger/commit.h"
#include "ledger/known.h"

struct extension {
    struct ledger *shell; /* state, store, configuration and keys; nothing of it runs */
    struct ledger *served; /* shown each step; may be NULL */
    const struct known *known; /* sorted */
    bool without_records; /* take entries over whose records nobody has */
    uint64_t records_lost; /* of the entries that were taken over so */
    struct group *group;
    struct source *second; /* the mirror once more: rosters are asked for between its records */
    struct buf bytes, records;
    struct hash *runs; /* of the walk: what each bundle's leaves hash to */
    const struct known_checkpoint *conflict; /* the one that cannot be true together with ours */
};

/*
 * Holds all known checkpoints up to the store's size against its tree, and such of one size
 * against each other. KEIIN_EMISMATCH: this log has signed two histories, x->conflict is one
 * that is not the store's.
 */
int extend_compare(struct extension *x) KEIIN_MUST_USE;

/*
 * From a mirror, up to one of its checkpoints. KEIIN_EMISMATCH as above, nothing stored.
 * KEIIN_EUNREADABLE: this source cannot give what it should, with the reason; what was taken over
 * until then stays. KEIIN_EIO: stop the process. KEIIN_EFULL, KEIIN_ENOMEM, KEIIN_EDAMAGED: ours.
 */
int extend_from_mirror(struct extension *x, struct source *source, uint64_t size,
    const struct hash *root, struct why *why) KEIIN_MUST_USE;

/*
 * From receipts, as far as they follow on the last entry without a gap; their records are not
 * in them. Same errors.
 */
int extend_from_receipts(struct extension *x, struct why *why) KEIIN_MUST_USE;

/*
 * The last step: one record of the operator's, and in the same commit the mark of a restored copy
 * goes. Afterwards the ledger may take submissions. KEIIN_EREFUSED with the reason.
 */
int extend_finish(struct extension *x, struct span record, struct why *why) KEIIN_MUST_USE;

/* The shell's state as the store has it; judged by the roster in force. */
int extend_reload(struct extension *x, struct why *why) KEIIN_MUST_USE;

#endif
