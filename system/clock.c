#include "system/clock.h"

#include <sodium.h>
#include <stdlib.h>
#include <time.h>

static uint64_t clock_read_ms(clockid_t clock)
{
    struct timespec t;

    /* Both clocks are always there on Linux; anything else is a broken system. */
    if (clock_gettime(clock, &t) != 0 || t.tv_sec < 0)
        abort();
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t wall_ms(void *ctx)
{
    (void)ctx;
    return clock_read_ms(CLOCK_REALTIME);
}

/* Counts the time that the machine sleeps, too. */
static uint64_t monotonic_ms(void *ctx)
{
    (void)ctx;
    return clock_read_ms(CLOCK_BOOTTIME);
}

static void fill(void *ctx, void *bytes, size_t n)
{
    (void)ctx;
    randombytes_buf(bytes, n);
}

const struct keiin_clock system_clock = {NULL, wall_ms, monotonic_ms};

const struct keiin_random system_random = {NULL, fill};
