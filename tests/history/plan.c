#include "tests/history/plan.h"

#include "tests/history/calendar.h"

/*
 * Where the proportions come from.
 *
 * Approvals. The Dutch TIB judged 3,383 requests of two services in 2023 and 2,902 in 2022; 4.4 %
 * of those of 2023 it found unlawful, and half of these came again, amended, and were approved
 * (TIB, Jaarverslag 2022 and 2023, as summed up on tib-ivd.nl). A million records have about as
 * many approvals. German G 10 measures hold for three months and are then extended or end: of 222
 * orders of 2018, 72 were new and 150 extensions (PKGr, report for 2018, as told by CILIP, 10
 * August 2020). 8 % of the interception authorisations of British law enforcement were urgent in
 * 2018 (IPCO, Annual Report 2018, figure 4). The TIB found the urgent procedure used unlawfully
 * six times in 2021 (Jaarverslag 2021): that urgent use is refused afterwards happens, and is rare.
 *
 * Provision. The BfV passed on findings from G 10 measures in 357 cases in the first half of
 * 2019, 85 times to domestic bodies and 272 times abroad (PKGr, report for 2019, as told by CILIP,
 * 9 November 2021): three of four went abroad.
 *
 * Oversight. 366 recommendations came of 72 inspections of communications data in 2015: five an
 * inspection (Interception of Communications Commissioner, report of July 2016).
 *
 * Queries. The FBI counted 57,094 queries of US persons under section 702 from December 2022 to
 * November 2023, and 119,383 the year before (ODNI, Annual Statistical Transparency Report for
 * 2023, as told by the press). That is one kind of query of one agency: we know of no report that
 * says how many queries, views and exports there are in all. A history of a million records has
 * about 600,000, which is assumed.
 *
 * Assumed too, since we know of no public figure: how many data sets a stream brings and how much
 * of one selection keeps, shifts, exports, copies and provisions a query, denied attempts,
 * corrections, incidents, revocations, inspections a year, the share of council recipients, how
 * long what was selected is kept, and how often longer than was said.
 */

#define HEARTBEATS_A_DAY 26 /* of a writer */
#define WRITERS_LISTED 8
#define YEAR_TERM_DAYS 92
#define YEAR_RETENTION_DAYS 60
#define RECORDS_A_BATCH 4 /* receive, select, erase what was discarded, erase what was kept */
#define RECORDS_A_SESSION 5
#define RECORDS_A_CASE 115

static uint64_t at_least(uint64_t value, uint64_t least)
{
    return value < least ? least : value;
}

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value > most ? most : value;
}

/* Hours of all units together in which someone may sit at work. */
static uint64_t unit_hours(const struct plan *p)
{
    uint64_t office = 0, units = 4 * p->units;

    for (uint64_t day = 0; day < p->days; day++)
        if (calendar_is_workday(p->start_ms + day * DAY_MS))
            office += 9;
    return office * units + office / 2 + p->days * UINT64_C(24);
}

void plan_make(struct plan *p, uint64_t seed, uint64_t records, unsigned days)
{
    uint64_t a_day = HEARTBEATS_A_DAY * WRITERS_LISTED, rest, sessions, accesses, hours;

    *p = (struct plan){.seed = seed, .records = records, .start_ms = CALENDAR_START_MS};
    if (days == 0)
        days = (unsigned)at_most(at_least(records / 2 / a_day, PLAN_DAYS_MIN), PLAN_DAYS_MAX);
    p->days = days;
    p->end_ms = p->start_ms + days * DAY_MS;
    p->term_ms = at_most(YEAR_TERM_DAYS, days / 3) * DAY_MS;
    p->retention_ms = at_most(YEAR_RETENTION_DAYS, days / 3) * DAY_MS;
    rest = records > a_day * days ? records - a_day * days : 1;
    p->streams = (unsigned)at_most(at_least(rest / 60000, 2), 24);
    p->batch_every_ms =
        at_most(days * DAY_MS * p->streams * RECORDS_A_BATCH / at_least(rest / 8, 1), DAY_MS);
    p->units = records < 50000 ? 1 : records < 3000000 ? 2 : 4;
    accesses = rest * 7 / 10;
    sessions = accesses / RECORDS_A_SESSION;
    /* In an hour 1.25 times as many come on average, and nine of ten hours are used. */
    hours = 9 * at_least(unit_hours(p), 1);
    p->sessions = (unsigned)at_least((8 * sessions + hours - 1) / hours, 1);
    p->people = 2 * p->sessions;
    p->cases = (unsigned)at_least(
        accesses * p->term_ms / (days * DAY_MS * RECORDS_A_CASE * (4 * p->units + 2)), 1);
}
