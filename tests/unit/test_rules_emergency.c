/* emergency-unratified and self-approved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

#define USE "view actor=npa/a unit=npa/cyber "
#define EMERGENCY USE "emergency=true authority="
#define RATIFY "approve decision=ratified approval="
#define REFUSE "approve decision=refused approval="
#define ONLY "emergency-unratified"

static void ratified_in_time(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), EMERGENCY "A dataset=d1");
    said(s, "npa", H(1), EMERGENCY "B dataset=d1");
    said(s, "npa", H(1), EMERGENCY "C dataset=d1 at=0h");
    /* The earliest use counts, whenever the ledger gets to know of it. */
    said(s, "npa", H(2), EMERGENCY "D at=2h");
    said(s, "npa", H(2), EMERGENCY "D at=1h");
    said(s, "npa", H(2), EMERGENCY "E at=2h");
    said(s, "committee", H(73), RATIFY "A");
    passed(s, H(73));
    said(s, "committee", H(73) + 1, RATIFY "B");
    said(s, "committee", H(73) + 1, RATIFY "C");
    said(s, "committee", H(73) + 1, RATIFY "D");
    said(s, "committee", H(73) + 1, RATIFY "E");
    passed(s, D(365));
    found(
        s, ONLY, "emergency-unratified 2.0\nemergency-unratified 1.0\nemergency-unratified 3.0\n");
    assert_non_null(strstr(found_sentences(s),
        "B was used in an emergency, from 2026-01-01T01:00:00.000Z on; the committee had to ratify "
        "it by 2026-01-04T01:00:00.000Z, and by then the ledger had no such decision."));
    stream_free(s);
}

/* One finding an approval, however often it is used; what looks like a ratification is none. */
static void not_ratified(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), EMERGENCY "A dataset=d1");
    said(s, "npa", H(2), EMERGENCY "A dataset=d2");
    said(s, "npa", H(3), EMERGENCY "B dataset=d2 at=!9007199254740991");
    said(s, "npa", H(4), EMERGENCY "C dataset=d2");
    said(s, "npa", H(4), EMERGENCY "D");
    said(s, "npa", H(4), RATIFY "A");
    said(s, "committee", H(5), RATIFY "A outcome=failure");
    said(s, "committee", H(5), RATIFY "a");
    said(s, "committee", H(5), "approve approval=A decision=granted");
    said(s, "committee", H(5), "correct approval=A decision=ratified");
    said(s, "committee", H(5), RATIFY "C at=!0");
    said(s, "committee", H(5), RATIFY "D at=!9007199254740991");
    passed(s, D(4));
    passed(s, D(5));
    found(s, ONLY, "emergency-unratified 0.0\nemergency-unratified 2.0\n");
    stream_free(s);
}

static void deadlines_that_are_said(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 0, EMERGENCY "A ratify_by=10d");
    said(s, "npa", 0, EMERGENCY "B ratify_by=10d");
    said(s, "npa", 0, EMERGENCY "C ratify_by=40d");
    said(s, "npa", 0, EMERGENCY "D ratify_by=!9007199254740991");
    said(s, "npa", 0, EMERGENCY "E ratify_by=!0");
    said(s, "npa", 0, EMERGENCY "F ratify_by=10d");
    said(s, "npa", H(1), EMERGENCY "F ratify_by=20d");
    said(s, "npa", H(1), EMERGENCY "G");
    said(s, "npa", H(2), EMERGENCY "G ratify_by=9d");
    said(s, "npa", H(2), EMERGENCY "A ratify_by=9d");
    passed(s, D(9));
    passed(s, D(9) + 1);
    said(s, "committee", D(10), RATIFY "A");
    passed(s, D(10) + 1);
    passed(s, D(30));
    said(s, "committee", D(30), RATIFY "C");
    passed(s, D(30) + 1);
    found(s, ONLY,
        "emergency-unratified 4.0\nemergency-unratified 7.0\nemergency-unratified 0.0\n"
        "emergency-unratified 1.0\nemergency-unratified 5.0\nemergency-unratified 3.0\n");
    stream_free(s);
}

/* What is said may be later than the initial deadline, and comes instead of it. */
static void deadlines_that_are_said_later(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 0, EMERGENCY "A");
    said(s, "npa", H(1), EMERGENCY "A ratify_by=9d");
    passed(s, D(8));
    said(s, "committee", D(9), RATIFY "A");
    passed(s, D(31));
    found(s, ONLY, "");
    stream_free(s);
}

/* What was told of stays as it was told. */
static void deadlines_that_have_passed(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), EMERGENCY "A");
    passed(s, D(4));
    said(s, "npa", D(4), EMERGENCY "A at=0h ratify_by=1h");
    said(s, "npa", D(4), EMERGENCY "A at=73h");
    said(s, "npa", D(4), EMERGENCY "A at=73h+1ms");
    found(s, ONLY, "emergency-unratified 0.0\nemergency-unratified 4.0 0.0\n");
    stream_free(s);
}

/* A grant after the refusal, or after the deadline, covers what follows. */
static void granted_after_all(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 0, EMERGENCY "A");
    said(s, "npa", 0, EMERGENCY "B");
    said(s, "committee", H(1), REFUSE "A");
    said(s, "committee", H(2), "approve approval=A decision=granted");
    said(s, "npa", H(3), EMERGENCY "A");
    said(s, "committee", D(4), "approve approval=B decision=granted");
    said(s, "npa", D(5), EMERGENCY "B");
    found(s, ONLY, "emergency-unratified 1.0\n");
    stream_free(s);
}

static void deadlines_that_are_set(void **state)
{
    struct stream *s = stream_new("[emergency-unratified]\nratify_within = 1 h\n"
                                  "ratify_within_max = 2 h\nerase_within = 0 s\n");

    (void)state;
    said(s, "npa", 0, EMERGENCY "A dataset=d1");
    said(s, "npa", 0, EMERGENCY "B dataset=d1 ratify_by=3h");
    said(s, "npa", 0, EMERGENCY "C dataset=d3");
    said(s, "committee", H(1), REFUSE "C");
    passed(s, H(1) + 1);
    passed(s, H(2));
    passed(s, H(2) + 1);
    found(s, ONLY,
        "emergency-unratified 0.0\nemergency-unratified 2.0 3.0\nemergency-unratified 1.0\n");
    stream_free(s);
}

static void begun_by_the_committee(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, "emergency.begin authority=A ratify_by=1d");
    said(s, "committee", 0, "emergency.begin approval=B");
    said(s, "npa", 0, "emergency.begin authority=C");
    said(s, "committee", 0, "emergency.begin");
    said(s, "committee", 0, "emergency.begin authority=D outcome=denied");
    said(s, "npa", H(1), EMERGENCY "A");
    said(s, "committee", H(1), "emergency.end authority=A");
    passed(s, D(10));
    found(s, ONLY, "emergency-unratified 0.0\nemergency-unratified 1.0\n");
    stream_free(s);
}

static void not_judged(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = query\n");

    (void)state;
    said(s, "npa", 0, USE "emergency=true");
    said(s, "npa", 0, EMERGENCY "A outcome=denied");
    said(s, "npa", 0, "x-look emergency=true authority=B");
    said(s, "npa", 0, "heartbeat emergency=true authority=C");
    said(s, "npa", 0, USE "authority=D");
    said(s, "npa", 0, "x-lookup emergency=true authority=E");
    said(s, "npa", 0, "copy emergency=true authority=F");
    said(s, "npa", 0, "query emergency=true authority=G outcome=failure");
    passed(s, D(10));
    found(s, "emergency-unratified authority-unknown",
        "emergency-unratified 5.0\nemergency-unratified 6.0\nemergency-unratified 7.0\n"
        "authority-unknown 4.0 open\n");
    stream_free(s);
}

/* Refused: what was touched must be gone in time, whoever touched it under that approval. */
static void refused_and_erased(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 0, EMERGENCY "A dataset=d1");
    said(s, "npa", 0, USE "authority=A dataset=d2");
    said(s, "mod", 0, "copy authority=A dataset=d3");
    said(s, "mod", 0, "copy authority=A dataset=d4 outcome=failure");
    said(s, "mod", 0, "copy authority=A dataset=d5 outcome=denied");
    said(s, "mod", H(1), "erase dataset=d3");
    said(s, "committee", H(2), REFUSE "A");
    said(s, "npa", H(3), "erase dataset=d2 outcome=denied");
    said_too(s, "erase dataset=d2 outcome=failure");
    said(s, "npa", H(3), "erase dataset=D2");
    said(s, "npa", H(3), "correct dataset=d1 corrects=0.0");
    said(s, "npa", H(26), "erase dataset=d1");
    passed(s, H(26));
    passed(s, H(26) + 1);
    said(s, "npa", H(27), "erase dataset=d2");
    passed(s, D(100));
    found(s, ONLY, "emergency-unratified 1.0 6.0\n");
    assert_string_equal(found_sentences(s),
        "emergency-unratified: A was used in an emergency on data set d2, and refused at "
        "2026-01-01T02:00:00.000Z; what it gave had to be erased by 2026-01-02T02:00:00.000Z, and "
        "by then the ledger had no erasure of that data set.\n");
    stream_free(s);
}

/* One data set under several approvals; each refusal asks for it, one ratification frees one. */
static void refused_and_shared(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    for (int i = 0; i < 5; i++) {
        char record[100];

        snprintf(record, sizeof record, EMERGENCY "E%d dataset=d1", i);
        said(s, "npa", H(1), record);
        snprintf(record, sizeof record, EMERGENCY "E%d dataset=own%d", i, i);
        said_too(s, record);
    }
    said(s, "committee", H(2), RATIFY "E2");
    said(s, "committee", H(2), RATIFY "E4");
    said(s, "committee", H(2), REFUSE "E0");
    said(s, "committee", H(3), REFUSE "E1");
    said(s, "committee", H(3), REFUSE "E2");
    said(s, "committee", H(4), REFUSE "E3");
    said(s, "committee", H(5), RATIFY "E3");
    said(s, "npa", H(26) + 1, "erase dataset=d1");
    passed(s, D(9));
    found(s, ONLY,
        "emergency-unratified 0.0 7.0\nemergency-unratified 0.1 7.0\n"
        "emergency-unratified 1.1 8.0\n");
    stream_free(s);
}

static void refused_and_ratified(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), EMERGENCY "A dataset=d1");
    said(s, "npa", H(1), EMERGENCY "B dataset=d2");
    said(s, "npa", H(2), REFUSE "B");
    said(s, "committee", H(2), REFUSE "A");
    said(s, "committee", H(3), RATIFY "A");
    said(s, "committee", H(3), RATIFY "B");
    said(s, "committee", H(4), REFUSE "B");
    said(s, "npa", H(5), EMERGENCY "A dataset=d3");
    passed(s, D(50));
    found(s, ONLY, "");
    stream_free(s);
}

/* A refusal counts from the first one, also of what was granted, and after the deadline. */
static void refused_late_and_again(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, "approve approval=A decision=granted valid_to=1h");
    said(s, "npa", H(2), EMERGENCY "A dataset=d1");
    said(s, "committee", D(4), REFUSE "A");
    said(s, "committee", D(4) + H(12), REFUSE "A");
    passed(s, D(5));
    passed(s, D(5) + 1);
    found(s, ONLY, "emergency-unratified 1.0\nemergency-unratified 1.0 2.0\n");
    stream_free(s);
}

/* No emergency goes on after the refusal, or after the time for the decision. */
static void used_all_the_same(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), EMERGENCY "A dataset=d1");
    said(s, "npa", H(1), EMERGENCY "B dataset=d2");
    said(s, "committee", H(2), REFUSE "A");
    said(s, "npa", H(3), EMERGENCY "A dataset=d1 at=2h");
    said(s, "npa", H(3), EMERGENCY "A dataset=d1 at=2h+1ms");
    said(s, "npa", H(3), EMERGENCY "A dataset=d3");
    said(s, "npa", H(4), "erase dataset=d1");
    said(s, "npa", H(73), EMERGENCY "B dataset=d2");
    said(s, "npa", H(74), EMERGENCY "B dataset=d2 at=73h");
    said(s, "npa", H(74), EMERGENCY "B dataset=d2");
    said(s, "npa", H(74), EMERGENCY "B dataset=d2 ratify_by=20d");
    said(s, "npa", H(74), EMERGENCY "B dataset=d2 outcome=denied");
    said(s, "committee", H(74), REFUSE "C");
    said(s, "npa", H(75), EMERGENCY "C dataset=d2");
    said(s, "committee", H(76), RATIFY "B");
    said(s, "npa", H(77), EMERGENCY "B dataset=d2");
    said(s, "npa", H(99), "erase dataset=d2");
    passed(s, D(50));
    found(s, ONLY,
        "emergency-unratified 4.0 2.0\nemergency-unratified 5.0 2.0\n"
        "emergency-unratified 5.0 2.0\nemergency-unratified 1.0\n"
        "emergency-unratified 9.0 1.0\nemergency-unratified 10.0 1.0\n"
        "emergency-unratified 13.0 12.0\n");
    assert_non_null(strstr(found_sentences(s),
        "under A at 2026-01-01T02:00:00.001Z as an emergency, after the committee had refused it"));
    assert_non_null(strstr(
        found_sentences(s), "as an emergency; it had to be ratified by 2026-01-04T01:00:00.000Z"));
    stream_free(s);
}

/* --- self-approved */

static void self_approved_in_one_record(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "export requested_by=npa/a approved_by=npa/a");
    said(s, "npa", H(1), "export requested_by=npa/a approved_by=npa/b");
    said(s, "npa", H(1), "export requested_by=npa/a approved_by=NPA/A");
    said(s, "npa", H(1), "x-own requested_by=npa/a approved_by=npa/a");
    said(s, "npa", H(1), "Unknown requested_by=npa/a approved_by=npa/a");
    said(s, "npa", H(1), "export requested_by=npa/a approved_by=npa/a outcome=denied");
    said(s, "npa", H(1), "export requested_by=npa/a approved_by=npa/a outcome=failure");
    said(s, "npa", H(1), "export requested_by=npa/a approved_by=npa/aa");
    said(s, "npa", H(1), "export requested_by=npa/a actor=npa/a");
    said(s, "npa", H(1), "export requested_by=npa@a approved_by=npa`a");
    said(s, "npa", H(1), "approve approval=A requested_by=npa/[ approved_by=npa/{");
    found(s, "self-approved",
        "self-approved 0.0\nself-approved 2.0\nself-approved 3.0\nself-approved 4.0\n"
        "self-approved 6.0\n");
    assert_non_null(strstr(found_sentences(s),
        "The record of \"export\" at 2026-01-01T01:00:00.000Z names npa/a both as the one who "
        "requested and as the one who approved; these must be two persons."));
    stream_free(s);
}

#define ASK "approve decision=requested approval="
static void self_approved_in_two_records(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ASK "A requested_by=p1");
    said(s, "npa", H(1), ASK "A requested_by=P2");
    said(s, "npa", H(1), ASK "B requested_by=p1");
    said(s, "committee", H(2), "approve approval=A decision=granted approved_by=P1");
    said(s, "committee", H(3), "approve approval=A decision=extended valid_to=90d approved_by=p2");
    said(s, "committee", H(3), "approve approval=B decision=ratified approved_by=p2");
    said(s, "committee", H(3), "approve approval=B decision=refused approved_by=p1");
    said(s, "committee", H(3), "approve approval=C decision=granted approved_by=p1");
    said(s, "npa", H(3), "approve approval=B decision=granted approved_by=p1");
    said(s, "committee", H(3), "approve approval=b decision=granted approved_by=p1");
    said(s, "npa", H(4), ASK "C requested_by=p1");
    said(s, "npa", H(4), ASK "C requested_by=p3 outcome=denied");
    said(s, "committee", H(5), "approve approval=C decision=granted approved_by=p3");
    found(s, "self-approved",
        "self-approved 3.0 0.0\nself-approved 4.0 1.0\nself-approved 10.0 7.0\n");
    assert_non_null(strstr(found_sentences(s),
        "P1 approved A at 2026-01-01T02:00:00.000Z, and had requested it; these must be"));
    assert_non_null(strstr(found_sentences(s),
        "p1 requested C at 2026-01-01T04:00:00.000Z, and had approved it before; these must be"));
    stream_free(s);
}

/* Who asked may stand in the decision, and one finding a record is enough. */
static void self_approved_in_decisions(void **state)
{
    struct stream *s = stream_new("[actions]\nx-yes = approve\n");

    (void)state;
    said(
        s, "committee", H(1), "approve approval=A decision=granted requested_by=p1 approved_by=p2");
    said(s, "committee", H(2), "approve approval=A decision=extended approved_by=p1");
    said(
        s, "committee", H(3), "approve approval=A decision=granted requested_by=p2 approved_by=p2");
    said(s, "committee", H(4), "x-yes approval=A decision=ratified approved_by=p1");
    said(s, "committee", H(4), "correct approval=A decision=ratified approved_by=p1");
    said(s, "committee", H(4), "approve decision=granted approved_by=p1");
    found(s, "self-approved", "self-approved 1.0 0.0\nself-approved 2.0\nself-approved 3.0 0.0\n");
    stream_free(s);
}

/* Several data sets stand in `parents`, where no one of them is the record's own. */
static void several_data_sets_of_a_refused_emergency(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "query actor=npa/a authority=E emergency=true parents=d1,d2 ratify_by=9h");
    said(s, "committee", H(2), "approve approval=E decision=refused");
    said(s, "npa", H(3), "erase actor=npa/b parents=d1,d3 method=wiped reason=refused");
    passed(s, H(27));
    found(s, "emergency-unratified", "emergency-unratified 0.0 1.0\n");
    assert_non_null(strstr(found_sentences(s), "d2"));
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_data_sets_of_a_refused_emergency),
        cmocka_unit_test(ratified_in_time),
        cmocka_unit_test(not_ratified),
        cmocka_unit_test(deadlines_that_are_said),
        cmocka_unit_test(deadlines_that_are_said_later),
        cmocka_unit_test(deadlines_that_have_passed),
        cmocka_unit_test(granted_after_all),
        cmocka_unit_test(deadlines_that_are_set),
        cmocka_unit_test(begun_by_the_committee),
        cmocka_unit_test(not_judged),
        cmocka_unit_test(refused_and_erased),
        cmocka_unit_test(refused_and_shared),
        cmocka_unit_test(refused_and_ratified),
        cmocka_unit_test(refused_late_and_again),
        cmocka_unit_test(used_all_the_same),
        cmocka_unit_test(self_approved_in_one_record),
        cmocka_unit_test(self_approved_in_two_records),
        cmocka_unit_test(self_approved_in_decisions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
