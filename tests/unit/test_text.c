/* One valid spelling each for base64, hex, decimals and times; UTF-8; what is shown to people. */
#include "tests/unit/test.h"

static void test_base64_round_trip(void **state)
{
    uint8_t bytes[70], back[70];
    uint64_t seed = test_seed();

    (void)state;
    for (size_t n = 0; n <= sizeof bytes; n++) {
        struct buf b;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)test_random(&seed);
        buf_init(&b, 200);
        base64_encode(&b, span_of(bytes, n));
        assert_int_equal(b.n, BASE64_BYTES(n));
        assert_int_equal(base64_check(buf_view(&b)), n);
        assert_true(base64_decode(back, n, buf_view(&b)));
        assert_memory_equal(back, bytes, n);
        assert_false(base64_decode(back, n + 1, buf_view(&b)));
        buf_destroy(&b);
    }
}

/* RFC 4648 section 10. */
static void test_base64_known(void **state)
{
    static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct buf b;

        buf_init(&b, 20);
        base64_encode(&b, span_str(pairs[i][0]));
        test_assert_span(buf_view(&b), span_str(pairs[i][1]));
        buf_destroy(&b);
    }
}

static void test_base64_one_spelling(void **state)
{
    static const char *const bad[] = {"Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "Zm 9v",
        "Zm9v====", "Z===", "====", "Zg==Zg==", "Zm-_", "=m9v", "Zm9vYg=a"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct span s = span_copy(span_str(bad[i]));

        if (base64_check(s) != -1)
            fail_msg("\"%s\" passes for base64", bad[i]);
        span_free(s);
    }
}

static void test_hex(void **state)
{
    uint8_t b[3];
    char text[7], grouped[HEX_GROUPED_BYTES];
    struct hash h;

    (void)state;
    assert_true(hex_decode(b, 3, span_str("00fF10")) == false);
    assert_true(hex_decode(b, 3, span_str("00ff10")));
    hex_encode(text, span_of(b, 3));
    assert_string_equal(text, "00ff10");
    assert_false(hex_decode(b, 3, span_str("00ff1")));
    assert_false(hex_decode(b, 3, span_str("00ff1g")));
    for (size_t i = 0; i < HASH_BYTES; i++)
        h.b[i] = (uint8_t)i;
    hex_grouped(grouped, &h);
    assert_string_equal(grouped, "0001 0203 0405 0607 0809 0a0b 0c0d 0e0f 1011 1213 1415 1617 "
                                 "1819 1a1b 1c1d 1e1f");
}

static void test_decimal(void **state)
{
    static const char *const bad[] = {"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "0x1",
        "18446744073709551616", "99999999999999999999999", "9007199254740992"};
    uint64_t v;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (decimal_parse(span_str(bad[i]), UINT_MAX_CANONICAL, &v))
            fail_msg("\"%s\" passes for a decimal", bad[i]);
    assert_true(decimal_parse(span_str("0"), 0, &v) && v == 0);
    assert_true(decimal_parse(span_str("9007199254740991"), UINT_MAX_CANONICAL, &v));
    assert_true(v == UINT_MAX_CANONICAL);
    assert_true(decimal_parse(span_str("18446744073709551615"), UINT64_MAX, &v));
    assert_true(v == UINT64_MAX);
    assert_false(decimal_parse(span_str("11"), 10, &v));
}

static void test_utf8(void **state)
{
    static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
        "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3",
        "\xe3\x81", "\xf0\x9f\x98", "a\xff"};
    static const char *const invisible[] = {"\n", "\x7f", "\xc2\x80", "\xe2\x80\x8b",
        "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa0", "\xe2\x81\xa9",
        "\xef\xbb\xbf"};
    static const char *const plain[] = {"", "\xe5\xa5\x91\xe5\x8d\xb0", "\xf4\x8f\xbf\xbf",
        "\xe2\x80\xa7", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe2\x81\xaa", "\xc2\xa0", "\xe2\x80\x90"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct span s = span_copy(span_str(bad[i]));

        assert_false(utf8_valid(s));
        assert_false(utf8_plain(s));
        span_free(s);
    }
    for (size_t i = 0; i < sizeof invisible / sizeof invisible[0]; i++) {
        assert_true(utf8_valid(span_str(invisible[i])));
        assert_false(utf8_plain(span_str(invisible[i])));
    }
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        assert_true(utf8_plain(span_str(plain[i])));
}

/* Found by fuzzing: a reason that named a field cut a character in two. */
static void test_utf8_beginning(void **state)
{
    struct span text = span_str("ab\xe5\xa5\x91\xf0\x9f\x98\x80z");
    static const size_t expected[] = {0, 1, 2, 2, 2, 5, 5, 5, 5, 9, 10, 10};

    (void)state;
    for (size_t n = 0; n < sizeof expected / sizeof expected[0]; n++)
        assert_int_equal(utf8_beginning(text, n).n, expected[n]);
}

static void test_names(void **state)
{
    char longest[NAME_BYTES_MAX + 2];

    (void)state;
    memset(longest, 'a', sizeof longest);
    assert_true(name_valid(span_of(longest, NAME_BYTES_MAX)));
    assert_false(name_valid(span_of(longest, NAME_BYTES_MAX + 1)));
    assert_false(name_valid(span_of(NULL, 0)));
    assert_false(name_valid(span_str("a+b")));
    assert_true(id_valid(span_str("a+b")));
    assert_false(id_valid(span_str("a b")));
    assert_false(id_valid(span_str("\xe5\xa5\x91")));
}

static void shows(const char *text, const char *wanted)
{
    struct span s = span_copy(span_str(text));
    struct buf b;

    buf_init(&b, 1000);
    text_visible(&b, s);
    test_assert_span(buf_view(&b), span_str(wanted));
    buf_destroy(&b);
    span_free(s);
}

static void test_visible(void **state)
{
    (void)state;
    shows("plain \xe5\xa5\x91", "plain \xe5\xa5\x91");
    shows("\x1b[31m", "\\u{001b}[31m");
    shows("a\nb", "a\\u{000a}b");
    shows("abc\xe2\x80\xae"
          "def",
        "abc\\u{202e}def");
    shows("\x9f", "\\x{9f}");
    shows("\\x{9f}", "\\\\x{9f}"); /* what was escaped cannot be mistaken for what was there */
    shows("\xe2\x80", "\\x{e2}\\x{80}");
}

static void test_times(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"1970-01-01T00:00:00Z", 0}, {"2000-02-29T12:00:00Z", UINT64_C(951825600000)},
        {"2026-10-01T09:30:00.123Z", UINT64_C(1790847000123)},
        {"2026-10-01T18:30:00.123999999+09:00", UINT64_C(1790847000123)},
        {"2026-10-01 04:30:00.1-05:00", UINT64_C(1790847000100)},
        {"9999-12-31T23:59:59.999Z", UINT64_C(253402300799999)}};
    static const char *const bad[] = {"", "2026-10-01", "2026-10-01T09:30Z", "2026-10-01T09:30:00",
        "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2026-10-01T24:00:00Z", "2026-10-01T00:60:00Z", "2026-10-01T09:30:00.Z",
        "2026-10-01T09:30:00.1234567890Z", "2026-10-01T09:30:00Zx", "1970-01-01T00:00:00+00:01",
        "2026-10-01T09:30:00+24:00", "2026-10-0aT09:30:00Z", "1969-12-31T23:59:59Z"};
    char text[TIME_TEXT_BYTES];
    uint64_t ms, seed = test_seed();

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!time_parse(span_str(good[i].text), &ms) || ms != good[i].ms)
            fail_msg("%s is not %llu", good[i].text, (unsigned long long)good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (time_parse(span_str(bad[i]), &ms))
            fail_msg("\"%s\" passes for a time", bad[i]);
    for (int i = 0; i < 10000; i++) {
        uint64_t wanted = test_random(&seed) % UINT64_C(253402300800000);

        time_text(text, wanted);
        assert_true(time_parse(span_str(text), &ms));
        assert_true(ms == wanted);
    }
    time_text(text, UINT_MAX_CANONICAL);
    assert_true(strlen(text) < sizeof text);
}

static void test_whole(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {
        {"", 0}, {"abc", 3}, {"a\xc3", 1}, {"a\xc3\xa9", 3}, {"a\xe5\x8f", 1}, {"a\xe5", 1},
        {"\xe5\x8f\xb0", 3}, {"\xe5\x8f\xb0\xf0\x9f\x9a", 3}, {"\xf0\x9f\x9a\x80", 4},
        {"\xf0\x9f\x9a\x80\xf0", 4}, {"\x80\x80\x80\x80", 4}, {"\xe5", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct span copy = span_copy(span_str(cases[i].text));

        assert_int_equal(utf8_whole(copy).n, cases[i].n);
        span_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_base64_round_trip),
        cmocka_unit_test(test_base64_known),
        cmocka_unit_test(test_base64_one_spelling),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_utf8_beginning),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_visible),
        cmocka_unit_test(test_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
