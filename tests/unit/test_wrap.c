/* Paragraphs in lines, English and Japanese. */
#include "tests/unit/test.h"

#include "system/wrap.h"

static void wraps(const char *text, size_t indent, size_t column, const char *wanted)
{
    char *got = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&got, &n);
    struct span copy = span_copy(span_str(text));

    assert_non_null(to);
    wrap_put(to, copy, indent, column);
    fclose(to);
    assert_string_equal(got, wanted);
    free(got);
    span_free(copy);
}

#define TEN "1234567890"
#define FIFTY TEN TEN TEN TEN TEN
#define JA10 "一二三四五六七八九十"
#define JA40 JA10 JA10 JA10 JA10

static void test_english(void **state)
{
    (void)state;
    wraps("", 2, 2, "\n");
    wraps("a b", 2, 2, "a b\n");
    wraps(FIFTY " " FIFTY, 2, 2, FIFTY "\n  " FIFTY "\n");
    /* 96 columns are taken, no more. */
    wraps(FIFTY " " TEN TEN TEN TEN " 1234 5", 0, 0, FIFTY " " TEN TEN TEN TEN " 1234\n5\n");
    wraps(FIFTY " " TEN TEN TEN TEN " 12345", 0, 0, FIFTY " " TEN TEN TEN TEN "\n12345\n");
    /* A word without an end stays whole. */
    wraps(FIFTY FIFTY FIFTY " a", 4, 4, FIFTY FIFTY FIFTY "\n    a\n");
    /* A text that begins where a heading ended. */
    wraps(FIFTY, 0, 50, "\n" FIFTY "\n");
}

static void test_japanese(void **state)
{
    (void)state;
    wraps(JA40 "一二三四五六七八九", 0, 0, JA40 "一二三四五六七八\n九\n");
    wraps(JA40 "一二三四五六七八九", 2, 2, JA40 "一二三四五六七\n  八九\n");
    /* No line begins with what closes or ends with what opens. */
    wraps(JA40 "一二三四五六七八。九", 0, 0, JA40 "一二三四五六七\n八。九\n");
    wraps(JA40 "一二三四五六七（八）", 0, 0, JA40 "一二三四五六七\n（八）\n");
    wraps(JA40 "一二三四五六七八って", 0, 0, JA40 "一二三四五六七\n八って\n");
    /* A number stays with what it counts. */
    wraps(JA40 "一二三四五六七12件", 0, 0, JA40 "一二三四五六七\n12件\n");
    /* An id stays whole. */
    wraps(JA40 "一二三四auto:" TEN "に", 0, 0, JA40 "一二三四\nauto:" TEN "に\n");
}

static void test_width(void **state)
{
    static const uint8_t torn[] = {'a', 0xe4};

    (void)state;
    assert_int_equal(wrap_width(span_str("")), 0);
    assert_int_equal(wrap_width(span_str("abc")), 3);
    assert_int_equal(wrap_width(span_str("読む:   ")), 8);
    assert_int_equal(wrap_width(span_str("é（あ）ｱ")), 8);
    assert_int_equal(wrap_width(span_str("\xf0\xa0\xae\xb7")), 2); /* a character of plane 2 */
    /* Bytes that are no UTF-8 are one column each, and nothing behind the end is read. */
    struct span copy = span_copy(span_of(torn, sizeof torn));

    assert_int_equal(wrap_width(copy), 2);
    span_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_english),
        cmocka_unit_test(test_japanese),
        cmocka_unit_test(test_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
