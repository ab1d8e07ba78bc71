#include "verifier/check/pipeline.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
    struct batch batch;
    bool ready; /* prepared, and not yet given out */
};

struct pipeline {
    struct batch_task task; /* task.roster is owned under the mutex */
    uint64_t first_bundle, bundle_count, from, size;
    struct slot *slots;
    size_t slot_count;
    struct source **sources; /* one a thread */
    pthread_t *threads;
    unsigned thread_count; /* started; 0 when the caller's thread does the work */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t claimed; /* bundles that a thread has begun; under the mutex */
    uint64_t given; /* bundles that were given out; under the mutex */
    bool stop; /* under the mutex */
};

static void prepare(
    struct pipeline *p, uint64_t i, struct source *source, const struct batch_task *task)
{
    uint64_t number = p->first_bundle + i;
    uint64_t left = p->size - number * TILE_WIDTH;

    batch_prepare(&p->slots[i % p->slot_count].batch, source, task, number,
        left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH,
        i == 0 ? (unsigned)(p->from % TILE_WIDTH) : 0);
}

struct worker {
    struct pipeline *pipeline;
    struct source *source;
};

/* Takes the next bundle as soon as its slot is free, until all are taken. */
static void *work(void *arg)
{
    struct worker *w = arg;
    struct pipeline *p = w->pipeline;

    pthread_mutex_lock(&p->mutex);
    for (;;) {
        struct batch_task task;
        uint64_t mine;

        while (
            !p->stop && p->claimed < p->bundle_count && p->claimed - p->given >= p->slot_count - 1)
            pthread_cond_wait(&p->changed, &p->mutex);
        if (p->stop || p->claimed == p->bundle_count)
            break;
        mine = p->claimed++;
        task = p->task;
        pthread_mutex_unlock(&p->mutex);
        prepare(p, mine, w->source, &task);
        pthread_mutex_lock(&p->mutex);
        p->slots[mine % p->slot_count].ready = true;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->mutex);
    free(w);
    return NULL;
}

static int start_threads(struct pipeline *p, unsigned threads)
{
    for (; p->thread_count < threads; p->thread_count++) {
        struct worker *w = malloc(sizeof *w);

        if (w == NULL)
            return KEIIN_ENOMEM;
        w->pipeline = p;
        w->source = p->sources[p->thread_count];
        if (pthread_create(&p->threads[p->thread_count], NULL, work, w) != 0) {
            free(w);
            return p->thread_count > 0 ? 0 : KEIIN_ENOMEM; /* fewer threads do as well */
        }
    }
    return 0;
}

int pipeline_new(const struct source *source, const struct batch_task *task, uint64_t from,
    uint64_t size, unsigned threads, struct pipeline **out, struct why *why)
{
    struct pipeline *p = calloc(1, sizeof *p);
    int err = KEIIN_ENOMEM;

    *out = NULL;
    if (p == NULL)
        return err;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->task = *task;
    p->from = from;
    p->size = size;
    p->first_bundle = from / TILE_WIDTH;
    p->bundle_count = (size + TILE_WIDTH - 1) / TILE_WIDTH - p->first_bundle;
    if (threads > p->bundle_count)
        threads = (unsigned)p->bundle_count;
    p->slot_count = threads > 1 ? 2 * threads : 1;
    p->slots = calloc(p->slot_count, sizeof *p->slots);
    p->sources = calloc(threads + 1, sizeof(struct source *));
    p->threads = calloc(threads + 1, sizeof *p->threads);
    if (p->slots == NULL || p->sources == NULL || p->threads == NULL)
        goto out;
    for (size_t i = 0; i < p->slot_count; i++)
        batch_init(&p->slots[i].batch);
    err = 0;
    for (unsigned i = 0; i < (threads > 1 ? threads : 1) && err == 0; i++)
        err = source_clone(source, &p->sources[i], why);
    if (err == 0 && threads > 1)
        err = start_threads(p, threads);
out:
    if (err != 0) {
        pipeline_free(p);
        return err;
    }
    *out = p;
    return 0;
}

void pipeline_free(struct pipeline *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->mutex);
    p->stop = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    for (unsigned i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    for (size_t i = 0; p->sources != NULL && p->sources[i] != NULL; i++)
        source_free(p->sources[i]);
    for (size_t i = 0; p->slots != NULL && i < p->slot_count; i++)
        batch_destroy(&p->slots[i].batch);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
    free(p->slots);
    free(p->sources);
    free(p->threads);
    free(p);
}

struct batch *pipeline_next(struct pipeline *p)
{
    struct slot *slot;
    uint64_t next;

    pthread_mutex_lock(&p->mutex);
    next = p->given;
    if (next == p->bundle_count) {
        pthread_mutex_unlock(&p->mutex);
        return NULL;
    }
    slot = &p->slots[next % p->slot_count];
    if (p->thread_count == 0) {
        prepare(p, next, p->sources[0], &p->task);
    } else {
        while (!slot->ready)
            pthread_cond_wait(&p->changed, &p->mutex);
        slot->ready = false;
    }
    /* The slot is the caller's until `given` moves on again: see the bound in work(). */
    p->given++;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    return &slot->batch;
}

void pipeline_set_roster(struct pipeline *p, const struct roster *roster)
{
    pthread_mutex_lock(&p->mutex);
    p->task.roster = roster;
    pthread_mutex_unlock(&p->mutex);
}
