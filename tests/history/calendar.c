#include "tests/history/calendar.h"

#include <stddef.h>

#define JAPAN_MS (9 * HOUR_MS)
#define OPENS 9
#define CLOSES 18

/*
 * Public holidays of the fiscal year 2025, substitutes included: Cabinet Office of Japan,
 * "About national holidays" (kokumin no shukujitsu), lists for 2025 and 2026. The days from
 * 29 December to 3 January are the public offices' own (Act on Holidays of Administrative Organs).
 */
static const struct {
    uint16_t month, day;
} holidays[] = {{4, 29}, {5, 3}, {5, 4}, {5, 5}, {5, 6}, {7, 21}, {8, 11}, {9, 15}, {9, 23},
    {10, 13}, {11, 3}, {11, 23}, {11, 24}, {12, 29}, {12, 30}, {12, 31}, {1, 1}, {1, 2}, {1, 3},
    {1, 12}, {2, 11}, {2, 23}, {3, 20}};

uint64_t calendar_day(uint64_t ms)
{
    return (ms + JAPAN_MS) / DAY_MS;
}

unsigned calendar_hour(uint64_t ms)
{
    return (unsigned)((ms + JAPAN_MS) % DAY_MS / HOUR_MS);
}

/* Month and day of the month, by the civil calendar (days counted from 1 March of year 0). */
static void civil(uint64_t ms, unsigned *month, unsigned *day)
{
    uint64_t days = calendar_day(ms) + 719468, of_era = days % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t from_march = (5 * of_year + 2) / 153;

    *day = (unsigned)(of_year - (153 * from_march + 2) / 5 + 1);
    *month = (unsigned)(from_march < 10 ? from_march + 3 : from_march - 9);
}

bool calendar_is_workday(uint64_t ms)
{
    uint64_t weekday = (calendar_day(ms) + 4) % 7; /* 1 January 1970 was a Thursday; 0: Sunday */
    unsigned month, day;

    if (weekday == 0 || weekday == 6)
        return false;
    civil(ms, &month, &day);
    for (size_t i = 0; i < sizeof holidays / sizeof holidays[0]; i++)
        if (holidays[i].month == month && holidays[i].day == day)
            return false;
    return true;
}

bool calendar_is_office_hour(uint64_t ms)
{
    unsigned hour = calendar_hour(ms);

    return hour >= OPENS && hour < CLOSES && calendar_is_workday(ms);
}

uint64_t calendar_in_office(uint64_t ms)
{
    uint64_t in_hour = ms % HOUR_MS;

    if (calendar_is_office_hour(ms))
        return ms;
    ms -= in_hour;
    while (!calendar_is_office_hour(ms))
        ms += HOUR_MS;
    return ms + in_hour;
}
