/* selection-unbalanced: what was received, kept and thrown away, and whether that was erased. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

static void expect(struct stream *s, const char *expected)
{
    found(s, "selection-unbalanced", expected);
    stream_free(s);
}

static void sums(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1 count=60");
    said(s, "npa", H(1), "batch.receive dataset=b1 count=40");
    said(s, "npa", H(1), "batch.receive dataset=b1 count=5 outcome=failure");
    said(s, "npa", H(1), "batch.receive dataset=b1 count=5 outcome=denied");
    said(s, "npa", H(1), "correct dataset=b1 count=5 corrects=0.0");
    said(s, "operator", H(2), "select.run dataset=b1 count=1 discarded=1 outcome=failure");
    said(s, "operator", H(2), "select.run dataset=s1 parents=b1 count=100");
    said(s, "operator", H(2), "batch.receive dataset=b2 count=100");
    said(s, "operator", H(2), "select.run dataset=s2 parents=b2 count=101 emergency=true");
    said(s, "operator", H(2), "batch.receive dataset=b3 count=100");
    said(s, "operator", H(2), "select.run dataset=b3 count=99");
    said(s, "operator", H(2), "batch.receive dataset=b4 count=100");
    said(s, "operator", H(2), "select.run dataset=b4");
    said(s, "operator", H(2), "batch.receive dataset=b5");
    said(s, "operator", H(2), "select.run dataset=b5");
    said(s, "operator", H(2), "select.run dataset=b6 count=7");
    said(s, "operator", H(2), "select.run count=7");
    said(s, "operator", H(2), "batch.receive count=7");
    said(s, "operator", H(2), "x-select.run dataset=b1 count=7");
    expect(s, "selection-unbalanced 8.0 7.0\nselection-unbalanced 10.0 9.0\nselection-unbalanced "
              "12.0 11.0\n");
}

static void sums_of_several_batches(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1 count=60");
    said_too(s, "batch.receive dataset=b3 count=1");
    said(s, "operator", H(1), "batch.receive dataset=b2 count=40");
    said(s, "operator", H(2), "select.run dataset=s1 parents=b1,b2,b1,b0 count=100");
    said(
        s, "operator", H(2), "select.run dataset=s1 parents=b1 count=1"); /* of both, or of which */
    said(s, "operator", H(2), "batch.receive dataset=b1 count=30");
    said(s, "operator", H(2), "select.run dataset=b1 parents=b1 count=30");
    said(s, "operator", H(2), "select.run dataset=b1 count=29");
    said(s, "operator", H(2), "select.run dataset=b1 count=29");
    said(s, "operator", H(2), "select.run dataset=b1 count=30");
    said(s, "operator", H(2), "select.run dataset=s1 parents=b1,b3,b4 count=32");
    expect(s, "selection-unbalanced 6.0 5.0\nselection-unbalanced 8.0 7.0\nselection-unbalanced "
              "9.0 8.0 0.1\n");
}

/* Numbers above what a sum can hold are as good as equal, and no two of them are 0. */
static void sums_of_absurd_numbers(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1 count=9007199254740991");
    said(s, "operator", H(1), "batch.receive dataset=b1 count=9007199254740991");
    said(s, "operator", H(2), "select.run dataset=b1 count=9007199254740991");
    said(s, "operator", H(2), "batch.receive dataset=b2 count=9007199254740991");
    for (int i = 0; i < 4097; i++)
        said_too(s, "batch.receive dataset=b2 count=9007199254740991");
    said(s, "operator", H(2), "select.run dataset=b2 count=2");
    expect(s, "selection-unbalanced 2.0 1.0\nselection-unbalanced 4.0 3.4097\n");
}

/* A batch of the same name after the erasure begins at nothing; one that is late may still speak of it. */
static void sums_after_erasure(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1 count=60");
    said(s, "operator", H(1), "batch.receive dataset=b2 count=60");
    said(s, "operator", H(2), "erase dataset=b1");
    said(s, "operator", H(2), "erase dataset=b2");
    said(s, "operator", H(2), "select.run dataset=b2 count=59 at=1h");
    said(s, "operator", H(3), "batch.receive dataset=b1 count=5");
    said(s, "operator", H(4), "select.run dataset=b1 count=5");
    said(s, "operator", D(31), "select.run dataset=b2 count=1");
    said(s, "operator", D(31), "select.run dataset=b1 count=4");
    expect(s, "selection-unbalanced 4.0 1.0\nselection-unbalanced 8.0 6.0\n");
}

#define RUN(n) "select.run dataset=b" #n " count=1 discarded=9"

static void discards_by_the_limit(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    for (int i = 0; i < 8; i++) {
        char record[] = "batch.receive dataset=b0 count=10";

        record[23] = (char)('0' + i);
        said(s, "operator", 0, record);
    }
    said(s, "operator", H(1), RUN(0));
    said(s, "operator", H(1), RUN(1));
    said(s, "operator", H(1), RUN(2) " ref=r2");
    said(s, "operator", H(1), "select.run dataset=s3 parents=b3 count=1 discarded=9");
    said(s, "operator", H(1), RUN(4));
    said(s, "operator", H(1), RUN(5));
    said(s, "operator", H(1), RUN(6) " ref=r6");
    said(s, "operator", H(1), RUN(7) " at=30min"); /* 15 */
    said(s, "operator", D(1), "erase dataset=b4 outcome=failure");
    said_too(s, "erase dataset=b4 outcome=denied");
    said_too(s, "correct dataset=b4");
    said_too(s, "x-erase dataset=b4");
    said_too(s, "erase dataset=s3");
    said_too(s, "erase dataset=B4 ref=R6");
    said(s, "operator", D(1) + MIN(30), "config");
    said(s, "operator", D(1) + MIN(30) + 1, "erase dataset=b7");
    said(s, "operator", D(1) + H(1), "erase dataset=b0 at=3d");
    said_too(s, "erase dataset=gone parents=b1");
    said_too(s, "erase ref=r2");
    said(s, "operator", D(1) + H(1) + 1, "erase dataset=b5 at=2h");
    said(s, "operator", D(9), "config");
    expect(s, "selection-unbalanced 15.0\nselection-unbalanced 11.0\nselection-unbalanced 12.0\n"
              "selection-unbalanced 13.0\nselection-unbalanced 14.0\n");
}

/* All batches, or one erasure under the ref; what was never received as a batch too. */
static void discards_of_several_batches(void **state)
{
    struct stream *s = stream_new("[selection-unbalanced]\nlimit = 1 h\n");

    (void)state;
    said(s, "operator", 0, "batch.receive dataset=b1 count=5");
    said(s, "operator", 0, "batch.receive dataset=b2 count=5");
    said(s, "operator", H(1), "select.run dataset=s parents=b1,b2 count=1 discarded=9");
    said(s, "operator", H(1), "erase dataset=b1");
    said(s, "operator", H(3), "batch.receive dataset=b1 count=5");
    said(s, "operator", H(3), "batch.receive dataset=b2 count=5");
    said(s, "operator", H(3), "select.run dataset=s parents=b1,b2 count=1 discarded=9 ref=r");
    said(s, "operator", H(3), "erase dataset=b1 ref=r");
    said(s, "operator", H(5), "select.run dataset=s parents=u1 count=1 discarded=9");
    said(s, "operator", H(5), "erase dataset=s");
    said(s, "operator", H(5), "select.run dataset=u2 count=1 discarded=9");
    said(s, "operator", H(5), "erase dataset=u2");
    said(s, "operator", H(5), "select.run count=1 discarded=9");
    said(s, "operator", H(5), "select.run count=1 discarded=9 ref=q");
    said(s, "operator", H(5), "erase ref=q");
    said(s, "operator", H(5), "select.run count=1 discarded=9007199254740991 at=!9007199254740991");
    said(s, "operator", H(7), "config");
    expect(s, "selection-unbalanced 2.0\nselection-unbalanced 8.0\nselection-unbalanced 12.0\n"
              "selection-unbalanced 15.0\n");
}

/* What was recorded sooner may have been done later; an older erasure is none of these discards. */
static void discards_erased_before_in_the_ledger(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1 count=10");
    said(s, "operator", H(1), "batch.receive dataset=b2 count=10");
    said(s, "npa", H(3), "erase dataset=b1 count=9 at=2h");
    said_too(s, "erase dataset=b2 count=9 at=2h-1ms");
    said(s, "operator", H(3), RUN(1) " at=2h");
    said(s, "operator", H(3), RUN(2) " at=2h");
    said(s, "operator", D(3), "config");
    expect(s, "selection-unbalanced 4.0\n");
}

/* Only what was received as a batch must be erased of what a run names, or else what it came from. */
static void discards_of_what_is_named(void **state)
{
    struct stream *s = stream_new("[selection-unbalanced]\nlimit = 1 h\n");

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1 count=10");
    said(s, "operator", H(1), "batch.receive dataset=b2 count=10");
    said(s, "operator", H(1), "select.run dataset=s1 parents=b1,u count=1 discarded=9");
    said_too(s, "erase dataset=b1");
    said_too(s, "select.run dataset=s2 parents=u2 count=1 discarded=9");
    said_too(s, "erase dataset=u2");
    said(s, "operator", H(1), "erase dataset=b2 count=9 at=30min"); /* 3: of something before */
    said_too(s, RUN(2));
    said(s, "operator", H(3), "erase dataset=b4 at=3h");
    said(s, "operator", H(3.5), "select.run dataset=b4 count=1 discarded=9 at=3h");
    said(s, "operator", H(9), "config");
    expect(s, "selection-unbalanced 3.1\n");
}

/* The erasure of the discards leaves a batch that is still judged. */
static void sums_after_erasure_of_the_discards(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1 count=10");
    said(s, "operator", H(1), RUN(1));
    said(s, "operator", H(2), "erase dataset=b1 count=9");
    said(s, "operator", D(40), "config");
    said(s, "operator", D(40), "select.run dataset=b1 count=2");
    expect(s, "selection-unbalanced 4.0 1.0\n");
}

/* The run itself came late, after its limit was over. */
static void discards_of_a_late_record(void **state)
{
    struct stream *s = stream_new("[selection-unbalanced]\nlimit = 0 s\n");

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=b1 count=10");
    said(s, "operator", D(3), RUN(1) " at=2h");
    said_too(s, "erase dataset=b1 at=2h");
    said(s, "operator", D(3), RUN(2) " at=2h");
    said(s, "operator", D(3), "erase dataset=b3 at=2h");
    said(s, "operator", D(3), "batch.receive dataset=b2 count=10");
    said(s, "operator", D(4), RUN(2));
    said(s, "operator", D(4), "erase dataset=b2 count=9");
    said(s, "operator", D(5), RUN(2));
    said(s, "operator", D(5) + 1, "erase dataset=b2 count=9");
    said(s, "operator", D(6), "config");
    expect(s, "selection-unbalanced 2.0\nselection-unbalanced 7.0 5.0\nselection-unbalanced 7.0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(sums_of_several_batches),
        cmocka_unit_test(sums_of_absurd_numbers),
        cmocka_unit_test(sums_after_erasure),
        cmocka_unit_test(discards_by_the_limit),
        cmocka_unit_test(discards_of_several_batches),
        cmocka_unit_test(discards_erased_before_in_the_ledger),
        cmocka_unit_test(discards_of_what_is_named),
        cmocka_unit_test(sums_after_erasure_of_the_discards),
        cmocka_unit_test(discards_of_a_late_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
