#include "ledger/edge.h"

#include <assert.h>
#include <stdlib.h>

#include "core/sha256.h"

#define LEVEL_NODES_MIN 4 /* a node, its neighbours, and one for a group that ends on it */

static size_t ring_nodes(unsigned level)
{
    size_t n = level >= 13 ? 0 : EDGE_LEAVES >> level;

    return n < LEVEL_NODES_MIN ? LEVEL_NODES_MIN : n;
}

static struct hash *node_at(const struct edge *edge, unsigned level, uint64_t index)
{
    return &edge->nodes[level][index & (ring_nodes(level) - 1)];
}

/* Whether the node is complete, was computed here, and is not overwritten. */
static bool node_kept(const struct edge *edge, unsigned level, uint64_t index)
{
    uint64_t count = edge->frontier.size >> level;

    return index < count && count - index <= ring_nodes(level) &&
           (index + 1) << level > edge->begun;
}

static int allocate(struct edge *edge)
{
    size_t total = 0;
    struct hash *all;

    for (unsigned level = 0; level < 64; level++)
        total += ring_nodes(level);
    all = calloc(total, sizeof *all);
    if (all == NULL)
        return KEIIN_ENOMEM;
    for (unsigned level = 0; level < 64; level++) {
        edge->nodes[level] = all;
        all += ring_nodes(level);
    }
    return 0;
}

static int no_tile(void *ctx, unsigned tile_level, uint64_t number, const struct hash *hash)
{
    (void)ctx;
    (void)tile_level;
    (void)number;
    (void)hash;
    return 0;
}

/* The frontier of a smaller tree, then the newest leaves again: so the rings are filled. */
int edge_load(struct edge *edge, const struct store_txn *txn, uint64_t size)
{
    struct log_nodes *nodes = malloc(sizeof *nodes);
    uint64_t start = size > EDGE_LEAVES ? (size - EDGE_LEAVES) / TILE_WIDTH * TILE_WIDTH : 0;
    struct hash leaves[TILE_WIDTH];
    int err;

    memset(edge, 0, sizeof *edge);
    err = nodes == NULL ? KEIIN_ENOMEM : allocate(edge);
    if (err != 0)
        goto out;
    log_nodes_init(nodes, txn, size);
    for (unsigned level = 0; level < 64 && err == 0; level++)
        if ((start >> level & 1) != 0)
            err =
                tile_node(&nodes->nodes, level, (start >> level) - 1, &edge->frontier.nodes[level]);
    edge->frontier.size = edge->begun = start;
    while (err == 0 && edge->frontier.size < size) {
        size_t n = size - start < TILE_WIDTH ? (size_t)(size - start) : TILE_WIDTH;

        err = log_hashes(txn, 0, start, n, leaves);
        for (size_t i = 0; i < n && err == 0; i++)
            err = edge_append(edge, &leaves[i], no_tile, NULL);
        start += n;
    }
out:
    free(nodes);
    if (err != 0)
        edge_destroy(edge);
    return err;
}

void edge_destroy(struct edge *edge)
{
    free(edge->nodes[0]);
    memset(edge, 0, sizeof *edge);
}

int edge_append(struct edge *edge, const struct hash *leaf, edge_tile_fn *tile, void *ctx)
{
    struct frontier *f = &edge->frontier;
    struct hash node = *leaf;
    unsigned level;
    int err = 0;

    for (level = 0;; level++) {
        uint64_t index = f->size >> level;

        *node_at(edge, level, index) = node;
        if (level > 0 && level % 8 == 0 && err == 0)
            err = tile(ctx, level / 8, index, &node);
        if ((index & 1) == 0)
            break;
        sha256_node(&node, &f->nodes[level], &node);
    }
    f->nodes[level] = node;
    f->size++;
    return err;
}

struct proving {
    const struct edge *edge;
    const struct store_txn *txn;
    struct log_nodes *stored; /* made when it is needed first */
};

static int proving_node(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    struct proving *p = ctx;

    if (node_kept(p->edge, level, index)) {
        *out = *node_at(p->edge, level, index);
        return 0;
    }
    /* The roots left of the edge are in the frontier, however old they are. */
    if ((p->edge->frontier.size >> level & 1) != 0 &&
        index == (p->edge->frontier.size >> level) - 1) {
        *out = p->edge->frontier.nodes[level];
        return 0;
    }
    if (p->stored == NULL) {
        p->stored = malloc(sizeof *p->stored);
        if (p->stored == NULL)
            return KEIIN_ENOMEM;
        log_nodes_init(p->stored, p->txn, p->edge->frontier.size);
    }
    return tile_node(&p->stored->nodes, level, index, out);
}

/* Below the highest complete node of a level its tail is the frontier's tree of lower levels. */
static void hash_tails(struct edge *edge)
{
    const struct frontier *f = &edge->frontier;
    bool some = false;

    if (edge->tails_size == f->size)
        return;
    for (unsigned level = 1; level < 64; level++) {
        struct hash *tail = &edge->tails[level];

        *tail = edge->tails[level - 1];
        if ((f->size >> (level - 1) & 1) == 0)
            continue;
        if (some)
            sha256_node(tail, &f->nodes[level - 1], tail);
        else
            *tail = f->nodes[level - 1];
        some = true;
    }
    edge->tails_size = f->size;
}

int edge_prove(struct edge *edge, const struct store_txn *txn, uint64_t index,
    struct hash proof[static PROOF_HASHES_MAX], size_t *count)
{
    struct proving p = {edge, txn, NULL};
    uint64_t size = edge->frontier.size;
    size_t n = 0;
    int err = 0;

    assert(index < size);
    hash_tails(edge);
    for (unsigned level = 0; (size - 1) >> level > 0 && err == 0; level++) {
        uint64_t beside = index >> level ^ 1;

        if (beside < size >> level)
            err = proving_node(&p, level, beside, &proof[n++]);
        else if (beside == size >> level && size % (UINT64_C(1) << level) != 0)
            proof[n++] = edge->tails[level];
    }
    *count = n;
    free(p.stored);
    return err;
}
