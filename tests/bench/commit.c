/*
 * A commit of the store against writing and syncing the same bytes to a plain file, turn
 * by turn on the same disk; and against the same with a second sync, of one page, since a commit
 * of LMDB has two: the pages, and then the page that names them. Prints medians, 99th percentiles
 * and their ratios.
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

#define ROUNDS 2000 /* one in a hundred is twenty */
#define PAGE_BYTES 4096

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

static int plain_twice(int fd, int page_fd, const uint8_t *bytes, size_t n)
{
    static const uint8_t page[PAGE_BYTES];

    if (plain(fd, bytes, n) != 0)
        return -1;
    return pwrite(page_fd, page, sizeof page, 0) == (ssize_t)sizeof page ? fdatasync(page_fd) : -1;
}

struct series {
    double us[ROUNDS];
    double since;
};

static void begin(struct series *s)
{
    s->since = bench_ns(CLOCK_MONOTONIC);
}

static void end(struct series *s, int round)
{
    if (round >= 0)
        s->us[round] = (bench_ns(CLOCK_MONOTONIC) - s->since) / 1000;
}

int main(int argc, char **argv)
{
    static const struct store_table tables[] = {{"values", true}};
    const struct store_lmdb_options options = {.map_bytes_max = UINT64_C(1) << 34, .create = true};
    size_t values = argc > 2 ? strtoul(argv[2], NULL, 10) : 256;
    size_t bytes = argc > 3 ? strtoul(argv[3], NULL, 10) : 300;
    static struct series commits, plains, twices;
    struct store store;
    struct why why = {""};
    uint8_t *all = calloc(values, bytes);
    char *path;
    uint64_t key = 0;
    double c50, c99, p50, p99, t50, t99;
    int fd, page_fd;

    if (argc < 2 || all == NULL)
        return 64;
    path = path_join(argv[1], "plain");
    if (path == NULL || folder_create_all(argv[1], &why) != 0 ||
        store_lmdb_open(argv[1], tables, 1, &options, &store, &why) != 0) {
        fprintf(stderr, "bench-commit: %s\n", why.text);
        return 1;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    page_fd = open(path, O_WRONLY);
    for (int round = -20; round < ROUNDS; round++) { /* the first are not counted */
        begin(&commits);
        if (commit(&store, &key, values, span_of(all, bytes)) != 0)
            return 1;
        end(&commits, round);
        begin(&plains);
        if (plain(fd, all, values * bytes) != 0)
            return 1;
        end(&plains, round);
        begin(&twices);
        if (plain_twice(fd, page_fd, all, values * bytes) != 0)
            return 1;
        end(&twices, round);
    }
    close(fd);
    close(page_fd);
    store_close(&store);
    c50 = bench_median(commits.us, ROUNDS);
    c99 = bench_percentile(commits.us, ROUNDS, 99);
    p50 = bench_median(plains.us, ROUNDS);
    p99 = bench_percentile(plains.us, ROUNDS, 99);
    t50 = bench_median(twices.us, ROUNDS);
    t99 = bench_percentile(twices.us, ROUNDS, 99);
    printf("{\"values\":%zu,\"bytes\":%zu,\"commit_us\":%.0f,\"commit_p99_us\":%.0f,"
           "\"plain_us\":%.0f,\"plain_p99_us\":%.0f,\"twice_us\":%.0f,\"twice_p99_us\":%.0f,"
           "\"ratio\":%.3f,\"ratio_p99\":%.3f,\"ratio_twice_p99\":%.3f}\n",
        values, bytes, c50, c99, p50, p99, t50, t99, c50 / p50, c99 / p99, c99 / t99);
    free(path);
    free(all);
    return 0;
}
