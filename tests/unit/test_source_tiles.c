/* Hash tiles as provers ask a source for them: of several sizes, kept, cut short, not there. */
#include "core/sha256.h"
#include "http/source_tiles.h"
#include "tests/fuzz/memory_source.h"
#include "tests/unit/test.h"

#define LEAVES (40 * TILE_WIDTH + 5)
#define KEPT 32 /* of source_tiles.c */

static struct hash leaves[LEAVES];

struct place {
    unsigned asked; /* files */
    bool full_only; /* no partial tiles */
    size_t cut_bytes; /* off each file */
};

static void make_leaves(void)
{
    for (size_t i = 0; i < LEAVES; i++)
        sha256(&leaves[i], span_of(&i, sizeof i));
}

static void root_of(size_t size, struct hash *out)
{
    struct frontier f = {0};

    for (size_t i = 0; i < size; i++)
        frontier_append(&f, &leaves[i]);
    frontier_root(&f, out);
}

/* Tiles of levels 0 and 1. */
static int give(void *ctx, const char *path, struct buf *out)
{
    struct place *place = ctx;
    struct tile tile;
    struct hash hash;

    place->asked++;
    assert_true(tile_path_parse(span_str(path + strlen("tile/")), &tile));
    assert_in_range(tile.level, 0, 1);
    if (place->full_only && tile.width < TILE_WIDTH)
        return KEIIN_EABSENT;
    for (size_t i = 0; i < tile.width; i++) {
        size_t at = (size_t)tile.number * TILE_WIDTH + i;

        if (tile.level == 0 && at < LEAVES)
            hash = leaves[at];
        else if (tile.level == 1 && (at + 1) * TILE_WIDTH <= LEAVES)
            tree_fold(&hash, &leaves[at * TILE_WIDTH], TILE_WIDTH);
        else
            break;
        buf_put_span(out, span_hash(&hash));
    }
    out->n -= place->cut_bytes < out->n ? place->cut_bytes : out->n;
    return 0;
}

static struct source_tiles *begin(struct place *place)
{
    struct source_tiles *tiles;

    make_leaves();
    memory_source_set(give, place);
    tiles = source_tiles_new(memory_source());
    assert_non_null(tiles);
    return tiles;
}

static int root_by_tiles(
    struct source_tiles *tiles, uint64_t size, struct hash *out, struct why *why)
{
    return tree_root(size, tile_node, source_tiles_nodes(tiles, size, why), out);
}

/* What was kept of a smaller tree does not pass for more of a larger one. */
static void test_several_sizes(void **state)
{
    static const size_t sizes[] = {300, 700, 301, 511, 512, 513, 1, 256, LEAVES, 300, 700};
    struct place place = {0};
    struct source_tiles *tiles = begin(&place);
    struct why why = {""};
    struct hash root, wanted;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        root_of(sizes[i], &wanted);
        assert_int_equal(root_by_tiles(tiles, sizes[i], &root, &why), 0);
        assert_memory_equal(&root, &wanted, sizeof root);
    }
    source_tiles_free(tiles);
}

static void test_a_tile_is_read_once(void **state)
{
    struct place place = {0};
    struct source_tiles *tiles = begin(&place);
    struct tile_nodes *nodes = source_tiles_nodes(tiles, LEAVES, NULL);
    struct hash hash;
    unsigned asked;

    (void)state;
    for (uint64_t n = 0; n < KEPT; n++)
        assert_int_equal(tile_node(nodes, 0, n * TILE_WIDTH, &hash), 0);
    assert_int_equal(place.asked, KEPT);
    for (uint64_t i = 0; i < KEPT * TILE_WIDTH; i++) {
        assert_int_equal(tile_node(nodes, 0, i, &hash), 0);
        assert_memory_equal(&hash, &leaves[i], sizeof hash);
    }
    assert_int_equal(place.asked, KEPT);
    /* One more takes the place of the oldest alone. */
    assert_int_equal(tile_node(nodes, 0, KEPT * TILE_WIDTH, &hash), 0);
    assert_memory_equal(&hash, &leaves[KEPT * TILE_WIDTH], sizeof hash);
    asked = place.asked;
    assert_int_equal(tile_node(nodes, 0, TILE_WIDTH, &hash), 0);
    assert_int_equal(place.asked, asked);
    assert_int_equal(tile_node(nodes, 0, 0, &hash), 0);
    assert_memory_equal(&hash, &leaves[0], sizeof hash);
    assert_int_equal(place.asked, asked + 1);
    source_tiles_free(tiles);
}

/* By each number of bytes that matters; and what was cut is not kept. */
static void test_cut_short(void **state)
{
    static const size_t cuts[] = {1, HASH_BYTES, 100 * HASH_BYTES, SIZE_MAX};
    struct place place = {0};
    struct source_tiles *tiles = begin(&place);
    struct hash root, wanted;

    (void)state;
    root_of(200, &wanted);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct why why = {""};

        place.cut_bytes = cuts[i];
        assert_int_equal(root_by_tiles(tiles, 200, &root, &why), KEIIN_EMALFORMED);
        assert_string_equal(why.text, "a hash tile is cut short");
    }
    place.cut_bytes = 0;
    assert_int_equal(root_by_tiles(tiles, 200, &root, NULL), 0);
    assert_memory_equal(&root, &wanted, sizeof root);
    source_tiles_free(tiles);
}

/* A partial tile is sought as the full one, which has more; a full one that is not there is absent. */
static void test_the_full_one_instead(void **state)
{
    struct place place = {.full_only = true};
    struct source_tiles *tiles = begin(&place);
    struct why why = {""};
    struct hash root, wanted;

    (void)state;
    root_of(300, &wanted);
    assert_int_equal(root_by_tiles(tiles, 300, &root, &why), 0);
    assert_memory_equal(&root, &wanted, sizeof root);
    place.cut_bytes = (TILE_WIDTH - 44) * HASH_BYTES; /* just as many as are needed */
    source_tiles_free(tiles);
    tiles = source_tiles_new(memory_source());
    assert_non_null(tiles);
    assert_int_equal(tile_node(source_tiles_nodes(tiles, 300, &why), 0, 299, &root), 0);
    assert_memory_equal(&root, &leaves[299], sizeof root);
    source_tiles_free(tiles);
}

static int give_nothing(void *ctx, const char *path, struct buf *out)
{
    (void)path;
    (void)out;
    return *(int *)ctx;
}

static void test_errors_are_passed_on(void **state)
{
    static int errors[] = {KEIIN_EABSENT, KEIIN_EUNREADABLE, KEIIN_ENOMEM};
    struct hash root;

    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct source_tiles *tiles;
        struct why why = {""};

        memory_source_set(give_nothing, &errors[i]);
        tiles = source_tiles_new(memory_source());
        assert_non_null(tiles);
        assert_int_equal(root_by_tiles(tiles, 300, &root, &why), errors[i]);
        assert_true(why.text[0] != '\0');
        source_tiles_free(tiles);
    }
    source_tiles_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_sizes),
        cmocka_unit_test(test_a_tile_is_read_once),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_the_full_one_instead),
        cmocka_unit_test(test_errors_are_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
