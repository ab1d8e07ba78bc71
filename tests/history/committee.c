#include "tests/history/committee.h"

#include <stdio.h>

#include "tests/history/history.h"

/* Five recommendations an inspection (plan.c). How often it inspects is assumed. */
#define INSPECTION_EVERY_MS (12 * DAY_MS)
#define RECOMMENDATIONS_MAX 10
#define DEMANDS 250 /* per mille of what it asks for */

/* The rule allows 30 days; offices answer in two weeks or so. */
#define RESPONSE_MIN_MS (3 * DAY_MS)
#define RESPONSE_MAX_MS (24 * DAY_MS)
#define RESPONSE_LATEST_MS (29 * DAY_MS)

void committee_demand(
    struct act *a, uint64_t when_ms, const char *action, enum writer_id to, const char *ref)
{
    act_start(a, W_COMMITTEE, when_ms, action);
    act_text(a, F_ACTOR, "committee-s-04");
    if (ref != NULL)
        act_text(a, F_REF, ref);
    act_text(a, F_RECIPIENT, agencies[to].organisation);
    act_text(a, F_DETAIL,
        strcmp(action, "demand") == 0 ? "explain these accesses and their necessity"
                                      : "state the necessity more fully in applications");
}

void committee_response(struct act *a, uint64_t when_ms, enum writer_id from, const char *ref)
{
    act_start(a, from, when_ms, "respond");
    act_text(a, F_ACTOR, "auditor-liaison-01");
    act_text(a, F_REF, ref);
    act_text(a, F_DETAIL, "answered in writing");
    act_text(a, F_OUTCOME, "success");
}

static void put_demand(struct history *h, enum writer_id to)
{
    const char *action = history_chance(h, FIRST_DEMAND, DEMANDS) ? "demand" : "recommend";
    uint64_t when = calendar_in_office(h->now_ms + random_below(&h->random, 2 * DAY_MS));
    uint64_t answered =
        calendar_in_office(when + random_between(&h->random, RESPONSE_MIN_MS, RESPONSE_MAX_MS));
    char ref[32];
    struct act a;

    snprintf(ref, sizeof ref, "RC-2025-%04u", ++h->demands);
    if (answered > when + RESPONSE_LATEST_MS)
        answered = when + RESPONSE_LATEST_MS;
    committee_demand(&a, when, action, to, ref);
    history_put(h, &a);
    committee_response(&a, answered, to, ref);
    history_put(h, &a);
}

/* What it found goes to a ledger of its own; here it publishes that something was found. */
static void put_finding(struct history *h, enum writer_id id)
{
    const struct address *address = &h->writers[id].last_access;
    char text[48], number[32];
    struct act a;

    if (!address->known)
        return;
    snprintf(text, sizeof text, "%llu.%llu", (unsigned long long)address->index,
        (unsigned long long)address->position);
    snprintf(number, sizeof number, "F-2025-%04u", h->demands);
    act_start(&a, W_COMMITTEE, h->now_ms + 3 * HOUR_MS, "finding");
    act_text(&a, F_FINDING, number);
    act_text(&a, F_STATE, "explained");
    act_text(&a, F_REASON, "the necessity was shown on inspection");
    act_one(&a, F_RECORDS, text);
    history_put(h, &a);
}

static void on_inspection(struct history *h, void *ctx)
{
    enum writer_id id = (enum writer_id)random_between(&h->random, W_COLLECTION, W_SDF);
    struct act a;

    act_start(&a, W_COMMITTEE, h->now_ms, "inspect");
    act_text(&a, F_ACTOR, "committee-s-02");
    act_text(&a, F_RECIPIENT, agencies[id].organisation);
    writers_add(h, &a);
    act_start(&a, W_COMMITTEE, h->now_ms + HOUR_MS, "notify");
    act_text(&a, F_ACTOR, "committee-s-02");
    act_text(&a, F_RECIPIENT, agencies[id].organisation);
    act_text(&a, F_DETAIL, "inspection announced");
    history_put(h, &a);
    for (uint64_t i = random_between(&h->random, 1, RECOMMENDATIONS_MAX - 1); i > 0; i--)
        put_demand(h, id);
    put_finding(h, id);
    events_put(&h->events,
        calendar_in_office(h->now_ms + random_between(&h->random, INSPECTION_EVERY_MS / 3,
                                           5 * INSPECTION_EVERY_MS / 3)),
        on_inspection, ctx);
}

/* The one record that names someone who ought not to stand there (upkeep.c). */
static void on_order(struct history *h, void *ctx)
{
    char text[48];
    struct act a;

    (void)ctx;
    if (!h->blank.known)
        return;
    snprintf(text, sizeof text, "%llu.%llu", (unsigned long long)h->blank.index,
        (unsigned long long)h->blank.position);
    act_start(&a, W_COMMITTEE, h->now_ms, "erase.record");
    act_one(&a, F_RECORDS, text);
    act_text(&a, F_REASON, "names a person without need");
    act_text(&a, F_AUTHORITY, "committee-order-2025-1");
    writers_add(h, &a);
    h->blank.ordered = true;
}

void committee_start(struct history *h)
{
    events_put(&h->events, calendar_in_office(h->now_ms + 5 * DAY_MS), on_inspection, NULL);
    events_put(&h->events, h->now_ms + 9 * DAY_MS + 10 * HOUR_MS, on_order, NULL);
}
