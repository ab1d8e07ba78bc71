/*
 * What the public is told of a number: it lies between two, which are the same where it is told. A
 * least count `min` (3 or more) stands in the rules file. Pure; any thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_PUBLIC_RANGE_H
#define KEIIN_VERIFIER_REPORT_PUBLIC_RANGE_H

#include <jansson.h>
#include <stdint.h>

#include "core/bytes.h"

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
/*
 * A range of this many times `min`, or what of it is not below 0, that has n in it at a place that
 * chance chooses: five throws of 0 to 2 * min, added up, are the way from n to its high end. Where
 * its ends are says no more than that n is between them; a fixed way of rounding would say which
 * numbers it rounds to these. That n is closer to an end than `min` - 2 is rare: so a cell behind n
 * may be any small count.
 */
#define RANGE_ROUNDED_LEASTS 10
struct range range_rounded(uint64_t n, uint64_t min, const struct hash *chance);

/* A number, or {"low", "high", "why"}; {"withheld"} with a reason. NULL without memory. */
json_t *range_json(struct range r);
json_t *range_withheld(const char *why);

#endif
