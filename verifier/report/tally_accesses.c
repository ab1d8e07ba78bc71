/* Who saw what for which purpose, to whom it was given, and what went wrong. */
#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

static void accessed(struct tally *t, const struct rules_record *r)
{
    struct span agency = tally_agency(t, r);
    struct figure_row row = tally_row(t, FIGURES_ACCESSES, agency, tally_action(t, r),
        tally_said(t, SAID_PURPOSE, record_text(r, F_PURPOSE)));
    struct figure_row then = tally_row(
        t, FIGURES_ACCESSES_OVER_TIME, span_str(t->label), agency, (struct span){NULL, 0});
    bool done = !r->undone;

    figures_add(t->figures, &row,
        done        ? ACCESSES_DONE
        : r->denied ? ACCESSES_DENIED
                    : ACCESSES_FAILED,
        1);
    if (done)
        figures_add(t->figures, &row, ACCESSES_ITEMS, record_number(r, F_COUNT));
    if (done || r->denied)
        figures_add(t->figures, &then, done ? OVER_TIME_DONE : OVER_TIME_DENIED, 1);
}

/* Whether this part has it for the first time. KEIIN_ENOMEM. */
static int is_new(struct tally *t, struct span kind, struct span recipient, bool *out)
{
    struct rule_key key = {.n = 0};
    uint8_t part = (uint8_t)t->part;
    uint64_t *value;

    rule_key_add(&key, span_of(&part, 1));
    rule_key_add(&key, kind);
    rule_key_add(&key, recipient);
    value = table_add(t->recipients, rule_key_done(&key));
    if (value == NULL)
        return KEIIN_ENOMEM;
    *out = (*value)++ == 0;
    return 0;
}

/* The kind of recipient of a reference: a receipt need not repeat it. */
static int keep_kind(struct tally *t, const struct rules_record *r)
{
    uint64_t *value = r->ref.text.n == 0 ? NULL : table_add(t->provided, r->ref);

    if (r->ref.text.n == 0)
        return 0;
    return value == NULL ? KEIIN_ENOMEM
                         : table_more_set(t->provided, value, record_text(r, F_RECIPIENT_KIND));
}

static struct span kind_of(const struct tally *t, const struct rules_record *r)
{
    const uint64_t *value = r->ref.text.n == 0 ? NULL : table_find(t->provided, r->ref);

    if (record_has(r, F_RECIPIENT_KIND) || value == NULL)
        return record_text(r, F_RECIPIENT_KIND);
    return table_more(value);
}

static int provided(struct tally *t, const struct rules_record *r)
{
    struct span kind = tally_kind(t, record_text(r, F_RECIPIENT_KIND));
    struct span recipient = record_text(r, F_RECIPIENT);
    struct figure_row row =
        tally_row(t, FIGURES_PROVISIONS, kind, (struct span){NULL, 0}, (struct span){NULL, 0});
    struct figure_row one =
        tally_row(t, FIGURES_RECIPIENTS, kind, recipient, (struct span){NULL, 0});
    uint64_t items = record_number(r, F_COUNT);
    bool first = false;
    int err = recipient.n == 0 ? 0 : is_new(t, kind, recipient, &first);

    figures_add(t->figures, &row, PROVISIONS_PROVIDED, 1);
    figures_add(t->figures, &row, PROVISIONS_ITEMS, items);
    figures_add(t->figures, &row, PROVISIONS_RECIPIENTS, first);
    figures_add(t->figures, &one, RECIPIENTS_PROVIDED, 1);
    figures_add(t->figures, &one, RECIPIENTS_ITEMS, items);
    return err;
}

static int happened(struct tally *t, const struct rules_record *r)
{
    struct span agency = tally_agency(t, r);

    tally_add(t, FIGURES_INCIDENTS, agency, INCIDENTS_COUNT, 1);
    return tally_duration(
        t, FIGURES_INCIDENTS, agency, r->received > r->at ? r->received - r->at : 0);
}

int accesses_record(struct tally *t, const struct rules_record *r)
{
    if (r->action == ACTION_PROVIDE && !r->undone && keep_kind(t, r) != 0)
        return KEIIN_ENOMEM;
    if (!tally_counts(t))
        return 0;
    if (r->action < ACTION_COUNT_OF && (ACTION_BIT(r->action) & ACTIONS_ACCESS) != 0)
        accessed(t, r);
    if (r->action == ACTION_PROVIDE && !r->undone)
        return provided(t, r);
    if (r->action == ACTION_RECEIVE && !r->undone)
        tally_add(t, FIGURES_PROVISIONS, tally_kind(t, kind_of(t, r)), PROVISIONS_RECEIPTS, 1);
    return r->action == ACTION_INCIDENT ? happened(t, r) : 0;
}
