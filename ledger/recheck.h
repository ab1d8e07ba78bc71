/*
 * Holds stored entries against what SPEC.md says of them, one after the other: for
 * start-up (the newest) and for `keiin-ledger check` (all). One thread.
 */
#ifndef KEIIN_LEDGER_RECHECK_H
#define KEIIN_LEDGER_RECHECK_H

#include "core/entry.h"
#include "ledger/heads.h"

struct recheck {
    const struct store_txn *txn;
    struct hash ledger_id;
    const struct book *book; /* keys that are known at this place; the caller may change it */
    uint64_t index; /* the next entry */
    struct hash prev; /* that it must have */
    uint64_t received; /* of the one before */
    struct buf bytes, records;
    /* Of the entry that was checked last. */
    struct entry entry; /* borrows from `bytes` */
    struct hash leaf;
    const struct book_key *key; /* NULL when no signature verifies */
    struct hash after; /* the writer's head after it */
};

/* Begins with entry `index`. KEIIN_EDAMAGED when the hash before it is not there. */
int recheck_start(struct recheck *r, const struct store_txn *txn, const struct hash *ledger_id,
    const struct book *book, uint64_t index) KEIIN_MUST_USE;
void recheck_end(struct recheck *r);

/*
 * Checks the next entry: form, `prev`, `received`, its hash in the tree, signature by a
 * known key, link, records. KEIIN_EDAMAGED with the reason; the next call goes on behind it.
 */
int recheck_entry(struct recheck *r, struct why *why) KEIIN_MUST_USE;

/* An error that says nothing about what is stored: no finding, and no verdict either. */
bool recheck_cannot_tell(int err);

#endif
