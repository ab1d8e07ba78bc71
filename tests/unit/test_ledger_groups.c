/*
 * Groups and what start-up makes of them: however submissions fall into commits, the tree is
 * the same; and a checkpoint that is not the tree's is refused, though the log's key signed it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sha256.h"
#include "ledger/commit.h"
#include "ledger/log.h"
#include "ledger/recover.h"
#include "ledger/sequence.h"
#include "ledger/tables.h"
#include "ledger/validate.h"
#include "tests/unit/ledger_bench.h"

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

    bench_make_ledger(b, &clock);
    bench_open_store(b, false, &ledger->given.store);
    ledger->given.config = &b->config;
    ledger->given.log_key = &b->log_key;
    assert_int_equal(recover_load(&ledger->given.store, &b->config, &b->log_key, false, NULL,
                         &ledger->state, &why),
        0);
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

/* However many are said to be coming, a group that is there is taken without them in the end. */
static void test_nobody_waits_for_ever_for_a_crowd(void **state)
{
    struct config config = {.group_entries_max = 10, .group_bytes_max = 1000};
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct sequencer *sequencer;
    pthread_condattr_t monotonic;
    struct job_list jobs;

    (void)state;
    ledger->given.config = &config;
    pthread_mutex_init(&ledger->sequence_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ledger->sequence_work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    job_list_init(&ledger->sequence_queue);
    job_list_init(&jobs);
    assert_int_equal(sequence_new(ledger, &sequencer), 0);
    assert_false(sequence_take(sequencer, false));
    job_list_put(&jobs, job_new(ENTRY_RECORDS));
    sequence_put(ledger, &jobs, 1000000);
    alarm(20); /* ends a test that hangs */
    assert_true(sequence_take(sequencer, true));
    alarm(0);
    assert_null(ledger->sequence_queue.first);
    sequence_free(sequencer);
    pthread_cond_destroy(&ledger->sequence_work);
    pthread_mutex_destroy(&ledger->sequence_lock);
    free(ledger);
}

/* Puts a checkpoint that the log's key signed in place of the one that is there. */
static void put_checkpoint(
    struct bench *b, struct store *store, uint64_t size, const struct hash *root)
{
    struct buf text, note;
    struct store_txn txn;

    buf_init(&text, 4096);
    buf_init(&note, 4096);
    checkpoint_write(&text, span_str(ORIGIN), size, root);
    buf_put_span(&note, buf_view(&text));
    buf_put_str(&note, "\n");
    note_sign(&note, buf_view(&text), span_str(ORIGIN), b->log_key.secret);
    assert_int_equal(store_begin(store, true, &txn), 0);
    assert_int_equal(tables_put_checkpoint(&txn, buf_view(&note)), 0);
    assert_int_equal(store_commit(&txn), 0);
    buf_destroy(&text);
    buf_destroy(&note);
}

/* The operator's own signature does not make another root the tree's, or the tree smaller. */
static void test_another_checkpoint_is_refused(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct state loaded;
    struct store_txn txn;
    struct store store;
    struct why why = {""};
    struct hash root, first_leaf;

    (void)state;
    bench_new(b);
    place_in_groups(b, 0, &root);
    bench_open_store(b, false, &store);
    assert_int_equal(recover_load(&store, &b->config, &b->log_key, false, NULL, &loaded, &why), 0);
    state_destroy(&loaded);
    root.b[0] ^= 1;
    put_checkpoint(b, &store, 1 + SUBMISSIONS, &root);
    assert_int_equal(
        recover_load(&store, &b->config, &b->log_key, false, NULL, &loaded, &why), KEIIN_EDAMAGED);
    assert_non_null(strstr(why.text, "root of the signed checkpoint"));
    assert_int_equal(store_begin(&store, false, &txn), 0);
    assert_int_equal(log_hashes(&txn, 0, 0, 1, &first_leaf), 0);
    store_abort(&txn);
    put_checkpoint(b, &store, 1, &first_leaf); /* true, and older than the entries */
    assert_int_equal(
        recover_load(&store, &b->config, &b->log_key, false, NULL, &loaded, &why), KEIIN_EDAMAGED);
    assert_non_null(strstr(why.text, "the checkpoint is of 1 entries"));
    store_close(&store);
    bench_free(b);
    free(b);
}

static void store_head(struct state *state, struct store *store, uint32_t writer, struct head head)
{
    struct store_txn txn;

    state->heads.of[writer] = head;
    state->heads.of[writer].changed = true;
    state->heads.changed[state->heads.changed_count++] = writer;
    assert_int_equal(store_begin(store, true, &txn), 0);
    assert_int_equal(heads_put(&state->heads, &txn, state->book), 0);
    assert_int_equal(store_commit(&txn), 0);
}

static int verify_store(struct bench *b, const struct store *store, struct why *why)
{
    struct state state;
    int err;

    assert_int_equal(recover_load(store, &b->config, &b->log_key, false, NULL, &state, why), 0);
    err = recover_verify(store, &state, why);
    state_destroy(&state);
    return err;
}

/* A stored head that is not that of its writer's last entry would take a second number. */
static void test_another_head_is_refused(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct state loaded;
    struct store store;
    struct why why = {""};
    struct hash root;
    size_t writers = 0;

    (void)state;
    bench_new(b);
    place_in_groups(b, 0, &root);
    bench_open_store(b, false, &store);
    assert_int_equal(recover_load(&store, &b->config, &b->log_key, false, NULL, &loaded, &why), 0);
    for (uint32_t i = 0; i < loaded.heads.count; i++) {
        const struct head right = loaded.heads.of[i];
        struct head wrong[] = {right, right, right};

        if (right.number == 0)
            continue;
        wrong[0].hash.b[0] ^= 1;
        wrong[1].number++;
        wrong[2].index = right.index == 0 ? 1 : 0; /* an entry that there is */
        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
            store_head(&loaded, &store, i, wrong[k]);
            assert_int_equal(verify_store(b, &store, &why), KEIIN_EDAMAGED);
            assert_non_null(strstr(why.text, "stored head"));
        }
        store_head(&loaded, &store, i, right);
        assert_int_equal(verify_store(b, &store, &why), 0);
        writers++;
    }
    assert_true(writers > 1);
    state_destroy(&loaded);
    store_close(&store);
    bench_free(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_grouping_gives_one_root),
        cmocka_unit_test(test_nobody_waits_for_ever_for_a_crowd),
        cmocka_unit_test(test_another_checkpoint_is_refused),
        cmocka_unit_test(test_another_head_is_refused)};
    struct why why = {""};

    if (crypto_start(&why) != 0)
        return 1;
    log_start(&system_clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
