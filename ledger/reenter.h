/*
 * One entry that was in this ledger before, placed again: held against everything that it was held
 * against when it first came, and then given its place by the same code. For ledger/extend.c.
 */
#ifndef KEIIN_LEDGER_REENTER_H
#define KEIIN_LEDGER_REENTER_H

#include "ledger/extend.h"

/*
 * Places an entry into x->group; its records are in x->records, or nobody has them; the roster that
 * it brings is asked of `source` (NULL: there is none). KEIIN_EUNREADABLE: not what the source
 * should give, with the reason; other errors as group_place.
 */
int reenter(
    struct extension *x, struct source *source, struct span bytes, struct why *why) KEIIN_MUST_USE;

/* A job of the operator's own record for the next place. KEIIN_EREFUSED with a reason, KEIIN_ENOMEM. */
int reenter_own(
    struct extension *x, struct span record, struct job **out, struct why *why) KEIIN_MUST_USE;

#endif
