/* A field of CSV: what it reads back as, and that it is no formula. */
#include "tests/unit/test.h"
#include "verifier/report/document.h"

static void expect(const char *text, const char *field)
{
    struct buf out;

    buf_init(&out, 1000);
    csv_field(&out, span_str(text));
    assert_int_equal(buf_status(&out), 0);
    assert_int_equal(out.n, strlen(field));
    assert_memory_equal(out.p == NULL ? (const uint8_t *)"" : out.p, field, out.n);
    buf_destroy(&out);
}

static void test_texts_stay(void **state)
{
    (void)state;
    expect("", "");
    expect("plain", "plain");
    expect("a=b+c-d@e", "a=b+c-d@e");
    expect("\xe5\xa5\x91\xe5\x8d\xb0", "\xe5\xa5\x91\xe5\x8d\xb0");
    expect("a'", "a'");
}

static void test_quotes(void **state)
{
    (void)state;
    expect("a,b", "\"a,b\"");
    expect("a\nb", "\"a\nb\"");
    expect("\"", "\"\"\"\"");
    expect("a\"b\"\"c", "\"a\"\"b\"\"\"\"c\"");
    expect(" a", "\" a\"");
    expect("a ", "\"a \"");
}

static void test_formulas(void **state)
{
    (void)state;
    expect("=1+1", "'=1+1");
    expect("+1", "'+1");
    expect("-1", "'-1");
    expect("@SUM(A1)", "'@SUM(A1)");
    expect("\t=1", "'\t=1");
    expect("\r=1", "\"'\r=1\"");
    expect("\n=1", "\"'\n=1\"");
    expect("=cmd|' /C calc'!\"A0\",1", "\"'=cmd|' /C calc'!\"\"A0\"\",1\"");
    /* Wide = + - @, and others of the same block. */
    expect("\xef\xbc\x9d"
           "1",
        "'\xef\xbc\x9d"
        "1");
    expect("\xef\xbc\x8b"
           "1",
        "'\xef\xbc\x8b"
        "1");
    expect("\xef\xbc\x8d"
           "1",
        "'\xef\xbc\x8d"
        "1");
    expect("\xef\xbc\xa0"
           "1",
        "'\xef\xbc\xa0"
        "1");
    expect("\xef\xbc\xa1"
           "1",
        "\xef\xbc\xa1"
        "1");
    expect("\xef\xbc", "\xef\xbc");
    /* What looks as if one had been put: two texts never become one. */
    expect("'=1+1", "''=1+1");
    expect("'", "''");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts_stay),
        cmocka_unit_test(test_quotes), cmocka_unit_test(test_formulas)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
