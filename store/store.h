/*
 * What the ledger asks of a store: tables of ordered keys, and transactions that become
 * durable whole or not at all. store/lmdb.h is the real one; tests put others in its
 * place (one that fails on purpose, one in memory).
 *
 * A transaction belongs to the thread that began it. One write transaction at a time;
 * any number of read transactions beside it, each seeing the last commit before its
 * begin. The bytes that a callback is shown belong to the store and are gone when the
 * callback returns; nothing else hands out the store's memory.
 */
#ifndef KEIIN_STORE_STORE_H
#define KEIIN_STORE_STORE_H

#include "core/bytes.h"

#define STORE_TABLES_MAX 16

/* Keys are at most 511 bytes, or one uint64_t in the machine's order where `integer_keys`. */
struct store_table {
    const char *name;
    bool integer_keys;
};

/* Shown a value; returns 0 to go on, anything else to stop: the caller gets that back. */
typedef int store_see_fn(void *ctx, struct span key, struct span value);
/* Fills all `n` bytes of a value that was reserved. */
typedef void store_fill_fn(void *ctx, uint8_t *to, size_t n);

/* Put behind every key that is there: faster, and KEIIN_EEXIST when it is not behind. */
#define STORE_APPEND 1u
/* Never replace: KEIIN_EEXIST. */
#define STORE_NEW 2u

struct store_ops {
    int (*begin_read)(void *ctx, void **txn);
    void (*end_read)(void *ctx, void *txn);
    int (*begin_write)(void *ctx, void **txn);
    /* The transaction is gone whatever comes back. After KEIIN_EIO its outcome is unknown. */
    int (*commit)(void *ctx, void *txn);
    void (*abort)(void *ctx, void *txn);
    int (*see)(
        void *ctx, void *txn, unsigned table, struct span key, store_see_fn *see, void *see_ctx);
    int (*walk)(
        void *ctx, void *txn, unsigned table, struct span from, store_see_fn *see, void *see_ctx);
    int (*last)(void *ctx, void *txn, unsigned table, store_see_fn *see, void *see_ctx);
    int (*put)(void *ctx, void *txn, unsigned table, struct span key, size_t value_bytes,
        unsigned flags, store_fill_fn *fill, void *fill_ctx);
    int (*remove)(void *ctx, void *txn, unsigned table, struct span key);
    int (*room)(void *ctx, void *txn, uint64_t bytes);
    uint64_t (*used_bytes)(void *ctx);
    void (*close)(void *ctx);
};

struct store {
    const struct store_ops *ops;
    void *ctx;
};

struct store_txn {
    const struct store *store;
    bool write;
    void *handle; /* NULL when there is none */
};

/* KEIIN_ENOMEM, KEIIN_EBUSY (too many readers), KEIIN_EIO, KEIIN_EDAMAGED. */
int store_begin(const struct store *store, bool write, struct store_txn *out) KEIIN_MUST_USE;
/* KEIIN_EIO: the outcome is unknown. KEIIN_EFULL, KEIIN_EDAMAGED: nothing was stored. */
int store_commit(struct store_txn *txn) KEIIN_MUST_USE;
/* Gives a transaction back, or does nothing when there is none. */
void store_abort(struct store_txn *txn);

/* Shows the value of a key. KEIIN_EABSENT, KEIIN_EDAMAGED, or what `see` returned. */
int store_see(const struct store_txn *txn, unsigned table, struct span key, store_see_fn *see,
    void *see_ctx) KEIIN_MUST_USE;
/* Shows every key from `from` on (from the first when it is empty), ascending. */
int store_walk(const struct store_txn *txn, unsigned table, struct span from, store_see_fn *see,
    void *see_ctx) KEIIN_MUST_USE;
/* Shows the greatest key. KEIIN_EABSENT when the table is empty. */
int store_last(
    const struct store_txn *txn, unsigned table, store_see_fn *see, void *see_ctx) KEIIN_MUST_USE;

/* Copies a value of exactly n bytes. KEIIN_EABSENT; KEIIN_EDAMAGED when its length is another. */
int store_get(const struct store_txn *txn, unsigned table, struct span key, void *out,
    size_t n) KEIIN_MUST_USE;
/* Appends a value to a buffer, whose own failure is returned too. KEIIN_EABSENT. */
int store_get_buf(
    const struct store_txn *txn, unsigned table, struct span key, struct buf *out) KEIIN_MUST_USE;

/* KEIIN_EFULL (abort then), KEIIN_EEXIST, KEIIN_ENOMEM, KEIIN_EIO, KEIIN_EDAMAGED. */
int store_put(const struct store_txn *txn, unsigned table, struct span key, struct span value,
    unsigned flags) KEIIN_MUST_USE;
/* The same for a value that `fill` writes in its place. */
int store_put_filled(const struct store_txn *txn, unsigned table, struct span key, size_t n,
    unsigned flags, store_fill_fn *fill, void *fill_ctx) KEIIN_MUST_USE;
/* KEIIN_EABSENT when there is no such key. */
int store_remove(const struct store_txn *txn, unsigned table, struct span key) KEIIN_MUST_USE;

/*
 * Makes sure, before a commit, that the disk has room for `bytes` more than now, so that
 * a full disk is found while nothing is at stake. KEIIN_EFULL, KEIIN_EIO.
 */
int store_room(const struct store_txn *txn, uint64_t bytes) KEIIN_MUST_USE;

uint64_t store_used_bytes(const struct store *store); /* of the map, by the last commit */
void store_close(struct store *store);

static inline struct span store_key(const uint64_t *key)
{
    return span_of(key, sizeof *key);
}

#endif
