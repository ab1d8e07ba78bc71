/* The rules about collection and selection: hits, near misses, boundaries, and ways around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

#define RULE "collection-overrun"

static void granted(struct stream *s)
{
    said(s, "committee", 0, "approve approval=A decision=granted valid_from=0h valid_to=2d");
}

/* Ends a stream. */
static void expect(struct stream *s, const char *only, const char *expected)
{
    found(s, only, expected);
    stream_free(s);
}

/* --- collection-overrun */

static void batch_after_the_approval(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    granted(s);
    said(s, "operator", D(2), "batch.receive authority=A dataset=b1");
    said(s, "operator", D(2) + 1, "batch.receive authority=A dataset=b2");
    said(s, "operator", D(2) + 2, "batch.receive authority=A dataset=b3 at=2d");
    said(s, "operator", D(3), "batch.receive authority=A dataset=b4 outcome=denied");
    said(s, "operator", D(3), "batch.receive authority=A dataset=b5 outcome=failure");
    said(s, "operator", D(3), "batch.receive authority=A dataset=b6 emergency=true");
    said(s, "operator", D(3), "x-batch.receive authority=A dataset=b7");
    said(s, "operator", D(3), "query authority=A dataset=b1");
    said(s, "operator", D(3), "batch.receive authority=A dataset=b8 at=!9007199254740991");
    expect(s, RULE,
        "collection-overrun 2.0 0.0\ncollection-overrun 5.0 0.0\ncollection-overrun 6.0 0.0\n"
        "collection-overrun 9.0 0.0\n");
}

static void batch_after_the_approval_with_a_limit(void **state)
{
    struct stream *s = stream_new("[collection-overrun]\nlimit = 1 h\n");

    (void)state;
    granted(s);
    said(s, "operator", 1, "collect.start authority=A ref=c");
    said(s, "operator", H(10), "collect.stop authority=A ref=c");
    said(s, "operator", H(11), "batch.receive authority=A ref=c dataset=b1");
    said(s, "operator", H(11) + 1, "batch.receive authority=A ref=c dataset=b2");
    said(s, "operator", D(2) + H(1), "batch.receive authority=A dataset=b3 ref=other at=10h");
    said(s, "operator", D(2) + H(1), "collect.start authority=A");
    said(s, "operator", D(2) + H(1), "batch.receive authority=A dataset=b4");
    said(s, "operator", D(2) + H(1) + 1, "batch.receive authority=A dataset=b5");
    expect(s, RULE, "collection-overrun 4.0 2.0\ncollection-overrun 8.0 0.0\n");
}

static void batch_after_revocation_and_extension(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    granted(s);
    said(s, "committee", H(5), "revoke approval=A");
    said(s, "operator", H(6), "batch.receive authority=A dataset=b1 at=5h");
    said(s, "operator", H(6), "batch.receive authority=A dataset=b2 at=5h+1ms");
    said(s, "operator", H(6), "approve approval=A decision=granted valid_from=0h valid_to=9d");
    said(s, "operator", H(7), "batch.receive authority=A dataset=b3");
    said(s, "committee", H(8), "approve approval=B decision=granted valid_to=9h");
    said(s, "committee", H(8), "approve approval=B decision=extended valid_to=20h");
    said(s, "operator", H(19), "batch.receive authority=B dataset=b4");
    said(s, "operator", H(21), "batch.receive authority=B dataset=b5");
    expect(s, RULE,
        "collection-overrun 3.0 1.0\ncollection-overrun 5.0 1.0\ncollection-overrun 9.0 6.0\n");
}

/* What waits for its approval is judged when that comes; a stop was told of when it came. */
static void batch_before_its_approval(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive authority=A dataset=b1 emergency=true");
    said(s, "operator", H(1), "batch.receive authority=A dataset=b2 emergency=true at=30min");
    said(s, "operator", H(2), "collect.stop authority=A");
    said(s, "operator", H(2) + 1, "batch.receive authority=A dataset=b3 emergency=true");
    said(s, "committee", H(3), "approve approval=A decision=ratified valid_from=0h valid_to=40min");
    expect(s, RULE, "collection-overrun 3.0 2.0\ncollection-overrun 0.0 4.0\n");
}

static void batch_after_the_stop(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "collect.start authority=A ref=c1");
    said(s, "operator", H(1), "collect.start authority=A ref=c2");
    said(s, "operator", H(2), "collect.stop authority=A ref=c1");
    said(s, "npa", H(3), "batch.receive authority=A ref=c1 dataset=b1 at=2h");
    said(s, "npa", H(3), "batch.receive authority=A ref=c1 dataset=b2 at=2h+1ms");
    said(s, "npa", H(3), "batch.receive authority=A ref=c1 dataset=b3 outcome=denied");
    said(s, "npa", H(3), "batch.receive authority=A ref=c2 dataset=b4");
    said(s, "npa", H(3), "batch.receive authority=A dataset=b5"); /* c2 goes on */
    said(s, "operator", H(4), "collect.stop authority=A ref=c2 outcome=failure");
    said(s, "operator", H(4), "collect.stop authority=A ref=c2 outcome=denied");
    said(s, "operator", H(5), "batch.receive authority=A ref=c2 dataset=b6");
    said(s, "operator", H(6), "collect.stop ref=c2");
    said(s, "operator", H(7), "batch.receive authority=A dataset=b7");
    said(s, "operator", H(7), "batch.receive authority=A dataset=b8 ref=bill-7");
    said(s, "operator", H(7), "batch.receive authority=B dataset=b9");
    said(s, "operator", H(7), "batch.receive dataset=b9");
    expect(s, RULE,
        "collection-overrun 4.0 2.0\ncollection-overrun 12.0 11.0\ncollection-overrun 13.0 11.0\n");
}

static void batch_after_a_stop_without_ref(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "collect.start authority=A");
    said(s, "operator", H(1), "collect.start authority=A");
    said(s, "operator", H(2), "collect.stop authority=A");
    said(s, "operator", H(3), "batch.receive authority=A dataset=b1");
    said(s, "operator", H(4), "collect.stop authority=A");
    said(s, "operator", H(5), "batch.receive authority=A dataset=b2");
    /* The only one that goes on is the one that is meant; of two, none is. */
    said(s, "operator", H(5), "collect.start authority=B ref=c1");
    said(s, "operator", H(5), "collect.start authority=B ref=c1");
    said(s, "operator", H(5), "collect.start authority=B ref=c2");
    said(s, "operator", H(6), "collect.stop authority=B");
    said(s, "operator", H(7), "batch.receive authority=B ref=c1 dataset=b3");
    said(s, "operator", H(8), "collect.stop ref=c2");
    said(s, "operator", H(8), "collect.stop authority=B");
    said(s, "operator", H(9), "batch.receive authority=B ref=c1 dataset=b4");
    said(s, "operator", H(9), "collect.stop");
    said(s, "operator", H(9), "batch.receive authority=C dataset=b5");
    said(s, "operator", H(9), "collect.stop authority=C");
    said(s, "operator", H(9) + 1, "batch.receive authority=C dataset=b6");
    expect(s, RULE,
        "collection-overrun 5.0 4.0\ncollection-overrun 13.0 12.0\ncollection-overrun 17.0 16.0\n");
}

/* One finding a batch, though two things had ended. */
static void batch_after_the_stop_and_the_approval(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    granted(s);
    said(s, "operator", H(1), "collect.start authority=A ref=c");
    said(s, "operator", H(2), "collect.stop authority=A ref=c");
    said(s, "operator", D(3), "batch.receive authority=A ref=c dataset=b1");
    expect(s, RULE, "collection-overrun 3.0 0.0\n");
}

/* A second start, a second stop, and a stop that was recorded late. */
static void collection_that_goes_on(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "collect.start authority=A ref=c");
    said(s, "operator", H(2), "collect.stop authority=A ref=c");
    said(s, "operator", H(4), "collect.start authority=A ref=c");
    said(s, "operator", H(4), "batch.receive authority=A ref=c dataset=b1 at=3h");
    said(s, "operator", H(4), "batch.receive authority=A ref=c dataset=b2 at=4h");
    said(s, "operator", H(5), "collect.stop authority=A ref=c");
    said(s, "operator", H(9), "collect.stop authority=A ref=c");
    said(s, "operator", H(9), "batch.receive authority=A ref=c dataset=b3 at=8h");
    said(s, "operator", H(9), "collect.stop authority=A ref=c at=4h");
    said(s, "operator", H(9), "batch.receive authority=A ref=c dataset=b4 at=5h");
    expect(s, RULE,
        "collection-overrun 3.0 1.0\ncollection-overrun 7.0 5.0\ncollection-overrun 9.0 8.0\n");
}

static void stop_that_is_recorded_after_the_batch(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "collect.start authority=A ref=c");
    said(s, "operator", H(3), "batch.receive authority=A ref=c dataset=b1 at=2h");
    said_too(s, "batch.receive authority=A ref=c dataset=b2 at=2h+1ms");
    said_too(s, "collect.stop authority=A ref=c at=2h");
    said(s, "operator", H(3), "collect.start authority=B");
    said(s, "operator", H(3), "batch.receive authority=B dataset=b3");
    said(s, "operator", H(3), "collect.stop authority=B at=3h");
    said(s, "operator", H(4), "collect.start authority=B");
    said(s, "operator", H(5), "batch.receive authority=B dataset=b4");
    said(s, "operator", H(6), "collect.stop authority=B at=4h");
    said(s, "operator", H(6), "collect.stop authority=B at=3h"); /* the batch was told of */
    said(s, "operator", H(7), "batch.receive authority=D ref=d dataset=b5");
    said(s, "operator", H(7), "collect.start authority=D ref=d at=1h");
    said(s, "operator", H(7), "batch.receive authority=D ref=d dataset=b6 at=3h");
    said(s, "operator", H(7), "batch.receive authority=D ref=d dataset=b7 at=90min");
    said(s, "operator", H(7), "collect.stop authority=D ref=d at=2h");
    expect(s, RULE,
        "collection-overrun 1.1 1.2\ncollection-overrun 6.0 7.0\ncollection-overrun 11.0 13.0\n");
}

/* --- raw-access */

#undef RULE
#define RULE "raw-access"

static void person_before_the_selection(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "query actor=npa/a dataset=b1");
    said(s, "operator", H(2), "batch.receive dataset=b1 count=9");
    said(s, "npa", H(3), "query actor=npa/a dataset=b1");
    said(s, "npa", H(3), "view actor=npa/a dataset=b1");
    said(s, "npa", H(3), "view dataset=d parents=d0,b1");
    said(s, "npa", H(3), "query actor=auto:5e1 dataset=b1");
    said(s, "npa", H(3), "query actor=Auto:5e1 dataset=b1");
    said(s, "npa", H(3), "query actor=auto dataset=b1");
    said(s, "npa", H(3), "query actor=npa/a dataset=b1 outcome=denied");
    said(s, "npa", H(3), "query actor=npa/a dataset=b1 outcome=failure emergency=true");
    said(s, "npa", H(3), "x-query actor=npa/a dataset=b1");
    said(s, "npa", H(3), "export actor=npa/a dataset=b1");
    said(s, "npa", H(3), "query actor=npa/a dataset=B1");
    said(s, "npa", H(3), "query actor=npa/a");
    said(s, "npa", H(4), "select.run dataset=b1 outcome=failure");
    said(s, "npa", H(4), "select.run dataset=other");
    said(s, "npa", H(4), "correct dataset=b1 corrects=2.0");
    said(s, "npa", H(5), "query actor=npa/a dataset=b1");
    said(s, "npa", H(5), "select.run actor=auto:5e1 dataset=s1 parents=b0,b1");
    said(s, "npa", H(6), "query actor=npa/a dataset=b1");
    expect(s, RULE,
        "raw-access 2.0 1.0\nraw-access 3.0 1.0\nraw-access 4.0 1.0\nraw-access 6.0 1.0\n"
        "raw-access 7.0 1.0\nraw-access 9.0 1.0\nraw-access 17.0 1.0\n");
}

static void own_action_that_is_judged_as_a_query(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = query\n");

    (void)state;
    said(s, "operator", H(2), "batch.receive dataset=b1");
    said_too(s, "x-lookup actor=npa/a dataset=b1");
    said_too(s, "x-other actor=npa/a dataset=b1");
    said_too(s, "select.run dataset=b1");
    said_too(s, "x-lookup actor=npa/a dataset=b1");
    expect(s, RULE, "raw-access 0.1 0.0\n");
}

/* The ledger has the selection first, but by `at` it came later; clocks of two writers may differ. */
static void access_dated_before_the_selection(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1");
    said(s, "operator", H(2), "select.run dataset=b1");
    said(s, "operator", H(3), "view actor=npa/a dataset=b1 at=2h");
    said(s, "operator", H(3), "view actor=npa/a dataset=b1 at=2h-1ms");
    said(s, "npa", H(3), "view actor=npa/a dataset=b1 at=2h-5min");
    said(s, "npa", H(3), "view actor=npa/a dataset=b1 at=2h-5min-1ms");
    said(s, "npa", H(3), "view actor=npa/a dataset=b1 at=!0");
    said(s, "npa", H(3), "view actor=npa/a dataset=b1 at=!9007199254740991");
    expect(s, RULE, "raw-access 3.0 1.0\nraw-access 5.0 1.0\nraw-access 6.0 1.0\n");
}

static void batch_that_is_filled_again(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1");
    said(s, "operator", H(2), "select.run dataset=b1");
    said_too(s, "select.run dataset=b1 at=4h"); /* the first one counts */
    said_too(s, "view dataset=b1 at=3h");
    said(s, "operator", H(4), "batch.receive dataset=b1");
    said(s, "operator", H(5), "view dataset=b1 at=3h");
    said(s, "operator", H(5), "view dataset=b1 at=4h");
    said(s, "operator", H(5), "view dataset=b1 at=4h+1ms");
    said(s, "npa", H(5), "view dataset=b1 at=4h+5min");
    said(s, "npa", H(5), "view dataset=b1 at=4h+5min+1ms");
    said(s, "operator", H(6), "select.run dataset=b1");
    said(s, "operator", H(7), "view dataset=b1 at=3h");
    said(s, "operator", H(7), "view dataset=b1 at=5h");
    said(s, "operator", H(7), "view dataset=b1");
    expect(s, RULE, "raw-access 5.0 2.0\nraw-access 7.0 2.0\nraw-access 10.0 8.0\n");
}

/* An erased batch is forgotten after a month, and no earlier; not when it was filled again. */
static void batch_that_was_erased(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1");
    said(s, "operator", H(1), "batch.receive dataset=b2");
    said(s, "operator", H(2), "erase dataset=b1");
    said(s, "operator", H(2), "erase dataset=b2");
    said(s, "operator", H(3), "batch.receive dataset=b2");
    said(s, "operator", D(30) + H(2), "view dataset=b1");
    said(s, "operator", D(30) + H(2) + 1, "view dataset=b1");
    said(s, "operator", D(31), "view dataset=b2");
    expect(s, RULE, "raw-access 5.0 0.0\nraw-access 7.0 1.0\n");
}

static void many_parents(void **state)
{
    struct stream *s = stream_new(NULL);
    char record[8000];
    size_t n = (size_t)snprintf(record, sizeof record, "query parents=d");

    (void)state;
    for (int i = 0; i < 250; i++)
        n += (size_t)snprintf(record + n, sizeof record - n, ",d%d", i);
    said(s, "operator", H(1), "batch.receive dataset=d249 count=9007199254740991");
    said(s, "operator", H(1), record);
    expect(s, RULE, "raw-access 1.0 0.0\n");
}

/* --- criteria-changed */

#undef RULE
#define RULE "criteria-changed"
#define RUN "select.run dataset=b1 authority=A "

static void other_criteria(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, "approve approval=A decision=granted criteria=one");
    said(s, "committee", 0, "approve approval=B decision=granted");
    said(s, "npa", H(1), RUN "criteria=one");
    said(s, "npa", H(1), RUN "criteria=two");
    said(s, "npa", H(1), RUN);
    said(s, "npa", H(1), RUN "criteria=two outcome=denied");
    said(s, "npa", H(1), RUN "criteria=two outcome=failure emergency=true");
    said(s, "npa", H(1), "select.run dataset=b1 authority=B criteria=two");
    said(s, "npa", H(1), "select.run dataset=b1 authority=B");
    said(s, "npa", H(1), "select.criteria authority=A criteria=two");
    said(s, "npa", H(1), "x-select.run authority=A criteria=two");
    said(s, "npa", H(1), "approve approval=A decision=granted criteria=two");
    said(s, "npa", H(1), RUN "criteria=two");
    expect(s, RULE,
        "criteria-changed 3.0 0.0\ncriteria-changed 4.0 0.0\ncriteria-changed 6.0 0.0\n"
        "criteria-changed 12.0 0.0\n");
}

static void criteria_approved_later(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), RUN "criteria=one emergency=true");
    said(s, "npa", H(1), RUN "criteria=two emergency=true");
    said(s, "committee", H(2), "approve approval=A decision=ratified criteria=one");
    said(s, "npa", H(3), RUN "criteria=two");
    expect(s, RULE, "criteria-changed 1.0 2.0\ncriteria-changed 3.0 2.0\n");
}

/* The change holds from its receipt on: before, what was approved before it was right too. */
static void criteria_that_the_committee_changed(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, "approve approval=A decision=granted criteria=one valid_to=9d");
    said(s, "committee", H(2), "approve approval=A decision=extended criteria=two valid_to=20d");
    said(s, "npa", H(3), RUN "criteria=one at=2h-1ms");
    said(s, "npa", H(3), RUN "criteria=one at=2h");
    said(s, "npa", H(3), RUN "criteria=two at=1h");
    said(s, "npa", H(3), RUN "criteria=three at=1h");
    said(s, "npa", H(3), RUN "at=1h");
    said(s, "committee", H(4), "approve approval=A decision=extended valid_to=30d");
    said(s, "npa", H(5), RUN "criteria=one");
    said(s, "npa", H(5), RUN "criteria=one at=1h");
    said(s, "committee", H(6), "approve approval=A decision=granted");
    said(s, "npa", H(7), RUN "criteria=three");
    said(s, "committee", H(8), "approve approval=A decision=granted criteria=two");
    said(s, "npa", H(9), RUN "criteria=three at=7h");
    said(s, "npa", H(9), RUN "criteria=three at=8h");
    expect(s, RULE,
        "criteria-changed 3.0 1.0\ncriteria-changed 5.0 1.0\ncriteria-changed 6.0 1.0\n"
        "criteria-changed 8.0 7.0\ncriteria-changed 14.0 12.0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_after_the_approval),
        cmocka_unit_test(batch_after_the_approval_with_a_limit),
        cmocka_unit_test(batch_after_revocation_and_extension),
        cmocka_unit_test(batch_before_its_approval),
        cmocka_unit_test(batch_after_the_stop),
        cmocka_unit_test(batch_after_a_stop_without_ref),
        cmocka_unit_test(batch_after_the_stop_and_the_approval),
        cmocka_unit_test(collection_that_goes_on),
        cmocka_unit_test(stop_that_is_recorded_after_the_batch),
        cmocka_unit_test(person_before_the_selection),
        cmocka_unit_test(own_action_that_is_judged_as_a_query),
        cmocka_unit_test(access_dated_before_the_selection),
        cmocka_unit_test(batch_that_is_filled_again),
        cmocka_unit_test(batch_that_was_erased),
        cmocka_unit_test(many_parents),
        cmocka_unit_test(other_criteria),
        cmocka_unit_test(criteria_approved_later),
        cmocka_unit_test(criteria_that_the_committee_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
