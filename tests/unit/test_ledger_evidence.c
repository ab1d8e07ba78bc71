/*
 * Two heads that a writer signed for one number are kept, whichever of them came first, and
 * as long as there is room for them; where there was none, the head sent again is evidence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log.h"
#include "ledger/publish.h"
#include "ledger/sequence.h"
#include "ledger/tables.h"
#include "ledger/validate.h"
#include "tests/unit/ledger_bench.h"

/* What the disk has room for. The threads of a store's user are one here. */
static uint64_t room_bytes;

static int bounded_room(void *ctx, void *txn, uint64_t bytes)
{
    (void)ctx;
    (void)txn;
    return bytes > room_bytes ? KEIIN_EFULL : 0;
}

struct world {
    struct bench bench;
    struct store_ops ops;
    struct store store;
    struct ledger ledger;
    struct sequencer *sequencer;
    struct buf forks[2]; /* of the first number and of the second, before the bench's own */
};

static void world_open(struct world *w)
{
    struct ledger_given given = {.config = &w->bench.config,
        .clock = &system_clock,
        .random = &system_random,
        .network = &w->bench.network,
        .log_key = &w->bench.log_key,
        .operator_key = &w->bench.operator_key};
    struct why why = {""};

    room_bytes = UINT64_MAX;
    bench_open_store(&w->bench, false, &w->store);
    w->ops = *w->store.ops;
    w->ops.room = bounded_room;
    given.store = (struct store){&w->ops, w->store.ctx};
    memset(&w->ledger, 0, sizeof w->ledger);
    assert_int_equal(ledger_open(&w->ledger, &given, &why), 0);
    assert_int_equal(sequence_new(&w->ledger, &w->sequencer), 0);
}

static void world_close(struct world *w)
{
    sequence_free(w->sequencer);
    ledger_stop(&w->ledger);
}

static struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    struct hash other, after;

    assert_non_null(w);
    bench_new(&w->bench);
    bench_make_ledger(&w->bench, &system_clock);
    memset(&other, 9, sizeof other);
    for (size_t i = 0; i < 2; i++)
        bench_write_body(&w->bench, i + 1, &other, 100 + i, &w->forks[i], &after);
    world_open(w);
    return w;
}

static void world_free(struct world *w)
{
    world_close(w);
    for (size_t i = 0; i < 2; i++)
        buf_destroy(&w->forks[i]);
    bench_free(&w->bench);
    free(w);
}

/* One group of these submissions, answered; `refused` is what becomes of each. */
static void send_group(
    struct world *w, size_t count, const struct buf *const *bodies, enum refusal_code *refused)
{
    struct asked asked[2] = {{.bench = &w->bench}, {.bench = &w->bench}};
    struct job_list jobs;
    struct why why;

    assert_true(count <= 2);
    job_list_init(&jobs);
    for (size_t i = 0; i < count; i++) {
        struct job *job = job_new(ENTRY_RECORDS);

        job->client = &asked[i];
        job->body_bytes = bodies[i]->n;
        job->body = malloc(job->body_bytes);
        memcpy(job->body, bodies[i]->p, job->body_bytes);
        job->book = book_hold(w->ledger.published.book);
        validate_job(job, &w->bench.ledger_id);
        assert_int_equal(job->refused, REFUSE_NOT);
        w->ledger.jobs++;
        job_list_put(&jobs, job);
    }
    sequence_put(&w->ledger, &jobs, 0);
    assert_true(sequence_take(w->sequencer, false));
    assert_int_equal(sequence_store(w->sequencer), 0);
    assert_int_equal(sequence_publish(w->sequencer), 0);
    assert_false(publish_run(&w->ledger, &why));
    for (size_t i = 0; i < count; i++) {
        assert_true(asked[i].answered);
        refused[i] = asked[i].refused;
    }
}

static int count_row(void *ctx, struct span key, struct span value)
{
    size_t *count = ctx;

    (void)key;
    assert_non_null(memchr(value.p, 0, value.n)); /* between the two notes */
    ++*count;
    return 0;
}

/* What the store has of it, and that the metric says the same of this life. */
static void assert_evidence(struct world *w, size_t stored, size_t counted)
{
    struct store_txn txn;
    size_t count = 0;

    assert_int_equal(store_begin(&w->ledger.given.store, false, &txn), 0);
    assert_int_equal(store_walk(&txn, TABLE_EVIDENCE, span_of(NULL, 0), count_row, &count), 0);
    store_abort(&txn);
    assert_int_equal(count, stored);
    assert_int_equal(atomic_load(&w->ledger.metrics.evidence), counted);
}

static void test_refused_before_the_other_is_stored(void **state)
{
    struct world *w = world_new();
    const struct buf *bodies[] = {&w->forks[0], &w->bench.bodies[0]};
    enum refusal_code refused[2];

    (void)state;
    send_group(w, 2, bodies, refused);
    assert_int_equal(refused[0], REFUSE_BEFORE);
    assert_int_equal(refused[1], REFUSE_NOT);
    assert_evidence(w, 1, 1);
    send_group(w, 1, bodies, refused); /* the same again is the same evidence */
    assert_int_equal(refused[0], REFUSE_NUMBER);
    assert_evidence(w, 1, 1);
    world_free(w);
}

static void test_kept_where_the_group_has_no_room(void **state)
{
    struct world *w = world_new();
    const struct buf *first[] = {&w->bench.bodies[0]};
    const struct buf *bodies[] = {&w->forks[0], &w->bench.bodies[1]};
    enum refusal_code refused[2];

    (void)state;
    send_group(w, 1, first, refused);
    assert_int_equal(refused[0], REFUSE_NOT);
    room_bytes = (UINT64_C(1) << 20) + 6000; /* evidence fits, a commit with an entry does not */
    send_group(w, 2, bodies, refused);
    assert_int_equal(refused[0], REFUSE_NUMBER);
    assert_int_equal(refused[1], REFUSE_FULL);
    assert_evidence(w, 1, 1);
    assert_int_equal(w->ledger.published.size, 2);
    world_close(w);
    world_open(w);
    assert_evidence(w, 1, 0);
    send_group(w, 1, &bodies[1], refused);
    assert_int_equal(refused[0], REFUSE_NOT);
    world_free(w);
}

static void test_made_again_when_there_is_room_again(void **state)
{
    struct world *w = world_new();
    const struct buf *first[] = {&w->bench.bodies[0], &w->bench.bodies[1]};
    const struct buf *forks[] = {&w->forks[0], &w->forks[1]};
    enum refusal_code refused[2];

    (void)state;
    send_group(w, 2, first, refused);
    room_bytes = 0;
    send_group(w, 2, forks, refused);
    assert_int_equal(refused[0], REFUSE_NUMBER);
    assert_int_equal(refused[1], REFUSE_NUMBER);
    assert_evidence(w, 0, 0);
    room_bytes = UINT64_MAX;
    send_group(w, 2, forks, refused);
    assert_int_equal(refused[1], REFUSE_NUMBER);
    assert_evidence(w, 2, 2);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused_before_the_other_is_stored),
        cmocka_unit_test(test_kept_where_the_group_has_no_room),
        cmocka_unit_test(test_made_again_when_there_is_room_again)};
    struct why why = {""};

    if (crypto_start(&why) != 0)
        return 1;
    log_start(&system_clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
