/* copy-untracked and deident-missing: hits, near misses, boundaries, and ways around them. */
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

/* --- copy-untracked */

#define RULE "copy-untracked"

static void copies_and_their_data_sets(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "receive dataset=c0 parents=d1"); /* from before it */
    said(s, "npa", H(2), "export dataset=d1 actor=npa/a");
    said(s, "npa", H(2), "copy dataset=d2 actor=npa/a");
    said(s, "npa", H(2), "copy dataset=c3 parents=d3");
    said(s, "npa", H(2), "copy dataset=d4 parents=-");
    said(s, "npa", H(2), "copy dataset=d5 parents=d5,d5");
    said(s, "npa", H(2), "export dataset=d6 outcome=denied");
    said(s, "npa", H(2), "export dataset=d6 outcome=failure");
    said(s, "npa", H(2), "x-export dataset=d6");
    said(s, "npa", H(2), "provide dataset=d6");
    said(s, "npa", H(2), "query dataset=q parents=d1");
    said(s, "npa", H(2), "view dataset=q parents=d1");
    said(s, "npa", H(2), "x-store dataset=q parents=d1");
    said(s, "npa", H(2), "Store dataset=q parents=d1");
    said(s, "npa", H(2), "correct dataset=q parents=d1 corrects=0.0");
    said(s, "npa", H(2), "receive dataset=d1 parents=d1");
    said(s, "npa", H(2), "receive parents=d1");
    said(s, "npa", H(2), "receive dataset=q parents=D1");
    said(s, "npa", H(2), "receive dataset=q parents=d1 outcome=failure");
    said(s, "npa", H(3), "receive dataset=c2 parents=d0,d2");
    said(s, "mod", H(3), "modify dataset=c4 parents=d4");
    said(s, "npa", D(3), "config");
    expect(s, RULE, "copy-untracked 1.0\ncopy-untracked 5.0\n");
}

static void copies_by_the_limit(void **state)
{
    struct stream *s = stream_new("[copy-untracked]\nlimit = 1 h\n");

    (void)state;
    said(s, "npa", H(2), "export dataset=d1 at=90min");
    said(s, "npa", H(2), "export dataset=d2 at=9h"); /* begins when it was received */
    said(s, "npa", H(2), "export dataset=d3");
    said(s, "npa", MIN(150), "receive dataset=c1 parents=d1 at=9h");
    said(s, "npa", H(3), "receive dataset=c2 parents=d2");
    said(s, "npa", H(3) + 1, "receive dataset=c3 parents=d3 at=2h");
    said(s, "npa", H(4), "export dataset=d4 at=3h");
    said(s, "npa", H(4), "receive dataset=c4 parents=d4");
    said(s, "npa", H(5), "export dataset=d5 at=!0");
    said(s, "npa", H(5) + 1, "receive dataset=c5 parents=d5");
    said(s, "npa", H(6), "export dataset=d6 at=!9007199254740991");
    said(s, "npa", D(2), "config");
    expect(s, RULE, "copy-untracked 2.0\ncopy-untracked 8.0\ncopy-untracked 10.0\n");
}

/* One data set stands for all copies before it, and for none after it. */
static void copies_of_one_data_set(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "export dataset=d emergency=true");
    said_too(s, "export dataset=d");
    said_too(s, "receive dataset=c parents=d");
    said_too(s, "export dataset=d");
    said(s, "mod", H(2), "copy dataset=d");
    said(s, "npa", D(1) + H(1) + 1, "receive dataset=c parents=d");
    said(s, "npa", D(5), "config");
    said(s, "npa", D(6), "export dataset=d actor=npa/a");
    said(s, "npa", D(9), "config");
    found(s, RULE, "copy-untracked 0.3\ncopy-untracked 4.0\n");
    assert_non_null(strstr(found_sentences(s),
        "npa/a did \"export\" on data set d at 2026-01-07T00:00:00.000Z; within 24 h a record"));
    stream_free(s);
}

static void copies_without_a_name(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "export actor=npa/a");
    said(s, "npa", H(1), "copy parents=d actor=npa/a");
    said(s, "npa", H(1), "receive dataset=c parents=d");
    said(s, "npa", D(1) + H(1), "config");
    said(s, "npa", D(1) + H(1) + 1, "config");
    expect(s, RULE, "copy-untracked 0.0\ncopy-untracked 1.0\n");
}

/* --- deident-missing */

#undef RULE
#define RULE "deident-missing"

static void provided_to_kinds(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "deident.apply dataset=d");
    said(s, "npa", H(2), "provide dataset=d recipient=r recipient_kind=foreign");
    said(s, "npa", H(2), "provide dataset=e recipient=r recipient_kind=foreign");
    said(s, "npa", H(2), "provide dataset=e recipient=r recipient_kind=Foreign emergency=true");
    said(s, "npa", H(2), "provide dataset=e recipient=r recipient_kind=ally");
    said(s, "npa", H(2), "provide dataset=e recipient=r recipient_kind=domestic");
    said(s, "npa", H(2), "provide dataset=e recipient=r recipient_kind=council");
    said(s, "npa", H(2), "provide dataset=e recipient=r");
    said(s, "npa", H(2), "provide dataset=e recipient=r recipient_kind=foreign outcome=denied");
    said(s, "npa", H(2), "provide dataset=e recipient=r recipient_kind=foreign outcome=failure");
    said(s, "npa", H(2), "receive dataset=e recipient_kind=foreign");
    said(s, "npa", H(2), "x-provide dataset=e recipient_kind=foreign");
    said(s, "npa", H(2), "provide dataset=D recipient_kind=foreign");
    said(s, "npa", H(2), "provide dataset=d parents=e recipient_kind=foreign");
    said(s, "npa", H(2), "provide dataset=e parents=d recipient_kind=foreign");
    said(s, "npa", H(2), "provide parents=d recipient_kind=foreign");
    said(s, "npa", H(2), "provide parents=d,e recipient_kind=foreign");
    said(s, "npa", H(2), "provide recipient_kind=foreign");
    expect(s, RULE,
        "deident-missing 2.0\ndeident-missing 3.0\ndeident-missing 4.0\ndeident-missing 9.0\n"
        "deident-missing 12.0\ndeident-missing 14.0\ndeident-missing 16.0\ndeident-missing 17.0\n");
}

static void provided_to_kinds_of_the_rules_file(void **state)
{
    struct stream *s = stream_new("[deident-missing]\nlimit = council foreign\n");

    (void)state;
    said(s, "npa", H(2), "provide dataset=e recipient_kind=council");
    said(s, "npa", H(2), "provide dataset=e recipient_kind=domestic");
    said(s, "npa", H(2), "provide dataset=e recipient_kind=foreign");
    said(s, "npa", H(2), "provide dataset=e recipient_kind=coun");
    expect(s, RULE, "deident-missing 0.0\ndeident-missing 2.0\ndeident-missing 3.0\n");
    s = stream_new("[deident-missing]\nlimit = council\n");
    said(s, "npa", H(2), "provide dataset=e recipient_kind=foreign");
    expect(s, RULE, "");
}

#define PROVIDE "provide recipient_kind=foreign dataset="

static void deidentified_in_time(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), PROVIDE "d");
    said_too(s, "deident.apply dataset=d at=30min");
    said_too(s, PROVIDE "d at=30min");
    said_too(s, PROVIDE "d at=30min-1ms");
    said(s, "mod", H(1), PROVIDE "d at=25min");
    said(s, "mod", H(1), PROVIDE "d at=25min-1ms");
    said(s, "npa", H(1), "deident.apply dataset=d at=40min"); /* the first one counts */
    said(s, "npa", H(1), PROVIDE "d at=35min");
    said(s, "npa", H(1), "deident.apply dataset=e outcome=failure");
    said(s, "npa", H(1), "deident.apply dataset=f outcome=denied");
    said(s, "npa", H(1), "correct dataset=f");
    said(s, "npa", H(1), "x-deident.apply dataset=f");
    said(s, "npa", H(1), "deident.apply dataset=g parents=f");
    said(s, "npa", H(2), PROVIDE "e");
    said(s, "npa", H(2), PROVIDE "f");
    said(s, "npa", H(2), PROVIDE "g");
    said(s, "npa", H(2), "deident.apply parents=e,f");
    said(s, "npa", H(2), PROVIDE "f");
    expect(s, RULE,
        "deident-missing 0.0\ndeident-missing 0.3\ndeident-missing 2.0\ndeident-missing 10.0\n"
        "deident-missing 11.0\n");
}

static void deidentification_undone(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 0, "deident.apply parents=a,b,c,d,e,f,g");
    said(s, "npa", H(1), "deident.reverse dataset=a");
    said(s, "npa", H(1), "deident.reverse dataset=b outcome=denied");
    said(s, "npa", H(1), "deident.reverse dataset=x parents=c");
    said(s, "npa", H(1), "batch.receive dataset=d");
    said(s, "npa", H(1), "combine dataset=e parents=e,f");
    said(s, "npa", H(1), "combine dataset=f parents=e,raw");
    said(s, "npa", H(1), "combine dataset=g parents=a outcome=failure");
    said(s, "npa", H(2), PROVIDE "a");
    said(s, "npa", H(2), PROVIDE "b");
    said(s, "npa", H(2), PROVIDE "c");
    said(s, "npa", H(2), PROVIDE "d");
    said(s, "npa", H(2), PROVIDE "e");
    said(s, "npa", H(2), PROVIDE "f");
    said(s, "npa", H(2), PROVIDE "g");
    said(s, "npa", H(3), "deident.apply dataset=a");
    said(s, "npa", H(3), PROVIDE "a");
    said(s, "npa", H(3), PROVIDE "a at=150min");
    expect(s, RULE,
        "deident-missing 8.0\ndeident-missing 11.0\ndeident-missing 13.0\ndeident-missing 17.0\n");
}

/* Forgotten a month after the erasure of the whole, unless it was made anew. */
static void deidentified_and_erased(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", 0, "select.run dataset=a count=10 discarded=90");
    said(s, "npa", 0, "deident.apply parents=a,b,c");
    said(s, "npa", H(1), "erase dataset=a count=90");
    said(s, "npa", H(1), "erase dataset=b");
    said(s, "npa", H(1), "erase dataset=c");
    said(s, "npa", H(2), "deident.apply dataset=c");
    said(s, "npa", D(30) + H(1), PROVIDE "b");
    said(s, "npa", D(30) + H(1) + 1, PROVIDE "b");
    said(s, "npa", D(40), PROVIDE "a");
    said(s, "npa", D(40), PROVIDE "c");
    said(s, "npa", D(40), PROVIDE "c at=1h");
    expect(s, RULE, "deident-missing 7.0\ndeident-missing 10.0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_and_their_data_sets),
        cmocka_unit_test(copies_by_the_limit),
        cmocka_unit_test(copies_of_one_data_set),
        cmocka_unit_test(copies_without_a_name),
        cmocka_unit_test(provided_to_kinds),
        cmocka_unit_test(provided_to_kinds_of_the_rules_file),
        cmocka_unit_test(deidentified_in_time),
        cmocka_unit_test(deidentification_undone),
        cmocka_unit_test(deidentified_and_erased),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
