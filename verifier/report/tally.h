/*
 * What a report counts, counted while the ledger is read: entries, records as the rules read them,
 * and the rules' findings go in, in the order of the ledger; figures come out. Of the time: an
 * entry belongs to the part of the period in which the ledger received it (the greatest time of
 * receipt so far), so that what was counted once is never counted otherwise later. What is said of
 * the end of a part is how it stood when the first entry behind it came. One thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_TALLY_H
#define KEIIN_VERIFIER_REPORT_TALLY_H

#include "verifier/report/figures.h"
#include "verifier/report/period.h"
#include "verifier/rules/rules.h"

struct tally;

/*
 * For the public rows have no texts but those of the vocabulary and of the committee's decisions.
 * Borrows the limits for as long as it lives. KEIIN_ENOMEM.
 */
int tally_new(const struct period *period, const struct rules_limits *limits, bool is_public,
    struct tally **out) KEIIN_MUST_USE;
void tally_free(struct tally *t);
/* Forgets all, as after tally_new. */
void tally_reset(struct tally *t);

/*
 * Before an entry goes to the rules: whether it is behind the period, which then is over; nothing
 * more goes in. Closes the parts that end before it.
 */
bool tally_is_behind(struct tally *t, uint64_t received);
/* Whether an entry of that time would end the period, and whether it is over. */
bool tally_would_end(const struct tally *t, uint64_t received);
bool tally_is_over(const struct tally *t);
/* KEIIN_ENOMEM. */
int tally_entry(struct tally *t, const struct keeper_entry *entry) KEIIN_MUST_USE;
int tally_record(struct tally *t, const struct rules_record *r) KEIIN_MUST_USE;
int tally_finding(struct tally *t, const struct rules_finding *f) KEIIN_MUST_USE;

/*
 * What nobody knows who does not have every entry up to the end of the period: a hash over their
 * signatures. The public's numbers are rounded by it (public.c). Of a tally for the public.
 */
void tally_secret(const struct tally *t, struct hash *out);
/* Whether records that entries of the period state were not read. After tally_end. */
bool tally_lacks_records(const struct tally *t);
/* At the end of what was read, or of the period. KEIIN_ENOMEM. */
int tally_end(struct tally *t) KEIIN_MUST_USE;
/* Of the audit, when there is one: how many gaps it found in a writer's chain. */
void tally_gap(struct tally *t, struct span writer);

const struct figures *tally_figures(const struct tally *t);
/* Whether an entry behind the period was seen: all that belongs to it is in. */
bool tally_is_complete(const struct tally *t);
/* Whether the entry at hand is in the period. */
bool tally_in_period(const struct tally *t);

#endif
