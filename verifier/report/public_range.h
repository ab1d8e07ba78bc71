/*
 * What the public is told of a number: it lies between two, which are the same where it is told. A
 * least count `min` (3 or more) stands in the rules file. Pure; any thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_PUBLIC_RANGE_H
#define KEIIN_VERIFIER_REPORT_PUBLIC_RANGE_H

#include <jansson.h>
#include <stdint.h>

/* Reasons, as the report gives them. */
#define WHY_SMALL "small" /* the count is below the least that is told */
#define WHY_SUM "sum" /* of counts of which some are small */
#define WHY_ROUNDED "rounded" /* other numbers follow from it */
#define WHY_YEARLY "yearly" /* told in a year's report, rounded */
#define WHY_MERGED "merged" /* counted in the column before it */
#define WHY_FOLLOWS "follows" /* from other numbers, or they from it */
#define WHY_SINGLE "single" /* it is about a single one */

struct range {
    uint64_t low, high;
    const char *why; /* one of the above; of no meaning where both are the same */
};

/* A count of a month: 0 and what is not below `min` as it is, else 1 to min - 1. */
struct range range_cell(uint64_t n, uint64_t min);
/* What is known of a sum from what is told of its parts; never anything more. */
struct range range_sum(struct range a, struct range b);
/* The same of different ones, of which months can have the same. */
struct range range_different(struct range a, struct range b);
/* At least `min` to both sides of n, or down to 0: so a cell behind n may be any small count. */
struct range range_rounded(uint64_t n, uint64_t min);

/* A number, or {"low", "high", "why"}; {"withheld"} with a reason. NULL without memory. */
json_t *range_json(struct range r);
json_t *range_withheld(const char *why);

#endif
