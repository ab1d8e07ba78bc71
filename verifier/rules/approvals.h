/*
 * Approvals, as the committee's records made them: what the rules about authority stand on. Only
 * a committee's `approve` and `revoke` change one. Kept in a table of the engine's by the approval's
 * id.
 */
#ifndef KEIIN_VERIFIER_RULES_APPROVALS_H
#define KEIIN_VERIFIER_RULES_APPROVALS_H

#include "verifier/rules/fields.h"

struct approval {
    bool granted : 1, ratified : 1, refused : 1, revoked : 1;
    bool has_criteria : 1;
    struct hash criteria;
    struct rules_address address; /* of the record that granted, extended or ratified it last */
    struct rules_address refusal, revocation;
    uint64_t refused_ms; /* received */
    uint64_t revoked_ms; /* at, or received when that is earlier */
};

/* A time in which it holds; both ends belong to it. */
struct validity {
    uint64_t from, to;
    uint64_t known; /* received of the record that said so; 0 for one that was ratified */
    struct rules_address address; /* of that record */
    struct rules_address
        ended_by; /* of the record that set its end: this, an extension, a revoke */
    uint64_t revoked; /* 1: it was a revoke */
};

/* What limits an approval: lists of ids, and times. */
enum approval_part {
    PART_PURPOSES,
    PART_DATASETS,
    PART_UNITS,
    PART_RECIPIENTS,
    PART_VALIDITY, /* array of struct validity */
    PARTS
};

size_t approval_bytes(void); /* of the table's values */

/* Takes an `approve` or `revoke` in; the change goes into r->change. KEIIN_ENOMEM. */
int approvals_take(struct table *approvals, struct rules_record *r) KEIIN_MUST_USE;

/* Whether one of its lists is there, and whether it has an id: then in few steps, however long. */
bool approval_limits(const struct approval *a, enum approval_part list);
bool approval_allows(const struct approval *a, enum approval_part list, struct span id);

/* After the table was loaded: whether each has its parts, whole. */
bool approvals_fit(const struct table *approvals);

enum approval_time { TIME_VALID, TIME_BEFORE, TIME_AFTER, TIME_REVOKED };
/*
 * Whether it holds at a time; *out is the validity that contains it, or else the nearest one
 * (zero when there is none).
 */
enum approval_time approval_at(const struct approval *a, uint64_t at, struct validity *out);
/* The greatest time at which it holds; 0 when there is none. */
uint64_t approval_valid_to(const struct approval *a);

#endif
