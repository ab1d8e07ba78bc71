/* What had to be gone, and whether it was. */
#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

static uint64_t allowed_until(const struct tally *t, const struct counted_retained *k)
{
    return time_after(k->until, rules_limits_number(t->limits, "erase-late", "limit"));
}

/* One that is erased stays under a key of its own when its name begins anew. KEIIN_ENOMEM. */
static int keep_erased(struct tally *t, const struct rules_record *r, struct counted_retained *old)
{
    struct rule_key key = {.n = 0};
    struct counted_retained *k;
    uint8_t address[16];

    be64_put(address, r->address.index);
    be64_put(address + 8, r->address.position);
    rule_key_add(&key, table_key(old));
    rule_key_add(&key, span_of(address, sizeof address));
    k = table_add(t->retained, rule_key_done(&key));
    if (k == NULL || table_more_set(t->retained, k, table_more(old)) != 0)
        return KEIIN_ENOMEM;
    *k = *old;
    table_remove(t->retained, old);
    return 0;
}

static int say_until(struct tally *t, const struct rules_record *r, struct key id)
{
    uint64_t until = record_number(r, F_RETAIN_UNTIL);
    struct counted_retained *k = table_find(t->retained, id);

    if (k != NULL && k->erased) {
        if (r->at <= k->erased_at)
            return 0; /* from before the erasure */
        if (keep_erased(t, r, k) != 0)
            return KEIIN_ENOMEM;
        k = NULL;
    }
    if (k != NULL && r->action != ACTION_RETAIN_EXTEND && until >= k->until)
        return 0;
    if (k != NULL && r->action == ACTION_RETAIN_EXTEND && r->received > allowed_until(t, k))
        return 0; /* too late to count, as erase-late has it */
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
        k->erasure_received = r->received;
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
    for (const struct counted_retained *k = NULL; (k = table_next(t->retained, k)) != NULL;) {
        struct span agency = table_more(k);

        /* Of the part in which the time for its erasure ran out: by its end that is settled. */
        if (!tally_in_part(t, allowed_until(t, k)))
            continue;
        tally_add(t, FIGURES_RETENTION, agency, RETENTION_DUE, 1);
        tally_add(t, FIGURES_RETENTION, agency,
            !k->erased                                   ? RETENTION_NOT_ERASED
            : k->erasure_received <= allowed_until(t, k) ? RETENTION_ON_TIME
                                                         : RETENTION_LATE,
            1);
    }
}
