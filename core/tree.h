/*
 * The Merkle tree of RFC 6962 section 2.1: growing it, its proofs, checking them
 * (RFC 9162 sections 2.1.3 and 2.1.4). Pure; any thread.
 */
#ifndef KEIIN_CORE_TREE_H
#define KEIIN_CORE_TREE_H

#include "core/bytes.h"

/*
 * The right edge of a tree: the roots of its complete subtrees, one for each one bit of
 * `size`. nodes[l] is the root of the complete subtree of 2^l leaves where bit l is set;
 * the others are unused. All that is needed to append, and to know the root.
 */
struct frontier {
    uint64_t size; /* leaves */
    struct hash nodes[64];
};

void frontier_append(struct frontier *f, const struct hash *leaf);
/* Appends a complete subtree of 2^level leaves; the size must be a multiple of that. */
void frontier_append_subtree(struct frontier *f, unsigned level, const struct hash *root);
/* Root of the tree; of an empty one H(""). */
void frontier_root(const struct frontier *f, struct hash *root);

/* Root of the complete subtree over `count` hashes (a power of two, at most TILE_WIDTH). */
void tree_fold(struct hash *root, const struct hash *hashes, size_t count);

/*
 * Gives the root of the complete subtree of 2^level leaves that begins at leaf
 * index << level. Returns 0 or an error that the prover passes on.
 */
typedef int tree_node_fn(void *ctx, unsigned level, uint64_t index, struct hash *out);

/* Root of the tree of the first `size` leaves (size at least 1). */
int tree_root(uint64_t size, tree_node_fn *node, void *ctx, struct hash *root) KEIIN_MUST_USE;

/* Proof that leaf `index` is in the tree of `size` leaves (index < size); from the leaf up. */
int tree_prove_inclusion(uint64_t index, uint64_t size, tree_node_fn *node, void *ctx,
    struct hash proof[static PROOF_HASHES_MAX], size_t *count) KEIIN_MUST_USE;

/* Proof that the tree of `old_size` is a prefix of that of `size` (1 <= old_size <= size). */
int tree_prove_consistency(uint64_t old_size, uint64_t size, tree_node_fn *node, void *ctx,
    struct hash proof[static CONSISTENCY_HASHES_MAX], size_t *count) KEIIN_MUST_USE;

bool tree_check_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
    const struct hash *proof, size_t count, const struct hash *root);

bool tree_check_consistency(uint64_t old_size, uint64_t size, const struct hash *old_root,
    const struct hash *root, const struct hash *proof, size_t count);

#endif
