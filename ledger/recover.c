#include "ledger/recover.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/chain.h"
#include "core/sha256.h"
#include "ledger/recheck.h"
#include "ledger/rosters.h"
#include "system/messages.h"

#define RESTORE                                                                                    \
    "restore the data folder from a backup (operator's handbook, \"Restore\"); keiin-ledger "      \
    "check "                                                                                       \
    "shows all that is wrong"

void state_destroy(struct state *state)
{
    roster_free(state->roster);
    book_release(state->book);
    heads_destroy(&state->heads);
    if (state->edge.nodes[0] != NULL)
        edge_destroy(&state->edge);
    free(state->checkpoint);
    memset(state, 0, sizeof *state);
}

static int damaged(struct why *why, int err, const char *what)
{
    if (recheck_cannot_tell(err))
        return err;
    why_set(why, "%s (%s); " RESTORE, what, keiin_err_text(err));
    return err == KEIIN_EABSENT || err == KEIIN_EMALFORMED ? KEIIN_EDAMAGED : err;
}

/* The roster of a serial, and its text's hash; not checked against its parent here. */
static int load_roster(
    const struct store_txn *txn, uint64_t serial, struct roster **out, struct why *why)
{
    struct buf note_bytes;
    struct note *note = malloc(sizeof *note);
    int err = note == NULL ? KEIIN_ENOMEM : 0;

    buf_init(&note_bytes, ROSTER_BYTES_MAX);
    if (err == 0)
        err = rosters_get(txn, serial, &note_bytes);
    if (err == 0)
        err = note_parse(buf_view(&note_bytes), note, NULL);
    if (err == 0)
        err = roster_parse(note->text, out, NULL);
    if (err == 0 && (*out)->serial != serial) {
        roster_free(*out);
        *out = NULL;
        err = KEIIN_EDAMAGED;
    }
    if (err != 0)
        err = damaged(why, err, "a roster in the store cannot be read");
    buf_destroy(&note_bytes);
    free(note);
    return err;
}

static int load_rosters(
    const struct store_txn *txn, struct book *book, struct state *state, struct why *why)
{
    struct roster *first = NULL;
    uint64_t serial = 0;
    int err = rosters_last(txn, &serial);

    if (err != 0)
        return damaged(why, err, "there is no roster in the store");
    err = load_roster(txn, 0, &first, why);
    if (err != 0)
        return err;
    state->ledger_id = first->text_hash;
    if (serial == 0)
        state->roster = first;
    else
        roster_free(first);
    if (serial > 0)
        err = load_roster(txn, serial, &state->roster, why);
    if (err == 0 && book != NULL) {
        state->book = book_hold(book);
    } else if (err == 0) {
        err = book_load(txn, state->roster, &state->ledger_id, &state->book);
        if (err != 0)
            err = damaged(why, err, "the list of keys in the store is wrong");
    }
    return err;
}

static bool signed_by(const struct note *note, const struct vkey *key)
{
    struct note_vote vote = note_judge(note, key);

    return vote.valid && !vote.wrong;
}

/*
 * The configured key signed the newest checkpoint; or another log key of the roster in force did, and
 * the configured one is listed there too: it takes over. After a restore any listed one will do.
 */
static int check_signer(struct state *state, const struct config *config,
    const struct keyfile *log_key, bool restored, struct why *why)
{
    struct note *note = malloc(sizeof *note);
    bool listed = restored, by_listed = false, by_own = false;
    struct vkey own = {0};
    int err = note == NULL
                  ? KEIIN_ENOMEM
                  : note_parse(span_of(state->checkpoint, state->checkpoint_bytes), note, NULL);

    if (err != 0)
        goto out;
    if (log_key != NULL) {
        vkey_make(&own, span_str(config->origin), KEY_ED25519, secret_public(log_key->secret));
        by_own = signed_by(note, &own);
    }
    for (size_t i = 0; i < state->roster->log_count; i++) {
        const struct vkey *key = &state->roster->logs[i].key;

        listed = listed || hash_eq(&key->key_hash, &own.key_hash);
        by_listed = by_listed || signed_by(note, key);
    }
    state->checkpoint_listed = by_listed;
    if (by_own || (by_listed && listed))
        goto out;
    if (by_listed)
        why_set(why,
            "log_key did not sign the newest checkpoint of this ledger, and the roster in force "
            "(serial %" PRIu64
            ") does not list it; start with the key that did, hand over a roster "
            "that lists both, then change log_key (operator's handbook, \"New log key\")",
            state->roster->serial);
    else
        why_set(why, "log_key did not sign the newest checkpoint of this ledger; configure the "
                     "key that did, or, where it is the right one, " RESTORE);
    err = KEIIN_EMISMATCH;
out:
    free(note);
    return err;
}

static int load_checkpoint(const struct store_txn *txn, const struct config *config,
    struct state *state, struct checkpoint *checkpoint, struct why *why)
{
    struct note *note = malloc(sizeof *note);
    struct buf bytes;
    uint64_t size;
    int err;

    buf_init(&bytes, CHECKPOINT_BYTES_MAX);
    err = note == NULL ? KEIIN_ENOMEM : tables_checkpoint(txn, &bytes);
    if (err == KEIIN_EABSENT) {
        why_set(why, "%s", message_text(MESSAGE_LEDGER_NO_LEDGER));
        goto out;
    }
    if (err == 0)
        err = note_parse(buf_view(&bytes), note, NULL);
    if (err == 0)
        err = checkpoint_parse(note->text, checkpoint, NULL);
    if (err != 0) {
        err = damaged(why, err, "the newest checkpoint in the store is malformed");
        goto out;
    }
    if (!span_is(checkpoint->origin, config->origin)) {
        why_set(why,
            "the data folder is of the ledger \"%.*s\", the configuration says origin = "
            "%s; use the configuration and keys of that ledger",
            (int)checkpoint->origin.n, (const char *)checkpoint->origin.p, config->origin);
        err = KEIIN_EMISMATCH;
        goto out;
    }
    err = log_size(txn, &size);
    if (err == 0 && size != checkpoint->size) {
        why_set(why,
            "the checkpoint is of %" PRIu64 " entries, the store has entries up to %" PRIu64
            "; " RESTORE,
            checkpoint->size, size);
        err = KEIIN_EDAMAGED;
    }
    state->checkpoint = buf_take(&bytes, &state->checkpoint_bytes);
    if (err == 0 && state->checkpoint == NULL)
        err = KEIIN_ENOMEM;
out:
    buf_destroy(&bytes);
    free(note);
    return err;
}

static int load_last_entry(
    const struct store_txn *txn, uint64_t size, struct state *state, struct why *why)
{
    struct entry entry;
    struct buf bytes;
    int err;

    buf_init(&bytes, ENTRY_BYTES_MAX);
    err = log_entry(txn, size - 1, &bytes);
    if (err == 0)
        err = entry_parse(buf_view(&bytes), &entry);
    if (err == 0) {
        state->received = entry.received;
        sha256_leaf(&state->leaf, buf_view(&bytes));
    } else {
        err = damaged(why, err, "the last entry cannot be read");
    }
    buf_destroy(&bytes);
    return err;
}

int recover_load(const struct store *store, const struct config *config,
    const struct keyfile *log_key, bool restored, struct book *book, struct state *out,
    struct why *why)
{
    struct checkpoint checkpoint;
    struct store_txn txn;
    struct hash root;
    uint64_t size;
    int err;

    memset(out, 0, sizeof *out);
    err = store_begin(store, false, &txn);
    if (err == 0)
        err = load_checkpoint(&txn, config, out, &checkpoint, why);
    if (err != 0)
        goto out;
    size = checkpoint.size;
    err = load_rosters(&txn, book, out, why);
    if (err == 0)
        err = check_signer(out, config, log_key, restored, why);
    if (err == 0)
        err = load_last_entry(&txn, size, out, why);
    if (err != 0)
        goto out;
    err = heads_load(&out->heads, &txn, out->book);
    if (err != 0) {
        err = damaged(why, err, "the writers' heads cannot be read");
        goto out;
    }
    err = edge_load(&out->edge, &txn, size);
    if (err != 0) {
        err = damaged(why, err, "hashes of the tree's right edge are missing");
        goto out;
    }
    frontier_root(&out->edge.frontier, &root);
    if (!hash_eq(&root, &checkpoint.root)) {
        why_set(why,
            "the tree's right edge does not hash to the root of the signed checkpoint; " RESTORE);
        err = KEIIN_EDAMAGED;
    }
out:
    store_abort(&txn);
    if (recheck_cannot_tell(err) && err != KEIIN_ENOMEM)
        why_set(why, "the store cannot be read");
    if (err != 0)
        state_destroy(out);
    return err;
}

int recover_reload(struct ledger *ledger)
{
    struct state state;
    int err = recover_load(&ledger->given.store, ledger->given.config, ledger->given.log_key, false,
        ledger->committed_book, &state, NULL);

    if (err != 0)
        return err;
    state_destroy(&ledger->state);
    ledger->state = state;
    return 0;
}

#define VERIFY_ENTRIES (2 * TILE_WIDTH)

/* What the newest entries say of their writers' heads. */
static int note_head(struct head *seen, struct recheck *r, struct why *why)
{
    struct head *head = &seen[r->key->writer];

    if (head->number != 0 &&
        (r->entry.number != head->number + 1 || !hash_eq(&r->entry.before, &head->hash))) {
        why_set(why, "entry %" PRIu64 " does not go on where its writer stopped", r->index - 1);
        return KEIIN_EDAMAGED;
    }
    head->number = entry_last_number(&r->entry);
    head->hash = r->after;
    head->index = r->index - 1;
    return 0;
}

static int compare_heads(
    const struct state *state, const struct head *seen, uint64_t start, struct why *why)
{
    for (size_t i = 0; i < state->heads.count; i++) {
        const struct head *stored = &state->heads.of[i];
        struct span name = book_writer(state->book, (uint32_t)i)->name;

        if (seen[i].number == 0 && (stored->number == 0 || stored->index < start))
            continue;
        if (seen[i].number != stored->number || seen[i].index != stored->index ||
            !hash_eq(&seen[i].hash, &stored->hash)) {
            why_set(why, "the stored head of the writer %.*s is not that of its last entry",
                (int)name.n, (const char *)name.p);
            return KEIIN_EDAMAGED;
        }
    }
    return 0;
}

/* The newest hashes of each tile level above 0 are those of the full tiles below. */
static int check_tiles(const struct store_txn *txn, uint64_t size, struct why *why)
{
    struct hash below[TILE_WIDTH], root, stored;
    int err = 0;

    for (unsigned level = 1; level < TILE_LEVELS_MAX && err == 0; level++) {
        uint64_t count = size >> (8 * level);

        if (count == 0)
            break;
        err = log_hashes(txn, level, count - 1, 1, &stored);
        if (err == 0)
            err = log_hashes(txn, level - 1, (count - 1) * TILE_WIDTH, TILE_WIDTH, below);
        if (err != 0)
            break;
        tree_fold(&root, below, TILE_WIDTH);
        if (!hash_eq(&root, &stored))
            err = KEIIN_EDAMAGED;
    }
    if (err != 0 && !recheck_cannot_tell(err))
        why_set(why, "a tile of the tree's right edge is wrong");
    return err;
}

int recover_verify(const struct store *store, const struct state *state, struct why *why)
{
    uint64_t size = state->edge.frontier.size;
    uint64_t start = size > VERIFY_ENTRIES ? (size - VERIFY_ENTRIES) / TILE_WIDTH * TILE_WIDTH : 0;
    struct head *seen = calloc(state->heads.count + 1, sizeof *seen);
    struct recheck r = {0};
    struct store_txn txn;
    int err = seen == NULL ? KEIIN_ENOMEM : store_begin(store, false, &txn);

    if (err != 0) {
        free(seen);
        return err;
    }
    err = recheck_start(&r, &txn, &state->ledger_id, state->book, start);
    while (err == 0 && r.index < size) {
        err = recheck_entry(&r, why);
        if (err == 0)
            err = note_head(seen, &r, why);
    }
    if (err == 0)
        err = compare_heads(state, seen, start, why);
    if (err == 0)
        err = check_tiles(&txn, size, why);
    if (err != 0 && !recheck_cannot_tell(err)) {
        struct why what = {""};

        if (why != NULL)
            what = *why;
        why_set(why, "%s; " RESTORE, what.text[0] != 0 ? what.text : keiin_err_text(err));
    }
    recheck_end(&r);
    store_abort(&txn);
    free(seen);
    return err;
}

int recover_check(const struct store *store, const struct config *config,
    const struct keyfile *log_key, bool restored, struct why *why)
{
    struct state state;
    int err = recover_load(store, config, log_key, restored, NULL, &state, why);

    if (err == 0) {
        err = recover_verify(store, &state, why);
        state_destroy(&state);
    }
    return err;
}
