/* Given abroad as it was, or without notice; given or received alone; asked and not answered. */
#include <stdio.h>

#include "tests/history/committee.h"
#include "tests/history/scene.h"

static void put_deident(struct scene *s, uint64_t when_ms, const char *action)
{
    struct act a;

    provision_deident(&a, &s->seat, s->dataset, when_ms, action);
    history_put(s->h, &a);
}

/* Never de-identified, or not since it was reversed. */
static void as_it_was(struct scene *s)
{
    static const struct recipient overseas = {"partner-z", "overseas", WRITERS};
    struct provision p;

    scene_approve(s);
    p = scene_provision(s, s->when_ms, "foreign");
    p.notice = s->notice;
    if (s->variant == 1) {
        put_deident(s, s->when_ms - 8 * HOUR_MS, "deident.apply");
        put_deident(s, s->when_ms - 4 * HOUR_MS, "deident.reverse");
    }
    if (s->variant == 2)
        p.to = &overseas;
    scene_put_provision(s, &p, true, scene_answer(s));
}

/* No notice; one that only an agency notes; one too late. */
static void without_notice(struct scene *s)
{
    struct provision p;
    struct act a;

    scene_approve(s);
    p = scene_provision(s, s->when_ms, "foreign");
    put_deident(s, s->when_ms - 4 * HOUR_MS, "deident.apply");
    scene_put_provision(s, &p, true, scene_answer(s));
    if (s->variant == 0)
        return;
    act_start(&a, s->variant == 1 ? s->seat.writer : W_COMMITTEE,
        s->when_ms + (s->variant == 1 ? 5 * HOUR_MS : 72 * HOUR_MS + 5 * MINUTE_MS), "notify");
    act_text(&a, F_REF, s->ref);
    act_text(&a, F_NOTICE, s->notice);
    history_put(s->h, &a);
}

static void provided_alone(struct scene *s)
{
    struct provision p;

    scene_approve(s);
    p = scene_provision(s, s->when_ms, "council");
    if (s->variant == 1)
        p.ref = NULL;
    scene_put_provision(s, &p, false, scene_answer(s));
}

static void received_alone(struct scene *s)
{
    struct provision p;
    struct act a;

    scene_approve(s);
    p = scene_provision(s, s->when_ms, "domestic");
    provision_receipt(&a, &p, s->when_ms);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

/* Then neither has the other in time. */
static void received_late(struct scene *s)
{
    int provided = scene_answer(s), received = scene_answer(s);
    struct provision p;
    struct act a;

    scene_approve(s);
    p = scene_provision(s, s->when_ms, "council");
    scene_put_provision(s, &p, false, provided);
    provision_receipt(&a, &p, s->when_ms + 72 * HOUR_MS + 20 * MINUTE_MS);
    act_answers(&a, received, 0);
    history_put(s->h, &a);
}

/* Never answered; answered too late; something else was answered. */
static void unanswered(struct scene *s)
{
    char other[40];
    struct act a;

    committee_demand(
        &a, s->when_ms, s->variant == 1 ? "recommend" : "demand", s->seat.writer, s->ref);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
    snprintf(other, sizeof other, "%s-b", s->ref);
    if (s->variant == 2) {
        committee_response(&a, s->when_ms + 30 * DAY_MS + 5 * MINUTE_MS, s->seat.writer, s->ref);
        history_put(s->h, &a);
    }
    if (s->variant == 3) {
        committee_response(&a, s->when_ms + 5 * DAY_MS, s->seat.writer, other);
        history_put(s->h, &a);
    }
}

const struct violation_rule violations_provision[] = {
    {"deident-missing", 8,
        {{"never applied", as_it_was, 0}, {"reversed", as_it_was, 1},
            {"another word for abroad", as_it_was, 2}}},
    {"foreign-unnotified", 84,
        {{"no notice", without_notice, 0}, {"an agency's own", without_notice, 1},
            {"too late", without_notice, 2}}},
    {"provision-unmatched", 156,
        {{"provide alone", provided_alone, 0}, {"receive alone", received_alone, 0},
            {"received too late", received_late, 0}, {"no ref", provided_alone, 1}}},
    {"response-overdue", 31 * 24 + 6,
        {{"demand", unanswered, 0}, {"recommend", unanswered, 1}, {"too late", unanswered, 2},
            {"another ref", unanswered, 3}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
