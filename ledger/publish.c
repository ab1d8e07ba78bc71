#include "ledger/publish.h"

#include <stdlib.h>

#include "ledger/log.h"
#include "ledger/submit.h"

int published_of(const struct state *state, struct published *out)
{
    memset(out, 0, sizeof *out);
    out->checkpoint = malloc(state->checkpoint_bytes);
    if (out->checkpoint == NULL)
        return KEIIN_ENOMEM;
    memcpy(out->checkpoint, state->checkpoint, state->checkpoint_bytes);
    out->checkpoint_bytes = state->checkpoint_bytes;
    out->shown = state->checkpoint_listed;
    out->size = state->edge.frontier.size;
    out->received = state->received;
    out->serial = state->roster->serial;
    out->book = book_hold(state->book);
    return 0;
}

void published_destroy(struct published *published)
{
    free(published->checkpoint);
    book_release(published->book);
    memset(published, 0, sizeof *published);
}

static int write_receipt(struct state *state, const struct store_txn *txn, struct job *job)
{
    struct receipt receipt = {.index = job->index,
        .received = job->received,
        .prev = job->prev,
        .checkpoint = span_of(state->checkpoint, state->checkpoint_bytes)};
    struct buf body;
    int err = edge_prove(&state->edge, txn, job->index, receipt.proof, &receipt.proof_count);

    if (err != 0)
        return err;
    buf_init(&body, CHECKPOINT_BYTES_MAX + 64 * 1024);
    /* One allocation for nearly every answer. */
    (void)buf_extend(&body, 256 + state->checkpoint_bytes + receipt.proof_count * 34);
    buf_clear(&body);
    receipt_write(&body, &receipt);
    free(job->answer);
    job->answer = buf_take(&body, &job->answer_bytes);
    return job->answer == NULL ? KEIIN_ENOMEM : 0;
}

static void hand_over(struct ledger *ledger, struct job_list *jobs, struct published *published)
{
    pthread_mutex_lock(&ledger->done_lock);
    job_list_move(&ledger->done, jobs);
    if (published != NULL) {
        published_destroy(&ledger->done_published);
        ledger->done_published = *published;
    }
    pthread_mutex_unlock(&ledger->done_lock);
    ledger->given.network->wake(ledger->given.network->ctx);
}

int publish_group(struct ledger *ledger, struct job_list *jobs)
{
    struct published published;
    struct store_txn txn;
    int err = published_of(&ledger->state, &published);

    if (err != 0)
        return err;
    book_release(ledger->committed_book);
    ledger->committed_book = book_hold(ledger->state.book);
    err = store_begin(&ledger->given.store, false, &txn);
    for (struct job *job = jobs->first; job != NULL && err == 0; job = job->next)
        err = job->refused != REFUSE_NOT ? job_write_refusal(job)
                                         : write_receipt(&ledger->state, &txn, job);
    store_abort(&txn);
    if (err != 0)
        published_destroy(&published);
    else
        hand_over(ledger, jobs, &published);
    return err;
}

int publish_state(struct ledger *ledger, const struct state *state)
{
    struct published published;
    struct job_list none;
    int err = published_of(state, &published);

    if (err != 0)
        return err;
    job_list_init(&none);
    hand_over(ledger, &none, &published);
    return 0;
}

void publish_refused(struct ledger *ledger, struct job_list *jobs)
{
    if (jobs->first == NULL)
        return;
    for (struct job *job = jobs->first; job != NULL; job = job->next)
        if (job_write_refusal(job) != 0)
            job->answer_bytes = 0; /* status alone must do */
    hand_over(ledger, jobs, NULL);
}

void publish_fatal(struct ledger *ledger, const struct why *why)
{
    pthread_mutex_lock(&ledger->done_lock);
    ledger->fatal = true;
    ledger->fatal_why = *why;
    pthread_mutex_unlock(&ledger->done_lock);
    ledger->given.network->wake(ledger->given.network->ctx);
}

static void take_published(struct ledger *ledger, struct published *newer)
{
    const struct keiin_clock *clock = ledger->given.clock;

    if (newer->checkpoint == NULL)
        return;
    if (newer->size > ledger->published.size)
        ledger->last_entry_ms = clock->monotonic_ms(clock->ctx);
    if (newer->serial != ledger->published.serial)
        log_line(LOG_INFO, "roster", "serial %llu is in force", (unsigned long long)newer->serial);
    published_destroy(&ledger->published);
    ledger->published = *newer;
}

bool publish_run(struct ledger *ledger, struct why *why)
{
    struct published newer;
    struct job_list done;
    struct job *job;
    bool fatal;

    job_list_init(&done);
    pthread_mutex_lock(&ledger->done_lock);
    job_list_move(&done, &ledger->done);
    newer = ledger->done_published;
    memset(&ledger->done_published, 0, sizeof ledger->done_published);
    fatal = ledger->fatal;
    if (fatal)
        *why = ledger->fatal_why;
    pthread_mutex_unlock(&ledger->done_lock);
    take_published(ledger, &newer);
    while ((job = job_list_take(&done)) != NULL) {
        submit_finished(ledger, job);
        job_free(job);
    }
    return fatal;
}
