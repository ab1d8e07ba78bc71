/*
 * Every value has one encoding: what the writer gives the reader takes, and of all byte
 * strings of one or two bytes exactly the canonical ones pass. The known cases are in
 * test_vectors.c.
 */
#include "core/msgpack.h"
#include "tests/unit/test.h"

static void test_uint_borders(void **state)
{
    static const uint64_t values[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff,
        UINT64_C(0x100000000), UINT_MAX_CANONICAL};
    static const size_t lengths[] = {1, 1, 1, 2, 2, 3, 3, 5, 5, 9, 9};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct msgpack_reader r;
        struct span s;
        struct buf b;

        buf_init(&b, 100);
        msgpack_put_uint(&b, values[i]);
        assert_int_equal(b.n, lengths[i]);
        s = span_copy(buf_view(&b));
        r = msgpack_read(s);
        assert_true(msgpack_uint(&r) == values[i]);
        assert_true(msgpack_done(&r));
        assert_true(msgpack_canonical(s));
        for (size_t cut = 0; cut < s.n; cut++)
            assert_false(msgpack_canonical(span_of(s.p, cut)));
        span_free(s);
        buf_destroy(&b);
    }
}

/* Lengths on both sides of every border between headers. */
static void test_length_borders(void **state)
{
    static const size_t lengths[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536};
    static uint8_t bytes[65536];

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct msgpack_reader r;
        struct span s;
        struct buf b;

        buf_init(&b, 4 * sizeof bytes);
        msgpack_put_array(&b, 2);
        msgpack_put_str(&b, span_of(bytes, lengths[i]));
        msgpack_put_bin(&b, span_of(bytes, lengths[i]));
        s = span_copy(buf_view(&b));
        r = msgpack_read(s);
        assert_int_equal(msgpack_array(&r), 2);
        assert_int_equal(msgpack_peek(&r), MSGPACK_STR);
        assert_int_equal(msgpack_str(&r).n, lengths[i]);
        assert_int_equal(msgpack_peek(&r), MSGPACK_BIN);
        assert_int_equal(msgpack_bin(&r).n, lengths[i]);
        assert_true(msgpack_done(&r));
        assert_true(msgpack_canonical(s));
        span_free(s);
        buf_clear(&b);
        msgpack_put_array(&b, lengths[i]);
        for (size_t j = 0; j < lengths[i]; j++)
            msgpack_put_true(&b);
        assert_true(msgpack_canonical(buf_view(&b)));
        buf_destroy(&b);
    }
}

static bool pair_is_canonical(uint8_t a, uint8_t b)
{
    if (a == 0xcc)
        return b >= 0x80;
    if (a == 0x91)
        return b < 0x80 || b == 0x80 || b == 0x90 || b == 0xa0 || b == 0xc3;
    if (a == 0xa1)
        return b >= 0x20 && b < 0x7f;
    return a == 0xc4 && b == 0;
}

static void test_all_short_strings(void **state)
{
    (void)state;
    assert_false(msgpack_canonical(span_of(NULL, 0)));
    for (unsigned a = 0; a < 256; a++) {
        uint8_t bytes[2] = {(uint8_t)a, 0};
        bool one = a < 0x80 || a == 0x80 || a == 0x90 || a == 0xa0 || a == 0xc3;

        assert_int_equal(msgpack_canonical(span_of(bytes, 1)), one);
        for (unsigned b = 0; b < 256; b++) {
            bytes[1] = (uint8_t)b;
            if (msgpack_canonical(span_of(bytes, 2)) != pair_is_canonical(bytes[0], bytes[1]))
                fail_msg("%02x%02x", a, b);
        }
    }
}

static void test_depth(void **state)
{
    struct span good = span_unhex("91919101"), deep = span_unhex("9191919101");
    struct span maps = span_unhex("81a16181a16281a16301"),
                deeper = span_unhex("81a16181a16281a16381a16401");
    struct span empty = span_unhex("91919190"), key = span_unhex("9191918101");

    (void)state;
    assert_true(msgpack_canonical(good));
    assert_false(msgpack_canonical(deep));
    assert_true(msgpack_canonical(maps));
    assert_false(msgpack_canonical(deeper));
    assert_true(msgpack_canonical(empty));
    assert_false(msgpack_canonical(key));
    span_free(good);
    span_free(deep);
    span_free(maps);
    span_free(deeper);
    span_free(empty);
    span_free(key);
}

static void test_wrong_type_is_sticky(void **state)
{
    struct span s = span_unhex("9201a161");
    struct msgpack_reader r = msgpack_read(s);
    struct hash h;

    (void)state;
    assert_int_equal(msgpack_map(&r), 0);
    assert_int_equal(msgpack_peek(&r), MSGPACK_NONE);
    assert_int_equal(msgpack_array(&r), 0);
    assert_int_equal(msgpack_uint(&r), 0);
    assert_false(msgpack_true(&r));
    assert_int_equal(msgpack_str(&r).n, 0);
    msgpack_hash(&r, &h);
    assert_false(msgpack_done(&r));
    span_free(s);
}

/* A key that does not ascend is a failure, and nothing is read of it. */
static void test_key_out_of_order_is_nothing(void **state)
{
    struct span s = span_unhex("82a16201a16101"), last = {NULL, 0};
    struct msgpack_reader r = msgpack_read(s);

    (void)state;
    assert_int_equal(msgpack_map(&r), 2);
    assert_true(span_is(msgpack_key(&r, &last), "b"));
    assert_int_equal(msgpack_uint(&r), 1);
    assert_int_equal(msgpack_key(&r, &last).n, 0);
    assert_int_equal(msgpack_peek(&r), MSGPACK_NONE);
    span_free(s);
}

/* A header that promises more than is left is refused at once, not when the rest runs out. */
static void test_promises(void **state)
{
    static const struct {
        const char *hex;
        bool map, good;
    } cases[] = {{"ddffffffff01", false, false}, {"dc001001", false, false},
        {"930102", false, false}, {"920102", false, true}, {"dfffffffff0101", true, false},
        {"82a1610101", true, true}, {"82a16101", true, false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct span s = span_unhex(cases[i].hex);
        struct msgpack_reader r = msgpack_read(s);
        size_t count = cases[i].map ? msgpack_map(&r) : msgpack_array(&r);

        assert_int_equal(count, cases[i].good ? 2 : 0);
        assert_int_equal(r.in.failed, !cases[i].good);
        span_free(s);
    }
}

/* Random bytes, and a good record with bytes changed, never make the reader read outside. */
static void test_noise(void **state)
{
    struct span record = span_unhex("83a6616374696f6ea57175657279a2617401a473616c74c410737373737373"
                                    "73737373737373737373");
    uint64_t seed = test_seed();
    size_t good = 0;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        size_t n = i % 2 == 0 ? test_random(&seed) % 24 : record.n;
        struct span s = span_copy(i % 2 == 0 ? span_of(record.p, n) : record);
        uint8_t *p = (uint8_t *)(uintptr_t)s.p;

        if (i % 2 == 0) {
            for (size_t j = 0; j < n; j++)
                p[j] = (uint8_t)test_random(&seed);
        } else {
            p[test_random(&seed) % n] = (uint8_t)test_random(&seed);
        }
        good += msgpack_canonical(s) ? 1 : 0;
        span_free(s);
    }
    assert_true(good > 0 && good < 200000);
    span_free(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uint_borders),
        cmocka_unit_test(test_length_borders),
        cmocka_unit_test(test_all_short_strings),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_wrong_type_is_sticky),
        cmocka_unit_test(test_key_out_of_order_is_nothing),
        cmocka_unit_test(test_promises),
        cmocka_unit_test(test_noise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
