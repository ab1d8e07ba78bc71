#include "core/tile.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/text.h"

void tile_path(char out[static TILE_PATH_BYTES], struct tile tile)
{
    uint64_t divisor = 1;
    int n;

    if (tile.kind == TILE_HASHES)
        n = snprintf(out, TILE_PATH_BYTES, "tile/%u/", tile.level);
    else
        n = snprintf(out, TILE_PATH_BYTES, "tile/%s/",
            tile.kind == TILE_ENTRIES ? "entries" : "records");
    while (tile.number / divisor >= 1000)
        divisor *= 1000;
    for (; divisor >= 1; divisor /= 1000)
        n += snprintf(out + n, TILE_PATH_BYTES - (size_t)n, "%s%03u%s", divisor > 1 ? "x" : "",
            (unsigned)(tile.number / divisor % 1000), divisor > 1 ? "/" : "");
    if (tile.width < TILE_WIDTH)
        snprintf(out + n, TILE_PATH_BYTES - (size_t)n, ".p/%u", tile.width);
}

/* N: groups of three digits, all but the last behind an x; no group of zeros in front. */
static bool number_parse(struct cursor *c, uint64_t *number)
{
    uint64_t v = 0, group;
    bool first = true;

    for (;;) {
        bool more = cursor_skip(c, "x");
        struct span digits = cursor_take(c, 3);

        if (digits.n != 3)
            return false;
        group = 0;
        for (size_t i = 0; i < 3; i++) {
            if (digits.p[i] < '0' || digits.p[i] > '9')
                return false;
            group = group * 10 + (uint64_t)(digits.p[i] - '0');
        }
        if ((first && more && group == 0) || v > (UINT64_MAX - group) / 1000)
            return false;
        v = v * 1000 + group;
        *number = v;
        first = false;
        if (!more)
            return true;
        if (!cursor_skip(c, "/"))
            return false;
    }
}

bool tile_path_parse(struct span path, struct tile *out)
{
    struct cursor c = cursor_of(path);
    uint64_t level = 0, width;
    const uint8_t *slash;

    *out = (struct tile){TILE_HASHES, 0, 0, TILE_WIDTH};
    if (cursor_skip(&c, "entries/")) {
        out->kind = TILE_ENTRIES;
    } else if (cursor_skip(&c, "records/")) {
        out->kind = TILE_RECORDS;
    } else {
        slash = cursor_left(&c) == 0 ? NULL : memchr(c.p, '/', cursor_left(&c));
        if (slash == NULL ||
            !decimal_parse(span_of(c.p, (size_t)(slash - c.p)), TILE_LEVELS_MAX - 1, &level))
            return false;
        out->level = (unsigned)level;
        c.p = slash + 1;
    }
    if (!number_parse(&c, &out->number))
        return false;
    if (cursor_skip(&c, ".p/")) {
        if (!decimal_parse(cursor_take(&c, cursor_left(&c)), TILE_WIDTH - 1, &width) || width == 0)
            return false;
        out->width = (unsigned)width;
    }
    return cursor_done(&c);
}

unsigned tile_width(uint64_t size, unsigned level, uint64_t number)
{
    uint64_t hashes = level >= 8 ? 0 : size >> (8 * level);

    if (number >= hashes / TILE_WIDTH + 1)
        return 0;
    return number < hashes / TILE_WIDTH ? TILE_WIDTH : (unsigned)(hashes % TILE_WIDTH);
}

int tile_node(void *nodes, unsigned level, uint64_t index, struct hash *out)
{
    const struct tile_nodes *n = nodes;
    unsigned tile_level = level / 8, inside = level % 8;
    uint64_t first = index << inside; /* of the tile level's hashes */
    struct tile tile = {TILE_HASHES, tile_level, first / TILE_WIDTH, 0};
    const struct hash *hashes = NULL;
    int err;

    tile.width = tile_width(n->size, tile_level, tile.number);
    assert(first % TILE_WIDTH + ((size_t)1 << inside) <= tile.width);
    err = n->read(n->ctx, tile, &hashes);
    if (err != 0)
        return err;
    tree_fold(out, hashes + first % TILE_WIDTH, (size_t)1 << inside);
    return 0;
}

struct span bundle_entry(struct cursor *bundle)
{
    return cursor_take(bundle, cursor_be16(bundle));
}

void records_put(struct buf *out, struct span record, struct span sealed)
{
    buf_put_be16(out, (uint16_t)record.n);
    buf_put_span(out, record);
    buf_put_be16(out, (uint16_t)sealed.n);
    buf_put_span(out, sealed);
}

void records_next(struct cursor *records, struct span *record, struct span *sealed)
{
    *record = cursor_take(records, cursor_be16(records));
    *sealed = cursor_take(records, cursor_be16(records));
}
