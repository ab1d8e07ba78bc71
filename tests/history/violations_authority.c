/* Without authority, with one that nobody granted, outside its time, granted afterwards. */
#include <stdio.h>

#include "tests/history/scene.h"

/* An action that the vocabulary does not have. */
static void unknown_action(struct scene *s)
{
    static const char *const actions[] = {"lookup", "Query", "query."};
    struct act a;

    scene_approve(s);
    scene_act(s, &a, s->when_ms, actions[s->variant], s->dataset);
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

static void query_without(struct scene *s)
{
    struct act a;

    scene_access(s, &a, s->when_ms, s->variant == 1 ? "view" : "query", s->dataset);
    if (s->variant == 2)
        act_true(&a, F_EMERGENCY);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

static void batch_without(struct scene *s)
{
    struct act a;

    act_start(&a, W_COLLECTION, s->when_ms, "batch.receive");
    act_text(&a, F_ACTOR, s->actor);
    act_text(&a, F_DATASET, s->dataset);
    act_uint(&a, F_COUNT, 900);
    act_text(&a, F_OUTCOME, "success");
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

/* The receipt names the approval that the provision leaves out. */
static void provide_without(struct scene *s)
{
    struct provision p;
    struct act a;

    scene_approve(s);
    p = scene_provision(s, s->when_ms, "council");
    provision_receipt(&a, &p, s->when_ms + HOUR_MS);
    history_put(s->h, &a);
    s->seat.authority = NULL;
    scene_put_provision(s, &p, false, scene_answer(s));
}

static void reverse_without(struct scene *s)
{
    struct act a;

    scene_act(s, &a, s->when_ms, "deident.reverse", s->dataset);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

/* Never asked for; asked for only; refused; granted by the agency itself. */
static void nobody_granted(struct scene *s)
{
    struct act a;

    if (s->variant >= 1)
        scene_ask(s, s->when_ms - 2 * DAY_MS);
    if (s->variant >= 2) {
        approval_act(s->random, &a, &s->approval, s->variant == 2 ? W_COMMITTEE : W_NPA,
            s->when_ms - DAY_MS, s->variant == 2 ? "refused" : "granted");
        history_put(s->h, &a);
    }
    s->seat.authority = s->approval.id;
    scene_put_access(s, s->when_ms, "query", s->dataset, scene_answer(s));
}

/* A millisecond before it holds; after it held; after it was revoked. */
static void out_of_time(struct scene *s)
{
    uint64_t from = s->when_ms - 2 * DAY_MS, to = s->when_ms + 30 * DAY_MS, at = s->when_ms;
    struct act a;

    if (s->variant == 0)
        from = at + 1;
    if (s->variant == 1)
        to = at - 1;
    scene_ask(s, s->when_ms - 3 * DAY_MS);
    scene_grant(s, s->when_ms - 2 * DAY_MS - HOUR_MS, from, to);
    if (s->variant == 2) {
        act_start(&a, W_COMMITTEE, at - MINUTE_MS, "revoke");
        act_text(&a, F_APPROVAL, s->approval.id);
        scene_set_at(&a, at - 1);
        history_put(s->h, &a);
    }
    scene_access(s, &a, s->when_ms, "query", s->dataset);
    scene_set_at(&a, at);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

/* Used first, granted three hours later, as if it had held before. */
static void granted_later(struct scene *s)
{
    scene_ask(s, s->when_ms - DAY_MS);
    s->seat.authority = s->approval.id;
    scene_put_access(s, s->when_ms, "query", s->dataset, scene_answer(s));
    scene_grant(s, s->when_ms + 3 * HOUR_MS, s->when_ms - 2 * DAY_MS, s->when_ms + 30 * DAY_MS);
}

/* The access stands behind the grant in the ledger, but was a minute before it. */
static void recorded_later(struct scene *s)
{
    uint64_t recorded = s->when_ms + 90 * SECOND_MS;
    struct act a;

    s->seat.writer = W_NCO;
    scene_ask(s, s->when_ms - DAY_MS);
    scene_grant(s, s->when_ms, s->when_ms - 2 * DAY_MS, s->when_ms + 30 * DAY_MS);
    scene_access(s, &a, recorded, "query", s->dataset);
    a.at_offset_ms = -(int64_t)(150 * SECOND_MS) - agencies[W_NCO].clock_ms;
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

/* Extended when it held no more; the second time it was also used in between. */
static void extended_late(struct scene *s)
{
    struct act a;

    scene_ask(s, s->when_ms - 3 * DAY_MS);
    scene_grant(s, s->when_ms - 2 * DAY_MS, s->when_ms - 2 * DAY_MS,
        s->when_ms - (s->variant == 0 ? 1 : HOUR_MS));
    approval_act(s->random, &a, &s->approval, W_COMMITTEE, s->when_ms, "extended");
    act_uint(&a, F_VALID_FROM, s->when_ms - 2 * DAY_MS);
    act_uint(&a, F_VALID_TO, s->when_ms + 20 * DAY_MS);
    approval_put_scope(&a, &s->approval.scope);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
    if (s->variant == 1)
        scene_put_access(s, s->when_ms - 20 * MINUTE_MS, "query", s->dataset,
            scene_answer_of(s, "authority-expired"));
    scene_put_access(s, s->when_ms + DAY_MS, "query", s->dataset, -1);
}

/* The same person asks and approves: in one record, in other letters, in two records. */
static void approved_by_asker(struct scene *s)
{
    int answer = scene_answer(s);
    char name[24];
    struct act a;

    snprintf(name, sizeof name, "%s", s->approval.asked_by);
    if (s->variant == 1)
        name[0] = (char)(name[0] - 'a' + 'A');
    if (s->variant == 2) {
        approval_act(
            s->random, &a, &s->approval, s->approval.asker, s->when_ms - DAY_MS, "requested");
        act_answers(&a, answer, 1);
        history_put(s->h, &a);
    }
    act_start(&a, W_COMMITTEE, s->when_ms, "approve");
    act_text(&a, F_APPROVAL, s->approval.id);
    act_text(&a, F_DECISION, "granted");
    act_text(&a, F_APPROVED_BY, name);
    if (s->variant < 2)
        act_text(&a, F_REQUESTED_BY, s->approval.asked_by);
    act_uint(&a, F_VALID_TO, s->when_ms + 10 * DAY_MS);
    approval_put_scope(&a, &s->approval.scope);
    act_answers(&a, answer, 0);
    history_put(s->h, &a);
}

const struct violation_rule violations_authority[] = {
    {"action-unknown", 1,
        {{"a word of its own", unknown_action, 0}, {"other letters", unknown_action, 1},
            {"a letter more", unknown_action, 2}}},
    {"authority-missing", 8,
        {{"query", query_without, 0}, {"view", query_without, 1},
            {"batch.receive", batch_without, 0}, {"provide", provide_without, 0},
            {"deident.reverse", reverse_without, 0}, {"emergency flag alone", query_without, 2}}},
    {"authority-unknown", 1,
        {{"never asked for", nobody_granted, 0}, {"asked for only", nobody_granted, 1},
            {"refused", nobody_granted, 2}, {"granted by an agency", nobody_granted, 3}}},
    {"authority-expired", 1,
        {{"before valid_from", out_of_time, 0}, {"after valid_to", out_of_time, 1},
            {"after revoke", out_of_time, 2}}},
    {"authority-retroactive", 5,
        {{"granted later", granted_later, 0}, {"received before the grant", recorded_later, 0}}},
    {"extension-late", 26,
        {{"not used in between", extended_late, 0}, {"used in between", extended_late, 1}}},
    {"self-approved", 1,
        {{"in one record", approved_by_asker, 0}, {"in other letters", approved_by_asker, 1},
            {"in two records", approved_by_asker, 2}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
