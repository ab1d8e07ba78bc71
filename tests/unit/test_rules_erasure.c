/* The rules about what becomes of data sets: hits, near misses, boundaries, and ways around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

static void expect(struct stream *s, const char *only, const char *expected)
{
    found(s, only, expected);
    stream_free(s);
}

/* --- erase-late */

#define RULE "erase-late"

static void erased_by_the_limit(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=d0 retain_until=3d");
    said(s, "operator", H(1), "copy dataset=d1 parents=d0 retain_until=3d");
    said(s, "npa", H(1), "receive dataset=d2 retain_until=3d");
    said(s, "npa", H(1), "x-keep dataset=d3 retain_until=1d");
    said(s, "npa", H(1), "Query dataset=d3 retain_until=1d");
    said(s, "npa", H(1), "batch.receive dataset=d3 retain_until=1d outcome=denied");
    said(s, "npa", H(1), "batch.receive dataset=d3 retain_until=1d outcome=failure");
    said(s, "npa", H(1), "correct dataset=d0 retain_until=1d corrects=0.0");
    said(s, "npa", H(1), "batch.receive retain_until=1d");
    said(s, "npa", H(1), "batch.receive parents=d4,d5 retain_until=3d");
    said(s, "npa", D(2), "erase dataset=d0 outcome=failure");
    said_too(s, "erase dataset=d1 outcome=denied");
    said_too(s, "erase dataset=gone parents=d1");
    said_too(s, "erase dataset=D1");
    said_too(s, "x-erase dataset=d1");
    said_too(s, "correct dataset=d1 corrects=1.0");
    said(s, "npa", D(4), "erase dataset=d0 at=9d");
    said_too(s, "erase parents=d4,d5");
    said(s, "npa", D(4) + 1, "erase dataset=d1 at=3d");
    said(s, "npa", D(400), "query dataset=d2 retain_until=500d");
    said(s, "npa", D(600), "query dataset=d2 retain_until=1d");
    expect(s, RULE, "erase-late 1.0\nerase-late 2.0\n");
}

static void earliest_time_counts(void **state)
{
    struct stream *s = stream_new("[erase-late]\nlimit = 0 s\n");

    (void)state;
    said(s, "operator", H(1), "batch.receive dataset=d0 retain_until=9d");
    said(s, "npa", H(1), "modify dataset=d0 retain_until=3d");
    said(s, "npa", H(1), "modify dataset=d0 retain_until=5d");
    said(s, "npa", H(1), "modify dataset=d1 retain_until=4d");
    said(s, "npa", H(1), "retain.review dataset=d1 retain_until=8d");
    said(s, "npa", D(3) + 1, "config");
    said(s, "npa", D(3) + 1, "erase dataset=d1");
    said(s, "npa", D(3) + 1, "batch.receive dataset=d2 retain_until=!0");
    said(s, "npa", D(3) + 1, "batch.receive dataset=d3 retain_until=!9007199254740991");
    said(s, "npa", D(3) + 2, "config");
    said(s, "npa", D(20), "config");
    expect(s, RULE, "erase-late 1.0\nerase-late 7.0\n");
}

/* One record says it of several data sets: findings of their own, which nobody takes for one. */
static void late_for_several_data_sets(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 0, "combine parents=d,e retain_until=1d");
    passed(s, D(3));
    expect(s, "erase-late", "erase-late 0.0\nerase-late 0.0\n");
}

static void extended_in_time(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    for (int i = 0; i < 6; i++) {
        char record[] = "batch.receive dataset=d0 retain_until=3d";

        record[23] = (char)('0' + i);
        said(s, "operator", H(1), record);
    }
    said(s, "npa", D(2), "retain.extend dataset=d0 retain_until=9d");
    said(s, "npa", D(2), "retain.extend dataset=d1 retain_until=9d outcome=denied");
    said(s, "npa", D(2), "retain.extend dataset=d2");
    said(s, "npa", D(2), "correct dataset=d3 retain_until=9d");
    said(s, "npa", D(4), "retain.extend dataset=d4 retain_until=9d at=2d");
    said(s, "npa", D(4) + 1, "retain.extend dataset=d5 retain_until=9d at=2d");
    said(s, "npa", D(5), "query dataset=d4 retain_until=8d"); /* 12: earlier again */
    said(s, "npa", D(10), "erase dataset=d0");
    said(s, "npa", D(30), "config");
    expect(s, RULE,
        "erase-late 1.0\nerase-late 2.0\nerase-late 3.0\nerase-late 5.0\nerase-late 12.0\n");
}

/* Records from before the erasure mean the data that are gone; those from after it, new data. */
static void said_again_after_the_erasure(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", D(1), "erase dataset=d0 retain_until=2d");
    said(s, "operator", D(1), "erase dataset=d1");
    said(s, "operator", D(1), "batch.receive dataset=d0 retain_until=2d at=1h");
    said(s, "npa", D(1), "query dataset=d0 retain_until=2d at=1d+5min");
    said(s, "operator", D(1) + 1, "batch.receive dataset=d1 retain_until=2d");
    said(s, "operator", D(1) + H(1), "batch.receive dataset=d2 retain_until=2d");
    said_too(s, "erase dataset=d2 at=1d");
    said_too(s, "erase dataset=d2");
    said(s, "npa", D(9), "erase dataset=d1");
    said(s, "npa", D(10), "batch.receive dataset=d1 retain_until=11d");
    said(s, "npa", D(31), "batch.receive dataset=d2 retain_until=32d at=1h"); /* not forgotten */
    said(s, "npa", D(32), "batch.receive dataset=d2 retain_until=33d at=1h"); /* forgotten */
    said(s, "npa", D(60), "config");
    expect(s, RULE, "erase-late 4.0\nerase-late 7.0\nerase-late 9.0\n");
}

/* What a selection in place threw away is not the whole. */
static void only_the_discards_were_erased(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    for (int i = 0; i < 4; i++) {
        char record[] = "batch.receive dataset=d0 count=100 retain_until=3d";

        record[23] = (char)('0' + i);
        said(s, "operator", H(1), record);
    }
    said(s, "operator", H(2), "select.run dataset=d0 count=10 discarded=90");
    said(s, "operator", H(2), "select.run dataset=d1 parents=d1 count=10 discarded=90");
    said(s, "operator", H(2), "select.run dataset=s2 parents=d2 count=10 discarded=90");
    said(s, "operator", H(2), "select.run dataset=d3 count=10 discarded=90");
    said(s, "operator", H(3), "erase dataset=d0 count=90");
    said(s, "operator", H(3), "erase dataset=rest parents=d1 count=90");
    said(s, "operator", H(3), "erase dataset=d2 count=90");
    said(s, "operator", H(3), "erase dataset=d3 count=100");
    said(s, "operator", H(4), "erase dataset=d1 count=10");
    said(s, "operator", D(9), "erase dataset=d0 count=10");
    expect(s, RULE, "erase-late 0.0\n");
}

/* --- erase-unwitnessed */

#undef RULE
#define RULE "erase-unwitnessed"

static void erasure_that_lacks_something(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 1, "erase dataset=d actor=npa/a method=shred reason=over witnessed_by=npa/b");
    said(s, "npa", 1, "erase dataset=d actor=npa/a reason=over witnessed_by=npa/b");
    said(s, "npa", 1, "erase dataset=d actor=npa/a method=shred witnessed_by=npa/b");
    said(s, "npa", 1, "erase dataset=d actor=npa/a method=shred reason=over");
    said(s, "npa", 1, "erase dataset=d actor=npa/a method=shred reason=_ witnessed_by=npa/b");
    said(s, "npa", 1, "erase dataset=d actor=npa/a method=shred reason= witnessed_by=npa/b");
    said(s, "npa", 1, "erase dataset=d actor=npa/a");
    said(s, "npa", 1, "erase dataset=d actor=npa/a outcome=denied");
    said(s, "npa", 1, "erase dataset=d actor=npa/a outcome=failure");
    said(s, "npa", 1, "erase dataset=d actor=npa/a outcome=partial emergency=true");
    said(s, "npa", 1, "x-erase dataset=d actor=npa/a");
    said(s, "npa", 1, "erase.record records=1.0 actor=npa/a");
    found(s, RULE,
        "erase-unwitnessed 1.0\nerase-unwitnessed 2.0\nerase-unwitnessed 3.0\n"
        "erase-unwitnessed 4.0\nerase-unwitnessed 5.0\nerase-unwitnessed 6.0\n"
        "erase-unwitnessed 9.0\n");
    assert_non_null(strstr(found_sentences(s), "it does not say how it was erased.\n"));
    assert_non_null(strstr(found_sentences(s), "it does not say why.\n"));
    assert_non_null(strstr(found_sentences(s), "it does not say who watched.\n"));
    assert_non_null(
        strstr(found_sentences(s), "it does not say how it was erased, why, and who watched.\n"));
    stream_free(s);
}

static void erasure_with_oneself_as_witness(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
#define WITNESSED(witness) "erase dataset=d method=shred reason=over witnessed_by=" witness
    said(s, "npa", 1, WITNESSED("npa/a") " actor=npa/a");
    said(s, "npa", 1, WITNESSED("NPA/a") " actor=npa/A");
    said(s, "npa", 1, WITNESSED("npa/ab") " actor=npa/a");
    said(s, "npa", 1, WITNESSED("npa@a") " actor=npa`a"); /* not letters, though a bit apart */
    said(s, "npa", 1, WITNESSED("npa/a"));
    expect(s, RULE, "erase-unwitnessed 0.0\nerase-unwitnessed 1.0\n");
}

/* --- use-after-erase */

#undef RULE
#define RULE "use-after-erase"

static void uses_of_what_is_gone(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "query dataset=d at=3h");
    said_too(s, "erase dataset=d at=1h");
    said_too(s, "query dataset=d at=1h");
    said_too(s, "query dataset=d at=1h+1ms");
    said(s, "npa", H(2), "query dataset=d at=1h+5min");
    said(s, "npa", H(2), "query dataset=d at=1h+5min+1ms");
    said(s, "npa", H(2), "view dataset=d");
    said(s, "npa", H(2), "export dataset=e parents=d");
    said(s, "npa", H(2), "provide dataset=d outcome=failure");
    said(s, "npa", H(2), "copy dataset=e parents=c,d");
    said(s, "npa", H(2), "combine dataset=d parents=c");
    said(s, "npa", H(2), "modify dataset=d emergency=true");
    said(s, "npa", H(2), "modify dataset=D");
    said(s, "npa", H(2), "modify dataset=d outcome=denied");
    said(s, "npa", H(2), "deident.apply dataset=d");
    said(s, "npa", H(2), "x-query dataset=d");
    said(s, "npa", H(2), "query");
    said(s, "npa", H(2), "erase dataset=d"); /* no later, for being said again */
    said(s, "operator", H(2), "query dataset=d at=90min");
    said(s, "operator", H(2), "query dataset=d at=!9007199254740991");
    said(s, "operator", D(700), "query dataset=d");
    expect(s, RULE,
        "use-after-erase 0.3 0.1\nuse-after-erase 2.0 0.1\nuse-after-erase 3.0 0.1\n"
        "use-after-erase 4.0 0.1\nuse-after-erase 5.0 0.1\nuse-after-erase 6.0 0.1\n"
        "use-after-erase 7.0 0.1\nuse-after-erase 8.0 0.1\nuse-after-erase 15.0 0.1\n"
        "use-after-erase 16.0 0.1\nuse-after-erase 17.0 0.1\n");
}

static void erasures_that_are_none(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "erase dataset=d outcome=denied");
    said(s, "npa", H(1), "erase dataset=d outcome=failure");
    said(s, "npa", H(1), "erase dataset=e parents=d"); /* what e came from */
    said(s, "npa", H(1), "erase");
    said(s, "npa", H(2), "query dataset=d");
    said(s, "npa", H(2), "erase parents=d,f");
    said(s, "npa", H(3), "query dataset=d");
    said(s, "npa", H(3), "query dataset=x parents=f");
    expect(s, RULE, "use-after-erase 6.0 5.0\nuse-after-erase 7.0 5.0\n");
}

static void only_the_discards_are_gone(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "operator", H(1), "select.run dataset=d count=10 discarded=90");
    said(s, "operator", H(1), "select.run dataset=e count=10 discarded=90 outcome=failure");
    said(s, "operator", H(1), "select.run dataset=t parents=f count=10 discarded=90");
    said(s, "operator", H(2), "erase dataset=d count=50");
    said(s, "operator", H(2), "erase dataset=d count=40");
    said(s, "operator", H(2), "erase dataset=e count=90");
    said(s, "operator", H(2), "erase dataset=f count=90");
    said(s, "operator", H(3), "query dataset=d");
    said(s, "operator", H(3), "query dataset=e");
    said(s, "operator", H(3), "query dataset=f");
    said(s, "operator", H(4), "erase dataset=d count=1");
    said(s, "operator", H(5), "query dataset=d");
    said(s, "operator", H(6), "select.run dataset=g count=10 discarded=90");
    said(s, "operator", H(6), "erase dataset=g count=91");
    said(s, "operator", H(6), "select.run dataset=h count=10 discarded=90");
    said(s, "operator", H(6), "erase dataset=h");
    said(s, "operator", H(6), "select.run dataset=i count=10 discarded=90");
    said(s, "operator", H(6), "erase dataset=trash parents=i count=80");
    said(s, "operator", H(6), "erase dataset=trash parents=i");
    said(s, "operator", H(6), "erase dataset=i count=10");
    said(s, "operator", H(7), "query dataset=g");
    said(s, "operator", H(7), "query dataset=h");
    said(s, "operator", H(7), "query dataset=i");
    expect(s, RULE,
        "use-after-erase 8.0 5.0\nuse-after-erase 9.0 6.0\nuse-after-erase 11.0 10.0\n"
        "use-after-erase 20.0 13.0\nuse-after-erase 21.0 15.0\nuse-after-erase 22.0 19.0\n");
}

static void data_that_come_in_again(void **state)
{
    struct stream *s = stream_new("[use-after-erase]\nremember = 10 d\n");

    (void)state;
    said(s, "operator", H(1), "erase dataset=d");
    said(s, "operator", H(3), "batch.receive dataset=d outcome=failure");
    said(s, "operator", H(3), "batch.receive dataset=d");
    said(s, "operator", H(4), "query dataset=d at=3h");
    said(s, "operator", H(4), "query dataset=d at=3h-1ms");
    said(s, "npa", H(4), "query dataset=d at=3h-5min");
    said(s, "npa", H(4), "query dataset=d at=3h-5min-1ms");
    said(s, "operator", H(5), "erase dataset=d");
    said(s, "operator", H(6), "query dataset=d");
    /* Forgotten at the next erasure after `remember`. */
    said(s, "operator", D(10) + H(5), "erase dataset=other");
    said(s, "operator", D(10) + H(6), "query dataset=d");
    said(s, "operator", D(10) + H(6), "erase dataset=another");
    said(s, "operator", D(10) + H(6), "query dataset=d");
    expect(s, RULE,
        "use-after-erase 4.0 0.0\nuse-after-erase 6.0 0.0\nuse-after-erase 8.0 7.0\n"
        "use-after-erase 10.0 7.0\n");
}

static void use_after_rows_were_deleted(void **state)
{
    struct stream *s = stream_new("[use-after-erase]\ncounted = no\n");

    (void)state;
    said(s, "nco", H(1), "erase actor=nco/dba dataset=flow count=3");
    said(s, "npa", H(2), "query actor=npa/a dataset=flow");
    said(s, "nco", H(3), "erase actor=nco/dba dataset=flow");
    said(s, "npa", H(4), "query actor=npa/a dataset=flow");
    found(s, "use-after-erase", "use-after-erase 3.0 2.0\n");
    stream_free(s);
    s = stream_new(NULL);
    said(s, "nco", H(1), "erase actor=nco/dba dataset=flow count=3");
    said(s, "npa", H(2), "query actor=npa/a dataset=flow");
    found(s, "use-after-erase", "use-after-erase 1.0 0.0\n");
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(use_after_rows_were_deleted),
        cmocka_unit_test(erased_by_the_limit),
        cmocka_unit_test(earliest_time_counts),
        cmocka_unit_test(late_for_several_data_sets),
        cmocka_unit_test(extended_in_time),
        cmocka_unit_test(said_again_after_the_erasure),
        cmocka_unit_test(only_the_discards_were_erased),
        cmocka_unit_test(erasure_that_lacks_something),
        cmocka_unit_test(erasure_with_oneself_as_witness),
        cmocka_unit_test(uses_of_what_is_gone),
        cmocka_unit_test(erasures_that_are_none),
        cmocka_unit_test(only_the_discards_are_gone),
        cmocka_unit_test(data_that_come_in_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
