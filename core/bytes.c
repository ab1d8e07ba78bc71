#include "core/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int span_cmp(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

struct cursor cursor_of(struct span s)
{
    static const uint8_t none[1];

    if (s.n == 0)
        return (struct cursor){none, none, false};
    return (struct cursor){s.p, s.p + s.n, false};
}

struct span cursor_take(struct cursor *c, size_t n)
{
    struct span s = {c->p, n};

    if (c->failed || n > cursor_left(c)) {
        c->failed = true;
        return (struct span){c->p, 0};
    }
    c->p += n;
    return s;
}

uint8_t cursor_u8(struct cursor *c)
{
    struct span s = cursor_take(c, 1);

    return s.n == 1 ? s.p[0] : 0;
}

uint16_t cursor_be16(struct cursor *c)
{
    struct span s = cursor_take(c, 2);

    return s.n == 2 ? be16_get(s.p) : 0;
}

uint32_t cursor_be32(struct cursor *c)
{
    struct span s = cursor_take(c, 4);

    return s.n == 4 ? be32_get(s.p) : 0;
}

void cursor_hash(struct cursor *c, struct hash *out)
{
    struct span s = cursor_take(c, HASH_BYTES);

    if (s.n == HASH_BYTES)
        memcpy(out->b, s.p, HASH_BYTES);
    else
        memset(out->b, 0, HASH_BYTES);
}

struct span cursor_line(struct cursor *c)
{
    const uint8_t *nl = NULL;
    struct span line;

    if (!c->failed && c->p < c->end)
        nl = memchr(c->p, '\n', cursor_left(c));
    if (nl == NULL) {
        c->failed = true;
        return (struct span){c->p, 0};
    }
    line = (struct span){c->p, (size_t)(nl - c->p)};
    c->p = nl + 1;
    return line;
}

bool cursor_skip(struct cursor *c, const char *literal)
{
    size_t n = strlen(literal);

    if (c->failed || n > cursor_left(c) || memcmp(c->p, literal, n) != 0)
        return false;
    c->p += n;
    return true;
}

bool cursor_done(const struct cursor *c)
{
    return !c->failed && c->p == c->end;
}

void *array_room(void *array, size_t count, size_t *cap, size_t item_bytes)
{
    size_t more = *cap == 0 ? 16 : *cap + *cap / 2;
    void *bigger;

    assert(count <= *cap);
    if (count < *cap)
        return array;
    if (more > SIZE_MAX / 2 / item_bytes)
        return NULL;
    bigger = realloc(array, more * item_bytes);
    if (bigger != NULL)
        *cap = more;
    return bigger;
}

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){NULL, 0, 0, max, 0};
}

void buf_destroy(struct buf *b)
{
    free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->status = 0;
}

uint8_t *buf_extend(struct buf *b, size_t n)
{
    uint8_t *p;
    size_t cap;

    if (b->status != 0)
        return NULL;
    if (n > b->max || b->n > b->max - n) {
        b->status = KEIIN_ELIMIT;
        return NULL;
    }
    if (b->p == NULL || b->n + n > b->cap) {
        cap = b->cap < 128 ? 128 : b->cap * 2;
        if (cap < b->n + n)
            cap = b->n + n;
        p = realloc(b->p, cap);
        if (p == NULL) {
            b->status = KEIIN_ENOMEM;
            return NULL;
        }
        b->p = p;
        b->cap = cap;
    }
    p = b->p + b->n;
    b->n += n;
    return p;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
    uint8_t *to = buf_extend(b, n);

    if (to != NULL && n > 0)
        memcpy(to, p, n);
}

void buf_put_span(struct buf *b, struct span s)
{
    buf_put(b, s.p, s.n);
}

void buf_put_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_put_u8(struct buf *b, uint8_t v)
{
    buf_put(b, &v, 1);
}

void buf_put_be16(struct buf *b, uint16_t v)
{
    uint8_t *to = buf_extend(b, 2);

    if (to != NULL)
        be16_put(to, v);
}

void buf_put_be32(struct buf *b, uint32_t v)
{
    uint8_t *to = buf_extend(b, 4);

    if (to != NULL)
        be32_put(to, v);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    uint8_t *to;
    size_t max;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        b->status = KEIIN_ENOMEM;
        return;
    }
    /* vsnprintf ends with a NUL, taken back below, which may stand behind the limit. */
    max = b->max;
    b->max = max < SIZE_MAX ? max + 1 : max;
    to = buf_extend(b, (size_t)n + 1);
    b->max = max;
    if (to == NULL)
        return;
    va_start(args, format);
    vsnprintf((char *)to, (size_t)n + 1, format, args);
    va_end(args);
    b->n--;
}

struct span buf_view(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

int buf_status(const struct buf *b)
{
    return b->status;
}

uint8_t *buf_take(struct buf *b, size_t *n)
{
    uint8_t *p;

    b->max = b->max < SIZE_MAX ? b->max + 1 : b->max;
    buf_put_u8(b, 0);
    if (b->status != 0) {
        buf_destroy(b);
        return NULL;
    }
    p = b->p;
    if (n != NULL)
        *n = b->n - 1;
    b->p = NULL;
    b->n = b->cap = 0;
    return p;
}
