#include "ledger/commit.h"

#include <assert.h>
#include <stdlib.h>

#include "core/chain.h"
#include "core/proof.h"
#include "core/sha256.h"
#include "ledger/rosters.h"

#define PAGE_BYTES 4096
/* Branch pages, the last page of each table, free lists: what any commit may write. */
#define COMMIT_BYTES (UINT64_C(1) << 20)

int group_new(struct ledger *ledger, struct group **out)
{
    struct group *g = calloc(1, sizeof *g);

    *out = g;
    if (g == NULL)
        return KEIIN_ENOMEM;
    g->ledger = ledger;
    buf_init(&g->entry, ENTRY_BYTES_MAX);
    buf_init(&g->note, CHECKPOINT_BYTES_MAX);
    g->leaves = malloc(GROUP_ENTRIES_MAX * sizeof *g->leaves);
    g->rosters = malloc(GROUP_ENTRIES_MAX * sizeof *g->rosters);
    if (g->leaves == NULL || g->rosters == NULL) {
        group_free(g);
        *out = NULL;
        return KEIIN_ENOMEM;
    }
    return 0;
}

void group_free(struct group *g)
{
    if (g == NULL)
        return;
    buf_destroy(&g->entry);
    buf_destroy(&g->note);
    free(g->leaves);
    free(g->rosters);
    free(g);
}

int group_begin(struct group *g)
{
    g->first = g->ledger->state.edge.frontier.size;
    g->count = 0;
    g->records = 0;
    g->bytes = 0;
    g->roster_count = 0;
    g->evidence = 0;
    memset(g->tile_count, 0, sizeof g->tile_count);
    return store_begin(&g->ledger->given.store, true, &g->txn);
}

void group_abort(struct group *g)
{
    store_abort(&g->txn);
}

static int keep_tile(void *ctx, unsigned level, uint64_t number, const struct hash *hash)
{
    struct group *g = ctx;

    assert(level < TILE_LEVELS_MAX &&
           g->tile_count[level] < sizeof g->tiles[level] / sizeof g->tiles[level][0]);
    if (g->tile_count[level] == 0)
        g->tile_first[level] = number;
    g->tiles[level][g->tile_count[level]++] = *hash;
    return 0;
}

static void fill_records(void *ctx, uint8_t *to, size_t n)
{
    const struct submission *s = ctx;
    struct buf out = {to, 0, n, n, 0};

    submission_write_records(&out, s);
    assert(out.status == 0 && out.n == n);
}

static size_t records_bytes(const struct submission *s)
{
    size_t n = 0;

    if (s->kind != ENTRY_RECORDS)
        return 0;
    for (size_t i = 0; i < s->count; i++)
        n += 4 + s->records[i].n + (s->sealed == NULL ? 0 : s->sealed[i].n);
    return n;
}

/* Bytes of a value with its share of pages: long ones stand on pages of their own. */
static uint64_t stored_bytes(size_t n)
{
    return n > PAGE_BYTES / 2 - 64 ? n + 16 + PAGE_BYTES : n + 64;
}

static int place_roster(struct group *g, struct job *job, uint64_t index)
{
    struct state *state = &g->ledger->state;
    struct book *book = NULL;
    int err = rosters_put(&g->txn, job->roster, job->submission.note);

    if (err == 0)
        err = book_put(&g->txn, job->roster);
    if (err == 0)
        err = book_next(state->book, job->roster, &state->ledger_id, &book);
    if (err == 0)
        err = heads_grow(&state->heads, book);
    if (err != 0) {
        book_release(book);
        return err;
    }
    book_release(state->book);
    state->book = book;
    roster_free(state->roster);
    state->roster = job->roster;
    job->roster = NULL;
    g->rosters[g->roster_count++] = index;
    g->bytes += 2 * job->submission.note.n + state->roster->writer_count * 512;
    return 0;
}

int group_place(struct group *g, struct job *job, uint64_t received)
{
    struct state *state = &g->ledger->state;
    struct submission *s = &job->submission;
    struct entry entry = {.kind = s->kind,
        .received = received,
        .prev = state->leaf,
        .key = s->key,
        .number = s->number,
        .before = s->before,
        .digest_count = s->count,
        .signature = s->signature};
    uint64_t index = state->edge.frontier.size;
    size_t n = records_bytes(s);
    struct hash leaf;
    int err;

    assert(g->count < GROUP_ENTRIES_MAX && received >= state->received);
    buf_clear(&g->entry);
    entry_write(&g->entry, &entry, s->digests);
    err = buf_status(&g->entry);
    if (err == 0)
        err = log_put_entry(&g->txn, index, buf_view(&g->entry));
    if (err == 0)
        err = log_put_records(&g->txn, index, n, fill_records, s);
    if (err == 0)
        err = heads_extend(&state->heads, &g->txn, job->writer, index, s->number,
            s->number + s->count - 1, &job->after);
    if (err != 0)
        return err;
    sha256_leaf(&leaf, buf_view(&g->entry));
    err = edge_append(&state->edge, &leaf, keep_tile, g);
    if (err == 0 && s->kind == ENTRY_ROSTER)
        err = place_roster(g, job, index);
    g->leaves[g->count++] = leaf;
    g->records += s->count;
    g->bytes += stored_bytes(g->entry.n) + stored_bytes(n) + 256;
    state->leaf = leaf;
    state->received = received;
    job->index = index;
    job->received = received;
    job->prev = entry.prev;
    job->stored = true;
    return err;
}

static void put_signed_head(struct buf *out, const struct ledger *ledger,
    const struct book_key *key, uint64_t last_number, const struct hash *head,
    struct span signature)
{
    struct span name = book_writer(ledger->state.book, key->writer)->name;
    struct chain_text text;
    uint8_t id[4];

    chain_text(&text, &ledger->state.ledger_id, name, last_number, head);
    vkey_id(id, name, KEY_ED25519, span_of(key->key, sizeof key->key));
    buf_put(out, text.bytes, text.n);
    buf_put_str(out, "\n");
    note_put_line(out, name, id, signature);
}

static const struct book_key *key_of(
    const struct book *book, const struct hash *key_hash, uint32_t writer)
{
    const struct book_key *key = NULL;

    do
        key = book_find_key(book, key_hash, key);
    while (key != NULL && key->writer != writer);
    return key;
}

struct counting {
    struct hash name_hash;
    size_t count, max;
};

static int see_evidence(void *ctx, struct span key, struct span value)
{
    struct counting *c = ctx;

    (void)value;
    if (key.n < HASH_BYTES || memcmp(key.p, c->name_hash.b, HASH_BYTES) != 0)
        return 1;
    return ++c->count >= c->max ? 1 : 0;
}

int group_put_evidence(struct group *g, const struct job *job, const struct entry *entry,
    const struct hash *entry_after)
{
    const struct state *state = &g->ledger->state;
    const struct submission *s = &job->submission;
    const struct book_key *first = key_of(state->book, &entry->key, job->writer);
    const struct book_key *second = key_of(state->book, &s->key, job->writer);
    struct counting counting = {book_writer(state->book, job->writer)->name_hash, 0,
        (size_t)g->ledger->given.config->evidence_per_writer_max};
    uint8_t row[HASH_BYTES + 8 + HASH_BYTES];
    uint64_t last_number = s->number + s->count - 1;
    struct buf notes;
    int err;

    if (first == NULL || second == NULL)
        return KEIIN_EDAMAGED;
    err = store_walk(
        &g->txn, TABLE_EVIDENCE, span_hash(&counting.name_hash), see_evidence, &counting);
    if (err < 0 || counting.count >= counting.max)
        return err < 0 ? err : 0; /* two signatures are proof enough; a thousand fill the disk */
    buf_init(&notes, 8192);
    put_signed_head(&notes, g->ledger, first, last_number, entry_after, entry->signature);
    buf_put_u8(&notes, 0); /* no note holds a NUL: it parts the two */
    put_signed_head(&notes, g->ledger, second, last_number, &job->after, s->signature);
    memcpy(row, counting.name_hash.b, HASH_BYTES);
    be64_put(row + HASH_BYTES, last_number);
    memcpy(row + HASH_BYTES + 8, job->after.b, HASH_BYTES);
    err = buf_status(&notes);
    if (err == 0)
        err = store_put(
            &g->txn, TABLE_EVIDENCE, span_of(row, sizeof row), buf_view(&notes), STORE_NEW);
    if (err == 0) {
        g->evidence++;
        g->bytes += stored_bytes(notes.n);
    }
    buf_destroy(&notes);
    return err == KEIIN_EEXIST ? 0 : err;
}

int commit_sign_checkpoint(const struct keyfile *log_key, const struct edge *edge, struct buf *out)
{
    struct span name = span_str(log_key->name);
    struct hash root;
    struct buf text;
    int err;

    buf_init(&text, CHECKPOINT_TEXT_BYTES_MAX);
    frontier_root(&edge->frontier, &root);
    checkpoint_write(&text, name, edge->frontier.size, &root);
    buf_put_span(out, buf_view(&text));
    buf_put_str(out, "\n");
    note_sign(out, buf_view(&text), name, log_key->secret);
    err = buf_status(&text);
    buf_destroy(&text);
    return err != 0 ? err : buf_status(out);
}

static int put_tree(struct group *g)
{
    int err = log_put_hashes(&g->txn, 0, g->first, g->leaves, g->count);

    for (unsigned level = 1; level < TILE_LEVELS_MAX && err == 0; level++)
        err = log_put_hashes(
            &g->txn, level, g->tile_first[level], g->tiles[level], g->tile_count[level]);
    return err;
}

/* roster/<serial>.tlog-proof of each roster of the group, in this very checkpoint. */
static int put_roster_proofs(struct group *g)
{
    struct state *state = &g->ledger->state;
    uint64_t serial = state->roster->serial - g->roster_count;
    int err = 0;

    for (size_t i = 0; i < g->roster_count && err == 0; i++)
        err = rosters_put_proof(&g->txn, &state->edge, ++serial, g->rosters[i], buf_view(&g->note));
    return err;
}

static int sign_and_put(struct group *g)
{
    struct state *state = &g->ledger->state;
    uint8_t *copy;
    int err;

    buf_clear(&g->note);
    err = commit_sign_checkpoint(g->ledger->given.log_key, &state->edge, &g->note);
    if (err == 0)
        err = tables_put_checkpoint(&g->txn, buf_view(&g->note));
    if (err == 0)
        err = put_roster_proofs(g);
    if (err != 0)
        return err;
    copy = malloc(g->note.n);
    if (copy == NULL)
        return KEIIN_ENOMEM;
    memcpy(copy, g->note.p, g->note.n);
    free(state->checkpoint);
    state->checkpoint = copy;
    state->checkpoint_bytes = g->note.n;
    state->checkpoint_listed = rosters_list_log(state->roster, g->ledger->given.log_key);
    return 0;
}

int group_commit(struct group *g)
{
    struct ledger *ledger = g->ledger;
    uint64_t bytes = g->bytes + COMMIT_BYTES + 2 * PAGE_BYTES * ledger->state.heads.changed_count;
    int err = 0;

    if (g->count > 0) {
        err = put_tree(g);
        if (err == 0)
            err = heads_put(&ledger->state.heads, &g->txn, ledger->state.book);
        if (err == 0)
            err = sign_and_put(g);
    }
    if (err == 0)
        err = store_room(&g->txn, bytes);
    if (err == 0)
        err = store_commit(&g->txn);
    else
        store_abort(&g->txn);
    if (err == 0)
        atomic_fetch_add(&ledger->metrics.evidence, g->evidence);
    if (err == 0 && g->count > 0) {
        atomic_fetch_add(&ledger->metrics.commits, 1);
        atomic_fetch_add(&ledger->metrics.committed_records, g->records);
        if (atomic_load(&ledger->metrics.group_entries_max) < g->count)
            atomic_store(&ledger->metrics.group_entries_max, g->count);
    }
    return err;
}
