#include "tests/fuzz/memory_store.h"

#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

/* Rows are shared between the live tables and those that are kept. */
struct row {
    unsigned references;
    size_t key_bytes, value_bytes;
    uint8_t bytes[]; /* key, value */
};

struct table {
    struct row **rows;
    size_t count, cap;
};

struct tables {
    struct table of[STORE_TABLES_MAX];
};

static struct tables live, before, kept;
static const struct store_table *kinds;
static size_t table_count;
static bool writing;
static unsigned full_at;

static void drop(struct row *row)
{
    if (--row->references == 0)
        free(row);
}

static void clear(struct tables *t)
{
    for (size_t i = 0; i < STORE_TABLES_MAX; i++) {
        for (size_t k = 0; k < t->of[i].count; k++)
            drop(t->of[i].rows[k]);
        free(t->of[i].rows);
        t->of[i] = (struct table){NULL, 0, 0};
    }
}

static void copy(struct tables *to, const struct tables *from)
{
    clear(to);
    for (size_t i = 0; i < table_count; i++) {
        const struct table *t = &from->of[i];

        to->of[i] =
            (struct table){malloc((t->count + 1) * sizeof(struct row *)), t->count, t->count + 1};
        FUZZ_CHECK(to->of[i].rows != NULL);
        for (size_t k = 0; k < t->count; k++) {
            to->of[i].rows[k] = t->rows[k];
            t->rows[k]->references++;
        }
    }
}

static int compare(unsigned table, struct span a, struct span b)
{
    uint64_t x, y;

    if (!kinds[table].integer_keys)
        return span_cmp(a, b);
    FUZZ_CHECK(a.n == sizeof x && b.n == sizeof y);
    memcpy(&x, a.p, sizeof x);
    memcpy(&y, b.p, sizeof y);
    return (x > y) - (x < y);
}

static struct span key_of(const struct row *row)
{
    return span_of(row->bytes, row->key_bytes);
}

static struct span value_of(const struct row *row)
{
    return span_of(row->bytes + row->key_bytes, row->value_bytes);
}

/* The first row whose key is not below; `there` when it is this key. */
static size_t find(unsigned table, struct span key, bool *there)
{
    const struct table *t = &live.of[table];
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (compare(table, key_of(t->rows[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *there = low < t->count && compare(table, key_of(t->rows[low]), key) == 0;
    return low;
}

static int begin_read(void *ctx, void **txn)
{
    *txn = ctx;
    return 0;
}

static void end_read(void *ctx, void *txn)
{
    (void)ctx;
    (void)txn;
}

static int begin_write(void *ctx, void **txn)
{
    FUZZ_CHECK(!writing);
    writing = true;
    copy(&before, &live);
    *txn = ctx;
    return 0;
}

static void abort_write(void *ctx, void *txn)
{
    (void)ctx;
    (void)txn;
    FUZZ_CHECK(writing);
    writing = false;
    copy(&live, &before);
}

static int commit(void *ctx, void *txn)
{
    (void)ctx;
    (void)txn;
    FUZZ_CHECK(writing);
    writing = false;
    return 0;
}

static int see(void *ctx, void *txn, unsigned table, struct span key, store_see_fn *fn, void *c)
{
    bool there;
    size_t at = find(table, key, &there);

    (void)ctx;
    (void)txn;
    return there ? fn(c, key_of(live.of[table].rows[at]), value_of(live.of[table].rows[at]))
                 : KEIIN_EABSENT;
}

static int walk(void *ctx, void *txn, unsigned table, struct span from, store_see_fn *fn, void *c)
{
    bool there;
    size_t at = from.n == 0 ? 0 : find(table, from, &there);
    int err = 0;

    (void)ctx;
    (void)txn;
    for (; at < live.of[table].count && err == 0; at++)
        err = fn(c, key_of(live.of[table].rows[at]), value_of(live.of[table].rows[at]));
    return err;
}

static int last(void *ctx, void *txn, unsigned table, store_see_fn *fn, void *c)
{
    const struct table *t = &live.of[table];

    (void)ctx;
    (void)txn;
    return t->count == 0 ? KEIIN_EABSENT
                         : fn(c, key_of(t->rows[t->count - 1]), value_of(t->rows[t->count - 1]));
}

static int put(void *ctx, void *txn, unsigned table, struct span key, size_t value_bytes,
    unsigned flags, store_fill_fn *fill, void *fill_ctx)
{
    struct table *t = &live.of[table];
    struct row *row = malloc(sizeof *row + key.n + value_bytes);
    bool there;
    size_t at = find(table, key, &there);

    (void)ctx;
    (void)txn;
    FUZZ_CHECK(writing && row != NULL && key.n > 0 && key.n <= 511);
    if ((there && (flags & (STORE_NEW | STORE_APPEND)) != 0) ||
        ((flags & STORE_APPEND) != 0 && at < t->count)) {
        free(row);
        return KEIIN_EEXIST;
    }
    *row = (struct row){1, key.n, value_bytes};
    memcpy(row->bytes, key.p, key.n);
    fill(fill_ctx, row->bytes + key.n, value_bytes);
    if (there) {
        drop(t->rows[at]);
        t->rows[at] = row;
        return 0;
    }
    if (t->count == t->cap) {
        t->cap = t->cap * 2 + 16;
        t->rows = realloc(t->rows, t->cap * sizeof(struct row *));
        FUZZ_CHECK(t->rows != NULL);
    }
    memmove(&t->rows[at + 1], &t->rows[at], (t->count - at) * sizeof(struct row *));
    t->rows[at] = row;
    t->count++;
    return 0;
}

static int remove_row(void *ctx, void *txn, unsigned table, struct span key)
{
    struct table *t = &live.of[table];
    bool there;
    size_t at = find(table, key, &there);

    (void)ctx;
    (void)txn;
    FUZZ_CHECK(writing);
    if (!there)
        return KEIIN_EABSENT;
    drop(t->rows[at]);
    t->count--;
    memmove(&t->rows[at], &t->rows[at + 1], (t->count - at) * sizeof(struct row *));
    return 0;
}

static int room(void *ctx, void *txn, uint64_t bytes)
{
    (void)ctx;
    (void)txn;
    (void)bytes;
    if (full_at == 0 || --full_at > 0)
        return 0;
    return KEIIN_EFULL;
}

static uint64_t used_bytes(void *ctx)
{
    (void)ctx;
    return 0;
}

static void close_store(void *ctx)
{
    (void)ctx;
    FUZZ_CHECK(!writing);
}

struct store memory_store(const struct store_table *tables, size_t count)
{
    static const struct store_ops ops = {begin_read, end_read, begin_write, commit, abort_write,
        see, walk, last, put, remove_row, room, used_bytes, close_store};

    FUZZ_CHECK(count <= STORE_TABLES_MAX);
    kinds = tables;
    table_count = count;
    return (struct store){&ops, &live};
}

void memory_store_clear(void)
{
    writing = false;
    full_at = 0;
    clear(&live);
    clear(&before);
}

void memory_store_keep(void)
{
    copy(&kept, &live);
}

void memory_store_restore(void)
{
    memory_store_clear();
    copy(&live, &kept);
}

void memory_store_full_at(unsigned commits)
{
    full_at = commits;
}
