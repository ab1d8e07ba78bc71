#include "ledger/lanes.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct lane {
    struct lane *next; /* in the ring of lanes that have work */
    bool in_turn; /* is in that ring */
    struct job *first, *last; /* all that came and has not gone on, in order */
    struct job *waiting; /* the first of them that no worker has */
    size_t count;
    struct quota quota; /* the loop's thread, outside of the lock */
};

struct lanes {
    pthread_mutex_t lock; /* guards everything but the quotas */
    pthread_cond_t work;
    size_t workers;
    size_t idle; /* workers that wait and that nobody has woken yet */
    size_t waiting; /* jobs that no worker has */
    bool stop;
    size_t queue_max;
    struct lane **of; /* by writer number and one; 0 is for the unknown */
    size_t count;
    struct lane *turn_first, *turn_last;
};

int lanes_new(size_t queue_max, size_t workers, struct lanes **out)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);

    *out = lanes;
    if (lanes == NULL)
        return KEIIN_ENOMEM;
    pthread_mutex_init(&lanes->lock, NULL);
    pthread_cond_init(&lanes->work, NULL);
    lanes->queue_max = queue_max;
    lanes->workers = workers;
    return 0;
}

void lanes_free(struct lanes *lanes)
{
    struct job *next;

    if (lanes == NULL)
        return;
    for (size_t i = 0; i < lanes->count; i++) {
        if (lanes->of[i] == NULL)
            continue;
        for (struct job *job = lanes->of[i]->first; job != NULL; job = next) {
            next = job->lane_next;
            job_free(job);
        }
        free(lanes->of[i]);
    }
    free(lanes->of);
    pthread_cond_destroy(&lanes->work);
    pthread_mutex_destroy(&lanes->lock);
    free(lanes);
}

/* Under the lock. NULL without memory. */
static struct lane *lane_of(struct lanes *lanes, uint32_t writer)
{
    size_t i = writer == LANE_UNKNOWN ? 0 : (size_t)writer + 1;
    struct lane **of;

    if (i >= lanes->count) {
        of = realloc(lanes->of, (i + 64) * sizeof(struct lane *));
        if (of == NULL)
            return NULL;
        memset(of + lanes->count, 0, (i + 64 - lanes->count) * sizeof(struct lane *));
        lanes->of = of;
        lanes->count = i + 64;
    }
    if (lanes->of[i] == NULL)
        lanes->of[i] = calloc(1, sizeof(struct lane));
    return lanes->of[i];
}

struct quota *lanes_quota(struct lanes *lanes, uint32_t writer)
{
    struct lane *lane;

    pthread_mutex_lock(&lanes->lock);
    lane = lane_of(lanes, writer);
    pthread_mutex_unlock(&lanes->lock);
    return lane == NULL ? NULL : &lane->quota;
}

static void take_turn(struct lanes *lanes, struct lane *lane)
{
    lane->in_turn = true;
    lane->next = NULL;
    if (lanes->turn_first == NULL)
        lanes->turn_first = lane;
    else
        lanes->turn_last->next = lane;
    lanes->turn_last = lane;
}

int lanes_put(struct lanes *lanes, uint32_t writer, struct job *job)
{
    struct lane *lane;
    bool wake = false;
    int err = 0;

    pthread_mutex_lock(&lanes->lock);
    lane = lane_of(lanes, writer);
    if (lane == NULL) {
        err = KEIIN_ENOMEM;
    } else if (lane->count >= lanes->queue_max) {
        err = KEIIN_EBUSY;
    } else {
        job->lane = lane;
        job->lane_state = JOB_WAITS;
        job->lane_next = NULL;
        job->lane_before = lane->last;
        if (lane->last == NULL)
            lane->first = job;
        else
            lane->last->lane_next = job;
        lane->last = job;
        lane->count++;
        if (lane->waiting == NULL)
            lane->waiting = job;
        if (!lane->in_turn)
            take_turn(lanes, lane);
        lanes->waiting++;
        wake = lanes->idle > 0;
        if (wake)
            lanes->idle--;
    }
    pthread_mutex_unlock(&lanes->lock);
    if (wake)
        pthread_cond_signal(&lanes->work);
    return err;
}

/* Under the lock; there is work. */
static struct job *take_one(struct lanes *lanes)
{
    struct lane *lane = lanes->turn_first;
    struct job *job;

    assert(lane != NULL);
    job = lane->waiting;
    assert(job != NULL && job->lane_state == JOB_WAITS);
    lanes->turn_first = lane->next;
    lane->in_turn = false;
    job->lane_state = JOB_VALIDATES;
    lane->waiting = job->lane_next;
    if (lane->waiting != NULL)
        take_turn(lanes, lane);
    lanes->waiting--;
    return job;
}

size_t lanes_take(struct lanes *lanes, bool wait, struct job *jobs[static LANES_TAKE_MAX])
{
    size_t count = 0, part;

    pthread_mutex_lock(&lanes->lock);
    while (wait && lanes->turn_first == NULL && !lanes->stop) {
        lanes->idle++; /* taken back by who wakes this worker */
        pthread_cond_wait(&lanes->work, &lanes->lock);
    }
    /* Several at once only when there is more than enough for all. */
    part = lanes->waiting / (2 * lanes->workers);
    if (part > LANES_TAKE_MAX)
        part = LANES_TAKE_MAX;
    if (!lanes->stop && lanes->turn_first != NULL)
        do
            jobs[count++] = take_one(lanes);
        while (count < part);
    pthread_mutex_unlock(&lanes->lock);
    return count;
}

static void leave(struct lane *lane, struct job *job)
{
    if (job->lane_before == NULL)
        lane->first = job->lane_next;
    else
        job->lane_before->lane_next = job->lane_next;
    if (job->lane_next == NULL)
        lane->last = job->lane_before;
    else
        job->lane_next->lane_before = job->lane_before;
    job->lane_next = job->lane_before = NULL;
    job->lane = NULL;
    lane->count--;
}

/* Under the lock. */
static void job_done(struct job *job, struct job_list *valid, struct job_list *refused)
{
    struct lane *lane = job->lane;

    assert(job->lane_state == JOB_VALIDATES);
    if (job->refused != REFUSE_NOT) {
        leave(lane, job);
        job_list_put(refused, job);
    } else {
        job->lane_state = JOB_VALID;
    }
    while (lane->first != NULL && lane->first->lane_state == JOB_VALID) {
        struct job *next = lane->first;

        leave(lane, next);
        job_list_put(valid, next);
    }
}

size_t lanes_done(struct lanes *lanes, struct job *const *jobs, size_t count,
    struct job_list *valid, struct job_list *refused)
{
    size_t waiting;

    pthread_mutex_lock(&lanes->lock);
    for (size_t i = 0; i < count; i++)
        job_done(jobs[i], valid, refused);
    waiting = lanes->waiting;
    pthread_mutex_unlock(&lanes->lock);
    return waiting;
}

void lanes_stop(struct lanes *lanes)
{
    pthread_mutex_lock(&lanes->lock);
    lanes->stop = true;
    pthread_cond_broadcast(&lanes->work);
    pthread_mutex_unlock(&lanes->lock);
}
