#include "ledger/tables.h"

const struct store_table *tables_all(void)
{
    static struct store_table all[TABLE_COUNT] = {
        [TABLE_STATE] = {NULL, false},
        [TABLE_HEADS] = {"heads", false},
        [TABLE_LINKS] = {"links", true},
        [TABLE_KEYS] = {"keys", false},
        [TABLE_ROSTERS] = {"rosters", true},
        [TABLE_ROSTER_PROOFS] = {"roster_proofs", true},
        [TABLE_EVIDENCE] = {"evidence", false},
    };

    memcpy(all, log_tables, sizeof log_tables);
    return all;
}

int tables_checkpoint(const struct store_txn *txn, struct buf *out)
{
    return store_get_buf(txn, TABLE_STATE, span_str(CHECKPOINT_KEY), out);
}

int tables_put_checkpoint(const struct store_txn *txn, struct span note)
{
    return store_put(txn, TABLE_STATE, span_str(CHECKPOINT_KEY), note, 0);
}
