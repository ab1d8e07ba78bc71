/*
 * The primitives that the gates of the ledger are ratios to, timed on this machine now:
 * SHA-256 of a node and a leaf through EVP with a context that is used again, Ed25519
 * sign and verify, and fdatasync of appended bytes. One JSON object on standard output.
 * Signatures are timed in the processor's time while two threads make and check them: what is
 * held against them uses two processors, which share more than the clock.
 *
 *   primitives [FOLDER]      the folder where the sync is timed (default: the current one)
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define ROUNDS 5

static double hash_ns(size_t bytes)
{
    const EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char message[512] = {1}, out[32];
    double rounds[ROUNDS];
    const int count = 100000;

    if (md == NULL || ctx == NULL)
        exit(1);
    for (int r = 0; r < ROUNDS; r++) {
        double start = bench_ns(CLOCK_PROCESS_CPUTIME_ID);

        for (int i = 0; i < count; i++) {
            EVP_DigestInit_ex2(ctx, md, NULL);
            EVP_DigestUpdate(ctx, message, bytes);
            EVP_DigestFinal_ex(ctx, out, NULL);
            message[0] = out[0];
        }
        rounds[r] = (bench_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / count;
    }
    EVP_MD_CTX_free(ctx);
    EVP_MD_free((EVP_MD *)(uintptr_t)md);
    return bench_median(rounds, ROUNDS);
}

struct signatures {
    pthread_t thread;
    double sign_ns, verify_ns;
};

static void *time_signatures(void *arg)
{
    unsigned char key[32], secret[64], message[176] = {0}, signature[64];
    double signs[ROUNDS], verifies[ROUNDS];
    struct signatures *s = arg;
    const int count = 1000;
    int good = 0;

    crypto_sign_keypair(key, secret);
    for (int r = 0; r < ROUNDS; r++) {
        double start = bench_ns(CLOCK_THREAD_CPUTIME_ID);

        for (int i = 0; i < count; i++) {
            message[0] = (unsigned char)i;
            crypto_sign_detached(signature, NULL, message, sizeof message, secret);
        }
        signs[r] = (bench_ns(CLOCK_THREAD_CPUTIME_ID) - start) / count;
        start = bench_ns(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < count; i++)
            good += crypto_sign_verify_detached(signature, message, sizeof message, key) == 0;
        verifies[r] = (bench_ns(CLOCK_THREAD_CPUTIME_ID) - start) / count;
    }
    if (good != ROUNDS * count)
        exit(1);
    s->sign_ns = bench_median(signs, ROUNDS);
    s->verify_ns = bench_median(verifies, ROUNDS);
    return NULL;
}

static void ed25519_ns(double *sign, double *verify)
{
    struct signatures two[2];

    for (int i = 0; i < 2; i++)
        if (pthread_create(&two[i].thread, NULL, time_signatures, &two[i]) != 0)
            exit(1);
    for (int i = 0; i < 2; i++)
        pthread_join(two[i].thread, NULL);
    *sign = (two[0].sign_ns + two[1].sign_ns) / 2;
    *verify = (two[0].verify_ns + two[1].verify_ns) / 2;
}

/* Medians and 99th percentiles of appending and syncing `bytes`, as a store does it. */
static void sync_us(const char *folder, size_t bytes, double *p50, double *p99)
{
    double values[300];
    const size_t count = sizeof values / sizeof values[0];
    unsigned char *block = calloc(1, bytes);
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/primitives.XXXXXX", folder);
    fd = mkstemp(path);
    if (fd < 0 || block == NULL) {
        fprintf(stderr, "primitives: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    unlink(path);
    for (size_t i = 0; i < count; i++) {
        double start = bench_ns(CLOCK_MONOTONIC);

        block[0]++;
        if (write(fd, block, bytes) != (ssize_t)bytes || fdatasync(fd) != 0)
            exit(1);
        values[i] = (bench_ns(CLOCK_MONOTONIC) - start) / 1000;
    }
    close(fd);
    free(block);
    *p50 = bench_median(values, count);
    *p99 = values[count - 1 - count / 100];
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {4096, 65536, 1 << 20};
    const char *folder = argc > 1 ? argv[1] : ".";
    double sign, verify, p50, p99;

    if (sodium_init() < 0)
        return 1;
    ed25519_ns(&sign, &verify);
    printf("{\"sha256_node_ns\":%.0f,\"sha256_leaf_ns\":%.0f,\"ed25519_sign_us\":%.2f,"
           "\"ed25519_verify_us\":%.2f",
        hash_ns(65), hash_ns(251), sign / 1000, verify / 1000);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        sync_us(folder, sizes[i], &p50, &p99);
        printf(",\"fdatasync_%zu_us\":%.0f,\"fdatasync_%zu_p99_us\":%.0f", sizes[i], p50, sizes[i],
            p99);
    }
    printf("}\n");
    return 0;
}
