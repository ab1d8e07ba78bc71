/* Documents for tests: each kind of block, with texts as they are and as nobody wants them. */
#ifndef KEIIN_TESTS_REPORT_SPECIMEN_H
#define KEIIN_TESTS_REPORT_SPECIMEN_H

#include "verifier/report/document.h"

/* A document like a report, with every kind of block. */
void specimen_report(struct document *d, enum language language);
/* The same text from outside in each place of each block that takes one. */
void specimen_text(struct document *d, enum language language, struct span text);
/* A table of `rows` rows. */
void specimen_rows(struct document *d, enum language language, size_t rows);
/* A table of `count` columns, all but the first numbers of 13 digits. */
void specimen_columns(struct document *d, size_t count);

#endif
