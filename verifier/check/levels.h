/*
 * The tree over the entries as an audit builds it: the root, the hash tiles above level 0
 * against those of the source, and roots at sizes that something else vouches for. One
 * thread.
 */
#ifndef KEIIN_VERIFIER_LEVELS_H
#define KEIIN_VERIFIER_LEVELS_H

#include "core/tile.h"
#include "verifier/check/batch.h"
#include "http/source.h"

/* A root that must be the tree's at a size, or two signed checkpoints contradict each other. */
struct expected_root {
    uint64_t size;
    struct hash root;
};

struct levels {
    struct frontier frontier;
    struct hash hashes[TILE_LEVELS_MAX][TILE_WIDTH]; /* of the tile being filled, level 0 too */
    struct expected_root *expected;
    size_t expected_count, expected_cap;
    bool fork;         /* an expected root is not the tree's */
    bool tile_differs; /* a tile of the source disagrees */
    bool longer;       /* a tile of the source has more than its name says */
    bool incomplete;   /* a tile could not be read; `why` says the first */
    struct why why;
};

void levels_destroy(struct levels *l);

/* Expects a root at any size; those beyond the tree's end stay expected. KEIIN_ENOMEM. */
int levels_expect(struct levels *l, uint64_t size, const struct hash *root) KEIIN_MUST_USE;

/*
 * Adds what a batch brings: the entries behind its `skip`, which must be the next ones.
 * Full tiles above level 0 are held against the source's. KEIIN_ENOMEM.
 */
int levels_add(struct levels *l, struct source *source, const struct batch *b) KEIIN_MUST_USE;

/* At the end: the partial tiles above level 0. */
int levels_finish(struct levels *l, struct source *source) KEIIN_MUST_USE;

/*
 * At the end: roots expected at sizes that had been passed already, worked out from the
 * source's tiles and believed only with a proof that they lead to the tree's root.
 */
int levels_check_past(struct levels *l, struct source *source) KEIIN_MUST_USE;

#endif
