/* Randomness from a seed: the same seed gives the same history, byte for byte. */
#ifndef KEIIN_TESTS_HISTORY_RANDOM_H
#define KEIIN_TESTS_HISTORY_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

void random_seed(struct random *r, uint64_t seed, uint64_t stream);
uint64_t random_next(struct random *r);
/* 0 to n - 1; n is at least 1. */
uint64_t random_below(struct random *r, uint64_t n);
/* first to last. */
uint64_t random_between(struct random *r, uint64_t first, uint64_t last);
bool random_per_mille(struct random *r, unsigned rate);
void random_bytes(struct random *r, void *out, size_t n);

#endif
