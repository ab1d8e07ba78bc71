#include "tests/history/emergency.h"

#include <stdio.h>

#include "tests/history/history.h"
#include "tests/history/upkeep.h"

#define RATIFY_MS (72 * HOUR_MS)
#define REFUSED_EVERY_MS (120 * DAY_MS)

void emergency_act(
    struct act *a, uint64_t when_ms, const char *action, const char *id, uint64_t ratify_by_ms)
{
    act_start(a, W_COMMITTEE, when_ms, action);
    act_text(a, F_ACTOR, "committee-duty-01");
    act_text(a, F_APPROVAL, id);
    act_text(a, F_AUTHORITY, id);
    if (ratify_by_ms > 0)
        act_uint(a, F_RATIFY_BY, ratify_by_ms);
}

static void on_work(struct history *h, void *ctx)
{
    struct use_case *c = ctx;
    struct person *p = access_person(h, c->unit);

    if (p != NULL && access_session(h, c, p->id, true)) {
        hours_add(&p->hours, h->now_ms / HOUR_MS);
        hours_add(&c->unit->hours, h->now_ms / HOUR_MS);
    }
}

static void on_ratified(struct history *h, void *ctx)
{
    struct use_case *c = ctx;
    struct act a;

    approval_grant(h, &c->approval, "ratified", c->approval.from_ms);
    emergency_act(&a, h->now_ms + HOUR_MS, "emergency.end", c->approval.id, 0);
    history_put(h, &a);
}

/* Asked for when there is time to write it down. */
static void on_request(struct history *h, void *ctx)
{
    struct use_case *c = ctx;
    struct act a;

    approval_act(&h->random, &a, &c->approval, c->approval.asker, h->now_ms, "requested");
    approval_put_scope(&a, &c->approval.scope);
    writers_add(h, &a);
}

void emergency_begin(struct history *h, struct use_case *c)
{
    uint64_t hour = h->now_ms - h->now_ms % HOUR_MS;
    struct act a;

    snprintf(c->approval.id, sizeof c->approval.id, "E-2025-%04u", ++h->emergencies);
    c->approval.from_ms = h->now_ms;
    c->approval.scope.dataset_count = 0;
    emergency_act(
        &a, h->now_ms + 5 * MINUTE_MS, "emergency.begin", c->approval.id, h->now_ms + RATIFY_MS);
    history_put(h, &a);
    for (uint64_t i = random_between(&h->random, 1, 3); i > 0; i--)
        events_put(&h->events, hour + i * HOUR_MS, on_work, c);
    events_put(&h->events, h->now_ms + 5 * HOUR_MS, on_request, c);
    events_put(&h->events, h->now_ms + random_between(&h->random, 20 * HOUR_MS, 60 * HOUR_MS),
        on_ratified, c);
}

/* One that will be refused: what was collected, and who looks at it. */
struct refused {
    struct unit *unit;
    char id[24];
    struct batch batch;
};

static void on_look(struct history *h, void *ctx)
{
    struct refused *r = ctx;
    struct person *p = access_person(h, r->unit);
    struct seat seat = {r->unit->writer, NULL, r->unit->name, r->id, purposes[0], true};
    struct act a;

    if (p != NULL) {
        seat.actor = p->id;
        for (unsigned i = 0; i < 3; i++) {
            access_act(&h->random, &a, &seat, h->now_ms + (10 + 10 * i) * MINUTE_MS, "query");
            act_text(&a, F_DATASET, r->batch.dataset);
            act_uint(&a, F_COUNT, random_between(&h->random, 70, 130));
            act_text(&a, F_OUTCOME, "success");
            history_put(h, &a);
        }
        hours_add(&p->hours, h->now_ms / HOUR_MS);
        hours_add(&r->unit->hours, h->now_ms / HOUR_MS);
    }
    history_delete(h, r);
}

static void on_refused(struct history *h, void *ctx)
{
    struct refused *r = history_new(h, sizeof *r);
    uint64_t hour = h->now_ms - h->now_ms % HOUR_MS;
    uint64_t refused_ms = h->now_ms + random_between(&h->random, 24 * HOUR_MS, 48 * HOUR_MS);
    struct approval approval;
    struct act a;

    (void)ctx;
    r->unit = &h->units[random_below(&h->random, h->plan.units)];
    snprintf(r->id, sizeof r->id, "E-2025-%04u", ++h->emergencies);
    r->batch = (struct batch){.authority = r->id,
        .purpose = purposes[0],
        .emergency = true,
        .in_place = true,
        .received_ms = h->now_ms + 10 * MINUTE_MS,
        .selected_ms = h->now_ms + 30 * MINUTE_MS,
        .erased_ms = h->now_ms + 2 * HOUR_MS};
    collection_name_batch(h, &h->random, &r->batch);
    emergency_act(&a, h->now_ms + 5 * MINUTE_MS, "emergency.begin", r->id, h->now_ms + RATIFY_MS);
    history_put(h, &a);
    collection_put_batch(h, &h->random, &r->batch);
    approval = (struct approval){.asker = W_NCO};
    snprintf(approval.id, sizeof approval.id, "%s", r->id);
    snprintf(approval.asked_by, sizeof approval.asked_by, "nco-head-01");
    approval_act(&h->random, &a, &approval, W_NCO, h->now_ms + 6 * HOUR_MS, "requested");
    history_put(h, &a);
    approval_act(&h->random, &a, &approval, W_COMMITTEE, refused_ms, "refused");
    act_text(&a, F_REASON, "it could have been asked for before");
    history_put(h, &a);
    upkeep_put_erase(h, W_COLLECTION, r->batch.dataset, r->batch.kept,
        refused_ms + random_between(&h->random, 2 * HOUR_MS, 15 * HOUR_MS));
    emergency_act(&a, refused_ms + 16 * HOUR_MS, "emergency.end", r->id, 0);
    history_put(h, &a);
    events_put(&h->events, hour + 3 * HOUR_MS, on_look, r);
    events_put(&h->events,
        h->now_ms + random_between(&h->random, REFUSED_EVERY_MS / 2, 3 * REFUSED_EVERY_MS / 2),
        on_refused, NULL);
}

void emergency_start(struct history *h)
{
    events_put(&h->events,
        h->plan.start_ms + 8 * DAY_MS +
            random_below(&h->random, (h->plan.end_ms - h->plan.start_ms) / 3),
        on_refused, NULL);
}
