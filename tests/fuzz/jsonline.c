/*
 * client/jsonline.c and core/compose.c: a record from one JSON object. What is taken is a good
 * record once it is encoded, says what the JSON says (it is written as JSON again, read again, and
 * gives the same bytes), and no field is lost.
 */
#include "client/jsonline.h"

#include <inttypes.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plain_msgpack.h"

const unsigned fuzz_rounds = 20000;

static void put_string(struct buf *out, struct span s)
{
    buf_put_str(out, "\"");
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_put_str(out, "\\");
        buf_put_u8(out, s.p[i]); /* a str holds no control character */
    }
    buf_put_str(out, "\"");
}

static void put_json(struct buf *out, const struct plain *v)
{
    char *hex;

    switch (v->type) {
    case PLAIN_UINT:
        buf_printf(out, "%" PRIu64, v->number);
        return;
    case PLAIN_TRUE:
        buf_put_str(out, "true");
        return;
    case PLAIN_STR:
        put_string(out, v->bytes);
        return;
    case PLAIN_BIN:
        hex = malloc(2 * v->bytes.n + 1);
        FUZZ_CHECK(hex != NULL);
        hex_encode(hex, v->bytes);
        buf_printf(out, "{\"hex\":\"%s\"}", hex);
        free(hex);
        return;
    case PLAIN_ARRAY:
    case PLAIN_MAP:
        break;
    }
    buf_put_str(out, v->type == PLAIN_MAP ? "{" : "[");
    for (size_t i = 0; i < v->count; i++) {
        if (i > 0)
            buf_put_str(out, ",");
        if (v->type == PLAIN_MAP) {
            put_string(out, v->items[2 * i].bytes);
            buf_put_str(out, ":");
            put_json(out, &v->items[2 * i + 1]);
        } else {
            put_json(out, &v->items[i]);
        }
    }
    buf_put_str(out, v->type == PLAIN_MAP ? "}" : "]");
}

/* Whether a record could be encoded but for what a JSON line may leave out, and its size. */
static bool may_fail(const struct keiin_record *record)
{
    return !compose_has(record, "action") || !compose_has(record, "at") ||
           !compose_has(record, "salt") || record->bytes.n > RECORD_BYTES_MAX / 2;
}

static void check_again(const struct plain *v, struct span bytes)
{
    struct keiin_record *record = compose_new();
    struct buf json, again;
    struct why why = {""};

    buf_init(&json, SIZE_MAX);
    buf_init(&again, RECORD_BYTES_MAX);
    put_json(&json, v);
    FUZZ_CHECK(record != NULL && buf_status(&json) == 0);
    FUZZ_CHECK(jsonline_read(buf_view(&json), record, &why) == 0);
    FUZZ_CHECK(compose_encode(record, &again, &why) == 0);
    FUZZ_CHECK(span_eq(buf_view(&again), bytes));
    buf_destroy(&json);
    buf_destroy(&again);
    compose_free(record);
}

/* A map in a field of one's own that has "hex" alone stands for bytes when read again. */
static bool has_hex_map(const struct plain *v)
{
    size_t each = v->type == PLAIN_MAP ? 2 : 1;

    if (v->type == PLAIN_MAP && v->count == 1 && span_is(v->items[0].bytes, "hex") &&
        v->items[1].type == PLAIN_STR)
        return true;
    for (size_t i = each - 1;
         (v->type == PLAIN_MAP || v->type == PLAIN_ARRAY) && i < v->count * each; i += each)
        if (has_hex_map(&v->items[i]))
            return true;
    return false;
}

static size_t members(struct span in)
{
    json_t *object = json_loadb((const char *)in.p, in.n, JSON_REJECT_DUPLICATES, NULL);
    size_t count = json_object_size(object);

    json_decref(object);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct keiin_record *record = compose_new();
    struct plain *v = NULL;
    struct why why = {""};
    struct buf out;
    int err;

    FUZZ_CHECK(record != NULL);
    buf_init(&out, RECORD_BYTES_MAX);
    err = jsonline_read(in, record, &why);
    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    if (err == 0) {
        FUZZ_CHECK(record->field_count == members(in));
        err = compose_encode(record, &out, &why);
        FUZZ_CHECK(err == 0 || may_fail(record));
    }
    if (err == 0) {
        v = plain_read(buf_view(&out));
        FUZZ_CHECK(v != NULL && record_check(buf_view(&out), NULL, NULL) == 0);
        FUZZ_CHECK(v->count == record->field_count && !has_hex_map(v));
        check_again(v, buf_view(&out));
    }
    plain_free(v);
    buf_destroy(&out);
    compose_free(record);
    fuzz_end(in);
    return 0;
}
