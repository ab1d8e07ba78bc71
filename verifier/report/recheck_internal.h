/* What the parts of a recheck share. */
#ifndef KEIIN_VERIFIER_REPORT_RECHECK_INTERNAL_H
#define KEIIN_VERIFIER_REPORT_RECHECK_INTERNAL_H

#include "verifier/report/figures.h"
#include "verifier/report/recheck.h"

/* Adds a problem. Texts are made visible and cut; `found` may be NULL. */
void recheck_problem(struct recheck *r, enum recheck_code code, const char *where, const char *said,
    const char *found);
/* The same of two values, as JSON writes them; NULL: not there. */
void recheck_values(struct recheck *r, enum recheck_code code, const char *where,
    const json_t *said, const json_t *found);
/* Holds a member against what it should be; takes `want`. */
void recheck_member(struct recheck *r, enum recheck_code code, const json_t *object,
    const char *prefix, const char *name, json_t *want);

/* Members of what recheck_form found right; never NULL, never of another type. */
const json_t *recheck_at(const json_t *object, const char *name);
uint64_t recheck_number(const json_t *object, const char *name);
const char *recheck_string(const json_t *object, const char *name);
bool recheck_is_public(const json_t *report);
/* A time as reports write it. */
bool recheck_time(const char *text, uint64_t *ms);
/* "I.P". */
bool recheck_address(const char *text, struct rules_address *out);

/* "figures.accesses[agency=npa, action=view].done"; without a column, of the row. */
void recheck_cell_path(
    struct buf *out, const struct figure_table *table, const json_t *row, const char *column);

/* A file each. False when the report is not of the form; problems say why. */
bool recheck_form(struct recheck *r, const json_t *report);
void recheck_evidence(struct recheck *r, const json_t *report, const struct roster *trusted);
void recheck_sums(struct recheck *r, const json_t *report);
void recheck_findings(struct recheck *r, const json_t *report);
void recheck_page(struct recheck *r, const json_t *report, struct span html);

#endif
