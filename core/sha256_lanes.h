/*
 * The compression function of SHA-256 (FIPS 180-4 section 6.2.2) on several blocks at
 * once, for sha256_many.c. May only be called where the processor has the instructions.
 */
#ifndef KEIIN_CORE_SHA256_LANES_H
#define KEIIN_CORE_SHA256_LANES_H

#include <stdint.h>

#define SHA256_LANES_MAX 16
#define SHA256_BLOCK_BYTES 64

/* Word i of lane l is words[i][l]; lanes beyond those of the function are not touched. */
struct sha256_lanes {
    _Alignas(64) uint32_t words[8][SHA256_LANES_MAX];
};

typedef void sha256_compress_fn(
    struct sha256_lanes *lanes, const uint8_t *const blocks[SHA256_LANES_MAX]);

#if defined(__x86_64__)
#define SHA256_HAS_LANES 1
sha256_compress_fn sha256_compress_8, sha256_compress_16;
#endif

#endif
