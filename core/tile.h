/*
 * Tiles and bundles (c2sp.org/tlog-tiles; SPEC.md section 6): their paths, their widths,
 * their bytes, and tree nodes out of tiles. Pure; any thread.
 */
#ifndef KEIIN_CORE_TILE_H
#define KEIIN_CORE_TILE_H

#include "core/tree.h"

enum tile_kind { TILE_HASHES, TILE_ENTRIES, TILE_RECORDS };

struct tile {
    enum tile_kind kind;
    unsigned level;  /* of TILE_HASHES: 0 to TILE_LEVELS_MAX - 1; else 0 */
    uint64_t number; /* N */
    unsigned width;  /* 1 to 256; 256 is a full one, without .p/<W> */
};

/* "tile/<L>/<N>[.p/<W>]" and so on; at most TILE_PATH_BYTES with the NUL. */
#define TILE_PATH_BYTES 64
void tile_path(char out[static TILE_PATH_BYTES], struct tile tile);
/* What follows "tile/" of such a path; false when it is none. */
bool tile_path_parse(struct span path, struct tile *out);

/* Width of tile `number` at `level` in a tree of `size` leaves: 0 when it is not there. */
unsigned tile_width(uint64_t size, unsigned level, uint64_t number);

/*
 * Gives the hashes of a tile, at least `width` of them, valid until the next call.
 * Returns 0 or an error that is passed on.
 */
typedef int tile_read_fn(void *ctx, struct tile tile, const struct hash **hashes);

/* Tree nodes by way of tiles, for the provers of tree.h; `ctx` is a struct tile_nodes. */
struct tile_nodes {
    uint64_t size; /* of the tree that the tiles belong to */
    tile_read_fn *read;
    void *ctx;
};
int tile_node(void *nodes, unsigned level, uint64_t index, struct hash *out) KEIIN_MUST_USE;

/* The next entry of a bundle (uint16 length, bytes); failure in the cursor. */
struct span bundle_entry(struct cursor *bundle);

/*
 * The records of one entry, as they stand in tile/records after the uint32 length:
 * for each a uint16 length, the record, a uint16 length, the sealed part.
 */
void records_put(struct buf *out, struct span record, struct span sealed);
/* The next pair; failure in the cursor when the lengths do not fit. */
void records_next(struct cursor *records, struct span *record, struct span *sealed);

#endif
