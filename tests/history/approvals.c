#include "tests/history/approvals.h"

#include <stdio.h>

#include "tests/history/history.h"

/* Per mille; plan.c names the sources. */
#define REFUSED 44
#define AMENDED 500 /* of those refused: asked for again at once */
#define EXTENDED 676
#define REVOKED 20 /* assumed */

#define MARGIN_MS (6 * HOUR_MS) /* nobody uses an approval in its last hours */
#define LEAD_MS (8 * DAY_MS) /* how early one thinks of what comes after it */

const char *const purposes[] = {"attack-analysis", "c2-identification", "malware-tracing",
    "infrastructure-protection", "victim-notification", "attribution", "vulnerability-warning"};
const size_t purpose_count = sizeof purposes / sizeof purposes[0];

void approval_member(struct random *random, char out[static 24])
{
    snprintf(out, 24, "committee-m-%u", (unsigned)random_between(random, 1, 5));
}

void approval_init(struct history *h, struct approval *a, enum writer_id asker)
{
    *a = (struct approval){.asker = asker};
    snprintf(a->id, sizeof a->id, "A-2025-%05u", ++h->approvals);
    snprintf(a->asked_by, sizeof a->asked_by, "%s-head-%02u", agencies[asker].organisation,
        (unsigned)random_between(&h->random, 1, 12));
}

void approval_scope_purposes(struct random *random, struct scope *scope)
{
    size_t first = random_below(random, purpose_count);

    scope->purpose_count = 1 + random_below(random, APPROVAL_PURPOSES_MAX);
    for (size_t i = 0; i < scope->purpose_count; i++)
        scope->purposes[i] = purposes[(first + i) % purpose_count];
}

void approval_put_scope(struct act *act, const struct scope *scope)
{
    const char *datasets[APPROVAL_DATASETS_MAX];

    for (size_t i = 0; i < scope->dataset_count; i++)
        datasets[i] = scope->datasets[i];
    if (scope->purpose_count > 0)
        act_texts(act, F_PURPOSES, scope->purposes, scope->purpose_count);
    if (scope->unit_count > 0)
        act_texts(act, F_UNITS, scope->units, scope->unit_count);
    if (scope->recipient_count > 0)
        act_texts(act, F_RECIPIENTS, scope->recipients, scope->recipient_count);
    if (scope->dataset_count > 0)
        act_texts(act, F_DATASETS, datasets, scope->dataset_count);
    if (scope->has_criteria)
        act_bin(act, F_CRITERIA, scope->criteria, sizeof scope->criteria);
    if (scope->stream[0] != '\0')
        act_text(act, F_STREAM, scope->stream);
}

void approval_act(struct random *random, struct act *act, const struct approval *a,
    enum writer_id writer, uint64_t when_ms, const char *decision)
{
    char member[24];

    act_start(act, writer, when_ms, "approve");
    act_text(act, F_APPROVAL, a->id);
    act_text(act, F_DECISION, decision);
    if (writer == W_COMMITTEE) {
        approval_member(random, member);
        act_text(act, F_APPROVED_BY, member);
    } else {
        act_text(act, F_REQUESTED_BY, a->asked_by);
    }
}

/* In office hours, or by the duty desk where those would come too late. */
static uint64_t decision_time(struct history *h, uint64_t days_max, uint64_t latest_ms)
{
    uint64_t when = h->now_ms + random_between(&h->random, 6 * HOUR_MS, days_max * DAY_MS);
    uint64_t office = calendar_in_office(when);

    if (office <= latest_ms)
        return office;
    return when <= latest_ms ? when : latest_ms;
}

static void on_decision(struct history *h, void *ctx);

void approval_ask(struct history *h, struct approval *a)
{
    struct act act;

    approval_act(&h->random, &act, a, a->asker, h->now_ms, "requested");
    approval_put_scope(&act, &a->scope);
    writers_add(h, &act);
    events_put(&h->events, decision_time(h, 2, h->now_ms + 3 * DAY_MS), on_decision, a);
}

static void on_ask_again(struct history *h, void *ctx)
{
    struct approval *a = ctx;

    snprintf(a->id, sizeof a->id, "A-2025-%05u", ++h->approvals);
    approval_ask(h, a);
}

static void on_decision(struct history *h, void *ctx)
{
    struct approval *a = ctx;
    struct act act;

    if (!history_chance(h, FIRST_REFUSAL, REFUSED)) {
        approval_grant(h, a, "granted", h->now_ms + HOUR_MS);
        return;
    }
    approval_act(&h->random, &act, a, W_COMMITTEE, h->now_ms, "refused");
    act_text(&act, F_REASON, "not shown to be necessary in the scope asked for");
    writers_add(h, &act);
    events_put(&h->events,
        calendar_in_office(
            h->now_ms + (random_per_mille(&h->random, AMENDED) ? DAY_MS : 5 * DAY_MS)),
        on_ask_again, a);
}

static void on_close(struct history *h, void *ctx)
{
    struct approval *a = ctx;

    if (h->now_ms < a->use_until_ms) /* extended meanwhile */
        events_put(&h->events, a->use_until_ms, on_close, a);
    else
        a->tenure->closed(h, a->owner);
}

static uint64_t lead_ms(const struct history *h)
{
    return LEAD_MS < h->plan.term_ms / 2 ? LEAD_MS : h->plan.term_ms / 2;
}

static void on_review(struct history *h, void *ctx);

static void on_extension(struct history *h, void *ctx)
{
    struct approval *a = ctx;
    struct act act;

    a->to_ms += h->plan.term_ms;
    a->use_until_ms = a->to_ms - MARGIN_MS;
    approval_act(&h->random, &act, a, W_COMMITTEE, h->now_ms, "extended");
    act_uint(&act, F_VALID_FROM, a->from_ms);
    act_uint(&act, F_VALID_TO, a->to_ms);
    approval_put_scope(&act, &a->scope);
    writers_add(h, &act);
    events_put(&h->events, a->to_ms - lead_ms(h), on_review, a);
}

/* In good time before the end: extended, or not. */
static void on_review(struct history *h, void *ctx)
{
    struct approval *a = ctx;
    struct act act;

    if (!a->final && history_chance(h, FIRST_EXTENSION, EXTENDED)) {
        approval_act(&h->random, &act, a, a->asker, h->now_ms, "requested");
        writers_add(h, &act);
        events_put(&h->events, decision_time(h, 3, a->to_ms - 12 * HOUR_MS), on_extension, a);
        return;
    }
    if (a->tenure->ending != NULL)
        a->tenure->ending(h, a->owner);
}

/* Ended early: use stops, a successor is asked for, and the committee revokes. */
static void plan_revocation(struct history *h, struct approval *a)
{
    uint64_t term = h->plan.term_ms;
    uint64_t when = calendar_in_office(a->from_ms + term / 2 + random_below(&h->random, term / 4));
    struct act act;

    a->final = true;
    a->use_until_ms = when - 12 * HOUR_MS;
    act_start(&act, W_COMMITTEE, when, "revoke");
    act_text(&act, F_APPROVAL, a->id);
    act_text(&act, F_REASON, "no longer needed, as the agency reports");
    history_put(h, &act);
    events_put(&h->events, a->use_until_ms - lead_ms(h) / 2, on_review, a);
}

void approval_grant(struct history *h, struct approval *a, const char *decision, uint64_t from_ms)
{
    struct act act;

    a->granted = true;
    a->from_ms = from_ms;
    a->to_ms = h->now_ms + HOUR_MS + h->plan.term_ms;
    a->use_until_ms = a->to_ms - MARGIN_MS;
    approval_act(&h->random, &act, a, W_COMMITTEE, h->now_ms, decision);
    act_uint(&act, F_VALID_FROM, a->from_ms);
    act_uint(&act, F_VALID_TO, a->to_ms);
    approval_put_scope(&act, &a->scope);
    writers_add(h, &act);
    if (!a->final && calendar_in_office(h->now_ms + 3 * h->plan.term_ms / 4) + DAY_MS < a->to_ms &&
        history_chance(h, FIRST_REVOCATION, REVOKED))
        plan_revocation(h, a);
    else
        events_put(&h->events, a->to_ms - lead_ms(h), on_review, a);
    events_put(&h->events, a->use_until_ms, on_close, a);
    if (a->tenure->granted != NULL)
        a->tenure->granted(h, a->owner);
}
