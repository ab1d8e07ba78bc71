/* What the benchmarks share: a clock, and medians. */
#ifndef KEIIN_TESTS_BENCH_H
#define KEIIN_TESTS_BENCH_H

#include <stddef.h>
#include <stdlib.h>
#include <time.h>

/* Nanoseconds of a clock: CLOCK_MONOTONIC, or CLOCK_PROCESS_CPUTIME_ID for the processor's. */
static inline double bench_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int bench_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Sorts the values; the one below which `percent` of them lie. */
static inline double bench_percentile(double *values, size_t count, unsigned percent)
{
    qsort(values, count, sizeof *values, bench_by_value);
    return values[count * percent / 100];
}

static inline double bench_median(double *values, size_t count)
{
    return bench_percentile(values, count, 50);
}

#endif
