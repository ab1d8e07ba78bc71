/* What the public is told: small counts that nobody can know, and no text of an agency's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/sha256.h"
#include "tests/unit/report_bench.h"
#include "verifier/report/public_range.h"
#include "verifier/report/report_internal.h"

/* --- Single numbers. */

static void small_counts_are_one_range(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 30; n++) {
        struct range r = range_cell(n, 10);

        assert_int_equal(r.low, n > 0 && n < 10 ? 1 : n);
        assert_int_equal(r.high, n > 0 && n < 10 ? 9 : n);
    }
}

/* The chance number i. */
static struct hash chance_at(uint64_t i)
{
    uint8_t bytes[8];
    struct hash chance;

    be64_put(bytes, i);
    sha256(&chance, span_of(bytes, sizeof bytes));
    return chance;
}

/* To both ends there is room for any other small count behind the number, but for rare chances. */
static void rounded_numbers_have_room_to_both_sides(void **state)
{
    static const uint64_t least[] = {3, 10, 1000, 1000000};
    const uint64_t chances = 20000;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uint64_t room = least[i] - 2, near = 0;

        for (uint64_t c = 0; c < chances; c++) {
            struct hash chance = chance_at(c);
            uint64_t n = c % 3 == 0 ? c % 17 : 100000000 + c;
            struct range r = range_rounded(n, least[i], &chance);

            assert_true(r.low <= n && n <= r.high);
            assert_true(r.low == 0 || r.high - r.low == RANGE_ROUNDED_LEASTS * least[i]);
            near += n + room > r.high || (r.low > 0 && n < r.low + room);
        }
        assert_true(near < chances / 2000);
    }
}

/* One and the same range is told of numbers that a small count tells apart, about as often of both. */
static void a_rounded_number_is_no_function_of_the_number(void **state)
{
    enum { LEAST = 10, AWAY = LEAST - 2, CHANCES = 20000 };
    static unsigned often[2][4 * RANGE_ROUNDED_LEASTS * LEAST];
    unsigned both = 0;

    (void)state;
    for (int away = 0; away < 2; away++)
        for (uint64_t c = 0; c < CHANCES; c++) {
            struct hash chance = chance_at(c + (uint64_t)away * CHANCES);

            often[away][range_rounded(200 + (uint64_t)away * AWAY, LEAST, &chance).low]++;
        }
    for (size_t i = 0; i < sizeof often[0] / sizeof often[0][0]; i++)
        both += often[0][i] < often[1][i] ? often[0][i] : often[1][i];
    assert_true(both > CHANCES / 2);
}

static void no_rounded_number_is_greater_than_any_number(void **state)
{
    struct hash chance = {{0xff}};

    (void)state;
    assert_int_equal(range_rounded(FIGURE_MAX, 10, &chance).high, FIGURE_MAX);
}

static void sums_know_no_more_than_their_parts(void **state)
{
    struct range small = range_cell(4, 10), large = range_cell(20, 10), none = range_cell(0, 10);
    struct range sum = range_sum(range_sum(small, large), range_sum(small, none));

    (void)state;
    assert_int_equal(sum.low, 22);
    assert_int_equal(sum.high, 38);
    assert_string_equal(range_sum(small, none).why, WHY_SMALL);
    sum = range_different(small, large);
    assert_int_equal(sum.low, 20);
    assert_int_equal(sum.high, 29);
}

/* --- Random tables: no report changes when a small count is another one. */

#define MONTHS 12
#define ROWS 3
#define TRIES 60
#define CHANGES 40

static uint64_t numbers[FIGURE_TABLES][ROWS][FIGURE_COLUMNS_MAX][MONTHS];

static uint64_t any_number(void)
{
    static const uint64_t often[] = {0, 0, 0, 1, 1, 2, 5, 8, 9, 9, 10, 11, 15, 200};

    return often[(size_t)rand() % (sizeof often / sizeof often[0])];
}

static struct figures *figures_of(unsigned first, unsigned count)
{
    static const char *const keys[FIGURE_KEYS_MAX][ROWS] = {
        {"alpha", "alpha", "beta"}, {"query", "view", "query"}, {"p1", "p2", "p3"}};
    static const char *const acts[ROWS] = {"inspect", "approve", "notify"};
    static const char *const names[ROWS] = {"erase-late", "raw-access", "authority-missing"};
    struct figures *f = figures_new();

    assert_non_null(f);
    for (int t = 0; t < FIGURE_TABLES; t++)
        for (int r = 0; r < ROWS; r++)
            for (unsigned m = 0; m < count; m++)
                for (unsigned c = 0; figure_tables[t].columns[c].name != NULL; c++) {
                    struct figure_row row = {(enum figure_table_number)t, m, {{NULL, 0}}};

                    for (int k = 0; figure_tables[t].keys[k] != NULL; k++)
                        row.keys[k] = span_str(keys[figure_tables[t].keys[1] == NULL ? 2 : k][r]);
                    if (t == FIGURES_ACTS)
                        row.keys[0] = span_str(acts[r]);
                    if (t == FIGURES_FINDINGS)
                        row.keys[0] = span_str(names[r]);
                    figures_add(f, &row, c, numbers[t][r][c][first + m]);
                }
    return f;
}

static const struct hash secret = {{1}};

static char *told(const struct rules_limits *limits, unsigned first, unsigned count)
{
    struct figures *f = figures_of(first, count);
    struct period period;
    char month[16];
    json_t *json = NULL;
    char *text;

    snprintf(month, sizeof month, "2025-%02u", first + 1);
    assert_int_equal(
        period_parse(&period, count == 1 ? month : "2025", count == 1 ? month : "2025", 0),
        PERIOD_GOOD);
    assert_true(period_take_months(&period));
    assert_int_equal(report_public_figures(f, &period, limits, &secret, &json), 0);
    text = json_dumps(json, JSON_COMPACT);
    assert_non_null(text);
    json_decref(json);
    figures_free(f);
    return text;
}

/* The reports of every month, and of the year. */
static void all_told(const struct rules_limits *limits, char *texts[static MONTHS + 1])
{
    for (unsigned m = 0; m < MONTHS; m++)
        texts[m] = told(limits, m, 1);
    texts[MONTHS] = told(limits, 0, MONTHS);
}

/* Columns that are told of a month; of those erased late and not at all only the sum is. */
static bool is_told_of_a_month(int t, unsigned c)
{
    static const char *const columns[] = {"approvals.granted", "approvals.refused",
        "approvals.extended", "volumes.batches", "volumes.selected", "volumes.discarded",
        "volumes.erased", "volumes.unbalanced", "accesses.done", "accesses.denied",
        "accesses.failed", "accesses.items", "provisions.provided", "provisions.items",
        "provisions.recipients", "emergencies.begun", "retention.on_time", "retention.extended",
        "incidents.incidents", "answers.made", "acts.acts"};
    char name[64];
    bool is = false;

    snprintf(name, sizeof name, "%s.%s", figure_tables[t].name, figure_tables[t].columns[c].name);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        is |= strcmp(columns[i], name) == 0;
    return is;
}

static void change_small_counts(const struct rules_limits *limits, char *texts[static MONTHS + 1])
{
    for (int i = 0; i < CHANGES; i++) {
        int t = rand() % FIGURE_TABLES, r = rand() % ROWS;
        unsigned c = (unsigned)rand() % FIGURE_COLUMNS_MAX, m = (unsigned)rand() % MONTHS;
        uint64_t *n = &numbers[t][r][c][m];

        if (figure_tables[t].columns[c].name != NULL && is_told_of_a_month(t, c) && *n > 0 &&
            *n < 10)
            *n = 1 + (uint64_t)rand() % 9;
    }
    for (unsigned m = 0; m <= MONTHS; m++) {
        char *again = told(limits, m == MONTHS ? 0 : m, m == MONTHS ? MONTHS : 1);

        assert_string_equal(texts[m], again);
        free(again);
    }
}

static void no_report_hangs_on_a_small_count(void **state)
{
    struct rules_limits *limits = bench_limits(NULL);
    char *texts[MONTHS + 1];

    (void)state;
    srand(7);
    for (int i = 0; i < TRIES; i++) {
        for (int t = 0; t < FIGURE_TABLES; t++)
            for (int r = 0; r < ROWS; r++)
                for (unsigned c = 0; c < FIGURE_COLUMNS_MAX; c++)
                    for (unsigned m = 0; m < MONTHS; m++)
                        numbers[t][r][c][m] = any_number();
        all_told(limits, texts);
        change_small_counts(limits, texts);
        for (unsigned m = 0; m <= MONTHS; m++)
            free(texts[m]);
    }
    rules_limits_free(limits);
}

/* --- Reports. */

static json_t *told_of(struct stream *s, const char *ini, const char *when)
{
    struct rules_limits *limits = bench_limits(ini);
    json_t *report = bench_report(s, limits, when, when, REPORT_PUBLIC);

    rules_limits_free(limits);
    return report;
}

static void texts_are_of_the_vocabulary_and_the_committee(void **state)
{
    const char *ini = "[actions]\nx-mine = view\nx-call = notify\n";
    struct stream *s = stream_new(NULL);
    json_t *r;

    (void)state;
    said(s, "npa", H(1), "query purpose=p1 actor=me dataset=d");
    said(s, "npa", H(1), "approve approval=Z decision=granted stream=mine purposes=mine");
    said(s, "npa", H(1), "approve approval=Y decision=requested stream=s1");
    said(s, "committee", H(2), "approve approval=X decision=refused stream=s2 purposes=p2");
    said(s, "committee", H(2), "approve approval=A decision=granted stream=s1 purposes=p1,p3");
    said(s, "committee", H(2), "approve approval=A decision=extended purposes=p4 valid_to=90d");
    said(s, "committee", H(2), "inspect stream=s9 purposes=p9");
    said(s, "committee", H(2), "x-call");
    for (int i = 1; i <= 9; i++) {
        char text[64];

        snprintf(text, sizeof text, "query purpose=p%d", i);
        said(s, "npa", H(3), text);
    }
    said(s, "npa", H(4), "query purpose=mine");
    said(s, "npa", H(4), "query");
    said(s, "npa", H(4), "x-mine purpose=p1");
    said(s, "npa", H(4), "provide recipient=secret recipient_kind=secret");
    said(s, "npa", H(4), "provide recipient=secret recipient_kind=council ref=r");
    said(s, "committee", H(5), "approve approval=Y decision=refused");
    said(s, "committee", H(5), "approve approval=W decision=refused stream=s2");
    passed(s, D(400));
    r = told_of(s, ini, "2026-01");
    bench_row(r, "accesses", "npa query p1", "done=1..9 denied=0 failed=0 items=0");
    bench_row(r, "accesses", "npa query p3", "done=1..9 denied=0 failed=0 items=0");
    bench_row(r, "accesses", "npa query p4", "done=1..9 denied=0 failed=0 items=0");
    bench_row(r, "accesses", "npa query other", "done=1..9 denied=0 failed=0 items=0");
    bench_row(r, "accesses", "npa query -", "done=1..9 denied=0 failed=0 items=0");
    bench_row(r, "accesses", "npa view p1", "done=1..9 denied=0 failed=0 items=0");
    assert_int_equal(bench_rows(r, "accesses"), 6);
    bench_row(r, "provisions", "other", "provided=1..9 items=0 receipts=(yearly) recipients=1..9");
    bench_row(
        r, "provisions", "council", "provided=1..9 items=0 receipts=(yearly) recipients=1..9");
    assert_int_equal(bench_rows(r, "provisions"), 2);
    bench_row(r, "approvals", "s1",
        "requested=(yearly) granted=1..9 refused=1..9 extended=1..9 ratified=(yearly) "
        "revoked=(yearly) expired=(yearly) live=(yearly)");
    bench_row(r, "approvals", "other",
        "requested=(yearly) granted=0 refused=1..9 extended=0 ratified=(yearly) revoked=(yearly) "
        "expired=(yearly) live=(yearly)");
    assert_int_equal(bench_rows(r, "approvals"), 2);
    bench_row(r, "acts", "notify", "acts=1..9");
    assert_null(json_object_get(r, "findings"));
    json_decref(r);
    stream_free(s);
}

/* How many numbers of a table's rows are rounded; each may be 0. */
static size_t rounded_zeros(const json_t *report, const char *table)
{
    json_t *figures = json_object_get(json_object_get(report, "figures"), table), *row, *value;
    size_t i, count = 0;
    const char *name;

    json_array_foreach (json_object_get(figures, "rows"), i, row)
        json_object_foreach (row, name, value) {
            const char *why = json_string_value(json_object_get(value, "why"));

            if (why == NULL || strcmp(why, WHY_ROUNDED) != 0)
                continue;
            assert_int_equal(json_integer_value(json_object_get(value, "low")), 0);
            assert_in_range(json_integer_value(json_object_get(value, "high")), 1, 100);
            count++;
        }
    return count;
}

static void tables_tell_what_they_may(void **state)
{
    struct stream *s = stream_new(NULL);
    json_t *r;

    (void)state;
    said(s, "committee", H(1), "inspect");
    said(s, "committee", H(1), "demand ref=a");
    said(s, "nco", H(1), "batch.receive dataset=b count=1 retain_until=2d");
    said(s, "npa", H(1), "incident at=0s");
    said(s, "npa", H(2), "query authority=E emergency=true");
    passed(s, D(400));
    r = told_of(s, NULL, "2026-01");
    bench_row(r, "acts", "inspect", "acts=1..9");
    bench_row(r, "acts", "demand", "acts=(follows)");
    assert_int_equal(bench_rows(r, "acts"), 8); /* each act once */
    bench_row(r, "acts", "total", "acts=(follows)");
    bench_row(r, "answers", "demand",
        "made=1..9 in_time=(yearly) late=(yearly) waiting=(yearly) overdue=(yearly)");
    bench_row(r, "retention", "nco", "due=1..9 on_time=0 late=1..9 not_erased=(merged) extended=0");
    bench_row(r, "incidents", "npa", "incidents=1..9 median_delay=(single) longest_delay=(single)");
    bench_row(r, "emergencies", "npa",
        "begun=1..9 ratified=(yearly) refused=(yearly) waiting=(yearly) shortest=(single) "
        "median=(single) longest=(single)");
    assert_int_equal(bench_rows(r, "findings"), 0);
    assert_null(json_object_get(json_object_get(r, "figures"), "systems"));
    assert_null(json_object_get(json_object_get(r, "figures"), "records"));
    assert_null(json_object_get(json_object_get(r, "figures"), "recipients"));
    json_decref(r);
    r = told_of(s, NULL, "2026");
    /* A row for each rule, whether it found anything or not. */
    assert_int_equal(bench_rows(r, "findings"), rules_count);
    assert_int_equal(rounded_zeros(r, "findings"), 7 * rules_count);
    assert_int_equal(rounded_zeros(r, "answers"), 4);
    json_decref(r);
    stream_free(s);
}

/* Nobody is told anything of a month that is not over: it would be told otherwise later. */
static void a_period_that_is_not_over_is_refused(void **state)
{
    struct stream *s = stream_new(NULL);
    struct rules_limits *limits = bench_limits(NULL);
    struct report_options options = {.profile = REPORT_PUBLIC, .limits = limits};
    struct audit_result audit = {0};
    struct report *report = NULL;
    json_t *json = NULL;

    (void)state;
    said(s, "npa", D(31) - 1, "query");
    assert_int_equal(period_parse(&options.period, "2026-01", "2026-01", 0), PERIOD_GOOD);
    assert_true(period_take_months(&options.period));
    assert_int_equal(report_new(&options, &report), 0);
    stream_keep(s, report_keeper(report));
    assert_int_equal(report_finish(report, &audit, span_str("log.example"), &json), KEIIN_EUSAGE);
    assert_null(json);
    report_free(report);
    rules_limits_free(limits);
    stream_free(s);
}

/* --- Months alone, and in their year. */

/* Adds a row's ranges to lows and highs. */
static void add(const json_t *row, const char *column, int64_t *low, int64_t *high)
{
    const json_t *value = json_object_get(row, column);
    bool range = json_is_object(value);

    *low += json_integer_value(range ? json_object_get(value, "low") : value);
    *high += json_integer_value(range ? json_object_get(value, "high") : value);
}

static void same_as_its_months(json_t *year, json_t *const months[static MONTHS])
{
    for (int t = 0; t < FIGURE_TABLES; t++)
        for (unsigned c = 0; figure_tables[t].columns[c].name != NULL; c++) {
            const char *column = figure_tables[t].columns[c].name;
            const char *table = figure_tables[t].name;
            int64_t low[2] = {0}, high[2] = {0};

            if (!is_told_of_a_month(t, c) || strcmp(column, "recipients") == 0 ||
                strcmp(table, "acts") == 0)
                continue;
            for (int m = 0; m < MONTHS; m++)
                add(json_object_get(
                        json_object_get(json_object_get(months[m], "figures"), table), "total"),
                    column, &low[0], &high[0]);
            add(json_object_get(json_object_get(json_object_get(year, "figures"), table), "total"),
                column, &low[1], &high[1]);
            assert_int_equal(low[0], low[1]);
            assert_int_equal(high[0], high[1]);
        }
}

static void happens(struct stream *s, int day)
{
    char text[128];

    snprintf(text, sizeof text, "batch.receive dataset=d%d count=%d retain_until=%dd", day,
        day % 13, day + rand() % 60);
    said(s, "nco", D(day), text);
    snprintf(text, sizeof text, "select.run dataset=e%d parents=d%d count=%d discarded=%d", day,
        day - rand() % 50, rand() % 5, rand() % 9);
    said(s, "nco", D(day) + 1, text);
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "erase dataset=d%d count=1", day - rand() % 60);
        said(s, "nco", D(day) + 2, text);
    }
    /* What was erased is said to be kept, before its erasure, by a record that comes late. */
    snprintf(text, sizeof text, "copy dataset=d%d at=%dd retain_until=%dd", day - rand() % 60,
        day - 20 > 0 ? day - 20 : 0, day + rand() % 40);
    said(s, "nco", D(day) + 3, text);
    snprintf(text, sizeof text, "%s ref=%d authority=E%d emergency=true",
        rand() % 2 == 0 ? "query" : "provide", day, rand() % 100);
    said(s, "npa", D(day) + 4, text);
    snprintf(text, sizeof text, "approve approval=E%d decision=%s stream=s%d", rand() % 100,
        rand() % 2 == 0 ? "granted" : "ratified", rand() % 3);
    said(s, "committee", D(day) + 5, text);
    snprintf(text, sizeof text, "demand ref=q%d", rand() % 100);
    said(s, "committee", D(day) + 6, text);
}

static void a_month_counts_the_same_alone_and_in_its_year(void **state)
{
    const char *ini = "[reports]\npublic_min = 3\n[erase-late]\nlimit = 24 h\n";
    struct stream *s = stream_new(NULL);
    json_t *year, *months[MONTHS];

    (void)state;
    srand(11);
    for (int day = 0; day < 366; day++)
        happens(s, day);
    year = told_of(s, ini, "2026");
    for (int m = 0; m < MONTHS; m++) {
        char when[16];

        snprintf(when, sizeof when, "2026-%02d", m + 1);
        months[m] = told_of(s, ini, when);
    }
    same_as_its_months(year, months);
    for (int m = 0; m < MONTHS; m++)
        json_decref(months[m]);
    json_decref(year);
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_counts_are_one_range),
        cmocka_unit_test(rounded_numbers_have_room_to_both_sides),
        cmocka_unit_test(a_rounded_number_is_no_function_of_the_number),
        cmocka_unit_test(no_rounded_number_is_greater_than_any_number),
        cmocka_unit_test(sums_know_no_more_than_their_parts),
        cmocka_unit_test(no_report_hangs_on_a_small_count),
        cmocka_unit_test(texts_are_of_the_vocabulary_and_the_committee),
        cmocka_unit_test(tables_tell_what_they_may),
        cmocka_unit_test(a_period_that_is_not_over_is_refused),
        cmocka_unit_test(a_month_counts_the_same_alone_and_in_its_year),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
