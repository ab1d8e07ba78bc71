/*
 * Many messages hashed side by side, one in each lane of a vector register, where the
 * processor can: 16 lanes with AVX-512; 8 with AVX2 where it has no SHA instructions; else
 * one after the other by sha256.c. Which one is chosen at the first use, and only after it
 * hashed examples as libcrypto does. No state but that choice; any thread.
 */
#ifndef KEIIN_CORE_SHA256_MANY_H
#define KEIIN_CORE_SHA256_MANY_H

#include "core/bytes.h"

/* A byte that stands before each message, or none. */
#define SHA256_NO_PREFIX (-1)

/* digests[i] = H(prefix || messages[i]). */
void sha256_many(struct hash *digests, int prefix, const struct span *messages, size_t count);

/*
 * How it is done; for tests, which hold every way that the processor has against the
 * others. False, and nothing changed, when it cannot be done so here.
 */
enum sha256_way { SHA256_ONE_BY_ONE, SHA256_8_LANES, SHA256_16_LANES, SHA256_WAYS };
bool sha256_many_use(enum sha256_way way);
enum sha256_way sha256_many_way(void);

#endif
