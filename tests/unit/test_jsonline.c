/* A JSON object becomes exactly one canonical record, or an error that names the field. */
#include "client/jsonline.h"
#include "core/msgpack.h"
#include "tests/unit/test.h"

#define SALT ",\"salt\":{\"hex\":\"000102030405060708090a0b0c0d0e0f\"}"

static struct keiin_record *record;

static int setup(void **state)
{
    (void)state;
    record = compose_new();
    return record == NULL;
}

static int teardown(void **state)
{
    (void)state;
    compose_free(record);
    return 0;
}

static int encode(const char *json, struct buf *out, struct why *why)
{
    struct span copy = span_copy(span_str(json));
    int err;

    compose_clear(record);
    buf_clear(out);
    err = jsonline_read(copy, record, why);
    span_free(copy);
    return err == 0 ? compose_encode(record, out, why) : err;
}

/* The order in which fields are given makes no difference; the bytes are the canonical ones. */
static void canonical(void **state)
{
    static const char *const same[] = {
        "{\"action\":\"query\",\"at\":1790847000123,\"count\":300" SALT "}",
        "{\"count\":300" SALT ",\"at\":\"2026-10-01T09:30:00.123Z\",\"action\":\"query\"}",
        "  {\"at\":\"2026-10-01T18:30:00.1239+09:00\" "
        ",\"action\":\"\\u0071uery\",\"count\":300" SALT "} \r",
    };
    struct span wanted =
        span_unhex("84a6616374696f6ea57175657279a26174cf000001a0f66f8a3b"
                   "a5636f756e74cd012ca473616c74c410000102030405060708090a0b0c0d0e0f");
    struct buf out;

    (void)state;
    buf_init(&out, 100000);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct msgpack_reader r;
        struct span last = {NULL, 0};

        assert_int_equal(encode(same[i], &out, NULL), 0);
        assert_true(msgpack_canonical(buf_view(&out)));
        /* at is checked by its value, the rest byte by byte */
        r = msgpack_read(buf_view(&out));
        assert_int_equal(msgpack_map(&r), 4);
        assert_true(span_is(msgpack_key(&r, &last), "action"));
        assert_true(span_is(msgpack_str(&r), "query"));
        assert_true(span_is(msgpack_key(&r, &last), "at"));
        assert_int_equal(msgpack_uint(&r), UINT64_C(1790847000123));
        assert_int_equal(out.n, wanted.n);
        assert_memory_equal(out.p, wanted.p, 16);
        assert_memory_equal(out.p + 26, wanted.p + 26, wanted.n - 26);
    }
    span_free(wanted);
    buf_destroy(&out);
}

static void extensions(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100000);
    assert_int_equal(
        encode("{\"action\":\"a\",\"at\":0,\"x-\":{\"b\":1,\"a\":[true,{\"hex\":\"ff\"}]}" SALT "}",
            &out, NULL),
        0);
    assert_true(msgpack_canonical(buf_view(&out)));
    /* {"x-": {"a": [true, ff], "b": 1}}, its keys in order */
    {
        struct span wanted = span_unhex("a2782d82a16192c3c401ffa16201");

        assert_non_null(memmem(out.p, out.n, wanted.p, wanted.n));
        span_free(wanted);
    }
    buf_destroy(&out);
}

static void refused(void **state)
{
    static const struct {
        const char *json, *names;
    } cases[] = {
        {"{\"action\":\"a\",\"at\":1,\"at\":1" SALT "}", "at"},
        {"{\"action\":\"a\",\"at\":1,\"x-a\":{\"b\":1,\"b\":1}" SALT "}", "b"},
        {"{\"action\":\"a\",\"at\":1.0" SALT "}", "at"},
        {"{\"action\":\"a\",\"at\":1,\"x-a\":1.5" SALT "}", "x-a"},
        {"{\"action\":\"a\",\"at\":1,\"x-a\":null" SALT "}", "x-a"},
        {"{\"action\":\"a\",\"at\":1,\"x-a\":false" SALT "}", "x-a"},
        {"{\"action\":\"a\",\"at\":1,\"x-a\":-1" SALT "}", "x-a"},
        {"{\"action\":\"a\",\"at\":1,\"x-a\":[[[1]]]" SALT "}", "x-a"},
        {"{\"action\":\"a\",\"at\":1,\"other\":1" SALT "}", "other"},
        {"{\"action\":1,\"at\":1" SALT "}", "action"},
        {"{\"action\":\"\",\"at\":1" SALT "}", "action"},
        {"{\"action\":\"a\",\"at\":true" SALT "}", "at"},
        {"{\"action\":\"a\",\"at\":1,\"count\":\"1\"" SALT "}", "count"},
        {"{\"action\":\"a\",\"at\":1,\"parents\":[\"a\",1]" SALT "}", "parents"},
        {"{\"action\":\"a\",\"at\":1,\"parents\":\"a\"" SALT "}", "parents"},
        {"{\"action\":\"a\",\"at\":1,\"criteria\":\"00\"" SALT "}", "criteria"},
        {"{\"action\":\"a\",\"at\":1,\"salt\":{\"hex\":\"00\"}}", "salt"},
        {"{\"action\":\"a\",\"at\":1}", "salt"},
        {"{\"at\":1" SALT "}", "action"},
        {"{\"action\":\"a\"" SALT "}", "at"},
        {"{\"action\":\"a\",\"at\":1" SALT "} x", "JSON"},
        {"[]", "JSON"},
        {"", "JSON"},
        {"{\"action\":\"a\",\"at\":1,\"reason\":\"\\u0000\"" SALT "}", "JSON"},
        {"{\"action\":\"a\",\"at\":1,\"reason\":\"\\u200b\"" SALT "}", "reason"},
        {"{\"action\":\"a\",\"at\":18446744073709551616" SALT "}", "JSON"},
    };
    struct why why;
    struct buf out;

    (void)state;
    buf_init(&out, 100000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        why.text[0] = 0;
        assert_int_equal(encode(cases[i].json, &out, &why), KEIIN_EMALFORMED);
        if (strstr(why.text, cases[i].names) == NULL)
            fail_msg("%s: \"%s\" does not name %s", cases[i].json, why.text, cases[i].names);
        assert_null(strchr(why.text, '\n'));
    }
    buf_destroy(&out);
}

/* A record of the greatest size passes, one byte more does not. */
static void sizes(void **state)
{
    char *json = malloc(RECORD_BYTES_MAX + 1024);
    struct buf out;

    (void)state;
    assert_non_null(json);
    buf_init(&out, 2 * RECORD_BYTES_MAX);
    for (size_t n = 59900; n < 60100; n++) {
        size_t head = (size_t)sprintf(json, "{\"action\":\"a\",\"at\":1" SALT ",\"x-a\":\"");
        int err;

        memset(json + head, 'y', n);
        strcpy(json + head + n, "\"}");
        err = encode(json, &out, NULL);
        /* The rest of the record is the same each time: header, names, two values. */
        assert_int_equal(err, n + 44 <= RECORD_BYTES_MAX ? 0 : KEIIN_EMALFORMED);
        if (err == 0)
            assert_int_equal(out.n, n + 44);
    }
    buf_destroy(&out);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical),
        cmocka_unit_test(extensions),
        cmocka_unit_test(refused),
        cmocka_unit_test(sizes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
