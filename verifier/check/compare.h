/*
 * Two sides held against each other: one history, or the first difference. A difference is
 * claimed only of checkpoints that the log signed, over tiles that lead to their roots. One
 * thread.
 */
#ifndef KEIIN_VERIFIER_COMPARE_H
#define KEIIN_VERIFIER_COMPARE_H

#include "verifier/check/side.h"

enum compare_outcome {
    COMPARE_SAME, /* same size, same root */
    COMPARE_PREFIX, /* the smaller one is the beginning of the larger one */
    COMPARE_ENTRY, /* they could not be compared whole, but the receipt's entry is in the other */
    COMPARE_FORK, /* two histories */
    COMPARE_OPEN /* it could not be told */
};
const char *compare_text(enum compare_outcome outcome); /* "prefix"; static */

/* Two signed heads of one writer for one number: the entries that hold them. */
struct writer_fork {
    char *writer; /* owned */
    uint64_t number;
    uint64_t index[2]; /* of each side's entry */
};

struct compare {
    struct side *sides[2];
    struct roster_view rosters[2];
    enum compare_outcome outcome;
    uint64_t common; /* entries that are known to be the same in both */
    bool has_index; /* of COMPARE_FORK: the first entry that differs, or the receipt's */
    bool index_is_first;
    uint64_t index;
    struct buf entries[2]; /* these entries, proven; empty when they could not be read */
    struct buf last[2]; /* the last entry of a side, proven; empty when it could not be read */
    struct writer_fork *forks; /* the first ones */
    size_t fork_count;
    uint64_t forks_omitted;
    bool scan_cut; /* not all entries behind the difference were held against each other */
    struct findings *findings; /* owned */
    struct why why; /* of COMPARE_OPEN */
};

/*
 * Compares two open sides, both borrowed until compare_destroy. `options` as the sides were
 * opened. Findings: checkpoint-invalid, fork, root-mismatch, writer-fork, receipt-mismatch,
 * writer-signature, incomplete. KEIIN_ENOMEM. Destroy it in any case.
 */
int compare_run(struct compare *c, struct side *a, struct side *b,
    const struct side_options *options) KEIIN_MUST_USE;
/* Reads the last entry of each side that is a source, for how old it is. KEIIN_ENOMEM. */
int compare_ages(struct compare *c) KEIIN_MUST_USE;
void compare_destroy(struct compare *c);

/*
 * Writes what a court can check alone into a new folder: both checkpoints; of a fork proofs of
 * both entries or, where they could not be read, the larger side's root at the smaller size; of a
 * writer's fork proofs of both entries. KEIIN_EEXIST and so on, with why.
 */
int compare_keep(struct compare *c, const char *folder, struct why *why) KEIIN_MUST_USE;

/*
 * compare_writers.c: of a fork, what writers signed twice: adds findings and forks. Reads all
 * entries of the sources from the first difference on; from the beginning where it is not known.
 * KEIIN_ENOMEM.
 */
int compare_writers(struct compare *c) KEIIN_MUST_USE;
/* The same of one entry of each side. */
int compare_heads(struct compare *c, struct span a, uint64_t index_a, struct span b,
    uint64_t index_b) KEIIN_MUST_USE;

#endif
