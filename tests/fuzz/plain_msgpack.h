/*
 * Canonical msgpack a second time: a reader that makes a tree, written from SPEC.md section 2
 * and nothing else, for holding core/msgpack.c and what is built on it against. Slow and plain.
 */
#ifndef KEIIN_TESTS_FUZZ_PLAIN_MSGPACK_H
#define KEIIN_TESTS_FUZZ_PLAIN_MSGPACK_H

#include "core/bytes.h"

enum plain_type { PLAIN_UINT, PLAIN_TRUE, PLAIN_STR, PLAIN_BIN, PLAIN_ARRAY, PLAIN_MAP };

struct plain {
    enum plain_type type;
    uint64_t number;
    struct span bytes; /* of a str or bin; borrowed */
    struct span whole; /* the value as it is encoded; borrowed */
    size_t count; /* elements, or pairs */
    struct plain *items; /* count, or 2 * count: key, value, key, value ... */
};

/* The value that is all of `bytes`; NULL when there is no such canonical value. */
struct plain *plain_read(struct span bytes);
void plain_free(struct plain *value);

/* The value of a map's key; NULL when it is not there. */
const struct plain *plain_get(const struct plain *map, const char *key);
/* Whether a value is a bin of n bytes. */
bool plain_is_bin(const struct plain *value, size_t n);
/* Whether every element of an array is a bin of n bytes (SIZE_MAX: of any length). */
bool plain_are_bins(const struct plain *array, size_t n);

#endif
