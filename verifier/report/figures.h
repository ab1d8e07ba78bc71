/*
 * The numbers of a report: tables of counts, each row found by its keys (an agency, an action, a
 * rule), in each part of the report's period. What each column counts stands in doc/report.md. One
 * thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_FIGURES_H
#define KEIIN_VERIFIER_REPORT_FIGURES_H

#include "core/bytes.h"

#define FIGURE_KEYS_MAX 3
#define FIGURE_COLUMNS_MAX 10
#define FIGURE_MAX ((uint64_t)INT64_MAX) /* no number is greater: sums stop there */

enum figure_unit {
    FIGURE_COUNT, /* rows can be added up */
    FIGURE_NUMBER, /* cannot be added up: a number in a chain, a count of different ones */
    FIGURE_TIME, /* ms since 1970 */
    FIGURE_DURATION /* ms */
};

struct figure_column {
    const char *name; /* as in the report's JSON */
    enum figure_unit unit;
    bool stock; /* how it stands at the end of the period, not what came in it */
};

struct figure_table {
    const char *name;
    const char *keys[FIGURE_KEYS_MAX + 1]; /* NULL behind the last */
    struct figure_column columns[FIGURE_COLUMNS_MAX + 1];
    bool listed; /* its rows are things, not counts: no total */
    bool committee_only;
};

enum figure_table_number {
    FIGURES_RECORDS,
    FIGURES_SYSTEMS,
    FIGURES_APPROVALS,
    FIGURES_VOLUMES,
    FIGURES_ACCESSES,
    FIGURES_ACCESSES_OVER_TIME,
    FIGURES_PROVISIONS,
    FIGURES_RECIPIENTS,
    FIGURES_EMERGENCIES,
    FIGURES_RETENTION,
    FIGURES_INCIDENTS,
    FIGURES_FINDINGS,
    FIGURES_ACTS,
    FIGURES_ANSWERS,
    FIGURE_TABLES
};
extern const struct figure_table figure_tables[FIGURE_TABLES];

/* Columns, in the order of each table. */
enum { RECORDS_RECORDED, RECORDS_HEARTBEATS, RECORDS_NOT_READ, RECORDS_NOT_JUDGED };
enum {
    SYSTEMS_LISTED,
    SYSTEMS_RECORDS,
    SYSTEMS_HEARTBEATS,
    SYSTEMS_CHECKPOINTS,
    SYSTEMS_LAST_NUMBER,
    SYSTEMS_LAST_RECEIVED,
    SYSTEMS_SILENT,
    SYSTEMS_LONGEST_SILENCE,
    SYSTEMS_GAPS
};
enum {
    APPROVALS_REQUESTED,
    APPROVALS_GRANTED,
    APPROVALS_REFUSED,
    APPROVALS_EXTENDED,
    APPROVALS_RATIFIED,
    APPROVALS_REVOKED,
    APPROVALS_EXPIRED,
    APPROVALS_LIVE
};
enum {
    VOLUMES_BATCHES,
    VOLUMES_RECEIVED,
    VOLUMES_SELECTED,
    VOLUMES_DISCARDED,
    VOLUMES_ERASED,
    VOLUMES_UNBALANCED,
    VOLUMES_NOT_SELECTED
};
enum { ACCESSES_DONE, ACCESSES_DENIED, ACCESSES_FAILED, ACCESSES_ITEMS };
enum { OVER_TIME_DONE, OVER_TIME_DENIED };
enum { PROVISIONS_PROVIDED, PROVISIONS_ITEMS, PROVISIONS_RECEIPTS, PROVISIONS_RECIPIENTS };
enum { RECIPIENTS_PROVIDED, RECIPIENTS_ITEMS };
enum {
    EMERGENCIES_BEGUN,
    EMERGENCIES_RATIFIED,
    EMERGENCIES_REFUSED,
    EMERGENCIES_WAITING,
    EMERGENCIES_SHORTEST,
    EMERGENCIES_MEDIAN,
    EMERGENCIES_LONGEST
};
enum { RETENTION_DUE, RETENTION_ON_TIME, RETENTION_LATE, RETENTION_NOT_ERASED, RETENTION_EXTENDED };
enum { INCIDENTS_COUNT, INCIDENTS_MEDIAN, INCIDENTS_LONGEST };
enum {
    FINDINGS_FOUND,
    FINDINGS_EXPLAINED,
    FINDINGS_CONFIRMED,
    FINDINGS_UNDECIDED,
    FINDINGS_YOUNG,
    FINDINGS_MIDDLE,
    FINDINGS_OLD,
    FINDINGS_UNSETTLED
};
enum { ACTS_COUNT };
enum { ANSWERS_MADE, ANSWERS_IN_TIME, ANSWERS_LATE, ANSWERS_WAITING, ANSWERS_OVERDUE };

/* The sum, or FIGURE_MAX. */
static inline uint64_t figure_sum(uint64_t a, uint64_t b)
{
    return a > FIGURE_MAX || b > FIGURE_MAX - a ? FIGURE_MAX : a + b;
}

struct figures;
struct figures *figures_new(void); /* NULL without memory */
void figures_free(struct figures *f);
void figures_clear(struct figures *f);
/* 0, or KEIIN_ENOMEM when anything could not be counted: all below is without effect then. */
int figures_status(const struct figures *f);

/* The place of a row: keys that are not given are empty, and read "not named". */
struct figure_row {
    enum figure_table_number table;
    unsigned part; /* of the period */
    struct span keys[FIGURE_KEYS_MAX];
};
/* Makes the row, if it is not there, with zeros. */
void figures_touch(struct figures *f, const struct figure_row *row);
void figures_add(struct figures *f, const struct figure_row *row, unsigned column, uint64_t n);
void figures_set(struct figures *f, const struct figure_row *row, unsigned column, uint64_t value);

/* Rows in the order of their keys' bytes and, with equal ones, of the parts. */
struct figure_cells {
    struct span keys[FIGURE_KEYS_MAX]; /* borrowed from the figures */
    unsigned part;
    uint64_t values[FIGURE_COLUMNS_MAX];
    uint32_t set; /* a bit a column that was set or added to */
};
/* All rows of a table, an array to be freed; NULL and *count 0 when there is none. KEIIN_ENOMEM. */
int figures_rows(const struct figures *f, enum figure_table_number table, struct figure_cells **out,
    size_t *count) KEIIN_MUST_USE;

#endif
