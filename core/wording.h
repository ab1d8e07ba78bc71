/*
 * Numbers, times and durations as each language writes them. Pure; any thread. All append to a
 * buffer, whose own error sticks.
 */
#ifndef KEIIN_CORE_WORDING_H
#define KEIIN_CORE_WORDING_H

#include <limits.h>

#include "core/bytes.h"
#include "core/language.h"

/* The Gregorian calendar, in a time zone: minutes east of UTC, from -18 to 18 hours. */
struct civil {
    int64_t year; /* 1969 at the least */
    unsigned month, day, hour, minute, second, millisecond; /* month and day from 1 */
};
#define ZONE_MINUTES_MAX (18 * 60)
void civil_of(struct civil *out, uint64_t ms, int zone_minutes);
/* False when there is no such day or time of day, or it is before 1970-01-01T00:00:00Z or beyond
 * what a uint64_t of ms counts. */
bool civil_to_ms(const struct civil *c, int zone_minutes, uint64_t *ms);
/* Days of a month; 0 when there is no such month. */
unsigned civil_month_days(int64_t year, unsigned month);

/* A zone as "+09:00", and nothing else; false when it is none, or beyond 18 hours. */
bool zone_parse(struct span text, int *minutes);
#define ZONE_TEXT_BYTES 16
void zone_text(char out[static ZONE_TEXT_BYTES], int minutes);

/* How times are to be written. */
struct wording {
    enum language language;
    int zone_minutes; /* or ZONE_RFC3339 */
    bool era; /* in Japanese: era years, Reiwa and Heisei; before 1989-01-08 Gregorian */
};

/*
 * Instead of a zone: times and dates as RFC 3339 writes them, in UTC and to the millisecond, in
 * every language: "2026-04-01T00:30:00.123Z", "2026-04-01", "2026-04". For terminals, where nothing
 * beside a time says its zone.
 */
#define ZONE_RFC3339 INT_MAX

/* 1,234,567 in both languages. */
void wording_number(struct buf *out, uint64_t n);
/* "1 April 2026"; 2026年4月1日, with era 令和8年4月1日 (the first year is 元年). */
void wording_date(struct buf *out, const struct wording *w, uint64_t ms);
/* "April 2026"; 2026年4月. With era that of the day, where one began within the month. */
void wording_month(struct buf *out, const struct wording *w, uint64_t ms);
/* "1 April 2026, 09:30:00"; 2026年4月1日9時30分00秒. No zone: who shows times says it once. */
void wording_time(struct buf *out, const struct wording *w, uint64_t ms);
/* The same to the millisecond: "1 April 2026, 09:30:00.123"; 2026年4月1日9時30分00.123秒. */
void wording_time_ms(struct buf *out, const struct wording *w, uint64_t ms);
/* The zone: "UTC", "UTC+09:00"; 協定世界時（UTC）, 日本時間（UTC+09:00）. */
void wording_zone(struct buf *out, const struct wording *w);
/* In its two greatest units that are not zero: "5 days 4 hours", "24 hours", "0 seconds"; 5日4時間,
 * 24時間, 0秒. Like laws, less than four days that are whole hours are said in hours. */
void wording_duration(struct buf *out, enum language language, uint64_t ms);

#endif
