/*
 * The parts of keiin-ledger that stand alone: quotas, lanes, the clock, ranges. Each test
 * says what it wants to show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/listen.h"
#include "http/range.h"
#include "ledger/clockwatch.h"
#include "ledger/lanes.h"
#include "ledger/quota.h"

/* A quota is used up, comes back with time, and never grows past a second's worth. */
static void test_quota(void **state)
{
    const struct quota_limits limits = {10, 1000};
    struct quota q = {0};

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_true(quota_charge(&q, &limits, 5000, 1));
    assert_false(quota_charge(&q, &limits, 5000, 1));
    assert_false(quota_charge(&q, &limits, 5099, 1));
    assert_true(quota_charge(&q, &limits, 5199, 1));
    assert_false(quota_charge(&q, &limits, 5199, 1));
    quota_refund(&q, &limits, 1);
    assert_true(quota_charge(&q, &limits, 5199, 1));
    for (int i = 0; i < 10; i++)
        assert_true(quota_charge(&q, &limits, 1000000, 100));
    assert_false(quota_charge(&q, &limits, 1000000, 0)); /* submissions */
    assert_true(quota_charge(&q, &limits, 2000000, 1000));
    assert_false(quota_charge(&q, &limits, 2000000, 1)); /* bytes */
    for (int i = 0; i < 100; i++)
        quota_refund(&q, &limits, 1000);
    assert_true(quota_charge(&q, &limits, 2000000, 1000));
    assert_false(quota_charge(&q, &limits, 2000000, 1));
}

static struct job *put(struct lanes *lanes, uint32_t writer, uint64_t tag)
{
    struct job *job = job_new(ENTRY_RECORDS);

    assert_non_null(job);
    job->index = tag;
    assert_int_equal(lanes_put(lanes, writer, job), 0);
    return job;
}

/* Lanes are served in turn, whoever has filled one. */
static void test_lanes_in_turn(void **state)
{
    struct job *jobs[LANES_TAKE_MAX];
    uint64_t order[6];
    struct lanes *lanes;

    (void)state;
    assert_int_equal(lanes_new(100, 64, &lanes), 0);
    for (uint64_t i = 0; i < 4; i++)
        put(lanes, 0, i);
    put(lanes, 1, 10);
    put(lanes, LANE_UNKNOWN, 20);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(lanes_take(lanes, true, jobs), 1);
        order[i] = jobs[0]->index;
    }
    assert_int_equal(order[0], 0);
    assert_int_equal(order[1], 10);
    assert_int_equal(order[2], 20);
    assert_int_equal(order[3], 1);
    assert_int_equal(order[5], 3);
    lanes_free(lanes); /* frees what is in a lane still */
}

/* What is done early waits in its lane for what came before it. */
static void test_lanes_in_order(void **state)
{
    struct job *all[3], *jobs[LANES_TAKE_MAX], *other;
    struct job_list valid, refused;
    struct lanes *lanes;

    (void)state;
    job_list_init(&valid);
    job_list_init(&refused);
    assert_int_equal(lanes_new(3, 64, &lanes), 0);
    for (uint64_t i = 0; i < 3; i++)
        all[i] = put(lanes, 7, i);
    other = job_new(ENTRY_RECORDS);
    assert_int_equal(lanes_put(lanes, 7, other), KEIIN_EBUSY);
    job_free(other);
    for (int i = 0; i < 3; i++)
        assert_int_equal(lanes_take(lanes, true, jobs), 1);
    lanes_done(lanes, &all[2], 1, &valid, &refused);
    assert_int_equal(valid.count, 0);
    job_refuse(all[1], REFUSE_SIGNATURE, "wrong");
    lanes_done(lanes, &all[1], 1, &valid, &refused);
    assert_int_equal(valid.count, 0);
    assert_int_equal(refused.count, 1); /* a refusal waits for nobody */
    lanes_done(lanes, &all[0], 1, &valid, &refused);
    assert_int_equal(valid.count, 2);
    assert_ptr_equal(job_list_take(&valid), all[0]);
    assert_ptr_equal(job_list_take(&valid), all[2]);
    for (int i = 0; i < 3; i++)
        job_free(all[i]);
    lanes_stop(lanes);
    assert_int_equal(lanes_take(lanes, true, jobs), 0);
    lanes_free(lanes);
}

struct fake_clock {
    uint64_t wall_ms, monotonic_ms;
};

static uint64_t fake_wall(void *ctx)
{
    return ((struct fake_clock *)ctx)->wall_ms;
}

static uint64_t fake_monotonic(void *ctx)
{
    return ((struct fake_clock *)ctx)->monotonic_ms;
}

/* A clock that steps is waited for and then not believed; `received` never goes back. */
static void test_clockwatch(void **state)
{
    struct fake_clock fake = {1000000, 5000};
    const struct keiin_clock clock = {&fake, fake_wall, fake_monotonic};
    struct clockwatch watch;
    struct why why;
    uint64_t now;

    (void)state;
    clockwatch_start(&watch, &clock);
    assert_int_equal(clockwatch_now(&watch, 0, &now, &why), 0);
    assert_int_equal(now, 1000000);
    assert_int_equal(clockwatch_now(&watch, 1000900, &now, &why), 0);
    assert_int_equal(now, 1000900); /* a little behind: bridged */
    fake.monotonic_ms += 100000;
    fake.wall_ms += 100000 + 59000;
    assert_int_equal(clockwatch_now(&watch, 0, &now, &why), 0);
    fake.wall_ms += 2000;
    assert_int_equal(clockwatch_now(&watch, 0, &now, &why), KEIIN_EBUSY);
    fake.monotonic_ms += 59000;
    fake.wall_ms += 59000;
    assert_int_equal(clockwatch_now(&watch, 0, &now, &why), KEIIN_EBUSY);
    fake.wall_ms -= 30000;
    assert_int_equal(clockwatch_now(&watch, 0, &now, &why), 0); /* it came right */
    fake.wall_ms -= 100000;
    assert_int_equal(clockwatch_now(&watch, 0, &now, &why), KEIIN_EBUSY);
    fake.monotonic_ms += 60000;
    fake.wall_ms += 60000;
    assert_int_equal(clockwatch_now(&watch, 0, &now, &why), KEIIN_EREFUSED);
    clockwatch_start(&watch, &clock);
    assert_int_equal(clockwatch_now(&watch, fake.wall_ms + 1001, &now, &why), KEIIN_EBUSY);
    fake.monotonic_ms += 2;
    fake.wall_ms += 2;
    assert_int_equal(clockwatch_now(&watch, fake.wall_ms + 999, &now, &why), 0);
}

static void range(
    const char *header, uint64_t size, enum http_range kind, uint64_t first, uint64_t last)
{
    uint64_t f = 0, l = 0;

    assert_int_equal(http_range_parse(header, size, &f, &l), kind);
    if (kind == HTTP_RANGE_PART) {
        assert_int_equal(f, first);
        assert_int_equal(l, last);
    }
}

static void test_range(void **state)
{
    (void)state;
    range(NULL, 10, HTTP_RANGE_NONE, 0, 0);
    range("bytes=0-0", 10, HTTP_RANGE_PART, 0, 0);
    range("bytes=00-09", 10, HTTP_RANGE_PART, 0, 9);
    range("bytes=3-", 10, HTTP_RANGE_PART, 3, 9);
    range("bytes=-3", 10, HTTP_RANGE_PART, 7, 9);
    range("bytes=-30", 10, HTTP_RANGE_PART, 0, 9);
    range("bytes=9-18446744073709551615", 10, HTTP_RANGE_PART, 9, 9);
    range("bytes=10-", 10, HTTP_RANGE_BEYOND, 0, 0);
    range("bytes=0-", 0, HTTP_RANGE_BEYOND, 0, 0);
    range("bytes=-0", 10, HTTP_RANGE_BEYOND, 0, 0);
    range("bytes=-1", 0, HTTP_RANGE_BEYOND, 0, 0);
    range("bytes=4-3", 10, HTTP_RANGE_NONE, 0, 0);
    range("bytes=-", 10, HTTP_RANGE_NONE, 0, 0);
    range("bytes=0-1,2-3", 10, HTTP_RANGE_NONE, 0, 0);
    range("bytes=18446744073709551616-", 10, HTTP_RANGE_NONE, 0, 0);
    range("octets=0-1", 10, HTTP_RANGE_NONE, 0, 0);
    range("bytes= 0-1", 10, HTTP_RANGE_NONE, 0, 0);
}

/* Nothing but loopback is listened on. */
static void test_listen(void **state)
{
    static const char *const good[] = {"127.0.0.1:0", "127.255.255.254:65535", "[::1]:7380"};
    static const char *const bad[] = {"", "127.0.0.1", "0.0.0.0:1", "10.0.0.1:1", "[::]:1",
        "localhost:1", "127.0.0.1:65536", "127.0.0.1:", ":1", "[::1]", "[::ffff:127.0.0.1]:1",
        "128.0.0.1:1", "127.0.0.1:01"};
    struct why why;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(listen_check(good[i], &why), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(listen_check(bad[i], &why), KEIIN_EUSAGE);
    /* What is said of an address shows nothing that a terminal obeys. */
    assert_int_equal(listen_check("\x1b[2J:1", &why), KEIIN_EUSAGE);
    assert_non_null(strstr(why.text, "\\u{001b}[2J:1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_lanes_in_turn),
        cmocka_unit_test(test_lanes_in_order),
        cmocka_unit_test(test_clockwatch),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_listen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
