/*
 * The fault matrix of the store: the ledger runs on a store of which one call fails, each
 * in turn; a commit fails both without effect and after it took effect. After each, the
 * store is opened again, verified, and holds everything that was acknowledged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/text.h"
#include "ledger/genesis.h"
#include "ledger/log.h"
#include "ledger/publish.h"
#include "ledger/recover.h"
#include "ledger/submit.h"
#include "store/lmdb.h"
#include "tests/unit/ledger_bench.h"

/* ---- a store that fails when it is told to ---- */

enum fault { FAULT_NONE, FAULT_FULL, FAULT_IO, FAULT_IO_APPLIED };

struct faulty {
    struct store inner;
    pthread_mutex_t lock;
    unsigned calls; /* that could fail so far */
    unsigned at; /* the one that does */
    enum fault fault;
    bool struck;
    int said; /* the error that it gave then */
};

/* Whether this call is the one; a commit can fail after its effect, others cannot. */
static int strike(struct faulty *f, bool commit)
{
    int err = 0;

    pthread_mutex_lock(&f->lock);
    if (f->fault != FAULT_NONE && f->calls++ == f->at) {
        f->struck = true;
        /* A commit does not say "full": room was made before it. */
        err = f->fault == FAULT_FULL && !commit ? KEIIN_EFULL : KEIIN_EIO;
        f->said = err;
    }
    pthread_mutex_unlock(&f->lock);
    return err;
}

static int f_begin_read(void *ctx, void **txn)
{
    struct faulty *f = ctx;

    return f->inner.ops->begin_read(f->inner.ctx, txn);
}

static void f_end_read(void *ctx, void *txn)
{
    struct faulty *f = ctx;

    f->inner.ops->end_read(f->inner.ctx, txn);
}

static int f_begin_write(void *ctx, void **txn)
{
    struct faulty *f = ctx;
    int err = strike(f, true);

    return err != 0 ? err : f->inner.ops->begin_write(f->inner.ctx, txn);
}

static int f_commit(void *ctx, void *txn)
{
    struct faulty *f = ctx;
    int err = strike(f, true), inner = 0;

    if (err != 0 && f->fault != FAULT_IO_APPLIED)
        f->inner.ops->abort(f->inner.ctx, txn);
    else
        inner = f->inner.ops->commit(f->inner.ctx, txn);
    return err != 0 ? err : inner;
}

static void f_abort(void *ctx, void *txn)
{
    struct faulty *f = ctx;

    f->inner.ops->abort(f->inner.ctx, txn);
}

static int f_see(void *ctx, void *txn, unsigned table, struct span key, store_see_fn *see, void *c)
{
    struct faulty *f = ctx;

    return f->inner.ops->see(f->inner.ctx, txn, table, key, see, c);
}

static int f_walk(
    void *ctx, void *txn, unsigned table, struct span from, store_see_fn *see, void *c)
{
    struct faulty *f = ctx;

    return f->inner.ops->walk(f->inner.ctx, txn, table, from, see, c);
}

static int f_last(void *ctx, void *txn, unsigned table, store_see_fn *see, void *c)
{
    struct faulty *f = ctx;

    return f->inner.ops->last(f->inner.ctx, txn, table, see, c);
}

static int f_put(void *ctx, void *txn, unsigned table, struct span key, size_t n, unsigned flags,
    store_fill_fn *fill, void *c)
{
    struct faulty *f = ctx;
    int err = strike(f, false);

    return err != 0 ? err : f->inner.ops->put(f->inner.ctx, txn, table, key, n, flags, fill, c);
}

static int f_remove(void *ctx, void *txn, unsigned table, struct span key)
{
    struct faulty *f = ctx;

    return f->inner.ops->remove(f->inner.ctx, txn, table, key);
}

static int f_room(void *ctx, void *txn, uint64_t bytes)
{
    struct faulty *f = ctx;
    int err = strike(f, false);

    return err != 0 ? err : f->inner.ops->room(f->inner.ctx, txn, bytes);
}

static uint64_t f_used(void *ctx)
{
    struct faulty *f = ctx;

    return f->inner.ops->used_bytes(f->inner.ctx);
}

static void f_close(void *ctx)
{
    struct faulty *f = ctx;

    store_close(&f->inner);
}

static const struct store_ops faulty_ops = {f_begin_read, f_end_read, f_begin_write, f_commit,
    f_abort, f_see, f_walk, f_last, f_put, f_remove, f_room, f_used, f_close};

/* Queues a body as submit.c does, and waits. True when the ledger stopped instead. */
static bool ask(struct bench *b, struct ledger *ledger, size_t which, struct asked *asked)
{
    struct job *job = job_new(ENTRY_RECORDS);
    struct why why;
    bool fatal = false;
    uint32_t writer;
    struct hash name_hash;

    *asked = (struct asked){.bench = b, .which = which};
    job->client = asked;
    job->body_bytes = b->bodies[which].n;
    job->body = malloc(job->body_bytes);
    memcpy(job->body, b->bodies[which].p, job->body_bytes);
    job->book = book_hold(ledger->published.book);
    sha256(&name_hash, span_str(b->writer_key.name));
    assert_int_equal(book_find_name(job->book, &name_hash, &writer), 0);
    assert_int_equal(lanes_put(ledger->lanes, writer, job), 0);
    ledger->jobs++;
    while (!asked->answered && !fatal) {
        pthread_mutex_lock(&b->lock);
        while (!b->wake)
            pthread_cond_wait(&b->woken, &b->lock);
        b->wake = false;
        pthread_mutex_unlock(&b->lock);
        fatal = publish_run(ledger, &why);
    }
    return fatal;
}

static void start(struct bench *b, const struct store *store, struct ledger *ledger)
{
    struct ledger_given given = {.config = &b->config,
        .clock = &system_clock,
        .random = &system_random,
        .network = &b->network,
        .store = *store,
        .log_key = &b->log_key,
        .operator_key = &b->operator_key};
    struct why why = {""};

    b->wake = false;
    assert_int_equal(ledger_start(ledger, &given, &why), 0);
}

/* Everything again on a sound store: what was acknowledged is there, in its place. */
static void audit(struct bench *b)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct asked asked;
    struct state state;
    struct store store;
    struct why why = {""};

    bench_open_store(b, false, &store);
    assert_int_equal(recover_load(&store, &b->config, &b->log_key, false, NULL, &state, &why), 0);
    assert_int_equal(recover_verify(&store, &state, &why), 0);
    state_destroy(&state);
    start(b, &store, ledger);
    for (size_t i = 0; i < SUBMISSIONS; i++) {
        assert_false(ask(b, ledger, i, &asked));
        assert_true(asked.acked);
        assert_int_equal(asked.index, i + 1);
        if (b->acked[i])
            assert_int_equal(asked.index, b->index[i]);
    }
    assert_int_equal(ledger->published.size, SUBMISSIONS + 1);
    assert_int_equal(ledger->metrics.stored + ledger->metrics.replayed, SUBMISSIONS);
    for (size_t i = 0; i < SUBMISSIONS; i++)
        assert_true(!b->acked[i] || ledger->metrics.replayed > 0);
    ledger_stop(ledger);
    free(ledger);
}

/* One run with one fault; false when the fault never struck. */
static bool run(struct bench *b, unsigned at, enum fault fault)
{
    struct faulty faulty = {.at = at, .fault = fault};
    struct store store = {&faulty_ops, &faulty};
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct asked asked;
    bool fatal = false, refused = false;

    pthread_mutex_init(&faulty.lock, NULL);
    memset(b->acked, 0, sizeof b->acked);
    bench_make_ledger(b, &system_clock);
    bench_open_store(b, false, &faulty.inner);
    start(b, &store, ledger);
    for (size_t i = 0; i < SUBMISSIONS && !fatal; i++) {
        fatal = ask(b, ledger, i, &asked);
        if (!fatal && !asked.acked && asked.refused == REFUSE_FULL) {
            assert_int_equal(fault, FAULT_FULL);
            refused = true;
            fatal = ask(b, ledger, i, &asked); /* there is space again */
        }
        if (fatal)
            break;
        assert_true(asked.acked);
        b->acked[i] = true;
        b->index[i] = asked.index;
    }
    /* What is full is refused; what fails otherwise stops the process. */
    assert_int_equal(fatal, faulty.said == KEIIN_EIO);
    assert_int_equal(refused, faulty.said == KEIIN_EFULL);
    ledger_stop(ledger);
    free(ledger);
    audit(b);
    return faulty.struck;
}

static void test_matrix(void **state)
{
    static const enum fault faults[] = {FAULT_FULL, FAULT_IO, FAULT_IO_APPLIED};
    struct bench *b = calloc(1, sizeof *b);
    unsigned struck = 0;

    (void)state;
    bench_new(b);
    assert_false(run(b, 0, FAULT_NONE));
    for (size_t f = 0; f < sizeof faults / sizeof faults[0]; f++) {
        unsigned at = 0;

        while (run(b, at, faults[f]))
            at++;
        assert_true(at > SUBMISSIONS * 5); /* each has begin, puts, room and commit */
        struck += at;
    }
    print_message("%u faults\n", struck);
    bench_free(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),
    };
    struct why why = {""};

    if (crypto_start(&why) != 0)
        return 1;
    log_start(&system_clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
