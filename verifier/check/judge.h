/*
 * The judgement of entries in their order (SPEC.md section 9): chains, times, writers,
 * rosters. Owns where the audit stands. One thread.
 */
#ifndef KEIIN_VERIFIER_JUDGE_H
#define KEIIN_VERIFIER_JUDGE_H

#include "verifier/check/batch.h"
#include "verifier/check/finding.h"
#include "verifier/check/levels.h"
#include "verifier/check/rosters.h"
#include "verifier/check/writers.h"

/* All that must be known of the entries before to judge the next one. */
struct judge {
    uint64_t size;          /* entries judged */
    struct hash prev;       /* leaf hash of the last one; of none, what entry 0 must hold */
    uint64_t last_received; /* of the last well-formed entry, ms */
    bool has_received;
    uint64_t records;       /* that well-formed entries of kind 1 hold */
    uint64_t records_read;
    struct rosters rosters;
    struct writers *writers;
    struct levels *levels;  /* for the roots that rosters' proofs expect */
    struct findings *findings;
    bool incomplete;        /* something could not be read; `why` says the first */
    struct why why;
    bool longer, tile_differs;
    const struct record_keeper *keeper; /* or NULL */
};

/* Judges the entries of a batch behind its `skip`. `source` is for rosters. KEIIN_ENOMEM, or
 * what the keeper of records gives. */
int judge_batch(struct judge *j, struct source *source, const struct batch *b) KEIIN_MUST_USE;

#endif
