#include "core/compose.h"

#include <stdlib.h>

#include "core/msgpack.h"
#include "core/text.h"

#define BYTES_MAX (RECORD_BYTES_MAX + COMPOSE_FIELDS_MAX * 64)

struct keiin_record *compose_new(void)
{
    struct keiin_record *record = malloc(sizeof *record);

    if (record == NULL)
        return NULL;
    buf_init(&record->bytes, BYTES_MAX);
    record->field_count = 0;
    return record;
}

void compose_free(struct keiin_record *record)
{
    if (record == NULL)
        return;
    buf_destroy(&record->bytes);
    free(record);
}

void compose_clear(struct keiin_record *record)
{
    buf_clear(&record->bytes);
    record->field_count = 0;
}

static struct span name_of(const struct keiin_record *record, const struct composed_field *field)
{
    return span_of(record->bytes.p + field->name_at, field->name_bytes);
}

static bool has(const struct keiin_record *record, struct span name)
{
    for (size_t i = 0; i < record->field_count; i++)
        if (span_eq(name_of(record, &record->fields[i]), name))
            return true;
    return false;
}

bool compose_has(const struct keiin_record *record, const char *name)
{
    return has(record, span_str(name));
}

/* A name as it may be shown: what is no plain text is made visible, long ones are cut. */
static int about(struct span name, const char *what, struct why *why)
{
    struct buf shown;

    buf_init(&shown, 1024);
    text_visible(&shown, span_of(name.p, name.n > 64 ? 64 : name.n));
    why_set(why, "field \"%.*s\": %s", (int)shown.n, shown.p == NULL ? "" : (char *)shown.p, what);
    buf_destroy(&shown);
    return KEIIN_EMALFORMED;
}

int compose_wrong_type(struct span name, enum field_type type, struct why *why)
{
    switch (type) {
    case FIELD_ID:
        return about(name, "must be a text of 1 to 255 printable ASCII characters, no space", why);
    case FIELD_TEXT:
        return about(name, "must be a text of at most 200 bytes without control characters", why);
    case FIELD_UINT:
        return about(name, "must be a whole number from 0 to 2^53-1", why);
    case FIELD_TIME:
        return about(name, "must be a time: milliseconds since 1970, or RFC 3339 text", why);
    case FIELD_TRUE:
        return about(name, "must be true, or be left out", why);
    case FIELD_BIN:
        return about(name, "must be bytes, in hex", why);
    case FIELD_BIN16:
        return about(name, "must be 16 bytes, in hex", why);
    case FIELD_BIN32:
        return about(name, "must be 32 bytes, in hex", why);
    case FIELD_IDS:
        return about(name,
            "must be a list of texts of 1 to 255 printable ASCII characters, no "
            "space",
            why);
    case FIELD_EXTENSION:
        break;
    }
    return about(name, "has a value that no field can have", why);
}

int compose_begin(
    struct keiin_record *record, struct span name, enum field_type *type, struct why *why)
{
    struct composed_field *field = &record->fields[record->field_count];

    if (!record_field_type(name, type))
        return about(name, "is not in the vocabulary; names of your own begin with x-", why);
    if (!utf8_plain(name))
        return about(name, "the name has characters that none may have", why);
    if (has(record, name))
        return about(name, "is given twice", why);
    if (record->field_count == COMPOSE_FIELDS_MAX)
        return about(name, "is one field too many", why);
    field->name_at = record->bytes.n;
    field->name_bytes = name.n;
    buf_put_span(&record->bytes, name);
    field->value_at = record->bytes.n;
    return 0;
}

int compose_end(struct keiin_record *record, struct why *why)
{
    struct composed_field *field = &record->fields[record->field_count];
    int err = buf_status(&record->bytes);

    if (err != 0) {
        why_set(why, "a record has at most %d bytes", RECORD_BYTES_MAX);
        return err == KEIIN_ELIMIT ? KEIIN_EMALFORMED : err;
    }
    field->value_bytes = record->bytes.n - field->value_at;
    record->field_count++;
    return 0;
}

int compose_text(struct keiin_record *record, struct span name, struct span value, struct why *why)
{
    enum field_type type;
    uint64_t ms;
    int err = compose_begin(record, name, &type, why);

    if (err != 0)
        return err;
    if (type == FIELD_TIME) {
        if (!time_parse(value, &ms) || ms > UINT_MAX_CANONICAL)
            return compose_wrong_type(name, type, why);
        msgpack_put_uint(&record->bytes, ms);
        return compose_end(record, why);
    }
    if ((type == FIELD_ID && !id_valid(value)) ||
        (type == FIELD_TEXT && (value.n > FREE_TEXT_BYTES_MAX || !utf8_plain(value))) ||
        (type == FIELD_EXTENSION && !utf8_plain(value)) ||
        (type != FIELD_ID && type != FIELD_TEXT && type != FIELD_EXTENSION))
        return compose_wrong_type(name, type, why);
    msgpack_put_str(&record->bytes, value);
    return compose_end(record, why);
}

int compose_number(struct keiin_record *record, struct span name, uint64_t value, struct why *why)
{
    enum field_type type;
    int err = compose_begin(record, name, &type, why);

    if (err != 0)
        return err;
    if ((type != FIELD_UINT && type != FIELD_TIME && type != FIELD_EXTENSION) ||
        value > UINT_MAX_CANONICAL)
        return compose_wrong_type(name, type, why);
    msgpack_put_uint(&record->bytes, value);
    return compose_end(record, why);
}

int compose_true(struct keiin_record *record, struct span name, struct why *why)
{
    enum field_type type;
    int err = compose_begin(record, name, &type, why);

    if (err != 0)
        return err;
    if (type != FIELD_TRUE && type != FIELD_EXTENSION)
        return compose_wrong_type(name, type, why);
    msgpack_put_true(&record->bytes);
    return compose_end(record, why);
}

int compose_bytes(struct keiin_record *record, struct span name, struct span value, struct why *why)
{
    enum field_type type;
    int err = compose_begin(record, name, &type, why);

    if (err != 0)
        return err;
    if ((type == FIELD_BIN16 && value.n != SALT_BYTES) ||
        (type == FIELD_BIN32 && value.n != HASH_BYTES) ||
        (type != FIELD_BIN && type != FIELD_BIN16 && type != FIELD_BIN32 &&
            type != FIELD_EXTENSION))
        return compose_wrong_type(name, type, why);
    msgpack_put_bin(&record->bytes, value);
    return compose_end(record, why);
}

static int by_name(const void *a, const void *b, void *ctx)
{
    const struct keiin_record *record = ctx;

    return span_cmp(name_of(record, &record->fields[*(const uint16_t *)a]),
        name_of(record, &record->fields[*(const uint16_t *)b]));
}

int compose_encode(const struct keiin_record *record, struct buf *out, struct why *why)
{
    uint16_t order[COMPOSE_FIELDS_MAX];
    size_t start = out->n;
    int err = buf_status(&record->bytes);

    if (err != 0)
        return err;
    for (size_t i = 0; i < record->field_count; i++)
        order[i] = (uint16_t)i;
    qsort_r(order, record->field_count, sizeof order[0], by_name, (void *)record);
    msgpack_put_map(out, record->field_count);
    for (size_t i = 0; i < record->field_count; i++) {
        const struct composed_field *field = &record->fields[order[i]];

        msgpack_put_str(out, name_of(record, field));
        buf_put(out, record->bytes.p + field->value_at, field->value_bytes);
    }
    err = buf_status(out);
    return err != 0 ? err : record_check(span_of(out->p + start, out->n - start), NULL, why);
}
