#include "verifier/report/document.h"

int document_pdf(const struct document *d, FILE *to, struct why *why)
{
    (void)d;
    (void)to;
    why_set(why, "this build has no PDF: it was configured with --without-pdf");
    return KEIIN_EUSAGE;
}
