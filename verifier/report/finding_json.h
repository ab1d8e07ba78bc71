/* A finding of the rules as JSON: what it says, in parts, so that it can be said in any language. */
#ifndef KEIIN_VERIFIER_REPORT_FINDING_JSON_H
#define KEIIN_VERIFIER_REPORT_FINDING_JSON_H

#include <jansson.h>

#include "verifier/rules/rules.h"

/* NULL without memory. */
json_t *finding_json(const struct rules_finding *f);

#endif
