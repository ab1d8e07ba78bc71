/*
 * A record as the rules read it: the vocabulary's fields by number (doc/vocabulary.md), its
 * action, and where it stands. Pure. Everything is borrowed from the record's bytes.
 */
#ifndef KEIIN_VERIFIER_RULES_FIELDS_H
#define KEIIN_VERIFIER_RULES_FIELDS_H

#include "core/roster.h"
#include "verifier/rules/table.h"

/* In the order of record_fields (core/record.h). */
enum field_number {
    F_ACTION,
    F_ACTOR,
    F_APPROVAL,
    F_APPROVED_BY,
    F_AT,
    F_AUTHORITY,
    F_CHECKPOINT,
    F_CONTENT,
    F_CORRECTS,
    F_COUNT,
    F_CRITERIA,
    F_DATASET,
    F_DATASETS,
    F_DECISION,
    F_DETAIL,
    F_DISCARDED,
    F_EMERGENCY,
    F_FINDING,
    F_ID,
    F_METHOD,
    F_NOTICE,
    F_OUTCOME,
    F_PARENTS,
    F_PURPOSE,
    F_PURPOSES,
    F_RATIFY_BY,
    F_REASON,
    F_RECIPIENT,
    F_RECIPIENT_KIND,
    F_RECIPIENTS,
    F_RECORDS,
    F_REF,
    F_REQUESTED_BY,
    F_RETAIN_UNTIL,
    F_ROLE,
    F_RULE,
    F_SALT,
    F_SEALED,
    F_SOURCE_COUNT,
    F_STATE,
    F_STATEMENT,
    F_STREAM,
    F_UNIT,
    F_UNITS,
    F_VALID_FROM,
    F_VALID_TO,
    F_WITNESSED_BY,
    F_COUNT_OF
};
_Static_assert(F_COUNT_OF <= 64, "a bit each");

/* In byte order of their names. */
enum action {
    ACTION_APPROVE,
    ACTION_BATCH_RECEIVE,
    ACTION_COLLECT_START,
    ACTION_COLLECT_STOP,
    ACTION_COMBINE,
    ACTION_CONFIG,
    ACTION_COPY,
    ACTION_CORRECT,
    ACTION_DEIDENT_APPLY,
    ACTION_DEIDENT_REVERSE,
    ACTION_DEMAND,
    ACTION_EMERGENCY_BEGIN,
    ACTION_EMERGENCY_END,
    ACTION_ERASE,
    ACTION_ERASE_RECORD,
    ACTION_EXPORT,
    ACTION_FINDING,
    ACTION_HEARTBEAT,
    ACTION_INCIDENT,
    ACTION_INSPECT,
    ACTION_MODIFY,
    ACTION_NOTIFY,
    ACTION_PROVIDE,
    ACTION_QUERY,
    ACTION_RECEIVE,
    ACTION_RECOMMEND,
    ACTION_RESPOND,
    ACTION_RETAIN_EXTEND,
    ACTION_RETAIN_REVIEW,
    ACTION_REVOKE,
    ACTION_SELECT_CRITERIA,
    ACTION_SELECT_RUN,
    ACTION_VIEW,
    ACTION_COUNT_OF,
    ACTION_OWN = ACTION_COUNT_OF, /* begins with x- */
    ACTION_UNKNOWN
};
#define ACTION_BIT(action) (UINT64_C(1) << (action))
#define ACTIONS_ALL UINT64_MAX

/* Groups of doc/vocabulary.md, as bits of actions. */
#define ACTIONS_COLLECTION                                                                         \
    (ACTION_BIT(ACTION_COLLECT_START) | ACTION_BIT(ACTION_COLLECT_STOP) |                          \
        ACTION_BIT(ACTION_BATCH_RECEIVE) | ACTION_BIT(ACTION_SELECT_RUN) |                         \
        ACTION_BIT(ACTION_SELECT_CRITERIA))
#define ACTIONS_ACCESS                                                                             \
    (ACTION_BIT(ACTION_QUERY) | ACTION_BIT(ACTION_VIEW) | ACTION_BIT(ACTION_EXPORT))
#define ACTIONS_PROVISION (ACTION_BIT(ACTION_PROVIDE) | ACTION_BIT(ACTION_RECEIVE))
#define ACTIONS_HANDLING                                                                           \
    (ACTION_BIT(ACTION_DEIDENT_APPLY) | ACTION_BIT(ACTION_DEIDENT_REVERSE) |                       \
        ACTION_BIT(ACTION_MODIFY) | ACTION_BIT(ACTION_COMBINE) | ACTION_BIT(ACTION_COPY) |         \
        ACTION_BIT(ACTION_ERASE) | ACTION_BIT(ACTION_RETAIN_REVIEW) |                              \
        ACTION_BIT(ACTION_RETAIN_EXTEND))
/* What nobody may do without an approval. */
#define ACTIONS_AUTHORISED                                                                         \
    (ACTIONS_COLLECTION | ACTIONS_ACCESS | ACTIONS_PROVISION | ACTION_BIT(ACTION_DEIDENT_REVERSE))

/* The action of a name; ACTION_OWN for x-..., ACTION_UNKNOWN for anything else. */
enum action action_of(struct span name);
const char *action_text(enum action action); /* NULL for the last two */

/* No byte of it is without a value: it is saved with what rules remember. */
struct rules_address {
    uint64_t index;
    uint64_t position;
};

/* A writer as the roster in force lists it; the name is the key. */
struct rules_writer {
    enum role role;
    bool listed : 1;
    uint32_t number; /* in the order in which writers were first listed */
    struct rules_address since; /* the entry whose roster listed it */
    uint64_t since_ms; /* received */
};

struct approval;

/* What a record did to the approval that it names. */
enum approval_step {
    APPROVAL_UNCHANGED,
    APPROVAL_GRANTED,
    APPROVAL_EXTENDED,
    APPROVAL_EXTENDED_LATE, /* after it had ended */
    APPROVAL_RATIFIED,
    APPROVAL_REFUSED, /* before it was ratified; the first time */
    APPROVAL_REVOKED
};
struct approval_change {
    enum approval_step step;
    const struct approval *approval; /* as it is now; NULL when nothing is known of it */
    /* Of an extension: the end that was there before, whose record set it, and whether a revoke. */
    uint64_t valid_to_before;
    struct rules_address ended_by;
    bool was_revoked;
};

struct rules_record {
    struct rules_address address;
    uint64_t received; /* ms */
    const struct rules_writer *writer;
    struct key writer_name;
    struct span bytes;
    struct span action_name;
    enum action action; /* as it is judged: see [actions] in the limits */
    uint64_t at; /* ms */
    bool denied; /* outcome denied: nothing was done */
    bool undone; /* outcome denied or failure */
    uint64_t has; /* a bit a field */
    struct key authority, dataset, actor, unit, ref, approval; /* empty when not there */
    const struct approval *approved; /* of `authority`, as it stands now; or NULL */
    struct approval_change change; /* of approve and revoke */
    struct span fields[F_COUNT_OF]; /* str and bin: their bytes; ids: the encoded array */
    uint64_t numbers[F_COUNT_OF]; /* counts and times */
};

/* Takes a verified record apart. KEIIN_EMALFORMED when it is none. */
int rules_record_read(struct rules_record *out, struct span bytes) KEIIN_MUST_USE;

static inline bool record_has(const struct rules_record *r, enum field_number f)
{
    return (r->has >> f & 1) != 0;
}
/* The text or bytes of a field; empty when it is not there. */
static inline struct span record_text(const struct rules_record *r, enum field_number f)
{
    return record_has(r, f) ? r->fields[f] : (struct span){NULL, 0};
}
/* The number of a field; 0 when it is not there. */
static inline uint64_t record_number(const struct rules_record *r, enum field_number f)
{
    return record_has(r, f) ? r->numbers[f] : 0;
}
static inline bool record_is(const struct rules_record *r, enum field_number f, const char *text)
{
    return record_has(r, f) && span_is(r->fields[f], text);
}
/* When something began, for a period: never later than the ledger had it. */
static inline uint64_t record_began(const struct rules_record *r)
{
    return r->at < r->received ? r->at : r->received;
}

/* Walks the ids of a field that is an array: `ids_of`, then `ids_next` until false. */
struct ids {
    struct cursor in;
    size_t left;
};
struct ids ids_of(struct span array);
bool ids_next(struct ids *ids, struct span *out);
bool ids_has(struct span array, struct span id);

/* a + b, or the greatest time there is. */
static inline uint64_t time_after(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
