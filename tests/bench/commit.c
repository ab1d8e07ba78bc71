/*
 * A commit of the store against writing and syncing the same bytes to a plain file, turn
 * by turn on the same disk. Prints medians, 99th percentiles and their ratios.
 *
 *     bench-commit FOLDER [values per commit [bytes of a value]]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/lmdb.h"
#include "system/file.h"
#include "tests/bench/bench.h"

#define ROUNDS 400

static int commit(const struct store *store, uint64_t *key, size_t values, struct span value)
{
    struct store_txn txn;
    int err = store_begin(store, true, &txn);

    for (size_t i = 0; i < values && err == 0; i++, ++*key)
        err = store_put(&txn, 0, store_key(key), value, STORE_APPEND);
    if (err == 0) /* as the ledger does */
        err = store_room(&txn, (UINT64_C(1) << 20) + 2 * values * value.n);
    if (err == 0)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

static int plain(int fd, const uint8_t *bytes, size_t n)
{
    return write(fd, bytes, n) == (ssize_t)n && fdatasync(fd) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    static const struct store_table tables[] = {{"values", true}};
    const struct store_lmdb_options options = {.map_bytes_max = UINT64_C(1) << 34, .create = true};
    size_t values = argc > 2 ? strtoul(argv[2], NULL, 10) : 256;
    size_t bytes = argc > 3 ? strtoul(argv[3], NULL, 10) : 300;
    double commits[ROUNDS], plains[ROUNDS];
    struct store store;
    struct why why = {""};
    uint8_t *all = calloc(values, bytes);
    char *path;
    uint64_t key = 0;
    double c50, c99, p50, p99;
    int fd;

    if (argc < 2 || all == NULL)
        return 64;
    path = path_join(argv[1], "plain");
    if (path == NULL || folder_create_all(argv[1], &why) != 0 ||
        store_lmdb_open(argv[1], tables, 1, &options, &store, &why) != 0) {
        fprintf(stderr, "bench-commit: %s\n", why.text);
        return 1;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (int round = -20; round < ROUNDS; round++) { /* the first are not counted */
        double start = bench_ns(CLOCK_MONOTONIC) / 1000;

        if (commit(&store, &key, values, span_of(all, bytes)) != 0)
            return 1;
        if (round >= 0)
            commits[round] = bench_ns(CLOCK_MONOTONIC) / 1000 - start;
        start = bench_ns(CLOCK_MONOTONIC) / 1000;
        if (plain(fd, all, values * bytes) != 0)
            return 1;
        if (round >= 0)
            plains[round] = bench_ns(CLOCK_MONOTONIC) / 1000 - start;
    }
    close(fd);
    store_close(&store);
    c50 = bench_median(commits, ROUNDS);
    c99 = bench_percentile(commits, ROUNDS, 99);
    p50 = bench_median(plains, ROUNDS);
    p99 = bench_percentile(plains, ROUNDS, 99);
    printf("{\"values\":%zu,\"bytes\":%zu,\"commit_us\":%.0f,\"commit_p99_us\":%.0f,"
           "\"plain_us\":%.0f,\"plain_p99_us\":%.0f,\"ratio\":%.3f,\"ratio_p99\":%.3f}\n",
        values, bytes, c50, c99, p50, p99, c50 / p50, c99 / p99);
    free(path);
    free(all);
    return 0;
}
