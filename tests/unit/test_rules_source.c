/* The rules about what a source says of itself: that it lives, and how much it counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/sha256.h"
#include "tests/unit/rules_stream.h"

extern const struct rule rule_heartbeat_missing;

#define MISSING "heartbeat-missing"
#define UNBALANCED "source-unbalanced"

/* --- heartbeat-missing. All but npa and mod are kept alive or let go by these. */

static void all_but(struct stream *s, uint64_t received_ms, const char *silent)
{
    static const char *const all[] = {"committee", "operator", "npa", "mod", "nco"};

    for (int i = 0; i < 5; i++)
        if (strstr(silent, all[i]) == NULL)
            said(s, all[i], received_ms, "heartbeat");
}

/* At the limit nothing, 1 ms later a hit; once a silence; again after a heartbeat. */
static void heartbeat_limit(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    all_but(s, 0, ""); /* 0 to 4; npa is 2 */
    all_but(s, MIN(30), "npa"); /* 5 to 8 */
    passed(s, H(1));
    all_but(s, MIN(70), "npa");
    all_but(s, MIN(110), "npa");
    said(s, "npa", H(2), "heartbeat"); /* 18 */
    all_but(s, MIN(150), "npa");
    all_but(s, H(3), "npa");
    said(s, "npa", H(3), "heartbeat"); /* 27: just in time */
    all_but(s, H(4), "npa");
    passed(s, H(4) + 1);
    all_but(s, H(5), "npa");
    found(s, MISSING, MISSING " 2.0\n" MISSING " 27.0\n");
    assert_string_equal(found_sentences(s),
        "heartbeat-missing: The last heartbeat of npa came at 2026-01-01T00:00:00.000Z; another "
        "must come within 1 h, and none had come by 2026-01-01T01:00:00.000Z.\n"
        "heartbeat-missing: The last heartbeat of npa came at 2026-01-01T03:00:00.000Z; another "
        "must come within 1 h, and none had come by 2026-01-01T04:00:00.000Z.\n");
    stream_free(s);
}

/* Never heard; and a late one is a silence although it says that it was in time. */
static void heartbeat_never_and_late(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    passed(s, 0);
    all_but(s, MIN(59), "npa mod"); /* 1 to 3 */
    said(s, "npa", MIN(61), "heartbeat at=30min"); /* 4 */
    said(s, "mod", MIN(61), "x-heartbeat");
    said(s, "mod", MIN(61), "Heartbeat");
    said(s, "mod", MIN(61), "query");
    found(s, MISSING, MISSING " 0.0\n" MISSING " 0.0\n");
    assert_string_equal(found_sentences(s),
        "heartbeat-missing: npa was listed at 2026-01-01T00:00:00.000Z; its first heartbeat must "
        "come within 1 h, and none had come by 2026-01-01T01:00:00.000Z.\n"
        "heartbeat-missing: mod was listed at 2026-01-01T00:00:00.000Z; its first heartbeat must "
        "come within 1 h, and none had come by 2026-01-01T01:00:00.000Z.\n");
    stream_free(s);
}

static void heartbeat_roster(void **state)
{
    struct stream *s =
        stream_new("[heartbeat-missing]\nlimit = 30 min\n[actions]\nx-beat = heartbeat\n");

    (void)state;
    all_but(s, 0, ""); /* 0 to 4 */
    unlisted(s, MIN(10), "npa");
    listed(s, MIN(20), "new", ROLE_AGENCY); /* 6 */
    all_but(s, MIN(25), "npa"); /* 7 to 10 */
    all_but(s, MIN(50), "npa"); /* 11 to 14 */
    listed(s, MIN(50), "npa", ROLE_AGENCY); /* 15 */
    passed(s, MIN(50) + 1); /* new was never heard */
    unlisted(s, MIN(55), "new");
    said(s, "mod", MIN(70), "x-beat"); /* 18 */
    all_but(s, MIN(71), "mod npa"); /* 19 to 21 */
    passed(s, MIN(80));
    unlisted(s, MIN(80) + 1, "npa"); /* it was still listed at its deadline */
    unlisted(s, MIN(100), "mod"); /* before its deadline is over */
    passed(s, MIN(101));
    found(s, MISSING, MISSING " 6.0\n" MISSING " 15.0\n");
    stream_free(s);
}

/* The writer's own clock neither hastens nor delays it. */
static void heartbeat_clock(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    all_but(s, MIN(59), "npa");
    said(s, "npa", MIN(59), "heartbeat at=10min");
    all_but(s, MIN(119), "npa");
    said(s, "npa", MIN(119), "heartbeat at=9h"); /* 9 */
    all_but(s, MIN(179), "npa");
    passed(s, MIN(179) + 1);
    found(s, MISSING, MISSING " 9.0\n");
    stream_free(s);
}

/* Several writers in one silence, in the order of their deadlines; and the end is not judged. */
static void heartbeat_order(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "nco", 0, "heartbeat");
    said(s, "npa", 2, "heartbeat");
    said(s, "mod", 1, "heartbeat");
    said(s, "committee", 3, "heartbeat");
    said(s, "operator", D(300), "heartbeat at=!9007199254740991");
    found(s, MISSING,
        MISSING " 0.0\n" MISSING " 0.0\n" MISSING " 2.0\n" MISSING " 1.0\n" MISSING " 3.0\n");
    stream_free(s);
}

/* Two writers of one entry have findings of different ids. */
static void heartbeat_ids(void **state)
{
    struct rules_address address = {0, 0};
    struct hash a, b, c, digest = {{1}};

    (void)state;
    rules_finding_id(&a, &rule_heartbeat_missing, &address, 1, span_str("npa"), &digest);
    rules_finding_id(&b, &rule_heartbeat_missing, &address, 1, span_str("mod"), &digest);
    rules_finding_id(&c, &rule_heartbeat_missing, &address, 1, (struct span){NULL, 0}, &digest);
    assert_false(hash_eq(&a, &b));
    assert_false(hash_eq(&a, &c));
    digest.b[0] = 2; /* other limits */
    rules_finding_id(&b, &rule_heartbeat_missing, &address, 1, span_str("npa"), &digest);
    assert_false(hash_eq(&a, &b));
}

/* As doc/rules.md has it. */
static void ids_are_hashes_of_lines(void **state)
{
    struct rules_address addresses[] = {{7, 2}, {12, 0}};
    struct hash id, expected, digest = {{0xab}};

    (void)state;
    rules_finding_id(&id, &rule_heartbeat_missing, addresses, 2, span_str("npa"), &digest);
    sha256(
        &expected, span_str("keiin/finding/v1\nheartbeat-missing\n7.2 12.0\nnpa\n"
                            "ab00000000000000000000000000000000000000000000000000000000000000\n"));
    assert_true(hash_eq(&id, &expected));
    rules_finding_id(&id, &rule_heartbeat_missing, addresses, 1, (struct span){NULL, 0}, &digest);
    sha256(
        &expected, span_str("keiin/finding/v1\nheartbeat-missing\n7.2\n"
                            "ab00000000000000000000000000000000000000000000000000000000000000\n"));
    assert_true(hash_eq(&id, &expected));
}

/* --- source-unbalanced */

#define COUNT(n) "heartbeat source_count=" #n

static void source_hits(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "query"); /* before the first count */
    said(s, "npa", H(1), COUNT(100)); /* 1 */
    said(s, "npa", H(1), "query");
    said_too(s, "view");
    said_too(s, "export");
    said(s, "npa", H(2), COUNT(103)); /* 3: balanced */
    said(s, "npa", H(3), "query");
    said(s, "npa", H(3), COUNT(105)); /* 5: one was left out */
    said(s, "npa", H(4), "query");
    said(s, "npa", H(4), "query");
    said(s, "npa", H(4), COUNT(106)); /* 8: one too many */
    said(s, "npa", H(5), COUNT(90)); /* 9: back */
    said(s, "npa", H(6), COUNT(90)); /* 10 */
    found(s, UNBALANCED, UNBALANCED " 5.0 3.0\n" UNBALANCED " 8.0 5.0\n" UNBALANCED " 9.0 8.0\n");
    assert_string_equal(found_sentences(s),
        "source-unbalanced: From 2026-01-01T02:00:00.000Z to 2026-01-01T03:00:00.000Z the data "
        "system of npa counted 2 accesses by its own counter; as many records must be in the "
        "ledger, and the ledger has 1.\n"
        "source-unbalanced: From 2026-01-01T03:00:00.000Z to 2026-01-01T04:00:00.000Z the data "
        "system of npa counted 1 accesses by its own counter; as many records must be in the "
        "ledger, and there are 2.\n"
        "source-unbalanced: From 2026-01-01T04:00:00.000Z to 2026-01-01T05:00:00.000Z the counter "
        "of accesses of npa's data system went back from 106 to 90; it may only grow, and by the "
        "number of records in the ledger, which is 0.\n");
    stream_free(s);
}

/* What counts: accesses of this writer, whatever came of them; and not what looks like one. */
static void source_what_counts(void **state)
{
    struct stream *s = stream_new("[actions]\nx-lookup = query\n");

    (void)state;
    said(s, "npa", H(1), COUNT(0));
    said(s, "npa", H(1), "query outcome=denied count=50");
    said(s, "npa", H(1), "view outcome=failure");
    said(s, "npa", H(1), "x-lookup");
    said(s, "npa", H(1), "x-query");
    said(s, "npa", H(1), "Query");
    said(s, "npa", H(1), "provide");
    said(s, "npa", H(1), "copy");
    said(s, "npa", H(1), "correct");
    said(s, "mod", H(1), "query");
    said(s, "npa", H(1), "heartbeat"); /* without a count: passed over */
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), "config source_count=77");
    said(s, "npa", H(1), COUNT(4));
    said(s, "npa", H(2), "query"); /* on either side of a heartbeat in one entry */
    said_too(s, COUNT(5));
    said_too(s, "query");
    said(s, "npa", H(2), COUNT(6));
    said(s, "mod", H(2), COUNT(1));
    unlisted(s, H(3), "npa");
    passed(s, H(3));
    listed(s, H(3), "npa", ROLE_AGENCY);
    said(s, "npa", H(4), COUNT(9)); /* off the roster for a while: still its counter */
    found(s, UNBALANCED, UNBALANCED " 20.0 15.0\n");
    stream_free(s);
}

static void source_limits(void **state)
{
    struct stream *s = stream_new("[source-unbalanced]\nlimit = 2\ncount_denied = no\n");

    (void)state;
    said(s, "npa", H(1), COUNT(10));
    said(s, "npa", H(1), "query outcome=denied");
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), COUNT(13)); /* 3: two more than recorded: at the limit */
    said_too(s, "query outcome=denied");
    said(s, "npa", H(1), COUNT(16)); /* 4: three more */
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), COUNT(16)); /* 7: two fewer */
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), COUNT(16)); /* 11: three fewer */
    said(s, "npa", H(1), COUNT(14)); /* 12: back by two */
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), COUNT(12)); /* 14: back by two, and one recorded */
    found(
        s, UNBALANCED, UNBALANCED " 4.0 3.0\n" UNBALANCED " 11.0 7.0\n" UNBALANCED " 14.0 12.0\n");
    stream_free(s);
}

static void source_absurd(void **state)
{
    struct stream *s = stream_new("[source-unbalanced]\nlimit = 9007199254740990\n");

    (void)state;
    said(s, "npa", H(1), COUNT(0));
    said(s, "npa", H(1), COUNT(9007199254740991));
    said(s, "npa", H(1), "query");
    said(s, "npa", H(1), COUNT(0));
    said(s, "npa", H(1), COUNT(9007199254740990));
    found(s, UNBALANCED, UNBALANCED " 1.0 0.0\n" UNBALANCED " 3.0 1.0\n");
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heartbeat_limit),
        cmocka_unit_test(heartbeat_never_and_late),
        cmocka_unit_test(heartbeat_roster),
        cmocka_unit_test(heartbeat_clock),
        cmocka_unit_test(heartbeat_order),
        cmocka_unit_test(heartbeat_ids),
        cmocka_unit_test(ids_are_hashes_of_lines),
        cmocka_unit_test(source_hits),
        cmocka_unit_test(source_what_counts),
        cmocka_unit_test(source_limits),
        cmocka_unit_test(source_absurd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
