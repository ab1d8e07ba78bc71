/* The time that a report is about: what can be asked for, and how it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/text.h"
#include "verifier/report/period.h"

#define DAY UINT64_C(86400000)

static uint64_t at(const char *text)
{
    uint64_t ms = 0;

    assert_true(time_parse(span_str(text), &ms));
    return ms;
}

static void from_the_first_to_the_end_of_the_second(void **state)
{
    static const struct {
        const char *from, *to, *first, *end;
        int zone;
    } good[] = {
        {"2025", "2025", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 0},
        {"2025", "2025", "2024-12-31T15:00:00Z", "2025-12-31T15:00:00Z", 540},
        {"2024-02", "2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", 0},
        {"2025-12", "2026-01", "2025-12-01T05:00:00Z", "2026-02-01T05:00:00Z", -300},
        {"2024-02-29", "2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z", 0},
        {"2025-12-31", "2025-12-31", "2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z", 0},
        {"2025-03-01T01:02:03.004Z", "2025-03-01T01:02:03.005Z", "2025-03-01T01:02:03.004Z",
            "2025-03-01T01:02:03.005Z", 540},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct period p;

        assert_int_equal(period_parse(&p, good[i].from, good[i].to, good[i].zone), PERIOD_GOOD);
        assert_int_equal(p.from, at(good[i].first));
        assert_int_equal(p.to, at(good[i].end));
        assert_int_equal(p.parts, 1);
        assert_int_equal(p.bounds[0], p.from);
        assert_int_equal(p.bounds[1], p.to);
    }
}

static void what_is_no_period_is_refused(void **state)
{
    static const char *const no_time[] = {"", "2025-13", "2025-00", "2025-02-29", "2025-04-31",
        "2025-1", "25", "2025/01", "2025-01-00", "20250101", "2025-01-01 ", "+025", "2025-a1"};
    static const char *const backwards[][2] = {{"2025", "2024"}, {"2025-05", "2025-04-30"},
        {"2025-01-01T00:00:00Z", "2024-12-31"}, {"2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"}};
    struct period p;

    (void)state;
    for (size_t i = 0; i < sizeof no_time / sizeof no_time[0]; i++) {
        assert_int_equal(period_parse(&p, no_time[i], "2030", 0), PERIOD_FROM_UNREADABLE);
        assert_int_equal(period_parse(&p, "2020", no_time[i], 0), PERIOD_TO_UNREADABLE);
    }
    for (size_t i = 0; i < sizeof backwards / sizeof backwards[0]; i++)
        assert_int_equal(period_parse(&p, backwards[i][0], backwards[i][1], 0), PERIOD_BACKWARDS);
}

static bool takes(const char *from, const char *to, int zone, unsigned parts)
{
    struct period p;

    assert_int_equal(period_parse(&p, from, to, zone), PERIOD_GOOD);
    if (!period_take_months(&p))
        return false;
    assert_int_equal(p.parts, parts);
    assert_int_equal(p.bounds[0], p.from);
    assert_int_equal(p.bounds[parts], p.to);
    for (unsigned i = 0; i < parts; i++) {
        uint64_t days = (p.bounds[i + 1] - p.bounds[i]) / DAY;

        assert_true(days >= 28 && days <= 31 && (p.bounds[i + 1] - p.bounds[i]) % DAY == 0);
    }
    return true;
}

static void only_a_calendar_month_or_year_is_of_months(void **state)
{
    (void)state;
    assert_true(takes("2025", "2025", 0, 12));
    assert_true(takes("2024", "2024", 540, 12));
    assert_true(takes("2025-01", "2025-12", 540, 12));
    assert_true(takes("2025-02", "2025-02", -570, 1));
    assert_true(takes("2024-02-01", "2024-02-29", 0, 1));
    assert_true(takes("2025-01-01", "2025-12-31", 0, 12));
    assert_false(takes("2025-02", "2026-01", 0, 12));
    assert_false(takes("2025-01", "2025-02", 0, 2));
    assert_false(takes("2025-01", "2025-03", 0, 3));
    assert_false(takes("2025-01-02", "2025-01-31", 0, 1));
    assert_false(takes("2025-01-01", "2025-01-30", 0, 1));
    assert_false(takes("2025-01-01", "2025-01-01", 0, 1));
    assert_false(takes("2025", "2026", 0, 24));
    assert_false(takes("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z", 540, 1));
    assert_false(takes("2025-01-01T00:00:00.001Z", "2025-02-01T00:00:00Z", 0, 1));
    assert_false(takes("2025-01-01T00:00:00Z", "2025-02-01T00:00:00.001Z", 0, 1));
}

static void label_is(const struct period *p, const char *time, const char *label, const char *next)
{
    char text[PERIOD_LABEL_BYTES];

    period_label(p, at(time), text);
    assert_string_equal(text, label);
    assert_int_equal(period_next(p, at(time)), at(next));
}

static void pieces_are_days_months_or_years(void **state)
{
    struct period p;

    (void)state;
    assert_int_equal(period_parse(&p, "2025-05", "2025-06", 540), PERIOD_GOOD);
    label_is(&p, "2025-05-31T14:59:59.999Z", "2025-05-31", "2025-05-31T15:00:00Z");
    label_is(&p, "2025-05-31T15:00:00Z", "2025-06-01", "2025-06-01T15:00:00Z");
    assert_int_equal(period_parse(&p, "2025-05-01", "2025-07-02", 0), PERIOD_GOOD);
    label_is(&p, "2025-05-31T23:59:59.999Z", "2025-05", "2025-06-01T00:00:00Z");
    assert_int_equal(period_parse(&p, "2025", "2025", 540), PERIOD_GOOD);
    label_is(&p, "2025-12-31T14:59:59.999Z", "2025-12", "2025-12-31T15:00:00Z");
    assert_int_equal(period_parse(&p, "2020", "2030", 0), PERIOD_GOOD);
    label_is(&p, "2024-02-29T00:00:00Z", "2024", "2025-01-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_first_to_the_end_of_the_second),
        cmocka_unit_test(what_is_no_period_is_refused),
        cmocka_unit_test(only_a_calendar_month_or_year_is_of_months),
        cmocka_unit_test(pieces_are_days_months_or_years),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
