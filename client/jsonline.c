#include "client/jsonline.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/msgpack.h"
#include "core/text.h"

/* Whether an object is {"hex": text}: then it stands for bytes, and for nothing else. */
static const json_t *hex_member(const json_t *value)
{
    const json_t *hex = json_object_size(value) == 1 ? json_object_get(value, "hex") : NULL;

    return json_is_string(hex) ? hex : NULL;
}

/* The bytes of such a text; NULL when it is no lowercase hex. free() them. */
static uint8_t *hex_bytes(const json_t *hex, size_t *n)
{
    size_t digits = json_string_length(hex);
    uint8_t *bytes;

    if (digits % 2 != 0)
        return NULL;
    *n = digits / 2;
    bytes = malloc(*n + 1);
    if (bytes != NULL &&
        !hex_decode(bytes, *n, span_of((const uint8_t *)json_string_value(hex), digits))) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

static struct span text_of(const json_t *value)
{
    return span_of((const uint8_t *)json_string_value(value), json_string_length(value));
}

static bool put_value(struct buf *out, const json_t *value, unsigned depth);

struct member {
    struct span name;
    const json_t *value;
};

static int by_name(const void *a, const void *b)
{
    return span_cmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

/* A map inside a field of one's own. */
static bool put_map(struct buf *out, json_t *object, unsigned depth)
{
    size_t count = json_object_size(object), i = 0;
    struct member *members = calloc(count + 1, sizeof *members);
    const char *name;
    json_t *value;
    bool good = members != NULL;

    if (good) {
        json_object_foreach(object, name, value) members[i++] =
            (struct member){span_str(name), value};
        qsort(members, count, sizeof members[0], by_name);
        msgpack_put_map(out, count);
    }
    for (i = 0; i < count && good; i++) {
        good = utf8_plain(members[i].name);
        msgpack_put_str(out, members[i].name);
        good = good && put_value(out, members[i].value, depth + 1);
    }
    free(members);
    return good;
}

/* Any canonical value, for names that begin with x-; false when there is none for it. */
static bool put_value(struct buf *out, const json_t *value, unsigned depth)
{
    uint8_t *bytes;
    size_t n;
    bool good = true;

    if (depth > MSGPACK_DEPTH_MAX)
        return false;
    if (json_is_string(value)) {
        msgpack_put_str(out, text_of(value));
        return utf8_plain(text_of(value));
    }
    if (json_is_integer(value)) {
        if (json_integer_value(value) < 0 ||
            (uint64_t)json_integer_value(value) > UINT_MAX_CANONICAL)
            return false;
        msgpack_put_uint(out, (uint64_t)json_integer_value(value));
        return true;
    }
    if (json_is_true(value)) {
        msgpack_put_true(out);
        return true;
    }
    if (json_is_array(value)) {
        msgpack_put_array(out, json_array_size(value));
        for (size_t i = 0; i < json_array_size(value) && good; i++)
            good = put_value(out, json_array_get(value, i), depth + 1);
        return good;
    }
    if (!json_is_object(value))
        return false;
    if (hex_member(value) == NULL)
        return put_map(out, (json_t *)value, depth);
    bytes = hex_bytes(hex_member(value), &n);
    if (bytes == NULL)
        return false;
    msgpack_put_bin(out, span_of(bytes, n));
    free(bytes);
    return true;
}

/* A value that one of compose.h's functions takes whole. */
static int put_plain(struct keiin_record *out, struct span name, enum field_type type,
    const json_t *value, struct why *why)
{
    uint8_t *bytes;
    size_t n;
    int err;

    if (json_is_string(value))
        return compose_text(out, name, text_of(value), why);
    if (json_is_true(value))
        return compose_true(out, name, why);
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return compose_number(out, name, (uint64_t)json_integer_value(value), why);
    bytes = hex_member(value) == NULL ? NULL : hex_bytes(hex_member(value), &n);
    if (bytes == NULL)
        return compose_wrong_type(name, type, why);
    err = compose_bytes(out, name, span_of(bytes, n), why);
    free(bytes);
    return err;
}

/* A list of ids, or any value of a field of one's own. */
static int put_nested(struct keiin_record *out, struct span name, enum field_type type,
    const json_t *value, struct why *why)
{
    int err = compose_begin(out, name, &type, why);

    if (err != 0)
        return err;
    for (size_t i = 0; type == FIELD_IDS && i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);

        if (!json_is_string(item) || !id_valid(text_of(item)))
            return compose_wrong_type(name, type, why);
    }
    if (!put_value(&out->bytes, value, 2))
        return compose_wrong_type(name, type, why);
    return compose_end(out, why);
}

static int put_field(
    struct keiin_record *out, struct span name, const json_t *value, struct why *why)
{
    enum field_type type;

    if (!record_field_type(name, &type)) {
        /* Says so, in one place. */
        return compose_begin(out, name, &type, why);
    }
    if (type == FIELD_EXTENSION || (type == FIELD_IDS && json_is_array(value)))
        return put_nested(out, name, type, value, why);
    return put_plain(out, name, type, value, why);
}

/* jansson names a byte of the line, and quotes what stands there. */
static int no_json(const json_error_t *error, struct why *why)
{
    struct buf shown;

    buf_init(&shown, 2048);
    text_visible(&shown, span_str(error->text));
    why_set(why, "is no JSON object: %.*s (byte %d)", (int)shown.n,
        shown.p == NULL ? "" : (char *)shown.p, error->position);
    buf_destroy(&shown);
    return KEIIN_EMALFORMED;
}

int jsonline_read(struct span json, struct keiin_record *out, struct why *why)
{
    json_error_t error;
    json_t *object = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &error);
    const char *name;
    json_t *value;
    int err = 0;

    /* Jansson tells want of memory as wrong text: what is read well a second time was none. */
    if (object == NULL)
        object = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        return no_json(&error, why);
    if (!json_is_object(object)) {
        why_set(why, "is no JSON object");
        err = KEIIN_EMALFORMED;
        goto out;
    }
    json_object_foreach(object, name, value)
    {
        err = put_field(out, span_str(name), value, why);
        if (err != 0)
            break;
    }
out:
    json_decref(object);
    return err;
}
