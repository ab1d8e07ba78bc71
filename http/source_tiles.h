/*
 * Tiles and bundles of a source, and its hash tiles as the provers of core/tree.h ask for them.
 * Nobody believes them: what is worked out from hash tiles counts where a proof leads from it to
 * a root that is known. One thread.
 */
#ifndef KEIIN_HTTP_SOURCE_TILES_H
#define KEIIN_HTTP_SOURCE_TILES_H

#include "core/tile.h"
#include "http/source.h"

/*
 * A hash tile, an entry bundle or a records bundle, of a tree in which it has `width`
 * hashes or entries. The partial one that is not there is sought as the full one, and
 * *full says so: then only the first `width` are meant.
 */
int source_get_tile(struct source *source, const struct tile *tile, size_t bytes_max,
    struct buf *out, bool *longer, bool *full, struct why *why) KEIIN_MUST_USE;
int source_stream_open_tile(struct source *source, const struct tile *tile,
    struct source_stream **out, bool *full, struct why *why) KEIIN_MUST_USE;

struct source_tiles;

/* Keeps the tiles that were read last. Borrows the source. NULL: no memory. */
struct source_tiles *source_tiles_new(struct source *source);
void source_tiles_free(struct source_tiles *tiles);

/*
 * The nodes of the source's tree of `size`, for tile_node; good until the next call. What the
 * provers give: 0; KEIIN_EMALFORMED when a tile is cut short; else as source_get; `why` (borrowed)
 * then says why.
 */
struct tile_nodes *source_tiles_nodes(struct source_tiles *tiles, uint64_t size, struct why *why);

#endif
