/* Paths of tiles one way and back, widths for every small size, bundles and record lists. */
#include "core/tile.h"
#include "tests/unit/test.h"

static void test_known_paths(void **state)
{
    static const struct {
        struct tile tile;
        const char *path;
    } cases[] = {
        {{TILE_HASHES, 0, 0, 256}, "tile/0/000"},
        {{TILE_HASHES, 7, 999, 256}, "tile/7/999"},
        {{TILE_HASHES, 1, 1000, 5}, "tile/1/x001/000.p/5"},
        {{TILE_HASHES, 3, 1234067, 1}, "tile/3/x001/x234/067.p/1"},
        {{TILE_ENTRIES, 0, 70, 255}, "tile/entries/070.p/255"},
        {{TILE_RECORDS, 0, 1000000, 256}, "tile/records/x001/x000/000"},
        {{TILE_RECORDS, 0, UINT64_MAX, 255},
            "tile/records/x018/x446/x744/x073/x709/x551/615.p/255"},
    };
    char path[TILE_PATH_BYTES];
    struct tile back;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tile_path(path, cases[i].tile);
        assert_string_equal(path, cases[i].path);
        assert_true(tile_path_parse(span_str(path + strlen("tile/")), &back));
        assert_int_equal(back.kind, cases[i].tile.kind);
        assert_int_equal(back.level, cases[i].tile.level);
        assert_true(back.number == cases[i].tile.number);
        assert_int_equal(back.width, cases[i].tile.width);
    }
}

static void test_other_spellings(void **state)
{
    static const char *const bad[] = {"", "0", "0/", "0/0", "0/00", "0/0000", "00/000", "8/000",
        "-1/000", "0/000/", "0/x000/000", "0/x00/000", "0/001/000", "0/x001/0000", "0/000.p",
        "0/000.p/", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/1/", "0/00a", "entries",
        "entries/", "entries/0", "records/000.p/-1", "data/000",
        "0/x018/x446/x744/x073/x709/x551/616", "0/x001/x000/x000/x000/x000/x000/x000/000", "/000",
        "0//000", "../000"};
    struct tile tile;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct span s = span_copy(span_str(bad[i]));

        if (tile_path_parse(s, &tile))
            fail_msg("\"%s\" passes for a tile's path", bad[i]);
        span_free(s);
    }
}

static void test_seeded_paths(void **state)
{
    uint64_t seed = test_seed();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct tile tile, back;
        char path[TILE_PATH_BYTES];

        tile.kind = (enum tile_kind)(test_random(&seed) % 3);
        tile.level =
            tile.kind == TILE_HASHES ? (unsigned)(test_random(&seed) % TILE_LEVELS_MAX) : 0;
        tile.number = test_random(&seed) >> (test_random(&seed) % 64);
        tile.width = 1 + (unsigned)(test_random(&seed) % TILE_WIDTH);
        tile_path(path, tile);
        assert_true(tile_path_parse(span_str(path + strlen("tile/")), &back));
        assert_true(back.kind == tile.kind && back.level == tile.level &&
                    back.number == tile.number && back.width == tile.width);
    }
}

/* The widths of a level add up to the complete subtrees of that level. */
static void test_widths(void **state)
{
    static const uint64_t sizes[] = {
        0, 1, 255, 256, 257, 65535, 65536, 65537, 131072, 16777216, 16777217, UINT64_MAX};

    (void)state;
    for (uint64_t size = 0; size < 2000; size++) {
        uint64_t sum = 0;

        for (uint64_t n = 0; n < 10; n++)
            sum += tile_width(size, 0, n);
        assert_true(sum == size);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned level = 0; level < TILE_LEVELS_MAX; level++) {
            uint64_t hashes = sizes[i] >> (8 * level), last = hashes / TILE_WIDTH;

            assert_int_equal(tile_width(sizes[i], level, last), hashes % TILE_WIDTH);
            assert_int_equal(tile_width(sizes[i], level, last + 1), 0);
            if (last > 0)
                assert_int_equal(tile_width(sizes[i], level, last - 1), TILE_WIDTH);
        }
    assert_int_equal(tile_width(UINT64_MAX, 8, 0), 0);
}

static void test_bundles(void **state)
{
    struct span bytes = span_unhex("000161000000026262"), cut;
    struct cursor c = cursor_of(bytes);

    (void)state;
    assert_true(span_is(bundle_entry(&c), "a"));
    assert_int_equal(bundle_entry(&c).n, 0);
    assert_false(c.failed);
    assert_true(span_is(bundle_entry(&c), "bb"));
    assert_true(cursor_done(&c));
    cut = span_copy(span_of(bytes.p, bytes.n - 1));
    c = cursor_of(cut);
    for (int i = 0; i < 3; i++)
        bundle_entry(&c);
    assert_true(c.failed);
    span_free(cut);
    span_free(bytes);
}

static void test_records(void **state)
{
    struct span record, sealed, copy;
    struct cursor c;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    records_put(&b, span_str("record"), span_of(NULL, 0));
    records_put(&b, span_of(NULL, 0), span_str("sealed"));
    for (size_t cut = 0; cut <= b.n; cut++) {
        copy = span_copy(span_of(b.p, cut));
        c = cursor_of(copy);
        records_next(&c, &record, &sealed);
        if (cut >= 10)
            assert_true(span_is(record, "record") && sealed.n == 0);
        records_next(&c, &record, &sealed);
        assert_int_equal(cursor_done(&c), cut == b.n);
        span_free(copy);
    }
    buf_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_paths),
        cmocka_unit_test(test_other_spellings),
        cmocka_unit_test(test_seeded_paths),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_bundles),
        cmocka_unit_test(test_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
