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
#include "ledger/commit.h"
#include "ledger/genesis.h"
#include "ledger/log.h"
#include "ledger/publish.h"
#include "ledger/recover.h"
#include "ledger/submit.h"
#include "ledger/validate.h"
#include "store/lmdb.h"

#define SUBMISSIONS 6
#define ORIGIN "ledger.test/faults"

/* ---- a store that fails when it is told to ---- */

enum fault { FAULT_NONE, FAULT_FULL, FAULT_IO, FAULT_IO_APPLIED };

struct faulty {
    struct store inner;
    pthread_mutex_t lock;
    unsigned calls; /* that could fail so far */
    unsigned at; /* the one that does */
    enum fault fault;
    bool struck;
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

/* ---- a ledger without a network ---- */

struct bench {
    char folder[64];
    struct config config;
    struct keyfile log_key, operator_key, writer_key;
    struct buf note;
    struct hash ledger_id;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool wake;
    struct network network;
    /* The writer's submissions, signed once and for all. */
    struct buf bodies[SUBMISSIONS];
    uint64_t index[SUBMISSIONS];
    bool acked[SUBMISSIONS];
    enum refusal_code last_refusal;
};

static void bench_wake(void *ctx)
{
    struct bench *b = ctx;

    pthread_mutex_lock(&b->lock);
    b->wake = true;
    pthread_cond_signal(&b->woken);
    pthread_mutex_unlock(&b->lock);
}

struct asked {
    struct bench *bench;
    size_t which;
    bool answered, acked;
    uint64_t index;
    enum refusal_code refused;
};

static void bench_answer(void *ctx, void *client, const struct job *job)
{
    struct asked *asked = client;

    (void)ctx;
    asked->answered = true;
    asked->acked = job->refused == REFUSE_NOT;
    asked->refused = job->refused;
    asked->index = job->index;
}

static void make_key(struct keyfile *key, const char *use, const char *name)
{
    memset(key, 0, sizeof *key);
    key->type = KEY_ED25519;
    snprintf(key->use, sizeof key->use, "%s", use);
    snprintf(key->name, sizeof key->name, "%s", name);
    key->secret = secret_generate();
    assert_non_null(key->secret);
}

static void vkey_of(struct vkey *out, const struct keyfile *key)
{
    vkey_make(out, span_str(key->name), KEY_ED25519, secret_public(key->secret));
}

static void put_vkey(struct buf *out, const char *word, const struct keyfile *key, const char *rest)
{
    struct vkey v;

    vkey_of(&v, key);
    buf_put_str(out, word);
    vkey_write(out, &v);
    buf_put_str(out, rest);
}

static void make_roster(struct bench *b)
{
    struct keyfile root;
    struct buf text;
    struct hash random;

    buf_init(&text, 1 << 16);
    memset(&random, 7, sizeof random);
    make_key(&root, "root", "root.test/r");
    buf_put_str(&text, "keiin/roster/v1\n" ORIGIN "\n0\n");
    base64_encode(&text, span_hash(&random));
    put_vkey(&text, "\nroot ", &root, "\nthreshold 1\n");
    put_vkey(&text, "log ", &b->log_key, "\nquorum none\n");
    put_vkey(&text, "writer ", &b->operator_key, " operator op\n");
    put_vkey(&text, "writer ", &b->writer_key, " agency ag\n");
    sha256(&b->ledger_id, buf_view(&text));
    buf_put_span(&b->note, buf_view(&text));
    buf_put_str(&b->note, "\n");
    note_sign(&b->note, buf_view(&text), span_str(root.name), root.secret);
    assert_int_equal(buf_status(&b->note), 0);
    buf_destroy(&text);
    secret_free(root.secret);
}

static void make_bodies(struct bench *b)
{
    struct vkey key;
    struct hash head;

    vkey_of(&key, &b->writer_key);
    chain_start(&head, &b->ledger_id, key.name);
    for (size_t i = 0; i < SUBMISSIONS; i++) {
        struct submission s = {.kind = ENTRY_RECORDS,
            .key = key.key_hash,
            .number = i + 1,
            .before = head,
            .count = 1};
        uint8_t salt[SALT_BYTES] = {(uint8_t)i}, signature[ED25519_SIGNATURE_BYTES];
        struct chain_text text;
        struct span record_span;
        struct hash digest;
        struct buf record;

        buf_init(&record, 4096);
        msgpack_put_map(&record, 3);
        msgpack_put_str(&record, span_str("action"));
        msgpack_put_str(&record, span_str("query"));
        msgpack_put_str(&record, span_str("at"));
        msgpack_put_uint(&record, i);
        msgpack_put_str(&record, span_str("salt"));
        msgpack_put_bin(&record, span_of(salt, sizeof salt));
        record_span = buf_view(&record);
        sha256(&digest, record_span);
        s.records = &record_span;
        s.digests = &digest;
        chain_extend(&head, &s.before, &digest, 1);
        chain_text(&text, &b->ledger_id, key.name, i + 1, &head);
        secret_sign(b->writer_key.secret, span_of(text.bytes, text.n), signature);
        s.signature = span_of(signature, sizeof signature);
        buf_init(&b->bodies[i], 1 << 16);
        submission_write(&b->bodies[i], &s);
        assert_int_equal(buf_status(&b->bodies[i]), 0);
        buf_destroy(&record);
    }
}

static void bench_new(struct bench *b)
{
    memset(b, 0, sizeof *b);
    snprintf(b->folder, sizeof b->folder, "/tmp/keiin-faults-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    b->config = (struct config){.origin = (char[]){ORIGIN},
        .data = b->folder,
        .map_bytes_max = 1 << 28,
        .inflight_bytes_max = 1 << 26,
        .queue_submissions_max = 100,
        .queue_per_writer_max = 100,
        .quota_bytes_per_s = 1 << 30,
        .quota_submissions_per_s = 1 << 20,
        .evidence_per_writer_max = 4,
        .workers = 1,
        .group_entries_max = GROUP_ENTRIES_MAX,
        .group_bytes_max = 1 << 24};
    b->config.origin = strdup(ORIGIN);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->woken, NULL);
    b->network = (struct network){b, bench_answer, bench_wake};
    buf_init(&b->note, 1 << 20);
    make_key(&b->log_key, "log", ORIGIN);
    make_key(&b->operator_key, "writer", "operator.test/o");
    make_key(&b->writer_key, "writer", "writer.test/w");
    make_roster(b);
    make_bodies(b);
}

static void open_store(struct bench *b, bool create, struct store *out)
{
    const struct store_lmdb_options options = {b->config.map_bytes_max, create, false};
    struct why why = {""};

    assert_int_equal(store_lmdb_open(b->folder, tables_all(), TABLE_COUNT, &options, out, &why), 0);
}

static void remove_store(struct bench *b)
{
    char path[128];

    snprintf(path, sizeof path, "%s/data.mdb", b->folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/lock.mdb", b->folder);
    unlink(path);
}

static void bench_free(struct bench *b)
{
    remove_store(b);
    rmdir(b->folder);
    for (size_t i = 0; i < SUBMISSIONS; i++)
        buf_destroy(&b->bodies[i]);
    buf_destroy(&b->note);
    free(b->config.origin);
    keyfile_destroy(&b->log_key);
    keyfile_destroy(&b->operator_key);
    keyfile_destroy(&b->writer_key);
}

static void make_ledger(struct bench *b, const struct keiin_clock *clock)
{
    struct roster *roster = NULL;
    struct store store;

    remove_store(b);
    open_store(b, true, &store);
    assert_int_equal(roster_from_note(buf_view(&b->note), NULL, &roster, NULL), 0);
    assert_int_equal(genesis(&store, &b->config, clock, &b->log_key, &b->operator_key, &roster,
                         buf_view(&b->note)),
        0);
    store_close(&store);
}

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

    open_store(b, false, &store);
    assert_int_equal(recover_load(&store, &b->config, &b->log_key, NULL, &state, &why), 0);
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
    bool fatal = false;

    pthread_mutex_init(&faulty.lock, NULL);
    memset(b->acked, 0, sizeof b->acked);
    make_ledger(b, &system_clock);
    open_store(b, false, &faulty.inner);
    start(b, &store, ledger);
    for (size_t i = 0; i < SUBMISSIONS && !fatal; i++) {
        fatal = ask(b, ledger, i, &asked);
        if (!fatal && !asked.acked && asked.refused == REFUSE_FULL) {
            assert_int_equal(fault, FAULT_FULL);
            fatal = ask(b, ledger, i, &asked); /* there is space again */
        }
        if (fatal)
            break;
        assert_true(asked.acked);
        b->acked[i] = true;
        b->index[i] = asked.index;
    }
    /* What is full is refused; what fails otherwise stops the process. */
    if (fault == FAULT_IO || fault == FAULT_IO_APPLIED)
        assert_int_equal(fatal, faulty.struck);
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

#define FIXED_MS UINT64_C(1790000000000)

static uint64_t fixed_ms(void *ctx)
{
    (void)ctx;
    return FIXED_MS;
}

static struct job *valid_job(struct bench *b, struct state *state, size_t which)
{
    struct job *job = job_new(ENTRY_RECORDS);

    job->body_bytes = b->bodies[which].n;
    job->body = malloc(job->body_bytes);
    memcpy(job->body, b->bodies[which].p, job->body_bytes);
    job->book = book_hold(state->book);
    validate_job(job, &b->ledger_id);
    assert_int_equal(job->refused, REFUSE_NOT);
    return job;
}

/* Places all submissions in groups that end behind the bits set in `ends`; gives the root. */
static void place_in_groups(struct bench *b, unsigned ends, struct hash *root)
{
    static const struct keiin_clock clock = {NULL, fixed_ms, fixed_ms};
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct job *jobs[SUBMISSIONS];
    struct group *group = NULL;
    struct why why = {""};
    bool open = false;

    make_ledger(b, &clock);
    open_store(b, false, &ledger->given.store);
    ledger->given.config = &b->config;
    ledger->given.log_key = &b->log_key;
    assert_int_equal(
        recover_load(&ledger->given.store, &b->config, &b->log_key, NULL, &ledger->state, &why), 0);
    assert_int_equal(group_new(ledger, &group), 0);
    for (size_t i = 0; i < SUBMISSIONS; i++) {
        jobs[i] = valid_job(b, &ledger->state, i);
        if (!open)
            assert_int_equal(group_begin(group), 0);
        open = true;
        assert_int_equal(group_place(group, jobs[i], FIXED_MS + i), 0);
        if ((ends >> i & 1) == 0 && i + 1 < SUBMISSIONS)
            continue;
        assert_int_equal(group_commit(group), 0);
        open = false;
    }
    frontier_root(&ledger->state.edge.frontier, root);
    assert_int_equal(recover_verify(&ledger->given.store, &ledger->state, &why), 0);
    for (size_t i = 0; i < SUBMISSIONS; i++)
        job_free(jobs[i]);
    group_free(group);
    state_destroy(&ledger->state);
    store_close(&ledger->given.store);
    free(ledger);
}

/* However submissions fall into commits, the tree is the same: all ways of grouping them. */
static void test_any_grouping_gives_one_root(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct hash first, root;

    (void)state;
    bench_new(b);
    place_in_groups(b, 0, &first);
    for (unsigned ends = 1; ends < 1u << (SUBMISSIONS - 1); ends++) {
        place_in_groups(b, ends, &root);
        assert_memory_equal(root.b, first.b, HASH_BYTES);
    }
    bench_free(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix), cmocka_unit_test(test_any_grouping_gives_one_root)};
    struct why why = {""};

    if (crypto_start(&why) != 0)
        return 1;
    log_start(&system_clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
