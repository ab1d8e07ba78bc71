/*
 * core/msgpack.c: what it takes is exactly what a second reader takes, msgpack-c reads the same
 * values in it, its writer makes the same bytes, and after a failure nothing more is read.
 */
#include "core/msgpack.h"

#include <stdlib.h>

#include <msgpack/pack.h>
#include <msgpack/unpack.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plain_msgpack.h"

const unsigned fuzz_rounds = 60000;

static void write_value(struct buf *out, const struct plain *v)
{
    switch (v->type) {
    case PLAIN_UINT:
        msgpack_put_uint(out, v->number);
        return;
    case PLAIN_TRUE:
        msgpack_put_true(out);
        return;
    case PLAIN_STR:
        msgpack_put_str(out, v->bytes);
        return;
    case PLAIN_BIN:
        msgpack_put_bin(out, v->bytes);
        return;
    case PLAIN_ARRAY:
        msgpack_put_array(out, v->count);
        break;
    case PLAIN_MAP:
        msgpack_put_map(out, v->count);
        break;
    }
    for (size_t i = 0; i < v->count * (v->type == PLAIN_MAP ? 2 : 1); i++)
        write_value(out, &v->items[i]);
}

/* The same value by msgpack-c. */
static void compare(const struct plain *v, const msgpack_object *o)
{
    switch (v->type) {
    case PLAIN_UINT:
        FUZZ_CHECK(o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 == v->number);
        return;
    case PLAIN_TRUE:
        FUZZ_CHECK(o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean);
        return;
    case PLAIN_STR:
        FUZZ_CHECK(o->type == MSGPACK_OBJECT_STR &&
                   span_eq(span_of(o->via.str.ptr, o->via.str.size), v->bytes));
        return;
    case PLAIN_BIN:
        FUZZ_CHECK(o->type == MSGPACK_OBJECT_BIN &&
                   span_eq(span_of(o->via.bin.ptr, o->via.bin.size), v->bytes));
        return;
    case PLAIN_ARRAY:
        FUZZ_CHECK(o->type == MSGPACK_OBJECT_ARRAY && o->via.array.size == v->count);
        for (size_t i = 0; i < v->count; i++)
            compare(&v->items[i], &o->via.array.ptr[i]);
        return;
    case PLAIN_MAP:
        FUZZ_CHECK(o->type == MSGPACK_OBJECT_MAP && o->via.map.size == v->count);
        for (size_t i = 0; i < v->count; i++) {
            compare(&v->items[2 * i], &o->via.map.ptr[i].key);
            compare(&v->items[2 * i + 1], &o->via.map.ptr[i].val);
        }
        return;
    }
}

static void other_reader(struct span in, const struct plain *v)
{
    msgpack_unpacked unpacked;
    size_t offset = 0;

    msgpack_unpacked_init(&unpacked);
    FUZZ_CHECK(msgpack_unpack_next(&unpacked, (const char *)in.p, in.n, &offset) ==
               MSGPACK_UNPACK_SUCCESS);
    FUZZ_CHECK(offset == in.n);
    compare(v, &unpacked.data);
    msgpack_unpacked_destroy(&unpacked);
}

/* Reads of types that the bytes themselves choose: none beyond the end, none after a failure. */
static void wander(struct span in)
{
    struct msgpack_reader r = msgpack_read(in);
    struct choices c = choices_of(in);
    struct span last = {NULL, 0}, s;
    struct hash hash;

    for (int i = 0; i < 32; i++) {
        bool failed = r.in.failed;
        const uint8_t *at = r.in.p;
        uint64_t value = 0;

        s = span_of(NULL, 0);
        memset(&hash, 0, sizeof hash);
        switch (choose(&c, 9)) {
        case 0:
            value = msgpack_uint(&r);
            break;
        case 1:
            s = msgpack_str(&r);
            break;
        case 2:
            s = msgpack_bin(&r);
            break;
        case 3:
            value = msgpack_true(&r);
            break;
        case 4:
            value = msgpack_array(&r);
            break;
        case 5:
            value = msgpack_map(&r);
            break;
        case 6:
            msgpack_hash(&r, &hash);
            value = hash.b[0];
            break;
        case 7:
            s = msgpack_key(&r, &last);
            break;
        default:
            msgpack_skip(&r, 1 + choose(&c, 4));
        }
        FUZZ_CHECK(r.in.p >= at && r.in.p <= r.in.end);
        FUZZ_CHECK(!failed || r.in.failed);
        FUZZ_CHECK(!r.in.failed || (value == 0 && s.n == 0 && msgpack_peek(&r) == MSGPACK_NONE));
        FUZZ_CHECK(!failed || r.in.p == at);
        FUZZ_CHECK(s.n == 0 || (s.p >= in.p && s.p + s.n <= in.p + in.n));
    }
    FUZZ_CHECK(!r.in.failed || !msgpack_done(&r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct plain *v = plain_read(in);
    struct buf out;

    FUZZ_CHECK(msgpack_canonical(in) == (v != NULL));
    wander(in);
    if (v != NULL) {
        other_reader(in, v);
        buf_init(&out, in.n);
        write_value(&out, v);
        FUZZ_CHECK(span_eq(buf_view(&out), in));
        buf_destroy(&out);
    }
    plain_free(v);
    fuzz_end(in);
    return 0;
}
