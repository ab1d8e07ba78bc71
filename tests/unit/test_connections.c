/* Connections: who is cut when, and who makes room first. Time is told, sockets are pairs. */
#include "http/connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/test.h"

#define TIMEOUT_MS 60000
#define RATE_MIN 1000

struct crowd {
    struct connections all;
    struct connection *c[8];
    int near[8], far[8];
    size_t count;
};

static struct connection *come(struct crowd *crowd, uint64_t now_ms)
{
    size_t i = crowd->count++;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    crowd->near[i] = pair[0];
    crowd->far[i] = pair[1];
    crowd->c[i] = connections_add(&crowd->all, pair[0], now_ms);
    assert_non_null(crowd->c[i]);
    return crowd->c[i];
}

static void begin(struct crowd *crowd)
{
    memset(crowd, 0, sizeof *crowd);
    connections_init(&crowd->all, TIMEOUT_MS, RATE_MIN);
}

static void end(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->count; i++) {
        connections_remove(crowd->c[i]);
        close(crowd->near[i]);
        close(crowd->far[i]);
    }
    assert_int_equal(crowd->all.count, 0);
    assert_int_equal(crowd->all.cut_count, 0);
}

/* What the client sees. */
static bool is_cut(const struct crowd *crowd, size_t i)
{
    char byte;

    return recv(crowd->far[i], &byte, 1, 0) == 0;
}

static void test_headers_and_bodies_have_a_deadline(void **state)
{
    struct crowd crowd;

    (void)state;
    begin(&crowd);
    come(&crowd, 1000);
    connection_body(come(&crowd, 1000), 2000);
    connection_work(come(&crowd, 1000), 1000);
    for (uint64_t now_ms = 2000; now_ms <= 61000; now_ms += 1000) {
        crowd.c[1]->moved_bytes += 10 * RATE_MIN;
        connections_sweep(&crowd.all, now_ms);
    }
    assert_false(is_cut(&crowd, 0));
    connections_sweep(&crowd.all, 61001);
    assert_true(is_cut(&crowd, 0));
    assert_false(is_cut(&crowd, 1)); /* its time began later */
    crowd.c[1]->moved_bytes += 10 * RATE_MIN;
    connections_sweep(&crowd.all, 62001);
    assert_true(is_cut(&crowd, 1));
    connections_sweep(&crowd.all, UINT64_MAX / 2);
    assert_false(is_cut(&crowd, 2)); /* it is our turn */
    end(&crowd);
}

static void test_the_next_request_has_its_own_time(void **state)
{
    struct crowd crowd;
    struct connection *c;

    (void)state;
    begin(&crowd);
    c = come(&crowd, 0);
    for (uint64_t now_ms = 0; now_ms < 10 * TIMEOUT_MS; now_ms += TIMEOUT_MS / 2) {
        connection_body(c, now_ms);
        connection_work(c, now_ms);
        connection_answer(c, now_ms, 100, false);
        connection_idle(c, now_ms);
        connections_sweep(&crowd.all, now_ms + 1000);
    }
    assert_false(is_cut(&crowd, 0));
    end(&crowd);
}

/* Sweeps once a second, while `moved` of each of the first two grows as said; gives the time. */
static uint64_t sweep_until_cut(struct crowd *crowd, uint64_t slow, uint64_t fast, uint64_t max_ms)
{
    uint64_t now_ms = 0;

    while (now_ms < max_ms && !is_cut(crowd, 0)) {
        now_ms += 1000;
        crowd->c[0]->moved_bytes += slow;
        crowd->c[1]->moved_bytes += fast;
        connections_sweep(&crowd->all, now_ms);
    }
    return now_ms;
}

static void test_slow_bodies_are_cut(void **state)
{
    struct crowd crowd;

    (void)state;
    begin(&crowd);
    connection_body(come(&crowd, 0), 0);
    connection_body(come(&crowd, 0), 0);
    assert_int_equal(sweep_until_cut(&crowd, 1, 2 * RATE_MIN, 50000), 11000);
    assert_false(is_cut(&crowd, 1));
    end(&crowd);
}

static void test_a_burst_saves_nobody_for_long(void **state)
{
    struct crowd crowd;

    (void)state;
    begin(&crowd);
    connection_body(come(&crowd, 0), 0);
    connection_body(come(&crowd, 0), 0);
    crowd.c[0]->moved_bytes = 4 << 20;
    assert_in_range(sweep_until_cut(&crowd, 0, 2 * RATE_MIN, 50000), 11000, 15000);
    assert_false(is_cut(&crowd, 1));
    end(&crowd);
}

static void test_answers_that_are_not_taken_are_cut(void **state)
{
    struct crowd crowd;

    (void)state;
    begin(&crowd);
    connection_answer(come(&crowd, 0), 0, 1 << 30, true);
    connection_answer(come(&crowd, 0), 0, 1 << 30, true);
    assert_int_equal(sweep_until_cut(&crowd, 0, 2 * RATE_MIN, 50000), 11000);
    assert_false(is_cut(&crowd, 1));
    end(&crowd);
    /* What cannot be measured has the time that its length needs. */
    begin(&crowd);
    connection_answer(come(&crowd, 0), 0, 5 * RATE_MIN, false);
    connections_sweep(&crowd.all, 15000);
    assert_false(is_cut(&crowd, 0));
    connections_sweep(&crowd.all, 15001);
    assert_true(is_cut(&crowd, 0));
    end(&crowd);
}

static void test_who_makes_room(void **state)
{
    struct crowd crowd;
    /* In the order in which they go. */
    enum { OLDER, NEWER, SLOW, FAST, TRUSTED, WORK, COUNT };

    (void)state;
    begin(&crowd);
    for (int i = 0; i < COUNT; i++)
        come(&crowd, 100);
    connection_idle(crowd.c[NEWER], 200);
    connection_body(crowd.c[SLOW], 100);
    connection_answer(crowd.c[FAST], 100, 1 << 30, true);
    crowd.c[TRUSTED]->trusted = true;
    connection_idle(crowd.c[TRUSTED], 100);
    connection_work(crowd.c[WORK], 100);
    crowd.c[SLOW]->moved_bytes = 10;
    crowd.c[FAST]->moved_bytes = 1000000;
    connections_sweep(&crowd.all, 1100);
    for (int i = 0; i < WORK; i++) {
        for (int j = i; j < COUNT; j++)
            assert_false(is_cut(&crowd, (size_t)j));
        assert_true(connections_make_room(&crowd.all, 2000));
        assert_true(is_cut(&crowd, (size_t)i));
        assert_int_equal(crowd.all.cut_count, i + 1);
    }
    assert_false(connections_make_room(&crowd.all, 2000));
    assert_false(is_cut(&crowd, WORK));
    end(&crowd);
}

static void test_who_has_just_come_is_waited_for(void **state)
{
    struct crowd crowd;

    (void)state;
    begin(&crowd);
    connection_body(come(&crowd, 0), 0);
    come(&crowd, 5000);
    /* Neither it nor the request that is under way. */
    assert_false(connections_make_room(&crowd.all, 5001));
    assert_true(connections_make_room(&crowd.all, 5100));
    assert_true(is_cut(&crowd, 1));
    assert_false(is_cut(&crowd, 0));
    end(&crowd);
}

static void test_who_is_trusted_may_pause(void **state)
{
    struct crowd crowd;

    (void)state;
    begin(&crowd);
    come(&crowd, 0)->trusted = true;
    connection_idle(crowd.c[0], 5000);
    assert_false(connections_make_room(&crowd.all, 5900));
    assert_true(connections_make_room(&crowd.all, 6000));
    end(&crowd);
}

static void test_bodies_make_room_for_bodies(void **state)
{
    struct crowd crowd;

    (void)state;
    begin(&crowd);
    come(&crowd, 0);
    connection_body(come(&crowd, 0), 0);
    connection_body(come(&crowd, 0), 0);
    connection_answer(come(&crowd, 0), 0, 1 << 30, true);
    assert_false(connections_cut_slowest_body(&crowd.all, 1000)); /* none is old enough */
    crowd.c[1]->moved_bytes = 100 * RATE_MIN;
    connections_sweep(&crowd.all, 2000);
    assert_true(connections_cut_slowest_body(&crowd.all, 2000));
    assert_true(is_cut(&crowd, 2));
    assert_false(connections_cut_slowest_body(&crowd.all, 2000)); /* what is left is fast */
    assert_false(is_cut(&crowd, 0) || is_cut(&crowd, 1) || is_cut(&crowd, 3));
    end(&crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_and_bodies_have_a_deadline),
        cmocka_unit_test(test_the_next_request_has_its_own_time),
        cmocka_unit_test(test_slow_bodies_are_cut),
        cmocka_unit_test(test_a_burst_saves_nobody_for_long),
        cmocka_unit_test(test_answers_that_are_not_taken_are_cut),
        cmocka_unit_test(test_who_makes_room),
        cmocka_unit_test(test_who_has_just_come_is_waited_for),
        cmocka_unit_test(test_who_is_trusted_may_pause),
        cmocka_unit_test(test_bodies_make_room_for_bodies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
