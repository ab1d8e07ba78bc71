#include "http/source_tiles.h"

#include <stdlib.h>

#define TILES_KEPT 32

/* The next width in which a tile may be there: whole, or as the source's own last one; false: none. */
static bool wider(const struct source *source, const struct tile *wanted, struct tile *sought)
{
    uint64_t size = source_size(source);
    unsigned own = wanted->kind == TILE_HASHES ? wanted->level : 0;
    unsigned width = size == 0 ? 0 : tile_width(size, own, wanted->number);

    if (wanted->width == TILE_WIDTH)
        return false;
    if (sought->width == wanted->width)
        sought->width = TILE_WIDTH;
    else if (sought->width == TILE_WIDTH && width > wanted->width && width < TILE_WIDTH)
        sought->width = width;
    else
        return false;
    return true;
}

int source_get_tile(struct source *source, const struct tile *tile, size_t bytes_max,
    struct buf *out, bool *longer, bool *full, struct why *why)
{
    struct tile sought = *tile;
    char path[TILE_PATH_BYTES];
    int err;

    do {
        tile_path(path, sought);
        err = source_get(source, path, bytes_max, out, longer, why);
        *full = sought.width != tile->width;
    } while (err == KEIIN_EABSENT && wider(source, tile, &sought));
    return err;
}

int source_stream_open_tile(struct source *source, const struct tile *tile,
    struct source_stream **out, bool *full, struct why *why)
{
    struct tile sought = *tile;
    char path[TILE_PATH_BYTES];
    int err;

    do {
        tile_path(path, sought);
        err = source_stream_open(source, path, out, why);
        *full = sought.width != tile->width;
    } while (err == KEIIN_EABSENT && wider(source, tile, &sought));
    return err;
}

/* ---- hash tiles for provers ---- */

struct source_tiles {
    struct source *source;
    struct tile_nodes nodes;
    struct why *why; /* of the nodes; borrowed */
    struct buf bytes;
    size_t count; /* ever read: the oldest gives way */
    struct kept_tile {
        struct tile tile;
        struct hash hashes[TILE_WIDTH];
    } kept[TILES_KEPT];
};

struct source_tiles *source_tiles_new(struct source *source)
{
    struct source_tiles *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->source = source;
    buf_init(&t->bytes, TILE_BYTES_MAX);
    return t;
}

void source_tiles_free(struct source_tiles *tiles)
{
    if (tiles == NULL)
        return;
    buf_destroy(&tiles->bytes);
    free(tiles);
}

static const struct kept_tile *find_kept(const struct source_tiles *t, const struct tile *tile)
{
    size_t count = t->count < TILES_KEPT ? t->count : TILES_KEPT;

    for (size_t i = 0; i < count; i++) {
        const struct tile *have = &t->kept[i].tile;

        if (have->level == tile->level && have->number == tile->number &&
            have->width >= tile->width)
            return &t->kept[i];
    }
    return NULL;
}

static int read_tile(void *ctx, struct tile tile, const struct hash **hashes)
{
    struct source_tiles *t = ctx;
    const struct kept_tile *kept = find_kept(t, &tile);
    size_t bytes = tile.width * sizeof(struct hash);
    struct kept_tile *place;
    bool longer, full;
    int err;

    if (kept != NULL) {
        *hashes = kept->hashes;
        return 0;
    }
    err = source_get_tile(t->source, &tile, TILE_BYTES_MAX, &t->bytes, &longer, &full, t->why);
    if (err == 0 && t->bytes.n < bytes) {
        why_set(t->why, "a hash tile is cut short");
        err = KEIIN_EMALFORMED;
    }
    if (err != 0)
        return err;
    place = &t->kept[t->count++ % TILES_KEPT];
    place->tile = tile;
    memcpy(place->hashes, t->bytes.p, bytes);
    *hashes = place->hashes;
    return 0;
}

struct tile_nodes *source_tiles_nodes(struct source_tiles *tiles, uint64_t size, struct why *why)
{
    tiles->nodes = (struct tile_nodes){size, read_tile, tiles};
    tiles->why = why;
    return &tiles->nodes;
}
