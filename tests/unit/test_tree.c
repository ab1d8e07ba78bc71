/*
 * The tree against the definition of RFC 6962 section 2.1 written out recursively: roots,
 * inclusion and consistency for every pair up to 130 leaves, seeded sizes beyond, and the
 * tile way to the same nodes. A proof with anything changed is refused.
 */
#include "core/sha256.h"
#include "core/tile.h"
#include "core/tree.h"
#include "tests/unit/test.h"

#define EXHAUSTIVE 130
#define LARGE 70000

static struct hash *leaves;

/* MTH of the RFC, as it stands there. */
static struct hash mth(uint64_t start, uint64_t end)
{
    uint64_t k = 1;
    struct hash left, right, out;

    if (start == end) {
        sha256(&out, span_of(NULL, 0));
        return out;
    }
    if (end - start == 1)
        return leaves[start];
    while (k * 2 < end - start)
        k *= 2;
    left = mth(start, start + k);
    right = mth(start + k, end);
    sha256_node(&out, &left, &right);
    return out;
}

static int node_of_leaves(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const uint64_t *size = ctx;

    assert_true(((index + 1) << level) <= *size); /* only complete subtrees are asked for */
    *out = mth(index << level, (index + 1) << level);
    return 0;
}

static int make_leaves(void **state)
{
    (void)state;
    leaves = malloc(LARGE * sizeof *leaves);
    if (leaves == NULL)
        return -1;
    for (uint64_t i = 0; i < LARGE; i++) {
        uint8_t b[8];

        be64_put(b, i);
        sha256_leaf(&leaves[i], span_of(b, 8));
    }
    return 0;
}

static int free_leaves(void **state)
{
    (void)state;
    free(leaves);
    return 0;
}

static void test_frontier(void **state)
{
    struct frontier f = {0};
    struct hash root, wanted;

    (void)state;
    for (uint64_t n = 0; n <= 600; n++) {
        uint64_t size = n;

        frontier_root(&f, &root);
        wanted = mth(0, n);
        assert_true(hash_eq(&root, &wanted));
        if (n > 0) {
            assert_int_equal(tree_root(n, node_of_leaves, &size, &root), 0);
            assert_true(hash_eq(&root, &wanted));
        }
        frontier_append(&f, &leaves[n]);
    }
}

/* A good proof passes; with anything changed it does not. */
static void try_inclusion(uint64_t index, uint64_t size, bool change)
{
    struct hash proof[PROOF_HASHES_MAX], root = mth(0, size);
    size_t n;

    assert_int_equal(tree_prove_inclusion(index, size, node_of_leaves, &size, proof, &n), 0);
    assert_true(tree_check_inclusion(index, size, &leaves[index], proof, n, &root));
    if (!change)
        return;
    assert_false(tree_check_inclusion(index, size, &leaves[index + 1], proof, n, &root));
    assert_false(tree_check_inclusion(size, size, &leaves[index], proof, n, &root));
    assert_false(tree_check_inclusion(index, 0, &leaves[index], proof, n, &root));
    for (uint64_t other = 0; other < size; other++)
        if (other != index)
            assert_false(tree_check_inclusion(other, size, &leaves[index], proof, n, &root));
    if (n > 0)
        assert_false(tree_check_inclusion(index, size, &leaves[index], proof, n - 1, &root));
    proof[n] = root;
    assert_false(tree_check_inclusion(index, size, &leaves[index], proof, n + 1, &root));
    for (size_t i = 0; i < n; i++) {
        proof[i].b[i % HASH_BYTES] ^= 1;
        assert_false(tree_check_inclusion(index, size, &leaves[index], proof, n, &root));
        proof[i].b[i % HASH_BYTES] ^= 1;
    }
}

static void test_inclusion_exhaustive(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= EXHAUSTIVE; size++)
        for (uint64_t index = 0; index < size; index++)
            try_inclusion(index, size, size <= 40 || index % 7 == 0);
}

static void try_consistency(uint64_t old_size, uint64_t size, bool change)
{
    struct hash proof[CONSISTENCY_HASHES_MAX + 1], old_root = mth(0, old_size), root = mth(0, size);
    struct hash wrong = root;
    size_t n;

    assert_int_equal(tree_prove_consistency(old_size, size, node_of_leaves, &size, proof, &n), 0);
    assert_true(tree_check_consistency(old_size, size, &old_root, &root, proof, n));
    if (!change)
        return;
    wrong.b[5] ^= 0x10;
    assert_false(tree_check_consistency(old_size, size, &old_root, &wrong, proof, n));
    assert_false(tree_check_consistency(old_size, size, &wrong, &root, proof, n));
    assert_false(tree_check_consistency(0, size, &old_root, &root, proof, n));
    assert_false(tree_check_consistency(size + 1, size, &old_root, &root, proof, n));
    if (n > 0)
        assert_false(tree_check_consistency(old_size, size, &old_root, &root, proof, n - 1));
    proof[n] = root;
    assert_false(tree_check_consistency(old_size, size, &old_root, &root, proof, n + 1));
    for (size_t i = 0; i < n; i++) {
        proof[i].b[31 - i % HASH_BYTES] ^= 0x80;
        assert_false(tree_check_consistency(old_size, size, &old_root, &root, proof, n));
        proof[i].b[31 - i % HASH_BYTES] ^= 0x80;
    }
}

static void test_consistency_exhaustive(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= EXHAUSTIVE; size++)
        for (uint64_t old_size = 1; old_size <= size; old_size++)
            try_consistency(old_size, size, size <= 40 || old_size % 7 == 0);
}

static void test_seeded_beyond(void **state)
{
    uint64_t seed = test_seed();

    (void)state;
    for (int i = 0; i < 40; i++) {
        uint64_t size = 131 + test_random(&seed) % 8000;

        try_inclusion(test_random(&seed) % size, size, false);
        try_consistency(1 + test_random(&seed) % size, size, true);
    }
}

/* Levels of tiles, as a server would hold them for `size` leaves. */
struct levels {
    uint64_t size;
    struct hash *hashes[3];
};

static int read_tile(void *ctx, struct tile tile, const struct hash **hashes)
{
    const struct levels *l = ctx;

    assert_int_equal(tile.kind, TILE_HASHES);
    assert_true(tile.level < 3);
    assert_int_equal(tile.width, tile_width(l->size, tile.level, tile.number));
    *hashes = l->hashes[tile.level] + tile.number * TILE_WIDTH;
    return 0;
}

static void test_tiles_give_the_same_proofs(void **state)
{
    static const uint64_t sizes[] = {
        1, 255, 256, 257, 511, 512, 65535, 65536, 65537, 65536 + 300, LARGE};
    uint64_t seed = test_seed();
    struct levels l = {
        0, {leaves, malloc(512 * sizeof(struct hash)), malloc(2 * sizeof(struct hash))}};

    (void)state;
    assert_non_null(l.hashes[1]);
    assert_non_null(l.hashes[2]);
    for (uint64_t i = 0; i < LARGE / 256; i++)
        tree_fold(&l.hashes[1][i], leaves + i * 256, 256);
    tree_fold(&l.hashes[2][0], l.hashes[1], 256);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct tile_nodes nodes = {sizes[s], read_tile, &l};
        struct hash proof[CONSISTENCY_HASHES_MAX], root, wanted = mth(0, sizes[s]);
        size_t n;

        l.size = sizes[s];
        assert_int_equal(tree_root(sizes[s], tile_node, &nodes, &root), 0);
        assert_true(hash_eq(&root, &wanted));
        for (int i = 0; i < 20; i++) {
            uint64_t index = test_random(&seed) % sizes[s], old_size = index + 1;
            struct hash old_root = mth(0, old_size);

            assert_int_equal(
                tree_prove_inclusion(index, sizes[s], tile_node, &nodes, proof, &n), 0);
            assert_true(tree_check_inclusion(index, sizes[s], &leaves[index], proof, n, &root));
            assert_int_equal(
                tree_prove_consistency(old_size, sizes[s], tile_node, &nodes, proof, &n), 0);
            assert_true(tree_check_consistency(old_size, sizes[s], &old_root, &root, proof, n));
        }
    }
    free(l.hashes[1]);
    free(l.hashes[2]);
}

static int failing_node(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    (void)ctx;
    (void)level;
    (void)index;
    memset(out, 0, sizeof *out);
    return KEIIN_EUNREADABLE;
}

static void test_errors_pass_through(void **state)
{
    struct hash proof[CONSISTENCY_HASHES_MAX], root;
    size_t n;

    (void)state;
    assert_int_equal(tree_root(5, failing_node, NULL, &root), KEIIN_EUNREADABLE);
    assert_int_equal(tree_prove_inclusion(2, 5, failing_node, NULL, proof, &n), KEIIN_EUNREADABLE);
    assert_int_equal(
        tree_prove_consistency(3, 5, failing_node, NULL, proof, &n), KEIIN_EUNREADABLE);
}

/* Proofs of sizes that no test could hold: their length is bounded, and the check ends. */
static void test_largest_sizes(void **state)
{
    static struct hash proof[CONSISTENCY_HASHES_MAX];
    struct hash root = {{0}};

    (void)state;
    for (size_t n = 0; n <= PROOF_HASHES_MAX; n++) {
        assert_false(tree_check_inclusion(UINT64_MAX - 1, UINT64_MAX, &leaves[0], proof, n, &root));
        assert_false(tree_check_inclusion(0, UINT64_MAX, &leaves[0], proof, n, &root));
        assert_false(tree_check_consistency(1, UINT64_MAX, &leaves[0], &root, proof, n));
        assert_false(tree_check_consistency(UINT64_MAX - 1, UINT64_MAX, &root, &root, proof, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frontier),
        cmocka_unit_test(test_inclusion_exhaustive),
        cmocka_unit_test(test_consistency_exhaustive),
        cmocka_unit_test(test_seeded_beyond),
        cmocka_unit_test(test_tiles_give_the_same_proofs),
        cmocka_unit_test(test_errors_pass_through),
        cmocka_unit_test(test_largest_sizes),
    };

    return cmocka_run_group_tests(tests, make_leaves, free_leaves);
}
