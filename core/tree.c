#include "core/tree.h"

#include <assert.h>

#include "core/sha256.h"
#include "core/sha256_many.h"

void frontier_append_subtree(struct frontier *f, unsigned level, const struct hash *root)
{
    struct hash node = *root;
    unsigned at = level;

    assert((f->size & ((UINT64_C(1) << level) - 1)) == 0);
    for (; (f->size >> at & 1) != 0; at++)
        sha256_node(&node, &f->nodes[at], &node);
    f->nodes[at] = node;
    f->size += UINT64_C(1) << level;
}

void frontier_append(struct frontier *f, const struct hash *leaf)
{
    frontier_append_subtree(f, 0, leaf);
}

void frontier_root(const struct frontier *f, struct hash *root)
{
    bool some = false;

    for (unsigned level = 0; level < 64; level++) {
        if ((f->size >> level & 1) == 0)
            continue;
        if (some)
            sha256_node(root, &f->nodes[level], root);
        else
            *root = f->nodes[level];
        some = true;
    }
    if (!some)
        sha256(root, span_of(NULL, 0));
}

/* out[i] = the node over hashes[2i] and hashes[2i + 1]; these lie side by side. */
static void hash_pairs(struct hash *out, const struct hash *hashes, size_t count)
{
    struct span pairs[TILE_WIDTH / 2];

    for (size_t i = 0; i < count; i++)
        pairs[i] = span_of(&hashes[2 * i], 2 * sizeof *hashes);
    sha256_many(out, 1, pairs, count);
}

void tree_fold(struct hash *root, const struct hash *hashes, size_t count)
{
    struct hash levels[2][TILE_WIDTH / 2];
    unsigned at = 0;

    assert(count >= 1 && count <= TILE_WIDTH && (count & (count - 1)) == 0);
    for (; count > 1; count /= 2) {
        hash_pairs(levels[at], hashes, count / 2);
        hashes = levels[at];
        at = 1 - at;
    }
    *root = hashes[0];
}

/* Exponent of the largest power of two that is not above n (n at least 1). */
static unsigned log2_floor(uint64_t n)
{
    return 63u - (unsigned)__builtin_clzll(n);
}

/* Root over the leaves [start, end): start is a multiple of the size of its left part. */
static int range_root(
    uint64_t start, uint64_t end, tree_node_fn *node, void *ctx, struct hash *root)
{
    struct hash parts[64], right;
    size_t count = 0;
    int err;

    assert(start < end);
    do {
        unsigned level = log2_floor(end - start);

        err = node(ctx, level, start >> level, &parts[count++]);
        if (err != 0)
            return err;
        start += UINT64_C(1) << level;
    } while (start < end);
    right = parts[count - 1];
    for (size_t i = count - 1; i > 0; i--)
        sha256_node(&right, &parts[i - 1], &right);
    *root = right;
    return 0;
}

int tree_root(uint64_t size, tree_node_fn *node, void *ctx, struct hash *root)
{
    return range_root(0, size, node, ctx, root);
}

/* Where the tree over [start, end) parts into two: the largest power of two below its size. */
static uint64_t split(uint64_t start, uint64_t end)
{
    return start + (UINT64_C(1) << log2_floor(end - start - 1));
}

/* The ranges beside a path, found from the root down, are wanted from the leaf up. */
static int prove_ranges(
    uint64_t ranges[][2], size_t count, tree_node_fn *node, void *ctx, struct hash *proof)
{
    int err;

    for (size_t i = 0; i < count; i++) {
        uint64_t *range = ranges[count - 1 - i];

        err = range_root(range[0], range[1], node, ctx, &proof[i]);
        if (err != 0)
            return err;
    }
    return 0;
}

int tree_prove_inclusion(uint64_t index, uint64_t size, tree_node_fn *node, void *ctx,
    struct hash proof[static PROOF_HASHES_MAX], size_t *count)
{
    uint64_t ranges[PROOF_HASHES_MAX][2], start = 0, end = size;
    size_t n = 0;

    assert(index < size);
    for (; end - start > 1; n++) {
        uint64_t middle = split(start, end);

        if (index < middle) {
            ranges[n][0] = middle;
            ranges[n][1] = end;
            end = middle;
        } else {
            ranges[n][0] = start;
            ranges[n][1] = middle;
            start = middle;
        }
    }
    *count = n;
    return prove_ranges(ranges, n, node, ctx, proof);
}

int tree_prove_consistency(uint64_t old_size, uint64_t size, tree_node_fn *node, void *ctx,
    struct hash proof[static CONSISTENCY_HASHES_MAX], size_t *count)
{
    uint64_t ranges[CONSISTENCY_HASHES_MAX][2], start = 0, end = size;
    bool whole = true; /* the old tree is the range [0, old_size) itself */
    size_t n = 0;

    assert(old_size >= 1 && old_size <= size);
    while (old_size < end) {
        uint64_t middle = split(start, end);

        if (old_size <= middle) {
            ranges[n][0] = middle;
            ranges[n][1] = end;
            end = middle;
        } else {
            ranges[n][0] = start;
            ranges[n][1] = middle;
            start = middle;
            whole = false;
        }
        n++;
    }
    if (!whole) {
        ranges[n][0] = start;
        ranges[n][1] = end;
        n++;
    }
    *count = n;
    return prove_ranges(ranges, n, node, ctx, proof);
}

bool tree_check_inclusion(uint64_t index, uint64_t size, const struct hash *leaf,
    const struct hash *proof, size_t count, const struct hash *root)
{
    uint64_t node = index, last = size - 1;
    struct hash hash = *leaf;

    if (index >= size)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) != 0 || node == last) {
            sha256_node(&hash, &proof[i], &hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            sha256_node(&hash, &hash, &proof[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && hash_eq(&hash, root);
}

bool tree_check_consistency(uint64_t old_size, uint64_t size, const struct hash *old_root,
    const struct hash *root, const struct hash *proof, size_t count)
{
    uint64_t node = old_size - 1, last = size - 1;
    struct hash old_hash, hash;
    size_t i = 0;

    if (old_size == 0 || old_size > size)
        return false;
    if (old_size == size)
        return count == 0 && hash_eq(old_root, root);
    while ((node & 1) != 0) {
        node >>= 1;
        last >>= 1;
    }
    if (node == 0) { /* the old tree is one complete subtree: its root begins the path */
        hash = *old_root;
    } else {
        if (count == 0)
            return false;
        hash = proof[i++];
    }
    old_hash = hash;
    for (; i < count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) != 0 || node == last) {
            sha256_node(&old_hash, &proof[i], &old_hash);
            sha256_node(&hash, &proof[i], &hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            sha256_node(&hash, &hash, &proof[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 && hash_eq(&old_hash, old_root) && hash_eq(&hash, root);
}
