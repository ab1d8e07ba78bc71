#include "ledger/extend.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "http/source_tiles.h"
#include "ledger/instance.h"
#include "ledger/publish.h"
#include "ledger/recover.h"
#include "ledger/reenter.h"
#include "ledger/rosters.h"

/* What a source should have and has not, or not rightly, is the source's failure. */
static int its_fault(int err)
{
    return err == KEIIN_ENOMEM ? err : KEIIN_EUNREADABLE;
}

static uint64_t own_size(const struct extension *x)
{
    return x->shell->state.edge.frontier.size;
}

int extend_reload(struct extension *x, struct why *why)
{
    struct ledger *shell = x->shell;
    struct state state;
    int err = recover_load(&shell->given.store, shell->given.config, shell->given.log_key, true,
        shell->committed_book, &state, why);

    if (err != 0)
        return err;
    state_destroy(&shell->state);
    shell->state = state;
    book_release(shell->committed_book);
    shell->committed_book = book_hold(state.book);
    return 0;
}

/* ---- what others know, against the tree ---- */

int extend_compare(struct extension *x)
{
    const struct known *known = x->known;
    struct log_nodes nodes;
    struct store_txn txn;
    struct hash root;
    int err = store_begin(&x->shell->given.store, false, &txn);

    if (err != 0)
        return err;
    log_nodes_init(&nodes, &txn, own_size(x));
    for (size_t i = 0; i < known->checkpoint_count && err == 0; i++) {
        const struct known_checkpoint *c = &known->checkpoints[i];

        if (c->size > own_size(x)) {
            if (i > 0 && c[-1].size == c->size && !hash_eq(&c[-1].root, &c->root))
                err = KEIIN_EMISMATCH;
        } else if (i == 0 || c[-1].size != c->size || !hash_eq(&c[-1].root, &c->root)) {
            err = tree_root(c->size, tile_node, &nodes.nodes, &root);
            if (err == 0 && !hash_eq(&root, &c->root))
                err = KEIIN_EMISMATCH;
        }
        if (err == KEIIN_EMISMATCH)
            x->conflict = c;
    }
    store_abort(&txn);
    return err;
}

/* The known checkpoints at the size that a growing tree just reached. */
static void compare_at(struct extension *x, const struct frontier *f, size_t *next)
{
    const struct known *known = x->known;
    struct hash root;

    while (*next < known->checkpoint_count && known->checkpoints[*next].size < f->size)
        (*next)++;
    for (; *next < known->checkpoint_count && known->checkpoints[*next].size == f->size;
         (*next)++) {
        frontier_root(f, &root);
        if (x->conflict == NULL && !hash_eq(&root, &known->checkpoints[*next].root))
            x->conflict = &known->checkpoints[*next];
    }
}

/* ---- a mirror's tiles ---- */

/* The one that a mirror was asked for: it was taken from there. */
static const struct known_checkpoint *find_known(
    const struct known *known, uint64_t size, const struct hash *root)
{
    const struct known_checkpoint *c = known->checkpoints;

    while (c->size != size || !hash_eq(&c->root, root)) {
        c++;
        assert(c < known->checkpoints + known->checkpoint_count);
    }
    return c;
}

/*
 * Whether the tree of the store is a prefix of the one that was signed with `root`. KEIIN_EMISMATCH
 * only with a proof that another tree is; tiles that prove neither are the source's fault.
 */
static int check_consistency(struct extension *x, struct source *source, uint64_t size,
    const struct hash *root, struct why *why)
{
    struct source_tiles *tiles = source_tiles_new(source);
    struct hash proof[CONSISTENCY_HASHES_MAX], ours, theirs;
    struct tile_nodes *nodes;
    size_t count = 0;
    int err;

    if (tiles == NULL)
        return KEIIN_ENOMEM;
    nodes = source_tiles_nodes(tiles, size, why);
    frontier_root(&x->shell->state.edge.frontier, &ours);
    err = tree_prove_consistency(own_size(x), size, tile_node, nodes, proof, &count);
    if (err != 0 || tree_check_consistency(own_size(x), size, &ours, root, proof, count))
        goto out;
    err = tree_root(own_size(x), tile_node, nodes, &theirs);
    if (err != 0)
        goto out;
    if (tree_check_consistency(own_size(x), size, &theirs, root, proof, count)) {
        x->conflict = find_known(x->known, size, root);
        err = KEIIN_EMISMATCH;
    } else {
        why_set(why, "its hash tiles do not lead to its checkpoint");
        err = KEIIN_EUNREADABLE;
    }
out:
    source_tiles_free(tiles);
    return err == 0 || err == KEIIN_EMISMATCH ? err : its_fault(err);
}

struct bundle {
    uint64_t number;
    unsigned width, skip; /* entries; those of them that the store has */
    struct span entries[TILE_WIDTH]; /* in x->bytes */
    struct hash leaves[TILE_WIDTH];
};

static int read_bundle(struct extension *x, struct source *source, uint64_t number, uint64_t size,
    struct bundle *b, struct why *why)
{
    struct tile tile = {TILE_ENTRIES, 0, number, tile_width(size, 0, number)};
    bool longer, full;
    struct cursor c;
    int err =
        source_get_tile(source, &tile, ENTRY_BUNDLE_BYTES_MAX, &x->bytes, &longer, &full, why);

    if (err != 0)
        return its_fault(err);
    b->number = number;
    b->width = tile.width;
    b->skip = own_size(x) > number * TILE_WIDTH ? (unsigned)(own_size(x) - number * TILE_WIDTH) : 0;
    c = cursor_of(buf_view(&x->bytes));
    for (unsigned i = 0; i < b->width; i++) {
        b->entries[i] = bundle_entry(&c);
        if (c.failed) {
            why_set(why, "its entries from %" PRIu64 " on are cut short", number * TILE_WIDTH + i);
            return KEIIN_EUNREADABLE;
        }
        sha256_leaf(&b->leaves[i], b->entries[i]);
    }
    return 0;
}

static void hash_run(const struct bundle *b, struct hash *out)
{
    sha256(out, span_of(b->leaves, b->width * sizeof b->leaves[0]));
}

/* First time through: nothing is stored. What leads to the signed root is remembered by `runs`. */
static int walk(struct extension *x, struct source *source, uint64_t size,
    const struct hash *signed_root, struct why *why)
{
    uint64_t first = own_size(x) / TILE_WIDTH, last = (size - 1) / TILE_WIDTH;
    struct frontier frontier = x->shell->state.edge.frontier;
    struct bundle *b = malloc(sizeof *b);
    struct hash root;
    size_t next = 0;
    int err = 0;

    free(x->runs);
    x->runs = calloc(last - first + 1, sizeof *x->runs);
    if (b == NULL || x->runs == NULL)
        err = KEIIN_ENOMEM;
    for (uint64_t n = first; n <= last && err == 0; n++) {
        err = read_bundle(x, source, n, size, b, why);
        if (err != 0)
            break;
        for (unsigned i = b->skip; i < b->width; i++) {
            frontier_append(&frontier, &b->leaves[i]);
            compare_at(x, &frontier, &next);
        }
        if (err == 0)
            hash_run(b, &x->runs[n - first]);
    }
    frontier_root(&frontier, &root);
    /* The tiles have shown that the signed tree goes on from ours: these entries are not its. */
    if (err == 0 && !hash_eq(&root, signed_root)) {
        why_set(why, "its entries do not hash to its checkpoint");
        x->conflict = NULL;
        err = KEIIN_EUNREADABLE;
    }
    if (err == 0 && x->conflict != NULL)
        err = KEIIN_EMISMATCH;
    free(b);
    return err;
}

/* ---- second time through ---- */

/* Commits what is placed, shows it, and begins the next group. */
static int step(struct extension *x, bool more)
{
    struct ledger *shell = x->shell;
    int err = group_commit(x->group);

    if (err != 0)
        return err;
    book_release(shell->committed_book);
    shell->committed_book = book_hold(shell->state.book);
    /* Not before the roster that lists the key which signs now. */
    if (x->served != NULL && rosters_accept(shell->state.roster, shell->given.log_key, NULL) == 0)
        err = publish_state(x->served, &shell->state);
    if (err == 0 && more)
        err = group_begin(x->group);
    return err;
}

/* After a failure inside a group: it never was, and the state is the store's again. */
static int give_up(struct extension *x, int err)
{
    struct why why;

    group_abort(x->group);
    if (err == KEIIN_EIO)
        return err;
    return extend_reload(x, &why) == 0 ? err : KEIIN_EIO;
}

static int read_records(struct extension *x, struct source_stream *stream, struct why *why)
{
    struct span piece;
    size_t left;
    int err;

    buf_clear(&x->records);
    if (stream == NULL)
        return 0;
    err = source_stream_take(stream, 4, &piece, why);
    left = err == 0 ? be32_get(piece.p) : 0;
    while (err == 0 && left > 0) {
        size_t n = left < SOURCE_PIECE_BYTES_MAX ? left : SOURCE_PIECE_BYTES_MAX;

        err = source_stream_take(stream, n, &piece, why);
        if (err == 0) {
            buf_put_span(&x->records, piece);
            err = buf_status(&x->records);
        }
        left -= n;
    }
    return err == 0 ? 0 : its_fault(err);
}

static int open_records(struct extension *x, struct source *source, const struct bundle *b,
    struct source_stream **out, struct why *why)
{
    struct tile tile = {TILE_RECORDS, 0, b->number, b->width};
    bool full;
    int err = source_stream_open_tile(source, &tile, out, &full, why);

    if (err == 0 || err == KEIIN_ENOMEM || x->without_records)
        return err == KEIIN_ENOMEM ? err : 0;
    why_prefix(why, "its records cannot be read");
    return KEIIN_EUNREADABLE;
}

static int apply_bundle(
    struct extension *x, struct source *source, struct bundle *b, struct why *why)
{
    struct source_stream *stream = NULL;
    uint64_t bytes_max = x->shell->given.config->group_bytes_max;
    int err = open_records(x, x->second, b, &stream, why);

    if (err != 0)
        return err;
    err = group_begin(x->group);
    for (unsigned i = 0; i < b->width && err == 0; i++) {
        err = read_records(x, stream, why);
        if (err != 0 || i < b->skip)
            continue;
        err = reenter(x, source, b->entries[i], why);
        if (err == 0 && x->group->bytes > bytes_max && i + 1 < b->width)
            err = step(x, true);
    }
    if (err == 0)
        err = step(x, false);
    source_stream_close(stream);
    return err == 0 ? 0 : give_up(x, err);
}

static int apply(struct extension *x, struct source *source, uint64_t size, struct why *why)
{
    uint64_t first = own_size(x) / TILE_WIDTH, last = (size - 1) / TILE_WIDTH;
    struct bundle *b = malloc(sizeof *b);
    struct hash run;
    int err = b == NULL ? KEIIN_ENOMEM : 0;

    for (uint64_t n = first; n <= last && err == 0; n++) {
        err = read_bundle(x, source, n, size, b, why);
        if (err != 0)
            break;
        hash_run(b, &run);
        if (!hash_eq(&run, &x->runs[n - first])) {
            why_set(why, "it gave other entries the second time");
            err = KEIIN_EUNREADABLE;
        } else {
            err = apply_bundle(x, source, b, why);
        }
    }
    free(b);
    return err;
}

int extend_from_mirror(struct extension *x, struct source *source, uint64_t size,
    const struct hash *root, struct why *why)
{
    int err = source_clone(source, &x->second, why);

    if (err == 0)
        err = check_consistency(x, source, size, root, why);
    if (err == 0)
        err = walk(x, source, size, root, why);
    if (err == 0)
        err = apply(x, source, size, why);
    source_free(x->second);
    x->second = NULL;
    return err;
}

int extend_from_receipts(struct extension *x, struct why *why)
{
    const struct known *known = x->known;
    struct frontier frontier = x->shell->state.edge.frontier;
    uint64_t index = own_size(x);
    struct hash leaf;
    size_t next = 0, begin = 0, at;
    int err = 0;

    while (begin < known->entry_count && known->entries[begin].index < index)
        begin++;
    for (at = begin; at < known->entry_count; at++) {
        const struct known_entry *e = &known->entries[at];

        if (e->index < index)
            continue; /* once more the same place: its own root has vouched for it */
        if (e->index > index)
            break;
        sha256_leaf(&leaf, span_of(e->bytes, e->n));
        frontier_append(&frontier, &leaf);
        compare_at(x, &frontier, &next);
        index++;
    }
    if (x->conflict != NULL || index == own_size(x))
        return x->conflict != NULL ? KEIIN_EMISMATCH : 0;
    buf_clear(&x->records);
    err = group_begin(x->group);
    for (size_t i = begin; i < at && err == 0; i++) {
        const struct known_entry *e = &known->entries[i];

        if (e->index == own_size(x))
            err = reenter(x, NULL, span_of(e->bytes, e->n), why);
        if (err == 0 && x->group->count == GROUP_ENTRIES_MAX / 2)
            err = step(x, true);
    }
    if (err == 0)
        err = step(x, false);
    return err == 0 ? 0 : give_up(x, err);
}

/* ---- the last step ---- */

int extend_finish(struct extension *x, struct span record, struct why *why)
{
    struct ledger *shell = x->shell;
    const struct keiin_clock *clock = shell->given.clock;
    uint64_t now_ms = clock->wall_ms(clock->ctx);
    struct job *job = NULL;
    int err = rosters_accept(shell->state.roster, shell->given.log_key, why);

    if (err == 0)
        err = reenter_own(x, record, &job, why);
    if (err == 0)
        err = group_begin(x->group);
    if (err != 0)
        goto out;
    err =
        group_place(x->group, job, now_ms > shell->state.received ? now_ms : shell->state.received);
    if (err == 0)
        err = restored_mark_remove(&x->group->txn);
    if (err == 0)
        err = step(x, false);
    if (err != 0)
        err = give_up(x, err);
out:
    job_free(job);
    return err;
}
