#include "ledger/rosters.h"

#include "core/proof.h"

int rosters_put(const struct store_txn *txn, const struct roster *roster, struct span note)
{
    return store_put(txn, TABLE_ROSTERS, store_key(&roster->serial), note, STORE_NEW);
}

int rosters_put_proof(const struct store_txn *txn, struct edge *edge, uint64_t serial,
    uint64_t index, struct span checkpoint)
{
    struct proof_extra extra = {.has_record = false};
    struct hash hashes[PROOF_HASHES_MAX];
    struct buf entry, extra_bytes, proof;
    size_t count = 0;
    int err;

    buf_init(&entry, ENTRY_BYTES_MAX);
    buf_init(&extra_bytes, PROOF_EXTRA_BYTES_MAX);
    buf_init(&proof, PROOF_BYTES_MAX);
    err = log_entry(txn, index, &entry);
    if (err == 0)
        err = edge_prove(edge, txn, index, hashes, &count);
    if (err != 0)
        goto out;
    extra.entry = buf_view(&entry);
    proof_extra_write(&extra_bytes, &extra);
    proof_write(&proof, buf_view(&extra_bytes), index, hashes, count, checkpoint);
    err = buf_status(&extra_bytes);
    if (err == 0)
        err = buf_status(&proof);
    if (err == 0)
        err = store_put(txn, TABLE_ROSTER_PROOFS, store_key(&serial), buf_view(&proof), STORE_NEW);
out:
    buf_destroy(&entry);
    buf_destroy(&extra_bytes);
    buf_destroy(&proof);
    return err;
}

int rosters_get(const struct store_txn *txn, uint64_t serial, struct buf *out)
{
    return store_get_buf(txn, TABLE_ROSTERS, store_key(&serial), out);
}

int rosters_get_proof(const struct store_txn *txn, uint64_t serial, struct buf *out)
{
    return store_get_buf(txn, TABLE_ROSTER_PROOFS, store_key(&serial), out);
}

static int see_bytes(void *ctx, struct span key, struct span value)
{
    uint64_t *bytes = ctx;

    (void)key;
    *bytes = value.n;
    return 0;
}

int rosters_bytes(const struct store_txn *txn, uint64_t serial, bool proof, uint64_t *bytes)
{
    return store_see(
        txn, proof ? TABLE_ROSTER_PROOFS : TABLE_ROSTERS, store_key(&serial), see_bytes, bytes);
}

struct piece {
    uint64_t offset;
    uint8_t *out;
    size_t n;
};

static int see_piece(void *ctx, struct span key, struct span value)
{
    const struct piece *piece = ctx;

    (void)key;
    if (piece->offset > value.n || piece->n > value.n - piece->offset)
        return KEIIN_EDAMAGED;
    memcpy(piece->out, value.p + piece->offset, piece->n);
    return 0;
}

int rosters_read(const struct store_txn *txn, uint64_t serial, bool proof, uint64_t offset,
    uint8_t *out, size_t n)
{
    struct piece piece = {offset, out, n};

    return store_see(
        txn, proof ? TABLE_ROSTER_PROOFS : TABLE_ROSTERS, store_key(&serial), see_piece, &piece);
}

static int see_serial(void *ctx, struct span key, struct span value)
{
    (void)value;
    if (key.n != sizeof(uint64_t))
        return KEIIN_EDAMAGED;
    memcpy(ctx, key.p, sizeof(uint64_t));
    return 0;
}

int rosters_last(const struct store_txn *txn, uint64_t *serial)
{
    return store_last(txn, TABLE_ROSTERS, see_serial, serial);
}

bool rosters_list_log(const struct roster *roster, const struct keyfile *log_key)
{
    const uint8_t *key = secret_public(log_key->secret);

    for (size_t i = 0; i < roster->log_count; i++)
        if (memcmp(roster->logs[i].key.key, key, ED25519_KEY_BYTES) == 0)
            return true;
    return false;
}

int rosters_accept(const struct roster *roster, const struct keyfile *log_key, struct why *why)
{
    if (roster->quorum != ROSTER_QUORUM_NONE) {
        why_set(why, "the roster asks for a quorum of witnesses, which this version cannot "
                     "gather; its last policy line must be \"quorum none\"");
        return KEIIN_EREFUSED;
    }
    if (rosters_list_log(roster, log_key))
        return 0;
    why_set(why,
        "the roster does not list the key that this ledger signs checkpoints with "
        "(log_key); a new key takes over while a roster lists both: hand that over, change "
        "log_key, start again, and then leave out the old one (operator's handbook, \"New "
        "log key\")");
    return KEIIN_EREFUSED;
}
