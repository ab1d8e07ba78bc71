/* Rosters in the store, and what this server asks of one beyond SPEC.md section 7. */
#ifndef KEIIN_LEDGER_ROSTERS_H
#define KEIIN_LEDGER_ROSTERS_H

#include "core/keyfile.h"
#include "core/roster.h"
#include "ledger/edge.h"
#include "ledger/tables.h"

/* KEIIN_EEXIST when that serial is there. */
int rosters_put(
    const struct store_txn *txn, const struct roster *roster, struct span note) KEIIN_MUST_USE;
/* Makes and stores roster/<serial>.tlog-proof: entry `index` in the checkpoint of the edge's size. */
int rosters_put_proof(const struct store_txn *txn, struct edge *edge, uint64_t serial,
    uint64_t index, struct span checkpoint) KEIIN_MUST_USE;

/* Appends the note, or the proof, of a serial. KEIIN_EABSENT. */
int rosters_get(const struct store_txn *txn, uint64_t serial, struct buf *out) KEIIN_MUST_USE;
int rosters_get_proof(const struct store_txn *txn, uint64_t serial, struct buf *out) KEIIN_MUST_USE;
/* Their lengths, and a piece of them: `offset` + n is at most that. KEIIN_EABSENT, KEIIN_EDAMAGED. */
int rosters_bytes(
    const struct store_txn *txn, uint64_t serial, bool proof, uint64_t *bytes) KEIIN_MUST_USE;
int rosters_read(const struct store_txn *txn, uint64_t serial, bool proof, uint64_t offset,
    uint8_t *out, size_t n) KEIIN_MUST_USE;
/* The greatest serial. KEIIN_EABSENT. */
int rosters_last(const struct store_txn *txn, uint64_t *serial) KEIIN_MUST_USE;

/* Whether checkpoints by this key count under a roster. */
bool rosters_list_log(const struct roster *roster, const struct keyfile *log_key);
/*
 * Whether this server can work under a roster: no quorum asked for, its log key listed.
 * KEIIN_EREFUSED with the reason.
 */
int rosters_accept(
    const struct roster *roster, const struct keyfile *log_key, struct why *why) KEIIN_MUST_USE;

#endif
