/* What a report counts: of each table each column, and what belongs to a period. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/text.h"
#include "tests/unit/report_bench.h"
#include "verifier/report/tally.h"

/* A report of January 2026, in which streams begin, with the initial limits. */
static json_t *january(struct stream *s, const char *ini)
{
    struct rules_limits *limits = bench_limits(ini);
    json_t *report = bench_report(s, limits, "2026-01", "2026-01", REPORT_COMMITTEE);

    rules_limits_free(limits);
    return report;
}

static void end(struct stream *s, json_t *report)
{
    json_decref(report);
    stream_free(s);
}

/* --- The tables. */

static void counts_approvals(void **state)
{
    struct stream *s = stream_new(NULL);
    json_t *r;

    (void)state;
    said(s, "npa", H(1), "approve approval=A decision=requested stream=s1");
    said(s, "committee", H(2), "approve approval=A decision=granted valid_from=0s valid_to=5d");
    said(s, "committee", H(3), "approve approval=B decision=granted stream=s1 valid_to=5d");
    said(s, "committee", H(4), "approve approval=B decision=extended valid_to=90d");
    said(s, "committee", H(5), "approve approval=C decision=refused stream=s2");
    said(s, "committee", H(6), "approve approval=D decision=ratified stream=s2 valid_to=90d");
    said(s, "committee", D(3), "revoke approval=D");
    /* Nobody else decides anything. */
    said(s, "npa", D(4), "approve approval=E decision=granted stream=s2");
    passed(s, D(31));
    r = january(s, NULL);
    bench_row(r, "approvals", "s1",
        "requested=1 granted=2 refused=0 extended=1 ratified=0 revoked=0 expired=1 live=1");
    bench_row(r, "approvals", "s2",
        "requested=0 granted=0 refused=1 extended=0 ratified=1 revoked=1 expired=0 live=0");
    bench_row(r, "approvals", "total",
        "requested=1 granted=2 refused=1 extended=1 ratified=1 revoked=1 expired=1 live=1");
    end(s, r);
}

static void counts_volumes(void **state)
{
    struct stream *s = stream_new(NULL);
    json_t *r;

    (void)state;
    said(s, "nco", H(1), "batch.receive dataset=b1 count=100");
    said(s, "nco", H(2), "batch.receive dataset=b2 count=50");
    said(s, "nco", H(3), "batch.receive dataset=b3 count=7");
    said(s, "nco", H(3), "batch.receive dataset=b4 count=900 outcome=failure");
    said(s, "nco", H(4), "select.run dataset=x parents=b1,b2 count=20 discarded=127");
    said(s, "nco", H(5), "select.run dataset=y parents=nothing count=1 discarded=2");
    said(s, "mod", H(6), "erase dataset=b1 count=100");
    passed(s, D(31));
    r = january(s, NULL);
    bench_row(r, "volumes", "nco",
        "batches=3 received=157 selected=21 discarded=129 erased=0 unbalanced=3 not_selected=7");
    bench_row(r, "volumes", "mod",
        "batches=0 received=0 selected=0 discarded=0 erased=100 unbalanced=0 not_selected=0");
    end(s, r);
}

static void counts_accesses(void **state)
{
    struct stream *s = stream_new("[actions]\nx-look = view\n");
    json_t *r;

    (void)state;
    said(s, "npa", H(1), "query purpose=p1 count=5");
    said(s, "npa", H(2), "query purpose=p1 count=6 outcome=partial");
    said(s, "npa", H(3), "query purpose=p1 count=70 outcome=denied");
    said(s, "npa", H(4), "query purpose=p1 count=80 outcome=failure");
    said(s, "npa", D(2), "export count=1");
    said(s, "npa", D(2), "x-look purpose=p2 count=3");
    said(s, "npa", D(2), "copy dataset=a");
    passed(s, D(31));
    r = january(s, "[actions]\nx-look = view\n");
    bench_row(r, "accesses", "npa query p1", "done=2 denied=1 failed=1 items=11");
    bench_row(r, "accesses", "npa export -", "done=1 denied=0 failed=0 items=1");
    bench_row(r, "accesses", "npa x-look p2", "done=1 denied=0 failed=0 items=3");
    bench_row(r, "accesses_over_time", "2026-01-01 npa", "done=2 denied=1");
    bench_row(r, "accesses_over_time", "2026-01-03 npa", "done=2 denied=0");
    assert_int_equal(bench_rows(r, "accesses"), 3);
    end(s, r);
}

static void counts_provisions(void **state)
{
    struct stream *s = stream_new(NULL);
    json_t *r;

    (void)state;
    said(s, "mod", H(1), "provide ref=r1 recipient=xx recipient_kind=foreign count=4");
    said(s, "mod", H(2), "provide ref=r2 recipient=xx recipient_kind=foreign count=5");
    said(s, "mod", H(3), "provide ref=r3 recipient=yy recipient_kind=foreign");
    said(s, "mod", H(4), "provide recipient=zz recipient_kind=foreign count=9 outcome=denied");
    said(s, "mod", H(5), "provide recipient=xx recipient_kind=domestic count=1");
    said(s, "npa", H(6), "receive ref=r1"); /* its kind is the provision's */
    said(s, "npa", H(7), "receive ref=r2 outcome=failure");
    said(s, "npa", H(8), "receive recipient_kind=domestic");
    passed(s, D(31));
    r = january(s, NULL);
    bench_row(r, "provisions", "foreign", "provided=3 items=9 receipts=1 recipients=2");
    bench_row(r, "provisions", "domestic", "provided=1 items=1 receipts=1 recipients=1");
    bench_row(r, "recipients", "foreign xx", "provided=2 items=9");
    bench_row(r, "recipients", "foreign yy", "provided=1 items=0");
    end(s, r);
}

static void counts_emergencies(void **state)
{
    struct stream *s = stream_new(NULL);
    json_t *r;

    (void)state;
    /* Approved before it was used: none that waits. */
    said(s, "committee", H(1), "approve approval=A decision=ratified valid_to=90d");
    said(s, "npa", H(2), "query authority=A emergency=true");
    said(s, "npa", H(10), "query authority=B emergency=true at=9h");
    said(s, "npa", H(11), "query authority=B emergency=true at=8h");
    said(s, "npa", H(12), "query authority=C emergency=true");
    said(s, "npa", H(12), "query authority=D emergency=true");
    said(s, "npa", H(12), "query authority=E emergency=true");
    said(s, "npa", H(12), "query authority=F emergency=true outcome=denied");
    said(s, "committee", H(13), "emergency.begin approval=G");
    said(s, "committee", H(14), "emergency.end approval=H");
    said(s, "committee", H(20), "approve approval=B decision=ratified valid_to=90d");
    said(s, "committee", H(22), "approve approval=C decision=ratified valid_to=90d");
    said(s, "committee", H(22), "approve approval=E decision=refused");
    said(s, "committee", H(23), "approve approval=E decision=ratified valid_to=90d");
    passed(s, D(31));
    r = january(s, NULL);
    bench_row(r, "emergencies", "npa",
        "begun=4 ratified=2 refused=1 waiting=1 shortest=36000000 median=36000000 "
        "longest=43200000");
    bench_row(r, "emergencies", "committee",
        "begun=1 ratified=0 refused=0 waiting=1 shortest=null median=null longest=null");
    end(s, r);
}

static void counts_retention(void **state)
{
    struct stream *s = stream_new("[erase-late]\nlimit = 24 h\n");
    json_t *r;

    (void)state;
    for (int i = 0; i < 6; i++) {
        char text[64];

        snprintf(text, sizeof text, "batch.receive dataset=d%d count=1 retain_until=10d", i);
        said(s, "nco", H(1), text);
    }
    said(s, "nco", H(2), "batch.receive dataset=last count=1 retain_until=30d+2h");
    said(s, "nco", D(5), "retain.extend dataset=d3 retain_until=90d");
    said(s, "nco", D(5), "retain.extend dataset=d5 retain_until=20d outcome=denied");
    said(s, "nco", D(9), "erase dataset=d0");
    said(s, "nco", D(10.9), "erase dataset=d1"); /* within what is allowed */
    said(s, "nco", D(11) + 1, "retain.extend dataset=d4 retain_until=90d"); /* too late */
    said(s, "nco", D(15), "erase dataset=d2");
    /* Said again from before its erasure: it is gone all the same. */
    said(s, "nco", D(16), "copy dataset=d0 at=8d retain_until=20d");
    passed(s, D(31));
    r = january(s, "[erase-late]\nlimit = 24 h\n");
    bench_row(r, "retention", "nco", "due=5 on_time=2 late=1 not_erased=2 extended=2");
    json_decref(r);
    /* What may still be erased in time is due in the month in which that ends. */
    said(s, "nco", D(31) - 1, "erase dataset=last at=31d-1ms");
    passed(s, D(61));
    {
        struct rules_limits *limits = bench_limits("[erase-late]\nlimit = 24 h\n");

        r = bench_report(s, limits, "2026-02", "2026-02", REPORT_COMMITTEE);
        rules_limits_free(limits);
    }
    bench_row(r, "retention", "nco", "due=1 on_time=1 late=0 not_erased=0 extended=0");
    end(s, r);
}

static void counts_incidents(void **state)
{
    struct stream *s = stream_new(NULL);
    json_t *r;

    (void)state;
    said(s, "mod", H(10), "incident at=9h");
    said(s, "mod", H(20), "incident at=10h");
    said(s, "mod", H(30), "incident at=31h"); /* from a clock that is ahead */
    said(s, "mod", H(30), "incident at=28h");
    passed(s, D(31));
    r = january(s, NULL);
    bench_row(r, "incidents", "mod", "incidents=4 median_delay=3600000 longest_delay=36000000");
    end(s, r);
}

/* The committee's record of a finding of authority-missing at an entry's only record. */
static void judged(struct stream *s, uint64_t received, unsigned entry, const char *as)
{
    struct rules_limits *limits = bench_limits(NULL);
    struct rules_address address = {entry, 0};
    char hex[2 * HASH_BYTES + 1], text[160];
    struct hash id;

    rules_finding_id(&id, rule_of(span_str("authority-missing")), &address, 1,
        (struct span){NULL, 0}, rules_limits_digest(limits));
    hex_encode(hex, span_hash(&id));
    snprintf(text, sizeof text, "finding state=%s finding=%.16s", as, hex);
    said(s, "committee", received, text);
    rules_limits_free(limits);
}

static void counts_findings(void **state)
{
    struct stream *s = stream_new(NULL);
    struct rules_limits *limits = bench_limits(NULL);
    unsigned at[5];
    json_t *r;

    (void)state;
    for (int i = 0; i < 5; i++)
        at[i] = said(s, "npa", i == 4 ? D(85) : i == 3 ? D(30) : D(1), "view count=1");
    judged(s, D(86), at[0], "explained");
    judged(s, D(86), at[1], "confirmed");
    judged(s, D(87), at[1], "open");
    judged(s, D(88), at[2], "explained");
    judged(s, D(89), at[2], "confirmed");
    passed(s, D(120));
    r = bench_report(s, limits, "2026-01", "2026-01", REPORT_COMMITTEE);
    bench_row(r, "findings", "authority-missing",
        "found=4 explained=0 confirmed=0 undecided=4 undecided_30_days=4 undecided_90_days=0 "
        "undecided_longer=0 unsettled=0");
    json_decref(r);
    r = bench_report(s, limits, "2026-03-01", "2026-04-02T00:00:00.001Z", REPORT_COMMITTEE);
    bench_row(r, "findings", "authority-missing",
        "found=1 explained=2 confirmed=2 undecided=3 undecided_30_days=1 undecided_90_days=1 "
        "undecided_longer=1 unsettled=0");
    rules_limits_free(limits);
    end(s, r);
}

/* Of as many as make their table grow again and again; each comes twice. */
static void counts_a_finding_once(void **state)
{
    enum { FINDINGS = 5000 };
    struct rules_limits *limits = bench_limits(NULL);
    struct figure_cells *rows = NULL;
    struct tally *t = NULL;
    struct period january;
    size_t count = 0;

    (void)state;
    assert_int_equal(period_parse(&january, "2026-01", "2026-01", 0), PERIOD_GOOD);
    assert_int_equal(tally_new(&january, limits, false, &t), 0);
    assert_false(tally_is_behind(t, january.from));
    for (uint64_t i = 0; i < 2 * FINDINGS; i++) {
        struct rules_finding f = {.rule = rules_all[i % FINDINGS % 2]};

        be64_put(f.id.b, i % FINDINGS);
        assert_int_equal(tally_finding(t, &f), 0);
    }
    assert_int_equal(tally_end(t), 0);
    assert_int_equal(figures_rows(tally_figures(t), FIGURES_FINDINGS, &rows, &count), 0);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].values[FINDINGS_FOUND], FINDINGS / 2);
        assert_int_equal(rows[i].values[FINDINGS_UNDECIDED], FINDINGS / 2);
        assert_int_equal(rows[i].values[FINDINGS_YOUNG], FINDINGS / 2);
    }
    free(rows);
    tally_free(t);
    rules_limits_free(limits);
}

static void counts_what_is_not_settled(void **state)
{
    struct stream *s = stream_new(NULL);
    json_t *r;

    (void)state;
    said(s, "npa", D(30.9), "view authority=later");
    passed(s, D(31));
    r = january(s, NULL);
    bench_row(r, "findings", "authority-unknown",
        "found=0 explained=0 confirmed=0 undecided=0 undecided_30_days=0 undecided_90_days=0 "
        "undecided_longer=0 unsettled=1");
    end(s, r);
}

static void counts_acts_and_answers(void **state)
{
    struct stream *s = stream_new("[response-overdue]\nlimit = 5 d\n");
    json_t *r;

    (void)state;
    said(s, "committee", D(1), "demand ref=a");
    said(s, "committee", D(1), "demand ref=b");
    said(s, "committee", D(1), "recommend ref=c");
    said(s, "committee", D(1), "demand ref=d");
    said(s, "committee", D(29), "demand ref=e");
    said(s, "committee", D(2), "inspect");
    said(s, "npa", D(2), "inspect"); /* of nobody else */
    said(s, "committee", D(2), "notify outcome=failure");
    said(s, "npa", D(6), "respond ref=a");
    said(s, "npa", D(6), "respond ref=a");
    said(s, "npa", D(6) + 1, "respond ref=b");
    said(s, "npa", D(6), "respond ref=nothing");
    passed(s, D(31));
    r = january(s, "[response-overdue]\nlimit = 5 d\n");
    bench_row(r, "acts", "demand", "acts=4");
    bench_row(r, "acts", "recommend", "acts=1");
    bench_row(r, "acts", "inspect", "acts=1");
    bench_row(r, "acts", "notify", NULL);
    bench_row(r, "answers", "demand", "made=4 in_time=1 late=1 waiting=1 overdue=1");
    bench_row(r, "answers", "recommend", "made=1 in_time=0 late=0 waiting=0 overdue=1");
    end(s, r);
}

static void counts_records_and_systems(void **state)
{
    const char *ini = "[heartbeat-missing]\nlimit = 1 h\n";
    struct stream *s = stream_new(ini);
    json_t *r;

    (void)state;
    passed(s, 0);
    said(s, "nco", MIN(30), "heartbeat");
    said_too(s, "view");
    said_what_is_gone(s, 2);
    said_checkpoint(s, "nco", MIN(150), "heartbeat", span_str("a note"));
    said(s, "mod", MIN(151), "x-own");
    said(s, "mod", MIN(151), "no.such.action");
    unlisted(s, MIN(170), "mod");
    listed(s, MIN(180), "new", ROLE_AGENCY);
    passed(s, MIN(200));
    r = january(s, ini);
    bench_row(r, "records", "nco", "recorded=5 heartbeats=2 not_read=2 not_judged=0");
    bench_row(r, "records", "mod", "recorded=2 heartbeats=0 not_read=0 not_judged=2");
    bench_row(r, "systems", "nco nco agency",
        "listed=1 records=5 heartbeats=2 with_checkpoint=1 last_number=5 "
        "last_received=2026-01-01T02:30:00.000Z silent=3600000 longest_silence=7200000 gaps=0");
    bench_row(r, "systems", "mod mod agency",
        "listed=0 records=2 heartbeats=0 with_checkpoint=0 last_number=2 "
        "last_received=2026-01-01T02:31:00.000Z silent=6600000 longest_silence=10200000 gaps=0");
    bench_row(r, "systems", "new new agency",
        "listed=1 records=0 heartbeats=0 with_checkpoint=0 last_number=null last_received=null "
        "silent=0 longest_silence=0 gaps=0");
    end(s, r);
}

/* --- The period. */

static void takes_what_was_received_in_the_period(void **state)
{
    struct stream *s = stream_new(NULL);
    struct rules_limits *limits = bench_limits(NULL);
    json_t *r;

    (void)state;
    said(s, "npa", D(31) - 1, "query count=1");
    said(s, "npa", D(31), "query count=2");
    said(s, "npa", D(40), "query count=4");
    said(s, "npa", D(20), "query count=8"); /* time runs backwards: it counts as the one before */
    said(s, "npa", D(59) - 1, "query count=16");
    said(s, "npa", D(59), "query count=32");
    said(s, "npa", D(50), "query count=64");
    r = bench_report(s, limits, "2026-02", "2026-02", REPORT_COMMITTEE);
    bench_row(r, "accesses", "npa query -", "done=4 denied=0 failed=0 items=30");
    assert_true(json_is_true(json_object_get(json_object_get(r, "period"), "complete")));
    json_decref(r);
    r = bench_report(s, limits, "2026-01", "2026-01", REPORT_COMMITTEE);
    bench_row(r, "accesses", "npa query -", "done=1 denied=0 failed=0 items=1");
    json_decref(r);
    r = bench_report(s, limits, "2026-03", "2026-03", REPORT_COMMITTEE);
    bench_row(r, "accesses", "npa query -", "done=2 denied=0 failed=0 items=96");
    assert_true(json_is_false(json_object_get(json_object_get(r, "period"), "complete")));
    json_decref(r);
    /* Behind all that was read, and before all of it. */
    r = bench_report(s, limits, "2027", "2027", REPORT_COMMITTEE);
    assert_int_equal(bench_rows(r, "accesses"), 0);
    assert_true(json_is_false(json_object_get(json_object_get(r, "period"), "complete")));
    json_decref(r);
    r = bench_report(s, limits, "2024", "2024", REPORT_COMMITTEE);
    assert_int_equal(bench_rows(r, "accesses"), 0);
    assert_true(json_is_true(json_object_get(json_object_get(r, "period"), "complete")));
    rules_limits_free(limits);
    end(s, r);
}

static void a_period_may_lie_between_two_entries(void **state)
{
    struct stream *s = stream_new(NULL);
    struct rules_limits *limits = bench_limits(NULL);
    json_t *r;

    (void)state;
    said(s, "committee", D(1), "approve approval=A decision=granted stream=s1 valid_to=200d");
    said(s, "npa", D(2), "query authority=A emergency=true");
    said(s, "npa", D(100), "query count=1");
    r = bench_report(s, limits, "2026-02", "2026-02", REPORT_COMMITTEE);
    assert_int_equal(bench_rows(r, "accesses"), 0);
    bench_row(r, "approvals", "s1",
        "requested=0 granted=0 refused=0 extended=0 ratified=0 revoked=0 expired=0 live=1");
    bench_row(r, "emergencies", "npa",
        "begun=0 ratified=0 refused=0 waiting=1 shortest=null median=null longest=null");
    rules_limits_free(limits);
    end(s, r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_approvals),
        cmocka_unit_test(counts_volumes),
        cmocka_unit_test(counts_accesses),
        cmocka_unit_test(counts_provisions),
        cmocka_unit_test(counts_emergencies),
        cmocka_unit_test(counts_retention),
        cmocka_unit_test(counts_incidents),
        cmocka_unit_test(counts_findings),
        cmocka_unit_test(counts_a_finding_once),
        cmocka_unit_test(counts_what_is_not_settled),
        cmocka_unit_test(counts_acts_and_answers),
        cmocka_unit_test(counts_records_and_systems),
        cmocka_unit_test(takes_what_was_received_in_the_period),
        cmocka_unit_test(a_period_may_lie_between_two_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
