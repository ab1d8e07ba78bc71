/* Under a granted approval, for what it does not allow. */
#include <stdio.h>

#include "tests/history/scene.h"

static void limit_datasets(struct scene *s)
{
    struct scope *scope = &s->approval.scope;

    snprintf(scope->datasets[scope->dataset_count++], sizeof scope->datasets[0], "%s", s->dataset);
}

static void wrong_purpose(struct scene *s)
{
    scene_approve(s);
    s->seat.purpose = purposes[3];
    scene_put_access(s, s->when_ms, "query", s->dataset, scene_answer(s));
}

static void no_purpose(struct scene *s)
{
    struct act a;

    scene_approve(s);
    scene_act(s, &a, s->when_ms, "view", s->dataset);
    a.access = true;
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_uint(&a, F_COUNT, 25);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

static void wrong_unit(struct scene *s)
{
    s->approval.scope.units[s->approval.scope.unit_count++] = "nco-analysis-1";
    scene_approve(s);
    scene_put_access(s, s->when_ms, "query", s->dataset, scene_answer(s));
}

static void wrong_dataset(struct scene *s)
{
    limit_datasets(s);
    scene_approve(s);
    scene_put_access(s, s->when_ms, "query", s->child, scene_answer(s));
}

/* The data set is allowed, what it is made from is not. */
static void wrong_parent(struct scene *s)
{
    struct act a;

    limit_datasets(s);
    scene_approve(s);
    scene_access(s, &a, s->when_ms, "export", s->dataset);
    act_one(&a, F_PARENTS, s->child);
    act_answers(&a, scene_answer(s), 0);
    history_put(s->h, &a);
}

static void wrong_recipient(struct scene *s)
{
    struct provision p;

    s->approval.scope.recipients[s->approval.scope.recipient_count++] = "council-water";
    scene_approve(s);
    p = scene_provision(s, s->when_ms, "council");
    scene_put_provision(s, &p, true, scene_answer(s));
}

const struct violation_rule violations_scope[] = {
    {"authority-scope", 8,
        {{"other purpose", wrong_purpose, 0}, {"other unit", wrong_unit, 0},
            {"other data set", wrong_dataset, 0}, {"other parent", wrong_parent, 0},
            {"other recipient", wrong_recipient, 0}, {"no purpose", no_purpose, 0}}},
    {NULL, 0, {{NULL, NULL, 0}}},
};
