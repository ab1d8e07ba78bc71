/* Parts of the rules' engine: what is due when, how long approvals hold, and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/ed25519.h"
#include "tests/unit/rules_stream.h"
#include "verifier/rules/engine_internal.h"

/* --- What is due. */

static int by_time(const void *a, const void *b)
{
    const struct wake *x = a, *y = b;

    if (x->when_ms != y->when_ms)
        return x->when_ms < y->when_ms ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

#define WAKES 1000

static struct wake some_wake(uint64_t i)
{
    return (struct wake){.when_ms = i * 7919 % 101, .order = i, .serial = i * 31 % 17};
}

/* All of them come, the earliest first, the one asked for first among equal ones, none too early. */
static void taken_in_order(struct wakes *w, struct wake *expected, size_t count)
{
    struct wake wake;

    qsort(expected, count, sizeof *expected, by_time);
    for (size_t i = 0; i < count; i++) {
        assert_false(wakes_take(w, expected[i].when_ms, &wake));
        assert_true(wakes_take(w, expected[i].when_ms + 1, &wake));
        assert_memory_equal(&wake, &expected[i], sizeof wake);
    }
    assert_false(wakes_take(w, UINT64_MAX, &wake));
}

static void wakes_come_in_order(void **state)
{
    struct wakes w = {0}, other = {0};
    struct wake expected[WAKES];
    struct buf saved;
    struct cursor in;

    (void)state;
    buf_init(&saved, 1 << 20);
    for (uint64_t i = 0; i < WAKES; i++) {
        expected[i] = some_wake(i);
        assert_int_equal(wakes_add(&w, &expected[i]), 0);
    }
    wakes_save(&w, &saved);
    in = cursor_of(buf_view(&saved));
    assert_int_equal(wakes_load(&other, &in), 0);
    taken_in_order(&w, expected, WAKES);
    taken_in_order(&other, expected, WAKES);
    for (size_t n = 0; n < saved.n; n += 1 + n / 50) {
        in = cursor_of(span_of(saved.p, n));
        assert_int_equal(wakes_load(&other, &in), KEIIN_EDAMAGED);
    }
    buf_destroy(&saved);
    wakes_clear(&w);
    wakes_clear(&other);
}

static bool is_live(const void *ctx, const struct wake *wake)
{
    return wake->serial % 2 == *(const uint64_t *)ctx;
}

static void wakes_are_forgotten(void **state)
{
    const uint64_t odd = 1;
    struct wake expected[WAKES];
    struct wakes w = {0};
    size_t kept = 0;

    (void)state;
    wakes_keep(&w, is_live, &odd);
    for (uint64_t i = 0; i < WAKES; i++) {
        struct wake wake = some_wake(i);

        assert_int_equal(wakes_add(&w, &wake), 0);
        if (is_live(&odd, &wake))
            expected[kept++] = wake;
    }
    wakes_keep(&w, is_live, &odd);
    assert_int_equal(w.count, kept);
    assert_true(w.cap >= 2 * kept);
    taken_in_order(&w, expected, kept);
    wakes_clear(&w);
}

static int no_finding(void *ctx, const struct rules_finding *f)
{
    (void)ctx;
    (void)f;
    return 0;
}

/* A rule that removes what it asked about leaves nothing behind, however far off the time is. */
static void wakes_are_bounded_by_what_is_live(void **state)
{
    struct rules_limits *limits;
    struct rule_run *run = NULL;
    struct rules *rules;
    struct buf errors;
    void *kept;

    (void)state;
    buf_init(&errors, 1000);
    assert_int_equal(rules_limits_read(NULL, &limits, &errors), 0);
    assert_int_equal(rules_new(limits, (struct rules_sink){no_finding, NULL}, &rules), 0);
    for (size_t i = 0; i < rules_count; i++)
        if (strcmp(rules_all[i]->name, "emergency-unratified") == 0)
            run = &rules->runs[i];
    assert_non_null(run);
    kept = table_add(run->tables[0], key_of(span_str("kept")));
    assert_int_equal(rule_wake(run, 0, kept, UINT64_MAX - 1), 0);
    for (unsigned i = 0; i < 10000; i++) {
        void *value = table_add(run->tables[0], key_of(span_of(&i, sizeof i)));

        assert_non_null(value);
        assert_int_equal(rule_wake(run, 0, value, UINT64_MAX - 1), 0);
        assert_int_equal(rule_wake(run, 0, value, UINT64_MAX), 0); /* never: not kept at all */
        table_remove(run->tables[0], value);
    }
    assert_true(rules->wakes.cap <= 64);
    assert_int_equal(rules->wakes.heap[0].serial, table_serial(kept));
    rules_free(rules);
    rules_limits_free(limits);
    buf_destroy(&errors);
}

static unsigned due_calls;

static int due_without_roster(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    (void)table;
    (void)value;
    assert_int_equal(when_ms, T0);
    assert_null(run->roster);
    due_calls++;
    return 0;
}

/* No rule sees in `due` the roster of the entry before: behind a loaded state there is none. */
static void due_has_no_roster(void **state)
{
    struct rule rule = {.name = "test", .due = due_without_roster};
    struct rules_limits *limits;
    struct roster roster = {0};
    struct rule_run *run = NULL;
    struct rules *rules;
    struct buf errors;

    (void)state;
    buf_init(&errors, 1000);
    assert_int_equal(rules_limits_read(NULL, &limits, &errors), 0);
    assert_int_equal(rules_new(limits, (struct rules_sink){no_finding, NULL}, &rules), 0);
    for (size_t i = 0; i < rules_count; i++)
        if (strcmp(rules_all[i]->name, "emergency-unratified") == 0)
            run = &rules->runs[i];
    assert_non_null(run);
    run->rule = &rule;
    assert_int_equal(rule_wake(run, 0, table_add(run->tables[0], key_of(span_str("a"))), T0), 0);
    assert_int_equal(
        rules_entry(rules, &(struct keeper_entry){.index = 0, .received = T0, .roster = &roster}),
        0);
    assert_ptr_equal(run->roster, &roster);
    assert_int_equal(due_calls, 0);
    assert_int_equal(rules_entry(rules,
                         &(struct keeper_entry){.index = 1, .received = T0 + 1, .roster = &roster}),
        0);
    assert_int_equal(due_calls, 1);
    assert_ptr_equal(run->roster, &roster);
    rules_free(rules);
    rules_limits_free(limits);
    buf_destroy(&errors);
}

/* --- Approvals. */

struct bench {
    struct table *approvals;
    struct rules_writer committee;
    uint64_t index;
};

#define NONE UINT64_MAX

/* A decision, received at a time; from and to may be NONE. */
static struct approval_change decide(
    struct bench *b, const char *decision, uint64_t received, uint64_t from, uint64_t to)
{
    struct rules_record r = {.address = {b->index++, 0},
        .received = received,
        .at = received,
        .writer = &b->committee,
        .action = strcmp(decision, "revoke") == 0 ? ACTION_REVOKE : ACTION_APPROVE,
        .approval = key_of(span_str("A"))};

    r.fields[F_DECISION] = span_str(decision);
    r.numbers[F_VALID_FROM] = from;
    r.numbers[F_VALID_TO] = to;
    r.has = UINT64_C(1) << F_DECISION | (uint64_t)(from != NONE) << F_VALID_FROM |
            (uint64_t)(to != NONE) << F_VALID_TO;
    assert_int_equal(approvals_take(b->approvals, &r), 0);
    return r.change;
}

static void open_bench(struct bench *b)
{
    *b = (struct bench){.approvals = table_new(approval_bytes())};
    b->committee = (struct rules_writer){.role = ROLE_COMMITTEE, .listed = true};
}

/* What holds at a time, and since when it is known. */
static void holds(const struct bench *b, uint64_t at, enum approval_time expected, uint64_t known)
{
    const struct approval *a = table_find(b->approvals, key_of(span_str("A")));
    struct validity v;

    assert_non_null(a);
    assert_int_equal(approval_at(a, at, &v), expected);
    assert_int_equal(v.known, known);
}

static void approvals_in_their_times(void **state)
{
    struct approval_change change;
    struct bench b;

    (void)state;
    open_bench(&b);
    /* 0: granted for 100 to 200. */
    assert_int_equal(decide(&b, "granted", 50, 100, 200).step, APPROVAL_GRANTED);
    holds(&b, 99, TIME_BEFORE, 50);
    holds(&b, 100, TIME_VALID, 50);
    holds(&b, 200, TIME_VALID, 50);
    holds(&b, 201, TIME_AFTER, 50);
    /* 1: extended in time to 300. */
    change = decide(&b, "extended", 200, NONE, 300);
    assert_int_equal(change.step, APPROVAL_EXTENDED);
    assert_int_equal(change.valid_to_before, 200);
    holds(&b, 300, TIME_VALID, 50);
    holds(&b, 301, TIME_AFTER, 50);
    /* 2: extended late; it holds from 310 on. */
    change = decide(&b, "extended", 310, 150, 400);
    assert_int_equal(change.step, APPROVAL_EXTENDED_LATE);
    assert_int_equal(change.valid_to_before, 300);
    assert_int_equal(change.ended_by.index, 1);
    assert_false(change.was_revoked);
    holds(&b, 301, TIME_AFTER, 50);
    holds(&b, 309, TIME_AFTER, 50);
    holds(&b, 310, TIME_VALID, 310);
    holds(&b, 400, TIME_VALID, 310);
    /* 3: revoked at 350. */
    assert_int_equal(decide(&b, "revoke", 350, NONE, NONE).step, APPROVAL_REVOKED);
    holds(&b, 350, TIME_VALID, 310);
    holds(&b, 351, TIME_REVOKED, 310);
    holds(&b, 305, TIME_AFTER, 50);
    /* 4: granted again, for 500 and later. */
    assert_int_equal(decide(&b, "granted", 360, 500, NONE).step, APPROVAL_GRANTED);
    holds(&b, 350, TIME_VALID, 310);
    holds(&b, 499, TIME_REVOKED, 310);
    holds(&b, 500, TIME_VALID, 360);
    holds(&b, NONE, TIME_VALID, 360);
    /* 5: ratified for 320 to 360: known from the beginning. */
    assert_int_equal(decide(&b, "ratified", 370, 320, 360).step, APPROVAL_RATIFIED);
    holds(&b, 319, TIME_VALID, 310);
    holds(&b, 320, TIME_VALID, 0);
    holds(&b, 360, TIME_VALID, 0);
    holds(&b, 361, TIME_AFTER, 0);
    assert_int_equal(decide(&b, "refused", 370, NONE, NONE).step, APPROVAL_UNCHANGED);
    assert_int_equal(decide(&b, "maybe", 370, 0, NONE).step, APPROVAL_UNCHANGED);
    table_free(b.approvals);
}

/* So many grants that the oldest are forgotten; what grants nothing forgets none. */
static void approvals_with_many_times(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b);
    for (uint64_t i = 0; i < 1000; i++)
        decide(&b, "granted", 1, 10 * i + 1, 10 * i + 5);
    decide(&b, "refused", 2, NONE, NONE);
    decide(&b, "requested", 2, NONE, NONE);
    decide(&b, "revoke", 20000, NONE, NONE);
    holds(&b, 1, TIME_VALID, 1);
    decide(&b, "granted", 3, 10001, 10005);
    holds(&b, 1, TIME_BEFORE, 1);
    holds(&b, 11, TIME_VALID, 1);
    holds(&b, 10005, TIME_VALID, 3);
    table_free(b.approvals);
}

static void approvals_that_are_none(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b);
    assert_int_equal(decide(&b, "requested", 1, NONE, NONE).step, APPROVAL_UNCHANGED);
    assert_int_equal(decide(&b, "revoke", 2, NONE, NONE).step, APPROVAL_UNCHANGED);
    assert_int_equal(table_count(b.approvals), 0);
    assert_int_equal(decide(&b, "refused", 2, NONE, NONE).step, APPROVAL_REFUSED);
    assert_int_equal(decide(&b, "refused", 3, NONE, NONE).step, APPROVAL_UNCHANGED);
    assert_int_equal(decide(&b, "extended", 3, NONE, 9).step, APPROVAL_UNCHANGED);
    assert_int_equal(decide(&b, "revoke", 4, NONE, NONE).step, APPROVAL_REVOKED);
    holds(&b, 3, TIME_BEFORE, 0);
    b.committee.role = ROLE_OPERATOR;
    assert_int_equal(decide(&b, "granted", 5, NONE, NONE).step, APPROVAL_UNCHANGED);
    holds(&b, 5, TIME_BEFORE, 0);
    b.committee.role = ROLE_COMMITTEE;
    decide(&b, "granted", 6, NONE, NONE);
    holds(&b, 6, TIME_VALID, 6);
    table_free(b.approvals);
}

/* --- Limits. */

/* What is shown of a limit can stand in the file: the same limit is read from it. */
static void limits_are_shown_as_the_file_gives_them(void **state)
{
    static const struct {
        const char *rule, *given, *shown;
    } cases[] = {{"late-record", "90min", "90 min"}, {"late-record", "90061001 ms", "90061001 ms"},
        {"late-record", "0 d", "0 s"}, {"late-record", "3 d", "72 h"},
        {"late-record", "96 h", "4 d"}, {"late-record", "97 h", "97 h"}, {"denied-burst", "7", "7"},
        {"deident-missing", "a\\b  c", "a\\b c"}};
    char path[] = "/tmp/keiin-limits-XXXXXX";
    int fd = mkstemp(path);
    struct buf errors, shown;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    buf_init(&errors, 1000);
    buf_init(&shown, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rules_limits *limits;
        FILE *f = fopen(path, "w");
        unsigned rule = 0;

        assert_non_null(f);
        fprintf(f, "[%s]\n%s = %s\n", cases[i].rule,
            strcmp(cases[i].rule, "denied-burst") == 0 ? "denied" : "limit", cases[i].given);
        fclose(f);
        assert_int_equal(rules_limits_read(path, &limits, &errors), 0);
        while (strcmp(rules_all[rule]->name, cases[i].rule) != 0)
            rule++;
        buf_clear(&shown);
        rules_limits_put(limits, rule, 0, &shown);
        buf_put_u8(&shown, 0);
        assert_string_equal((const char *)shown.p, cases[i].shown);
        rules_limits_free(limits);
    }
    unlink(path);
    buf_destroy(&errors);
    buf_destroy(&shown);
}

/* What [reports] says, and each thing that it cannot say. */
static void reports_have_a_zone_and_a_least_count(void **state)
{
    static const struct {
        const char *text, *error; /* NULL: it is taken */
    } cases[] = {{"zone = +09:00\npublic_min = 20\n", NULL}, {"zone = 9\n", "is no zone"},
        {"zone = +09:00\nzone = +09:00\n", "line 3"}, {"public_min = 1\n", "is no number"},
        {"public_min = 1000001\n", "is no number"}, {"least = 3\n", "is unknown in [reports]"}};
    char path[] = "/tmp/keiin-limits-XXXXXX";
    int fd = mkstemp(path);
    struct buf errors;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    buf_init(&errors, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rules_limits *limits = NULL;
        FILE *f = fopen(path, "w");
        int err;

        assert_non_null(f);
        fprintf(f, "[reports]\n%s", cases[i].text);
        fclose(f);
        buf_clear(&errors);
        err = rules_limits_read(path, &limits, &errors);
        assert_int_equal(err, cases[i].error == NULL ? 0 : KEIIN_EUSAGE);
        buf_put_u8(&errors, 0);
        if (cases[i].error != NULL) {
            assert_non_null(strstr((const char *)errors.p, cases[i].error));
            continue;
        }
        assert_int_equal(rules_limits_zone_minutes(limits), 540);
        assert_int_equal(rules_limits_public_min(limits), 20);
        assert_int_equal(rules_limits_number(limits, "late-record", "limit"), RULE_HOUR);
        assert_int_equal(rules_limits_number(limits, "denied-burst", "denied"), 10);
        rules_limits_free(limits);
    }
    unlink(path);
    buf_destroy(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wakes_come_in_order),
        cmocka_unit_test(wakes_are_forgotten),
        cmocka_unit_test(wakes_are_bounded_by_what_is_live),
        cmocka_unit_test(due_has_no_roster),
        cmocka_unit_test(approvals_in_their_times),
        cmocka_unit_test(approvals_with_many_times),
        cmocka_unit_test(approvals_that_are_none),
        cmocka_unit_test(limits_are_shown_as_the_file_gives_them),
        cmocka_unit_test(reports_have_a_zone_and_a_least_count),
    };

    if (crypto_start(NULL) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
