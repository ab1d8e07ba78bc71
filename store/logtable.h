/*
 * The log as tables of a store: entries, their records, and the hashes of the tree's
 * tiles. They are the first LOG_TABLES tables of the store, in this order.
 *
 *   entries   index                          the entry
 *   records   index                          its part of tile/records after the uint32 length;
 *                                            empty for a roster, and where all was erased
 *   hashes    (7 - level) << 56 | number     hash `number` of tile level `level` (0 to 7)
 *
 * Hashes stand one by one, so that a commit writes only those that are new; level 0 has
 * the greatest keys, so that nearly all of them are appended. All functions give
 * KEIIN_EDAMAGED for what must be there and is not.
 */
#ifndef KEIIN_STORE_LOGTABLE_H
#define KEIIN_STORE_LOGTABLE_H

#include "core/tile.h"
#include "store/store.h"

enum { LOG_ENTRIES, LOG_RECORDS, LOG_HASHES, LOG_TABLES };
extern const struct store_table log_tables[LOG_TABLES];

/* Entries that are there: the last index and one. */
int log_size(const struct store_txn *txn, uint64_t *size) KEIIN_MUST_USE;

int log_put_entry(const struct store_txn *txn, uint64_t index, struct span entry) KEIIN_MUST_USE;
int log_put_records(const struct store_txn *txn, uint64_t index, size_t n, store_fill_fn *fill,
    void *ctx) KEIIN_MUST_USE;
/* `count` hashes of one tile level, from number `first` on. */
int log_put_hashes(const struct store_txn *txn, unsigned level, uint64_t first,
    const struct hash *hashes, size_t count) KEIIN_MUST_USE;

/* Appends an entry, or the records of one, to a buffer. */
int log_entry(const struct store_txn *txn, uint64_t index, struct buf *out) KEIIN_MUST_USE;
int log_records(const struct store_txn *txn, uint64_t index, struct buf *out) KEIIN_MUST_USE;
int log_hashes(const struct store_txn *txn, unsigned level, uint64_t first, size_t count,
    struct hash *out) KEIIN_MUST_USE;

/* A bundle of entries or records that is being read in pieces. */
struct log_bundle {
    enum tile_kind kind; /* TILE_ENTRIES or TILE_RECORDS */
    uint64_t first; /* index of its first entry */
    size_t count; /* 1 to TILE_WIDTH */
    uint64_t ends[TILE_WIDTH]; /* where each entry's part ends, with its length header */
};

/* Measures a bundle. */
int log_bundle_open(const struct store_txn *txn, enum tile_kind kind, uint64_t first, size_t count,
    struct log_bundle *out) KEIIN_MUST_USE;
uint64_t log_bundle_bytes(const struct log_bundle *bundle);
/* Copies `n` bytes from `offset` on; offset + n is at most log_bundle_bytes. */
int log_bundle_read(const struct store_txn *txn, const struct log_bundle *bundle, uint64_t offset,
    uint8_t *out, size_t n) KEIIN_MUST_USE;

/* Tile nodes out of the store for the provers of core/tree.h. */
struct log_nodes {
    const struct store_txn *txn;
    struct tile_nodes nodes;
    /* The tile of each level that was read last: a proof asks for many nodes of one. */
    uint64_t kept[TILE_LEVELS_MAX]; /* its number and one; 0: none */
    struct hash hashes[TILE_LEVELS_MAX][TILE_WIDTH];
};
/* Then tile_node with &out->nodes as its context; good for trees up to `size`. */
void log_nodes_init(struct log_nodes *out, const struct store_txn *txn, uint64_t size);

/*
 * Nodes over whole tiles, as they were found: they never change. Without them a proof costs the
 * hashing of one more tile with every factor of 256 entries. Zeroed is empty; one thread.
 */
#define LOG_CACHE_NODES (1 << 14)
struct log_cache_node {
    uint64_t index;
    unsigned level; /* 0: nothing */
    struct hash hash;
};
struct log_cache {
    struct log_cache_node nodes[LOG_CACHE_NODES];
};
struct log_cached {
    struct log_nodes nodes;
    struct log_cache *cache;
};
/* A tree_node_fn for the provers; `ctx` is a struct log_cached, its nodes begun. KEIIN_EDAMAGED. */
int log_cached_node(void *ctx, unsigned level, uint64_t index, struct hash *out);

#endif
