#include "store/logtable.h"

#include <assert.h>

const struct store_table log_tables[LOG_TABLES] = {
    {"entries", true},
    {"records", true},
    {"hashes", true},
};

/* What must be there and is not is damage. */
static int must(int err)
{
    return err == KEIIN_EABSENT ? KEIIN_EDAMAGED : err;
}

static uint64_t hash_key(unsigned level, uint64_t number)
{
    assert(level < TILE_LEVELS_MAX && number < UINT64_C(1) << 56);
    return (uint64_t)(TILE_LEVELS_MAX - 1 - level) << 56 | number;
}

static uint64_t key_number(struct span key)
{
    uint64_t k = 0;

    if (key.n == sizeof k)
        memcpy(&k, key.p, sizeof k);
    return k;
}

static int see_number(void *ctx, struct span key, struct span value)
{
    (void)value;
    *(uint64_t *)ctx = key_number(key);
    return 0;
}

int log_size(const struct store_txn *txn, uint64_t *size)
{
    uint64_t index = 0;
    int err = store_last(txn, LOG_ENTRIES, see_number, &index);

    *size = err == 0 ? index + 1 : 0;
    return err == KEIIN_EABSENT ? 0 : err;
}

int log_put_entry(const struct store_txn *txn, uint64_t index, struct span entry)
{
    return store_put(txn, LOG_ENTRIES, store_key(&index), entry, STORE_APPEND);
}

int log_put_records(
    const struct store_txn *txn, uint64_t index, size_t n, store_fill_fn *fill, void *ctx)
{
    return store_put_filled(txn, LOG_RECORDS, store_key(&index), n, STORE_APPEND, fill, ctx);
}

int log_put_hashes(const struct store_txn *txn, unsigned level, uint64_t first,
    const struct hash *hashes, size_t count)
{
    int err = 0;

    for (size_t i = 0; i < count && err == 0; i++) {
        uint64_t key = hash_key(level, first + i);

        err = store_put(txn, LOG_HASHES, store_key(&key), span_hash(&hashes[i]),
            level == 0 ? STORE_APPEND : STORE_NEW);
    }
    return err;
}

int log_entry(const struct store_txn *txn, uint64_t index, struct buf *out)
{
    return must(store_get_buf(txn, LOG_ENTRIES, store_key(&index), out));
}

int log_records(const struct store_txn *txn, uint64_t index, struct buf *out)
{
    return must(store_get_buf(txn, LOG_RECORDS, store_key(&index), out));
}

#define WALK_ENOUGH 1 /* stops a walk; no error has this number */

struct hash_walk {
    uint64_t next; /* the key that must come now */
    size_t left;
    struct hash *out;
};

static int see_hash(void *ctx, struct span key, struct span value)
{
    struct hash_walk *w = ctx;

    if (key_number(key) != w->next || value.n != HASH_BYTES)
        return KEIIN_EDAMAGED;
    memcpy(w->out->b, value.p, HASH_BYTES);
    w->out++;
    w->next++;
    return --w->left == 0 ? WALK_ENOUGH : 0;
}

int log_hashes(
    const struct store_txn *txn, unsigned level, uint64_t first, size_t count, struct hash *out)
{
    struct hash_walk w = {hash_key(level, first), count, out};
    uint64_t from = w.next;
    int err;

    if (count == 0)
        return 0;
    err = store_walk(txn, LOG_HASHES, store_key(&from), see_hash, &w);
    if (err == WALK_ENOUGH)
        return 0;
    return err == 0 ? KEIIN_EDAMAGED : err;
}

/* Bytes of the length that stands before each entry's part. */
static size_t header_bytes(enum tile_kind kind)
{
    return kind == TILE_ENTRIES ? 2 : 4;
}

struct bundle_walk {
    struct log_bundle *bundle;
    size_t seen;
    uint64_t bytes;
};

static int see_length(void *ctx, struct span key, struct span value)
{
    struct bundle_walk *w = ctx;

    if (key_number(key) != w->bundle->first + w->seen ||
        (w->bundle->kind == TILE_ENTRIES ? value.n > ENTRY_BYTES_MAX : value.n > UINT32_MAX))
        return KEIIN_EDAMAGED;
    w->bytes += header_bytes(w->bundle->kind) + value.n;
    w->bundle->ends[w->seen++] = w->bytes;
    return w->seen == w->bundle->count ? WALK_ENOUGH : 0;
}

static unsigned table_of(enum tile_kind kind)
{
    assert(kind == TILE_ENTRIES || kind == TILE_RECORDS);
    return kind == TILE_ENTRIES ? LOG_ENTRIES : LOG_RECORDS;
}

int log_bundle_open(const struct store_txn *txn, enum tile_kind kind, uint64_t first, size_t count,
    struct log_bundle *out)
{
    struct bundle_walk w = {out, 0, 0};
    int err;

    assert(count >= 1 && count <= TILE_WIDTH);
    out->kind = kind;
    out->first = first;
    out->count = count;
    err = store_walk(txn, table_of(kind), store_key(&first), see_length, &w);
    if (err == WALK_ENOUGH)
        return 0;
    return err == 0 ? KEIIN_EDAMAGED : err;
}

uint64_t log_bundle_bytes(const struct log_bundle *bundle)
{
    return bundle->ends[bundle->count - 1];
}

struct part_copy {
    const struct log_bundle *bundle;
    size_t entry; /* of the bundle, the next to be seen */
    uint64_t offset; /* in the bundle */
    uint8_t *out;
    size_t left;
};

/* Copies what lies in this entry's part of the bundle: its length, then its bytes. */
static int see_part(void *ctx, struct span key, struct span value)
{
    struct part_copy *c = ctx;
    uint64_t start = c->entry == 0 ? 0 : c->bundle->ends[c->entry - 1], inside;
    size_t head = header_bytes(c->bundle->kind), n;
    uint8_t header[4];

    if (key_number(key) != c->bundle->first + c->entry ||
        start + head + value.n != c->bundle->ends[c->entry])
        return KEIIN_EDAMAGED;
    if (head == 2)
        be16_put(header, (uint16_t)value.n);
    else
        be32_put(header, (uint32_t)value.n);
    for (inside = c->offset - start; inside < head && c->left > 0; inside++, c->left--)
        *c->out++ = header[inside];
    if (c->left > 0) {
        n = value.n - (size_t)(inside - head);
        if (n > c->left)
            n = c->left;
        if (n > 0)
            memcpy(c->out, value.p + (inside - head), n);
        c->out += n;
        c->left -= n;
    }
    c->offset = c->bundle->ends[c->entry++];
    return c->left == 0 ? WALK_ENOUGH : 0;
}

int log_bundle_read(const struct store_txn *txn, const struct log_bundle *bundle, uint64_t offset,
    uint8_t *out, size_t n)
{
    struct part_copy c = {bundle, 0, offset, out, n};
    uint64_t from;
    int err;

    assert(offset <= log_bundle_bytes(bundle) && n <= log_bundle_bytes(bundle) - offset);
    if (n == 0)
        return 0;
    while (bundle->ends[c.entry] <= offset)
        c.entry++;
    from = bundle->first + c.entry;
    err = store_walk(txn, table_of(bundle->kind), store_key(&from), see_part, &c);
    if (err == WALK_ENOUGH)
        return 0;
    return err == 0 ? KEIIN_EDAMAGED : err;
}

static int read_tile(void *ctx, struct tile tile, const struct hash **hashes)
{
    struct log_nodes *n = ctx;
    int err = 0;

    *hashes = n->hashes[tile.level];
    if (n->kept[tile.level] == tile.number + 1)
        return 0;
    err =
        log_hashes(n->txn, tile.level, tile.number * TILE_WIDTH, tile.width, n->hashes[tile.level]);
    n->kept[tile.level] = err == 0 ? tile.number + 1 : 0;
    return err;
}

void log_nodes_init(struct log_nodes *out, const struct store_txn *txn, uint64_t size)
{
    out->txn = txn;
    memset(out->kept, 0, sizeof out->kept);
    out->nodes = (struct tile_nodes){size, read_tile, out};
}

/* In the order of the tree: two nodes share a place only when they are far from each other. */
static size_t place_of(unsigned level, uint64_t index)
{
    return (size_t)((((2 * index + 1) << (level - 8)) - 1) % LOG_CACHE_NODES);
}

int log_cached_node(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    struct log_cached *c = ctx;
    struct log_cache_node *kept;
    int err;

    if (level < 8)
        return tile_node(&c->nodes.nodes, level, index, out);
    kept = &c->cache->nodes[place_of(level, index)];
    if (kept->level == level && kept->index == index) {
        *out = kept->hash;
        return 0;
    }
    err = tile_node(&c->nodes.nodes, level, index, out);
    if (err == 0)
        *kept = (struct log_cache_node){index, level, *out};
    return err;
}
