/* Collected after the end, looked at before selection, selected otherwise than approved. */
#include "tests/history/scene.h"
#include "tests/history/upkeep.h"

static void put_collect(struct scene *s, uint64_t when_ms, const char *action)
{
    struct act a;

    act_start(&a, W_COLLECTION, when_ms, action);
    act_text(&a, F_ACTOR, s->actor);
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_text(&a, F_PURPOSE, purposes[1]);
    act_text(&a, F_REF, s->ref);
    act_text(&a, F_OUTCOME, "success");
    history_put(s->h, &a);
}

/* A batch that came in when it should not have. */
static void put_late_batch(struct scene *s, bool with_ref, bool expired)
{
    int answer = scene_answer(s);
    struct act a;

    act_start(&a, W_COLLECTION, s->when_ms, "batch.receive");
    act_text(&a, F_ACTOR, s->actor);
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_text(&a, F_PURPOSE, purposes[1]);
    act_text(&a, F_DATASET, s->dataset);
    act_uint(&a, F_COUNT, 700);
    act_text(&a, F_OUTCOME, "success");
    if (with_ref)
        act_text(&a, F_REF, s->ref);
    act_answers(&a, answer, 0);
    if (expired)
        act_answers(&a, scene_answer_of(s, "authority-expired"), 0);
    history_put(s->h, &a);
}

/* The approval still holds, collection was stopped. */
static void after_stop(struct scene *s)
{
    scene_approve(s);
    put_collect(s, s->when_ms - DAY_MS, "collect.start");
    put_collect(s, s->when_ms - 1, "collect.stop");
    put_late_batch(s, s->variant == 0, false);
}

/* After valid_to, or after revoke: then the approval has ended for everything. */
static void after_end(struct scene *s)
{
    struct act a;

    scene_ask(s, s->when_ms - 3 * DAY_MS);
    scene_grant(s, s->when_ms - 2 * DAY_MS, s->when_ms - 2 * DAY_MS,
        s->variant == 0 ? s->when_ms - HOUR_MS : s->when_ms + 30 * DAY_MS);
    put_collect(s, s->when_ms - DAY_MS, "collect.start");
    if (s->variant == 1) {
        act_start(&a, W_COMMITTEE, s->when_ms - HOUR_MS, "revoke");
        act_text(&a, F_APPROVAL, s->approval.id);
        history_put(s->h, &a);
    }
    put_late_batch(s, true, true);
}

/* Someone looks at a batch that was never selected, or not yet. */
static void before_selection(struct scene *s)
{
    struct batch b;

    scene_approve(s);
    b = scene_batch(s);
    b.selected_ms = s->variant == 0 ? s->when_ms + 2 * HOUR_MS : 0;
    b.erased_ms = s->variant == 0 ? b.erased_ms : 0;
    collection_put_batch(s->h, s->random, &b);
    scene_put_access(s, s->when_ms + 30 * MINUTE_MS, s->variant == 0 ? "query" : "view", b.dataset,
        scene_answer(s));
}

/* By way of a data set made of it. */
static void through_parents(struct scene *s)
{
    struct batch b;
    struct act a;

    scene_approve(s);
    b = scene_batch(s);
    b.selected_ms = s->when_ms + 2 * HOUR_MS;
    collection_put_batch(s->h, s->random, &b);
    scene_access(s, &a, s->when_ms + 30 * MINUTE_MS, "query", s->dataset);
    act_one(&a, F_PARENTS, b.dataset);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

static void by_nobody(struct scene *s)
{
    struct batch b;
    struct act a;

    scene_approve(s);
    b = scene_batch(s);
    b.selected_ms = s->when_ms + 2 * HOUR_MS;
    collection_put_batch(s->h, s->random, &b);
    act_start(&a, s->seat.writer, s->when_ms + 30 * MINUTE_MS, "query");
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_text(&a, F_PURPOSE, purposes[1]);
    act_text(&a, F_UNIT, s->unit);
    act_text(&a, F_DATASET, b.dataset);
    act_text(&a, F_OUTCOME, "success");
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

/* The writer's client sends nothing for a quarter of an hour, right after a heartbeat. */
static void on_hold(struct history *h, void *ctx)
{
    (void)ctx;
    upkeep_heartbeat(h, W_NCO);
    h->writers[W_NCO].hold_until_ms = h->now_ms + 17 * MINUTE_MS;
}

/* Looked at before selection, and recorded after it. */
static void recorded_later(struct scene *s)
{
    struct batch b;

    s->seat.writer = W_NCO;
    scene_approve(s);
    b = scene_batch(s);
    b.selected_ms = s->when_ms + 36 * MINUTE_MS + 30 * SECOND_MS;
    collection_put_batch(s->h, s->random, &b);
    events_put(&s->h->events, s->when_ms + 30 * MINUTE_MS, on_hold, NULL);
    scene_put_access(s, s->when_ms + 31 * MINUTE_MS, "query", b.dataset, scene_answer(s));
}

static void other_criteria(struct scene *s)
{
    static const uint8_t other[32] = {1, 2, 3};
    struct batch b;

    s->approval.scope.has_criteria = true;
    random_bytes(s->random, s->approval.scope.criteria, sizeof s->approval.scope.criteria);
    scene_approve(s);
    b = scene_batch(s);
    b.criteria = s->variant == 0 ? other : NULL;
    b.select_answers = scene_answer(s) + 1;
    collection_put_batch(s->h, s->random, &b);
}

/* Less accounted for than came in; discards that stay, or go too late. */
static void unbalanced(struct scene *s)
{
    struct batch b;

    scene_approve(s);
    b = scene_batch(s);
    if (s->variant == 0)
        b.unaccounted = 5;
    if (s->variant == 1)
        b.erased_ms = 0;
    if (s->variant == 2)
        b.erased_ms = b.selected_ms + DAY_MS + MINUTE_MS;
    b.in_place = s->variant != 1;
    if (!b.in_place) { /* what was selected got a name of its own, the batch just stays */
        for (char *c = b.selected; *c != '\0'; c++)
            *c = *c == 'B' ? 'S' : *c;
    }
    b.select_answers = scene_answer(s) + 1;
    collection_put_batch(s->h, s->random, &b);
}

const struct violation_rule violations_collection[] = {
    {"collection-overrun", 1,
        {{"after collect.stop", after_stop, 0}, {"after valid_to", after_end, 0},
            {"after revoke", after_end, 1}, {"after collect.stop, no ref", after_stop, 1}}},
    {"raw-access", 8,
        {{"before selection", before_selection, 0}, {"never selected", before_selection, 1},
            {"by parents", through_parents, 0}, {"no actor", by_nobody, 0},
            {"recorded after selection", recorded_later, 0}}},
    {"criteria-changed", 8, {{"others", other_criteria, 0}, {"none", other_criteria, 1}}},
    {"selection-unbalanced", 36,
        {{"some are missing", unbalanced, 0}, {"discards stay", unbalanced, 1},
            {"discards erased late", unbalanced, 2}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
