/* What was used before it was approved, and what the committee said of it afterwards. */
#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

static int decided(struct tally *t, const struct rules_record *r)
{
    struct counted_emergency *e = table_find(t->emergencies, r->approval);
    bool ratified = r->change.step == APPROVAL_RATIFIED;

    if (e == NULL || e->decided || (!ratified && r->change.step != APPROVAL_REFUSED))
        return 0;
    e->decided = true;
    tally_add(t, FIGURES_EMERGENCIES, table_more(e),
        ratified ? EMERGENCIES_RATIFIED : EMERGENCIES_REFUSED, 1);
    return !ratified ? 0
                     : tally_duration(t, FIGURES_EMERGENCIES, table_more(e),
                           r->received > e->began ? r->received - e->began : 0);
}

/* The first use of one that was not ratified before; one that had been refused is decided at once. */
static int begun(struct tally *t, const struct rules_record *r, struct key approval)
{
    const struct counted_approval *known = table_find(t->approvals, approval);
    const struct approval *a = known == NULL ? NULL : known->approval;
    struct counted_emergency *e = table_add(t->emergencies, approval);

    if (e == NULL || table_more_set(t->emergencies, e, tally_agency(t, r)) != 0)
        return KEIIN_ENOMEM;
    e->began = record_began(r);
    e->decided = a != NULL && (a->ratified || a->refused);
    if (a != NULL && a->ratified)
        return 0;
    tally_add(t, FIGURES_EMERGENCIES, table_more(e), EMERGENCIES_BEGUN, 1);
    tally_add(t, FIGURES_EMERGENCIES, table_more(e), EMERGENCIES_REFUSED, e->decided);
    return 0;
}

int emergencies_record(struct tally *t, const struct rules_record *r)
{
    bool begin = r->action == ACTION_EMERGENCY_BEGIN && r->writer->role == ROLE_COMMITTEE;
    struct key approval = begin && r->approval.text.n > 0 ? r->approval : r->authority;
    struct counted_emergency *e;

    if (r->action == ACTION_APPROVE)
        return decided(t, r);
    if (r->denied || approval.text.n == 0 || r->action == ACTION_EMERGENCY_END ||
        (!begin && (!record_has(r, F_EMERGENCY) || r->action == ACTION_EMERGENCY_BEGIN)))
        return 0;
    e = table_find(t->emergencies, approval);
    if (e != NULL) {
        if (!e->decided && record_began(r) < e->began)
            e->began = record_began(r);
        return 0;
    }
    return begun(t, r, approval);
}

void emergencies_close(struct tally *t)
{
    for (const struct counted_emergency *e = NULL; (e = table_next(t->emergencies, e)) != NULL;)
        if (!e->decided)
            tally_add(t, FIGURES_EMERGENCIES, table_more(e), EMERGENCIES_WAITING, 1);
}
