#include "ledger/sequence.h"

#include <assert.h>
#include <stdlib.h>

#include "core/chain.h"
#include "ledger/clockwatch.h"
#include "ledger/commit.h"
#include "ledger/log.h"
#include "ledger/publish.h"
#include "ledger/recover.h"
#include "ledger/rosters.h"
#include "system/thread.h"

/* What is done with a submission that may be stored. */
enum mode {
    MODE_STORE,
    MODE_BUSY, /* 503: the clock is wrong, or there is no memory */
    MODE_FULL /* 507 */
};

struct sequencer {
    struct ledger *ledger;
    struct group *group;
    struct job_list jobs; /* of the group */
    struct buf entry; /* kept */
    enum mode mode;
    bool stores; /* in a transaction that may write: evidence is kept whatever the mode */
    struct why busy;
    uint64_t now_ms;
};

/* The stored entry that holds record `number` of the job's writer. */
static int find_entry(struct sequencer *s, const struct job *job, uint64_t number, uint64_t *index,
    struct entry *entry)
{
    int err = heads_find(&s->group->txn, &s->ledger->state.heads.of[job->writer], number, index);

    buf_clear(&s->entry);
    if (err == 0)
        err = log_entry(&s->group->txn, *index, &s->entry);
    if (err == 0 && entry_parse(buf_view(&s->entry), entry) != 0)
        err = KEIIN_EDAMAGED;
    return err;
}

static void entry_after(const struct entry *entry, struct hash *after)
{
    struct hash digests[ENTRY_DIGESTS_MAX];

    entry_digests(entry, digests);
    chain_extend(after, &entry->before, digests, entry->digest_count);
}

/* The same submission again: its entry is its answer. */
static int find_replay(struct sequencer *s, struct job *job, bool *found)
{
    const struct submission *sub = &job->submission;
    struct entry entry;
    struct hash after;
    uint64_t index;
    int err;

    *found = false;
    if (sub->number > s->ledger->state.heads.of[job->writer].number)
        return 0;
    err = find_entry(s, job, sub->number, &index, &entry);
    if (err != 0 || entry.number != sub->number || entry.digest_count != sub->count ||
        !hash_eq(&entry.before, &sub->before))
        return err;
    entry_after(&entry, &after);
    if (!hash_eq(&after, &job->after))
        return 0;
    *found = true;
    job->index = index;
    job->received = entry.received;
    job->prev = entry.prev;
    return 0;
}

/* Two valid signatures of a writer for one number with different heads are kept. */
static int keep_evidence(struct sequencer *s, struct job *job)
{
    uint64_t last = job->submission.number + job->submission.count - 1, index;
    struct span name = book_writer(s->ledger->state.book, job->writer)->name;
    struct entry entry;
    struct hash after;
    int err;

    if (last > s->ledger->state.heads.of[job->writer].number)
        return 0;
    err = find_entry(s, job, last, &index, &entry);
    if (err != 0 || entry_last_number(&entry) != last)
        return err;
    entry_after(&entry, &after);
    if (hash_eq(&after, &job->after))
        return 0;
    if (s->stores)
        return group_put_evidence(s->group, job, &entry, &after);
    log_line(LOG_WARNING, "evidence-not-kept",
        "%.*s signed two heads for %llu, and there is no room to keep both", (int)name.n,
        (const char *)name.p, (unsigned long long)last);
    return 0;
}

static const struct book_key *listed_key(const struct state *state, const struct job *job)
{
    const struct book_key *key = NULL;

    while ((key = book_find_key(state->book, &job->submission.key, key)) != NULL)
        if (key->writer == job->writer && key->listed)
            return key;
    return NULL;
}

static bool refuse_roster(struct sequencer *s, struct job *job)
{
    const struct state *state = &s->ledger->state;

    if (job->roster == NULL) {
        job->refused = REFUSE_ROSTER; /* validate_roster has said why */
        return true;
    }
    if (roster_check(job->roster, job->note, state->roster, &job->why) != 0 ||
        rosters_accept(job->roster, s->ledger->given.log_key, &job->why) != 0) {
        job->refused = REFUSE_ROSTER;
        return true;
    }
    return false;
}

/* True when the submission may not be stored, by the state in which it gets its place. */
static bool refuse(struct sequencer *s, struct job *job)
{
    const struct state *state = &s->ledger->state;
    const struct head *head = &state->heads.of[job->writer];
    const struct submission *sub = &job->submission;
    const struct book_key *key = listed_key(state, job);

    job->head_number = head->number;
    job->head = head->hash;
    if (key == NULL)
        job_refuse(job, REFUSE_WRITER_UNKNOWN,
            "the roster in force (serial %llu) does not list "
            "this key for this writer",
            (unsigned long long)state->roster->serial);
    else if (sub->kind == ENTRY_ROSTER && key->role != ROLE_OPERATOR && key->role != ROLE_COMMITTEE)
        job_refuse(job, REFUSE_ROLE,
            "a roster comes from an operator or the committee, not "
            "from a writer of role %s",
            role_text(key->role));
    else if (sub->number != head->number + 1)
        job_refuse(job, REFUSE_NUMBER, "the writer's next number is %llu, not %llu",
            (unsigned long long)head->number + 1, (unsigned long long)sub->number);
    else if (!hash_eq(&sub->before, &head->hash))
        job_refuse(job, REFUSE_BEFORE, "`before` is not the writer's head");
    else if (sub->kind == ENTRY_ROSTER && refuse_roster(s, job))
        return true;
    else if (s->mode == MODE_BUSY)
        job_refuse(job, REFUSE_BUSY, "%s", s->busy.text);
    else if (s->mode == MODE_FULL)
        job_refuse(job, REFUSE_FULL, "no space is left on the disk or in the map");
    return job->refused != REFUSE_NOT;
}

/* The operator's own submission gets its number and its signature with its place. */
static void sign_own(struct sequencer *s, struct job *job)
{
    const struct keyfile *key = s->ledger->given.operator_key;
    const struct head *head = &s->ledger->state.heads.of[job->writer];
    struct submission *sub = &job->submission;
    struct chain_text text;

    sub->number = head->number + 1;
    sub->before = head->hash;
    chain_extend(&job->after, &sub->before, sub->digests, sub->count);
    chain_text(&text, &s->ledger->state.ledger_id, span_str(key->name),
        sub->number + sub->count - 1, &job->after);
    assert(job->body_bytes >= ED25519_SIGNATURE_BYTES);
    secret_sign(key->secret, span_of(text.bytes, text.n), job->body);
    sub->signature = span_of(job->body, ED25519_SIGNATURE_BYTES);
}

static int sequence_job(struct sequencer *s, struct job *job)
{
    bool replay = false;
    int err = 0;

    job->refused = REFUSE_NOT;
    job->stored = false;
    if (job->own)
        sign_own(s, job);
    else
        err = find_replay(s, job, &replay);
    if (err != 0 || replay || refuse(s, job))
        return err;
    return group_place(s->group, job, s->now_ms);
}

/*
 * The group in its transaction. A head that is refused is held against what comes after it in
 * the group too: both signatures are at hand then, and later only the stored one is.
 */
static int sequence_group(struct sequencer *s)
{
    int err = 0;

    for (struct job *job = s->jobs.first; job != NULL && err == 0; job = job->next)
        err = sequence_job(s, job);
    for (struct job *job = s->jobs.first; job != NULL && err == 0; job = job->next)
        if (job->refused != REFUSE_NOT && !job->own)
            err = keep_evidence(s, job);
    return err;
}

static int store_group(struct sequencer *s)
{
    int err = group_begin(s->group);

    if (err == 0)
        err = sequence_group(s);
    if (err == 0 && (s->group->count > 0 || s->group->evidence > 0))
        err = group_commit(s->group);
    else
        group_abort(s->group);
    return err;
}

static bool may_give_up(int err)
{
    return err == KEIIN_EFULL || err == KEIIN_ENOMEM;
}

/*
 * Without space or memory: the same jobs again, and what would be stored is refused. Evidence
 * is small and may have room yet; where not, the same head sent again is evidence again.
 */
static int give_up_group(struct sequencer *s, int reason)
{
    int err = recover_reload(s->ledger);

    log_line(LOG_WARNING, "group-refused", "%s", keiin_err_text(reason));
    if (err != 0)
        return err;
    s->mode = reason == KEIIN_EFULL ? MODE_FULL : MODE_BUSY;
    why_set(&s->busy, "%s", keiin_err_text(reason));
    err = store_group(s);
    if (!may_give_up(err))
        return err;
    s->stores = false;
    err = store_begin(&s->ledger->given.store, false, &s->group->txn);
    if (err == 0)
        err = sequence_group(s);
    store_abort(&s->group->txn);
    return err;
}

/* A roster that was placed and taken back must be taken from its note again. */
static int restore_rosters(struct job *jobs)
{
    int err = 0;

    for (struct job *job = jobs; job != NULL && err == 0; job = job->next)
        if (job->kind == ENTRY_ROSTER && job->roster == NULL && job->stored)
            err = roster_parse(job->note->text, &job->roster, NULL);
    return err;
}

int sequence_store(struct sequencer *s)
{
    struct clockwatch *clock = &s->ledger->clockwatch;
    int err = clockwatch_now(clock, s->ledger->state.received, &s->now_ms, &s->busy);

    if (err == KEIIN_EREFUSED)
        return err;
    s->mode = err == KEIIN_EBUSY ? MODE_BUSY : MODE_STORE;
    s->stores = true;
    err = store_group(s);
    if (!may_give_up(err))
        return err;
    return restore_rosters(s->jobs.first) == 0 ? give_up_group(s, err) : KEIIN_ENOMEM;
}

int sequence_publish(struct sequencer *s)
{
    return publish_group(s->ledger, &s->jobs);
}

/* Whether more is about to come than is there. */
static bool gathers(const struct ledger *ledger)
{
    size_t count = ledger->sequence_queue.count;

    return count < SEQUENCE_GATHER_ENTRIES && count < ledger->sequence_coming &&
           !ledger->sequence_stop;
}

/* Under the lock: until there is something, and until it is enough or has waited long enough. */
static void await_group(struct ledger *ledger)
{
    struct timespec until;
    int rc = 0;

    while (ledger->sequence_queue.first == NULL && !ledger->sequence_stop) {
        ledger->sequence_waits = true; /* taken back by who wakes this thread */
        pthread_cond_wait(&ledger->sequence_work, &ledger->sequence_lock);
    }
    if (!gathers(ledger))
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SEQUENCE_GATHER_MS * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    while (rc == 0 && gathers(ledger)) {
        ledger->sequence_waits = true;
        rc = pthread_cond_timedwait(&ledger->sequence_work, &ledger->sequence_lock, &until);
    }
    ledger->sequence_waits = false;
}

bool sequence_take(struct sequencer *s, bool wait)
{
    struct ledger *ledger = s->ledger;
    const struct config *config = ledger->given.config;
    size_t bytes = 0;

    assert(s->jobs.first == NULL);
    pthread_mutex_lock(&ledger->sequence_lock);
    if (wait)
        await_group(ledger);
    while (ledger->sequence_queue.first != NULL && s->jobs.count < config->group_entries_max) {
        bytes += ledger->sequence_queue.first->body_bytes;
        if (s->jobs.count > 0 && bytes > config->group_bytes_max)
            break;
        job_list_put(&s->jobs, job_list_take(&ledger->sequence_queue));
    }
    pthread_mutex_unlock(&ledger->sequence_lock);
    return s->jobs.first != NULL;
}

static void give_reason(struct sequencer *s, int err, struct why *why)
{
    if (err == KEIIN_EREFUSED)
        why_set(
            why, "%s for more than a minute; set the clock right and start again", s->busy.text);
    else if (err == KEIIN_EIO)
        why_set(why, "a commit failed and its outcome is unknown; look at the disk, then start "
                     "again: start-up finds out what was stored");
    else if (err == KEIIN_ENOMEM)
        why_set(why, "out of memory; start again: start-up finds out what was stored");
    else
        why_set(why, "the store cannot be used (%s); run keiin-ledger check", keiin_err_text(err));
}

void sequence_fail(struct sequencer *s, int err)
{
    struct why why;

    give_reason(s, err, &why);
    publish_fatal(s->ledger, &why);
}

int sequence_new(struct ledger *ledger, struct sequencer **out)
{
    struct sequencer *s = calloc(1, sizeof *s);
    int err = s == NULL ? KEIIN_ENOMEM : group_new(ledger, &s->group);

    *out = NULL;
    if (err != 0) {
        free(s);
        return err;
    }
    s->ledger = ledger;
    job_list_init(&s->jobs);
    buf_init(&s->entry, ENTRY_BYTES_MAX);
    *out = s;
    return 0;
}

void sequence_free(struct sequencer *s)
{
    struct job *job;

    if (s == NULL)
        return;
    while ((job = job_list_take(&s->jobs)) != NULL)
        job_free(job);
    buf_destroy(&s->entry);
    group_free(s->group);
    free(s);
}

void *sequence_thread(void *arg)
{
    struct ledger *ledger = arg;
    struct sequencer *s = NULL;
    struct why why;
    int err = sequence_new(ledger, &s);

    (void)thread_prompt(); /* it waits for disk and workers, and all for it */
    if (err != 0) {
        why_set(&why, "%s", keiin_err_text(err));
        publish_fatal(ledger, &why);
        return NULL;
    }
    while (err == 0 && sequence_take(s, true)) {
        err = sequence_store(s);
        if (err == 0)
            err = sequence_publish(s);
    }
    if (err != 0)
        sequence_fail(s, err);
    sequence_free(s);
    return NULL;
}

void sequence_put(struct ledger *ledger, struct job_list *jobs, size_t coming)
{
    bool wake;

    pthread_mutex_lock(&ledger->sequence_lock);
    job_list_move(&ledger->sequence_queue, jobs);
    ledger->sequence_coming = coming;
    wake = ledger->sequence_waits && ledger->sequence_queue.first != NULL && !gathers(ledger);
    if (wake)
        ledger->sequence_waits = false;
    pthread_mutex_unlock(&ledger->sequence_lock);
    if (wake)
        pthread_cond_signal(&ledger->sequence_work);
}
