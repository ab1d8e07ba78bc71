/*
 * Spans, hashes, byte order, a bounded cursor and a growing buffer. Everything that
 * parses reads through `struct cursor`; everything that formats writes through
 * `struct buf`. Both carry a sticky failure that is looked at once, at the end.
 */
#ifndef KEIIN_CORE_BYTES_H
#define KEIIN_CORE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/err.h"
#include "core/limits.h"

/* Borrowed bytes. `p` may be NULL only when `n` is 0. */
struct span {
    const uint8_t *p;
    size_t n;
};

/* A SHA-256 value, or any 32 bytes compared like one. */
struct hash {
    uint8_t b[HASH_BYTES];
};

static inline struct span span_of(const void *p, size_t n)
{
    return (struct span){(const uint8_t *)p, n};
}

static inline struct span span_str(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

static inline struct span span_hash(const struct hash *h)
{
    return (struct span){h->b, HASH_BYTES};
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is(struct span a, const char *s)
{
    return span_eq(a, span_str(s));
}

/* As memcmp orders them, a prefix first. */
int span_cmp(struct span a, struct span b);

static inline bool hash_eq(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, HASH_BYTES) == 0;
}

static inline uint16_t be16_get(const uint8_t *p)
{
    return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t be32_get(const uint8_t *p)
{
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline uint64_t be64_get(const uint8_t *p)
{
    return ((uint64_t)be32_get(p) << 32) | be32_get(p + 4);
}

static inline void be16_put(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void be32_put(uint8_t *p, uint32_t v)
{
    be16_put(p, (uint16_t)(v >> 16));
    be16_put(p + 2, (uint16_t)v);
}

static inline void be64_put(uint8_t *p, uint64_t v)
{
    be32_put(p, (uint32_t)(v >> 32));
    be32_put(p + 4, (uint32_t)v);
}

/* A read position in borrowed bytes. After `failed` every read gives zero or nothing. */
struct cursor {
    const uint8_t *p;
    const uint8_t *end;
    bool failed;
};

struct cursor cursor_of(struct span s);
static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}
struct span cursor_take(struct cursor *c, size_t n); /* n bytes, or failure */
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_be16(struct cursor *c);
uint32_t cursor_be32(struct cursor *c);
void cursor_hash(struct cursor *c, struct hash *out);
/* Up to the next newline, which is consumed and left out; failure when there is none. */
struct span cursor_line(struct cursor *c);
/* Consumes `literal` and says true, or consumes nothing. */
bool cursor_skip(struct cursor *c, const char *literal);
/* True when everything was read and nothing failed. */
bool cursor_done(const struct cursor *c);

/*
 * Room for one item more behind the `count` of an array that has place for *cap: the array, perhaps
 * moved, or NULL when there is no memory; then it is as it was. It begins as NULL with *cap 0.
 */
void *array_room(void *array, size_t count, size_t *cap, size_t item_bytes) KEIIN_MUST_USE;

/*
 * Bytes that grow, up to `max`. After a failure (no memory, or over `max`) every put is
 * ignored; buf_status says which. `p` is owned and moves when the buffer grows.
 */
struct buf {
    uint8_t *p;
    size_t n;
    size_t cap;
    size_t max;
    int status;
};

void buf_init(struct buf *b, size_t max);
void buf_destroy(struct buf *b);
void buf_clear(struct buf *b); /* empties, keeps the memory, forgets a failure */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_put_span(struct buf *b, struct span s);
void buf_put_str(struct buf *b, const char *s);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_be16(struct buf *b, uint16_t v);
void buf_put_be32(struct buf *b, uint32_t v);
void buf_printf(struct buf *b, const char *format, ...) KEIIN_PRINTF(2, 3);
/* Room for n bytes at the end, already counted in `n`; NULL after a failure. */
uint8_t *buf_extend(struct buf *b, size_t n);
struct span buf_view(const struct buf *b);
/* 0, KEIIN_ENOMEM or KEIIN_ELIMIT. */
int buf_status(const struct buf *b) KEIIN_MUST_USE;
/* Gives the bytes, ended by a NUL that is not counted; NULL after a failure. free() them. */
uint8_t *buf_take(struct buf *b, size_t *n);

#endif
