#include "core/wording.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/text.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define DAYS_400_YEARS 146097

static const char *const months[12] = {"January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December"};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

unsigned civil_month_days(int64_t year, unsigned month)
{
    static const unsigned days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (month < 1 || month > 12)
        return 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first of March of a year; years are counted from March here, so that
 * the leap day is the last of its year. */
static int64_t march_days(int64_t year)
{
    return 365 * year + floor_div(year, 4) - floor_div(year, 100) + floor_div(year, 400) - 719468;
}

/* Days from March to the first of a month, 0 for March to 11 for February. */
static unsigned days_before(unsigned month)
{
    return (153 * month + 2) / 5;
}

void civil_of(struct civil *out, uint64_t ms, int zone_minutes)
{
    /* The greatest number of ms, halved into days and the rest, leaves room for the zone. */
    int64_t day = (int64_t)(ms / DAY_MS);
    int64_t rest = (int64_t)(ms % DAY_MS) + zone_minutes * MINUTE_MS;
    int64_t year;
    unsigned in_year, month;

    assert(zone_minutes >= -ZONE_MINUTES_MAX && zone_minutes <= ZONE_MINUTES_MAX);
    day += floor_div(rest, DAY_MS);
    rest -= floor_div(rest, DAY_MS) * DAY_MS;
    year = floor_div((day + 719468) * 400, DAYS_400_YEARS);
    while (march_days(year) > day)
        year--;
    while (march_days(year + 1) <= day)
        year++;
    in_year = (unsigned)(day - march_days(year));
    month = (5 * in_year + 2) / 153;
    out->year = year + (month >= 10);
    out->month = month >= 10 ? month - 9 : month + 3;
    out->day = in_year - days_before(month) + 1;
    out->hour = (unsigned)(rest / HOUR_MS);
    out->minute = (unsigned)(rest / MINUTE_MS % 60);
    out->second = (unsigned)(rest / 1000 % 60);
    out->millisecond = (unsigned)(rest % 1000);
}

static bool two_digits(const uint8_t *p, int *out)
{
    *out = (p[0] - '0') * 10 + p[1] - '0';
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9';
}

bool zone_parse(struct span text, int *minutes)
{
    int h, m;

    if (text.n != 6 || (text.p[0] != '+' && text.p[0] != '-') || text.p[3] != ':' ||
        !two_digits(text.p + 1, &h) || !two_digits(text.p + 4, &m) || m > 59 ||
        h * 60 + m > ZONE_MINUTES_MAX)
        return false;
    *minutes = (text.p[0] == '-' ? -1 : 1) * (h * 60 + m);
    return true;
}

void zone_text(char out[static ZONE_TEXT_BYTES], int minutes)
{
    int all = minutes < 0 ? -minutes : minutes;

    snprintf(
        out, ZONE_TEXT_BYTES, "%c%02d:%02d", minutes < 0 ? '-' : '+', all / 60 % 100, all % 60);
}

bool civil_to_ms(const struct civil *c, int zone_minutes, uint64_t *ms)
{
    static const uint64_t last_day = UINT64_MAX / DAY_MS;
    unsigned month = c->month >= 3 ? c->month - 3 : c->month + 9;
    int64_t day, rest;

    assert(zone_minutes >= -ZONE_MINUTES_MAX && zone_minutes <= ZONE_MINUTES_MAX);
    if (c->year < 1969 || c->year > INT64_C(1000000000) || c->day < 1 ||
        c->day > civil_month_days(c->year, c->month) || c->hour > 23 || c->minute > 59 ||
        c->second > 59 || c->millisecond > 999)
        return false;
    day = march_days(c->year - (c->month < 3)) + days_before(month) + c->day - 1;
    rest = c->hour * HOUR_MS + c->minute * MINUTE_MS + c->second * INT64_C(1000) + c->millisecond -
           zone_minutes * MINUTE_MS;
    day += floor_div(rest, DAY_MS);
    rest -= floor_div(rest, DAY_MS) * DAY_MS;
    if (day < 0 || (uint64_t)day > last_day ||
        ((uint64_t)day == last_day && (uint64_t)rest > UINT64_MAX % DAY_MS))
        return false;
    *ms = (uint64_t)day * DAY_MS + (uint64_t)rest;
    return true;
}

void wording_number(struct buf *out, uint64_t n)
{
    char digits[24];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n);

    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            buf_put_u8(out, ',');
        buf_put_u8(out, (uint8_t)digits[i]);
    }
}

static void put_year(struct buf *out, const struct wording *w, const struct civil *c)
{
    int64_t date = c->year * 10000 + c->month * 100 + c->day;
    bool reiwa = date >= 20190501;
    int64_t year = c->year - (reiwa ? 2018 : 1988);

    if (!w->era || date < 19890108)
        buf_printf(out, "%" PRId64 "年", c->year);
    else if (year == 1)
        buf_printf(out, "%s元年", reiwa ? "令和" : "平成");
    else
        buf_printf(out, "%s%" PRId64 "年", reiwa ? "令和" : "平成", year);
}

static void put_date(struct buf *out, const struct wording *w, const struct civil *c)
{
    if (w->language == LANGUAGE_EN) {
        buf_printf(out, "%u %s %" PRId64, c->day, months[c->month - 1], c->year);
        return;
    }
    put_year(out, w, c);
    buf_printf(out, "%u月%u日", c->month, c->day);
}

/* The beginning of a time as RFC 3339 writes it: a month has 3 characters less than a date. */
static bool put_rfc3339(
    struct buf *out, const struct wording *w, uint64_t ms, char end, size_t less)
{
    char text[TIME_TEXT_BYTES], *at;

    if (w->zone_minutes != ZONE_RFC3339)
        return false;
    time_text(text, ms);
    at = strchr(text, end);
    buf_put(out, text, at == NULL ? strlen(text) : (size_t)(at - text) - less);
    return true;
}

void wording_date(struct buf *out, const struct wording *w, uint64_t ms)
{
    struct civil c;

    if (put_rfc3339(out, w, ms, 'T', 0))
        return;
    civil_of(&c, ms, w->zone_minutes);
    put_date(out, w, &c);
}

void wording_month(struct buf *out, const struct wording *w, uint64_t ms)
{
    struct civil c;

    if (put_rfc3339(out, w, ms, 'T', 3))
        return;
    civil_of(&c, ms, w->zone_minutes);
    if (w->language == LANGUAGE_EN) {
        buf_printf(out, "%s %" PRId64, months[c.month - 1], c.year);
        return;
    }
    put_year(out, w, &c);
    buf_printf(out, "%u月", c.month);
}

static void put_time(struct buf *out, const struct wording *w, uint64_t ms, bool exact)
{
    char fraction[8] = "";
    struct civil c;

    if (put_rfc3339(out, w, ms, 0, 0))
        return;
    civil_of(&c, ms, w->zone_minutes);
    put_date(out, w, &c);
    if (exact)
        snprintf(fraction, sizeof fraction, ".%03u", c.millisecond % 1000);
    if (w->language == LANGUAGE_EN)
        buf_printf(out, ", %02u:%02u:%02u%s", c.hour, c.minute, c.second, fraction);
    else
        buf_printf(out, "%u時%02u分%02u%s秒", c.hour, c.minute, c.second, fraction);
}

void wording_time(struct buf *out, const struct wording *w, uint64_t ms)
{
    put_time(out, w, ms, false);
}

void wording_time_ms(struct buf *out, const struct wording *w, uint64_t ms)
{
    put_time(out, w, ms, true);
}

void wording_zone(struct buf *out, const struct wording *w)
{
    int zone = w->zone_minutes == ZONE_RFC3339 ? 0 : w->zone_minutes;
    char text[ZONE_TEXT_BYTES];
    bool named = w->language == LANGUAGE_JA && (zone == 0 || zone == 9 * 60);

    if (named)
        buf_put_str(out, zone == 0 ? "協定世界時（" : "日本時間（");
    buf_put_str(out, "UTC");
    zone_text(text, zone);
    if (zone != 0)
        buf_put_str(out, text);
    if (named)
        buf_put_str(out, "）");
}

void wording_duration(struct buf *out, enum language language, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        const char *one, *many, *ja;
    } units[] = {{DAY_MS, "day", "days", "日"}, {HOUR_MS, "hour", "hours", "時間"},
        {MINUTE_MS, "minute", "minutes", "分"}, {1000, "second", "seconds", "秒"},
        {1, "millisecond", "milliseconds", "ミリ秒"}};
    bool in_hours = ms > 0 && ms < 4 * (uint64_t)DAY_MS && ms % HOUR_MS == 0;

    if (ms == 0)
        buf_put_str(out, language == LANGUAGE_EN ? "0 seconds" : "0秒");
    for (size_t i = in_hours ? 1 : 0, put = 0; ms > 0 && put < 2; i++) {
        uint64_t count = ms / units[i].ms;

        if (count == 0)
            continue;
        if (language == LANGUAGE_EN)
            buf_printf(out, "%s%" PRIu64 " %s", put == 0 ? "" : " ", count,
                count == 1 ? units[i].one : units[i].many);
        else
            buf_printf(out, "%" PRIu64 "%s", count, units[i].ja);
        ms %= units[i].ms;
        put++;
    }
}
