#include "verifier/check/fetch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "http/source_tiles.h"

static void start(struct fetch *f, struct source *source)
{
    *f = (struct fetch){.source = source};
    buf_init(&f->checkpoint_bytes, CHECKPOINT_BYTES_MAX);
    buf_init(&f->bundle, ENTRY_BUNDLE_BYTES_MAX);
}

/* Takes apart the checkpoint that is there; after a failure nothing is to be destroyed. */
static int parse(struct fetch *f, struct why *why)
{
    struct note *note = malloc(sizeof *note);
    int err = note == NULL ? KEIIN_ENOMEM : note_parse(buf_view(&f->checkpoint_bytes), note, why);

    if (err == 0)
        err = checkpoint_parse(note->text, &f->checkpoint, why);
    free(note);
    return err;
}

int fetch_init(struct fetch *f, struct source *source, bool latest, struct why *why)
{
    const char *path = latest ? "latest-checkpoint" : "checkpoint";
    bool longer;
    int err;

    start(f, source);
    err = source_get(source, path, CHECKPOINT_BYTES_MAX, &f->checkpoint_bytes, &longer, why);
    if (err == 0 && longer) {
        why_set(why, "it is longer than a checkpoint may be");
        err = KEIIN_EMALFORMED;
    }
    if (err == 0)
        err = parse(f, why);
    if (err != 0) {
        why_prefix(why, "%s", path);
        fetch_destroy(f);
    }
    return err;
}

int fetch_init_at(struct fetch *f, struct source *source, struct span checkpoint, struct why *why)
{
    int err;

    start(f, source);
    buf_put_span(&f->checkpoint_bytes, checkpoint);
    err = buf_status(&f->checkpoint_bytes) == KEIIN_ELIMIT ? KEIIN_EMALFORMED
                                                           : buf_status(&f->checkpoint_bytes);
    if (err == 0)
        err = parse(f, why);
    if (err != 0)
        fetch_destroy(f);
    return err;
}

void fetch_destroy(struct fetch *f)
{
    buf_destroy(&f->checkpoint_bytes);
    buf_destroy(&f->bundle);
    source_tiles_free(f->tiles);
    f->tiles = NULL;
}

static int reach(const struct fetch *f, uint64_t index, struct tile *tile, struct why *why)
{
    if (index >= f->checkpoint.size) {
        why_set(why, "the checkpoint covers entries 0 to %" PRIu64 ", not %" PRIu64,
            f->checkpoint.size - 1, index);
        return KEIIN_EUSAGE;
    }
    tile->number = index / TILE_WIDTH;
    tile->width = tile_width(f->checkpoint.size, 0, tile->number);
    return 0;
}

/* The bundle that a tile names, unless it is the one that was read last. */
static int read_bundle(struct fetch *f, const struct tile *tile, struct why *why)
{
    bool longer, full;
    int err;

    if (f->has_bundle && f->bundle_number == tile->number)
        return 0;
    f->has_bundle = false;
    err = source_get_tile(f->source, tile, ENTRY_BUNDLE_BYTES_MAX, &f->bundle, &longer, &full, why);
    f->has_bundle = err == 0;
    f->bundle_number = tile->number;
    return err;
}

int fetch_entry(struct fetch *f, uint64_t index, struct buf *out, struct why *why)
{
    struct tile tile = {TILE_ENTRIES, 0, 0, 0};
    struct span entry = {NULL, 0};
    struct cursor c;
    int err = reach(f, index, &tile, why);

    if (err == 0)
        err = read_bundle(f, &tile, why);
    if (err != 0)
        return err;
    c = cursor_of(buf_view(&f->bundle));
    for (uint64_t i = 0; i <= index % TILE_WIDTH; i++)
        entry = bundle_entry(&c);
    if (c.failed) {
        why_set(why, "the bundle of entry %" PRIu64 " is cut short", index);
        return KEIIN_EMALFORMED;
    }
    buf_put_span(out, entry);
    return buf_status(out);
}

static int take_part(struct source_stream *stream, uint64_t *left, struct buf *out, struct why *why)
{
    struct span s;
    size_t n;
    int err;

    if (*left < 2)
        return KEIIN_EMALFORMED;
    err = source_stream_take(stream, 2, &s, why);
    if (err != 0)
        return err;
    n = be16_get(s.p);
    *left -= 2;
    if (n > *left)
        return KEIIN_EMALFORMED;
    *left -= n;
    err = source_stream_take(stream, n, &s, why);
    if (err == 0 && out != NULL) {
        buf_put_span(out, s);
        err = buf_status(out);
    }
    return err;
}

static int pass_over(struct source_stream *stream, uint64_t left, struct why *why)
{
    struct span s;
    int err = 0;

    while (left > 0 && err == 0) {
        size_t n = left < SOURCE_PIECE_BYTES_MAX ? (size_t)left : SOURCE_PIECE_BYTES_MAX;

        err = source_stream_take(stream, n, &s, why);
        left -= n;
    }
    return err;
}

int fetch_record(struct fetch *f, uint64_t index, size_t count, uint32_t position,
    struct buf *record, struct buf *sealed, struct why *why)
{
    struct tile tile = {TILE_RECORDS, 0, 0, 0};
    struct source_stream *stream = NULL;
    uint64_t left = 0;
    struct span s;
    bool full;
    int err = reach(f, index, &tile, why);

    if (err == 0)
        err = source_stream_open_tile(f->source, &tile, &stream, &full, why);
    for (uint64_t i = 0; err == 0; i++) {
        err = source_stream_take(stream, 4, &s, why);
        if (err != 0)
            break;
        left = be32_get(s.p);
        if (i == index % TILE_WIDTH)
            break;
        err = pass_over(stream, left, why);
    }
    for (size_t i = 0; err == 0 && left > 0 && i < count && i <= position; i++) {
        err = take_part(stream, &left, i == position ? record : NULL, why);
        if (err == 0)
            err = take_part(stream, &left, i == position ? sealed : NULL, why);
    }
    if (err == KEIIN_EMALFORMED)
        why_set(why, "the lengths in the records of entry %" PRIu64 " do not fit", index);
    source_stream_close(stream);
    return err;
}

int fetch_proof(struct fetch *f, uint64_t index, const struct hash *leaf,
    struct hash proof[static PROOF_HASHES_MAX], size_t *count, struct why *why)
{
    int err;

    if (f->tiles == NULL)
        f->tiles = source_tiles_new(f->source);
    if (f->tiles == NULL)
        return KEIIN_ENOMEM;
    err = tree_prove_inclusion(index, f->checkpoint.size, tile_node,
        source_tiles_nodes(f->tiles, f->checkpoint.size, why), proof, count);
    if (err == 0 && !tree_check_inclusion(
                        index, f->checkpoint.size, leaf, proof, *count, &f->checkpoint.root)) {
        why_set(why,
            "the hash tiles do not lead from entry %" PRIu64 " to the checkpoint's root: "
            "audit the source",
            index);
        err = KEIIN_EMISMATCH;
    }
    return err;
}
