#include "system/json.h"

#include "core/text.h"

static bool lacks; /* something for want of memory */

void json_put(json_t *object, const char *name, json_t *value)
{
    lacks = json_object_set_new(object, name, value) != 0 || lacks;
}

void json_add(json_t *list, json_t *value)
{
    lacks = json_array_append_new(list, value) != 0 || lacks;
}

json_t *json_number(bool has, uint64_t value)
{
    return has && value <= INT64_MAX ? json_integer((json_int_t)value) : json_null();
}

json_t *json_visible(const char *text)
{
    struct buf b;
    json_t *out;

    if (text == NULL)
        return json_null();
    buf_init(&b, 64 * 1024);
    text_visible(&b, span_str(text));
    out = buf_status(&b) == KEIIN_ENOMEM
              ? NULL
              : json_stringn((const char *)(b.p == NULL ? (const uint8_t *)"" : b.p), b.n);
    buf_destroy(&b);
    return out;
}

void json_put_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_put(object, name, json_visible(text));
}

json_t *json_text(struct span text)
{
    return json_stringn(text.n == 0 ? "" : (const char *)text.p, text.n);
}

json_t *json_hex(struct span bytes)
{
    char hex[2 * 64 + 1];

    if (bytes.n > 64)
        return NULL;
    hex_encode(hex, bytes);
    return json_string(hex);
}

int json_status(void)
{
    int err = lacks ? KEIIN_ENOMEM : 0;

    lacks = false;
    return err;
}

int json_line(FILE *to, json_t *json)
{
    int err = json == NULL || lacks ? KEIIN_ENOMEM : 0;

    if (err == 0 && json_dumpf(json, to, JSON_COMPACT | JSON_REAL_PRECISION(5)) != 0)
        err = KEIIN_EIO;
    if (err == 0 && fputs("\n", to) < 0)
        err = KEIIN_EIO;
    json_decref(json);
    lacks = false;
    return err;
}
