/* What had to be gone, and whether it was. */
#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

static int say_until(struct tally *t, const struct rules_record *r, struct key id)
{
    uint64_t until = record_number(r, F_RETAIN_UNTIL);
    struct counted_retained *k = table_find(t->retained, id);

    if (k != NULL && k->erased) {
        if (r->at <= k->erased_at)
            return 0; /* from before the erasure */
        table_remove(t->retained, k);
        k = NULL;
    }
    if (k != NULL && r->action != ACTION_RETAIN_EXTEND && until >= k->until)
        return 0;
    if (k != NULL && r->action == ACTION_RETAIN_EXTEND && k->until < record_began(r) &&
        until >= k->until)
        return 0; /* too late to count */
    if (k == NULL)
        k = table_add(t->retained, id);
    if (k == NULL || table_more_set(t->retained, k, tally_agency(t, r)) != 0)
        return KEIIN_ENOMEM;
    k->until = until;
    return 0;
}

static void erased(struct tally *t, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key id;

    while (datasets_next(&all, &id)) {
        struct counted_retained *k;

        if (!discards_erase(t->discards, r, id))
            continue;
        k = table_find(t->retained, id);
        if (k == NULL || k->erased)
            continue;
        k->erased = true;
        /* It stays: what is counted of a month may not hang on the period of the report. */
        k->erased_at = r->at;
    }
    discards_erase_parts(t->discards, r);
}

int retention_record(struct tally *t, const struct rules_record *r)
{
    struct datasets all;
    struct key id;
    int err = 0;

    if (r->undone || r->action == ACTION_CORRECT || r->action >= ACTION_COUNT_OF)
        return 0;
    if (r->action == ACTION_ERASE) {
        erased(t, r);
        return 0;
    }
    if (r->action == ACTION_SELECT_RUN)
        err = discards_select(t->discards, r);
    if (!record_has(r, F_RETAIN_UNTIL))
        return err;
    if (r->action == ACTION_RETAIN_EXTEND)
        tally_add(t, FIGURES_RETENTION, tally_agency(t, r), RETENTION_EXTENDED, 1);
    all = datasets_acted_on(r);
    while (err == 0 && datasets_next(&all, &id))
        err = say_until(t, r, id);
    return err;
}

void retention_close(struct tally *t)
{
    uint64_t limit = rules_limits_number(t->limits, "erase-late", "limit");

    for (const struct counted_retained *k = NULL; (k = table_next(t->retained, k)) != NULL;) {
        struct span agency = table_more(k);

        /* Of the part in which the time for its erasure ran out: by its end that is settled. */
        if (!tally_in_part(t, time_after(k->until, limit)))
            continue;
        tally_add(t, FIGURES_RETENTION, agency, RETENTION_DUE, 1);
        tally_add(t, FIGURES_RETENTION, agency,
            !k->erased                                    ? RETENTION_NOT_ERASED
            : k->erased_at <= time_after(k->until, limit) ? RETENTION_ON_TIME
                                                          : RETENTION_LATE,
            1);
    }
}
