/* A report's file by its parts: times, depth, members, and the places that differences are told by. */
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/file.h"
#include "tests/unit/test.h"
#include "verifier/report/recheck_internal.h"

static struct span good; /* a report of two records, by the tests' forge */

static json_t *read_report(struct recheck *r, struct span file)
{
    recheck_init(r);
    return recheck_read(r, file);
}

/* What is wrong with a file, which is no report. */
static void assert_no_report(const char *text, const char *said)
{
    struct recheck r;

    assert_null(read_report(&r, span_str(text)));
    assert_int_equal(r.count, 1);
    assert_int_equal(r.problems[0].code, RECHECK_FORM);
    if (strstr(r.problems[0].said, said) == NULL)
        fail_msg("%s: %s", text, r.problems[0].said);
    recheck_destroy(&r);
}

static void test_files(void **state)
{
    char deep[100] = "";

    (void)state;
    assert_no_report("", "no JSON");
    assert_no_report("{} {}", "no JSON");
    assert_no_report("{\"a\": 1, \"a\": 1}", "duplicate");
    assert_no_report("{\"a\": \"\xff\"}", "no JSON");
    assert_no_report("{\"a\": \"\\u0000\"}", "no JSON");
    assert_no_report("{}", "no report");
    assert_no_report("[]", "no report");
    assert_no_report(" <html>", "carries no report");
    assert_no_report("{\"a\": \"<h1>x\"}", "may show it as a page");
    assert_no_report("{\"a\": \"\xe2\x80\xa8\"}", "may show it as a page");
    for (int i = 0; i < RECHECK_DEPTH_MAX; i++)
        strcat(deep, "[");
    assert_no_report(deep, "no JSON");
    strcat(deep, "[");
    assert_no_report(deep, "nested deeper");
    assert_no_report("{\"a\": \"[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[\"}", "no report");
    assert_no_report("]]]]]", "no JSON");
}

static void test_times(void **state)
{
    static const char *const bad[] = {"", "1970-01-01", "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.00Z", "1970-01-01T00:00:00.000", "1970-01-01T00:00:00.000+00:00",
        "1970-02-30T00:00:00.000Z", "1969-12-31T00:00:00.000Z", "970-01-01T00:00:00.000Z",
        "01970-01-01T00:00:00.000Z", "1970-01-01T24:00:00.000Z", "1970-01-01T00:00:00.000Z ",
        "99999999999-01-01T00:00:00.000Z", "1970-1-01T00:00:00.000Z"};
    char text[TIME_TEXT_BYTES];
    uint64_t ms = 1, again;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        ms = (ms * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407));
        time_text(text, ms >> (10 + i % 50));
        assert_true(recheck_time(text, &again));
        assert_int_equal(again, ms >> (10 + i % 50));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (recheck_time(bad[i], &again))
            fail_msg("%s is taken", bad[i]);
}

static void test_a_good_one(void **state)
{
    struct report_options options;
    struct rules_limits *limits;
    struct recheck r;
    json_t *report = read_report(&r, good);

    (void)state;
    assert_non_null(report);
    assert_int_equal(rules_limits_read(NULL, &limits, NULL), 0);
    recheck_offline(&r, report, NULL, limits, (struct span){NULL, 0});
    assert_int_equal(r.err, 0);
    assert_int_equal(r.count, 0);
    assert_true(r.open[RECHECK_OPEN_ROSTER] && r.rules_known && !r.trusted && !r.recounted);
    assert_int_equal(r.proofs, 2);
    /* By a roster of its own it is trusted. */
    recheck_destroy(&r);
    recheck_init(&r);
    {
        const char *note = json_string_value(
            json_array_get(json_object_get(json_object_get(report, "evidence"), "rosters"), 0));
        struct roster *roster;

        assert_int_equal(roster_from_note(span_str(note), NULL, &roster, NULL), 0);
        recheck_offline(&r, report, roster, limits, (struct span){NULL, 0});
        assert_true(r.trusted && !recheck_is_open(&r) && r.count == 0);
        roster_free(roster);
    }
    assert_int_equal(recheck_options(report, limits, &options), 0);
    assert_int_equal(options.period.from, 0);
    assert_int_equal(options.profile, REPORT_COMMITTEE);
    json_decref(report);
    recheck_destroy(&r);
    rules_limits_free(limits);
}

/* The good one with another value at a place, written and read again. */
static void assert_not_of_the_form(const char *object, const char *member, json_t *value)
{
    struct recheck r;
    json_t *report = json_loadb((const char *)good.p, good.n, 0, NULL), *changed;
    char *text;

    changed = object[0] == '\0' ? report : json_object_get(report, object);
    if (json_is_array(changed))
        changed = json_array_get(changed, 0);
    assert_non_null(json_object_get(changed, member));
    json_object_set_new(changed, member, value);
    text = json_dumps(report, 0);
    json_decref(report);
    recheck_init(&r);
    report = recheck_read(&r, span_str(text));
    if (report != NULL || r.count != 1 || r.problems[0].code != RECHECK_FORM)
        fail_msg("%s.%s is taken", object, member);
    recheck_destroy(&r);
    free(text);
}

static void test_texts_of_a_form(void **state)
{
    char key[5001];
    json_t *accesses;

    (void)state;
    assert_not_of_the_form("", "version", json_string("0.1.0 of the committee"));
    assert_not_of_the_form("", "version", json_string(""));
    assert_not_of_the_form("period", "zone", json_string("local"));
    assert_not_of_the_form("rules", "digest", json_string("none"));
    assert_not_of_the_form("rules", "not_used", json_pack("[s]", "nothing at all"));
    assert_not_of_the_form("rules", "limits_ms", json_pack("{s:i}", "erase late", 1));
    assert_not_of_the_form("findings", "id", json_string("0123"));
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    for (int i = 0; i < 2; i++) {
        accesses = json_pack("{s:[{s:s, s:s, s:s, s:i, s:i, s:i, s:i}], s:{s:i, s:i, s:i, s:i}}",
            "rows", "agency", "npa", "action", "view", "purpose", i == 0 ? key : "\xd0\xb0", "done",
            0, "denied", 0, "failed", 0, "items", 0, "total", "done", 0, "denied", 0, "failed", 0,
            "items", 0);
        assert_non_null(accesses);
        assert_not_of_the_form("figures", "accesses", accesses);
    }
}

static bool told(const struct recheck *r, enum recheck_code code, const char *where)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->problems[i].code == code && strcmp(r->problems[i].where, where) == 0)
            return true;
    return false;
}

static void test_places_of_differences(void **state)
{
    struct recheck r;
    json_t *report = read_report(&r, good), *again = json_deep_copy(report), *rows, *row;

    (void)state;
    rows = json_object_get(json_object_get(json_object_get(again, "figures"), "accesses"), "rows");
    row = json_array_get(rows, 0);
    json_object_set_new(row, "done", json_integer(77));
    json_array_remove(rows, 1);
    json_object_set_new(json_object_get(again, "period"), "complete", json_null());
    json_object_set_new(json_object_get(again, "ledger"), "more", json_true());
    json_object_set_new(json_object_get(again, "ledger"), "roster_trusted", json_integer(5));
    json_object_set_new(again, "version", json_string("9"));
    recheck_compare(&r, report, again);
    assert_int_equal(r.err, 0);
    assert_true(r.recounted);
    assert_int_equal(r.count, 4);
    assert_true(
        told(&r, RECHECK_DIFFERS, "figures.accesses[agency=npa, action=query, purpose=].done"));
    assert_true(told(&r, RECHECK_DIFFERS, "figures.accesses[agency=npa, action=view, purpose=]"));
    assert_true(told(&r, RECHECK_DIFFERS, "period.complete"));
    assert_true(told(&r, RECHECK_DIFFERS, "ledger.more"));
    assert_string_equal(r.problems[0].said, "false");
    assert_string_equal(r.problems[0].found, "null");
    json_decref(report);
    json_decref(again);
    recheck_destroy(&r);
}

/* Findings and rows are told of by their names; in another order they are others, too. */
static void test_another_order(void **state)
{
    static const char *const tables[] = {"accesses", "systems"};
    struct recheck r;
    json_t *report = read_report(&r, good), *again, *rows;

    (void)state;
    for (size_t i = 0; i <= 2; i++) {
        again = json_deep_copy(report);
        rows = i == 2 ? json_object_get(again, "findings")
                      : json_object_get(
                            json_object_get(json_object_get(again, "figures"), tables[i]), "rows");
        assert_true(json_array_size(rows) > 1);
        json_array_append(rows, json_array_get(rows, 0));
        json_array_remove(rows, 0);
        recheck_destroy(&r);
        recheck_init(&r);
        recheck_compare(&r, report, again);
        assert_int_equal(r.err, 0);
        assert_true(r.count > 0);
        json_decref(again);
    }
    json_decref(report);
    recheck_destroy(&r);
}

static void test_more_problems_than_are_kept(void **state)
{
    struct recheck r;

    (void)state;
    recheck_init(&r);
    for (int i = 0; i < RECHECK_PROBLEMS_MAX + 7; i++)
        recheck_problem(&r, RECHECK_SUM,
            "a\xe2\x80\xae"
            "b",
            "1", NULL);
    assert_int_equal(r.count, RECHECK_PROBLEMS_MAX);
    assert_int_equal(r.omitted, 7);
    assert_string_equal(r.problems[0].where, "a\\u{202e}b");
    recheck_destroy(&r);
}

static int read_good(void **state)
{
    char path[4096];
    uint8_t *bytes;
    size_t n;

    (void)state;
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/recheck/good.json",
        getenv("KEIIN_SRC") == NULL ? "." : getenv("KEIIN_SRC"));
    if (file_read(path, 1 << 20, &bytes, &n, NULL) != 0)
        return -1;
    good = span_of(bytes, n);
    return crypto_start(NULL);
}

static int free_good(void **state)
{
    (void)state;
    free((void *)good.p);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files), cmocka_unit_test(test_times),
        cmocka_unit_test(test_a_good_one), cmocka_unit_test(test_texts_of_a_form),
        cmocka_unit_test(test_places_of_differences), cmocka_unit_test(test_another_order),
        cmocka_unit_test(test_more_problems_than_are_kept)};

    return cmocka_run_group_tests(tests, read_good, free_good);
}
