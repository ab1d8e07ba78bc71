/* authority-retroactive, authority-scope and extension-late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

#define ACCESS "query actor=npa/a unit=npa/cyber dataset=d1 "
#define GRANT "approve decision=granted approval="
#define EXTEND "approve decision=extended approval="
#define RATIFY "approve decision=ratified approval="

/* --- authority-retroactive */

static void retroactive_boundaries(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "committee", H(2), GRANT "A at=0h valid_from=0h valid_to=30d");
    said_too(s, GRANT "B");
    said(s, "npa", H(3), ACCESS "authority=A at=2h");
    said(s, "npa", H(3), ACCESS "authority=A at=2h-1ms");
    said(s, "npa", H(3), ACCESS "authority=A at=!0");
    said(s, "npa", H(3), ACCESS "authority=B at=!0");
    said(s, "npa", H(3), ACCESS "authority=B at=!9007199254740991");
    found(s, "authority-retroactive authority-expired",
        "authority-retroactive 0.0 1.0\nauthority-retroactive 3.0 1.0\n"
        "authority-expired 4.0 1.0\nauthority-retroactive 5.0 1.1\n");
    assert_non_null(strstr(found_sentences(s), "granted behind that record, at 2026-01-01T02:00"));
    assert_non_null(strstr(found_sentences(s), "received this one only at 2026-01-01T02:00"));
    stream_free(s);
}

/* Outside its time, nothing else is said of it, however late the grant came. */
static void retroactive_and_expired(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", D(3), GRANT "A valid_from=1d valid_to=2d");
    said(s, "npa", D(4), ACCESS "authority=A at=2d+1ms");
    said(s, "npa", D(4), ACCESS "authority=A at=1d-1ms");
    said(s, "npa", D(4), ACCESS "authority=A at=2d");
    found(s, "authority-retroactive authority-expired",
        "authority-expired 1.0 0.0\nauthority-expired 2.0 0.0\nauthority-retroactive 3.0 0.0\n");
    stream_free(s);
}

/* In one entry the order of the records decides. */
static void retroactive_in_one_entry(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", H(1), GRANT "A");
    said_too(s, ACCESS "authority=A");
    said_too(s, ACCESS "authority=B");
    said_too(s, GRANT "B");
    found(s, "authority-retroactive", "authority-retroactive 0.2 0.3\n");
    stream_free(s);
}

static void retroactive_with_tolerance(void **state)
{
    struct stream *s = stream_new("[authority-retroactive]\ntolerance = 1 h\n");

    (void)state;
    said(s, "npa", H(2), ACCESS "authority=A");
    said(s, "committee", H(2), GRANT "A");
    said(s, "npa", H(3), ACCESS "authority=A at=1h");
    said(s, "npa", H(3), ACCESS "authority=A at=1h-1ms");
    found(s, "authority-retroactive",
        "authority-retroactive 0.0 1.0\nauthority-retroactive 3.0 1.0\n");
    stream_free(s);
}

static void retroactive_and_emergencies(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ACCESS "authority=A emergency=true");
    said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "npa", H(1), ACCESS "authority=B emergency=true");
    said(s, "committee", H(2), RATIFY "A valid_from=0h valid_to=3h");
    said(s, "committee", H(2), GRANT "B");
    said(s, "npa", H(3), ACCESS "authority=A at=90min");
    said(s, "npa", H(3), ACCESS "authority=B at=90min emergency=true");
    /* What was ratified once does not cover what is granted under the same name later. */
    said(s, "committee", H(5), GRANT "A valid_from=4h valid_to=9h");
    said(s, "npa", H(6), ACCESS "authority=A at=4h");
    said(s, "npa", H(6), ACCESS "authority=A at=5h");
    found(s, "authority-retroactive",
        "authority-retroactive 2.0 4.0\nauthority-retroactive 6.0 4.0\n"
        "authority-retroactive 8.0 7.0\n");
    stream_free(s);
}

/* The earliest grant that covers the time is what it was done under. */
static void retroactive_granted_again(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", H(1), GRANT "A valid_from=0h valid_to=10h");
    said(s, "committee", H(5), GRANT "A valid_from=0h valid_to=20h");
    said(s, "npa", H(6), ACCESS "authority=A at=2h");
    said(s, "committee", H(9), EXTEND "A valid_to=30h");
    said(s, "npa", H(25), ACCESS "authority=A at=25h");
    found(s, "authority-retroactive", "");
    stream_free(s);
}

static void retroactive_not_judged(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = query\n");

    (void)state;
    said(s, "npa", H(1), "copy dataset=d1 authority=A");
    said(s, "npa", H(1), ACCESS "outcome=denied authority=A");
    said(s, "npa", H(1), "x-look dataset=d1 authority=A");
    said(s, "npa", H(1), "x-lookup dataset=d1 authority=A");
    said(s, "npa", H(1), "deident.reverse dataset=d1 authority=A outcome=failure");
    said(s, "npa", H(2), GRANT "A at=0h");
    said(s, "committee", H(2), "correct approval=A decision=ratified corrects=0.0");
    said(s, "committee", H(3), GRANT "A at=0h");
    found(s, "authority-retroactive",
        "authority-retroactive 3.0 7.0\nauthority-retroactive 4.0 7.0\n");
    stream_free(s);
}

/* --- authority-scope */

#define LIMITED GRANT "A purposes=p1,p2 units=npa/cyber datasets=d1,d2 recipients=r1 valid_to=30d"
#define GOOD "actor=npa/a authority=A dataset=d1 purpose=p1 unit=npa/cyber recipient=r1 "

static void scope_each(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, LIMITED);
    said(s, "npa", H(1), "query " GOOD);
    said(s, "npa", H(1), "query actor=npa/a authority=A dataset=d2 purpose=p2 unit=npa/cyber");
    said(s, "npa", H(1), "query actor=npa/a authority=A dataset=d1 purpose=p3 unit=npa/cyber");
    said(s, "npa", H(1), "query actor=npa/a authority=A dataset=d3 purpose=p1 unit=npa/cyber");
    said(s, "npa", H(1), "query actor=npa/a authority=A dataset=d1 purpose=p1 unit=npa/traffic");
    said(s, "npa", H(1),
        "provide actor=npa/a authority=A dataset=d1 purpose=p1 unit=npa/cyber "
        "recipient=r2");
    said(s, "npa", H(1), "query actor=npa/a authority=A dataset=D1 purpose=p1 unit=NPA/cyber");
    found(s, "authority-scope",
        "authority-scope 3.0 0.0\nauthority-scope 4.0 0.0\nauthority-scope 5.0 0.0\n"
        "authority-scope 6.0 0.0\nauthority-scope 7.0 0.0\n");
    assert_non_null(strstr(found_sentences(s), "for the purpose p3; the approval is for other"));
    assert_non_null(strstr(found_sentences(s), "this touched data set d3, and the approval"));
    assert_non_null(strstr(found_sentences(s), "npa/a of unit npa/traffic did"));
    assert_non_null(strstr(found_sentences(s), "for the recipient r2; the approval is for other"));
    assert_non_null(strstr(found_sentences(s), "allows were its data set, unit."));
    stream_free(s);
}

/* What the approval limits must be said by the actions that touch content. */
static void scope_of_what_is_not_said(void **state)
{
    static const char *const actions[] = {"query", "view", "export", "provide", "deident.reverse",
        "collect.start", "collect.stop", "batch.receive", "select.run", "select.criteria",
        "receive", "copy"};
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, LIMITED);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        char record[200];

        snprintf(record, sizeof record, "%s authority=A", actions[i]);
        said(s, "npa", H(1), record);
    }
    said(s, "npa", H(1), "export authority=A dataset=d1 purpose=p1 unit=npa/cyber");
    said(s, "npa", H(1), "provide authority=A dataset=d1 purpose=p1 unit=npa/cyber");
    said(s, "npa", H(1), "batch.receive authority=A dataset=d9");
    said(s, "npa", H(1), "receive authority=A recipient=r9");
    said(s, "npa", H(1), "view authority=A dataset=d9 outcome=denied");
    said(s, "npa", H(1), "copy authority=A dataset=d9");
    found(s, "authority-scope",
        "authority-scope 1.0 0.0\nauthority-scope 2.0 0.0\nauthority-scope 3.0 0.0\n"
        "authority-scope 4.0 0.0\nauthority-scope 5.0 0.0\nauthority-scope 14.0 0.0\n"
        "authority-scope 15.0 0.0\nauthority-scope 16.0 0.0\n");
    stream_free(s);
}

static void scope_of_parents(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A datasets=d1,d2");
    said(s, "npa", H(1), "query authority=A dataset=d1 parents=d2,d1");
    said(s, "npa", H(1), "query authority=A dataset=d1 parents=d2,d3");
    said(s, "npa", H(1), "query authority=A parents=d1");
    said(s, "npa", H(1), "provide authority=A dataset=d1 parents=d3");
    said(s, "npa", H(1), "export authority=A dataset=d1 parents=-");
    found(s, "authority-scope", "authority-scope 2.0 0.0\nauthority-scope 3.0 0.0\n");
    assert_non_null(strstr(found_sentences(s), "this touched data set d3,"));
    stream_free(s);
}

/* Long lists on both sides are not compared each with each, and found alike. */
static void scope_of_many_parents(void **state)
{
    struct stream *s = stream_new(NULL);
    char grant[4000] = GRANT "A datasets=d1", record[4000];
    size_t n = strlen(grant);

    (void)state;
    for (int i = 0; i < 250; i++)
        n += (size_t)snprintf(grant + n, sizeof grant - n, ",parent%d", i);
    said(s, "committee", 0, grant);
    for (int wrong = 2; wrong-- > 0;) {
        n = (size_t)snprintf(record, sizeof record, "view authority=A dataset=d1 parents=parent0");
        for (int i = 250; i-- > 1;)
            n += (size_t)snprintf(
                record + n, sizeof record - n, ",parent%d", wrong == 1 && i == 100 ? 250 : i);
        said(s, "npa", H(1), record);
    }
    /* Another approval has a list of its own. */
    for (char *p = strchr(grant, ','); p != NULL; p = strchr(p + 1, ','))
        p[1] = 'q';
    memcpy(strstr(grant, "=A ") + 1, "B", 1);
    said(s, "committee", H(1), grant);
    memcpy(strstr(record, "=A ") + 1, "B", 1);
    said(s, "npa", H(1), record);
    said(s, "npa", H(1), "view authority=A dataset=d1 parents=parent0,parent249");
    said(s, "npa", H(1), "view authority=A dataset=d1 parents=parent0,parent251");
    found(s, "authority-scope",
        "authority-scope 1.0 0.0\nauthority-scope 4.0 3.0\nauthority-scope 6.0 0.0\n");
    assert_non_null(strstr(found_sentences(s), "this touched data set parent250,"));
    stream_free(s);
}

/* No list: no limit; an empty list allows nothing; an extension changes only what it names, and a
 * grant all. */
static void scope_of_what_changes(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A");
    said(s, "npa", H(1), "query authority=A");
    said(s, "committee", H(1), GRANT "A purposes=- datasets=d1");
    said(s, "npa", H(1), "query authority=A dataset=d1 purpose=p1");
    said(s, "committee", H(2), EXTEND "A purposes=p1");
    said(s, "npa", H(2), "query authority=A dataset=d1 purpose=p1");
    said(s, "npa", H(2), "query authority=A dataset=d2 purpose=p1");
    said(s, "npa", H(2), "approve approval=A decision=extended datasets=d2");
    said(s, "npa", H(2), "query authority=A dataset=d2 purpose=p1");
    said(s, "committee", H(2), GRANT "A datasets=d2");
    said(s, "npa", H(2), "query authority=A dataset=d2");
    said(s, "committee", H(2), "revoke approval=A");
    said(s, "npa", H(3), "query authority=A dataset=d3");
    found(s, "authority-scope",
        "authority-scope 3.0 2.0\nauthority-scope 6.0 4.0\nauthority-scope 8.0 4.0\n"
        "authority-scope 12.0 9.0\n");
    stream_free(s);
}

static void scope_of_what_waited(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = query\n");

    (void)state;
    said(s, "npa", H(1), "query authority=A dataset=d2 emergency=true");
    said(s, "npa", H(1), "x-lookup authority=A dataset=d2");
    said(s, "npa", H(1), "query authority=B dataset=d2 emergency=true");
    said(s, "committee", H(2), RATIFY "A datasets=d1");
    said(s, "committee", H(2), GRANT "B datasets=d1");
    found(s, "authority-scope authority-retroactive",
        "authority-scope 0.0 3.0\nauthority-scope 1.0 3.0\nauthority-retroactive 2.0 4.0\n");
    stream_free(s);
}

/* --- extension-late */

static void extension_boundaries(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A valid_to=2d");
    said_too(s, GRANT "B valid_to=2d");
    said(s, "committee", D(2), EXTEND "A valid_to=4d");
    said(s, "committee", D(2) + 1, EXTEND "B valid_to=4d at=1d");
    said(s, "npa", D(3), ACCESS "authority=A at=2d+1ms");
    said(s, "npa", D(3), ACCESS "authority=B at=2d+1ms");
    said(s, "npa", D(3), ACCESS "authority=B at=2d");
    said(s, "committee", D(4) + 1, EXTEND "A valid_from=0d valid_to=9d");
    said(s, "npa", D(5), ACCESS "authority=A at=4d");
    said(s, "npa", D(5), ACCESS "authority=A at=4d+1ms");
    said(s, "committee", D(9), GRANT "C valid_to=9d+1ms");
    said(s, "committee", D(9) + 2, EXTEND "C valid_to=10d");
    said(s, "npa", D(10), ACCESS "authority=C at=9d+1ms");
    said(s, "npa", D(10), ACCESS "authority=C at=9d+2ms");
    found(s, "extension-late authority-expired",
        "extension-late 2.0 0.1\nextension-late 6.0 1.0\nextension-late 10.0 9.0\n");
    assert_non_null(strstr(found_sentences(s),
        "committee extended B at 2026-01-03T00:00:00.001Z; an extension must be in the ledger "
        "before the approval ends, and this one had ended at 2026-01-03T00:00:00.000Z"));
    stream_free(s);
}

/* The gap before a late extension stays without approval. */
static void extension_gap(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A valid_to=1d");
    said(s, "committee", D(3), EXTEND "A valid_from=1d valid_to=5d");
    said(s, "npa", D(4), ACCESS "authority=A at=2d");
    said(s, "npa", D(4), ACCESS "authority=A at=3d");
    said(s, "npa", D(6), ACCESS "authority=A at=5d+1ms");
    said(s, "npa", D(6), ACCESS "authority=A at=12h");
    found(s, "extension-late authority-expired authority-retroactive",
        "extension-late 1.0 0.0\nauthority-expired 2.0 0.0\nauthority-expired 4.0 1.0\n");
    stream_free(s);
}

static void extension_of_what_was_revoked(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", 0, GRANT "A valid_to=30d");
    said(s, "committee", D(1), "revoke approval=A");
    said(s, "committee", D(1), EXTEND "A valid_to=60d");
    said(s, "npa", D(1), ACCESS "authority=A");
    said(s, "committee", D(2), "revoke approval=A");
    said(s, "committee", D(3), EXTEND "A");
    said(s, "npa", D(4), ACCESS "authority=A");
    found(s, "extension-late authority-expired",
        "extension-late 2.0 1.0\nextension-late 5.0 4.0\nauthority-expired 6.0 4.0\n");
    assert_non_null(
        strstr(found_sentences(s), "the approval had been revoked with effect from 2026-01-02"));
    stream_free(s);
}

static void extension_that_is_none(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "committee", D(2), EXTEND "A valid_to=60d");
    said(s, "committee", 0, GRANT "B valid_to=1d");
    said(s, "committee", D(2), GRANT "B valid_to=3d");
    said(s, "committee", D(3), EXTEND "B valid_to=4d");
    said(s, "committee", D(5), EXTEND "B valid_to=9d outcome=denied");
    said(s, "npa", D(5), EXTEND "B valid_to=9d");
    said(s, "committee", D(5), "approve approval=B decision=Extended valid_to=9d");
    said(s, "committee", D(5), "correct approval=B decision=extended valid_to=9d");
    said(s, "committee", D(5), GRANT "C");
    said(s, "committee", D(9), EXTEND "C valid_to=10d");
    said(s, "npa", D(9), ACCESS "authority=A");
    said(s, "npa", D(9), ACCESS "authority=B");
    said(s, "npa", D(9), ACCESS "authority=C at=10d+1ms");
    found(s, "extension-late authority-expired authority-unknown",
        "authority-expired 11.0 3.0\nauthority-expired 12.0 9.0\nauthority-unknown 10.0 open\n");
    stream_free(s);
}

/* One in time that begins later leaves a gap, and one that names no end makes nothing longer. */
static void extension_of_other_bounds(void **state)
{
    struct stream *s = stream_new("[actions]\nx-yes = approve\n");

    (void)state;
    said(s, "committee", 0, GRANT "A valid_to=2d");
    said(s, "committee", D(1), EXTEND "A valid_from=4d valid_to=6d");
    said(s, "npa", D(3), ACCESS "authority=A");
    said(s, "npa", D(5), ACCESS "authority=A");
    said(s, "committee", D(5), EXTEND "A");
    said(s, "npa", D(7), ACCESS "authority=A");
    said(s, "committee", D(8), "x-yes decision=extended approval=A");
    said(s, "npa", D(9), ACCESS "authority=A");
    said(s, "committee", D(9), EXTEND "A valid_to=!9007199254740991");
    said(s, "npa", D(9), ACCESS "authority=A at=!9007199254740991");
    found(s, "extension-late authority-expired",
        "authority-expired 2.0 0.0\nauthority-expired 5.0 1.0\nextension-late 6.0 1.0\n"
        "authority-expired 7.0 1.0\nextension-late 8.0 1.0\n");
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retroactive_boundaries),
        cmocka_unit_test(retroactive_and_expired),
        cmocka_unit_test(retroactive_in_one_entry),
        cmocka_unit_test(retroactive_with_tolerance),
        cmocka_unit_test(retroactive_and_emergencies),
        cmocka_unit_test(retroactive_granted_again),
        cmocka_unit_test(retroactive_not_judged),
        cmocka_unit_test(scope_each),
        cmocka_unit_test(scope_of_what_is_not_said),
        cmocka_unit_test(scope_of_parents),
        cmocka_unit_test(scope_of_many_parents),
        cmocka_unit_test(scope_of_what_changes),
        cmocka_unit_test(scope_of_what_waited),
        cmocka_unit_test(extension_boundaries),
        cmocka_unit_test(extension_gap),
        cmocka_unit_test(extension_of_what_was_revoked),
        cmocka_unit_test(extension_that_is_none),
        cmocka_unit_test(extension_of_other_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
