/* Reports of a stream of records (rules_stream.h), for tests: made, and read row by row. */
#ifndef TESTS_UNIT_REPORT_BENCH_H
#define TESTS_UNIT_REPORT_BENCH_H

#include "tests/unit/rules_stream.h"
#include "verifier/report/report.h"

/* The limits of a rules file's text, or the initial ones with NULL. Fails the test on an error. */
struct rules_limits *bench_limits(const char *ini);

/*
 * A report of the stream from and to (as --from and --to), in UTC, with these limits. The caller
 * drops it with json_decref.
 */
json_t *bench_report(const struct stream *s, const struct rules_limits *limits, const char *from,
    const char *to, enum report_profile profile);

/*
 * Fails the test unless the row of a table that has these keys ("npa query p1"; "-" for one that is
 * empty; "total") reads as expected: "done=1 denied=0", every column, in the table's order. A range
 * is 1..9, what is withheld (reason), what there is not null. `expected` NULL: there is no such row.
 */
void bench_row(const json_t *report, const char *table, const char *keys, const char *expected);
/* How many rows a table has. */
size_t bench_rows(const json_t *report, const char *table);

#endif
