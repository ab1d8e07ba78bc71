/* Near misses: data sets selected, erased, copied and provided just in time. */
#include "tests/history/committee.h"
#include "tests/history/scene.h"

/* Collection stops in the millisecond in which the last batch comes. */
static void last_batch(struct scene *s)
{
    struct act a;

    scene_approve(s);
    for (unsigned i = 0; i < 3; i++) {
        act_start(&a, W_COLLECTION, s->when_ms - (i == 0 ? DAY_MS : 0),
            i == 0   ? "collect.start"
            : i == 1 ? "collect.stop"
                     : "batch.receive");
        act_text(&a, F_ACTOR, s->actor);
        act_text(&a, F_AUTHORITY, s->approval.id);
        act_text(&a, F_PURPOSE, purposes[1]);
        act_text(&a, F_REF, s->ref);
        act_text(&a, F_OUTCOME, "success");
        if (i == 2) {
            act_text(&a, F_DATASET, s->dataset);
            act_uint(&a, F_COUNT, 700);
        }
        history_put(s->h, &a);
    }
}

/* A program may look at a batch before it is selected. */
static void by_program(struct scene *s)
{
    struct batch b;
    struct act a;

    scene_approve(s);
    b = scene_batch(s);
    collection_put_batch(s->h, s->random, &b);
    act_start(&a, W_NCO, s->when_ms + 20 * MINUTE_MS, "query");
    act_text(&a, F_ACTOR, "auto:5d41c0ffee7a11e9");
    act_text(&a, F_UNIT, s->unit);
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_text(&a, F_PURPOSE, purposes[1]);
    act_text(&a, F_DATASET, b.dataset);
    act_text(&a, F_OUTCOME, "success");
    history_put(s->h, &a);
}

/* Criteria where none were approved; discards erased a few minutes before a day is over. */
static void just_selected(struct scene *s)
{
    static const uint8_t criteria[32] = {4, 5, 6};
    struct batch b;

    scene_approve(s);
    b = scene_batch(s);
    b.criteria = criteria;
    b.erased_ms = b.selected_ms + DAY_MS - 10 * MINUTE_MS;
    collection_put_batch(s->h, s->random, &b);
}

/* A day after the time said, but for some minutes; or extended just before it. */
static void just_kept(struct scene *s)
{
    uint64_t until = s->when_ms + 12 * HOUR_MS, erased = until + DAY_MS - 15 * MINUTE_MS;
    struct act a;

    scene_act(s, &a, s->when_ms, "copy", s->child);
    act_one(&a, F_PARENTS, s->dataset);
    act_uint(&a, F_RETAIN_UNTIL, until);
    history_put(s->h, &a);
    if (s->variant == 1) {
        scene_act(s, &a, until - 15 * MINUTE_MS, "retain.extend", s->child);
        act_uint(&a, F_RETAIN_UNTIL, until + DAY_MS);
        history_put(s->h, &a);
        erased += DAY_MS;
    }
    scene_erase(s, &a, erased, s->child);
    history_put(s->h, &a);
}

/* Within the minutes by which the clocks of two writers may differ; or after it came in again. */
static void just_erased(struct scene *s)
{
    struct act a;

    scene_approve(s);
    scene_erase(s, &a, s->when_ms, s->dataset);
    if (s->variant == 0)
        a.writer = W_COLLECTION;
    history_put(s->h, &a);
    if (s->variant == 0) {
        scene_put_access(s, s->when_ms + 4 * MINUTE_MS - 50 * SECOND_MS, "query", s->dataset, -1);
        return;
    }
    act_start(&a, W_COLLECTION, s->when_ms + HOUR_MS, "batch.receive");
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_text(&a, F_PURPOSE, purposes[1]);
    act_text(&a, F_DATASET, s->dataset);
    act_uint(&a, F_COUNT, 10);
    history_put(s->h, &a);
    act_start(&a, W_COLLECTION, s->when_ms + 2 * HOUR_MS, "select.run");
    act_text(&a, F_ACTOR, "auto:5d41c0ffee7a11e9");
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_text(&a, F_PURPOSE, purposes[1]);
    act_text(&a, F_DATASET, s->dataset);
    act_uint(&a, F_COUNT, 10);
    history_put(s->h, &a);
    scene_put_access(s, s->when_ms + 4 * HOUR_MS, "query", s->dataset, -1);
}

static void just_tracked(struct scene *s)
{
    struct act a;

    scene_approve(s);
    scene_put_access(s, s->when_ms, "export", s->dataset, -1);
    scene_act(s, &a, s->when_ms + DAY_MS - 15 * MINUTE_MS, "modify", s->child);
    act_one(&a, F_PARENTS, s->dataset);
    history_put(s->h, &a);
}

/* De-identified again after it was reversed; notice and receipt within the last hour. */
static void just_provided(struct scene *s)
{
    static const char *const actions[] = {"deident.apply", "deident.reverse", "deident.apply"};
    struct provision p;
    struct act a;

    scene_approve(s);
    for (unsigned i = 0; i < 3; i++) {
        provision_deident(&a, &s->seat, s->dataset, s->when_ms - (4 - i) * HOUR_MS, actions[i]);
        history_put(s->h, &a);
    }
    p = scene_provision(s, s->when_ms, "foreign");
    scene_put_provision(s, &p, false, -1);
    provision_receipt(&a, &p, s->when_ms + 71 * HOUR_MS + 40 * MINUTE_MS);
    history_put(s->h, &a);
    act_start(&a, W_COMMITTEE, s->when_ms + 71 * HOUR_MS + 55 * MINUTE_MS, "notify");
    act_text(&a, F_REF, s->ref);
    act_text(&a, F_NOTICE, s->notice);
    history_put(s->h, &a);
}

/* The receipt first, and the provision as late as may be. */
static void received_first(struct scene *s)
{
    struct provision p;
    struct act a;

    scene_approve(s);
    p = scene_provision(s, s->when_ms + 71 * HOUR_MS + 40 * MINUTE_MS, "domestic");
    provision_receipt(&a, &p, s->when_ms);
    history_put(s->h, &a);
    scene_put_provision(s, &p, false, -1);
}

static void just_answered(struct scene *s)
{
    struct act a;

    committee_demand(&a, s->when_ms, "demand", s->seat.writer, s->ref);
    history_put(s->h, &a);
    committee_response(&a, s->when_ms + 30 * DAY_MS - 20 * MINUTE_MS, s->seat.writer, s->ref);
    history_put(s->h, &a);
}

const struct violation_rule near_data[] = {
    {"collection-overrun", 1, {{"last batch", last_batch, 0}}},
    {"raw-access", 8, {{"by a program", by_program, 0}}},
    {"selection-unbalanced", 30, {{"just selected", just_selected, 0}}},
    {"erase-late", 72, {{"just kept", just_kept, 0}, {"just extended", just_kept, 1}}},
    {"use-after-erase", 8, {{"just erased", just_erased, 0}, {"came again", just_erased, 1}}},
    {"copy-untracked", 30, {{"just tracked", just_tracked, 0}}},
    {"foreign-unnotified", 80, {{"just provided", just_provided, 0}}},
    {"provision-unmatched", 80, {{"received first", received_first, 0}}},
    {"response-overdue", 31 * 24, {{"just answered", just_answered, 0}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
