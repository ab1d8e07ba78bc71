#include "verifier/rules/datasets.h"

bool discards_made(const struct rules_record *r)
{
    struct span parents = record_text(r, F_PARENTS);

    return r->action == ACTION_SELECT_RUN && !r->undone && r->dataset.text.n > 0 &&
           record_number(r, F_DISCARDED) > 0 &&
           (ids_of(parents).left == 0 || ids_has(parents, r->dataset.text));
}

bool discards_whole(const struct rules_record *r, uint64_t *left)
{
    if (*left > 0 && record_has(r, F_COUNT) && record_number(r, F_COUNT) <= *left) {
        *left -= record_number(r, F_COUNT);
        return false;
    }
    *left = 0;
    return true;
}

void discards_part(const struct rules_record *r, uint64_t *left)
{
    uint64_t count = record_has(r, F_COUNT) ? record_number(r, F_COUNT) : *left;

    *left -= count < *left ? count : *left;
}

int discards_select(struct table *t, const struct rules_record *r)
{
    struct discards *d;

    if (!discards_made(r))
        return 0;
    d = table_add(t, r->dataset);
    if (d == NULL)
        return KEIIN_ENOMEM;
    d->left = time_after(d->left, record_number(r, F_DISCARDED));
    return 0;
}

bool discards_erase(struct table *t, const struct rules_record *r, struct key dataset)
{
    struct discards *d = table_count(t) == 0 ? NULL : table_find(t, dataset);
    bool whole = d == NULL || discards_whole(r, &d->left);

    if (d != NULL && d->left == 0)
        table_remove(t, d);
    return whole;
}

void discards_erase_parts(struct table *t, const struct rules_record *r)
{
    struct ids parents = ids_of(record_text(r, F_PARENTS));
    struct span parent;

    while (r->dataset.text.n > 0 && table_count(t) > 0 && ids_next(&parents, &parent)) {
        struct discards *d = table_find(t, key_of(parent));

        if (d == NULL || span_eq(parent, r->dataset.text))
            continue;
        discards_part(r, &d->left);
        if (d->left == 0)
            table_remove(t, d);
    }
}
