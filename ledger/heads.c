#include "ledger/heads.h"

#include <assert.h>
#include <stdlib.h>

#define HEAD_ROW_BYTES (8 + HASH_BYTES + 8)
#define LINK_ROW_BYTES 32

static void head_write(uint8_t row[static HEAD_ROW_BYTES], const struct head *head)
{
    be64_put(row, head->number);
    memcpy(row + 8, head->hash.b, HASH_BYTES);
    be64_put(row + 8 + HASH_BYTES, head->index);
}

static void head_read(const uint8_t row[static HEAD_ROW_BYTES], struct head *head)
{
    memset(head, 0, sizeof *head);
    head->number = be64_get(row);
    memcpy(head->hash.b, row + 8, HASH_BYTES);
    head->index = be64_get(row + 8 + HASH_BYTES);
}

int heads_link(const struct store_txn *txn, uint64_t index, struct link *out)
{
    uint8_t row[LINK_ROW_BYTES];
    int err = store_get(txn, TABLE_LINKS, store_key(&index), row, sizeof row);

    if (err != 0)
        return err == KEIIN_EABSENT ? KEIIN_EDAMAGED : err;
    out->parent = be64_get(row);
    out->jump = be64_get(row + 8);
    out->depth = be64_get(row + 16);
    out->number = be64_get(row + 24);
    /* A way back that does not go back would have no end. */
    if (out->parent > index || out->jump > index ||
        (out->depth > 0 && (out->parent == index || out->jump == index)))
        return KEIIN_EDAMAGED;
    return 0;
}

int heads_grow(struct heads *heads, const struct book *book)
{
    size_t count = book_writer_count(book);
    struct head *of;
    uint32_t *changed;

    if (count <= heads->count)
        return 0;
    of = realloc(heads->of, count * sizeof *of);
    if (of == NULL)
        return KEIIN_ENOMEM;
    heads->of = of;
    changed = realloc(heads->changed, count * sizeof *changed);
    if (changed == NULL)
        return KEIIN_ENOMEM;
    heads->changed = changed;
    for (size_t i = heads->count; i < count; i++) {
        memset(&of[i], 0, sizeof of[i]);
        of[i].hash = book_writer(book, (uint32_t)i)->start;
    }
    heads->count = count;
    return 0;
}

struct loading {
    struct heads *heads;
    const struct book *book;
};

static int see_head(void *ctx, struct span key, struct span value)
{
    struct loading *l = ctx;
    struct hash name_hash;
    uint32_t writer;

    if (key.n != HASH_BYTES || value.n != HEAD_ROW_BYTES)
        return KEIIN_EDAMAGED;
    memcpy(name_hash.b, key.p, HASH_BYTES);
    if (book_find_name(l->book, &name_hash, &writer) != 0)
        return KEIIN_EDAMAGED;
    head_read(value.p, &l->heads->of[writer]);
    return l->heads->of[writer].number == 0 ? KEIIN_EDAMAGED : 0;
}

int heads_load(struct heads *heads, const struct store_txn *txn, const struct book *book)
{
    struct loading l = {heads, book};
    int err;

    memset(heads, 0, sizeof *heads);
    err = heads_grow(heads, book);
    if (err == 0)
        err = store_walk(txn, TABLE_HEADS, span_of(NULL, 0), see_head, &l);
    for (size_t i = 0; i < heads->count && err == 0; i++)
        if (heads->of[i].number > 0)
            err = heads_link(txn, heads->of[i].index, &heads->of[i].link);
    if (err != 0)
        heads_destroy(heads);
    return err;
}

void heads_destroy(struct heads *heads)
{
    free(heads->of);
    free(heads->changed);
    memset(heads, 0, sizeof *heads);
}

/* The link of the entry `index` behind the head's last one. */
static int next_link(const struct store_txn *txn, const struct head *head, uint64_t index,
    uint64_t number, struct link *out)
{
    const struct link *parent = &head->link;
    struct link jump, jump2;
    int err;

    if (head->number == 0) {
        *out = (struct link){index, index, 0, number};
        return 0;
    }
    *out = (struct link){head->index, head->index, parent->depth + 1, number};
    if (parent->depth == 0)
        return 0;
    err = heads_link(txn, parent->jump, &jump);
    if (err != 0)
        return err;
    if (jump.depth == 0)
        jump2 = jump;
    else
        err = heads_link(txn, jump.jump, &jump2);
    if (err == 0 && parent->depth - jump.depth == jump.depth - jump2.depth)
        out->jump = jump.depth == 0 ? parent->jump : jump.jump;
    return err;
}

int heads_extend(struct heads *heads, const struct store_txn *txn, uint32_t writer, uint64_t index,
    uint64_t number, uint64_t last_number, const struct hash *after)
{
    struct head *head = &heads->of[writer];
    uint8_t row[LINK_ROW_BYTES];
    struct link link;
    int err;

    assert(writer < heads->count && number == head->number + 1 && last_number >= number);
    err = next_link(txn, head, index, number, &link);
    if (err != 0)
        return err;
    be64_put(row, link.parent);
    be64_put(row + 8, link.jump);
    be64_put(row + 16, link.depth);
    be64_put(row + 24, link.number);
    err = store_put(txn, TABLE_LINKS, store_key(&index), span_of(row, sizeof row), STORE_APPEND);
    if (err != 0)
        return err;
    head->number = last_number;
    head->hash = *after;
    head->index = index;
    head->link = link;
    if (!head->changed) {
        head->changed = true;
        heads->changed[heads->changed_count++] = writer;
    }
    return 0;
}

static int by_name_hash(const void *a, const void *b, void *ctx)
{
    const struct book *book = ctx;
    const struct book_writer *x = book_writer(book, *(const uint32_t *)a);
    const struct book_writer *y = book_writer(book, *(const uint32_t *)b);

    return memcmp(x->name_hash.b, y->name_hash.b, HASH_BYTES);
}

int heads_put(struct heads *heads, const struct store_txn *txn, const struct book *book)
{
    uint8_t row[HEAD_ROW_BYTES];
    int err = 0;

    qsort_r(heads->changed, heads->changed_count, sizeof *heads->changed, by_name_hash,
        (void *)(uintptr_t)book);
    for (size_t i = 0; i < heads->changed_count && err == 0; i++) {
        struct head *head = &heads->of[heads->changed[i]];

        head->changed = false;
        head_write(row, head);
        err =
            store_put(txn, TABLE_HEADS, span_hash(&book_writer(book, heads->changed[i])->name_hash),
                span_of(row, sizeof row), 0);
    }
    heads->changed_count = 0;
    return err;
}

int heads_get(const struct store_txn *txn, const struct hash *name_hash, struct head *out)
{
    uint8_t row[HEAD_ROW_BYTES];
    int err = store_get(txn, TABLE_HEADS, span_hash(name_hash), row, sizeof row);

    if (err == 0) {
        head_read(row, out);
        err = heads_link(txn, out->index, &out->link);
    }
    return err;
}

int heads_find(
    const struct store_txn *txn, const struct head *head, uint64_t number, uint64_t *index)
{
    struct link at = head->link, jump;
    uint64_t here = head->index;
    int err = 0;

    assert(number >= 1 && number <= head->number);
    while (err == 0 && at.number > number) {
        if (at.depth == 0)
            return KEIIN_EDAMAGED;
        err = heads_link(txn, at.jump, &jump);
        if (err == 0 && jump.number > number) {
            here = at.jump;
            at = jump;
        } else if (err == 0) {
            here = at.parent;
            err = heads_link(txn, here, &at);
        }
    }
    *index = here;
    return err;
}
