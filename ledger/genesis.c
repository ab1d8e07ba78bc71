#include "ledger/genesis.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/sha256.h"
#include "ledger/commit.h"
#include "ledger/recover.h"

/* Entry 0: the roster, signed by the operator's key, in the state before any entry. */
static int make_job(const struct keyfile *operator_key, const struct roster *roster,
    struct span note, const struct state *state, struct job *job)
{
    struct submission *s = &job->submission;
    struct chain_text text;
    struct vkey key;
    struct hash name_hash;
    int err;

    vkey_make(&key, span_str(operator_key->name), KEY_ED25519, secret_public(operator_key->secret));
    sha256(&name_hash, key.name);
    err = book_find_name(state->book, &name_hash, &job->writer);
    job->kind = s->kind = ENTRY_ROSTER;
    s->key = key.key_hash;
    s->number = 1;
    s->count = 1;
    s->note = note;
    s->digests = calloc(1, sizeof *s->digests);
    job->body = calloc(1, ED25519_SIGNATURE_BYTES);
    job->parsed = true;
    if (err != 0 || s->digests == NULL || job->body == NULL)
        return err != 0 ? err : KEIIN_ENOMEM;
    s->before = book_writer(state->book, job->writer)->start;
    s->digests[0] = roster->text_hash;
    chain_extend(&job->after, &s->before, s->digests, 1);
    chain_text(&text, &state->ledger_id, key.name, 1, &job->after);
    secret_sign(operator_key->secret, span_of(text.bytes, text.n), job->body);
    s->signature = span_of(job->body, ED25519_SIGNATURE_BYTES);
    return 0;
}

/* An empty ledger in memory, as the sequencer would have it before entry 0. */
static int empty_state(struct ledger *ledger, struct group *group, const struct roster *roster)
{
    struct state *state = &ledger->state;
    int err = edge_load(&state->edge, &group->txn, 0);

    state->ledger_id = roster->text_hash;
    entry_genesis_prev(&state->leaf, &state->ledger_id);
    if (err == 0)
        err = book_next(NULL, roster, &state->ledger_id, &state->book);
    if (err == 0)
        err = heads_grow(&state->heads, state->book);
    return err;
}

int genesis(const struct store *store, const struct config *config, const struct keiin_clock *clock,
    const struct keyfile *log_key, const struct keyfile *operator_key, struct roster **roster,
    struct span note)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct job *job = job_new(ENTRY_ROSTER);
    struct group *group = NULL;
    struct buf found;
    int err = ledger == NULL || job == NULL ? KEIIN_ENOMEM : 0;

    buf_init(&found, CHECKPOINT_BYTES_MAX);
    if (err != 0)
        goto out;
    ledger->given.store = *store;
    ledger->given.config = config;
    ledger->given.log_key = log_key;
    ledger->given.operator_key = operator_key;
    err = group_new(ledger, &group);
    if (err == 0)
        err = group_begin(group);
    if (err == 0) {
        err = tables_checkpoint(&group->txn, &found);
        err = err == KEIIN_EABSENT ? 0 : err == 0 ? KEIIN_EEXIST : err;
    }
    if (err == 0)
        err = empty_state(ledger, group, *roster);
    if (err == 0)
        err = make_job(operator_key, *roster, note, &ledger->state, job);
    if (err == 0) {
        job->roster = *roster;
        *roster = NULL;
        err = group_place(group, job, clock->wall_ms(clock->ctx));
    }
    if (err == 0) {
        /* The first roster has no proof: it is the trust anchor itself. */
        group->roster_count = 0;
        err = group_commit(group);
    }
out:
    if (group != NULL)
        group_abort(group);
    group_free(group);
    if (ledger != NULL)
        state_destroy(&ledger->state);
    free(ledger);
    job_free(job);
    buf_destroy(&found);
    return err;
}
