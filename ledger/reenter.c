#include "ledger/reenter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/chain.h"
#include "core/record.h"
#include "core/sha256.h"
#include "ledger/validate.h"

static uint64_t own_size(const struct extension *x)
{
    return x->shell->state.edge.frontier.size;
}

static int its_fault(int err)
{
    return err == KEIIN_ENOMEM ? err : KEIIN_EUNREADABLE;
}

static int does_not_fit(struct extension *x, struct why *why, const char *what)
{
    why_set(why, "entry %" PRIu64 " %s", own_size(x), what);
    return KEIIN_EUNREADABLE;
}

/* Who signed it, by the roster in force here. */
static bool find_writer(const struct state *state, const struct entry *entry, struct job *job)
{
    const struct book_key *key = NULL;
    struct chain_text text;

    chain_extend(&job->after, &entry->before, job->submission.digests, entry->digest_count);
    while ((key = book_find_key(state->book, &entry->key, key)) != NULL) {
        if (!key->listed)
            continue;
        chain_text(&text, &state->ledger_id, book_writer(state->book, key->writer)->name,
            entry_last_number(entry), &job->after);
        if (ed25519_verify(key->key, span_of(text.bytes, text.n), entry->signature)) {
            job->writer = key->writer;
            return true;
        }
    }
    return false;
}

/* The records out of x->records, or none; what is not there is counted. */
static int take_records(struct extension *x, struct job *job, struct why *why)
{
    struct cursor c = cursor_of(buf_view(&x->records));
    struct submission *s = &job->submission;
    uint64_t missing = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (x->records.n > 0)
            records_next(&c, &s->records[i], &s->sealed[i]);
        if (c.failed ||
            (s->records[i].n > 0 && !record_fits(&s->digests[i], s->records[i], s->sealed[i])))
            return does_not_fit(x, why, "has records that do not hash to it");
        if (s->records[i].n == 0)
            s->sealed[i] = span_of(NULL, 0);
        missing += s->records[i].n == 0;
    }
    if (missing > 0 && !x->without_records) {
        why_set(why,
            "%" PRIu64 " records of entry %" PRIu64
            " are not there: name a source that has them, or start with --without-records: then "
            "they stay lost",
            missing, own_size(x));
        return KEIIN_EUNREADABLE;
    }
    x->records_lost += missing;
    return 0;
}

/* The roster of a kind 2 entry. */
static int take_roster(struct extension *x, struct source *source, struct job *job, struct why *why)
{
    const struct state *state = &x->shell->state;
    struct buf note;
    bool longer;
    char path[64];
    int err;

    if (source == NULL)
        return does_not_fit(x, why, "brings a roster, which a receipt does not hold");
    snprintf(path, sizeof path, "roster/%" PRIu64, state->roster->serial + 1);
    buf_init(&note, ROSTER_BYTES_MAX);
    err = source_get(source, path, ROSTER_BYTES_MAX, &note, &longer, why);
    if (err == 0) {
        job->body = buf_take(&note, &job->body_bytes);
        job->submission.note = span_of(job->body, job->body_bytes);
        err = job->body == NULL ? KEIIN_ENOMEM : validate_roster(job);
    }
    buf_destroy(&note);
    if (err != 0)
        return its_fault(err);
    if (job->roster == NULL || !hash_eq(&job->roster->text_hash, &job->submission.digests[0]) ||
        roster_check(job->roster, job->note, state->roster, NULL) != 0)
        return does_not_fit(x, why, "brings a roster that is not the next one");
    return 0;
}

static int make_job(const struct entry *entry, struct job **out)
{
    struct job *job = job_new(entry->kind);
    struct submission *s;

    *out = job;
    if (job == NULL)
        return KEIIN_ENOMEM;
    s = &job->submission;
    job->parsed = true;
    s->kind = entry->kind;
    s->key = entry->key;
    s->number = entry->number;
    s->before = entry->before;
    s->signature = entry->signature;
    s->count = entry->digest_count;
    s->digests = calloc(s->count, sizeof *s->digests);
    s->records = calloc(s->count, sizeof *s->records);
    s->sealed = calloc(s->count, sizeof *s->sealed);
    if (s->digests == NULL || s->records == NULL || s->sealed == NULL)
        return KEIIN_ENOMEM;
    entry_digests(entry, s->digests);
    return 0;
}

/* Everything that this ledger asked of it when it first came; then its place. */
int reenter(struct extension *x, struct source *source, struct span bytes, struct why *why)
{
    struct state *state = &x->shell->state;
    const struct head *head;
    struct entry entry;
    struct job *job = NULL;
    int err = 0;

    if (entry_parse(bytes, &entry) != 0)
        return does_not_fit(x, why, "is malformed");
    if (!hash_eq(&entry.prev, &state->leaf) || entry.received < state->received)
        return does_not_fit(x, why, "does not follow on the entry before it");
    err = make_job(&entry, &job);
    if (err != 0)
        goto out;
    if (!find_writer(state, &entry, job)) {
        err = does_not_fit(x, why, "has no valid signature by a listed writer");
        goto out;
    }
    head = &state->heads.of[job->writer];
    if (entry.number != head->number + 1 || !hash_eq(&entry.before, &head->hash)) {
        err = does_not_fit(x, why, "does not go on from its writer's head");
        goto out;
    }
    err = entry.kind == ENTRY_ROSTER ? take_roster(x, source, job, why) : take_records(x, job, why);
    if (err == 0)
        err = group_place(x->group, job, entry.received);
    /* Placed by the same code that placed it first: the same bytes, or something is wrong. */
    if (err == 0 && !span_eq(buf_view(&x->group->entry), bytes))
        err = KEIIN_EDAMAGED;
out:
    job_free(job);
    return err;
}

/* The operator's own record behind all that came before it. */
int reenter_own(struct extension *x, struct span record, struct job **out, struct why *why)
{
    const struct keyfile *key = x->shell->given.operator_key;
    struct state *state = &x->shell->state;
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct entry entry = {.kind = ENTRY_RECORDS, .digest_count = 0};
    struct hash digest, name_hash, after;
    struct chain_text text;
    struct vkey vkey;
    uint32_t writer;
    struct buf bytes;
    int err;

    *out = NULL;
    sha256(&name_hash, span_str(key->name));
    if (book_find_name(state->book, &name_hash, &writer) != 0) {
        why_set(why, "no roster so far lists operator_key");
        return KEIIN_EREFUSED;
    }
    vkey_make(&vkey, span_str(key->name), KEY_ED25519, secret_public(key->secret));
    sha256(&digest, record);
    entry.received = state->received;
    entry.prev = state->leaf;
    entry.key = vkey.key_hash;
    entry.number = state->heads.of[writer].number + 1;
    entry.before = state->heads.of[writer].hash;
    entry.digest_count = 1;
    chain_extend(&after, &entry.before, &digest, 1);
    chain_text(&text, &state->ledger_id, span_str(key->name), entry.number, &after);
    secret_sign(key->secret, span_of(text.bytes, text.n), signature);
    entry.signature = span_of(signature, sizeof signature);
    buf_init(&bytes, ENTRY_BYTES_MAX);
    entry_write(&bytes, &entry, &digest);
    err = buf_status(&bytes);
    if (err == 0)
        err = entry_parse(buf_view(&bytes), &entry);
    if (err == 0)
        err = make_job(&entry, out);
    if (err == 0) {
        (*out)->body = malloc(sizeof signature); /* what the submission's signature points to */
        err = (*out)->body == NULL ? KEIIN_ENOMEM : 0;
    }
    if (err == 0) {
        memcpy((*out)->body, signature, sizeof signature);
        (*out)->submission.signature = span_of((*out)->body, sizeof signature);
        (*out)->submission.records[0] = record;
        if (!find_writer(state, &entry, *out)) {
            why_set(why, "the roster in force does not list operator_key");
            err = KEIIN_EREFUSED;
        }
    }
    buf_destroy(&bytes);
    return err;
}
