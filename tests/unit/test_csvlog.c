/* A csvlog is read the same however its bytes come, and only what is CSV is a row. */
#include "auditlog/csvlog.h"
#include "tests/unit/test.h"

/* A source that gives its bytes, and fails when it is asked to. */
struct source {
    const char *text;
    size_t n, at;
    int err;
};

static int source_read(void *ctx, uint8_t *bytes, size_t n, size_t *got)
{
    struct source *source = ctx;

    *got = source->n - source->at < n ? source->n - source->at : n;
    memcpy(bytes, source->text + source->at, *got);
    source->at += *got;
    return *got < n ? source->err : 0;
}

static struct csv_reader reader;

static enum csv_outcome next(struct csv_row *row, struct why *why)
{
    enum csv_outcome outcome;

    assert_int_equal(csv_next(&reader, row, &outcome, why), 0);
    return outcome;
}

static void start(const char *text, size_t row_bytes_max)
{
    static struct source source;

    source = (struct source){text, strlen(text), 0, 0};
    csv_init(&reader, source_read, &source, row_bytes_max);
}

static void rows_and_quotes(void **state)
{
    struct csv_row row;

    (void)state;
    start("a,,\"b,\"\"c\"\"\nd\"\n\"\",x\r\ny\n", 1000);
    assert_int_equal(next(&row, NULL), CSV_ROW);
    assert_int_equal(row.field_count, 3);
    assert_true(span_is(row.fields[0], "a"));
    assert_true(span_is(row.fields[1], ""));
    assert_true(span_is(row.fields[2], "b,\"c\"\nd"));
    assert_int_equal(row.line, 1);
    assert_int_equal(row.end, 15);
    assert_int_equal(next(&row, NULL), CSV_ROW);
    assert_int_equal(row.field_count, 2);
    assert_true(span_is(row.fields[0], ""));
    assert_true(span_is(row.fields[1], "x"));
    assert_int_equal(row.line, 3);
    assert_int_equal(next(&row, NULL), CSV_ROW);
    assert_int_equal(row.line, 4);
    assert_int_equal(next(&row, NULL), CSV_END);
    assert_int_equal(next(&row, NULL), CSV_END);
    csv_destroy(&reader);
}

/* Every cut of a row is incomplete, and the fields before the cut are there. */
static void every_cut_is_incomplete(void **state)
{
    static const char text[] = "one,\"two \"\"2\"\",\n\",three\n";
    char cut[sizeof text];
    struct csv_row row;

    (void)state;
    for (size_t n = 1; n < sizeof text - 1; n++) {
        memcpy(cut, text, n);
        cut[n] = 0;
        start(cut, 1000);
        assert_int_equal(next(&row, NULL), CSV_INCOMPLETE);
        assert_int_equal(row.field_count, (n >= 4) + (n >= 18));
        if (n >= 4)
            assert_true(span_is(row.fields[0], "one"));
        csv_destroy(&reader);
    }
}

static void bad_rows(void **state)
{
    static const char *const bad[] = {"a\"b\n", "\"a\"b\n", "\"a\" ,b\n", "a\rb\n", "\"a\"\rb\n"};
    struct csv_row row;
    struct why why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[64];

        snprintf(text, sizeof text, "good\n%s", bad[i]);
        start(text, 1000);
        assert_int_equal(next(&row, &why), CSV_ROW);
        why.text[0] = 0;
        assert_int_equal(next(&row, &why), CSV_BAD);
        assert_non_null(strstr(why.text, "line 2"));
        csv_destroy(&reader);
    }
}

static void limits(void **state)
{
    char many[2 * CSV_FIELDS_MAX + 2];
    struct csv_row row;
    struct why why;

    (void)state;
    start("\"123456789\"\n", 9);
    assert_int_equal(next(&row, &why), CSV_ROW);
    csv_destroy(&reader);
    start("\"123456789\"\n", 8);
    assert_int_equal(next(&row, &why), CSV_BAD);
    csv_destroy(&reader);
    memset(many, ',', sizeof many);
    many[CSV_FIELDS_MAX - 1] = '\n';
    many[CSV_FIELDS_MAX] = 0;
    start(many, 1000);
    assert_int_equal(next(&row, &why), CSV_ROW);
    assert_int_equal(row.field_count, CSV_FIELDS_MAX);
    csv_destroy(&reader);
    many[CSV_FIELDS_MAX - 1] = ',';
    many[CSV_FIELDS_MAX] = '\n';
    many[CSV_FIELDS_MAX + 1] = 0;
    start(many, 1000);
    assert_int_equal(next(&row, &why), CSV_BAD);
    csv_destroy(&reader);
}

/* Rows longer than a chunk, at every offset to its end, come out as they went in. */
static void across_chunks(void **state)
{
    size_t n = sizeof reader.chunk + 64;
    char *text = malloc(n + 64);
    struct csv_row row;

    (void)state;
    assert_non_null(text);
    for (size_t before = sizeof reader.chunk - 8; before < sizeof reader.chunk + 2; before++) {
        memset(text, 'x', before);
        strcpy(text + before, "\n\"a\"\"b\nc\",d\n");
        start(text, n);
        assert_int_equal(next(&row, NULL), CSV_ROW);
        assert_int_equal(row.fields[0].n, before);
        assert_int_equal(next(&row, NULL), CSV_ROW);
        assert_true(span_is(row.fields[0], "a\"b\nc"));
        assert_true(span_is(row.fields[1], "d"));
        assert_int_equal(row.line, 2);
        assert_int_equal(next(&row, NULL), CSV_END);
        csv_destroy(&reader);
    }
    free(text);
}

static void errors_of_the_source_are_passed_on(void **state)
{
    struct source source = {"a,b", 3, 0, KEIIN_EUNREADABLE};
    enum csv_outcome outcome;
    struct csv_row row;

    (void)state;
    csv_init(&reader, source_read, &source, 1000);
    assert_int_equal(csv_next(&reader, &row, &outcome, NULL), KEIIN_EUNREADABLE);
    csv_destroy(&reader);
}

static void split_in_memory(void **state)
{
    static const struct {
        const char *text;
        size_t count; /* 0: no CSV */
        const char *last;
    } cases[] = {
        {"", 1, ""},
        {"a", 1, "a"},
        {"a,", 2, ""},
        {",,", 3, ""},
        {"\"\"", 1, ""},
        {"\"a,b\",c", 2, "c"},
        {"x,\"a\"\"b\"", 2, "a\"b"},
        {"\"\"\"\"", 1, "\""},
        {"\"a", 0, NULL},
        {"\"a\"b", 0, NULL},
        {"\"a\"\"", 0, NULL},
        {"a,b,c,d,e", 0, NULL},
    };
    struct span fields[4];
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct span copy = span_copy(span_str(cases[i].text));
        bool good = csv_split((uint8_t *)(uintptr_t)copy.p, copy.n, fields, 4, &count);

        assert_int_equal(good, cases[i].count > 0);
        if (good) {
            assert_int_equal(count, cases[i].count);
            assert_true(span_is(fields[count - 1], cases[i].last));
        }
        span_free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_quotes),
        cmocka_unit_test(every_cut_is_incomplete),
        cmocka_unit_test(bad_rows),
        cmocka_unit_test(limits),
        cmocka_unit_test(across_chunks),
        cmocka_unit_test(errors_of_the_source_are_passed_on),
        cmocka_unit_test(split_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
