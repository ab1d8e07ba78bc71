#include "tests/sim/store_memory.h"

#include <assert.h>
#include <stdlib.h>

struct row {
    unsigned references;
    size_t key_bytes, value_bytes;
    uint8_t bytes[]; /* key, then value */
};

struct rows {
    struct row **list; /* in order of their keys */
    size_t count, cap;
};

struct store_image {
    unsigned references;
    struct rows tables[STORE_TABLES_MAX];
};

static void *need(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

struct store_image *store_image_hold(struct store_image *image)
{
    image->references++;
    return image;
}

static void row_release(struct row *row)
{
    if (--row->references == 0)
        free(row);
}

void store_image_release(struct store_image *image)
{
    if (image == NULL || --image->references > 0)
        return;
    for (size_t t = 0; t < STORE_TABLES_MAX; t++) {
        for (size_t i = 0; i < image->tables[t].count; i++)
            row_release(image->tables[t].list[i]);
        free(image->tables[t].list);
    }
    free(image);
}

static struct store_image *image_copy(const struct store_image *from)
{
    struct store_image *image = need(calloc(1, sizeof *image));

    image->references = 1;
    for (size_t t = 0; t < STORE_TABLES_MAX; t++) {
        const struct rows *rows = &from->tables[t];

        image->tables[t].count = rows->count;
        image->tables[t].cap = rows->count + 16;
        image->tables[t].list = need(malloc(image->tables[t].cap * sizeof(struct row *)));
        for (size_t i = 0; i < rows->count; i++) {
            image->tables[t].list[i] = rows->list[i];
            rows->list[i]->references++;
        }
    }
    return image;
}

static int compare(
    const struct store_memory *m, unsigned table, const struct row *row, struct span key)
{
    uint64_t a, b;

    if (!m->tables[table].integer_keys)
        return span_cmp(span_of(row->bytes, row->key_bytes), key);
    assert(row->key_bytes == sizeof a && key.n == sizeof b);
    memcpy(&a, row->bytes, sizeof a);
    memcpy(&b, key.p, sizeof b);
    return a < b ? -1 : a > b;
}

/* The first row at or behind a key. */
static size_t place_of(
    const struct store_memory *m, const struct rows *rows, unsigned table, struct span key)
{
    size_t low = 0, high = rows->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(m, table, rows->list[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int asked(struct store_memory *m, enum store_call call, bool *applied)
{
    *applied = false;
    return m->fails == NULL ? 0 : m->fails(m->fails_ctx, call, applied);
}

static int begin_read(void *ctx, void **out)
{
    struct store_memory *m = ctx;
    bool applied;
    int err = asked(m, CALL_BEGIN, &applied);

    *out = NULL;
    if (err != 0)
        return err;
    m->readers++;
    *out = store_image_hold(m->committed);
    return 0;
}

static void end_read(void *ctx, void *txn)
{
    struct store_memory *m = ctx;

    assert(m->readers > 0);
    m->readers--;
    store_image_release(txn);
}

static int begin_write(void *ctx, void **out)
{
    struct store_memory *m = ctx;
    bool applied;
    int err = asked(m, CALL_BEGIN, &applied);

    assert(m->writing == NULL);
    *out = NULL;
    if (err != 0)
        return err;
    m->writing = image_copy(m->committed);
    *out = m->writing;
    return 0;
}

static void keep(struct store_memory *m)
{
    store_image_hold(m->committed);
    store_image_release(m->kept);
    m->kept = m->committed;
}

bool store_memory_power_cut(struct store_memory *m)
{
    bool lost = m->kept != m->committed;

    assert(m->writing == NULL && m->readers == 0);
    store_image_hold(m->kept);
    store_image_release(m->committed);
    m->committed = m->kept;
    return lost;
}

static int commit(void *ctx, void *txn)
{
    struct store_memory *m = ctx;
    bool applied;
    int err = asked(m, CALL_COMMIT, &applied);

    assert(txn == m->writing && txn != NULL);
    if (err == 0 || applied) {
        store_image_release(m->committed);
        m->committed = m->writing;
    } else {
        store_image_release(m->writing);
    }
    m->writing = NULL;
    if (err == 0)
        keep(m);
    return err;
}

static void abort_write(void *ctx, void *txn)
{
    struct store_memory *m = ctx;

    assert(txn == m->writing && txn != NULL);
    store_image_release(m->writing);
    m->writing = NULL;
}

/*
 * Shows a row in memory that is gone afterwards: whoever keeps the pointer is found by the
 * sanitizer.
 */
static int show(const struct row *row, store_see_fn *see_fn, void *see_ctx)
{
    size_t n = row->key_bytes + row->value_bytes;
    uint8_t *copy = need(malloc(n + 1));
    int err;

    memcpy(copy, row->bytes, n);
    err = see_fn(
        see_ctx, span_of(copy, row->key_bytes), span_of(copy + row->key_bytes, row->value_bytes));
    free(copy);
    return err;
}

static int see(
    void *ctx, void *txn, unsigned table, struct span key, store_see_fn *see_fn, void *see_ctx)
{
    struct store_memory *m = ctx;
    const struct rows *rows = &((struct store_image *)txn)->tables[table];
    size_t i = place_of(m, rows, table, key);
    bool applied;
    int err = asked(m, CALL_READ, &applied);

    assert(table < m->table_count);
    if (err != 0)
        return err;
    if (i == rows->count || compare(m, table, rows->list[i], key) != 0)
        return KEIIN_EABSENT;
    return show(rows->list[i], see_fn, see_ctx);
}

static int walk(
    void *ctx, void *txn, unsigned table, struct span from, store_see_fn *see_fn, void *see_ctx)
{
    struct store_memory *m = ctx;
    const struct rows *rows = &((struct store_image *)txn)->tables[table];
    bool applied;
    int err = asked(m, CALL_READ, &applied);

    assert(table < m->table_count);
    for (size_t i = from.n == 0 ? 0 : place_of(m, rows, table, from); err == 0 && i < rows->count;
         i++)
        err = show(rows->list[i], see_fn, see_ctx);
    return err;
}

static int last(void *ctx, void *txn, unsigned table, store_see_fn *see_fn, void *see_ctx)
{
    struct store_memory *m = ctx;
    const struct rows *rows = &((struct store_image *)txn)->tables[table];
    bool applied;
    int err = asked(m, CALL_READ, &applied);

    assert(table < m->table_count);
    if (err != 0)
        return err;
    return rows->count == 0 ? KEIIN_EABSENT : show(rows->list[rows->count - 1], see_fn, see_ctx);
}

static void insert(struct rows *rows, size_t at, struct row *row)
{
    if (rows->count == rows->cap) {
        rows->cap = 2 * rows->cap + 16;
        rows->list = need(realloc(rows->list, rows->cap * sizeof(struct row *)));
    }
    memmove(rows->list + at + 1, rows->list + at, (rows->count - at) * sizeof(struct row *));
    rows->list[at] = row;
    rows->count++;
}

static int put(void *ctx, void *txn, unsigned table, struct span key, size_t value_bytes,
    unsigned flags, store_fill_fn *fill, void *fill_ctx)
{
    struct store_memory *m = ctx;
    struct rows *rows = &((struct store_image *)txn)->tables[table];
    size_t at = place_of(m, rows, table, key);
    bool same = at < rows->count && compare(m, table, rows->list[at], key) == 0, applied;
    struct row *row;
    int err = asked(m, CALL_PUT, &applied);

    assert(table < m->table_count && txn == m->writing && key.n >= 1 && key.n <= 511);
    if (err != 0)
        return err;
    if (((flags & STORE_APPEND) != 0 && at < rows->count) || ((flags & STORE_NEW) != 0 && same))
        return KEIIN_EEXIST;
    row = need(malloc(sizeof *row + key.n + value_bytes));
    *row = (struct row){1, key.n, value_bytes};
    memcpy(row->bytes, key.p, key.n);
    memset(row->bytes + key.n, 0xa5, value_bytes); /* all of it must be filled */
    fill(fill_ctx, row->bytes + key.n, value_bytes);
    if (same) {
        row_release(rows->list[at]);
        rows->list[at] = row;
    } else {
        insert(rows, at, row);
    }
    return 0;
}

static int remove_key(void *ctx, void *txn, unsigned table, struct span key)
{
    struct store_memory *m = ctx;
    struct rows *rows = &((struct store_image *)txn)->tables[table];
    size_t at = place_of(m, rows, table, key);
    bool applied;
    int err = asked(m, CALL_PUT, &applied);

    assert(table < m->table_count && txn == m->writing);
    if (err != 0)
        return err;
    if (at == rows->count || compare(m, table, rows->list[at], key) != 0)
        return KEIIN_EABSENT;
    row_release(rows->list[at]);
    rows->count--;
    memmove(rows->list + at, rows->list + at + 1, (rows->count - at) * sizeof(struct row *));
    return 0;
}

static int room(void *ctx, void *txn, uint64_t bytes)
{
    bool applied;

    (void)txn;
    (void)bytes;
    return asked(ctx, CALL_ROOM, &applied);
}

static uint64_t used_bytes(void *ctx)
{
    (void)ctx;
    return 0;
}

static void close_store(void *ctx)
{
    struct store_memory *m = ctx;

    assert(m->readers == 0);
    store_image_release(m->writing);
    m->writing = NULL;
}

static const struct store_ops memory_ops = {begin_read, end_read, begin_write, commit, abort_write,
    see, walk, last, put, remove_key, room, used_bytes, close_store};

void store_memory_init(struct store_memory *m, const struct store_table *tables, size_t table_count)
{
    memset(m, 0, sizeof *m);
    m->tables = tables;
    m->table_count = table_count;
    m->committed = need(calloc(1, sizeof *m->committed));
    m->committed->references = 2;
    m->kept = m->committed;
}

void store_memory_destroy(struct store_memory *m)
{
    assert(m->writing == NULL && m->readers == 0);
    store_image_release(m->committed);
    store_image_release(m->kept);
    m->committed = m->kept = NULL;
}

struct store store_memory_look(struct store_memory *m)
{
    return (struct store){&memory_ops, m};
}

int store_memory_open(struct store_memory *m, struct store *out)
{
    bool applied;
    int err = asked(m, CALL_OPEN, &applied);

    *out = (struct store){NULL, NULL};
    if (err != 0)
        return err;
    assert(m->writing == NULL && m->readers == 0);
    keep(m);
    *out = store_memory_look(m);
    return 0;
}

void store_memory_set(struct store_memory *m, struct store_image *image)
{
    assert(m->writing == NULL && m->readers == 0);
    store_image_hold(image);
    store_image_release(m->committed);
    m->committed = image;
    keep(m);
}
