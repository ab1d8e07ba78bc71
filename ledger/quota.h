/*
 * What one writer may send: so many submissions and bytes a second, with a second's
 * worth saved up. Pure; the loop's thread.
 */
#ifndef KEIIN_LEDGER_QUOTA_H
#define KEIIN_LEDGER_QUOTA_H

#include "core/bytes.h"

struct quota {
    uint64_t at_ms; /* monotonic, of the last change; 0: never used, so full */
    uint64_t submissions; /* left, in thousandths */
    uint64_t bytes; /* left, in thousandths */
};

struct quota_limits {
    uint64_t submissions_per_s;
    uint64_t bytes_per_s;
};

/* Charges one submission, or says false and charges nothing. */
bool quota_charge(
    struct quota *quota, const struct quota_limits *limits, uint64_t now_ms, uint64_t bytes);
/* Gives a charge back. */
void quota_refund(struct quota *quota, const struct quota_limits *limits, uint64_t bytes);

#endif
