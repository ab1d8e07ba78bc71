/* Calendar days in zones, and how numbers, times and durations are written in each language. */
#include "tests/unit/test.h"

#include <time.h>

#include "core/wording.h"

#define TOKYO (9 * 60)

static struct civil civil(int64_t year, unsigned month, unsigned day)
{
    return (struct civil){year, month, day, 0, 0, 0, 0};
}

static uint64_t ms_of(int64_t year, unsigned month, unsigned day, int zone)
{
    struct civil c = civil(year, month, day);
    uint64_t ms;

    if (!civil_to_ms(&c, zone, &ms))
        fail_msg("%lld-%u-%u is no day", (long long)year, month, day);
    return ms;
}

static void same(const struct civil *a, const struct civil *b)
{
    assert_true(a->year == b->year);
    assert_int_equal(a->month, b->month);
    assert_int_equal(a->day, b->day);
    assert_int_equal(a->hour, b->hour);
    assert_int_equal(a->minute, b->minute);
    assert_int_equal(a->second, b->second);
    assert_int_equal(a->millisecond, b->millisecond);
}

/* Every day of 8030 years: one behind the other, and there and back. */
static void test_every_day(void **state)
{
    uint64_t ms = 0, back;

    (void)state;
    for (int64_t year = 1970; year <= 9999; year++)
        for (unsigned month = 1; month <= 12; month++)
            for (unsigned day = 1; day <= civil_month_days(year, month); day++) {
                struct civil c, wanted = civil(year, month, day);

                civil_of(&c, ms, 0);
                same(&c, &wanted);
                assert_true(civil_to_ms(&c, 0, &back) && back == ms);
                ms += 86400000;
            }
    assert_true(ms == UINT64_C(253402300800000));
}

/* The C library has the same calendar. */
static void test_as_libc(void **state)
{
    uint64_t seed = test_seed();

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t ms = test_random(&seed) >> (test_random(&seed) % 40 + 8);
        int zone = (int)(test_random(&seed) % (2 * ZONE_MINUTES_MAX + 1)) - ZONE_MINUTES_MAX;
        time_t seconds = (time_t)(ms / 1000) + zone * 60;
        struct civil c;
        struct tm tm;
        uint64_t back;

        assert_non_null(gmtime_r(&seconds, &tm));
        civil_of(&c, ms, zone);
        same(&c, &(struct civil){(int64_t)tm.tm_year + 1900, (unsigned)tm.tm_mon + 1,
                     (unsigned)tm.tm_mday, (unsigned)tm.tm_hour, (unsigned)tm.tm_min,
                     (unsigned)tm.tm_sec, (unsigned)(ms % 1000)});
        assert_true(civil_to_ms(&c, zone, &back) && back == ms);
    }
}

static void test_ends(void **state)
{
    static const uint64_t all[] = {0, 1, UINT64_MAX - 1, UINT64_MAX};
    struct civil c;
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        for (int zone = -ZONE_MINUTES_MAX; zone <= ZONE_MINUTES_MAX; zone += 30) {
            civil_of(&c, all[i], zone);
            assert_true(civil_to_ms(&c, zone, &ms) && ms == all[i]);
        }
    civil_of(&c, 0, -1);
    same(&c, &(struct civil){1969, 12, 31, 23, 59, 0, 0});
    c.second--; /* wraps: no such second */
    assert_false(civil_to_ms(&c, -1, &ms));
    c = (struct civil){1969, 12, 31, 23, 58, 59, 999};
    assert_false(civil_to_ms(&c, -1, &ms));
    civil_of(&c, UINT64_MAX, 0);
    assert_true(c.millisecond < 999);
    c.millisecond++;
    assert_false(civil_to_ms(&c, 0, &ms));
    c.year = INT64_MAX;
    assert_false(civil_to_ms(&c, 0, &ms));
}

static void test_no_such_time(void **state)
{
    static const struct civil none[] = {{2025, 2, 29, 0, 0, 0, 0}, {1900, 2, 29, 0, 0, 0, 0},
        {2100, 2, 29, 0, 0, 0, 0}, {2024, 2, 30, 0, 0, 0, 0}, {2025, 0, 1, 0, 0, 0, 0},
        {2025, 13, 1, 0, 0, 0, 0}, {2025, 1, 0, 0, 0, 0, 0}, {2025, 4, 31, 0, 0, 0, 0},
        {2025, 1, 1, 24, 0, 0, 0}, {2025, 1, 1, 0, 60, 0, 0}, {2025, 1, 1, 0, 0, 60, 0},
        {2025, 1, 1, 0, 0, 0, 1000}, {1969, 12, 31, 23, 59, 59, 999}, {1968, 2, 29, 0, 0, 0, 0},
        {-1, 1, 1, 0, 0, 0, 0}};
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (civil_to_ms(&none[i], 0, &ms))
            fail_msg("number %zu passes for a time", i);
    assert_int_equal(civil_month_days(2000, 2), 29);
    assert_int_equal(civil_month_days(2100, 2), 28);
    assert_int_equal(civil_month_days(2025, 0), 0);
    assert_int_equal(civil_month_days(2025, 13), 0);
    /* 2024-02-29 00:30 in Tokyo is still the 28th in UTC. */
    assert_true(ms_of(2024, 2, 29, TOKYO) == ms_of(2024, 2, 28, 0) + 15 * UINT64_C(3600000));
}

enum form { DATE, MONTH, TIME, TIME_MS };

static void reads(enum form form, struct wording w, uint64_t ms, const char *wanted)
{
    static void (*const put[])(struct buf *, const struct wording *, uint64_t) = {
        wording_date, wording_month, wording_time, wording_time_ms};
    struct buf b;

    buf_init(&b, 200);
    put[form](&b, &w, ms);
    if (!span_is(buf_view(&b), wanted))
        fail_msg("%.*s is not %s", (int)b.n, (const char *)b.p, wanted);
    buf_destroy(&b);
}

static void test_dates(void **state)
{
    struct wording en = {LANGUAGE_EN, 0, false}, ja = {LANGUAGE_JA, TOKYO, false};
    uint64_t ms = UINT64_C(1775003400123); /* 2026-04-01T00:30:00.123Z */

    (void)state;
    reads(DATE, en, ms, "1 April 2026");
    reads(MONTH, en, ms, "April 2026");
    reads(TIME, en, ms, "1 April 2026, 00:30:00");
    reads(DATE, ja, ms, "2026年4月1日");
    reads(MONTH, ja, ms, "2026年4月");
    reads(TIME, ja, ms, "2026年4月1日9時30分00秒");
    reads(TIME_MS, en, ms, "1 April 2026, 00:30:00.123");
    reads(TIME_MS, ja, ms, "2026年4月1日9時30分00.123秒");
    reads(DATE, (struct wording){LANGUAGE_EN, -60, false}, ms, "31 March 2026");
    reads(TIME, (struct wording){LANGUAGE_EN, -60, true}, ms, "31 March 2026, 23:30:00");
    reads(DATE, en, ms_of(9999, 12, 31, 0), "31 December 9999");
    reads(DATE, en, 0, "1 January 1970");
    en.zone_minutes = ja.zone_minutes = ZONE_RFC3339;
    reads(DATE, en, ms, "2026-04-01");
    reads(MONTH, ja, ms, "2026-04");
    reads(TIME, ja, ms, "2026-04-01T00:30:00.123Z");
    reads(TIME_MS, en, ms, "2026-04-01T00:30:00.123Z");
}

static void test_eras(void **state)
{
    static const struct {
        int64_t year;
        unsigned month, day;
        const char *date, *in_month;
    } days[] = {{1970, 1, 2, "1970年1月2日", "1970年1月"},
        {1989, 1, 7, "1989年1月7日", "1989年1月"}, {1989, 1, 8, "平成元年1月8日", "平成元年1月"},
        {1989, 12, 31, "平成元年12月31日", "平成元年12月"},
        {1990, 1, 1, "平成2年1月1日", "平成2年1月"},
        {2018, 12, 31, "平成30年12月31日", "平成30年12月"},
        {2019, 4, 30, "平成31年4月30日", "平成31年4月"},
        {2019, 5, 1, "令和元年5月1日", "令和元年5月"},
        {2019, 12, 31, "令和元年12月31日", "令和元年12月"},
        {2020, 1, 1, "令和2年1月1日", "令和2年1月"}, {2026, 4, 1, "令和8年4月1日", "令和8年4月"},
        {9999, 12, 31, "令和7981年12月31日", "令和7981年12月"}};
    struct wording w = {LANGUAGE_JA, TOKYO, true};

    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        uint64_t ms = ms_of(days[i].year, days[i].month, days[i].day, TOKYO);

        reads(DATE, w, ms, days[i].date);
        reads(MONTH, w, ms, days[i].in_month);
    }
    /* An era begins with a day of the zone that is written. */
    reads(TIME, w, ms_of(2019, 5, 1, TOKYO) - 1, "平成31年4月30日23時59分59秒");
    w.zone_minutes = 0;
    reads(TIME, w, ms_of(2019, 5, 1, TOKYO), "平成31年4月30日15時00分00秒");
}

static void test_zones(void **state)
{
    static const struct {
        int minutes;
        const char *said[LANGUAGES];
    } zones[] = {{0, {"UTC", "協定世界時（UTC）"}}, {TOKYO, {"UTC+09:00", "日本時間（UTC+09:00）"}},
        {-210, {"UTC-03:30", "UTC-03:30"}}, {ZONE_MINUTES_MAX, {"UTC+18:00", "UTC+18:00"}},
        {-1, {"UTC-00:01", "UTC-00:01"}}, {ZONE_RFC3339, {"UTC", "協定世界時（UTC）"}}};

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        for (int language = 0; language < LANGUAGES; language++) {
            struct wording w = {(enum language)language, zones[i].minutes, false};
            struct buf b;

            buf_init(&b, 100);
            wording_zone(&b, &w);
            test_assert_span(buf_view(&b), span_str(zones[i].said[language]));
            buf_destroy(&b);
        }
}

static void test_numbers(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } numbers[] = {{0, "0"}, {7, "7"}, {999, "999"}, {1000, "1,000"}, {12345, "12,345"},
        {1234567, "1,234,567"}, {100000, "100,000"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct buf b;

        buf_init(&b, 100);
        wording_number(&b, numbers[i].n);
        test_assert_span(buf_view(&b), span_str(numbers[i].text));
        buf_destroy(&b);
    }
}

static void test_durations(void **state)
{
    static const struct {
        uint64_t ms;
        const char *said[LANGUAGES];
    } durations[] = {{0, {"0 seconds", "0秒"}}, {1, {"1 millisecond", "1ミリ秒"}},
        {999, {"999 milliseconds", "999ミリ秒"}}, {1000, {"1 second", "1秒"}},
        {1500, {"1 second 500 milliseconds", "1秒500ミリ秒"}}, {60000, {"1 minute", "1分"}},
        {90000, {"1 minute 30 seconds", "1分30秒"}}, {3600000, {"1 hour", "1時間"}},
        {3600001, {"1 hour 1 millisecond", "1時間1ミリ秒"}},
        {5400999, {"1 hour 30 minutes", "1時間30分"}}, {86400000, {"24 hours", "24時間"}},
        {86460000, {"1 day 1 minute", "1日1分"}}, {259200000, {"72 hours", "72時間"}},
        {342000000, {"95 hours", "95時間"}}, {345600000, {"4 days", "4日"}},
        {446400000, {"5 days 4 hours", "5日4時間"}}, {UINT64_C(2592000000), {"30 days", "30日"}},
        {UINT64_MAX, {"213503982334 days 14 hours", "213503982334日14時間"}}};

    (void)state;
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++)
        for (int language = 0; language < LANGUAGES; language++) {
            struct buf b;

            buf_init(&b, 100);
            wording_duration(&b, (enum language)language, durations[i].ms);
            test_assert_span(buf_view(&b), span_str(durations[i].said[language]));
            buf_destroy(&b);
        }
}

static void test_zones_are_read(void **state)
{
    static const char *const bad[] = {"", "Z", "09:00", "+9:00", "+09:0", "+09:60", "+18:01",
        "-18:01", "+0900", "+09.00", "+09:00 ", "x09:00", "+0x:00", "+09:x0", "+/9:00", "+09::0"};
    int minutes = 7;

    (void)state;
    assert_true(zone_parse(span_str("+09:00"), &minutes));
    assert_int_equal(minutes, 540);
    assert_true(zone_parse(span_str("-03:30"), &minutes));
    assert_int_equal(minutes, -210);
    assert_true(zone_parse(span_str("-18:00"), &minutes));
    assert_int_equal(minutes, -1080);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(zone_parse(span_str(bad[i]), &minutes));
    assert_int_equal(minutes, -1080);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zones_are_read),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_as_libc),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_no_such_time),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_eras),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
