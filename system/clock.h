/* Time and randomness as values given at start, so that a simulator can own them. */
#ifndef KEIIN_SYSTEM_CLOCK_H
#define KEIIN_SYSTEM_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct keiin_clock {
    void *ctx;
    uint64_t (*wall_ms)(void *ctx);      /* since 1970 */
    uint64_t (*monotonic_ms)(void *ctx); /* since some start; does not go back */
};
extern const struct keiin_clock system_clock;

struct keiin_random {
    void *ctx;
    void (*fill)(void *ctx, void *bytes, size_t n);
};
extern const struct keiin_random system_random;

#endif
