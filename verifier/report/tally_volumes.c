/* What was received, selected, thrown away and erased. */
#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

static int received(struct tally *t, const struct rules_record *r)
{
    struct counted_batch *b;

    tally_add(t, FIGURES_VOLUMES, tally_agency(t, r), VOLUMES_BATCHES, 1);
    tally_add(t, FIGURES_VOLUMES, tally_agency(t, r), VOLUMES_RECEIVED, record_number(r, F_COUNT));
    if (r->dataset.text.n == 0)
        return 0;
    b = table_add(t->batches, r->dataset);
    if (b == NULL || table_more_set(t->batches, b, tally_agency(t, r)) != 0)
        return KEIIN_ENOMEM;
    b->items = time_after(b->items, record_number(r, F_COUNT));
    b->received_ms = t->now_ms;
    return 0;
}

static void selected(struct tally *t, const struct rules_record *r)
{
    struct datasets all = datasets_of(r);
    uint64_t in = 0, out = time_after(record_number(r, F_COUNT), record_number(r, F_DISCARDED));
    bool known = false;
    struct key id;

    while (datasets_next(&all, &id)) {
        struct counted_batch *b = table_find(t->batches, id);

        if (b == NULL)
            continue;
        known = true;
        in = time_after(in, b->items);
        table_remove(t->batches, b);
    }
    tally_add(t, FIGURES_VOLUMES, tally_agency(t, r), VOLUMES_SELECTED, record_number(r, F_COUNT));
    tally_add(
        t, FIGURES_VOLUMES, tally_agency(t, r), VOLUMES_DISCARDED, record_number(r, F_DISCARDED));
    if (known)
        tally_add(t, FIGURES_VOLUMES, tally_agency(t, r), VOLUMES_UNBALANCED,
            in > out ? in - out : out - in);
}

int volumes_record(struct tally *t, const struct rules_record *r)
{
    if (r->undone)
        return 0;
    if (r->action == ACTION_BATCH_RECEIVE)
        return received(t, r);
    if (r->action == ACTION_SELECT_RUN)
        selected(t, r);
    else if (r->action == ACTION_ERASE)
        tally_add(
            t, FIGURES_VOLUMES, tally_agency(t, r), VOLUMES_ERASED, record_number(r, F_COUNT));
    return 0;
}

void volumes_close(struct tally *t)
{
    for (const struct counted_batch *b = NULL; (b = table_next(t->batches, b)) != NULL;)
        if (tally_in_part(t, b->received_ms))
            tally_add(t, FIGURES_VOLUMES, table_more(b), VOLUMES_NOT_SELECTED, b->items);
}
