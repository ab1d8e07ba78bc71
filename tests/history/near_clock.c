/* Near misses: clocks, heartbeats and checkpoints that are just within the limits. */
#include "tests/history/scene.h"
#include "tests/history/upkeep.h"

struct moment {
    enum writer_id id;
    int variant;
};

static void put_moment(struct scene *s, event_fn *run, enum writer_id id)
{
    struct moment *m = history_new(s->h, sizeof *m);

    *m = (struct moment){id, s->variant};
    events_put(&s->h->events, s->when_ms, run, m);
}

/* The next heartbeat comes after an hour, to the millisecond. */
static void on_pause(struct history *h, void *ctx)
{
    struct moment *m = ctx;

    upkeep_heartbeat(h, m->id);
    h->writers[m->id].silent_until_ms = h->now_ms + HOUR_MS;
    history_delete(h, m);
}

static void pause_between(struct scene *s)
{
    put_moment(s, on_pause, s->seat.writer);
}

/* Five minutes ahead; five minutes back. */
static void on_limit(struct history *h, void *ctx)
{
    struct moment *m = ctx;
    int64_t limit_ms = (int64_t)(5 * MINUTE_MS);
    struct act a;

    upkeep_heartbeat(h, m->id);
    act_start(&a, m->id, h->now_ms, "config");
    act_text(&a, F_DETAIL, "certificates renewed");
    a.at_offset_ms = m->variant == 0 ? limit_ms - agencies[m->id].clock_ms : -limit_ms;
    writers_add(h, &a);
    writers_flush(h, m->id);
    history_delete(h, m);
}

/* By a writer whose clock is fast: what comes next is no step back. */
static void at_the_limit(struct scene *s)
{
    put_moment(s, on_limit, W_MOD);
}

/* Kept back so long that it is an hour old, but for a second, by a clock that is slow. */
static void on_kept_back(struct history *h, void *ctx)
{
    struct moment *m = ctx;
    struct act a;

    upkeep_heartbeat(h, m->id);
    h->writers[m->id].hold_until_ms =
        h->now_ms + HOUR_MS - SECOND_MS - (uint64_t)-agencies[m->id].clock_ms;
    act_start(&a, m->id, h->now_ms, "config");
    act_text(&a, F_DETAIL, "software updated");
    writers_add(h, &a);
    history_delete(h, m);
}

static void kept_back(struct scene *s)
{
    put_moment(s, on_kept_back, W_SDF);
}

/* A checkpoint that was the newest five minutes ago, but for some seconds. */
static void on_older(struct history *h, void *ctx)
{
    struct moment *m = ctx;

    h->writers[m->id].fault = HEARTBEAT_OLDER;
    upkeep_heartbeat(h, m->id);
    history_delete(h, m);
}

static void on_newest(struct history *h, void *ctx)
{
    buf_clear(&h->spare_checkpoint);
    ledger_writer_checkpoint(h->ledger, &h->spare_checkpoint);
    upkeep_heartbeat(h, W_OPERATOR);
    events_put(&h->events, h->now_ms + 290 * SECOND_MS, on_older, ctx);
}

/* One that was the newest hours ago, as of a writer that knows of no later one. */
static void on_stale(struct history *h, void *ctx)
{
    struct moment *m = ctx;

    h->writers[m->id].fault = HEARTBEAT_STALE;
    upkeep_heartbeat(h, m->id);
    history_delete(h, m);
}

static void stale_checkpoint(struct scene *s)
{
    put_moment(s, on_stale, W_OPERATOR);
}

static void older_checkpoint(struct scene *s)
{
    put_moment(s, on_newest, W_OPERATOR);
}

const struct violation_rule near_clock[] = {
    {"heartbeat-missing", 3, {{"an hour", pause_between, 0}}},
    {"late-record", 3, {{"five minutes ahead", at_the_limit, 0}, {"an hour old", kept_back, 0}}},
    {"clock-step", 3, {{"five minutes back", at_the_limit, 1}}},
    {"time-disputed", 3,
        {{"minutes old", older_checkpoint, 0}, {"hours old", stale_checkpoint, 0}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
