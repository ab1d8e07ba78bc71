/* What was asked of the committee, and what it decided. */
#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

static int column_of(const struct rules_record *r)
{
    switch (r->change.step) {
    case APPROVAL_GRANTED:
        return APPROVALS_GRANTED;
    case APPROVAL_EXTENDED:
    case APPROVAL_EXTENDED_LATE:
        return APPROVALS_EXTENDED;
    case APPROVAL_RATIFIED:
        return APPROVALS_RATIFIED;
    case APPROVAL_REFUSED:
        return APPROVALS_REFUSED;
    case APPROVAL_REVOKED:
        return APPROVALS_REVOKED;
    case APPROVAL_UNCHANGED:
        break;
    }
    return r->action == ACTION_APPROVE && record_is(r, F_DECISION, "requested") && !r->undone
               ? APPROVALS_REQUESTED
               : -1;
}

int approvals_record(struct tally *t, const struct rules_record *r)
{
    struct counted_approval *a;
    int column;

    if (r->action != ACTION_APPROVE && r->action != ACTION_REVOKE)
        return 0;
    column = column_of(r);
    if (column < 0 || r->approval.text.n == 0)
        return 0;
    a = table_add(t->approvals, r->approval);
    if (a == NULL || (table_more(a).n == 0 && record_has(r, F_STREAM) &&
                         table_more_set(t->approvals, a, record_text(r, F_STREAM)) != 0))
        return KEIIN_ENOMEM;
    if (r->change.approval != NULL) {
        a->approval = r->change.approval;
        a->granted = r->change.approval->granted;
    }
    tally_add(t, FIGURES_APPROVALS, tally_said(t, SAID_STREAM, table_more(a)), (unsigned)column, 1);
    return 0;
}

void approvals_close(struct tally *t)
{
    uint64_t last = tally_part_last(t);

    for (const struct counted_approval *a = NULL; (a = table_next(t->approvals, a)) != NULL;) {
        struct figure_row row =
            tally_row(t, FIGURES_APPROVALS, tally_said(t, SAID_STREAM, table_more(a)),
                (struct span){NULL, 0}, (struct span){NULL, 0});
        struct validity validity;
        uint64_t to;

        if (!a->granted)
            continue;
        to = approval_valid_to(a->approval);
        if (approval_at(a->approval, last, &validity) == TIME_VALID)
            figures_add(t->figures, &row, APPROVALS_LIVE, 1);
        if (tally_in_part(t, to) &&
            approval_at(a->approval, time_after(to, 1), &validity) == TIME_AFTER)
            figures_add(t->figures, &row, APPROVALS_EXPIRED, 1);
    }
}
