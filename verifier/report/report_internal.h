/* What the files that make a report's JSON share. */
#ifndef KEIIN_VERIFIER_REPORT_INTERNAL_H
#define KEIIN_VERIFIER_REPORT_INTERNAL_H

#include "system/json.h"
#include "verifier/report/report.h"

/* Values of the report; NULL without memory. Times are RFC 3339 in UTC. */
json_t *report_time(bool has, uint64_t ms);
json_t *report_bytes(struct span bytes); /* base64 */

/* report.c: what of the limits stands in a report; NULL without memory. */
json_t *report_rules(const struct rules_limits *rules);

/* ledger_json.c: a witness and when it cosigned; what the audit says of the ledger. `figures` of the profile. */
json_t *report_witness(struct span name, uint64_t time_s);
json_t *report_ledger(const struct audit_result *audit, struct span origin, bool is_public);

/* figures_json.c: every table, for the committee. */
int report_figures(const struct figures *f, json_t **out) KEIIN_MUST_USE;
/*
 * public.c: for the public, so that no count below the rules file's public_min can be known. The
 * period has its months as parts; `secret` is tally_secret's.
 */
int report_public_figures(const struct figures *f, const struct period *period,
    const struct rules_limits *limits, const struct hash *secret, json_t **out) KEIIN_MUST_USE;

#endif
