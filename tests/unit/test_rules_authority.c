/* action-unknown, authority-missing, authority-unknown and authority-expired: hits, near misses,
 * boundaries, and ways around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

#define ACCESS "query actor=npa/a unit=npa/cyber dataset=d1 "
#define GRANT "approve decision=granted approval="

static void action_unknown(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "Query authority=A actor=npa/a");
    said(s, "npa", H(1), "x-query actor=npa/a");
    said(s, "npa", H(1), "inspect actor=npa/a");
    said(s, "npa", H(1), "X-query actor=npa/a");
    found(s, "action-unknown", "action-unknown 0.0\naction-unknown 3.0\n");
    stream_free(s);
}

static void action_unknown_whatever_it_says(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", H(1), "querys outcome=denied");
    said_too(s, "view. emergency=true");
    said_too(s, "x- actor=npa/a");
    said_too(s, "x actor=npa/a");
    said(s, "npa", H(1), "correct corrects=0.0");
    found(s, "action-unknown", "action-unknown 0.0\naction-unknown 0.1\naction-unknown 0.3\n");
    stream_free(s);
}

/* Every action of the vocabulary, without an approval: those that need one. */
static void authority_missing_by_action(void **state)
{
    struct stream *s = stream_new(NULL);
    char expected[2000] = "", line[64];

    (void)state;
    for (int i = 0; i < ACTION_COUNT_OF; i++) {
        enum action action = (enum action)i;

        said(s, "npa", H(1), action_text(action));
        if ((ACTION_BIT(action) & ACTIONS_AUTHORISED) == 0)
            continue;
        snprintf(line, sizeof line, "authority-missing %d.0\n", i);
        strcat(expected, line);
    }
    found(s, "authority-missing", expected);
    stream_free(s);
}

static void authority_missing_list(void **state)
{
    static const char *const need[] = {"collect.start", "collect.stop", "batch.receive",
        "select.run", "select.criteria", "query", "view", "export", "provide", "receive",
        "deident.reverse"};
    uint64_t all = 0;

    (void)state;
    for (size_t i = 0; i < sizeof need / sizeof need[0]; i++)
        all |= ACTION_BIT(action_of(span_str(need[i])));
    assert_int_equal(all, ACTIONS_AUTHORISED);
}

static void authority_missing_ways_around(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = query\n");

    (void)state;
    said(s, "npa", H(1), ACCESS "outcome=denied");
    said(s, "npa", H(1), ACCESS "outcome=Denied");
    said(s, "npa", H(1), ACCESS "outcome=failure");
    said(s, "npa", H(1), ACCESS "emergency=true");
    said(s, "npa", H(1), ACCESS "approval=A");
    said(s, "npa", H(1), "x-look actor=npa/a");
    said(s, "npa", H(1), "x-lookup actor=npa/a");
    said(s, "npa", H(1), ACCESS "authority=none");
    said(s, "npa", H(1), "correct corrects=1.0 authority=A");
    said(s, "committee", H(1), ACCESS);
    said_too(s, ACCESS "at=!9007199254740991");
    found(s, "authority-missing",
        "authority-missing 1.0\nauthority-missing 2.0\nauthority-missing 3.0\n"
        "authority-missing 4.0\nauthority-missing 6.0\nauthority-missing 9.0\n"
        "authority-missing 9.1\n");
    stream_free(s);
}

static void authority_unknown_and_granted_later(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "npa", H(2), ACCESS "authority=B");
    said(s, "committee", H(3), GRANT "A valid_from=0h valid_to=30d");
    said(s, "npa", H(4), ACCESS "authority=A");
    said(s, "npa", H(5), ACCESS "authority=C");
    said(s, "npa", D(31), ACCESS "authority=A");
    said(s, "operator", D(31), "config");
    found(s, "authority-unknown authority-expired",
        "authority-unknown 1.0\nauthority-unknown 4.0\nauthority-expired 5.0 2.0\n");
    stream_free(s);
}

static void authority_open_at_the_end(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "npa", H(1), GRANT "A");
    said(s, "npa", H(1), ACCESS);
    found(s, "authority-unknown authority-missing",
        "authority-missing 2.0\nauthority-unknown 0.0 open\n");
    stream_free(s);
}

/* What looks like a grant and is none. */
static void authority_unknown_ways_around(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, "approve approval=A1 decision=requested");
    said(s, "committee", 0, "approve approval=A2 decision=refused");
    said(s, "operator", 0, GRANT "A3");
    said(s, "npa", 0, "approve approval=A4 decision=ratified");
    said(s, "committee", 0, GRANT "A5 outcome=denied");
    said(s, "committee", 0, GRANT "A6 outcome=failure");
    said(s, "committee", 0, "approve approval=A7 decision=extended valid_to=30d");
    said(s, "committee", 0, "approve approval=A8 decision=Granted");
    said(s, "committee", 0, "approve approval=A9");
    said(s, "committee", 0, "revoke approval=A10");
    said(s, "committee", 0, "x-approve approval=A11 decision=granted");
    said(s, "committee", 0, "correct approval=A12 decision=granted corrects=0.0");
    said(s, "committee", 0, GRANT "a13");
    said(s, "committee", 0, GRANT "A14");
    said(s, "npa", H(1), ACCESS "authority=A1");
    for (int i = 2; i <= 14; i++) {
        char record[100];

        snprintf(record, sizeof record, ACCESS "authority=A%d", i);
        said_too(s, record);
    }
    passed(s, H(1) + D(30) + 1);
    found(s, "authority-unknown authority-expired",
        "authority-unknown 14.0\nauthority-unknown 14.1\nauthority-unknown 14.2\n"
        "authority-unknown 14.3\nauthority-unknown 14.4\nauthority-unknown 14.5\n"
        "authority-unknown 14.6\nauthority-unknown 14.7\nauthority-unknown 14.8\n"
        "authority-unknown 14.9\nauthority-unknown 14.10\nauthority-unknown 14.11\n"
        "authority-unknown 14.12\n");
    stream_free(s);
}

/* A writer that is no committee any more, and one that has become one. */
static void authority_unknown_by_the_roster_in_force(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    listed(s, 0, "second", ROLE_COMMITTEE);
    said(s, "second", 0, GRANT "A");
    listed(s, 0, "second", ROLE_AGENCY);
    said(s, "second", 0, GRANT "B");
    said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "npa", H(1), ACCESS "authority=B");
    found(s, "authority-unknown", "authority-unknown 5.0 open\n");
    stream_free(s);
}

static void authority_unknown_other_actions(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 0, "copy dataset=d1 authority=N");
    said(s, "npa", 0, "copy dataset=d1");
    said(s, "npa", 0, "erase dataset=d1 authority=N outcome=denied");
    said(s, "npa", 0, "heartbeat authority=N");
    said(s, "npa", 0, "correct authority=N corrects=0.0");
    said(s, "npa", 0, "x-query authority=N");
    said(s, "npa", 0, ACCESS "authority=N emergency=true");
    said(s, "npa", 0, ACCESS "authority=N outcome=failure");
    said(s, "committee", 0, "erase.record records=0.0 authority=N");
    passed(s, D(40));
    found(s, "authority-unknown", "authority-unknown 0.0\nauthority-unknown 7.0\n");
    stream_free(s);
}

static void authority_unknown_boundary(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "npa", H(2), ACCESS "authority=B");
    said(s, "npa", H(2), ACCESS "authority=A");
    said(s, "committee", H(1) + D(30), GRANT "A");
    passed(s, H(2) + D(30));
    said(s, "committee", H(2) + D(30) + 1, GRANT "B");
    found(s, "authority-unknown authority-retroactive",
        "authority-retroactive 0.0 3.0\nauthority-retroactive 2.0 3.0\nauthority-unknown 1.0\n");
    stream_free(s);
}

static void authority_unknown_wait_is_set(void **state)
{
    struct stream *s = stream_new("[authority-unknown]\nwait = 0 s\n");

    (void)state;
    said(s, "npa", H(1), ACCESS "authority=A at=!9007199254740991");
    passed(s, H(1));
    said(s, "npa", H(1) + 1, ACCESS "authority=A");
    found(s, "authority-unknown", "authority-unknown 0.0\nauthority-unknown 2.0 open\n");
    stream_free(s);
}

/* An agency's own action that is judged as a query is judged so when it had to wait, too. */
static void own_actions_that_wait(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = query\nx-yes = approve\n");

    (void)state;
    said(s, "npa", H(1), "x-lookup dataset=d1 authority=A");
    said(s, "npa", H(1), "x-lookup dataset=d1 authority=B");
    said(s, "npa", H(1), "x-look dataset=d1 authority=B");
    said(s, "npa", H(2), "x-yes approval=B decision=granted");
    said(s, "committee", H(2), "x-yes approval=A decision=granted");
    found(s, "authority-unknown authority-retroactive",
        "authority-retroactive 0.0 4.0\nauthority-unknown 1.0 open\n");
    stream_free(s);
}

static void waiting_is_bounded(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    stream_waiting_max(s, 1200);
    for (int i = 0; i < 6; i++)
        said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "npa", H(1), ACCESS "authority=B");
    said(s, "committee", H(2), GRANT "A");
    for (int i = 0; i < 6; i++)
        said(s, "npa", H(3), i % 2 == 0 ? ACCESS "authority=C" : ACCESS "authority=B");
    said(s, "committee", H(4), GRANT "B");
    said(s, "committee", H(4), GRANT "C");
    /* Five have room: the oldest is given up for each that comes. A grant makes room, too. */
    found(s, "authority-unknown authority-retroactive",
        "authority-unknown 0.0\nauthority-unknown 1.0\n"
        "authority-retroactive 2.0 7.0\nauthority-retroactive 3.0 7.0\n"
        "authority-retroactive 4.0 7.0\nauthority-retroactive 5.0 7.0\n"
        "authority-unknown 6.0\nauthority-unknown 8.0\n"
        "authority-retroactive 9.0 14.0\nauthority-retroactive 11.0 14.0\n"
        "authority-retroactive 13.0 14.0\nauthority-retroactive 10.0 15.0\n"
        "authority-retroactive 12.0 15.0\n");
    stream_free(s);
}

static void authority_expired_boundaries(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A valid_from=1d valid_to=2d");
    said(s, "npa", D(3), ACCESS "authority=A at=1d");
    said(s, "npa", D(3), ACCESS "authority=A at=1d-1ms");
    said(s, "npa", D(3), ACCESS "authority=A at=2d");
    said(s, "npa", D(3), ACCESS "authority=A at=2d+1ms");
    said(s, "npa", D(3), ACCESS "authority=A at=!9007199254740991");
    said(s, "npa", D(3), ACCESS "authority=A at=!0");
    found(s, "authority-expired",
        "authority-expired 2.0 0.0\nauthority-expired 4.0 0.0\nauthority-expired 5.0 0.0\n"
        "authority-expired 6.0 0.0\n");
    assert_non_null(strstr(found_sentences(s),
        "did \"query\" on data set d1 under A at 2026-01-01T23:59:59.999Z, before that approval "
        "began"));
    assert_non_null(strstr(found_sentences(s),
        "did \"query\" on data set d1 under A at 2026-01-03T00:00:00.001Z, after that approval "
        "had ended"));
    stream_free(s);
}

static void authority_expired_open_bounds(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A");
    said(s, "committee", 0, GRANT "B valid_from=1d");
    said(s, "committee", 0, GRANT "C valid_to=1d");
    said(s, "committee", 0, GRANT "D valid_from=2d valid_to=1d");
    said(s, "committee", 0, GRANT "E valid_from=0d valid_to=!9007199254740991");
    said(s, "npa", H(1), ACCESS "authority=A at=!9007199254740991");
    said_too(s, ACCESS "authority=A at=!0");
    said_too(s, ACCESS "authority=B at=!9007199254740991");
    said_too(s, ACCESS "authority=B at=!0");
    said_too(s, ACCESS "authority=C at=!9007199254740991");
    said_too(s, ACCESS "authority=C at=!0");
    said_too(s, ACCESS "authority=D at=36h");
    said_too(s, ACCESS "authority=E at=!9007199254740991");
    found(s, "authority-expired",
        "authority-expired 5.3 1.0\nauthority-expired 5.4 2.0\nauthority-expired 5.6 3.0\n");
    stream_free(s);
}

static void authority_expired_other_records(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = view\n");

    (void)state;
    said(s, "committee", 0, GRANT "A valid_to=1d");
    said(s, "npa", D(2), ACCESS "authority=A outcome=denied");
    said(s, "npa", D(2), ACCESS "authority=A outcome=partial emergency=true");
    said(s, "npa", D(2), "copy dataset=d1 authority=A");
    said(s, "npa", D(2), "deident.reverse dataset=d1 authority=A");
    said(s, "npa", D(2), "x-look dataset=d1 authority=A");
    said(s, "npa", D(2), "x-lookup dataset=d1 authority=A");
    said(s, "npa", D(2), "correct corrects=2.0 at=1h authority=A");
    found(s, "authority-expired",
        "authority-expired 2.0 0.0\nauthority-expired 4.0 0.0\nauthority-expired 6.0 0.0\n");
    stream_free(s);
}

static void authority_expired_revoked(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A valid_to=30d");
    said(s, "npa", D(1), "revoke approval=A");
    said(s, "committee", D(2), "revoke approval=A outcome=denied");
    said(s, "npa", D(3), ACCESS "authority=A");
    said(s, "committee", D(4), "revoke approval=A at=5d");
    said(s, "npa", D(6), ACCESS "authority=A at=4d");
    said(s, "npa", D(6), ACCESS "authority=A at=4d+1ms");
    /* A second one does not change when it ended; an earlier `at` does. */
    said(s, "committee", D(7), "revoke approval=A");
    said(s, "npa", D(7), ACCESS "authority=A at=5d");
    said(s, "committee", D(8), "revoke approval=A at=2d");
    said(s, "npa", D(8), ACCESS "authority=A at=3d");
    found(s, "authority-expired",
        "authority-expired 6.0 4.0\nauthority-expired 8.0 4.0\nauthority-expired 10.0 9.0\n");
    assert_non_null(strstr(found_sentences(s), "after that approval had been revoked"));
    stream_free(s);
}

/* Revoked before it began, and granted again. */
static void authority_expired_granted_again(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A valid_from=5d valid_to=30d");
    said(s, "committee", D(1), "revoke approval=A");
    said(s, "npa", D(6), ACCESS "authority=A");
    said(s, "committee", D(7), GRANT "A valid_from=7d valid_to=8d");
    said(s, "npa", D(7), ACCESS "authority=A");
    said(s, "npa", D(7), ACCESS "authority=A at=6d");
    said(s, "npa", D(8) + 1, ACCESS "authority=A");
    found(s, "authority-expired",
        "authority-expired 2.0 1.0\nauthority-expired 5.0 1.0\nauthority-expired 6.0 3.0\n");
    stream_free(s);
}

/* Ratified later: judged by its time as usual; granted later: not here. */
static void authority_expired_that_waited(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", D(1), ACCESS "authority=A emergency=true");
    said(s, "npa", D(3), ACCESS "authority=A emergency=true");
    said(s, "npa", D(3), ACCESS "authority=B emergency=true");
    said(s, "committee", D(4), "approve approval=A decision=ratified valid_from=0d valid_to=2d");
    said(s, "committee", D(4), GRANT "B valid_to=2d");
    found(s, "authority-expired", "authority-expired 1.0 3.0\n");
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(action_unknown),
        cmocka_unit_test(action_unknown_whatever_it_says),
        cmocka_unit_test(authority_missing_by_action),
        cmocka_unit_test(authority_missing_list),
        cmocka_unit_test(authority_missing_ways_around),
        cmocka_unit_test(authority_unknown_and_granted_later),
        cmocka_unit_test(authority_open_at_the_end),
        cmocka_unit_test(authority_unknown_ways_around),
        cmocka_unit_test(authority_unknown_by_the_roster_in_force),
        cmocka_unit_test(authority_unknown_other_actions),
        cmocka_unit_test(authority_unknown_boundary),
        cmocka_unit_test(authority_unknown_wait_is_set),
        cmocka_unit_test(own_actions_that_wait),
        cmocka_unit_test(waiting_is_bounded),
        cmocka_unit_test(authority_expired_boundaries),
        cmocka_unit_test(authority_expired_open_bounds),
        cmocka_unit_test(authority_expired_other_records),
        cmocka_unit_test(authority_expired_revoked),
        cmocka_unit_test(authority_expired_granted_again),
        cmocka_unit_test(authority_expired_that_waited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
