#include "verifier/check/levels.h"

#include <assert.h>
#include <stdlib.h>

#include "http/source_tiles.h"

void levels_destroy(struct levels *l)
{
    free(l->expected);
    l->expected = NULL;
    l->expected_count = l->expected_cap = 0;
}

int levels_expect(struct levels *l, uint64_t size, const struct hash *root)
{
    struct expected_root *more =
        array_room(l->expected, l->expected_count, &l->expected_cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    l->expected = more;
    l->expected[l->expected_count++] = (struct expected_root){size, *root};
    return 0;
}

/* Whether a root is expected at a size in (from, to]. */
static bool expected_in(const struct levels *l, uint64_t from, uint64_t to)
{
    for (size_t i = 0; i < l->expected_count; i++)
        if (l->expected[i].size > from && l->expected[i].size <= to)
            return true;
    return false;
}

/* Holds the roots that are expected at the present size against the tree's, and drops them. */
static void check_expected(struct levels *l)
{
    struct hash root;
    size_t kept = 0;

    frontier_root(&l->frontier, &root);
    for (size_t i = 0; i < l->expected_count; i++) {
        if (l->expected[i].size != l->frontier.size)
            l->expected[kept++] = l->expected[i];
        else if (!hash_eq(&l->expected[i].root, &root))
            l->fork = true;
    }
    l->expected_count = kept;
}

/* Holds one of our tiles against the source's. */
static int compare_tile(
    struct levels *l, struct source *source, unsigned level, uint64_t number, unsigned width)
{
    struct tile tile = {TILE_HASHES, level, number, width};
    size_t bytes = width * (size_t)HASH_BYTES;
    struct why why = {""};
    bool longer, full;
    struct buf theirs;
    int err;

    buf_init(&theirs, TILE_BYTES_MAX);
    err = source_get_tile(source, &tile, TILE_BYTES_MAX, &theirs, &longer, &full, &why);
    if (err == KEIIN_ENOMEM)
        goto out;
    if (err != 0 || theirs.n < bytes) {
        if (err == 0)
            why_set(&why, "it is cut short");
        why_prefix(&why, "hash tile %llu of level %u", (unsigned long long)number, level);
        if (!l->incomplete)
            l->why = why;
        l->incomplete = true;
        bytes = err == 0 ? theirs.n - theirs.n % HASH_BYTES : 0;
        err = 0;
    }
    if (!full && (longer || theirs.n > width * (size_t)HASH_BYTES))
        l->longer = true;
    if (bytes > 0 && memcmp(theirs.p, l->hashes[level], bytes) != 0)
        l->tile_differs = true;
out:
    buf_destroy(&theirs);
    return err;
}

/* A full tile at `level - 1` gives one hash at `level`; that may fill a tile again. */
static int carry(struct levels *l, struct source *source, unsigned level, const struct hash *hash)
{
    struct hash up = *hash;

    for (; level < TILE_LEVELS_MAX; level++) {
        uint64_t count = l->frontier.size >> (8 * level); /* with this hash */
        unsigned place = (unsigned)((count - 1) % TILE_WIDTH);
        int err;

        l->hashes[level][place] = up;
        if (place != TILE_WIDTH - 1)
            return 0;
        err = compare_tile(l, source, level, (count - 1) / TILE_WIDTH, TILE_WIDTH);
        if (err != 0)
            return err;
        tree_fold(&up, l->hashes[level], TILE_WIDTH);
    }
    return 0;
}

int levels_add(struct levels *l, struct source *source, const struct batch *b)
{
    uint64_t first = b->number * TILE_WIDTH;

    assert(l->frontier.size == first + b->skip);
    if (b->skip == 0 && b->count == TILE_WIDTH && !expected_in(l, first, first + TILE_WIDTH - 1)) {
        frontier_append_subtree(&l->frontier, 8, &b->root);
    } else {
        for (unsigned i = b->skip; i < b->count; i++) {
            l->hashes[0][i] = b->entries[i].leaf;
            frontier_append(&l->frontier, &b->entries[i].leaf);
            if (expected_in(l, l->frontier.size - 1, l->frontier.size))
                check_expected(l);
        }
    }
    if (expected_in(l, l->frontier.size - 1, l->frontier.size))
        check_expected(l);
    return b->count == TILE_WIDTH && b->skip < TILE_WIDTH ? carry(l, source, 1, &b->root) : 0;
}

int levels_finish(struct levels *l, struct source *source)
{
    for (unsigned level = 1; level < TILE_LEVELS_MAX; level++) {
        uint64_t count = l->frontier.size >> (8 * level);
        int err;

        if (count % TILE_WIDTH == 0)
            continue;
        err = compare_tile(l, source, level, count / TILE_WIDTH, (unsigned)(count % TILE_WIDTH));
        if (err != 0)
            return err;
    }
    return 0;
}

/* The root at an earlier size; KEIIN_EMISMATCH when the tiles do not lead to the tree's root. */
static int past_root(
    const struct frontier *f, struct source_tiles *tiles, uint64_t size, struct hash *out)
{
    struct why unsaid = {""}; /* levels_check_past says all that is wrong in one sentence */
    struct tile_nodes *nodes = source_tiles_nodes(tiles, f->size, &unsaid);
    struct hash proof[CONSISTENCY_HASHES_MAX], root;
    size_t count = 0;
    int err;

    frontier_root(f, &root);
    err = tree_root(size, tile_node, nodes, out);
    if (err == 0)
        err = tree_prove_consistency(size, f->size, tile_node, nodes, proof, &count);
    if (err == 0 && !tree_check_consistency(size, f->size, out, &root, proof, count))
        err = KEIIN_EMISMATCH;
    return err;
}

int levels_check_past(struct levels *l, struct source *source)
{
    struct source_tiles *tiles = source_tiles_new(source);
    size_t kept = 0;
    int status = 0;

    if (tiles == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; i < l->expected_count; i++) {
        struct expected_root *e = &l->expected[i];
        struct hash root;
        int err;

        if (e->size > l->frontier.size) {
            l->expected[kept++] = *e;
            continue;
        }
        err = past_root(&l->frontier, tiles, e->size, &root);
        if (err == 0 && !hash_eq(&root, &e->root))
            l->fork = true;
        if (err == KEIIN_ENOMEM)
            status = err;
        if (err != 0 && err != KEIIN_ENOMEM && !l->incomplete) {
            why_set(&l->why, "the tree's root at size %llu could not be worked out from the tiles",
                (unsigned long long)e->size);
            l->incomplete = true;
        }
    }
    l->expected_count = kept;
    source_tiles_free(tiles);
    return status;
}
