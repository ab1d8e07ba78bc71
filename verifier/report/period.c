#include "verifier/report/period.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/text.h"
#include "core/wording.h"

#define DAY_MS UINT64_C(86400000)
#define DAYS_IN_DAYS_MAX 62
#define DAYS_IN_MONTHS_MAX (8 * 366)

/* Decimal digits of a fixed number, as dates have them. */
static bool digits(const char *p, size_t n, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *out = *out * 10 + (p[i] - '0');
    }
    return true;
}

/* The first instant behind a year, month or day. */
static struct civil behind(struct civil c, enum period_step step)
{
    if (step == PERIOD_DAYS && ++c.day > civil_month_days(c.year, c.month)) {
        c.day = 1;
        step = PERIOD_MONTHS;
    }
    if (step == PERIOD_MONTHS && ++c.month > 12) {
        c.month = 1;
        step = PERIOD_YEARS;
    }
    if (step == PERIOD_YEARS)
        c.year++;
    return c;
}

static bool parse(const char *text, int zone_minutes, uint64_t *first, uint64_t *end)
{
    size_t n = strlen(text);
    struct civil c = {.month = 1, .day = 1};
    enum period_step step = n == 4 ? PERIOD_YEARS : n == 7 ? PERIOD_MONTHS : PERIOD_DAYS;
    int64_t month = 1, day = 1;
    struct civil next;

    if (time_parse(span_str(text), first)) {
        *end = *first;
        return true;
    }
    if ((n != 4 && n != 7 && n != 10) || !digits(text, 4, &c.year) ||
        (n > 4 && (text[4] != '-' || !digits(text + 5, 2, &month))) ||
        (n > 7 && (text[7] != '-' || !digits(text + 8, 2, &day))))
        return false;
    c.month = (unsigned)month;
    c.day = (unsigned)day;
    if (month < 1 || month > 12 || day < 1 || c.day > civil_month_days(c.year, c.month))
        return false;
    next = behind(c, step);
    return civil_to_ms(&c, zone_minutes, first) && civil_to_ms(&next, zone_minutes, end);
}

enum period_wrong period_parse(
    struct period *out, const char *from, const char *to, int zone_minutes)
{
    uint64_t unused;

    *out = (struct period){.zone_minutes = zone_minutes, .parts = 1};
    if (!parse(from, zone_minutes, &out->from, &unused))
        return PERIOD_FROM_UNREADABLE;
    if (!parse(to, zone_minutes, &unused, &out->to))
        return PERIOD_TO_UNREADABLE;
    if (out->from >= out->to)
        return PERIOD_BACKWARDS;
    out->bounds[0] = out->from;
    out->bounds[1] = out->to;
    return PERIOD_GOOD;
}

bool period_take_months(struct period *p)
{
    struct civil from;
    uint64_t bounds[PERIOD_PARTS_MAX + 1];
    unsigned months;

    civil_of(&from, p->from, p->zone_minutes);
    for (months = 0; months <= PERIOD_PARTS_MAX; months++) {
        struct civil c = {.year = from.year, .month = from.month, .day = 1};

        for (unsigned i = 0; i < months; i++)
            c = behind(c, PERIOD_MONTHS);
        if (!civil_to_ms(&c, p->zone_minutes, &bounds[months]))
            return false;
        if (bounds[months] >= p->to)
            break;
    }
    if (months > PERIOD_PARTS_MAX || bounds[0] != p->from || bounds[months] != p->to ||
        (months != 1 && (months != 12 || from.month != 1)))
        return false;
    p->parts = months;
    memcpy(p->bounds, bounds, sizeof bounds);
    return true;
}

enum period_step period_step(const struct period *p)
{
    uint64_t days = (p->to - p->from + DAY_MS - 1) / DAY_MS;

    return days <= DAYS_IN_DAYS_MAX     ? PERIOD_DAYS
           : days <= DAYS_IN_MONTHS_MAX ? PERIOD_MONTHS
                                        : PERIOD_YEARS;
}

void period_label(const struct period *p, uint64_t ms, char out[static PERIOD_LABEL_BYTES])
{
    enum period_step step = period_step(p);
    struct civil c;

    civil_of(&c, ms, p->zone_minutes);
    if (step == PERIOD_YEARS)
        snprintf(out, PERIOD_LABEL_BYTES, "%04" PRId64, c.year);
    else if (step == PERIOD_MONTHS)
        snprintf(out, PERIOD_LABEL_BYTES, "%04" PRId64 "-%02u", c.year, c.month);
    else
        snprintf(out, PERIOD_LABEL_BYTES, "%04" PRId64 "-%02u-%02u", c.year, c.month, c.day);
}

uint64_t period_next(const struct period *p, uint64_t ms)
{
    enum period_step step = period_step(p);
    struct civil c;
    uint64_t next;

    civil_of(&c, ms, p->zone_minutes);
    c = (struct civil){.year = c.year,
        .month = step == PERIOD_YEARS ? 1 : c.month,
        .day = step == PERIOD_DAYS ? c.day : 1};
    c = behind(c, step);
    return civil_to_ms(&c, p->zone_minutes, &next) ? next : UINT64_MAX;
}
