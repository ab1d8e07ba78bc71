/* Silent writers, counters and checkpoints that do not fit, clocks that do not. */
#include "tests/history/scene.h"
#include "tests/history/upkeep.h"

/* What is to be done to a writer, when its time has come. */
struct trick {
    enum writer_id id;
    int variant, answer;
};

static void put_trick(struct scene *s, event_fn *run, enum writer_id id, int answer)
{
    struct trick *t = history_new(s->h, sizeof *t);

    *t = (struct trick){id, s->variant, answer};
    events_put(&s->h->events, s->when_ms, run, t);
}

/* The last heartbeat, then none for a millisecond over an hour, or for two hours and a half. */
static void on_silence(struct history *h, void *ctx)
{
    struct trick *t = ctx;

    h->writers[t->id].next_answer = t->answer;
    upkeep_heartbeat(h, t->id);
    h->writers[t->id].silent_until_ms =
        h->now_ms + (t->variant == 0 ? HOUR_MS + 1 : 150 * MINUTE_MS);
    history_delete(h, t);
}

static void silence(struct scene *s)
{
    static const enum writer_id ids[] = {W_MOD, W_OPERATOR, W_COMMITTEE};

    put_trick(s, on_silence, ids[s->variant], scene_answer(s));
}

/* The source counts accesses that nobody recorded, or fewer than were recorded. */
static void on_miscount(struct history *h, void *ctx)
{
    struct trick *t = ctx;

    h->writers[t->id].source_offset += t->variant == 0 ? 3 : -1;
    h->writers[t->id].next_answer = t->answer;
    history_delete(h, t);
}

static void miscount(struct scene *s)
{
    put_trick(s, on_miscount, s->seat.writer, scene_answer(s));
}

static void on_checkpoint(struct history *h, void *ctx)
{
    struct trick *t = ctx;
    struct act a;

    h->writers[t->id].fault = t->variant;
    h->writers[t->id].next_answer = t->answer;
    if (t->variant == HEARTBEAT_EARLY) { /* so that an entry is newer than what it says */
        act_start(&a, W_OPERATOR, h->now_ms, "config");
        act_text(&a, F_DETAIL, "software updated");
        writers_add(h, &a);
        writers_flush(h, W_OPERATOR);
        upkeep_heartbeat(h, t->id);
    }
    history_delete(h, t);
}

/* W_SDF's clock is slow: a time that is six minutes old is no step back for it. */
static void checkpoint(struct scene *s)
{
    put_trick(s, on_checkpoint, W_SDF, scene_answer(s));
}

/* A record with another time than that of the writer's clock, right after a heartbeat. What follows
 * from it for this record and the next ones, writers.c sees. */
static void on_wrong_time(struct history *h, void *ctx)
{
    static const int64_t offsets_ms[] = {-(int64_t)(2 * HOUR_MS), 5 * MINUTE_MS + 1,
        -(int64_t)(20 * MINUTE_MS), -(int64_t)(5 * MINUTE_MS) - 1};
    struct trick *t = ctx;
    struct act a;

    upkeep_heartbeat(h, t->id);
    act_start(&a, t->id, h->now_ms, "config");
    act_text(&a, F_DETAIL, "certificates renewed");
    a.at_offset_ms = offsets_ms[t->variant];
    if (a.at_offset_ms > 0)
        a.at_offset_ms -= agencies[t->id].clock_ms;
    writers_add(h, &a);
    writers_flush(h, t->id);
    history_delete(h, t);
}

static void wrong_time(struct scene *s)
{
    put_trick(s, on_wrong_time, s->seat.writer, -1);
}

/* Kept back for an hour but a minute, by a writer whose clock is slow. */
static void on_kept_back(struct history *h, void *ctx)
{
    struct trick *t = ctx;
    struct act a;

    upkeep_heartbeat(h, t->id);
    h->writers[t->id].hold_until_ms = h->now_ms + 59 * MINUTE_MS;
    act_start(&a, t->id, h->now_ms, "config");
    act_text(&a, F_DETAIL, "software updated");
    writers_add(h, &a);
    history_delete(h, t);
}

static void kept_back(struct scene *s)
{
    put_trick(s, on_kept_back, W_SDF, -1);
}

const struct violation_rule violations_clock[] = {
    {"heartbeat-missing", 5,
        {{"an agency", silence, 0}, {"the operator", silence, 1}, {"the committee", silence, 2}}},
    {"source-unbalanced", 3,
        {{"accesses not recorded", miscount, 0}, {"accesses not counted", miscount, 1}}},
    {"time-disputed", 3,
        {{"a checkpoint ahead of the ledger", checkpoint, HEARTBEAT_AHEAD},
            {"a time before the last entry", checkpoint, HEARTBEAT_EARLY}}},
    {"late-record", 3,
        {{"kept back", kept_back, 0}, {"two hours late", wrong_time, 0},
            {"just too far ahead", wrong_time, 1}}},
    {"clock-step", 3, {{"twenty minutes", wrong_time, 2}, {"just too far", wrong_time, 3}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
