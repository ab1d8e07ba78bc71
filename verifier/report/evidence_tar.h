/*
 * A report's evidence as files in one tar (ustar): for whoever checks it with other tools than ours.
 * Any thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_EVIDENCE_TAR_H
#define KEIIN_VERIFIER_REPORT_EVIDENCE_TAR_H

#include <jansson.h>

#include "core/bytes.h"

/* Whether this build has it (libarchive). */
bool evidence_tar_can(void);

/*
 * Writes README.txt, checkpoint, proofs/<I.P>.tlog-proof, report.json and rosters/<serial>.note to
 * `out`, in the order of their names, each of one time, mode and owner: the same report gives the same
 * bytes. `report` is one that report_add_evidence completed, `text` its JSON. KEIIN_ENOMEM,
 * KEIIN_ELIMIT; KEIIN_EUSAGE, with `why`, in a build without it.
 */
int evidence_tar(const json_t *report, struct span text, uint64_t time_ms, struct buf *out,
    struct why *why) KEIIN_MUST_USE;

#endif
