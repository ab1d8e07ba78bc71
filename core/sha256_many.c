#include "core/sha256_many.h"

#include <assert.h>
#include <stdatomic.h>

#include "core/sha256.h"
#include "core/sha256_lanes.h"

#ifdef SHA256_HAS_LANES
#include <cpuid.h>
#endif

/* With fewer messages than this the lanes lose against one after the other. */
#define LANES_WORTH 4

/* What is left of a message, in runs of whole blocks: its first with the prefix, then those
   that are read where they lie, then its end with the padding. */
struct lane {
    size_t message; /* its number */
    unsigned run;
    struct {
        const uint8_t *next;
        size_t blocks;
    } runs[3];
    uint8_t first[SHA256_BLOCK_BYTES];
    uint8_t end[2 * SHA256_BLOCK_BYTES];
};

struct work {
    struct hash *digests;
    int prefix;
    const struct span *messages;
    size_t count, next; /* messages; the next to be started */
    unsigned width, active; /* lanes */
    struct sha256_lanes state;
    struct lane lanes[SHA256_LANES_MAX];
};

static const uint8_t no_block[SHA256_BLOCK_BYTES];

static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* Puts the next message into a lane; without one the lane idles. */
static void start(struct work *w, unsigned l)
{
    struct lane *lane = &w->lanes[l];
    size_t prefixed = w->prefix != SHA256_NO_PREFIX, whole, left;
    struct span m;

    lane->run = 3;
    if (w->next == w->count) {
        w->active--;
        return;
    }
    m = w->messages[w->next];
    lane->message = w->next++;
    lane->run = 0;
    for (unsigned i = 0; i < 8; i++)
        w->state.words[i][l] = initial[i];
    memset(lane->end, 0, sizeof lane->end);
    lane->runs[0].blocks = lane->runs[1].blocks = 0;
    whole = (prefixed + m.n) / SHA256_BLOCK_BYTES;
    left = (prefixed + m.n) % SHA256_BLOCK_BYTES;
    if (prefixed && whole > 0) {
        lane->first[0] = (uint8_t)w->prefix;
        memcpy(lane->first + 1, m.p, SHA256_BLOCK_BYTES - 1);
        lane->runs[0].next = lane->first;
        lane->runs[0].blocks = 1;
        m = span_of(m.p + SHA256_BLOCK_BYTES - 1, m.n - (SHA256_BLOCK_BYTES - 1));
        whole--;
        prefixed = 0;
    }
    lane->runs[1].next = m.p;
    lane->runs[1].blocks = whole;
    if (prefixed)
        lane->end[0] = (uint8_t)w->prefix;
    if (left > prefixed)
        memcpy(lane->end + prefixed, m.p + whole * SHA256_BLOCK_BYTES, left - prefixed);
    lane->end[left] = 0x80;
    lane->runs[2].next = lane->end;
    lane->runs[2].blocks = left < SHA256_BLOCK_BYTES - 8 ? 1 : 2;
    be64_put(lane->end + lane->runs[2].blocks * SHA256_BLOCK_BYTES - 8,
        8 * (uint64_t)((w->prefix != SHA256_NO_PREFIX) + w->messages[lane->message].n));
}

/* The lane's next block; the lane is at its end when none is left after it. */
static const uint8_t *next_block(struct lane *lane)
{
    const uint8_t *block;

    if (lane->run == 3)
        return no_block;
    while (lane->runs[lane->run].blocks == 0)
        lane->run++;
    block = lane->runs[lane->run].next;
    lane->runs[lane->run].next += SHA256_BLOCK_BYTES;
    lane->runs[lane->run].blocks--;
    return block;
}

static bool at_end(const struct lane *lane)
{
    return lane->run == 2 && lane->runs[2].blocks == 0;
}

static void hash_in_lanes(struct work *w, unsigned width, sha256_compress_fn *compress)
{
    const uint8_t *blocks[SHA256_LANES_MAX];

    w->width = w->active = width;
    for (unsigned l = 0; l < width; l++)
        start(w, l);
    while (w->active > 0) {
        for (unsigned l = 0; l < width; l++)
            blocks[l] = next_block(&w->lanes[l]);
        compress(&w->state, blocks);
        for (unsigned l = 0; l < width; l++) {
            if (!at_end(&w->lanes[l]))
                continue;
            for (unsigned i = 0; i < 8; i++)
                be32_put(w->digests[w->lanes[l].message].b + 4 * (size_t)i, w->state.words[i][l]);
            start(w, l);
        }
    }
}

static void one_by_one(const struct work *w)
{
    uint8_t prefix = (uint8_t)w->prefix;

    for (size_t i = 0; i < w->count; i++) {
        struct span parts[2] = {{&prefix, w->prefix != SHA256_NO_PREFIX}, w->messages[i]};

        sha256_parts(&w->digests[i], parts, 2);
    }
}

static void hash_by(enum sha256_way way, struct work *w)
{
    if (w->count < LANES_WORTH)
        way = SHA256_ONE_BY_ONE;
    switch (way) {
#ifdef SHA256_HAS_LANES
    case SHA256_8_LANES:
        hash_in_lanes(w, 8, sha256_compress_8);
        break;
    case SHA256_16_LANES:
        hash_in_lanes(w, 16, sha256_compress_16);
        break;
#endif
    default:
        one_by_one(w);
    }
}

/* Whether the processor, and the system that keeps its registers, can do it so. */
static bool possible(enum sha256_way way)
{
#ifdef SHA256_HAS_LANES
    if (way == SHA256_8_LANES)
        return __builtin_cpu_supports("avx2");
    if (way == SHA256_16_LANES)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
#endif
    return way == SHA256_ONE_BY_ONE;
}

/* Examples of all lengths around the edges of blocks, held against libcrypto. */
static bool hashes_rightly(enum sha256_way way)
{
    enum { EXAMPLES = 40 };
    uint8_t bytes[4 * EXAMPLES];
    struct span messages[EXAMPLES];
    struct hash digests[EXAMPLES], right[EXAMPLES];
    struct work work = {.digests = digests, .messages = messages, .count = EXAMPLES};

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + 7);
    for (size_t i = 0; i < EXAMPLES; i++)
        messages[i] = span_of(bytes + i, (i * 37) % (3 * EXAMPLES));
    for (int prefix = SHA256_NO_PREFIX; prefix <= 0; prefix++) {
        work.prefix = prefix;
        work.next = 0;
        work.digests = digests;
        hash_by(way, &work);
        work.digests = right;
        one_by_one(&work);
        if (memcmp(digests, right, sizeof right) != 0)
            return false;
    }
    return true;
}

static bool has_sha_instructions(void)
{
#ifdef SHA256_HAS_LANES
    unsigned a, b, c, d;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1U << 29)) != 0;
#else
    return false;
#endif
}

/* SHA256_WAYS until it is known; threads that find out at once find the same. */
static _Atomic(enum sha256_way) chosen = SHA256_WAYS;

enum sha256_way sha256_many_way(void)
{
    enum sha256_way way = atomic_load_explicit(&chosen, memory_order_relaxed);

    if (way != SHA256_WAYS)
        return way;
    way = SHA256_16_LANES;
    if (!possible(way) || !hashes_rightly(way))
        way = has_sha_instructions() ? SHA256_ONE_BY_ONE : SHA256_8_LANES;
    if (!possible(way) || !hashes_rightly(way))
        way = SHA256_ONE_BY_ONE;
    atomic_store_explicit(&chosen, way, memory_order_relaxed);
    return way;
}

bool sha256_many_use(enum sha256_way way)
{
    if (!possible(way) || !hashes_rightly(way))
        return false;
    atomic_store_explicit(&chosen, way, memory_order_relaxed);
    return true;
}

void sha256_many(struct hash *digests, int prefix, const struct span *messages, size_t count)
{
    struct work work;

    assert(prefix >= SHA256_NO_PREFIX && prefix <= UINT8_MAX);
    work.digests = digests;
    work.prefix = prefix;
    work.messages = messages;
    work.count = count;
    work.next = 0;
    hash_by(sha256_many_way(), &work);
}
