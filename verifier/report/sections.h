/*
 * A report as people read it: its JSON as a document, in one language. Pure; one thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_SECTIONS_H
#define KEIIN_VERIFIER_REPORT_SECTIONS_H

#include <jansson.h>

#include "core/wording.h"
#include "verifier/report/document.h"

/*
 * Fills a document that was initialized. The zone is the report's own. `report` may come from
 * anywhere: what is not there, or of another type, is left out. The same report gives the same
 * document. KEIIN_EMALFORMED when it is no report at all; KEIIN_ENOMEM.
 */
int report_document(
    const json_t *report, enum language language, bool era, struct document *out) KEIIN_MUST_USE;

#endif
