/* Records and the field vocabulary (SPEC.md section 3, doc/vocabulary.md). Pure. */
#ifndef KEIIN_CORE_RECORD_H
#define KEIIN_CORE_RECORD_H

#include "core/bytes.h"

enum field_type {
    FIELD_ID,      /* str of 1-255 bytes of 0x21-0x7E */
    FIELD_TEXT,    /* str of at most 200 bytes */
    FIELD_UINT,    /* a count */
    FIELD_TIME,    /* uint, ms */
    FIELD_TRUE,    /* true, or absent */
    FIELD_BIN,     /* bin of any length */
    FIELD_BIN16,   /* bin of 16 bytes */
    FIELD_BIN32,   /* bin of 32 bytes */
    FIELD_IDS,     /* array of id */
    FIELD_EXTENSION /* a name that begins with x-: any canonical value */
};

/* The fields that record_check keeps the value of, or must find. */
enum field_fact { FACT_NONE, FACT_ACTION, FACT_AT, FACT_RECORDS, FACT_SALT, FACT_SEALED };

struct field {
    const char *name;
    uint8_t name_bytes;
    enum field_type type;
    enum field_fact fact;
};

/* Fields of the vocabulary, in byte order of their names. */
extern const struct field record_fields[];
extern const size_t record_field_count;

/* The field of a name; NULL when it is not in the vocabulary. */
const struct field *record_field(struct span name);
/*
 * The field of a name, at or behind number *from, which moves behind it; NULL when it is not
 * there. A record's names ascend as the table does, so that one walk through the table
 * serves all of them.
 */
const struct field *record_field_next(size_t *from, struct span name);
/* The type of a name; false when it is neither listed nor begins with x-. */
bool record_field_type(struct span name, enum field_type *type);

/* What a check of a record finds on its way; borrowed from the record's bytes. */
struct record_facts {
    struct span action;
    uint64_t at; /* ms */
    bool has_sealed;
    struct hash sealed;
    struct span records; /* the encoded array of `records`, empty when absent */
};

/*
 * Checks a record by SPEC.md section 3. KEIIN_EMALFORMED, with the field in `why`.
 * `out` may be NULL.
 */
int record_check(struct span record, struct record_facts *out, struct why *why) KEIIN_MUST_USE;

/*
 * Whether a record is good and hashes to its digest, and its sealed part, where there is one,
 * to its field.
 */
bool record_fits(const struct hash *digest, struct span record, struct span sealed);

#endif
