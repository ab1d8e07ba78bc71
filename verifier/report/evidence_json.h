/*
 * What lets others check a report without the ledger (SPEC.md section 12): the checkpoint that it
 * rests on, the rosters up to the one in force, and proofs of the records that its findings name.
 * Blocking; one thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_EVIDENCE_JSON_H
#define KEIIN_VERIFIER_REPORT_EVIDENCE_JSON_H

#include <jansson.h>

#include "http/source.h"
#include "verifier/check/audit.h"
#include "verifier/rules/rules.h"

/* All proofs together, and all rosters together; what would be more is said to be over a limit. */
#define EVIDENCE_BYTES_MAX ((size_t)64 << 20)

struct evidence_wish {
    struct source *source; /* that was audited */
    const struct audit_result *audit;
    bool is_public; /* without proofs */
    const struct rules_address *cited; /* in the order of the ledger, each once */
    size_t cited_count;
};

/*
 * The object, to be freed by json_decref. What the source does not give is null and says why: the same
 * source gives the same object. KEIIN_ENOMEM.
 */
int evidence_json(const struct evidence_wish *wish, json_t **out) KEIIN_MUST_USE;

#endif
