/* Too many denied attempts, a way around a denial, far more than usual; and nearly so. */
#include "tests/history/die.h"
#include "tests/history/scene.h"

#define ALLOWED 10 /* denied attempts of an actor in an hour */
#define BURST 12
#define LOOK_BACK_HOURS (29 * 24)
#define EVENING 20 /* o'clock: the offices are empty */

static void put_denied(struct scene *s, uint64_t when_ms, int answer)
{
    struct act a;

    access_act(s->random, &a, &s->seat, when_ms, "query");
    act_text(&a, F_DATASET, s->dataset);
    act_text(&a, F_OUTCOME, "denied");
    if (answer >= 0)
        act_answers(&a, answer, 0);
    history_put(s->h, &a);
}

/* The eleventh within the hour is the one too many. */
static void burst(struct scene *s)
{
    uint64_t step_ms = s->variant == 0 ? 20 * SECOND_MS : 6 * MINUTE_MS - SECOND_MS;
    int answer = scene_answer(s);

    scene_approve(s);
    for (unsigned i = 0; i < BURST; i++)
        put_denied(s, s->when_ms + i * step_ms, i == ALLOWED ? answer : -1);
}

/* Never more than are allowed in any hour; and then the same person succeeds. */
static void no_burst(struct scene *s)
{
    scene_approve(s);
    for (unsigned i = 0; i < BURST; i++)
        put_denied(s, s->when_ms + i * (6 * MINUTE_MS + SECOND_MS), -1);
    scene_put_access(s, s->when_ms + 80 * MINUTE_MS, "query", s->dataset, -1);
}

/* Someone else succeeds where the first was denied: within the hour, or a second later. */
static void way_around(struct scene *s)
{
    bool near = s->variant == 1;
    int answer = near ? -1 : scene_answer(s);
    struct seat seat;
    struct act a;

    scene_approve(s);
    put_denied(s, s->when_ms, answer);
    seat = s->seat;
    seat.actor = s->other;
    access_act(s->random, &a, &seat,
        near ? s->when_ms + HOUR_MS + SECOND_MS : s->when_ms + HOUR_MS - SECOND_MS, "query");
    act_text(&a, F_DATASET, s->dataset);
    act_uint(&a, F_COUNT, 25);
    act_text(&a, F_OUTCOME, "success");
    if (!near)
        act_answers(&a, answer, 1);
    history_put(s->h, &a);
}

static bool used(const struct history *h, const struct hours *hours)
{
    return hours_full_since(hours, h->now_ms / HOUR_MS - LOOK_BACK_HOURS) &&
           hours_last(hours) + 2 < h->now_ms / HOUR_MS;
}

/* A unit of an office with enough of a past; where `person` is asked for, someone of it, too. */
static struct unit *find_unit(struct scene *s, struct person **person)
{
    struct history *h = s->h;
    size_t first = random_below(s->random, h->unit_count);

    for (size_t i = 0; i < h->unit_count; i++) {
        struct unit *unit = &h->units[(first + i) % h->unit_count];

        if (unit->watch || !used(h, &unit->hours))
            continue;
        if (person == NULL)
            return unit;
        for (size_t k = 0; k < unit->people_count; k++)
            if (used(h, &unit->people[k].hours)) {
                *person = &unit->people[k];
                return unit;
            }
    }
    return NULL;
}

/*
 * An actor's hour, a unit's hour, that of both; or nearly that of an actor. In an hour a session
 * counts 200 to 400 items (access.c), so that the medians are between these, too.
 */
enum outlier { OUTLIER_ACTOR, OUTLIER_UNIT, OUTLIER_BOTH, OUTLIER_NEAR };

static void on_outlier(struct history *h, void *ctx)
{
    struct scene *s = ctx;
    struct person *person = NULL;
    struct unit *unit = find_unit(s, s->variant == OUTLIER_UNIT ? NULL : &person);
    bool own_unit = s->variant == OUTLIER_ACTOR || s->variant == OUTLIER_NEAR;
    uint64_t sessions = own_unit ? 1 : h->plan.sessions + h->plan.sessions / 2;
    struct act a;

    if (unit == NULL) {
        must(h->now_ms + 2 * DAY_MS < h->plan.end_ms,
            "the history is too short, or has too few records, for volume-outlier");
        events_put(&h->events, h->now_ms + DAY_MS, on_outlier, s);
        return;
    }
    s->seat = (struct seat){unit->writer, person == NULL ? s->actor : person->id,
        own_unit ? s->unit : unit->name, s->approval.id, purposes[1], false};
    access_act(s->random, &a, &s->seat, h->now_ms, "query");
    act_text(&a, F_DATASET, s->dataset);
    act_uint(&a, F_COUNT, s->variant == OUTLIER_NEAR ? 1950 : 10 * 400 * sessions + 50);
    act_text(&a, F_OUTCOME, "success");
    if (s->variant != OUTLIER_NEAR)
        act_answers(&a, scene_answer(s), 0);
    writers_add(h, &a);
    hours_add(&unit->hours, h->now_ms / HOUR_MS); /* no second one this evening */
    if (person != NULL) {
        hours_add(&person->hours, h->now_ms / HOUR_MS);
        person->away_until_ms = h->now_ms + 3 * HOUR_MS;
    }
    history_delete(h, s);
}

/* In the evening, when nobody else of the unit is at work. */
static void outlier(struct scene *s)
{
    struct scene *copy = history_new(s->h, sizeof *copy);
    uint64_t when = s->when_ms;

    scene_ask(s, s->when_ms - 3 * DAY_MS);
    scene_grant(s, s->when_ms - 2 * DAY_MS, s->when_ms - 2 * DAY_MS, s->h->plan.end_ms + DAY_MS);
    while (calendar_hour(when) != EVENING)
        when += HOUR_MS;
    *copy = *s;
    events_put(&s->h->events, when - when % HOUR_MS + 15 * MINUTE_MS, on_outlier, copy);
}

const struct violation_rule violations_access[] = {
    {"denied-burst", 3,
        {{"twelve in minutes", burst, 0}, {"twelve in an hour", burst, 1},
            {"another succeeds", way_around, 0}}},
    {"volume-outlier", 48,
        {{"an actor's hour", outlier, OUTLIER_ACTOR}, {"a unit's hour", outlier, OUTLIER_UNIT},
            {"both at once", outlier, OUTLIER_BOTH}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};

const struct violation_rule near_access[] = {
    {"denied-burst", 3, {{"ten in any hour", no_burst, 0}, {"an hour later", way_around, 1}}},
    {"volume-outlier", 48, {{"nearly an outlier", outlier, OUTLIER_NEAR}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
