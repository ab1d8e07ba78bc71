/*
 * What `rules` tells: findings as they come, kept until there is a verdict, and the verdict with
 * them. One thread.
 */
#ifndef KEIIN_VERIFIER_RULES_REPORT_H
#define KEIIN_VERIFIER_RULES_REPORT_H

#include <stdio.h>

#include "verifier/check/audit.h"
#include "verifier/rules/rules.h"

struct rules_report {
    FILE *lines; /* in a file without a name: there may be millions */
    bool json;
    uint64_t told_max; /* of sentences, a rule */
    uint64_t told, open, found; /* found: since the last verdict */
    uint64_t before; /* up to the last verdict */
    uint64_t by_rule[64];
};

/* KEIIN_EIO, KEIIN_ENOMEM. */
int rules_report_init(struct rules_report *r, bool json, uint64_t told_max) KEIIN_MUST_USE;
void rules_report_destroy(struct rules_report *r);
void rules_report_clear(struct rules_report *r);
int rules_report_add(struct rules_report *r, const struct rules_finding *f) KEIIN_MUST_USE;
/* Writes all lines; nothing can be added afterwards. */
int rules_report_put(struct rules_report *r, FILE *to) KEIIN_MUST_USE;

/* A run that is over. */
struct rules_outcome {
    const struct audit_result *audit;
    struct rules *rules;
    const struct rules_limits *limits;
    struct rules_report *report;
    struct span origin;
    uint64_t now_ms;
    double seconds;
    bool resumed; /* only what is new since the last verdict was read */
};

/* Exit status: 1 when a rule or the audit found something, 2 without a verdict, else 0. */
int rules_outcome_status(const struct rules_outcome *o);
/* The verdict and the findings; 0 or KEIIN_EIO, KEIIN_ENOMEM. */
int words_rules(FILE *to, const struct rules_outcome *o);
/* A line a finding, then one for the verdict. */
int json_rules(FILE *to, const struct rules_outcome *o);
/* A finding as JSON (one line) and in words. */
int json_rules_finding(FILE *to, const struct rules_finding *f);
void words_rules_finding(FILE *to, const struct rules_finding *f);
/* What a rule is, for --explain, with the limits that hold. */
void words_rule(FILE *to, const struct rule *rule, const struct rules_limits *limits);

#endif
