/* Emergencies that are not ratified in time, or refused and not undone. */
#include "tests/history/scene.h"

#define RATIFY_MS (24 * HOUR_MS)

/* The one access, and the latest time for its ratification where that is said. */
static void put_use(struct scene *s, bool say_when, int answer)
{
    struct act a;

    s->seat.authority = s->approval.id;
    s->seat.emergency = true;
    scene_access(s, &a, s->when_ms, "query", s->dataset);
    if (say_when)
        act_uint(&a, F_RATIFY_BY, s->when_ms + RATIFY_MS);
    act_answers(&a, answer, 0);
    history_put(s->h, &a);
}

static void never_ratified(struct scene *s)
{
    put_use(s, true, scene_answer(s));
}

/* Minutes too late: by the time said, or by the 72 hours that hold where none is. */
static void ratified_late(struct scene *s)
{
    bool said = s->variant == 0;
    struct act a;

    put_use(s, said, scene_answer(s));
    approval_act(s->random, &a, &s->approval, W_COMMITTEE,
        s->when_ms + (said ? RATIFY_MS : 72 * HOUR_MS) + 2 * MINUTE_MS, "ratified");
    act_uint(&a, F_VALID_FROM, s->when_ms - HOUR_MS);
    act_uint(&a, F_VALID_TO, s->when_ms + 20 * DAY_MS);
    approval_put_scope(&a, &s->approval.scope);
    history_put(s->h, &a);
}

/* Ratified by the agency itself, which counts for nothing. */
static void ratified_by_agency(struct scene *s)
{
    struct act a;

    put_use(s, true, scene_answer(s));
    approval_act(s->random, &a, &s->approval, W_MOD, s->when_ms + 2 * HOUR_MS, "ratified");
    act_uint(&a, F_VALID_FROM, s->when_ms - HOUR_MS);
    act_uint(&a, F_VALID_TO, s->when_ms + 20 * DAY_MS);
    history_put(s->h, &a);
}

/* Refused in time; what was touched stays, or goes minutes after a day. */
static void refused_and_kept(struct scene *s)
{
    struct act a;

    put_use(s, true, scene_answer(s));
    approval_act(s->random, &a, &s->approval, W_COMMITTEE, s->when_ms + 10 * HOUR_MS, "refused");
    history_put(s->h, &a);
    if (s->variant == 1) {
        scene_erase(s, &a, s->when_ms + 34 * HOUR_MS + 5 * MINUTE_MS, s->dataset);
        history_put(s->h, &a);
    }
}

const struct violation_rule violations_emergency[] = {
    {"emergency-unratified", 80,
        {{"never", never_ratified, 0}, {"late, no time said", ratified_late, 1},
            {"late, by the time said", ratified_late, 0}, {"by an agency", ratified_by_agency, 0},
            {"refused and kept", refused_and_kept, 0},
            {"refused and erased late", refused_and_kept, 1}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
