#include "core/msgpack.h"

#include <msgpack/pack.h>

#include "core/text.h"

struct msgpack_reader msgpack_read(struct span bytes)
{
    return (struct msgpack_reader){cursor_of(bytes)};
}

static enum msgpack_type type_of(uint8_t head)
{
    if (head < 0x80 || (head >= 0xcc && head <= 0xcf))
        return MSGPACK_UINT;
    if (head < 0x90 || head == 0xde || head == 0xdf)
        return MSGPACK_MAP;
    if (head < 0xa0 || head == 0xdc || head == 0xdd)
        return MSGPACK_ARRAY;
    if (head < 0xc0 || (head >= 0xd9 && head <= 0xdb))
        return MSGPACK_STR;
    if (head >= 0xc4 && head <= 0xc6)
        return MSGPACK_BIN;
    return head == 0xc3 ? MSGPACK_TRUE : MSGPACK_NONE;
}

enum msgpack_type msgpack_peek(const struct msgpack_reader *r)
{
    return r->in.failed || cursor_left(&r->in) == 0 ? MSGPACK_NONE : type_of(*r->in.p);
}

/* A big-endian number of `bytes` bytes that must be above what a shorter form holds. */
static uint64_t tail(struct cursor *in, unsigned bytes, uint64_t least)
{
    struct span s = cursor_take(in, bytes);
    uint64_t v = 0;

    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    if (v < least)
        in->failed = true;
    return v;
}

/* The header of a value of the wanted type: its count, or for a uint its value. */
static uint64_t header(struct msgpack_reader *r, enum msgpack_type want)
{
    struct cursor *in = &r->in;
    uint8_t head;

    if (msgpack_peek(r) != want) {
        in->failed = true;
        return 0;
    }
    head = cursor_u8(in);
    switch (want) {
    case MSGPACK_UINT:
        if (head < 0x80)
            return head;
        switch (head) {
        case 0xcc:
            return tail(in, 1, 0x80);
        case 0xcd:
            return tail(in, 2, 0x100);
        case 0xce:
            return tail(in, 4, 0x10000);
        default:
            return tail(in, 8, UINT64_C(0x100000000));
        }
    case MSGPACK_STR:
        if (head < 0xc0)
            return head & 31;
        return head == 0xd9 ? tail(in, 1, 32) : head == 0xda ? tail(in, 2, 0x100)
                                                             : tail(in, 4, 0x10000);
    case MSGPACK_BIN:
        return head == 0xc4 ? tail(in, 1, 0) : head == 0xc5 ? tail(in, 2, 0x100)
                                                            : tail(in, 4, 0x10000);
    case MSGPACK_ARRAY:
        if (head < 0xa0)
            return head & 15;
        return head == 0xdc ? tail(in, 2, 16) : tail(in, 4, 0x10000);
    case MSGPACK_MAP:
        if (head < 0x90)
            return head & 15;
        return head == 0xde ? tail(in, 2, 16) : tail(in, 4, 0x10000);
    default:
        return 0;
    }
}

uint64_t msgpack_uint(struct msgpack_reader *r)
{
    uint64_t v = header(r, MSGPACK_UINT);

    if (v > UINT_MAX_CANONICAL)
        r->in.failed = true;
    return r->in.failed ? 0 : v;
}

struct span msgpack_str_raw(struct msgpack_reader *r)
{
    struct cursor *in = &r->in;

    if (!in->failed && in->p < in->end && (*in->p & 0xe0) == 0xa0) { /* up to 31 bytes: most */
        size_t n = *in->p & 31;

        if (n < cursor_left(in)) {
            in->p += 1 + n;
            return span_of(in->p - n, n);
        }
    }
    return cursor_take(&r->in, (size_t)header(r, MSGPACK_STR));
}

struct span msgpack_str(struct msgpack_reader *r)
{
    struct span s = msgpack_str_raw(r);

    if (!r->in.failed && !utf8_plain(s))
        r->in.failed = true;
    return r->in.failed ? (struct span){s.p, 0} : s;
}

struct span msgpack_bin(struct msgpack_reader *r)
{
    return cursor_take(&r->in, (size_t)header(r, MSGPACK_BIN));
}

bool msgpack_true(struct msgpack_reader *r)
{
    if (msgpack_peek(r) != MSGPACK_TRUE) {
        r->in.failed = true;
        return false;
    }
    cursor_u8(&r->in);
    return true;
}

static size_t elements(struct msgpack_reader *r, enum msgpack_type type, size_t bytes_each)
{
    uint64_t count = header(r, type);

    /* Every element takes a byte at least, a pair two: more cannot be there. */
    if (r->in.failed || count > cursor_left(&r->in) / bytes_each) {
        r->in.failed = true;
        return 0;
    }
    return (size_t)count;
}

size_t msgpack_array(struct msgpack_reader *r)
{
    return elements(r, MSGPACK_ARRAY, 1);
}

size_t msgpack_map(struct msgpack_reader *r)
{
    return elements(r, MSGPACK_MAP, 2);
}

void msgpack_hash(struct msgpack_reader *r, struct hash *out)
{
    struct span s = msgpack_bin(r);

    if (s.n != HASH_BYTES)
        r->in.failed = true;
    if (r->in.failed)
        memset(out->b, 0, HASH_BYTES);
    else
        memcpy(out->b, s.p, HASH_BYTES);
}

struct span msgpack_key(struct msgpack_reader *r, struct span *last)
{
    struct span key = msgpack_str(r);

    if (!r->in.failed && last->p != NULL && span_cmp(*last, key) >= 0)
        r->in.failed = true;
    if (r->in.failed)
        key.n = 0;
    *last = key;
    return key;
}

void msgpack_skip(struct msgpack_reader *r, unsigned depth)
{
    struct span last = {NULL, 0};
    size_t count;

    if (depth > MSGPACK_DEPTH_MAX) {
        r->in.failed = true;
        return;
    }
    switch (msgpack_peek(r)) {
    case MSGPACK_UINT:
        msgpack_uint(r);
        return;
    case MSGPACK_TRUE:
        msgpack_true(r);
        return;
    case MSGPACK_STR:
        msgpack_str(r);
        return;
    case MSGPACK_BIN:
        msgpack_bin(r);
        return;
    case MSGPACK_ARRAY:
        count = msgpack_array(r);
        for (size_t i = 0; i < count && !r->in.failed; i++)
            msgpack_skip(r, depth + 1);
        return;
    case MSGPACK_MAP:
        count = msgpack_map(r);
        /* A key stands one deeper than its map, like the value beside it. */
        if (count > 0 && depth + 1 > MSGPACK_DEPTH_MAX)
            r->in.failed = true;
        for (size_t i = 0; i < count && !r->in.failed; i++) {
            msgpack_key(r, &last);
            msgpack_skip(r, depth + 1);
        }
        return;
    case MSGPACK_NONE:
        r->in.failed = true;
        return;
    }
}

bool msgpack_done(const struct msgpack_reader *r)
{
    return cursor_done(&r->in);
}

bool msgpack_canonical(struct span bytes)
{
    struct msgpack_reader r = msgpack_read(bytes);

    msgpack_skip(&r, 1);
    return msgpack_done(&r);
}

static int write_to_buf(void *data, const char *bytes, size_t n)
{
    struct buf *out = data;

    buf_put(out, bytes, n);
    return 0; /* the buffer keeps its own failure */
}

void msgpack_put_uint(struct buf *out, uint64_t v)
{
    msgpack_packer packer = {out, write_to_buf};

    msgpack_pack_uint64(&packer, v);
}

void msgpack_put_true(struct buf *out)
{
    msgpack_packer packer = {out, write_to_buf};

    msgpack_pack_true(&packer);
}

void msgpack_put_str(struct buf *out, struct span text)
{
    msgpack_packer packer = {out, write_to_buf};

    msgpack_pack_str(&packer, text.n);
    msgpack_pack_str_body(&packer, text.p, text.n);
}

void msgpack_put_bin(struct buf *out, struct span bytes)
{
    msgpack_packer packer = {out, write_to_buf};

    msgpack_pack_bin(&packer, bytes.n);
    msgpack_pack_bin_body(&packer, bytes.p, bytes.n);
}

void msgpack_put_array(struct buf *out, size_t count)
{
    msgpack_packer packer = {out, write_to_buf};

    msgpack_pack_array(&packer, count);
}

void msgpack_put_map(struct buf *out, size_t count)
{
    msgpack_packer packer = {out, write_to_buf};

    msgpack_pack_map(&packer, count);
}
