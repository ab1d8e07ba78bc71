/*
 * The rounds are written once, as macros over the operations of one vector type; each of
 * the two functions names its type and operations. The compiler ends them with
 * vzeroupper, so that code without AVX that comes after them pays nothing.
 */
#include "core/sha256_lanes.h"

#ifdef SHA256_HAS_LANES
#include <immintrin.h>

static const uint32_t round_constants[64] = {
    0x428a2f98,
    0x71374491,
    0xb5c0fbcf,
    0xe9b5dba5,
    0x3956c25b,
    0x59f111f1,
    0x923f82a4,
    0xab1c5ed5,
    0xd807aa98,
    0x12835b01,
    0x243185be,
    0x550c7dc3,
    0x72be5d74,
    0x80deb1fe,
    0x9bdc06a7,
    0xc19bf174,
    0xe49b69c1,
    0xefbe4786,
    0x0fc19dc6,
    0x240ca1cc,
    0x2de92c6f,
    0x4a7484aa,
    0x5cb0a9dc,
    0x76f988da,
    0x983e5152,
    0xa831c66d,
    0xb00327c8,
    0xbf597fc7,
    0xc6e00bf3,
    0xd5a79147,
    0x06ca6351,
    0x14292967,
    0x27b70a85,
    0x2e1b2138,
    0x4d2c6dfc,
    0x53380d13,
    0x650a7354,
    0x766a0abb,
    0x81c2c92e,
    0x92722c85,
    0xa2bfe8a1,
    0xa81a664b,
    0xc24b8b70,
    0xc76c51a3,
    0xd192e819,
    0xd6990624,
    0xf40e3585,
    0x106aa070,
    0x19a4c116,
    0x1e376c08,
    0x2748774c,
    0x34b0bcb5,
    0x391c0cb3,
    0x4ed8aa4a,
    0x5b9cca4f,
    0x682e6ff3,
    0x748f82ee,
    0x78a5636f,
    0x84c87814,
    0x8cc70208,
    0x90befffa,
    0xa4506ceb,
    0xbef9a3f7,
    0xc67178f2,
};

/* FIPS 180-4 section 4.1.2, over XOR3, CHOOSE, MAJORITY, ROTATE, SHIFT of a vector type. */
#define BIG_SIGMA_0(x) XOR3(ROTATE(x, 2), ROTATE(x, 13), ROTATE(x, 22))
#define BIG_SIGMA_1(x) XOR3(ROTATE(x, 6), ROTATE(x, 11), ROTATE(x, 25))
#define SMALL_SIGMA_0(x) XOR3(ROTATE(x, 7), ROTATE(x, 18), SHIFT(x, 3))
#define SMALL_SIGMA_1(x) XOR3(ROTATE(x, 17), ROTATE(x, 19), SHIFT(x, 10))

/* One round; the caller turns the names of the working variables. */
#define ROUND(a, b, c, d, e, f, g, h, t)                                                           \
    do {                                                                                           \
        VECTOR t1 = ADD(ADD(ADD(h, BIG_SIGMA_1(e)), ADD(CHOOSE(e, f, g), w[(t) % 16])),            \
            ALL(round_constants[first + (t)]));                                                    \
        d = ADD(d, t1);                                                                            \
        h = ADD(t1, ADD(BIG_SIGMA_0(a), MAJORITY(a, b, c)));                                       \
    } while (0)

#define EIGHT_ROUNDS(t)                                                                            \
    ROUND(a, b, c, d, e, f, g, h, (t) + 0);                                                        \
    ROUND(h, a, b, c, d, e, f, g, (t) + 1);                                                        \
    ROUND(g, h, a, b, c, d, e, f, (t) + 2);                                                        \
    ROUND(f, g, h, a, b, c, d, e, (t) + 3);                                                        \
    ROUND(e, f, g, h, a, b, c, d, (t) + 4);                                                        \
    ROUND(d, e, f, g, h, a, b, c, (t) + 5);                                                        \
    ROUND(c, d, e, f, g, h, a, b, (t) + 6);                                                        \
    ROUND(b, c, d, e, f, g, h, a, (t) + 7)

/* The next sixteen words of the message schedule, in place of the last. */
#define NEXT_WORDS()                                                                               \
    for (unsigned i = 0; i < 16; i++)                                                              \
    w[i] = ADD(ADD(w[i], SMALL_SIGMA_0(w[(i + 1) % 16])),                                          \
        ADD(w[(i + 9) % 16], SMALL_SIGMA_1(w[(i + 14) % 16])))

#define COMPRESS(lanes)                                                                            \
    do {                                                                                           \
        VECTOR a = LOAD((lanes)->words[0]), b = LOAD((lanes)->words[1]);                           \
        VECTOR c = LOAD((lanes)->words[2]), d = LOAD((lanes)->words[3]);                           \
        VECTOR e = LOAD((lanes)->words[4]), f = LOAD((lanes)->words[5]);                           \
        VECTOR g = LOAD((lanes)->words[6]), h = LOAD((lanes)->words[7]);                           \
        for (unsigned first = 0; first < 64; first += 16) {                                        \
            EIGHT_ROUNDS(0);                                                                       \
            EIGHT_ROUNDS(8);                                                                       \
            if (first < 48)                                                                        \
                NEXT_WORDS();                                                                      \
        }                                                                                          \
        STORE((lanes)->words[0], ADD(a, LOAD((lanes)->words[0])));                                 \
        STORE((lanes)->words[1], ADD(b, LOAD((lanes)->words[1])));                                 \
        STORE((lanes)->words[2], ADD(c, LOAD((lanes)->words[2])));                                 \
        STORE((lanes)->words[3], ADD(d, LOAD((lanes)->words[3])));                                 \
        STORE((lanes)->words[4], ADD(e, LOAD((lanes)->words[4])));                                 \
        STORE((lanes)->words[5], ADD(f, LOAD((lanes)->words[5])));                                 \
        STORE((lanes)->words[6], ADD(g, LOAD((lanes)->words[6])));                                 \
        STORE((lanes)->words[7], ADD(h, LOAD((lanes)->words[7])));                                 \
    } while (0)

/* The bytes of each word in the order of numbers, in every 128 bits of a vector. */
#define BIG_ENDIAN_16 12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3

#define LANES_8 __attribute__((target("avx2")))
#define VECTOR __m256i
#define ADD(x, y) _mm256_add_epi32(x, y)
#define ALL(x) _mm256_set1_epi32((int)(x))
#define LOAD(p) _mm256_load_si256((const __m256i *)(p))
#define STORE(p, x) _mm256_store_si256((__m256i *)(p), x)
#define XOR3(x, y, z) _mm256_xor_si256(_mm256_xor_si256(x, y), z)
#define SHIFT(x, n) _mm256_srli_epi32(x, n)
#define ROTATE(x, n) _mm256_or_si256(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - (n)))
#define CHOOSE(x, y, z) _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z)))
#define MAJORITY(x, y, z)                                                                          \
    _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)))

/* Eight words of each of eight blocks: word i of all blocks into w[i]. */
LANES_8 static void words_of_8(__m256i w[8], const uint8_t *const blocks[], unsigned offset)
{
    const __m256i order = _mm256_set_epi8(BIG_ENDIAN_16, BIG_ENDIAN_16);
    __m256i rows[8], pairs[8], fours[8];

    for (unsigned i = 0; i < 8; i++) {
        rows[i] = _mm256_loadu_si256((const __m256i *)(blocks[i] + offset));
        rows[i] = _mm256_shuffle_epi8(rows[i], order);
    }
    for (unsigned i = 0; i < 8; i += 2) {
        pairs[i] = _mm256_unpacklo_epi32(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (unsigned i = 0; i < 8; i += 4) {
        fours[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
        fours[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
        fours[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        fours[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (unsigned i = 0; i < 4; i++) {
        w[i] = _mm256_permute2x128_si256(fours[i], fours[4 + i], 0x20);
        w[4 + i] = _mm256_permute2x128_si256(fours[i], fours[4 + i], 0x31);
    }
}

LANES_8 void sha256_compress_8(
    struct sha256_lanes *lanes, const uint8_t *const blocks[SHA256_LANES_MAX])
{
    __m256i w[16];

    words_of_8(w, blocks, 0);
    words_of_8(w + 8, blocks, 32);
    COMPRESS(lanes);
}

#undef VECTOR
#undef ADD
#undef ALL
#undef LOAD
#undef STORE
#undef XOR3
#undef SHIFT
#undef ROTATE
#undef CHOOSE
#undef MAJORITY

#define LANES_16 __attribute__((target("avx512f,avx512bw")))
#define VECTOR __m512i
#define ADD(x, y) _mm512_add_epi32(x, y)
#define ALL(x) _mm512_set1_epi32((int)(x))
#define LOAD(p) _mm512_load_si512(p)
#define STORE(p, x) _mm512_store_si512(p, x)
#define SHIFT(x, n) _mm512_srli_epi32(x, n)
#define ROTATE(x, n) _mm512_ror_epi32(x, n)
/* The last argument is the column of results in the table of truth of x, y, z. */
#define XOR3(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define CHOOSE(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xca)
#define MAJORITY(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xe8)

/* The sixteen words of each of sixteen blocks: word i of all blocks into w[i]. */
LANES_16 static void words_of_16(__m512i w[16], const uint8_t *const blocks[])
{
    const __m512i order =
        _mm512_set_epi8(BIG_ENDIAN_16, BIG_ENDIAN_16, BIG_ENDIAN_16, BIG_ENDIAN_16);
    __m512i rows[16], fours[16];

    for (unsigned i = 0; i < 16; i++) {
        rows[i] = _mm512_loadu_si512(blocks[i]);
        rows[i] = _mm512_shuffle_epi8(rows[i], order);
    }
    for (unsigned i = 0; i < 16; i += 4) {
        __m512i low_01 = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        __m512i high_01 = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
        __m512i low_23 = _mm512_unpacklo_epi32(rows[i + 2], rows[i + 3]);
        __m512i high_23 = _mm512_unpackhi_epi32(rows[i + 2], rows[i + 3]);

        fours[i] = _mm512_unpacklo_epi64(low_01, low_23);
        fours[i + 1] = _mm512_unpackhi_epi64(low_01, low_23);
        fours[i + 2] = _mm512_unpacklo_epi64(high_01, high_23);
        fours[i + 3] = _mm512_unpackhi_epi64(high_01, high_23);
    }
    for (unsigned i = 0; i < 4; i++) {
        __m512i even_low = _mm512_shuffle_i32x4(fours[i], fours[4 + i], 0x88);
        __m512i odd_low = _mm512_shuffle_i32x4(fours[i], fours[4 + i], 0xdd);
        __m512i even_high = _mm512_shuffle_i32x4(fours[8 + i], fours[12 + i], 0x88);
        __m512i odd_high = _mm512_shuffle_i32x4(fours[8 + i], fours[12 + i], 0xdd);

        w[i] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
        w[4 + i] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
        w[8 + i] = _mm512_shuffle_i32x4(even_low, even_high, 0xdd);
        w[12 + i] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xdd);
    }
}

LANES_16 void sha256_compress_16(
    struct sha256_lanes *lanes, const uint8_t *const blocks[SHA256_LANES_MAX])
{
    __m512i w[16];

    words_of_16(w, blocks);
    COMPRESS(lanes);
}
#endif
