/* The rules about provision, and about what the committee asks: what must be followed by something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

#define ABROAD "provide actor=npa/a unit=npa/cyber dataset=d1 recipient=org recipient_kind=foreign "
#define FOREIGN "foreign-unnotified"
#define PROVIDE "provide actor=npa/a unit=npa/cyber dataset=d1 recipient=mod "
#define RECEIVE "receive actor=mod/b unit=mod/ops dataset=d1 "
#define UNMATCHED "provision-unmatched"
#define OVERDUE "response-overdue"

/* --- foreign-unnotified */

static void foreign_hits(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ABROAD "ref=R1"); /* nothing follows */
    said(s, "npa", H(1), ABROAD); /* nothing can be tied to it */
    said(s, "npa", H(1), ABROAD "notice=N1"); /* says so itself */
    said(s, "npa", H(1), ABROAD "ref=R4");
    said(s, "committee", H(2), "notify ref=R4 notice=N2");
    passed(s, H(73));
    passed(s, H(73) + 1);
    found(s, FOREIGN, FOREIGN " 0.0\n" FOREIGN " 1.0\n");
    assert_string_equal(found_sentences(s),
        "foreign-unnotified: npa/a (npa/cyber) provided data set d1 abroad, to org, at "
        "2026-01-01T01:00:00.000Z under reference R1; the committee must be given notice within 72 "
        "h, and no record names one.\n"
        "foreign-unnotified: npa/a (npa/cyber) provided data set d1 abroad, to org, at "
        "2026-01-01T01:00:00.000Z without a notice and without a reference by which one could be "
        "tied to it; the committee must be given notice within 72 h.\n");
    stream_free(s);
}

/* The notice is received exactly at the deadline, and 1 ms later; the time runs from the act. */
static void foreign_deadline(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ABROAD "ref=R1");
    said(s, "npa", H(1) + 1, ABROAD "ref=R2 at=1h");
    said(s, "npa", H(2), ABROAD "ref=R3 at=3h"); /* dated forward: runs from 2 h */
    said(s, "npa", H(73), "provide ref=R1 notice=N1");
    said(s, "npa", H(73) + 1, "provide ref=R2 notice=N2");
    said(s, "npa", H(74) + 1, "provide ref=R3 notice=N3");
    found(s, FOREIGN, FOREIGN " 1.0\n" FOREIGN " 2.0\n");
    stream_free(s);
}

static void foreign_not_open_before_deadline(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ABROAD "ref=R1");
    passed(s, H(73));
    found(s, FOREIGN, "");
    stream_free(s);
}

/* What fulfils it and what does not. */
static void foreign_notices(void **state)
{
    static const char *const not_by[] = {
        "correct", "notify", "x-notify", "inspect", "approve", "demand", "Notify"};
    struct stream *s = stream_new(NULL);
    char record[100];

    (void)state;
    for (int i = 0; i < 7; i++) {
        snprintf(record, sizeof record, ABROAD "ref=R%d", i);
        said(s, "npa", H(1), record);
    }
    for (int i = 0; i < 7; i++) {
        snprintf(record, sizeof record, "%s ref=R%d notice=N", not_by[i], i);
        said(s, "npa", H(2), record);
    }
    said(s, "npa", H(3), ABROAD "ref=R14");
    said(s, "npa", H(3), ABROAD "ref=r14"); /* other spelling */
    said(s, "npa", H(3), ABROAD "ref=R15");
    said(s, "mod", H(3), "incident ref=R14 notice=N"); /* anybody's other record */
    said(s, "npa", H(3), "provide ref=R15 notice=N outcome=denied");
    said(s, "npa", H(3), "provide ref=R15 notice=N outcome=failure");
    said(s, "committee", H(3), "correct ref=R15 notice=N");
    said(s, "npa", H(3), "provide notice=N");
    passed(s, D(4));
    found(s, FOREIGN,
        FOREIGN " 0.0\n" FOREIGN " 1.0\n" FOREIGN " 2.0\n" FOREIGN " 3.0\n" FOREIGN " 4.0\n" FOREIGN
                " 5.0\n" FOREIGN " 6.0\n" FOREIGN " 15.0\n" FOREIGN " 16.0\n");
    stream_free(s);
}

static void foreign_kinds(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), PROVIDE "ref=R recipient_kind=domestic");
    said(s, "npa", H(1), PROVIDE "ref=R recipient_kind=council");
    said(s, "npa", H(1), PROVIDE "ref=R");
    said(s, "npa", H(1), PROVIDE "ref=R recipient_kind=Domestic"); /* none of the three words */
    said(s, "npa", H(1), PROVIDE "ref=R recipient_kind=ally");
    said(s, "npa", H(1), ABROAD "ref=R outcome=denied"); /* nothing was provided */
    said(s, "npa", H(1), ABROAD "ref=R outcome=failure");
    said(s, "npa", H(1), ABROAD "ref=R outcome=partial");
    said(s, "npa", H(1), ABROAD "ref=R emergency=true"); /* no excuse */
    said(s, "npa", H(1), "receive ref=R recipient_kind=foreign");
    said(s, "npa", H(1), "x-provide ref=R recipient_kind=foreign");
    passed(s, D(4));
    found(s, FOREIGN, FOREIGN " 3.0\n" FOREIGN " 4.0\n" FOREIGN " 7.0\n" FOREIGN " 8.0\n");
    stream_free(s);
}

/* Notice that came before: up to 30 days, whether kept long or short, and in the same entry. */
static void foreign_noticed_before(void **state)
{
    struct stream *s = stream_new("[foreign-unnotified]\nlimit = 0 s\nbefore = 10 h\n");

    (void)state;
    said(s, "committee", H(1), "notify ref=R1 notice=N1");
    said(s, "npa", H(11), ABROAD "ref=R1");
    said(s, "npa", H(11) + 1, ABROAD "ref=R1");
    said(s, "npa", H(12), ABROAD "ref=R2");
    said_too(s, "provide ref=R2 notice=N");
    said(s, "npa", H(13), "provide ref=R3 notice=N");
    said_too(s, ABROAD "ref=R3");
    /* Recorded late: notice came in time, then another one too late. */
    said(s, "npa", H(20), "provide ref=R4 notice=N");
    said(s, "npa", H(22), "provide ref=R4 notice=N");
    said(s, "npa", H(24), ABROAD "ref=R4 at=21h");
    said(s, "npa", H(24), ABROAD "ref=R4 at=19h");
    passed(s, D(9));
    found(s, FOREIGN, FOREIGN " 2.0\n" FOREIGN " 8.0\n");
    stream_free(s);
}

static void foreign_absurd(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ABROAD "ref=R at=!9007199254740991");
    said(s, "npa", H(1), ABROAD "ref=R at=!0");
    said(s, "npa", H(1), ABROAD "ref=R at=!9007199254740991 notice=N");
    said(s, "npa", D(80), ABROAD "ref=R");
    passed(s, D(90));
    passed(s, D(90000));
    found(s, FOREIGN, FOREIGN " 1.0\n" FOREIGN " 3.0\n");
    stream_free(s);
}

/* After the deadline a provision is forgotten, and some time later a notice. */
static void foreign_forgets(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ABROAD "ref=R1");
    said(s, "npa", H(1), ABROAD);
    said(s, "npa", H(2), ABROAD "ref=R1 notice=N1");
    said(s, "npa", H(3), ABROAD "ref=R1 notice=N1");
    assert_int_equal(remembered(s, FOREIGN), 3);
    passed(s, H(74));
    assert_int_equal(remembered(s, FOREIGN), 1);
    passed(s, D(33) + H(3) + 1);
    assert_int_equal(remembered(s, FOREIGN), 1);
    passed(s, D(33) + H(3) + 2);
    assert_int_equal(remembered(s, FOREIGN), 0);
    stream_free(s);
}

/* --- provision-unmatched */

static void unmatched_hits(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), PROVIDE "ref=R1");
    said(s, "mod", H(1), RECEIVE "ref=R2");
    said(s, "npa", H(1), PROVIDE);
    said(s, "mod", H(1), RECEIVE);
    said(s, "npa", H(1), PROVIDE "ref=R3");
    said(s, "mod", H(2), RECEIVE "ref=R3");
    said(s, "mod", H(1), RECEIVE "ref=R4"); /* the other order */
    said(s, "npa", H(2), PROVIDE "ref=R4");
    passed(s, H(73));
    passed(s, H(73) + 1);
    found(
        s, UNMATCHED, UNMATCHED " 0.0\n" UNMATCHED " 1.0\n" UNMATCHED " 2.0\n" UNMATCHED " 3.0\n");
    assert_string_equal(found_sentences(s),
        "provision-unmatched: npa/a (npa/cyber) provided data set d1 to mod at "
        "2026-01-01T01:00:00.000Z under reference R1; the receipt must be in the ledger within 72 "
        "h, and there was none.\n"
        "provision-unmatched: mod/b (mod/ops) received data set d1 at 2026-01-01T01:00:00.000Z "
        "under reference R2; the record of who provided it must be in the ledger within 72 h, and "
        "there was none.\n"
        "provision-unmatched: npa/a (npa/cyber) provided data set d1 to mod at "
        "2026-01-01T01:00:00.000Z without a reference; the receipt must be in the ledger within 72 "
        "h, and without a reference none can be tied to it.\n"
        "provision-unmatched: mod/b (mod/ops) received data set d1 at 2026-01-01T01:00:00.000Z "
        "without a reference; the record of who provided it must be in the ledger within 72 h, and "
        "without a reference none can be tied to it.\n");
    stream_free(s);
}

static void unmatched_deadline(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), PROVIDE "ref=R1");
    said(s, "npa", H(1), PROVIDE "ref=R2");
    said(s, "mod", H(73), RECEIVE "ref=R1"); /* at the limit on both sides */
    said(s, "mod", H(73) + 1, RECEIVE "ref=R2"); /* too late on both */
    passed(s, D(10));
    found(s, UNMATCHED, UNMATCHED " 1.0\n" UNMATCHED " 3.0\n");
    stream_free(s);
}

/* An old reference used again, other spellings, and what does not count as a receipt. */
static void unmatched_evasions(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), PROVIDE "ref=R1");
    said(s, "mod", H(2), RECEIVE "ref=R1");
    said(s, "npa", D(10), PROVIDE "ref=R1");
    said(s, "npa", D(20), PROVIDE "ref=R2");
    said(s, "mod", D(20), RECEIVE "ref=r2");
    said(s, "mod", D(20), "x-receive ref=R2");
    said(s, "mod", D(20), RECEIVE "ref=R2 outcome=denied");
    said(s, "mod", D(20), RECEIVE "ref=R2 outcome=failure");
    said(s, "mod", D(20), "correct ref=R2");
    said(s, "npa", D(20), PROVIDE "ref=R2");
    said(s, "npa", D(30), PROVIDE "ref=R3 outcome=denied"); /* nothing went anywhere */
    said(s, "npa", D(30), PROVIDE "ref=R3 outcome=failure");
    said(s, "npa", D(30), PROVIDE "ref=R3 outcome=partial");
    passed(s, D(40));
    found(s, UNMATCHED,
        UNMATCHED " 2.0\n" UNMATCHED " 3.0\n" UNMATCHED " 4.0\n" UNMATCHED " 9.0\n" UNMATCHED
                  " 12.0\n");
    stream_free(s);
}

/* Recorded late on one side: that side was in time by its own word, the other waited in vain. */
static void unmatched_late_record(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "mod", H(1), RECEIVE "ref=R1");
    said(s, "npa", D(20), PROVIDE "ref=R1 at=1h");
    said(s, "npa", D(30), PROVIDE "ref=R2 at=20d"); /* both late, in one entry */
    said_too(s, "receive ref=R2 at=20d");
    said(s, "npa", D(31), PROVIDE "ref=R3");
    said_too(s, "receive ref=R3");
    said(s, "mod", D(50), RECEIVE "ref=R4");
    said(s, "npa", D(50), PROVIDE "ref=R4 at=60d"); /* dated forward gains nothing */
    said(s, "npa", D(51), PROVIDE "ref=R5 at=60d");
    said(s, "mod", D(55), RECEIVE "ref=R5");
    passed(s, D(80));
    found(s, UNMATCHED,
        UNMATCHED " 0.0\n" UNMATCHED " 2.0\n" UNMATCHED " 2.1\n" UNMATCHED " 6.0\n" UNMATCHED
                  " 7.0\n");
    stream_free(s);
}

static void unmatched_absurd(void **state)
{
    struct stream *s = stream_new("[provision-unmatched]\nlimit = 3650 d\n");

    (void)state;
    said(s, "npa", H(1), PROVIDE "ref=R1 at=!9007199254740991");
    said(s, "mod", H(1), RECEIVE "ref=R2 at=!0");
    said(s, "npa", H(2), PROVIDE "ref=R2 at=!0");
    for (int i = 0; i < 300; i++)
        said(s, i % 2 == 0 ? "npa" : "mod", H(3) + (uint64_t)i,
            i % 2 == 0 ? PROVIDE "ref=R3" : RECEIVE "ref=R3");
    passed(s, D(3651));
    found(s, UNMATCHED, UNMATCHED " 1.0\n" UNMATCHED " 2.0\n" UNMATCHED " 0.0\n");
    stream_free(s);
}

static void unmatched_forgets(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), PROVIDE "ref=R1"); /* open until its deadline all the same */
    said(s, "mod", H(2), RECEIVE "ref=R1");
    said(s, "mod", H(2), RECEIVE "ref=R2");
    said(s, "mod", H(2), RECEIVE);
    assert_int_equal(remembered(s, UNMATCHED), 6);
    passed(s, H(75));
    assert_int_equal(remembered(s, UNMATCHED), 3);
    passed(s, D(33) + H(2) + 2);
    assert_int_equal(remembered(s, UNMATCHED), 0);
    stream_free(s);
}

/* --- response-overdue */

static void overdue_hits(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", H(1), "demand actor=com/1 ref=D1");
    said(s, "committee", H(1), "recommend actor=com/1 ref=D2");
    said(s, "committee", H(1), "demand actor=com/1");
    said(s, "committee", H(1), "recommend actor=com/1");
    said(s, "committee", H(1), "demand actor=com/1 ref=D5");
    said(s, "npa", H(2), "respond ref=D5");
    passed(s, D(30) + H(1));
    passed(s, D(30) + H(1) + 1);
    found(s, OVERDUE, OVERDUE " 0.0\n" OVERDUE " 1.0\n" OVERDUE " 2.0\n" OVERDUE " 3.0\n");
    assert_string_equal(found_sentences(s),
        "response-overdue: The committee (com/1) demanded something under reference D1 at "
        "2026-01-01T01:00:00.000Z; a response must be in the ledger within 30 d, and by "
        "2026-01-31T01:00:00.000Z there was none.\n"
        "response-overdue: The committee (com/1) recommended something under reference D2 at "
        "2026-01-01T01:00:00.000Z; a response must be in the ledger within 30 d, and by "
        "2026-01-31T01:00:00.000Z there was none.\n"
        "response-overdue: The committee (com/1) demanded something at 2026-01-01T01:00:00.000Z "
        "without a reference; a response must be in the ledger within 30 d, and without a "
        "reference none can be tied to it.\n"
        "response-overdue: The committee (com/1) recommended something at "
        "2026-01-01T01:00:00.000Z without a reference; a response must be in the ledger within 30 "
        "d, and without a reference none can be tied to it.\n");
    stream_free(s);
}

static void overdue_deadline(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", H(2), "demand ref=D1 at=1h");
    said(s, "committee", H(1), "demand ref=D2 at=2h");
    said(s, "npa", D(30) + H(1), "respond ref=D1");
    said(s, "npa", D(30) + H(1) + 1, "respond ref=D2");
    found(s, OVERDUE, OVERDUE " 1.0\n");
    stream_free(s);
}

/* An answer must follow what it answers, and be one. */
static void overdue_answers(void **state)
{
    struct stream *s = stream_new("[response-overdue]\nlimit = 5 d\n");

    (void)state;
    said(s, "npa", H(1), "respond ref=D1"); /* before it was asked */
    said(s, "committee", H(2), "demand ref=D1");
    said(s, "npa", H(3), "respond ref=d1");
    said(s, "npa", H(3), "respond ref=D1 outcome=denied");
    said(s, "npa", H(3), "respond ref=D1 outcome=failure");
    said(s, "npa", H(3), "x-respond ref=D1");
    said(s, "npa", H(3), "correct ref=D1");
    said(s, "npa", H(3), "respond");
    said(s, "committee", H(4), "demand ref=D2"); /* asked twice, answered between: asked again */
    said(s, "mod", H(5), "respond ref=D2 at=3d");
    said(s, "committee", H(6), "demand ref=D2");
    said(s, "committee", H(7), "demand ref=D3"); /* asked twice, answered once, after both */
    said_too(s, "recommend ref=D3");
    said_too(s, "respond ref=D3");
    said(s, "committee", H(8), "respond ref=D4"); /* in one entry, the answer first */
    said_too(s, "demand ref=D4");
    said(s, "committee", H(9), "demand ref=D5 outcome=failure");
    passed(s, D(5) + H(9));
    found(s, OVERDUE, OVERDUE " 1.0\n" OVERDUE " 10.0\n" OVERDUE " 12.1\n");
    stream_free(s);
}

static void overdue_roles(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "demand ref=D1");
    said(s, "operator", H(1), "recommend ref=D2");
    listed(s, H(2), "com2", ROLE_COMMITTEE);
    said(s, "com2", H(3), "demand ref=D3");
    said(s, "committee", H(3), "x-demand ref=D4");
    said(s, "committee", H(3), "Demand ref=D4");
    said(s, "committee", H(4), "demand ref=D5 at=!0"); /* overdue as soon as it is known */
    said_too(s, "respond ref=D5");
    said(s, "committee", H(4), "demand ref=D6 at=!9007199254740991");
    unlisted(s, H(5), "com2");
    passed(s, D(40));
    found(s, OVERDUE, OVERDUE " 6.0\n" OVERDUE " 3.0\n" OVERDUE " 7.0\n");
    stream_free(s);
}

static void overdue_forgets(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", H(1), "demand ref=D1");
    said(s, "npa", H(2), "respond ref=D1");
    said(s, "committee", H(3), "demand ref=D1");
    said(s, "committee", H(3), "demand");
    for (int i = 0; i < 1000; i++)
        said(s, "npa", H(4), "respond ref=D1");
    assert_int_equal(remembered(s, OVERDUE), 4);
    assert_true(remembered_bytes(s, OVERDUE) < 2000); /* one response a demand */
    passed(s, D(30) + H(1) + 1);
    assert_int_equal(remembered(s, OVERDUE), 3);
    passed(s, D(30) + H(3) + 1);
    assert_int_equal(remembered(s, OVERDUE), 0);
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_hits),
        cmocka_unit_test(foreign_deadline),
        cmocka_unit_test(foreign_not_open_before_deadline),
        cmocka_unit_test(foreign_notices),
        cmocka_unit_test(foreign_kinds),
        cmocka_unit_test(foreign_noticed_before),
        cmocka_unit_test(foreign_absurd),
        cmocka_unit_test(foreign_forgets),
        cmocka_unit_test(unmatched_hits),
        cmocka_unit_test(unmatched_deadline),
        cmocka_unit_test(unmatched_evasions),
        cmocka_unit_test(unmatched_late_record),
        cmocka_unit_test(unmatched_absurd),
        cmocka_unit_test(unmatched_forgets),
        cmocka_unit_test(overdue_hits),
        cmocka_unit_test(overdue_deadline),
        cmocka_unit_test(overdue_answers),
        cmocka_unit_test(overdue_roles),
        cmocka_unit_test(overdue_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
