/*
 * Checking the inclusion proof of an entry among a billion, against the 30 dependent node
 * hashes that it cannot do without, by OpenSSL's EVP. Prints nanoseconds and the ratio.
 */
#include <openssl/evp.h>
#include <stdio.h>

#include "core/sha256.h"
#include "core/tree.h"
#include "tests/bench/bench.h"

#define ROUNDS 20000
#define RUNS 9

/* A node of a tree whose leaves are all alike: made from the level alone. */
static int node(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct hash *levels = ctx;

    (void)index;
    *out = levels[level];
    return 0;
}

static double time_bare(EVP_MD_CTX *ctx, const struct hash *proof, size_t count)
{
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    double start = bench_ns(CLOCK_MONOTONIC);
    uint8_t block[65] = {1};

    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++) {
            memcpy(block + 33, proof[i].b, HASH_BYTES);
            EVP_DigestInit_ex(ctx, md, NULL);
            EVP_DigestUpdate(ctx, block, sizeof block);
            EVP_DigestFinal_ex(ctx, block + 1, NULL);
        }
    EVP_MD_free(md);
    return (bench_ns(CLOCK_MONOTONIC) - start) / ROUNDS;
}

int main(void)
{
    const uint64_t size = UINT64_C(1) << 30, index = 715827882;
    struct hash levels[64], proof[PROOF_HASHES_MAX], root;
    double bare[RUNS], check[RUNS], bare_ns, check_ns;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t count = 0, good = 0;

    sha256_leaf(&levels[0], span_str("leaf"));
    for (int i = 1; i < 64; i++)
        sha256_node(&levels[i], &levels[i - 1], &levels[i - 1]);
    if (tree_root(size, node, levels, &root) != 0 ||
        tree_prove_inclusion(index, size, node, levels, proof, &count) != 0)
        return 1;
    for (int run = 0; run < RUNS; run++) {
        double start;

        bare[run] = time_bare(ctx, proof, count);
        start = bench_ns(CLOCK_MONOTONIC);
        for (int round = 0; round < ROUNDS; round++)
            good += tree_check_inclusion(index, size, &levels[0], proof, count, &root);
        check[run] = (bench_ns(CLOCK_MONOTONIC) - start) / ROUNDS;
    }
    EVP_MD_CTX_free(ctx);
    if (good != (size_t)ROUNDS * RUNS)
        return 1;
    bare_ns = bench_median(bare, RUNS);
    check_ns = bench_median(check, RUNS);
    printf("{\"hashes\":%zu,\"bare_ns\":%.0f,\"check_ns\":%.0f,\"ratio\":%.3f}\n", count, bare_ns,
        check_ns, bare_ns / check_ns);
    return 0;
}
