/*
 * The right edge of the tree in memory: what is needed to append, to sign the root, and
 * to prove the newest entries without reading the store. Owned by the sequencer.
 */
#ifndef KEIIN_LEDGER_EDGE_H
#define KEIIN_LEDGER_EDGE_H

#include "store/logtable.h"

/* Leaves whose path is kept; twice the greatest group, so that a group finds its own. */
#define EDGE_LEAVES 8192

struct edge {
    struct frontier frontier;
    uint64_t begun; /* nodes completed by earlier leaves are not in the rings */
    struct hash *nodes[64]; /* rings of the newest nodes of each level; one allocation */
    /* The root over the leaves right of all complete nodes of a level, for this size. */
    struct hash tails[64];
    uint64_t tails_size; /* 0: none yet */
};

/* From the store's hashes for the first `size` entries. KEIIN_ENOMEM, KEIIN_EDAMAGED. */
int edge_load(struct edge *edge, const struct store_txn *txn, uint64_t size) KEIIN_MUST_USE;
void edge_destroy(struct edge *edge);

/* Appends a leaf; shows every hash of a tile level above 0 that it completes. */
typedef int edge_tile_fn(void *ctx, unsigned tile_level, uint64_t number, const struct hash *hash);
int edge_append(
    struct edge *edge, const struct hash *leaf, edge_tile_fn *tile, void *ctx) KEIIN_MUST_USE;

/*
 * Inclusion proof of an entry for the edge's size. What is not in memory is read by
 * `txn`, which sees at least that many entries. All proofs for one size share the hashing of what
 * is incomplete. KEIIN_EDAMAGED.
 */
int edge_prove(struct edge *edge, const struct store_txn *txn, uint64_t index,
    struct hash proof[static PROOF_HASHES_MAX], size_t *count) KEIIN_MUST_USE;

#endif
