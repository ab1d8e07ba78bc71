/*
 * One .tlog-proof file, a proof or a receipt, by itself and offline: what it shows, and
 * what it does not. Pure; any thread.
 */
#ifndef KEIIN_VERIFIER_EVIDENCE_H
#define KEIIN_VERIFIER_EVIDENCE_H

#include "core/entry.h"
#include "core/proof.h"
#include "core/record.h"
#include "core/roster.h"
#include "verifier/check/finding.h"

struct evidence {
    struct proof proof; /* owns the bytes that `extra` and `entry` point into */
    struct proof_extra extra;
    struct entry entry;
    struct checkpoint checkpoint; /* its origin is borrowed from the file's bytes */
    bool has_checkpoint, has_entry;
    const struct roster_writer
        *writer; /* who signed; borrowed from a roster; NULL when none fits */
    struct record_facts facts; /* of the record, when it is there and fits */
    bool has_record;
    struct checkpoint_votes votes;
    const struct roster *judge; /* of the checkpoint; borrowed; NULL when it is malformed */
    bool quorum_none;
};

/*
 * Checks `file` by rosters of one ledger in order of serial, the first one trusted. The newest whose
 * log key signed judges the checkpoint, and the writer's key may stand in any up to that one. Where
 * no log key of theirs signed, the last one judges. Adds findings to `f`.
 * KEIIN_ENOMEM is the only error. Destroy it in any case; `file` must outlive it.
 */
int evidence_check(struct evidence *e, struct span file, const struct roster *const *rosters,
    size_t roster_count, struct findings *f) KEIIN_MUST_USE;

/* A checkpoint that was judged before: proofs under the very same bytes take its judgement over. */
struct evidence_checkpoint {
    struct span note; /* borrowed; empty: there is none */
    struct checkpoint checkpoint;
    struct checkpoint_votes votes;
    const struct roster *judge;
};
/* The same, without a finding about that checkpoint: whoever judged it has told of it. */
int evidence_check_under(struct evidence *e, struct span file, const struct roster *const *rosters,
    size_t roster_count, const struct evidence_checkpoint *judged,
    struct findings *f) KEIIN_MUST_USE;
void evidence_destroy(struct evidence *e);

#endif
