/* What becomes of texts on their way into a document, and what its renderers keep to. */
#include <locale.h>

#include "tests/report/specimen.h"
#include "tests/unit/test.h"
#include "verifier/report/chart.h"
#include "verifier/report/html.h"

#define FSI "\xe2\x81\xa8"
#define PDI "\xe2\x81\xa9"
#define MEBIBYTE ((size_t)1024 * 1024)

static void expect_text(struct span text, const char *shown)
{
    struct buf out;

    buf_init(&out, MEBIBYTE);
    document_text(&out, LANGUAGE_EN, text);
    assert_int_equal(buf_status(&out), 0);
    test_assert_span(buf_view(&out), span_str(shown));
    buf_destroy(&out);
}

static void test_texts_are_visible(void **state)
{
    (void)state;
    expect_text(span_str(""), "");
    expect_text(span_str("plain"), "plain");
    expect_text(span_of("a\0b\n", 4), "a\\u{0000}b\\u{000a}");
    expect_text(span_str("\xff\xc3("), "\\x{ff}\\x{c3}(");
    expect_text(span_str("a\xe2\x80\xae"
                         "b"),
        "a\\u{202e}b");
    expect_text(span_str(FSI "x" PDI), "\\u{2068}x\\u{2069}");
}

static void test_right_to_left_is_isolated(void **state)
{
    (void)state;
    expect_text(span_str("\xd7\xa9\xd7\x9c"), FSI "\xd7\xa9\xd7\x9c" PDI);
    expect_text(span_str("a (\xd9\x85)"), FSI "a (\xd9\x85)" PDI);
}

static void test_marks_do_not_pile_up(void **state)
{
    (void)state;
    expect_text(span_str("a\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
                         "b\xcc\x81"),
        "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
        "b\xcc\x81");
    expect_text(span_str("a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x82\xcc\x83z"),
        "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\u{0302}\\u{0303}z");
}

/* Whatever it is made of, what is shown is valid, bounded, and says how long the text was. */
static void test_long_texts_are_cut(void **state)
{
    static const char *const pieces[] = {"x", "\xe5\x9b\xbd", "\x80", "\xff\xfe", "\\", "\n",
        "\xe2\x80\xae", "\xf0\x9f\x98\x80", "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"};
    const char *mark = " \xe2\x80\xa6 (cut here; ";
    struct buf text, out;

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        uint8_t *cut;

        buf_init(&text, MEBIBYTE);
        buf_init(&out, MEBIBYTE);
        while (text.n < 60000)
            buf_put_str(&text, pieces[i]);
        document_text(&out, LANGUAGE_EN, buf_view(&text));
        assert_int_equal(buf_status(&out), 0);
        assert_true(utf8_valid(buf_view(&out)));
        cut = memmem(out.p, out.n, mark, strlen(mark));
        assert_non_null(cut);
        assert_in_range(cut - out.p, DOCUMENT_TEXT_BYTES_MAX - 20, DOCUMENT_TEXT_BYTES_MAX);
        buf_put_u8(&out, 0);
        assert_int_equal(strtoul((char *)cut + strlen(mark), NULL, 10), text.n);
        buf_destroy(&text);
        buf_destroy(&out);
    }
}

/* What was not made visible before is made so now, and nothing twice. */
static void test_texts_put_in_raw(void **state)
{
    struct document d;

    (void)state;
    document_init(&d, LANGUAGE_EN);
    document_put_span(&d, BLOCK_PARAGRAPH, span_str("a\\\\b \\u{202e}"));
    assert_string_equal(d.blocks[0].text, "a\\\\b \\u{202e}");
    document_put_span(&d, BLOCK_PARAGRAPH,
        span_str("a\xe2\x80\xae"
                 "b\n"));
    assert_string_equal(d.blocks[1].text, "a\\u{202e}b\\u{000a}");
    document_put_span(&d, BLOCK_FIXED, span_str("a\nb\r\n"));
    assert_string_equal(d.blocks[2].text, "a\nb\\u{000d}\n");
    document_put_span(&d, BLOCK_PARAGRAPH, span_str(FSI "x" PDI " " FSI "y"));
    assert_string_equal(d.blocks[3].text, FSI "x" PDI " \\u{2068}y");
    document_put_span(&d, BLOCK_PARAGRAPH, span_str(FSI "x" FSI "y" PDI PDI));
    assert_string_equal(d.blocks[4].text, FSI "x\\u{2068}y" PDI "\\u{2069}");
    document_put(&d, BLOCK_NOTICE, "%s has %d%%", "it", 7);
    assert_string_equal(d.blocks[5].text, "it has 7%");
    assert_int_equal(d.err, 0);
    document_destroy(&d);
}

static void test_blocks_are_bounded(void **state)
{
    struct document d;
    struct buf text;

    (void)state;
    buf_init(&text, 4 * MEBIBYTE);
    while (text.n < MEBIBYTE)
        buf_put_str(&text, "\xff");
    document_init(&d, LANGUAGE_JA);
    document_put_span(&d, BLOCK_FIXED, buf_view(&text));
    assert_int_equal(d.err, 0);
    assert_in_range(
        strlen(d.blocks[0].text), DOCUMENT_BLOCK_BYTES_MAX, 8 * DOCUMENT_BLOCK_BYTES_MAX + 100);
    assert_non_null(strstr(d.blocks[0].text, "1048576"));
    document_destroy(&d);
    buf_destroy(&text);
}

static void test_cells_that_were_not_put(void **state)
{
    static const struct column columns[] = {{COLUMN_TEXT, "a"}, {COLUMN_NUMBER, "b"}};
    struct document d;
    struct buf out;

    (void)state;
    document_init(&d, LANGUAGE_EN);
    document_table(&d, "c", columns, 2, "none");
    document_row(&d, false);
    document_row(&d, false);
    document_cell(&d, span_str("=1"));
    document_cell(&d, span_str("1,234,567"));
    document_row(&d, true);
    document_cell(&d, span_str(FSI "\xd7\xa9" PDI));
    document_cell(&d, span_str("1\xe2\x80\x93"
                               "9"));
    buf_init(&out, MEBIBYTE);
    assert_int_equal(document_csv(&d, &out), 0);
    test_assert_span(buf_view(&out), span_str("\xef\xbb\xbf"
                                              "c\r\na,b\r\n,\r\n'=1,1234567\r\n"
                                              "\xd7\xa9,1\xe2\x80\x93"
                                              "9\r\n\r\n"));
    buf_destroy(&out);
    document_destroy(&d);
}

static void test_an_error_sticks(void **state)
{
    struct document d;
    struct buf out;
    struct why why = {""};

    (void)state;
    specimen_report(&d, LANGUAGE_EN);
    d.err = KEIIN_ENOMEM;
    document_put(&d, BLOCK_SECTION, "x");
    document_row(&d, false);
    document_cell(&d, span_str("x"));
    document_item(&d, span_str("x"));
    document_chart_value(&d, 99, 99, 1, 1);
    buf_init(&out, MEBIBYTE);
    assert_int_equal(document_html(&d, &out), KEIIN_ENOMEM);
    assert_int_equal(document_csv(&d, &out), KEIIN_ENOMEM);
    assert_int_not_equal(document_pdf(&d, stderr, &why), 0);
    assert_int_equal(out.n, 0);
    document_destroy(&d);
    specimen_report(&d, LANGUAGE_EN);
    out.max = 5000;
    assert_int_equal(document_html(&d, &out), KEIIN_ELIMIT);
    buf_destroy(&out);
    document_destroy(&d);
}

static int embedded(const char *html, struct span *json)
{
    return html_embedded(span_str(html), json);
}

#define BEGIN "\n<script type=\"application/json\" id=\"keiin-report\">\n"
#define END "\n</script>\n</body>\n</html>\n"

static void test_json_is_found_again(void **state)
{
    struct span json = {NULL, 0};
    struct buf out;

    (void)state;
    buf_init(&out, MEBIBYTE);
    html_embed(&out, span_str("{\"a\":\"</script>&\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\"}"));
    buf_put_str(&out, "</body>\n</html>\n");
    assert_int_equal(html_embedded(buf_view(&out), &json), 0);
    test_assert_span(
        json, span_str("{\"a\":\"\\u003c/script\\u003e\\u0026\\u2028\\u2029\xe2\x80\xaa\"}"));
    buf_destroy(&out);
    assert_int_equal(embedded(BEGIN END, &json), 0);
    assert_int_equal(json.n, 0);
    assert_int_equal(embedded("", &json), KEIIN_EABSENT);
    assert_int_equal(embedded("<p>keiin-report</p>", &json), KEIIN_EABSENT);
    assert_int_equal(embedded(BEGIN "{}", &json), KEIIN_EMALFORMED);
    assert_int_equal(embedded(BEGIN "{}" END "\n", &json), KEIIN_EMALFORMED);
    assert_int_equal(embedded(BEGIN "{}\n</script>\n", &json), KEIIN_EMALFORMED);
    assert_int_equal(embedded(BEGIN "<!--" END, &json), KEIIN_EMALFORMED);
    assert_int_equal(embedded(BEGIN "a>b" END, &json), KEIIN_EMALFORMED);
    assert_int_equal(embedded(BEGIN "a&b" END, &json), KEIIN_EMALFORMED);
    assert_int_equal(embedded(BEGIN "\xe2\x80\xa8" END, &json), KEIIN_EMALFORMED);
    assert_int_equal(embedded(BEGIN "{}\n</script>\n" BEGIN "{}" END, &json), KEIIN_EMALFORMED);
    assert_int_equal(html_embedded(span_of(BEGIN, HTML_BYTES_MAX + 1), &json), KEIIN_ELIMIT);
}

static void expect_same(enum language language, bool csv, const struct buf *first)
{
    struct document d;
    struct buf out;

    specimen_report(&d, language);
    buf_init(&out, MEBIBYTE);
    assert_int_equal(csv ? document_csv(&d, &out) : document_html(&d, &out), 0);
    test_assert_span(buf_view(&out), buf_view(first));
    buf_destroy(&out);
    document_destroy(&d);
}

static void test_any_locale_gives_the_same(void **state)
{
    static const char *const locales[] = {"C", "C.UTF-8", "ja_JP.UTF-8", "de_DE.UTF-8"};

    (void)state;
    for (int i = 0; i < 2 * LANGUAGES; i++) {
        struct document d;
        struct buf first;

        specimen_report(&d, i / 2);
        buf_init(&first, MEBIBYTE);
        assert_int_equal(i % 2 ? document_csv(&d, &first) : document_html(&d, &first), 0);
        document_destroy(&d);
        for (size_t l = 0; l < sizeof locales / sizeof *locales; l++) {
            (void)setlocale(LC_ALL, locales[l]); /* those that the machine has */
            expect_same(i / 2, i % 2, &first);
        }
        buf_destroy(&first);
    }
    (void)setlocale(LC_ALL, "C");
}

/* All allocations of the code under test pass by here: one of them may fail. */
static size_t allocations, failing;

static bool fails(void)
{
    return ++allocations == failing;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *old, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *old, size_t n);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return fails() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *old, size_t n)
{
    return fails() ? NULL : __real_realloc(old, n);
}

static int make_failing(size_t which)
{
    struct document d;
    struct buf html, csv;
    int err;

    buf_init(&html, MEBIBYTE);
    buf_init(&csv, MEBIBYTE);
    failing = which;
    allocations = 0;
    specimen_text(&d, LANGUAGE_EN, span_str("\xd7\xa9 and more"));
    specimen_rows(&d, LANGUAGE_EN, 3);
    document_head(&d, span_str("title"), span_str("again"), span_str("other"));
    err = document_html(&d, &html);
    if (err == 0)
        err = document_csv(&d, &csv);
    failing = 0;
    document_destroy(&d);
    buf_destroy(&html);
    buf_destroy(&csv);
    return err;
}

/* Whichever allocation fails, nothing is rendered and nothing is lost. */
static void test_no_memory(void **state)
{
    size_t count;

    (void)state;
    assert_int_equal(make_failing(0), 0);
    count = allocations;
    assert_true(count > 100);
    for (size_t i = 1; i <= count; i++)
        assert_int_equal(make_failing(i), KEIIN_ENOMEM);
}

/* Rectangles and lines on the canvas; texts begin on it. */
static void expect_on_canvas(const struct chart_layout *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct chart_shape *s = &l->shapes[i];

        assert_true(s->x >= -0.1 && s->x <= CHART_WIDTH + 0.1);
        assert_true(s->y >= -0.1 && s->y <= l->height + 0.1);
        if (s->kind == SHAPE_TEXT) {
            assert_non_null(s->text);
            continue;
        }
        assert_true(s->w >= 0 && s->h >= 0 && s->x + s->w <= CHART_WIDTH + 0.1);
        assert_true(s->y + s->h <= l->height + 0.1);
    }
}

static void fill_chart(struct document *d, uint64_t *seed, size_t categories, size_t series)
{
    static const char *const names[] = {"a", "2026\u5e744\u6708", "September 2026",
        "An agency with quite a long name, and its department of the same name again", ""};
    const char *name = names[test_random(seed) % 5];
    unsigned shift = (unsigned)(test_random(seed) % 64);

    document_chart(d, test_random(seed) % 2, "caption", "axis", categories, series);
    for (size_t c = 0; c < categories; c++) {
        document_chart_category(d, c, span_str(name));
        for (size_t s = 0; s < series; s++) {
            uint64_t low = test_random(seed) >> shift, more = test_random(seed) >> shift;

            more = test_random(seed) % 4 > 0 ? 0 : more;
            document_chart_value(d, c, s, low, more > UINT64_MAX - low ? UINT64_MAX : low + more);
        }
    }
}

static void test_charts_stay_on_their_canvas(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        size_t categories = test_random(&seed) % (i % 10 == 0 ? 150 : 20);
        size_t series = 1 + test_random(&seed) % DOCUMENT_SERIES_MAX;
        struct chart_layout l;
        struct document d;

        document_init(&d, LANGUAGE_EN);
        fill_chart(&d, &seed, categories, series);
        assert_int_equal(d.err, 0);
        assert_int_equal(chart_layout(&l, d.blocks[0].chart, LANGUAGE_EN), 0);
        expect_on_canvas(&l);
        assert_true(l.height <= 1500);
        assert_int_equal(l.left_out, categories > 100 ? categories - 100 : 0);
        chart_layout_destroy(&l);
        document_destroy(&d);
    }
}

/* Numbers on the axis are round, few, and reach what is shown. */
static void test_axis(void **state)
{
    static const struct {
        uint64_t most;
        const char *top;
    } cases[] = {{0, "1"}, {1, "1"}, {4, "4"}, {6, "6"}, {7, "8"}, {11, "12"}, {18211, "20,000"},
        {100, "100"}, {101, "120"}, {999999, "1,000,000"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chart_layout l;
        struct document d;
        bool found = false;

        document_init(&d, LANGUAGE_EN);
        document_chart(&d, CHART_BARS, "c", "a", 1, 1);
        document_chart_category(&d, 0, span_str("name"));
        document_chart_value(&d, 0, 0, cases[i].most, cases[i].most);
        assert_int_equal(chart_layout(&l, d.blocks[0].chart, LANGUAGE_EN), 0);
        for (size_t s = 0; s < l.count && !found; s++)
            found = l.shapes[s].kind == SHAPE_TEXT && strcmp(l.shapes[s].text, cases[i].top) == 0;
        assert_true(found);
        chart_layout_destroy(&l);
        document_destroy(&d);
    }
}

/* Sums that no number holds are shown as the greatest, not as what is left over. */
static void test_sums_do_not_overflow(void **state)
{
    struct chart_layout l;
    struct document d;
    bool found = false;

    (void)state;
    document_init(&d, LANGUAGE_EN);
    document_chart(&d, CHART_STACKED, "c", "a", 1, 2);
    document_chart_value(&d, 0, 0, UINT64_MAX, UINT64_MAX);
    document_chart_value(&d, 0, 1, 7, UINT64_MAX);
    assert_int_equal(chart_layout(&l, d.blocks[0].chart, LANGUAGE_EN), 0);
    for (size_t i = 0; i < l.count && !found; i++)
        found = l.shapes[i].kind == SHAPE_TEXT && l.shapes[i].anchor == ANCHOR_MIDDLE &&
                strcmp(l.shapes[i].text, "18,446,744,073,709,551,615") == 0;
    assert_true(found);
    expect_on_canvas(&l);
    chart_layout_destroy(&l);
    document_destroy(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts_are_visible),
        cmocka_unit_test(test_right_to_left_is_isolated),
        cmocka_unit_test(test_marks_do_not_pile_up), cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_texts_put_in_raw), cmocka_unit_test(test_blocks_are_bounded),
        cmocka_unit_test(test_cells_that_were_not_put), cmocka_unit_test(test_an_error_sticks),
        cmocka_unit_test(test_json_is_found_again),
        cmocka_unit_test(test_any_locale_gives_the_same), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_charts_stay_on_their_canvas), cmocka_unit_test(test_axis),
        cmocka_unit_test(test_sums_do_not_overflow)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
