#include "tests/history/random.h"

#include <string.h>

/* splitmix64 (Vigna, in the public domain). */
uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void random_seed(struct random *r, uint64_t seed, uint64_t stream)
{
    r->state = seed;
    r->state = random_next(r) + stream;
    r->state = random_next(r);
}

uint64_t random_below(struct random *r, uint64_t n)
{
    return random_next(r) % n;
}

uint64_t random_between(struct random *r, uint64_t first, uint64_t last)
{
    return first + random_below(r, last - first + 1);
}

bool random_per_mille(struct random *r, unsigned rate)
{
    return random_below(r, 1000) < rate;
}

void random_bytes(struct random *r, void *out, size_t n)
{
    uint8_t *to = out;

    while (n > 0) {
        uint64_t word = random_next(r);
        size_t some = n < sizeof word ? n : sizeof word;

        memcpy(to, &word, some);
        to += some;
        n -= some;
    }
}
