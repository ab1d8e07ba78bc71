/*
 * The audit of a ledger (SPEC.md section 9): reads a SOURCE, believes one roster, and says
 * what was found. Blocking; one audit at a time on one thread, which starts others.
 */
#ifndef KEIIN_VERIFIER_AUDIT_H
#define KEIIN_VERIFIER_AUDIT_H

#include "core/roster.h"
#include "verifier/check/batch.h"
#include "verifier/check/finding.h"
#include "http/source.h"

struct audit_options {
    unsigned threads;       /* 0: one a processor */
    bool no_records;        /* entries only */
    bool latest;            /* latest-checkpoint instead of checkpoint */
    struct span checkpoint; /* a note to be used instead of the source's; empty: none */
    bool limit_age;         /* `stale` when vouched for longer ago than max_age_s */
    uint64_t max_age_s;
    uint64_t now_ms;        /* wall clock, for `stale` only */
    size_t findings_max;    /* kept; the others are counted */
    const char *state;      /* folder of the last verdict, or NULL */
    bool whole;             /* reads everything again, for the keeper; of the entries that the last
                               verdict found good only the signatures are not verified again */
    void (*progress)(void *ctx, uint64_t done, uint64_t total); /* entries; may be NULL */
    void *progress_ctx;
    const struct record_keeper *keeper; /* or NULL; with `state` it has `begin` and `save` */
};

enum audit_verdict { AUDIT_VERIFIED, AUDIT_FINDINGS, AUDIT_INCOMPLETE };

/* A witness whose cosignature counted. */
struct audit_witness {
    char *name; /* owned */
    uint64_t time_s;
};

struct audit_result {
    enum audit_verdict verdict;
    struct hash ledger_id;
    bool has_ledger_id;
    uint64_t size; /* of the checkpoint; 0 when there is none */
    struct hash root;
    uint64_t entries;      /* judged, those of the last verdict included */
    uint64_t records;      /* not empty, read and held against their digests */
    uint64_t records_stated; /* that entries hold, whether the records are there or not */
    bool records_were_read;
    uint64_t last_received; /* ms; of the last well-formed entry */
    bool has_received;
    bool judged;           /* log signature and quorum could be judged */
    bool log_signed;
    bool has_vouched;
    bool vouched_by_operator; /* quorum none: only the operator's own word */
    uint64_t vouched_at_ms;
    struct audit_witness *witnesses;
    size_t witness_count;
    uint64_t roster_serial; /* that judges the checkpoint */
    struct hash roster_hash; /* of its text */
    uint64_t trusted_serial;
    uint64_t entries_before; /* taken over from the last verdict; 0 on a first look */
    const struct finding *findings; /* owned by `list` */
    size_t finding_count;
    uint64_t findings_omitted;
    struct findings *list;
    bool latest;
    struct buf checkpoint; /* the note that was read, whatever it says */
};

/*
 * Takes the trusted roster (it is freed in any case). 0: there is a result, whatever it says.
 * KEIIN_EUSAGE: the state belongs to another ledger or cannot be written; KEIIN_EDAMAGED: the
 * state is damaged; KEIIN_ENOMEM; what the keeper of records gives.
 */
int audit_run(struct source *source, struct roster *trusted, const struct audit_options *options,
    struct audit_result *out, struct why *why) KEIIN_MUST_USE;
void audit_result_destroy(struct audit_result *r);

#endif
