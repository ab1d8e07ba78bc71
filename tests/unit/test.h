/* What the unit tests share: cmocka, hex, a seeded generator, and the vectors' files. */
#ifndef KEIIN_TESTS_UNIT_TEST_H
#define KEIIN_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/bytes.h"
#include "core/text.h"

/* Decodes hex of any length into malloc'd memory; fails the test when it is no hex. */
static inline struct span span_unhex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = malloc(n + 1);

    assert_non_null(p);
    assert_true(hex_decode(p, n, span_str(hex)));
    return span_of(p, n);
}

static inline void span_free(struct span s)
{
    free((void *)(uintptr_t)s.p);
}

/* A copy in memory of exactly its size, so that a sanitizer sees every read past the end. */
static inline struct span span_copy(struct span s)
{
    uint8_t *p = malloc(s.n == 0 ? 1 : s.n);

    assert_non_null(p);
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return span_of(p, s.n);
}

static inline void test_assert_span(struct span got, struct span wanted)
{
    assert_int_equal(got.n, wanted.n);
    if (wanted.n > 0)
        assert_memory_equal(got.p, wanted.p, wanted.n);
}

/* splitmix64: the seed is printed by whoever uses it, so that a failure can be had again. */
static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Seed from KEIIN_SEED, else a fixed one; printed. */
static inline uint64_t test_seed(void)
{
    const char *text = getenv("KEIIN_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : 20261001;

    print_message("KEIIN_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* Path of a file of the source tree. */
static inline const char *test_path(const char *path)
{
    static char full[4096];
    const char *src = getenv("KEIIN_SRC");

    snprintf(full, sizeof full, "%s/%s", src != NULL ? src : ".", path);
    return full;
}

/* A whole file of the source tree, in malloc'd memory. */
static inline struct span test_file(const char *path)
{
    FILE *f = fopen(test_path(path), "rb");
    uint8_t *p = NULL;
    size_t n = 0, cap = 0, got;

    if (f == NULL)
        fail_msg("cannot open %s; is KEIIN_SRC the source tree?", test_path(path));
    do {
        cap = cap * 2 + 65536;
        p = realloc(p, cap);
        assert_non_null(p);
        got = fread(p + n, 1, cap - n, f);
        n += got;
    } while (n == cap);
    fclose(f);
    return span_of(p, n);
}

#endif
