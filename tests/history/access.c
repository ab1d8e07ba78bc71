#include "tests/history/access.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/history/die.h"
#include "tests/history/emergency.h"
#include "tests/history/history.h"
#include "tests/history/provision.h"

/*
 * What a person does in an hour stays within a factor of two, and so does what a unit does in an
 * hour in which it works at all; what lies together in any sixty minutes then is
 * far below ten times the median. Minutes at the hour's ends stay free, so that clocks that are
 * off move nothing into another hour.
 */
#define FIRST_MINUTE 4
#define LAST_MINUTE 54
#define COUNT_MIN 200
#define COUNT_MAX 400
#define ACTS_MIN 3
#define ACTS_MAX 7

/* Per mille; those of provision are in provision.c. Assumed, but for the first (plan.c). */
#define URGENT 80
#define LIMITED_TO_UNITS 650
#define LIMITED_TO_DATASETS 120
#define EXPORTS 45
#define COPIES 20
#define DENIED 15
#define QUIET_WATCH 50 /* hours of the watch with nobody at work */

#define FIRST_WORK_MS (3 * DAY_MS)

static const struct tenure tenure;

static struct use_case *case_new(struct history *h, struct unit *unit)
{
    struct use_case *c = history_new(h, sizeof *c);
    struct scope *scope = &c->approval.scope;

    approval_init(h, &c->approval, unit->writer);
    approval_scope_purposes(&h->random, scope);
    if (random_per_mille(&h->random, LIMITED_TO_UNITS))
        scope->units[scope->unit_count++] = unit->name;
    provision_scope(&h->random, unit->writer, scope);
    c->unit = unit;
    c->approval.tenure = &tenure;
    c->approval.owner = c;
    for (unsigned i = 0; i < 4 && random_per_mille(&h->random, LIMITED_TO_DATASETS); i++) {
        const struct set *set = pool_pick(&h->pool, &h->random, h->now_ms, h->now_ms + 10 * DAY_MS);

        if (set == NULL)
            break;
        snprintf(scope->datasets[scope->dataset_count], sizeof scope->datasets[0], "%s", set->id);
        c->set_from_ms[scope->dataset_count] = set->from_ms;
        c->set_until_ms[scope->dataset_count++] = set->until_ms;
    }
    return c;
}

static void case_open(struct use_case *c)
{
    struct unit *unit = c->unit;

    if (unit->case_count == unit->case_room) {
        unit->case_room = unit->case_room == 0 ? 8 : 2 * unit->case_room;
        unit->cases = realloc(unit->cases, unit->case_room * sizeof(struct use_case *));
        must(unit->cases != NULL, "no memory");
    }
    c->slot = (unsigned)unit->case_count;
    c->open = true;
    unit->cases[unit->case_count++] = c;
}

static void on_granted(struct history *h, void *owner)
{
    struct use_case *c = owner;

    (void)h;
    if (!c->open)
        case_open(c);
}

static void case_ask(struct history *h, struct unit *unit)
{
    struct use_case *c = case_new(h, unit);

    if (h->pool.count > 0 && history_chance(h, FIRST_EMERGENCY, URGENT))
        emergency_begin(h, c);
    else
        approval_ask(h, &c->approval);
}

static void on_ending(struct history *h, void *owner)
{
    struct use_case *c = owner;

    case_ask(h, c->unit);
}

static void on_closed(struct history *h, void *owner)
{
    struct use_case *c = owner;
    struct unit *unit = c->unit;

    if (c->open) {
        unit->cases[c->slot] = unit->cases[--unit->case_count];
        unit->cases[c->slot]->slot = c->slot;
    }
    history_delete(h, c);
}

static const struct tenure tenure = {on_granted, on_ending, on_closed};

struct person *access_person(struct history *h, struct unit *unit)
{
    uint64_t hour = h->now_ms / HOUR_MS;
    size_t first = random_below(&h->random, unit->people_count);

    for (size_t i = 0; i < unit->people_count; i++) {
        struct person *p = &unit->people[(first + i) % unit->people_count];

        if (hours_last(&p->hours) != hour && p->away_until_ms <= h->now_ms)
            return p;
    }
    return NULL;
}

void access_act(struct random *random, struct act *a, const struct seat *seat, uint64_t when_ms,
    const char *action)
{
    uint8_t statement[32];

    act_start(a, seat->writer, when_ms, action);
    act_text(a, F_ACTOR, seat->actor);
    act_text(a, F_UNIT, seat->unit);
    act_text(a, F_ROLE, "analyst");
    if (seat->authority != NULL)
        act_text(a, F_AUTHORITY, seat->authority);
    act_text(a, F_PURPOSE, seat->purpose);
    if (seat->emergency)
        act_true(a, F_EMERGENCY);
    if (strcmp(action, "query") == 0) {
        random_bytes(random, statement, sizeof statement);
        act_bin(a, F_STATEMENT, statement, sizeof statement);
    }
}

/* The id of a data set of the case that may be used in the coming hour; NULL when there is none. */
static const char *choose_set(struct history *h, const struct use_case *c, uint64_t *until_ms)
{
    const struct scope *scope = &c->approval.scope;
    const struct set *set;

    if (scope->dataset_count > 0) {
        size_t i = random_below(&h->random, scope->dataset_count);

        if (c->set_from_ms[i] > h->now_ms || c->set_until_ms[i] < h->now_ms + HOUR_MS)
            return NULL;
        *until_ms = c->set_until_ms[i];
        return scope->datasets[i];
    }
    set = pool_pick(&h->pool, &h->random, h->now_ms, h->now_ms + HOUR_MS);
    if (set != NULL)
        *until_ms = set->until_ms;
    return set == NULL ? NULL : set->id;
}

/* An attempt that was refused, at something that nobody else comes near. */
static void put_denied(struct history *h, const struct seat *seat, uint64_t when_ms)
{
    char dataset[32];
    struct act a;

    snprintf(dataset, sizeof dataset, "K-2025-%06u", ++h->denials);
    for (uint64_t tries = random_between(&h->random, 1, 2); tries > 0; tries--) {
        access_act(&h->random, &a, seat, when_ms, "query");
        act_text(&a, F_DATASET, dataset);
        act_text(&a, F_OUTCOME, "denied");
        history_put(h, &a);
        when_ms += 20 * SECOND_MS;
    }
}

/* A data set that is worked on, and until when. */
struct work_set {
    const char *id;
    uint64_t until_ms;
};

/* An access of `count` items, and what follows from it. */
static void put_access(struct history *h, const struct use_case *c, const struct seat *seat,
    const struct work_set *set, uint64_t when_ms, uint64_t count)
{
    struct act a;

    h->access.session_records++;
    if (!seat->emergency && random_per_mille(&h->random, EXPORTS)) {
        provision_put_export(h, c, seat, set->id, set->until_ms, when_ms, count);
        return;
    }
    access_act(&h->random, &a, seat, when_ms, random_per_mille(&h->random, 300) ? "view" : "query");
    act_text(&a, F_DATASET, set->id);
    act_uint(&a, F_COUNT, count);
    act_text(&a, F_OUTCOME, "success");
    history_put(h, &a);
    if (!seat->emergency && random_per_mille(&h->random, COPIES))
        provision_put_copy(h, seat, set->id, when_ms + MINUTE_MS, count);
    if (!seat->emergency && random_per_mille(&h->random, DENIED))
        put_denied(h, seat, when_ms + MINUTE_MS);
}

bool access_session(struct history *h, struct use_case *c, const char *actor, bool emergency)
{
    const struct scope *scope = &c->approval.scope;
    struct seat seat = {c->unit->writer, actor, c->unit->name, c->approval.id,
        scope->purposes[random_below(&h->random, scope->purpose_count)], emergency};
    unsigned acts = (unsigned)random_between(&h->random, ACTS_MIN, ACTS_MAX);
    uint64_t count = random_between(&h->random, COUNT_MIN, COUNT_MAX), when_ms;
    uint64_t step_ms = (LAST_MINUTE - FIRST_MINUTE) * MINUTE_MS / ACTS_MAX;
    struct work_set set = {NULL, 0}, next;

    if (!emergency &&
        (c->approval.from_ms > h->now_ms || c->approval.use_until_ms < h->now_ms + HOUR_MS))
        return false;
    when_ms = h->now_ms - h->now_ms % HOUR_MS + FIRST_MINUTE * MINUTE_MS;
    when_ms += random_below(&h->random, (ACTS_MAX - acts) * step_ms + MINUTE_MS);
    for (unsigned i = acts; i > 0; i--) {
        uint64_t some = i == 1 ? count : 1 + random_below(&h->random, 2 * count / (i + 1));

        next.id = choose_set(h, c, &next.until_ms);
        if (next.id != NULL)
            set = next;
        if (set.id == NULL)
            return false;
        put_access(h, c, &seat, &set, when_ms, some);
        count -= some;
        when_ms += step_ms / 2 + random_below(&h->random, step_ms / 2 - 2 * MINUTE_MS);
    }
    return true;
}

/* Those of a unit who sit down to work in this hour. */
static void work(struct history *h, struct unit *unit)
{
    uint64_t sessions = h->plan.sessions + random_below(&h->random, h->plan.sessions / 2 + 1);
    uint64_t hour = h->now_ms / HOUR_MS;

    while (sessions-- > 0 && unit->case_count > 0) {
        struct use_case *c = unit->cases[random_below(&h->random, unit->case_count)];
        struct person *p = access_person(h, unit);

        if (p == NULL)
            return;
        if (!access_session(h, c, p->id, false))
            continue;
        hours_add(&p->hours, hour);
        hours_add(&unit->hours, hour);
        h->access.sessions++;
    }
}

static void on_hour(struct history *h, void *ctx)
{
    (void)ctx;
    for (size_t i = 0; i < h->unit_count; i++) {
        struct unit *unit = &h->units[i];

        if (!h->writers[unit->writer].listed)
            continue;
        if (unit->watch ? random_per_mille(&h->random, QUIET_WATCH)
                        : !calendar_is_office_hour(h->now_ms))
            continue;
        if (random_per_mille(&h->random, h->access.per_mille))
            work(h, unit);
    }
    events_put(&h->events, h->now_ms + HOUR_MS, on_hour, NULL);
}

/* Sessions that fit into a day when every hour is used. */
static uint64_t sessions_of_day(const struct history *h, uint64_t ms)
{
    uint64_t hours = 23;

    for (size_t i = 0; i < h->unit_count; i++)
        if (!h->units[i].watch && h->writers[h->units[i].writer].listed && calendar_is_workday(ms))
            hours += 9;
    return hours * (4 * h->plan.sessions + h->plan.sessions / 2 * 2) / 4;
}

/* At midnight: how busy the day is, so that the whole has the records that were asked for. */
static void on_midnight(struct history *h, void *ctx)
{
    uint64_t capacity = 0, days_left = (h->plan.end_ms - h->now_ms) / DAY_MS;
    uint64_t days_gone = (h->now_ms - h->plan.start_ms) / DAY_MS;
    uint64_t others = h->records - h->access.session_records, wanted = 0;

    (void)ctx;
    for (uint64_t ms = h->now_ms; ms < h->plan.end_ms; ms += DAY_MS)
        capacity += sessions_of_day(h, ms);
    others = others * days_left / (days_gone == 0 ? 1 : days_gone);
    if (h->plan.records > h->records + others)
        wanted = (h->plan.records - h->records - others) / 5;
    h->access.per_mille =
        capacity == 0 ? 0 : (unsigned)(wanted >= capacity ? 1000 : wanted * 1000 / capacity);
    events_put(&h->events, h->now_ms + DAY_MS, on_midnight, NULL);
}

void access_begin(struct history *h, enum writer_id writer)
{
    for (size_t i = 0; i < h->unit_count; i++)
        for (unsigned k = 0; k < h->plan.cases; k++)
            if (h->units[i].writer == writer)
                case_ask(h, &h->units[i]);
}

void access_start(struct history *h)
{
    for (int writer = W_NCO; writer <= W_SDF; writer++)
        access_begin(h, writer);
    events_put(&h->events, h->plan.start_ms + FIRST_WORK_MS, on_midnight, NULL);
    events_put(&h->events, h->plan.start_ms + FIRST_WORK_MS, on_hour, NULL);
}
