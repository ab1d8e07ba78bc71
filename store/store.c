#include "store/store.h"

#include <assert.h>
#include <stddef.h>

int store_begin(const struct store *store, bool write, struct store_txn *out)
{
    out->store = store;
    out->write = write;
    out->handle = NULL;
    return write ? store->ops->begin_write(store->ctx, &out->handle)
                 : store->ops->begin_read(store->ctx, &out->handle);
}

int store_commit(struct store_txn *txn)
{
    void *handle = txn->handle;

    assert(txn->write && handle != NULL);
    txn->handle = NULL;
    return txn->store->ops->commit(txn->store->ctx, handle);
}

void store_abort(struct store_txn *txn)
{
    if (txn->handle != NULL && txn->write)
        txn->store->ops->abort(txn->store->ctx, txn->handle);
    else if (txn->handle != NULL)
        txn->store->ops->end_read(txn->store->ctx, txn->handle);
    txn->handle = NULL;
}

int store_see(
    const struct store_txn *txn, unsigned table, struct span key, store_see_fn *see, void *see_ctx)
{
    return txn->store->ops->see(txn->store->ctx, txn->handle, table, key, see, see_ctx);
}

int store_walk(
    const struct store_txn *txn, unsigned table, struct span from, store_see_fn *see, void *see_ctx)
{
    return txn->store->ops->walk(txn->store->ctx, txn->handle, table, from, see, see_ctx);
}

int store_last(const struct store_txn *txn, unsigned table, store_see_fn *see, void *see_ctx)
{
    return txn->store->ops->last(txn->store->ctx, txn->handle, table, see, see_ctx);
}

struct copy {
    void *to;
    size_t n;
};

static int copy_exact(void *ctx, struct span key, struct span value)
{
    struct copy *copy = ctx;

    (void)key;
    if (value.n != copy->n)
        return KEIIN_EDAMAGED;
    memcpy(copy->to, value.p, value.n);
    return 0;
}

int store_get(const struct store_txn *txn, unsigned table, struct span key, void *out, size_t n)
{
    struct copy copy = {out, n};

    return store_see(txn, table, key, copy_exact, &copy);
}

static int copy_buf(void *ctx, struct span key, struct span value)
{
    (void)key;
    buf_put_span(ctx, value);
    return buf_status(ctx);
}

int store_get_buf(const struct store_txn *txn, unsigned table, struct span key, struct buf *out)
{
    return store_see(txn, table, key, copy_buf, out);
}

static void fill_span(void *ctx, uint8_t *to, size_t n)
{
    const struct span *value = ctx;

    if (n > 0)
        memcpy(to, value->p, n);
}

int store_put(
    const struct store_txn *txn, unsigned table, struct span key, struct span value, unsigned flags)
{
    return store_put_filled(txn, table, key, value.n, flags, fill_span, &value);
}

int store_put_filled(const struct store_txn *txn, unsigned table, struct span key, size_t n,
    unsigned flags, store_fill_fn *fill, void *fill_ctx)
{
    return txn->store->ops->put(txn->store->ctx, txn->handle, table, key, n, flags, fill, fill_ctx);
}

int store_remove(const struct store_txn *txn, unsigned table, struct span key)
{
    return txn->store->ops->remove(txn->store->ctx, txn->handle, table, key);
}

int store_room(const struct store_txn *txn, uint64_t bytes)
{
    return txn->store->ops->room(txn->store->ctx, txn->handle, bytes);
}

uint64_t store_used_bytes(const struct store *store)
{
    return store->ops->used_bytes(store->ctx);
}

void store_close(struct store *store)
{
    if (store->ops != NULL)
        store->ops->close(store->ctx);
    store->ops = NULL;
    store->ctx = NULL;
}
