/* Kept too long, erased without care, used after erasure, copied without trace. */
#include "tests/history/scene.h"

/* A copy with a time until which it is kept, and what becomes of that. */
static void kept_too_long(struct scene *s)
{
    uint64_t until = s->when_ms + 12 * HOUR_MS;
    struct act a;

    scene_act(s, &a, s->when_ms, "copy", s->child);
    act_one(&a, F_PARENTS, s->dataset);
    act_uint(&a, F_RETAIN_UNTIL, until);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
    if (s->variant == 1) {
        scene_erase(s, &a, until + DAY_MS + MINUTE_MS, s->child);
        history_put(s->h, &a);
    }
    if (s->variant == 2) {
        scene_act(s, &a, until + DAY_MS + MINUTE_MS, "retain.extend", s->child);
        act_uint(&a, F_RETAIN_UNTIL, until + 10 * DAY_MS);
        history_put(s->h, &a);
        scene_erase(s, &a, until + 5 * DAY_MS, s->child);
        history_put(s->h, &a);
    }
    /* Said by an action that cannot make it longer. */
    if (s->variant == 3) {
        scene_act(s, &a, s->when_ms + 2 * HOUR_MS, "retain.review", s->child);
        act_uint(&a, F_RETAIN_UNTIL, until + 20 * DAY_MS);
        history_put(s->h, &a);
    }
}

static void unwitnessed(struct scene *s)
{
    struct act a;

    scene_act(s, &a, s->when_ms, "erase", s->dataset);
    if (s->variant != 0)
        act_text(&a, F_METHOD, "crypto-erase");
    if (s->variant != 1)
        act_text(&a, F_REASON, "end of retention");
    if (s->variant != 2)
        act_text(&a, F_WITNESSED_BY, s->variant == 3 ? s->actor : s->other);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

/* The erasure, and the answer that rests on it and on the use. */
static int put_erasure(struct scene *s, uint64_t before_ms)
{
    int answer = scene_answer(s);
    struct act a;

    scene_approve(s);
    scene_erase(s, &a, s->when_ms - before_ms, s->dataset);
    act_answers(&a, answer, 1);
    history_put(s->h, &a);
    return answer;
}

/* One writer has one clock: a minute is enough. */
static void used_after(struct scene *s)
{
    int answer = put_erasure(s, s->variant == 2 ? MINUTE_MS : 2 * HOUR_MS);

    scene_put_access(s, s->when_ms, s->variant == 1 ? "view" : "query", s->dataset, answer);
}

/* Something is made of what is gone. */
static void made_after(struct scene *s)
{
    static const char *const actions[] = {"copy", "combine", "modify"};
    int answer = put_erasure(s, 2 * HOUR_MS);
    struct act a;

    scene_act(s, &a, s->when_ms, actions[s->variant], s->child);
    act_one(&a, F_PARENTS, s->dataset);
    act_answers(&a, answer, 0);
    history_put(s->h, &a);
}

static void exported_after(struct scene *s)
{
    int answer = put_erasure(s, 2 * HOUR_MS);
    struct act a;

    scene_access(s, &a, s->when_ms, "export", s->child);
    act_one(&a, F_PARENTS, s->dataset);
    act_answers(&a, answer, 0);
    history_put(s->h, &a);
}

static void provided_after(struct scene *s)
{
    int answer = put_erasure(s, 2 * HOUR_MS);
    struct provision p = scene_provision(s, s->when_ms, "council");

    scene_put_provision(s, &p, true, answer);
}

/* No child at all, one too late, or one that only a query names. */
static void untracked(struct scene *s)
{
    struct act a;

    scene_approve(s);
    if (s->variant == 1)
        scene_act(s, &a, s->when_ms, "copy", s->dataset);
    else
        scene_access(s, &a, s->when_ms, "export", s->variant == 4 ? NULL : s->dataset);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
    if (s->variant == 2) {
        scene_act(s, &a, s->when_ms + DAY_MS + 2 * MINUTE_MS, "modify", s->child);
        act_one(&a, F_PARENTS, s->dataset);
        history_put(s->h, &a);
    }
    if (s->variant == 3) {
        scene_access(s, &a, s->when_ms + 2 * HOUR_MS, "query", s->child);
        act_one(&a, F_PARENTS, s->dataset);
        history_put(s->h, &a);
    }
}

const struct violation_rule violations_handling[] = {
    {"erase-late", 60,
        {{"never", kept_too_long, 0}, {"too late", kept_too_long, 1},
            {"extended too late", kept_too_long, 2}, {"reviewed only", kept_too_long, 3}}},
    {"erase-unwitnessed", 1,
        {{"no method", unwitnessed, 0}, {"no reason", unwitnessed, 1},
            {"no witness", unwitnessed, 2}, {"its own witness", unwitnessed, 3}}},
    {"use-after-erase", 8,
        {{"query", used_after, 0}, {"view", used_after, 1}, {"copy", made_after, 0},
            {"combine", made_after, 1}, {"modify", made_after, 2}, {"export", exported_after, 0},
            {"provide", provided_after, 0}, {"a minute later", used_after, 2}}},
    {"copy-untracked", 36,
        {{"export", untracked, 0}, {"copy", untracked, 1}, {"tracked too late", untracked, 2},
            {"child in a query only", untracked, 3}, {"no data set", untracked, 4}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
