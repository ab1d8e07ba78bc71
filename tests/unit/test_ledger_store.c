/*
 * The store, the log table, the edge and the heads on a real LMDB in a temporary folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sha256.h"
#include "ledger/edge.h"
#include "ledger/heads.h"
#include "store/lmdb.h"

struct fixture {
    char folder[64];
    struct store store;
};

static int set_up(void **state)
{
    const struct store_lmdb_options options = {UINT64_C(1) << 28, true, false};
    struct fixture *f = calloc(1, sizeof *f);
    struct why why;

    if (f == NULL)
        return 1;
    snprintf(f->folder, sizeof f->folder, "/tmp/keiin-store-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return 1;
    *state = f;
    return store_lmdb_open(f->folder, tables_all(), TABLE_COUNT, &options, &f->store, &why);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char path[128];

    store_close(&f->store);
    snprintf(path, sizeof path, "%s/data.mdb", f->folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/lock.mdb", f->folder);
    unlink(path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void leaf_of(struct hash *leaf, uint64_t i)
{
    sha256_leaf(leaf, span_of(&i, sizeof i));
}

static int put_tile(void *ctx, unsigned level, uint64_t number, const struct hash *hash)
{
    return log_put_hashes(ctx, level, number, hash, 1);
}

static void grow(struct fixture *f, struct edge *edge, uint64_t size)
{
    struct store_txn txn;
    struct hash leaf;

    assert_int_equal(store_begin(&f->store, true, &txn), 0);
    while (edge->frontier.size < size) {
        leaf_of(&leaf, edge->frontier.size);
        assert_int_equal(log_put_hashes(&txn, 0, edge->frontier.size, &leaf, 1), 0);
        assert_int_equal(edge_append(edge, &leaf, put_tile, &txn), 0);
    }
    assert_int_equal(store_commit(&txn), 0);
}

/* Proofs are right from memory and from the store, whatever grew before and after a load. */
static void test_edge(void **state)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 8191, 8192, 8193, 20000, 70000};
    struct fixture *f = *state;
    struct log_cached *nodes = malloc(sizeof *nodes);
    struct edge edge, loaded;
    struct store_txn txn;

    assert_int_equal(store_begin(&f->store, false, &txn), 0);
    assert_int_equal(edge_load(&edge, &txn, 0), 0);
    store_abort(&txn);
    nodes->cache = calloc(1, sizeof *nodes->cache);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct hash root, loaded_root, leaf, proof[PROOF_HASHES_MAX];
        uint64_t size = sizes[s];
        size_t n;

        grow(f, &edge, size);
        frontier_root(&edge.frontier, &root);
        assert_int_equal(store_begin(&f->store, false, &txn), 0);
        assert_int_equal(edge_load(&loaded, &txn, size), 0);
        log_nodes_init(&nodes->nodes, &txn, size);
        frontier_root(&loaded.frontier, &loaded_root);
        assert_memory_equal(&root, &loaded_root, sizeof root);
        for (uint64_t i = 0; i < size; i += 1 + size / 200) {
            leaf_of(&leaf, i);
            assert_int_equal(edge_prove(&edge, &txn, i, proof, &n), 0);
            assert_true(tree_check_inclusion(i, size, &leaf, proof, n, &root));
            assert_int_equal(edge_prove(&loaded, &txn, i, proof, &n), 0);
            assert_true(tree_check_inclusion(i, size, &leaf, proof, n, &root));
            /* The same out of the tiles, all with what was read for the ones before. */
            assert_int_equal(
                tree_prove_inclusion(i, size, tile_node, &nodes->nodes.nodes, proof, &n), 0);
            assert_true(tree_check_inclusion(i, size, &leaf, proof, n, &root));
            /* ... and with what was found in smaller trees. */
            assert_int_equal(tree_prove_inclusion(i, size, log_cached_node, nodes, proof, &n), 0);
            assert_true(tree_check_inclusion(i, size, &leaf, proof, n, &root));
        }
        /* Nodes of a tree so large that they share a place with these are not taken for them. */
        for (size_t i = 0; i < LOG_CACHE_NODES; i++) {
            nodes->cache->nodes[i].index += LOG_CACHE_NODES;
            nodes->cache->nodes[i].hash.b[0] ^= 1;
        }
        assert_int_equal(
            tree_prove_inclusion(size / 2, size, log_cached_node, nodes, proof, &n), 0);
        leaf_of(&leaf, size / 2);
        assert_true(tree_check_inclusion(size / 2, size, &leaf, proof, n, &root));
        leaf_of(&leaf, size - 1);
        assert_int_equal(edge_prove(&loaded, &txn, size - 1, proof, &n), 0);
        assert_true(tree_check_inclusion(size - 1, size, &leaf, proof, n, &root));
        store_abort(&txn);
        edge_destroy(&edge);
        edge = loaded;
    }
    edge_destroy(&edge);
    free(nodes->cache);
    free(nodes);
}

/* The entry of every number is found along the links, in few steps. */
static void test_links(void **state)
{
    struct fixture *f = *state;
    struct head head = {0};
    struct heads heads = {&head, 1, (uint32_t[1]){0}, 0};
    struct hash after = {{1}};
    struct store_txn txn;
    uint64_t numbers[1000], number = 1;
    const size_t count = sizeof numbers / sizeof numbers[0];

    assert_int_equal(store_begin(&f->store, true, &txn), 0);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = number;
        assert_int_equal(
            heads_extend(&heads, &txn, 0, 3 * i + 5, number, number + i % 4, &after), 0);
        number += i % 4 + 1;
    }
    assert_int_equal(head.number, number - 1);
    for (size_t i = 0; i < count; i++) {
        uint64_t index;

        assert_int_equal(heads_find(&txn, &head, numbers[i], &index), 0);
        assert_int_equal(index, 3 * i + 5);
        assert_int_equal(heads_find(&txn, &head, numbers[i] + i % 4, &index), 0);
        assert_int_equal(index, 3 * i + 5);
    }
    store_abort(&txn);
}

static void fill_byte(void *ctx, uint8_t *to, size_t n)
{
    memset(to, *(const uint8_t *)ctx, n);
}

/* A bundle read in pieces of any size is the bundle. */
static void test_bundle(void **state)
{
    struct fixture *f = *state;
    struct store_txn txn;
    struct log_bundle bundle;
    struct buf whole;
    uint8_t piece[5000];

    buf_init(&whole, 1 << 22);
    assert_int_equal(store_begin(&f->store, true, &txn), 0);
    for (uint64_t i = 0; i < 200; i++) {
        uint8_t byte = (uint8_t)i, *to;
        size_t n = i % 7 == 0 ? 0 : (size_t)(i * 37 % 9000);

        assert_int_equal(log_put_records(&txn, i, n, fill_byte, &byte), 0);
        buf_put_be32(&whole, (uint32_t)n);
        to = buf_extend(&whole, n);
        memset(to, byte, n);
    }
    assert_int_equal(store_commit(&txn), 0);
    assert_int_equal(buf_status(&whole), 0);
    assert_int_equal(store_begin(&f->store, false, &txn), 0);
    assert_int_equal(log_bundle_open(&txn, TILE_RECORDS, 0, 200, &bundle), 0);
    assert_int_equal(log_bundle_bytes(&bundle), whole.n);
    for (size_t step = 1; step <= sizeof piece; step = step * 3 + 1)
        for (size_t at = 0; at < whole.n; at += step * 11) {
            size_t n = whole.n - at < step ? whole.n - at : step;

            assert_int_equal(log_bundle_read(&txn, &bundle, at, piece, n), 0);
            assert_memory_equal(piece, whole.p + at, n);
        }
    assert_int_equal(log_bundle_open(&txn, TILE_RECORDS, 0, 201, &bundle), KEIIN_EDAMAGED);
    store_abort(&txn);
    buf_destroy(&whole);
}

/* What was not committed is not there; appending never replaces; a reader keeps its view. */
static void test_transactions(void **state)
{
    struct fixture *f = *state;
    const uint64_t one = 1;
    struct store_txn txn, reader;
    uint64_t size;

    assert_int_equal(store_begin(&f->store, true, &txn), 0);
    assert_int_equal(log_put_entry(&txn, 0, span_str("zero")), 0);
    store_abort(&txn);
    assert_int_equal(store_begin(&f->store, false, &reader), 0);
    assert_int_equal(log_size(&reader, &size), 0);
    assert_int_equal(size, 0);
    assert_int_equal(store_begin(&f->store, true, &txn), 0);
    assert_int_equal(log_put_entry(&txn, 0, span_str("zero")), 0);
    assert_int_equal(log_put_entry(&txn, 1, span_str("one")), 0);
    assert_int_equal(log_put_entry(&txn, 1, span_str("two")), KEIIN_EEXIST);
    assert_int_equal(store_put(&txn, TABLE_ROSTERS, store_key(&one), span_str("a"), STORE_NEW), 0);
    assert_int_equal(
        store_put(&txn, TABLE_ROSTERS, store_key(&one), span_str("b"), STORE_NEW), KEIIN_EEXIST);
    assert_int_equal(store_commit(&txn), 0);
    assert_int_equal(log_size(&reader, &size), 0);
    assert_int_equal(size, 0);
    store_abort(&reader);
    assert_int_equal(store_begin(&f->store, false, &reader), 0);
    assert_int_equal(log_size(&reader, &size), 0);
    assert_int_equal(size, 2);
    store_abort(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_edge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bundle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_transactions, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
