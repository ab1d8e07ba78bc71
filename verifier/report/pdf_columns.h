/* How wide the columns of a table are, and how large its type is. */
#ifndef KEIIN_VERIFIER_REPORT_PDF_COLUMNS_H
#define KEIIN_VERIFIER_REPORT_PDF_COLUMNS_H

#include "verifier/report/pdf_internal.h"

struct pdf_columns {
    double size; /* of type */
    double pad; /* at each side of a cell */
    size_t count;
    double x[DOCUMENT_COLUMNS_MAX]; /* of the text, its paddings left out */
    double width[DOCUMENT_COLUMNS_MAX];
};

/*
 * Numbers, and words of short texts, keep their lines as long as the type need not be smaller than
 * can be read; texts share what is left by what they hold.
 */
void pdf_columns(struct pdf_columns *c, struct pdf *p, const struct document_table *t);

#endif
