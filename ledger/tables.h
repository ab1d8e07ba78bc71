/*
 * The tables of a ledger's store. The first are the log table's (store/logtable.h).
 *
 *   state         "checkpoint"                     newest signed checkpoint, a note
 *                 "instance"                       token of the last start (ledger/instance.h)
 *                 "restored"                       only in a restored copy: the mark
 *   heads         H(name)                          number (8), head (32), entry index (8)
 *   links         entry index                      back along the writer's chain (ledger/heads.h)
 *   keys          H(type || key), H(name)          public key (32), name: every pair ever listed
 *   rosters       serial                           the roster, a note
 *   roster_proofs serial                           roster/<serial>.tlog-proof
 *   evidence      H(name), number (8), head (32)   two notes of one writer for one number
 *
 * Numbers in values and compound keys are big-endian. `state` is LMDB's unnamed table:
 * every commit writes that page in any case.
 */
#ifndef KEIIN_LEDGER_TABLES_H
#define KEIIN_LEDGER_TABLES_H

#include "store/logtable.h"

enum {
    TABLE_STATE = LOG_TABLES,
    TABLE_HEADS,
    TABLE_LINKS,
    TABLE_KEYS,
    TABLE_ROSTERS,
    TABLE_ROSTER_PROOFS,
    TABLE_EVIDENCE,
    TABLE_COUNT
};

#define CHECKPOINT_KEY "checkpoint"

/* All tables, for store_lmdb_open. Filled on the first call, before there are other threads. */
const struct store_table *tables_all(void);

/* The newest checkpoint, appended. KEIIN_EABSENT in a store that was never initialised. */
int tables_checkpoint(const struct store_txn *txn, struct buf *out) KEIIN_MUST_USE;
int tables_put_checkpoint(const struct store_txn *txn, struct span note) KEIIN_MUST_USE;

#endif
