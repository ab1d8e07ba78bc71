/*
 * core/tile.c: a path that is taken is written again to the same text; bundles of entries and of
 * records are taken apart within their bytes and put together again.
 */
#include "core/tile.h"

#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 60000;

static void check_path(struct span in)
{
    struct tile tile;
    char path[TILE_PATH_BYTES];

    if (!tile_path_parse(in, &tile))
        return;
    FUZZ_CHECK(tile.width >= 1 && tile.width <= TILE_WIDTH && tile.level < TILE_LEVELS_MAX);
    FUZZ_CHECK(tile.kind == TILE_HASHES || tile.level == 0);
    tile_path(path, tile);
    FUZZ_CHECK(memcmp(path, "tile/", 5) == 0 && span_is(in, path + 5));
}

/* Another way to say which tiles a tree of `size` leaves has. */
static void check_width(struct choices *c)
{
    uint64_t size = choose_u64(c), number = choose_u64(c) >> choose(c, 64), hashes = size;
    unsigned level = choose(c, 9), width;

    for (unsigned i = 0; i < level; i++)
        hashes /= TILE_WIDTH;
    width = tile_width(size, level, number);
    FUZZ_CHECK(width <= TILE_WIDTH);
    if (level == 8)
        FUZZ_CHECK(width == 0);
    else if (number > hashes / TILE_WIDTH)
        FUZZ_CHECK(width == 0);
    else
        FUZZ_CHECK(number * TILE_WIDTH + width ==
                   (width == TILE_WIDTH ? (number + 1) * TILE_WIDTH : hashes));
}

static void check_entries(struct span in)
{
    struct cursor c = cursor_of(in);
    struct buf out;

    buf_init(&out, in.n);
    while (cursor_left(&c) > 0 && !c.failed) {
        const uint8_t *at = c.p;
        struct span entry = bundle_entry(&c);

        FUZZ_CHECK(!c.failed || entry.n == 0);
        if (c.failed)
            break;
        FUZZ_CHECK(entry.p == at + 2 && entry.p + entry.n == c.p && c.p <= in.p + in.n);
        buf_put_be16(&out, (uint16_t)entry.n);
        buf_put_span(&out, entry);
    }
    FUZZ_CHECK(buf_status(&out) == 0);
    FUZZ_CHECK(cursor_done(&c) == (out.n == in.n));
    FUZZ_CHECK(out.n == 0 || memcmp(out.p, in.p, out.n) == 0);
    buf_destroy(&out);
}

static void check_records(struct span in)
{
    struct cursor c = cursor_of(in);
    struct buf out;

    buf_init(&out, in.n);
    while (cursor_left(&c) > 0 && !c.failed) {
        struct span record, sealed;

        records_next(&c, &record, &sealed);
        if (c.failed) {
            FUZZ_CHECK(sealed.n == 0);
            break;
        }
        records_put(&out, record, sealed);
    }
    FUZZ_CHECK(buf_status(&out) == 0);
    FUZZ_CHECK(cursor_done(&c) == (out.n == in.n));
    FUZZ_CHECK(out.n == 0 || memcmp(out.p, in.p, out.n) == 0);
    buf_destroy(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct choices c = choices_of(in);

    check_path(in);
    check_width(&c);
    check_entries(in);
    check_records(in);
    fuzz_end(in);
    return 0;
}
