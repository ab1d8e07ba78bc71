#include "tests/fuzz/plain_msgpack.h"

#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

/* The forms of a header: first byte from .. to, how many bytes of a number follow, and the
 * least number that needs them. Where none follow the number is first byte - from. */
static const struct form {
    uint8_t from, to;
    enum plain_type type;
    unsigned tail_bytes;
    uint64_t least;
} forms[] = {
    {0x00, 0x7f, PLAIN_UINT, 0, 0},
    {0x80, 0x8f, PLAIN_MAP, 0, 0},
    {0x90, 0x9f, PLAIN_ARRAY, 0, 0},
    {0xa0, 0xbf, PLAIN_STR, 0, 0},
    {0xc3, 0xc3, PLAIN_TRUE, 0, 0},
    {0xc4, 0xc4, PLAIN_BIN, 1, 0},
    {0xc5, 0xc5, PLAIN_BIN, 2, 256},
    {0xc6, 0xc6, PLAIN_BIN, 4, 65536},
    {0xcc, 0xcc, PLAIN_UINT, 1, 128},
    {0xcd, 0xcd, PLAIN_UINT, 2, 256},
    {0xce, 0xce, PLAIN_UINT, 4, 65536},
    {0xcf, 0xcf, PLAIN_UINT, 8, UINT64_C(4294967296)},
    {0xd9, 0xd9, PLAIN_STR, 1, 32},
    {0xda, 0xda, PLAIN_STR, 2, 256},
    {0xdb, 0xdb, PLAIN_STR, 4, 65536},
    {0xdc, 0xdc, PLAIN_ARRAY, 2, 16},
    {0xdd, 0xdd, PLAIN_ARRAY, 4, 65536},
    {0xde, 0xde, PLAIN_MAP, 2, 16},
    {0xdf, 0xdf, PLAIN_MAP, 4, 65536},
};

static void clear(struct plain *value)
{
    if (value->items != NULL)
        for (size_t i = 0; i < value->count * (value->type == PLAIN_MAP ? 2 : 1); i++)
            clear(&value->items[i]);
    free(value->items);
    value->items = NULL;
}

void plain_free(struct plain *value)
{
    if (value != NULL)
        clear(value);
    free(value);
}

static bool read_header(struct span in, size_t *at, struct plain *out)
{
    const struct form *form = NULL;

    if (*at >= in.n)
        return false;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (in.p[*at] >= forms[i].from && in.p[*at] <= forms[i].to)
            form = &forms[i];
    if (form == NULL || in.n - *at - 1 < form->tail_bytes)
        return false;
    out->type = form->type;
    out->number = form->tail_bytes == 0 ? (uint64_t)(in.p[*at] - form->from) : 0;
    for (unsigned i = 1; i <= form->tail_bytes; i++)
        out->number = out->number * 256 + in.p[*at + i];
    *at += 1 + form->tail_bytes;
    return out->number >= form->least;
}

/* memcmp's order, a prefix first. */
static bool ascends(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++)
        if (a.p[i] != b.p[i])
            return a.p[i] < b.p[i];
    return a.n < b.n;
}

static bool read_value(struct span in, size_t *at, unsigned depth, struct plain *out);

static bool read_items(struct span in, size_t *at, unsigned depth, struct plain *out)
{
    size_t each = out->type == PLAIN_MAP ? 2 : 1, count;

    if (out->number > (in.n - *at) / each)
        return false;
    count = (size_t)out->number * each;
    out->count = (size_t)out->number;
    out->items = calloc(count + 1, sizeof *out->items);
    FUZZ_CHECK(out->items != NULL);
    for (size_t i = 0; i < count; i++) {
        if (!read_value(in, at, depth + 1, &out->items[i]))
            return false;
        if (each == 1 || i % 2 == 1)
            continue;
        if (out->items[i].type != PLAIN_STR ||
            (i > 0 && !ascends(out->items[i - 2].bytes, out->items[i].bytes)))
            return false;
    }
    return true;
}

static bool read_value(struct span in, size_t *at, unsigned depth, struct plain *out)
{
    size_t start = *at;

    if (depth > 4 || !read_header(in, at, out))
        return false;
    switch (out->type) {
    case PLAIN_UINT:
        if (out->number >= UINT64_C(9007199254740992))
            return false;
        break;
    case PLAIN_TRUE:
        break;
    case PLAIN_STR:
    case PLAIN_BIN:
        if (out->number > in.n - *at)
            return false;
        out->bytes = span_of(in.p + *at, (size_t)out->number);
        *at += out->bytes.n;
        if (out->type == PLAIN_STR && !plain_utf8(out->bytes, false))
            return false;
        break;
    default:
        if (!read_items(in, at, depth, out))
            return false;
    }
    out->whole = span_of(in.p + start, *at - start);
    return true;
}

struct plain *plain_read(struct span bytes)
{
    struct plain *value = calloc(1, sizeof *value);
    size_t at = 0;

    FUZZ_CHECK(value != NULL);
    if (read_value(bytes, &at, 1, value) && at == bytes.n)
        return value;
    plain_free(value);
    return NULL;
}

const struct plain *plain_get(const struct plain *map, const char *key)
{
    for (size_t i = 0; map != NULL && map->type == PLAIN_MAP && i < map->count; i++)
        if (span_is(map->items[2 * i].bytes, key))
            return &map->items[2 * i + 1];
    return NULL;
}

bool plain_is_bin(const struct plain *value, size_t n)
{
    return value != NULL && value->type == PLAIN_BIN && value->bytes.n == n;
}

bool plain_are_bins(const struct plain *array, size_t n)
{
    if (array->type != PLAIN_ARRAY)
        return false;
    for (size_t i = 0; i < array->count; i++)
        if (array->items[i].type != PLAIN_BIN || (n != SIZE_MAX && array->items[i].bytes.n != n))
            return false;
    return true;
}
