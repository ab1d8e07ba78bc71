/*
 * A record under construction, and its canonical bytes. What libkeiin offers of it is in
 * client/keiin.h. One thread.
 */
#ifndef KEIIN_CORE_COMPOSE_H
#define KEIIN_CORE_COMPOSE_H

#include "core/bytes.h"
#include "core/record.h"

#define COMPOSE_FIELDS_MAX 512 /* a record with more is KEIIN_EMALFORMED */

struct composed_field {
    size_t name_at, name_bytes; /* in `bytes` */
    size_t value_at, value_bytes;
};

struct keiin_record {
    struct buf bytes; /* names, and values as msgpack, as they came */
    struct composed_field fields[COMPOSE_FIELDS_MAX];
    size_t field_count;
};

struct keiin_record *compose_new(void);
void compose_free(struct keiin_record *record);
void compose_clear(struct keiin_record *record);

/*
 * Begins a field: the caller then puts exactly one msgpack value into record->bytes and ends
 * it. KEIIN_EMALFORMED for an unknown name, one that is there already, or too many.
 */
int compose_begin(struct keiin_record *record, struct span name, enum field_type *type,
    struct why *why) KEIIN_MUST_USE;
int compose_end(struct keiin_record *record, struct why *why) KEIIN_MUST_USE;

/* Whole fields; the value is held against the field's type. KEIIN_EMALFORMED, KEIIN_ENOMEM. */
int compose_text(struct keiin_record *record, struct span name, struct span value,
    struct why *why) KEIIN_MUST_USE;
int compose_number(
    struct keiin_record *record, struct span name, uint64_t value, struct why *why) KEIIN_MUST_USE;
int compose_true(struct keiin_record *record, struct span name, struct why *why) KEIIN_MUST_USE;
int compose_bytes(struct keiin_record *record, struct span name, struct span value,
    struct why *why) KEIIN_MUST_USE;

bool compose_has(const struct keiin_record *record, const char *name);

/*
 * The canonical map, appended to `out`, and checked. KEIIN_EMALFORMED with the field;
 * KEIIN_ENOMEM.
 */
int compose_encode(
    const struct keiin_record *record, struct buf *out, struct why *why) KEIIN_MUST_USE;

/* Says that the value of a field is not of its type; KEIIN_EMALFORMED. */
int compose_wrong_type(struct span name, enum field_type type, struct why *why);

#endif
