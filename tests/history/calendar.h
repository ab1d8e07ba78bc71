/*
 * Days and hours as the offices keep them: Japan's time, its weekends and public holidays.
 * Times are milliseconds since 1970 (UTC); a day is a number of days since 1970 in Japan.
 */
#ifndef KEIIN_TESTS_HISTORY_CALENDAR_H
#define KEIIN_TESTS_HISTORY_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_MS UINT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* 1 April 2025, 0:00 in Japan: the beginning of its fiscal year. */
#define CALENDAR_START_MS UINT64_C(1743433200000)

uint64_t calendar_day(uint64_t ms);
unsigned calendar_hour(uint64_t ms); /* 0 to 23 */
/* Neither Saturday nor Sunday nor a public holiday. */
bool calendar_is_workday(uint64_t ms);
/* A working day between 9 and 18 o'clock. */
bool calendar_is_office_hour(uint64_t ms);
/* The time itself when it lies in office hours, else 9:00 of the next working day and up to
 * an hour (what is left of the time's own hour) later. */
uint64_t calendar_in_office(uint64_t ms);

#endif
