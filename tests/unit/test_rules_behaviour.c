/* The rules about behaviour: denied attempts, and unusual amounts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

#define BURST "denied-burst"
#define OUTLIER "volume-outlier"

/* --- denied-burst: many attempts of one actor */

/* `count` denied attempts of npa/a from from_ms on, `apart_ms` apart. */
static void denied(struct stream *s, unsigned count, uint64_t from_ms, uint64_t apart_ms)
{
    for (unsigned i = 0; i < count; i++)
        said(s, "npa", from_ms + i * apart_ms,
            "query actor=npa/a unit=npa/cyber dataset=d1 outcome=denied");
}

static void burst_limit(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    denied(s, 10, H(1), S(1)); /* 0 to 9: as many as allowed */
    denied(s, 10, H(3), S(1)); /* 10 to 19 */
    denied(s, 1, H(3) + S(10), 0); /* 20: the eleventh */
    denied(s, 30, H(3) + S(11), S(1)); /* told of once */
    found(s, BURST, BURST " 20.0\n");
    assert_string_equal(found_sentences(s),
        "denied-burst: npa/a (npa/cyber) was denied more than 10 times within 1 h, the last time "
        "at 2026-01-01T03:00:10.000Z: \"query\" on data set d1.\n");
    stream_free(s);
}

/* Eleven within exactly an hour, over midnight; and within 1 ms more. */
static void burst_sliding(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    denied(s, 11, H(23.5), MIN(6)); /* 0 to 10 */
    denied(s, 10, D(2) + H(23.5), MIN(6)); /* 11 to 20 */
    denied(s, 1, D(3) + H(0.5) + 1, 0); /* 21 */
    denied(s, 1, D(3) + H(0.5) + 2, 0); /* 22: with ten of the hour before it */
    found(s, BURST, BURST " 10.0\n" BURST " 22.0\n");
    stream_free(s);
}

/* Again after an hour without one: exactly an hour is none without. */
static void burst_again(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    denied(s, 11, H(1), 0); /* 0 to 10 */
    denied(s, 11, H(2), 0); /* 11 to 21: the same burst */
    denied(s, 11, H(3) + 1, 0); /* 22 to 32: another */
    for (int i = 0; i < 11; i++) /* 33 to 43: in the hour before it; but see the second */
        said(s, "npa", H(4), "query actor=npa/a at=3h outcome=denied");
    for (int i = 0; i < 11; i++) /* 44 to 54: more than an hour before that one */
        said(s, "npa", H(4), "query actor=npa/a at=2h-1ms outcome=denied");
    found(s, BURST, BURST " 10.0\n" BURST " 32.0\n" BURST " 54.0\n");
    stream_free(s);
}

/* By `at`, in whatever order they come; and what was received long ago is forgotten. */
static void burst_order(void **state)
{
    struct stream *s = stream_new(NULL);
    char record[80];

    (void)state;
    for (int i = 0; i < 11; i++) { /* 0 to 10: the middle ones last */
        snprintf(record, sizeof record, "view actor=a at=%dmin outcome=denied",
            i % 2 == 0 ? 60 + i : 120 - i);
        said(s, "npa", H(2), record);
    }
    said(s, "npa", H(2), "view actor=a at=0min outcome=denied"); /* exactly an hour before it */
    for (int i = 0; i < 10; i++)
        said(s, "mod", H(3), "view actor=b at=!9007199254740991 outcome=denied"); /* 12 to 21 */
    for (int i = 0; i < 11; i++)
        said(s, "mod", H(3), "view actor=b outcome=denied"); /* 22 to 32 */
    said(s, "mod", H(3), "view actor=b at=!9007199254740990 outcome=denied"); /* 33 */
    for (int i = 0; i < 10; i++)
        said(s, "mod", H(10), "view actor=c outcome=denied"); /* 34 to 43 */
    said(s, "mod", H(12), "view actor=c at=10h outcome=denied"); /* 44: just in time */
    for (int i = 0; i < 10; i++)
        said(s, "mod", H(20), "view actor=d outcome=denied"); /* 45 to 54 */
    said(s, "mod", H(22) + 1, "view actor=d at=20h outcome=denied"); /* 55: too late */
    found(s, BURST, BURST " 10.0\n" BURST " 32.0\n" BURST " 33.0\n" BURST " 44.0\n");
    stream_free(s);
}

/* Far apart by `at`, whatever the order in which they come. */
static void burst_far_apart(void **state)
{
    struct stream *s = stream_new(NULL);
    char record[80];

    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(record, sizeof record, "view actor=a at=%dh outcome=denied", 10 * i);
        said(s, "npa", H(100), record);
    }
    said(s, "npa", H(100), "view actor=a at=30min outcome=denied");
    found(s, BURST, "");
    stream_free(s);
}

/* Two periods after the last one nothing is remembered. */
static void burst_forgets(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    denied(s, 20, H(1), MIN(1));
    said(s, "npa", H(2), "query actor=npa/b dataset=d2 outcome=denied");
    passed(s, H(4));
    assert_int_equal(remembered(s, BURST), 2);
    passed(s, H(4) + 1);
    assert_int_equal(remembered(s, BURST), 0);
    stream_free(s);
}

/* Whose they are, and what counts. */
static void burst_whose(void **state)
{
    static const char *const each[] = {"query actor=a outcome=denied",
        "view actor=b outcome=failure", "view actor=c", "x-query actor=d outcome=denied",
        "correct actor=e outcome=denied", "view outcome=denied", "approve actor=f outcome=denied",
        "Query actor=g outcome=denied", "view actor=h outcome=Denied"};
    struct stream *s = stream_new(NULL);

    (void)state;
    for (unsigned k = 0; k < sizeof each / sizeof each[0]; k++)
        for (int i = 0; i < 11; i++) /* by several writers, and with the emergency flag */
            said(s, i % 2 == 0 ? "npa" : "mod", H(1), each[k]);
    for (int i = 0; i < 11; i++) /* 99 to 109 */
        said(s, "npa", H(1),
            i % 2 == 0 ? "view actor=A outcome=denied emergency=true"
                       : "view actor=z outcome=denied");
    said(s, "npa", H(1), "query actor=j outcome=denied"); /* 110: all in one entry */
    for (int i = 0; i < 11; i++)
        said_too(s, "query actor=j outcome=denied");
    found(s, BURST, BURST " 10.0\n" BURST " 76.0\n" BURST " 87.0\n" BURST " 110.10\n");
    stream_free(s);
}

static void burst_limits(void **state)
{
    struct stream *s = stream_new("[denied-burst]\ndenied = 0\nperiod = 1 s\n");
    struct stream *many = stream_new(NULL);
    char record[80];

    (void)state;
    denied(s, 1, H(1), 0);
    denied(s, 1, H(1) + S(1), 0);
    denied(s, 1, H(1) + S(2) + 1, 0);
    found(s, BURST, BURST " 0.0\n" BURST " 2.0\n");
    stream_free(s);
    /* Thousands with times far apart, so that none counts with another. */
    for (int i = 0; i < 3000; i++) {
        snprintf(record, sizeof record, "view actor=a at=%dh outcome=denied", i * 2 % 3001 * 2);
        said(many, "npa", H(1), record);
    }
    for (int i = 0; i < 11; i++)
        said(many, "npa", H(1), "view actor=a at=!9007199254740991 outcome=denied");
    found(many, BURST, BURST " 3010.0\n");
    assert_true(remembered_bytes(many, BURST) < 30000); /* not all the 3,000 */
    stream_free(many);
}

/* --- denied-burst: refused to one, done by another */

#define REFUSED "query actor=npa/a unit=npa/cyber dataset=d1 outcome=denied "
#define DONE "query actor=npa/b unit=npa/cyber dataset=d1 outcome=success "

static void refused_then_done(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), REFUSED);
    said(s, "npa", H(1), "view actor=npa/c dataset=d1 outcome=denied");
    said(s, "npa", H(1.5), "query actor=npa/b dataset=d2 outcome=success");
    said(s, "mod", H(1.5), "view actor=mod/b unit=mod/ops dataset=d1 outcome=success"); /* 3 */
    said(s, "npa", H(1.6), DONE); /* they were told of */
    found(s, BURST, BURST " 0.0 3.0\n" BURST " 1.0 3.0\n");
    assert_string_equal(found_sentences(s),
        "denied-burst: npa/a was denied data set d1 at 2026-01-01T01:00:00.000Z, and within 1 h, "
        "at 2026-01-01T01:30:00.000Z, mod/b (mod/ops) did \"view\" on it with success.\n"
        "denied-burst: npa/c was denied data set d1 at 2026-01-01T01:00:00.000Z, and within 1 h, "
        "at 2026-01-01T01:30:00.000Z, mod/b (mod/ops) did \"view\" on it with success.\n");
    stream_free(s);
}

static void refused_boundary(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), REFUSED);
    said(s, "npa", H(2) + 1, DONE);
    said(s, "npa", H(2) + 1, DONE "at=2h"); /* 2: an hour */
    said(s, "npa", H(4), REFUSED "at=4h"); /* 3 */
    said(s, "npa", H(4), DONE "at=4h-1ms"); /* before it */
    said(s, "npa", H(4), DONE "at=4h"); /* 5 */
    said(s, "npa", H(7), REFUSED "at=7h");
    said(s, "npa", H(9), DONE "at=8h"); /* 7: recorded late, but in time */
    said(s, "npa", H(12), REFUSED "at=12h");
    said(s, "npa", H(14) + 1, DONE "at=13h"); /* received too late */
    found(s, BURST, BURST " 0.0 2.0\n" BURST " 3.0 5.0\n" BURST " 6.0 7.0\n");
    stream_free(s);
}

static void refused_near_misses(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = view\n");

    (void)state;
    said(s, "npa", H(1), REFUSED); /* 0 */
    said(s, "npa", H(1), "query actor=npa/a dataset=d1 outcome=success"); /* the same one */
    said(s, "npa", H(1), "query actor=npa/b dataset=D1 outcome=success");
    said(s, "npa", H(1), "query actor=npa/b dataset=d1"); /* does not say so */
    said(s, "npa", H(1), "query actor=npa/b dataset=d1 outcome=partial");
    said(s, "npa", H(1), "query actor=npa/b outcome=success");
    said(s, "npa", H(1), "x-query actor=npa/b dataset=d1 outcome=success");
    said(s, "npa", H(1), "correct actor=npa/b dataset=d1 outcome=success");
    said(s, "committee", H(1), "inspect actor=com/1 dataset=d1 outcome=success");
    said(s, "npa", H(1), "x-lookup actor=npa/b dataset=d1 outcome=success"); /* 9 */
    said(s, "npa", H(2), "query dataset=d3 outcome=denied"); /* nobody to be another than */
    said(s, "npa", H(2), "query actor=npa/b dataset=d3 outcome=success");
    said(s, "npa", H(2), "query actor=npa/c dataset=d4 outcome=denied"); /* 12 */
    said(s, "npa", H(2), "query dataset=d4 outcome=success"); /* 13: not shown to be the same */
    said(s, "npa", H(2), "query actor=npa/e dataset=d5 outcome=denied"); /* 14 */
    said_too(s, "query actor=npa/f dataset=d5 outcome=denied");
    said_too(s, "query actor=npa/e dataset=d5 outcome=success");
    said_too(s, "query actor=npa/e dataset=d5 outcome=success");
    said_too(s, "query actor=npa/f dataset=d5 outcome=success");
    found(s, BURST,
        BURST " 0.0 9.0\n" BURST " 12.0 13.0\n" BURST " 14.1 14.2\n" BURST " 14.0 14.4\n");
    stream_free(s);
}

/* Many refusals on one data set, by one and by many. */
static void refused_many(void **state)
{
    struct stream *s = stream_new("[denied-burst]\ndenied = 1000\n");
    char record[80];
    char expected[4096] = "";

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(record, sizeof record, "query actor=a%d dataset=d outcome=denied", i % 50);
        said(s, "npa", H(1), record);
    }
    said(s, "npa", H(1), "query actor=a7 dataset=d outcome=success"); /* 100 */
    said(s, "npa", H(1), "query actor=a7 dataset=d outcome=success");
    said(s, "npa", H(2), "query actor=new dataset=d outcome=success"); /* 102 */
    for (int i = 0; i < 100; i++)
        if (i % 50 != 7)
            snprintf(expected + strlen(expected), 40, BURST " %d.0 100.0\n", i);
    strcat(expected, BURST " 7.0 102.0\n" BURST " 57.0 102.0\n");
    found(s, BURST, expected);
    stream_free(s);
}

/* Each success reads all refusals, so that only the newest of too many are kept. */
static void refused_too_many(void **state)
{
    struct stream *s = stream_new("[denied-burst]\ndenied = 1000\n");
    static char expected[64 * 1024];
    char record[80];
    size_t n = 0;

    (void)state;
    for (int i = 0; i <= 2000; i++) {
        snprintf(record, sizeof record, "query actor=a%d dataset=d outcome=denied", i);
        if (i == 0)
            said(s, "npa", H(1), record);
        else
            said_too(s, record);
        if (i >= 1000)
            n += (size_t)snprintf(expected + n, sizeof expected - n, BURST " 0.%d 1.0\n", i);
    }
    said(s, "npa", H(1), "query actor=new dataset=d outcome=success");
    found(s, BURST, expected);
    stream_free(s);
}

/* --- volume-outlier */

#define QUERY "query actor=npa/a unit=npa/cyber dataset=d1 count=%llu"

static unsigned took(struct stream *s, uint64_t received_ms, const char *format, uint64_t count)
{
    char record[120];

    snprintf(record, sizeof record, format, (unsigned long long)count);
    return said(s, "npa", received_ms, record);
}

/* An access in each of `hours` hours, from hour `from` on. */
static void usual(struct stream *s, unsigned from, unsigned hours, uint64_t count)
{
    for (unsigned i = 0; i < hours; i++)
        took(s, H(from + i), QUERY, count);
}

static void outlier_limit(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    usual(s, 0, 10, 7); /* 0 to 9; the last is at 9 h */
    took(s, H(10.5), QUERY, 70); /* 10: ten times */
    took(s, H(10.6), QUERY, 1); /* 11 */
    took(s, H(10.7), QUERY, 1000); /* told of already */
    found(s, OUTLIER, OUTLIER " 11.0\n");
    assert_string_equal(found_sentences(s),
        "volume-outlier: npa/a was given 71 items in the hour up to this access (\"query\" on data "
        "set d1), and its unit npa/cyber 71; the middle ones of their own hours in the 30 days "
        "before are 7 and 7, and at most 10 times as many are expected.\n");
    stream_free(s);
}

static void outlier_hours_min(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    usual(s, 0, 9, 7); /* 0 to 8 */
    took(s, H(9), QUERY, 0); /* an hour without items is none */
    took(s, H(10.5), QUERY, 1000); /* nine only; and it makes the tenth */
    took(s, H(12), QUERY, 70);
    took(s, H(12), QUERY, 1); /* 12 */
    found(s, OUTLIER, OUTLIER " 12.0\n");
    stream_free(s);
}

/* Twelve steps of five minutes, over a clock hour's end and over midnight. */
static void outlier_sliding(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    usual(s, 0, 10, 7); /* 0 to 9 */
    took(s, D(1) - MIN(5), QUERY, 40); /* 10 */
    took(s, D(1) + MIN(55) - 1, QUERY, 31); /* 11: in the twelfth step */
    usual(s, 26, 1, 7);
    took(s, D(2) - MIN(5), QUERY, 40); /* 13 */
    took(s, D(2) + MIN(55), QUERY, 31); /* in the thirteenth */
    found(s, OUTLIER, OUTLIER " 11.0\n");
    stream_free(s);
}

/* Once an hour: again twelve steps later. */
static void outlier_again(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    usual(s, 0, 12, 1);
    took(s, D(1), QUERY, 100); /* 12 */
    took(s, D(1) + MIN(60) - 1, QUERY, 100);
    took(s, D(1) + MIN(60), QUERY, 100); /* 14 */
    took(s, D(1) + MIN(119), QUERY, 100);
    took(s, D(1) + MIN(120), QUERY, 100); /* 16 */
    found(s, OUTLIER, OUTLIER " 12.0\n" OUTLIER " 14.0\n" OUTLIER " 16.0\n");
    stream_free(s);
}

/* The exact median: of an odd number the middle one; of an even number the mean, rounded down. */
static void outlier_median(void **state)
{
    static const uint64_t items[] = {
        9, 100, 2, 8, 1, 50, 3, 7, 4, 12}; /* 1 2 3 4 7 8 9 12 50 100 */
    struct stream *s = stream_new("[volume-outlier]\nfactor = 1\n");

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        took(s, H(i), "query actor=a count=%llu", items[i]);
    took(s, H(10) + MIN(30), "query actor=a count=%llu", 7); /* 10: the median is 7 */
    took(s, H(10) + MIN(30), "query actor=a count=%llu", 1); /* 11: over it */
    /* 8 joins them: 1 2 3 4 7 8 8 9 12 50 100, the median is 8. */
    took(s, H(12), "query actor=a count=%llu", 8);
    took(s, H(12), "query actor=a count=%llu", 1); /* 13 */
    /* 9 joins them: the twelve have 8 and 8. */
    took(s, H(14), "query actor=a count=%llu", 8);
    took(s, H(14), "query actor=a count=%llu", 1); /* 15 */
    found(s, OUTLIER, OUTLIER " 11.0\n" OUTLIER " 13.0\n" OUTLIER " 15.0\n");
    assert_non_null(strstr(found_sentences(s),
        "volume-outlier: a (unit not named) was given 8 items in the hour up to this access "));
    stream_free(s);
}

/* Hours more than 720 before the present one are forgotten. */
static void outlier_thirty_days(void **state)
{
    struct stream *s = stream_new("[volume-outlier]\nfactor = 1\nhours_min = 1\n");

    (void)state;
    took(s, H(0), "query actor=a count=%llu", 5);
    took(s, H(1), "query actor=a count=%llu", 2); /* within the hour of the first: 7 > 5 */
    took(s, H(720), "query actor=a count=%llu", 4); /* 5 and 2: 3 */
    took(s, H(722), "query actor=a count=%llu", 5); /* 4 only, no 2: told */
    took(s, H(1443) - 1, "query actor=a count=%llu", 6); /* 722: told */
    took(s, H(2163), "query actor=a count=%llu", 1000); /* none is left */
    took(s, H(2164), "query actor=a count=%llu", 1001); /* 1000 is */
    found(s, OUTLIER, OUTLIER " 2.0\n" OUTLIER " 3.0\n" OUTLIER " 4.0\n" OUTLIER " 6.0\n");
    stream_free(s);
}

/* Actors and units apart; whichever writer says it. */
static void outlier_subjects(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    usual(s, 0, 12, 7); /* 0 to 11 */
    took(s, D(1), "query actor=x unit=npa/cyber dataset=d1 count=%llu", 71); /* 12: the unit's */
    took(s, D(2), "view actor=npa/a unit=other dataset=d1 count=%llu", 71); /* 13: the actor's */
    took(s, D(3), "export actor=npa/a count=%llu", 40);
    said(s, "mod", D(3), "export actor=npa/a count=31"); /* 15 */
    took(s, D(4), "query count=%llu", 10000);
    took(s, D(5), "query actor=npa/A count=%llu", 10000); /* new by this name */
    found(s, OUTLIER, OUTLIER " 12.0\n" OUTLIER " 13.0\n" OUTLIER " 15.0\n");
    assert_non_null(strstr(found_sentences(s),
        "volume-outlier: The unit npa/cyber was given 71 items in the hour up to this access (by "
        "x, \"query\" on data set d1); the middle one of its own hours in the 30 days before is 7, "
        "and at most 10 times as many are expected.\n"
        "volume-outlier: npa/a (other) was given 71 items in the hour up to this access (\"view\" "
        "on data set d1); the middle one of its own hours in the 30 days before is 7, and at most "
        "10 times as many are expected.\n"));
    stream_free(s);
}

/* What is no access gives nothing; a backdated one counts when it is received. */
static void outlier_what_counts(void **state)
{
    static const char *const none[] = {"query actor=npa/a outcome=denied count=%llu",
        "x-query actor=npa/a count=%llu", "copy actor=npa/a count=%llu",
        "correct actor=npa/a count=%llu", "provide actor=npa/a count=%llu"};
    struct stream *s = stream_new(NULL);

    (void)state;
    usual(s, 0, 12, 7); /* 0 to 11 */
    for (int i = 0; i < 5; i++)
        took(s, D(1), none[i], 1000); /* 12 to 16 */
    said(s, "npa", D(1), "query actor=npa/a");
    took(s, D(1), "query actor=npa/a outcome=failure count=%llu", 35);
    took(s, D(1), "query actor=npa/a emergency=true at=2h count=%llu", 36); /* 19 */
    found(s, OUTLIER, OUTLIER " 19.0\n");
    stream_free(s);
}

static void outlier_absurd(void **state)
{
    struct stream *s = stream_new("[volume-outlier]\nfactor = 4\nhours_min = 1\n");
    const uint64_t most = UINT64_C(9007199254740991);

    (void)state;
    took(s, H(0), QUERY, most);
    for (int i = 0; i < 2049; i++) /* 1 to 2049: above 2^64 in all, which is no small number */
        took(s, D(1), QUERY, most);
    for (int i = 0; i < 5; i++)
        took(s, D(2), QUERY, most);
    took(s, D(32), QUERY, 1); /* 2055: the hours before are forgotten, but for one */
    took(s, D(62), QUERY, 1);
    took(s, D(63), QUERY, most); /* 2057 */
    took(s, most - T0, QUERY, 1);
    found(s, OUTLIER, OUTLIER " 5.0\n" OUTLIER " 2057.0\n");
    stream_free(s);
}

/* An actor and a unit without accesses for 30 days are forgotten. */
static void outlier_forgets(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    usual(s, 0, 20, 7);
    took(s, H(300), "query actor=b count=%llu", 1);
    passed(s, H(19 + 721));
    assert_int_equal(remembered(s, OUTLIER), 3);
    passed(s, H(19 + 721) + 1);
    assert_int_equal(remembered(s, OUTLIER), 1);
    stream_free(s);
}

/* An access in each of a thousand hours: the 720 before count, and no others. */
static void outlier_many_hours(void **state)
{
    struct stream *s = stream_new("[volume-outlier]\nfactor = 2\nhours_min = 720\n");

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        took(s, H(i), "query actor=a count=%llu", i < 280 ? 1 : i < 640 ? 10 : 20);
    took(s, H(1000), "query actor=a count=%llu", 30); /* 360 times 10 and 360 times 20: 15 */
    took(s, H(1000), "query actor=a count=%llu", 1); /* 1001 */
    took(s, H(1002), "query actor=a count=%llu", 5000); /* only 719 in the 720 before */
    found(s, OUTLIER, OUTLIER " 1001.0\n");
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_limit),
        cmocka_unit_test(burst_sliding),
        cmocka_unit_test(burst_again),
        cmocka_unit_test(burst_order),
        cmocka_unit_test(burst_far_apart),
        cmocka_unit_test(burst_forgets),
        cmocka_unit_test(burst_whose),
        cmocka_unit_test(burst_limits),
        cmocka_unit_test(refused_then_done),
        cmocka_unit_test(refused_boundary),
        cmocka_unit_test(refused_near_misses),
        cmocka_unit_test(refused_many),
        cmocka_unit_test(refused_too_many),
        cmocka_unit_test(outlier_limit),
        cmocka_unit_test(outlier_hours_min),
        cmocka_unit_test(outlier_sliding),
        cmocka_unit_test(outlier_again),
        cmocka_unit_test(outlier_median),
        cmocka_unit_test(outlier_thirty_days),
        cmocka_unit_test(outlier_subjects),
        cmocka_unit_test(outlier_what_counts),
        cmocka_unit_test(outlier_absurd),
        cmocka_unit_test(outlier_many_hours),
        cmocka_unit_test(outlier_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
