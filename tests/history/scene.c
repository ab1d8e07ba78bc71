#include "tests/history/scene.h"

#include <stdio.h>

#include "tests/history/upkeep.h"

void scene_begin(struct scene *s, struct history *h, unsigned number, const char *rule,
    const struct violation *violation, uint64_t when_ms)
{
    static const enum writer_id writers[] = {W_NCO, W_NPA, W_MOD, W_SDF};
    enum writer_id writer = writers[number % 4];
    const char *organisation = agencies[writer].organisation;

    *s = (struct scene){.h = h,
        .random = &h->mischief,
        .rule = rule,
        .kind = violation->kind,
        .variant = violation->variant,
        .number = number,
        .when_ms = when_ms};
    snprintf(s->actor, sizeof s->actor, "%s-p-9%05u", organisation, number);
    snprintf(s->other, sizeof s->other, "%s-p-8%05u", organisation, number);
    snprintf(s->unit, sizeof s->unit, "%s-desk-%u", organisation, number);
    snprintf(s->dataset, sizeof s->dataset, "S-2025-9%05u", number);
    snprintf(s->child, sizeof s->child, "X-2025-9%05u", number);
    snprintf(s->ref, sizeof s->ref, "V-2025-9%05u", number);
    snprintf(s->notice, sizeof s->notice, "N-2025-9%05u", number);
    snprintf(s->approval.id, sizeof s->approval.id, "A-2025-9%05u", number);
    snprintf(s->approval.asked_by, sizeof s->approval.asked_by, "%s-head-%02u", organisation,
        1 + number % 12);
    s->approval.asker = writer;
    s->approval.scope.purposes[0] = purposes[1];
    s->approval.scope.purpose_count = 1;
    s->seat =
        (struct seat){.writer = writer, .actor = s->actor, .unit = s->unit, .purpose = purposes[1]};
}

int scene_answer(const struct scene *s)
{
    return scene_answer_of(s, s->rule);
}

int scene_answer_of(const struct scene *s, const char *rule)
{
    return answers_add(&s->h->answers, rule, s->kind);
}

void scene_ask(struct scene *s, uint64_t when_ms)
{
    struct act a;

    approval_act(s->random, &a, &s->approval, s->approval.asker, when_ms, "requested");
    approval_put_scope(&a, &s->approval.scope);
    history_put(s->h, &a);
}

void scene_grant(struct scene *s, uint64_t when_ms, uint64_t from_ms, uint64_t to_ms)
{
    struct act a;

    approval_act(s->random, &a, &s->approval, W_COMMITTEE, when_ms, "granted");
    act_uint(&a, F_VALID_FROM, from_ms);
    act_uint(&a, F_VALID_TO, to_ms);
    approval_put_scope(&a, &s->approval.scope);
    history_put(s->h, &a);
    s->seat.authority = s->approval.id;
}

void scene_approve(struct scene *s)
{
    scene_ask(s, s->when_ms - 3 * DAY_MS);
    scene_grant(s, s->when_ms - 2 * DAY_MS, s->when_ms - 2 * DAY_MS, s->when_ms + 40 * DAY_MS);
}

void scene_access(
    struct scene *s, struct act *a, uint64_t when_ms, const char *action, const char *dataset)
{
    access_act(s->random, a, &s->seat, when_ms, action);
    if (dataset != NULL)
        act_text(a, F_DATASET, dataset);
    act_uint(a, F_COUNT, 25);
    act_text(a, F_OUTCOME, "success");
}

void scene_put_access(
    struct scene *s, uint64_t when_ms, const char *action, const char *dataset, int answer)
{
    struct act a;

    scene_access(s, &a, when_ms, action, dataset);
    if (answer >= 0)
        act_answers(&a, answer, 0);
    history_put(s->h, &a);
}

void scene_set_at(struct act *a, uint64_t at_ms)
{
    a->at_offset_ms = (int64_t)(at_ms - a->when_ms) - agencies[a->writer].clock_ms;
}

void scene_act(
    struct scene *s, struct act *a, uint64_t when_ms, const char *action, const char *dataset)
{
    act_start(a, s->seat.writer, when_ms, action);
    act_text(a, F_ACTOR, s->actor);
    act_text(a, F_UNIT, s->unit);
    if (dataset != NULL)
        act_text(a, F_DATASET, dataset);
    act_text(a, F_OUTCOME, "success");
}

void scene_erase(struct scene *s, struct act *a, uint64_t when_ms, const char *dataset)
{
    scene_act(s, a, when_ms, "erase", dataset);
    upkeep_put_erasure(a, s->random, s->seat.writer, "end of retention");
}

struct batch scene_batch(struct scene *s)
{
    struct batch b = {.authority = s->approval.id,
        .purpose = purposes[1],
        .in_place = true,
        .received_ms = s->when_ms,
        .selected_ms = s->when_ms + 40 * MINUTE_MS,
        .erased_ms = s->when_ms + 3 * HOUR_MS};

    collection_name_batch(s->h, s->random, &b);
    return b;
}

struct provision scene_provision(struct scene *s, uint64_t when_ms, const char *kind)
{
    struct provision p = {
        .seat = &s->seat, .dataset = s->dataset, .ref = s->ref, .count = 25, .when_ms = when_ms};

    for (size_t i = 0; i < recipient_count; i++)
        if (strcmp(recipients[i].kind, kind) == 0 &&
            strcmp(recipients[i].name, agencies[s->seat.writer].organisation) != 0)
            p.to = &recipients[i];
    return p;
}

void scene_put_provision(struct scene *s, const struct provision *p, bool receipt, int answer)
{
    struct act a;

    provision_act(s->random, &a, p);
    if (answer >= 0)
        act_answers(&a, answer, 0);
    history_put(s->h, &a);
    if (receipt) {
        provision_receipt(&a, p, p->when_ms + HOUR_MS);
        history_put(s->h, &a);
    }
}
