/* A thread that asks to run promptly gets a short slice, it alone, and keeps all else. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/thread.h"

/* As the kernel writes it: size, policy, flags, nice, priority, then three 64-bit numbers. */
struct seen {
    bool granted;
    uint64_t slice_ns;
    int policy, nice;
};

static uint64_t slice_ns(void)
{
    unsigned char raw[48] = {0};
    uint64_t ns;

    assert_int_equal(syscall(SYS_sched_getattr, 0, raw, sizeof raw, 0), 0);
    memcpy(&ns, raw + 24, sizeof ns);
    return ns;
}

static void *prompt(void *arg)
{
    struct seen *seen = arg;

    seen->granted = thread_prompt();
    seen->slice_ns = slice_ns();
    seen->policy = sched_getscheduler(0);
    seen->nice = getpriority(PRIO_PROCESS, 0);
    return NULL;
}

static void test_one_thread_alone(void **state)
{
    uint64_t before = slice_ns();
    int nice = getpriority(PRIO_PROCESS, 0);
    struct seen seen;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, prompt, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(seen.policy, SCHED_OTHER);
    assert_int_equal(seen.nice, nice);
    assert_int_equal(slice_ns(), before);
    if (!seen.granted)
        skip(); /* a kernel before 6.12 */
    assert_in_range(seen.slice_ns, 1, 200000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_thread_alone)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
