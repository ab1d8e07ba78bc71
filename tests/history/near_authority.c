/* Near misses: approvals used at the very ends of their time, granted, extended and ratified in
 * the last moment. No rule may find anything. */
#include <stdio.h>

#include "tests/history/scene.h"

static void put_exact(struct scene *s, uint64_t when_ms, uint64_t at_ms)
{
    struct act a;

    scene_access(s, &a, when_ms, "query", s->dataset);
    scene_set_at(&a, at_ms);
    history_put(s->h, &a);
}

/* At valid_from, and at valid_to. */
static void first_and_last(struct scene *s)
{
    scene_ask(s, s->when_ms - 3 * DAY_MS);
    scene_grant(s, s->when_ms - 2 * DAY_MS, s->when_ms, s->when_ms + HOUR_MS);
    put_exact(s, s->when_ms, s->when_ms);
    put_exact(s, s->when_ms + HOUR_MS, s->when_ms + HOUR_MS);
}

/* When it is revoked, by the committee's clock, which is slow. */
static void when_revoked(struct scene *s)
{
    uint64_t revoked_ms = (uint64_t)((int64_t)s->when_ms + agencies[W_COMMITTEE].clock_ms);
    struct act a;

    scene_approve(s);
    act_start(&a, W_COMMITTEE, s->when_ms, "revoke");
    act_text(&a, F_APPROVAL, s->approval.id);
    history_put(s->h, &a);
    put_exact(s, s->when_ms + MINUTE_MS, revoked_ms);
}

/* What was refused to someone is no access, under whatever it was tried. */
static void denied(struct scene *s)
{
    struct act a;

    s->seat.authority = s->variant == 0 ? NULL : s->approval.id;
    access_act(s->random, &a, &s->seat, s->when_ms, "query");
    act_text(&a, F_DATASET, s->dataset);
    act_text(&a, F_OUTCOME, "denied");
    history_put(s->h, &a);
}

/* The committee's record goes at once, so that it is received when it was made. */
static void on_sent(struct history *h, void *ctx)
{
    writers_add(h, ctx);
    writers_flush(h, W_COMMITTEE);
    history_delete(h, ctx);
}

static void put_sent(struct scene *s, const struct act *a)
{
    struct act *copy = history_new(s->h, act_bytes(a));

    memcpy(copy, a, act_bytes(a));
    events_put(&s->h->events, a->when_ms, on_sent, copy);
}

static void decide(struct scene *s, uint64_t when_ms, const char *decision, uint64_t to_ms)
{
    struct act a;

    approval_act(s->random, &a, &s->approval, W_COMMITTEE, when_ms, decision);
    act_uint(&a, F_VALID_FROM, s->when_ms - 2 * DAY_MS);
    act_uint(&a, F_VALID_TO, to_ms);
    approval_put_scope(&a, &s->approval.scope);
    put_sent(s, &a);
}

/* Used in the millisecond in which the ledger receives the grant. */
static void just_granted(struct scene *s)
{
    s->seat.writer = W_NCO;
    s->seat.authority = s->approval.id;
    scene_ask(s, s->when_ms - DAY_MS);
    decide(s, s->when_ms, "granted", s->when_ms + 20 * DAY_MS);
    put_exact(s, s->when_ms + MINUTE_MS, s->when_ms);
}

/* The extension is received when the approval ends. */
static void just_extended(struct scene *s)
{
    scene_ask(s, s->when_ms - 3 * DAY_MS);
    scene_grant(s, s->when_ms - 2 * DAY_MS, s->when_ms - 2 * DAY_MS, s->when_ms);
    decide(s, s->when_ms, "extended", s->when_ms + 20 * DAY_MS);
    scene_put_access(s, s->when_ms + HOUR_MS, "query", s->dataset, -1);
}

/* Ratified at the last moment; asked for only afterwards. */
static void just_ratified(struct scene *s)
{
    struct act a;

    s->seat.authority = s->approval.id;
    s->seat.emergency = true;
    scene_access(s, &a, s->when_ms, "query", s->dataset);
    if (s->variant == 0)
        act_uint(&a, F_RATIFY_BY, s->when_ms + DAY_MS);
    history_put(s->h, &a);
    scene_ask(s, s->when_ms + 3 * HOUR_MS);
    decide(s, s->variant == 0 ? s->when_ms + DAY_MS : s->when_ms + 72 * HOUR_MS - 2 * MINUTE_MS,
        "ratified", s->when_ms + 20 * DAY_MS);
}

/* Refused, and all of it erased just in time. */
static void just_erased(struct scene *s)
{
    struct act a;

    s->seat.authority = s->approval.id;
    s->seat.emergency = true;
    scene_put_access(s, s->when_ms, "query", s->dataset, -1);
    approval_act(s->random, &a, &s->approval, W_COMMITTEE, s->when_ms + 10 * HOUR_MS, "refused");
    history_put(s->h, &a);
    scene_erase(s, &a, s->when_ms + 33 * HOUR_MS + 45 * MINUTE_MS, s->dataset);
    history_put(s->h, &a);
}

/* Limited in everything, and kept to; collection names no unit, which it need not. */
static void within_scope(struct scene *s)
{
    struct scope *scope = &s->approval.scope;
    struct provision p;
    struct act a;

    p = scene_provision(s, s->when_ms, "council");
    scope->units[scope->unit_count++] = s->unit;
    scope->recipients[scope->recipient_count++] = p.to->name;
    snprintf(scope->datasets[scope->dataset_count++], sizeof scope->datasets[0], "%s", s->dataset);
    scene_approve(s);
    scene_put_access(s, s->when_ms, "view", s->dataset, -1);
    scene_put_provision(s, &p, true, -1);
    act_start(&a, W_COLLECTION, s->when_ms, "batch.receive");
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_text(&a, F_DATASET, s->dataset);
    act_uint(&a, F_COUNT, 10);
    act_text(&a, F_OUTCOME, "denied");
    history_put(s->h, &a);
}

/* Names that begin alike are two people. */
static void alike(struct scene *s)
{
    char name[40];
    struct act a;

    snprintf(name, sizeof name, "%s0", s->approval.asked_by);
    act_start(&a, W_COMMITTEE, s->when_ms, "approve");
    act_text(&a, F_APPROVAL, s->approval.id);
    act_text(&a, F_DECISION, "granted");
    act_text(&a, F_REQUESTED_BY, s->approval.asked_by);
    act_text(&a, F_APPROVED_BY, name);
    history_put(s->h, &a);
}

const struct violation_rule near_authority[] = {
    {"authority-missing", 1, {{"denied", denied, 0}}},
    {"authority-unknown", 1, {{"denied", denied, 1}}},
    {"authority-expired", 2,
        {{"first and last moment", first_and_last, 0}, {"when revoked", when_revoked, 0}}},
    {"authority-retroactive", 1, {{"just granted", just_granted, 0}}},
    {"extension-late", 3, {{"just extended", just_extended, 0}}},
    {"emergency-unratified", 80,
        {{"just ratified", just_ratified, 0}, {"just ratified, no time said", just_ratified, 1},
            {"just erased", just_erased, 0}}},
    {"authority-scope", 8, {{"limited in everything", within_scope, 0}}},
    {"self-approved", 1, {{"names alike", alike, 0}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
