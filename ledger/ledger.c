#include "ledger/ledger.h"

#include <stdlib.h>

#include "ledger/clockwatch.h"
#include "ledger/publish.h"
#include "ledger/recover.h"
#include "ledger/sequence.h"
#include "ledger/validate.h"

static void validate(struct ledger *ledger, struct job *job)
{
    if (!job->own)
        validate_job(job, &ledger->ledger_id);
    else if (job->kind == ENTRY_ROSTER && validate_roster(job) == KEIIN_ENOMEM)
        job_refuse(job, REFUSE_BUSY, "out of memory");
}

void ledger_validate(struct ledger *ledger, struct job *const *jobs, size_t count)
{
    struct job_list valid, refused;
    size_t coming;

    job_list_init(&valid);
    job_list_init(&refused);
    for (size_t i = 0; i < count; i++)
        validate(ledger, jobs[i]);
    coming = lanes_done(ledger->lanes, jobs, count, &valid, &refused);
    sequence_put(ledger, &valid, coming);
    publish_refused(ledger, &refused);
}

static void *worker_thread(void *arg)
{
    struct ledger *ledger = arg;
    struct job *jobs[LANES_TAKE_MAX];
    size_t count;

    while ((count = lanes_take(ledger->lanes, true, jobs)) > 0)
        ledger_validate(ledger, jobs, count);
    return NULL;
}

static int start_threads(struct ledger *ledger)
{
    size_t count = (size_t)ledger->given.config->workers;

    ledger->workers = calloc(count, sizeof *ledger->workers);
    if (ledger->workers == NULL)
        return KEIIN_ENOMEM;
    if (pthread_create(&ledger->sequencer, NULL, sequence_thread, ledger) != 0)
        return KEIIN_ENOMEM;
    ledger->sequencer_runs = true;
    for (; ledger->worker_count < count; ledger->worker_count++)
        if (pthread_create(&ledger->workers[ledger->worker_count], NULL, worker_thread, ledger) !=
            0)
            return KEIIN_ENOMEM;
    return 0;
}

int ledger_open(struct ledger *ledger, const struct ledger_given *given, struct why *why)
{
    const struct keiin_clock *clock = given->clock;
    pthread_condattr_t monotonic;
    int err;

    memset(ledger, 0, sizeof *ledger);
    ledger->given = *given;
    pthread_mutex_init(&ledger->sequence_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ledger->sequence_work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&ledger->done_lock, NULL);
    job_list_init(&ledger->sequence_queue);
    job_list_init(&ledger->done);
    clockwatch_start(&ledger->clockwatch, clock);
    ledger->last_entry_ms = clock->monotonic_ms(clock->ctx);
    err = recover_load(
        &given->store, given->config, given->log_key, given->restored, NULL, &ledger->state, why);
    if (err == 0) {
        ledger->ledger_id = ledger->state.ledger_id;
        ledger->committed_book = book_hold(ledger->state.book);
        err = published_of(&ledger->state, &ledger->published);
    }
    ledger->cache = calloc(1, sizeof *ledger->cache);
    if (err == 0 && ledger->cache == NULL)
        err = KEIIN_ENOMEM;
    if (err == 0)
        err = lanes_new((size_t)given->config->queue_per_writer_max, (size_t)given->config->workers,
            &ledger->lanes);
    if (err != 0)
        ledger_stop(ledger);
    return err;
}

int ledger_start(struct ledger *ledger, const struct ledger_given *given, struct why *why)
{
    int err = ledger_open(ledger, given, why);

    if (err != 0)
        return err;
    err = start_threads(ledger);
    if (err != 0)
        ledger_stop(ledger);
    return err;
}

void ledger_adopt(struct ledger *ledger, struct state *state)
{
    /* The sequencer waits, and takes this lock before it looks at anything. */
    pthread_mutex_lock(&ledger->sequence_lock);
    state_destroy(&ledger->state);
    ledger->state = *state;
    memset(state, 0, sizeof *state);
    book_release(ledger->committed_book);
    ledger->committed_book = book_hold(ledger->state.book);
    pthread_mutex_unlock(&ledger->sequence_lock);
}

void ledger_stop(struct ledger *ledger)
{
    struct job *job;

    if (ledger->lanes != NULL)
        lanes_stop(ledger->lanes);
    for (size_t i = 0; i < ledger->worker_count; i++)
        pthread_join(ledger->workers[i], NULL);
    if (ledger->sequencer_runs) {
        pthread_mutex_lock(&ledger->sequence_lock);
        ledger->sequence_stop = true;
        pthread_cond_signal(&ledger->sequence_work);
        pthread_mutex_unlock(&ledger->sequence_lock);
        pthread_join(ledger->sequencer, NULL);
    }
    while ((job = job_list_take(&ledger->sequence_queue)) != NULL)
        job_free(job);
    while ((job = job_list_take(&ledger->done)) != NULL)
        job_free(job);
    lanes_free(ledger->lanes);
    free(ledger->workers);
    free(ledger->cache);
    published_destroy(&ledger->done_published);
    published_destroy(&ledger->published);
    book_release(ledger->committed_book);
    state_destroy(&ledger->state);
    store_close(&ledger->given.store);
    pthread_mutex_destroy(&ledger->sequence_lock);
    pthread_cond_destroy(&ledger->sequence_work);
    pthread_mutex_destroy(&ledger->done_lock);
    memset(ledger, 0, sizeof *ledger);
}
