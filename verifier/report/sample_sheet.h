/* A sample as a work sheet: one document or CSV, in one language. Pure; one thread. */
#ifndef KEIIN_VERIFIER_REPORT_SAMPLE_SHEET_H
#define KEIIN_VERIFIER_REPORT_SAMPLE_SHEET_H

#include "core/wording.h"
#include "verifier/check/audit.h"
#include "verifier/report/document.h"
#include "verifier/report/sample.h"

/* What stands at the head of a sheet. Everything is borrowed. */
struct sample_sheet {
    const struct sample *sample; /* settled */
    const struct audit_result *audit;
    struct span origin;
    const char *seed;
    struct span actions; /* names with commas between */
    uint64_t population, others, not_in_vocabulary; /* records in the period */
    bool urgent_first;
    uint64_t urgent; /* of the population */
    const struct hash *limits; /* digest of the rules' file; with urgent_first */
    bool has_from;
    uint64_t from, to; /* ms */
    struct span again; /* the command line */
    struct wording wording;
};

void sample_sheet_document(const struct sample_sheet *sheet, struct document *out);
/* Times as RFC 3339, numbers as digits; columns to be filled in stand empty at the end. */
void sample_sheet_csv(const struct sample_sheet *sheet, struct buf *out);

#endif
