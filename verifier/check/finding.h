/*
 * Findings: what a verifier must find (SPEC.md section 9), their codes, their order, and
 * the two things that decide about missing records: candidates and orders to erase.
 */
#ifndef KEIIN_VERIFIER_FINDING_H
#define KEIIN_VERIFIER_FINDING_H

#include "core/bytes.h"

/* In the order of the table of SPEC.md section 9, which is the order of findings in an entry. */
enum finding_code {
    FINDING_CHECKPOINT_INVALID,
    FINDING_WITNESS_QUORUM,
    FINDING_ROLLBACK,
    FINDING_FORK,
    FINDING_STALE,
    FINDING_ROOT_MISMATCH,
    FINDING_ENTRY_MALFORMED,
    FINDING_CHAIN_BROKEN,
    FINDING_TIME_REVERSED,
    FINDING_WRITER_UNKNOWN,
    FINDING_WRITER_GAP,
    FINDING_WRITER_CHAIN_BROKEN,
    FINDING_WRITER_SIGNATURE,
    FINDING_WRITER_FORK,
    FINDING_ROSTER_INVALID,
    FINDING_RECORD_MISMATCH,
    FINDING_RECORD_MALFORMED,
    FINDING_RECORD_MISSING,
    FINDING_RECEIPT_MISMATCH,
    FINDING_INCOMPLETE,
    FINDING_CODES
};

const char *finding_code_text(enum finding_code code); /* "root-mismatch"; static */
bool finding_code_parse(struct span text, enum finding_code *out);

#define FINDING_NO_INDEX UINT64_MAX
#define FINDING_NO_POSITION UINT32_MAX

struct finding {
    enum finding_code code;
    uint32_t position; /* FINDING_NO_POSITION when it is no record's */
    uint64_t index;    /* entry; FINDING_NO_INDEX for the whole ledger */
    char *writer;      /* owned, may be NULL: name of the writer of the entry */
    char *detail;      /* owned, may be NULL: what was there, for people */
};

/*
 * A list that keeps the first `max` findings of the order and counts the others.
 * Missing records stand aside until all orders are known. One thread.
 */
struct findings;
struct findings *findings_new(size_t max); /* NULL without memory */
void findings_free(struct findings *f);

/* Adds a finding; code, index and position as above, `writer` and `detail` are copied. */
void findings_add(struct findings *f, enum finding_code code, uint64_t index, uint32_t position,
    struct span writer, const char *detail);
/* Whether a finding of this code was added (record-missing: not asked for). */
bool findings_has(const struct findings *f, enum finding_code code);

/*
 * `count` records from `position` on are not there, or with `sealed` only their sealed
 * parts. A record whose own content is an order and whose sealed part is gone passes the
 * addresses it names as `conditional`: they count only once it is excused itself.
 */
void findings_missing(struct findings *f, uint64_t index, uint32_t position, uint32_t count,
    bool sealed, struct span writer);
/* An order to erase names this address; see erase_address_parse. */
struct erase_address {
    uint64_t index;
    uint32_t position;
    bool sealed; /* only the sealed part */
};
void findings_order(struct findings *f, struct erase_address named, bool conditional,
    uint64_t order_index, uint32_t order_position);
/* "I.P" or "I.P/sealed"; false for anything else. */
bool erase_address_parse(struct span text, struct erase_address *out);

/*
 * Settles the missing records and puts all in order: entries as they come, in each the
 * table's order and within a code by position, then the whole ledger's. *list stays owned.
 * `omitted` counts those over the limit. KEIIN_ENOMEM, also when memory failed before.
 */
int findings_settle(struct findings *f, const struct finding **list, size_t *count,
    uint64_t *omitted) KEIIN_MUST_USE;

/* What the state of an audit keeps (verifier/check/state.c): opaque walks over all parts. */
struct missing_run {
    uint64_t index;
    uint32_t position, count;
    bool sealed;
    char *writer; /* owned by the list */
};
struct erase_order {
    struct erase_address named;
    bool conditional;
    uint64_t order_index;
    uint32_t order_position;
};
size_t findings_runs(const struct findings *f, const struct missing_run **runs);
size_t findings_orders(const struct findings *f, const struct erase_order **orders);
/* The findings that were added, unsettled and in no order; and how many more were not kept. */
size_t findings_added(const struct findings *f, const struct finding **list, uint64_t *dropped);
void findings_restore_dropped(struct findings *f, uint64_t dropped);

#endif
