/*
 * The data sets that a record names, and what an erasure erases, as several rules need them.
 */
#ifndef KEIIN_VERIFIER_RULES_DATASETS_H
#define KEIIN_VERIFIER_RULES_DATASETS_H

#include "verifier/rules/rule.h"

/* Walks the data set of a record and then its parents: `datasets_next` until false. */
struct datasets {
    struct key first; /* empty once it was given */
    struct ids rest;
};
static inline struct datasets datasets_of(const struct rules_record *r)
{
    return (struct datasets){r->dataset, ids_of(record_text(r, F_PARENTS))};
}
/* What a record acts on: its data set (its parents are where that came from), or else its parents. */
static inline struct datasets datasets_acted_on(const struct rules_record *r)
{
    struct datasets d = datasets_of(r);

    if (d.first.text.n > 0)
        d.rest.left = 0;
    return d;
}
static inline bool datasets_next(struct datasets *d, struct key *out)
{
    struct span text;

    *out = d->first;
    d->first = (struct key){{NULL, 0}, 0};
    if (out->text.n > 0)
        return true;
    if (!ids_next(&d->rest, &text))
        return false;
    *out = key_of(text);
    return true;
}

/*
 * A selection in place throws away a part of its own data set, and the erasure of that part names
 * the same data set as one of the whole would. A rule that must tell them apart counts the items
 * that are still to be erased: these take a selection and an erasure in.
 */
bool discards_made(const struct rules_record *r); /* a select.run in place that discarded some */
/* Of an erase of the data set itself: whether all of it is gone, not only what was discarded. */
bool discards_whole(const struct rules_record *r, uint64_t *left);
/* Of an erase of another data set that came from it: the discards, under a name of their own. */
void discards_part(const struct rules_record *r, uint64_t *left);

/* The same with a table of the counts, struct discards by data set; it has those that are not 0. */
struct discards {
    uint64_t left;
};
int discards_select(struct table *t, const struct rules_record *r) KEIIN_MUST_USE;
bool discards_erase(struct table *t, const struct rules_record *r, struct key dataset);
void discards_erase_parts(struct table *t, const struct rules_record *r);

/* Whether clocks leave no doubt that `a` was before `b`; those of one writer never do. */
static inline bool surely_before(
    const struct rule_run *run, uint64_t a, uint64_t b, bool one_writer)
{
    return time_after(a, one_writer ? 0 : run->clock_tolerance_ms) < b;
}

#endif
