/*
 * A report: an audit of a ledger, its rules and its tally in one reading, and what comes of them as
 * one JSON object, "keiin-report/v1" (doc/report.md), of which every other form is made. One thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_REPORT_H
#define KEIIN_VERIFIER_REPORT_REPORT_H

#include <jansson.h>

#include "verifier/check/audit.h"
#include "verifier/report/tally.h"

#define REPORT_FORMAT "keiin-report/v1"

/* Of the audit that a report rests on: more findings are counted together. */
#define REPORT_AUDIT_FINDINGS_MAX 100000

enum report_profile { REPORT_COMMITTEE, REPORT_PUBLIC };

struct report_options {
    enum report_profile profile;
    struct period period; /* of REPORT_PUBLIC with its months as parts */
    const struct rules_limits *limits; /* borrowed */
    uint64_t findings_max; /* of each rule, listed; all are counted */
};

struct report;
int report_new(const struct report_options *options, struct report **out) KEIIN_MUST_USE;
void report_free(struct report *r);

/* What is to listen to the audit; borrowed until report_free. */
const struct record_keeper *report_keeper(struct report *r);

/*
 * After the audit: the report without its evidence, to be freed by json_decref. The same ledger, checkpoint,
 * roster, options and version give the same object. KEIIN_EUSAGE: the public profile of a period
 * that is not over in the ledger; KEIIN_ENOMEM.
 */
int report_finish(struct report *r, const struct audit_result *audit, struct span origin,
    json_t **out) KEIIN_MUST_USE;

/*
 * Behind it: whether records of the period are not there any more, or not yet: a report of it, or of
 * a part of it, that was made with them counts more.
 */
bool report_lacks_records(const struct report *r);

/*
 * Behind it: the member "evidence", from the source that was audited (evidence_json.h). Blocking.
 * KEIIN_ENOMEM.
 */
int report_add_evidence(const struct report *r, struct source *source,
    const struct audit_result *audit, json_t *json) KEIIN_MUST_USE;

#endif
