/*
 * What each stage of the way of a record costs: submissions go through the ledger's own
 * steps in one thread, each step timed. Prints nanoseconds of processor time a record,
 * medians over rounds; "commit_ns" alone is by the wall clock, for it waits for the disk.
 *
 *     stages RECORDS SUBMISSIONS     records a submission, submissions a group
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/record.h"
#include "core/sha256.h"
#include "core/sha256_many.h"
#include "ledger/publish.h"
#include "ledger/sequence.h"
#include "tests/bench/bench.h"
#include "tests/unit/ledger_bench.h"

#define ROUNDS 60
#define ROUNDS_WARM 10
#define SUBMISSIONS_MAX 256

enum stage { PARSE, DIGESTS, HEAD, SIGNATURE, LEAF, VALIDATE, PLACE, COMMIT, COMMIT_CPU, ANSWER };
#define STAGES (ANSWER + 1)

static const char *const stage_names[STAGES] = {"parse_and_check", "digests", "head", "signature",
    "leaf", "validate", "place", "commit", "commit_cpu", "answer"};

static double times[STAGES][ROUNDS];
static unsigned now; /* the round */

/* The store's own commit, timed. */
static int (*real_commit)(void *ctx, void *txn);

struct writer {
    struct bench *bench;
    struct vkey key;
    struct hash head;
    uint64_t number; /* last */
    size_t records, submissions;
    struct buf body;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "stages: %s\n", what);
    exit(1);
}

static void put_record(struct buf *out, uint64_t number)
{
    static const char text[] = "one line about what was asked for and why, about as long as the "
                               "words that an agency's system puts beside its identifiers";
    uint8_t salt[SALT_BYTES] = {0};
    char id[32];

    be64_put(salt, number);
    snprintf(id, sizeof id, "event-%llu", (unsigned long long)number);
    msgpack_put_map(out, 6);
    msgpack_put_str(out, span_str("action"));
    msgpack_put_str(out, span_str("query"));
    msgpack_put_str(out, span_str("actor"));
    msgpack_put_str(out, span_str("person-17"));
    msgpack_put_str(out, span_str("at"));
    msgpack_put_uint(out, UINT64_C(1790000000000) + number);
    msgpack_put_str(out, span_str("detail"));
    msgpack_put_str(out, span_str(text));
    msgpack_put_str(out, span_str("id"));
    msgpack_put_str(out, span_str(id));
    msgpack_put_str(out, span_str("salt"));
    msgpack_put_bin(out, span_of(salt, sizeof salt));
}

/* The writer's next submission, into w->body. */
static void compose(struct writer *w)
{
    struct submission s = {.kind = ENTRY_RECORDS,
        .key = w->key.key_hash,
        .number = w->number + 1,
        .before = w->head,
        .count = w->records};
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct chain_text text;
    struct buf records;
    size_t *ends = calloc(w->records + 1, sizeof *ends);

    s.records = calloc(w->records, sizeof *s.records);
    s.digests = calloc(w->records, sizeof *s.digests);
    must(ends != NULL && s.records != NULL && s.digests != NULL, "memory");
    buf_init(&records, SUBMISSION_BYTES_MAX);
    for (size_t i = 0; i < w->records; i++) {
        put_record(&records, w->number + 1 + i);
        ends[i + 1] = records.n;
    }
    for (size_t i = 0; i < w->records; i++)
        s.records[i] = span_of(records.p + ends[i], ends[i + 1] - ends[i]);
    sha256_many(s.digests, SHA256_NO_PREFIX, s.records, s.count);
    w->number += w->records;
    chain_extend(&w->head, &s.before, s.digests, s.count);
    chain_text(&text, &w->bench->ledger_id, w->key.name, w->number, &w->head);
    secret_sign(w->bench->writer_key.secret, span_of(text.bytes, text.n), signature);
    s.signature = span_of(signature, sizeof signature);
    buf_clear(&w->body);
    submission_write(&w->body, &s);
    must(buf_status(&w->body) == 0, "the body");
    buf_destroy(&records);
    free(s.records);
    free(s.digests);
    free(ends);
}

static double cpu(void)
{
    return bench_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void keep(enum stage stage, double since_ns, size_t records)
{
    times[stage][now] += (cpu() - since_ns) / (double)records;
}

/* What a worker does, step by step. */
static void time_validation(const struct writer *w)
{
    struct submission s;
    struct chain_text text;
    struct hash after, leaf;
    struct why why = {""};
    double since = cpu();

    must(submission_parse_form(ENTRY_RECORDS, buf_view(&w->body), &s, &why) == 0, why.text);
    keep(PARSE, since, w->records);
    since = cpu();
    must(submission_hash(&s, &why) == 0, why.text);
    keep(DIGESTS, since, w->records);
    since = cpu();
    chain_extend(&after, &s.before, s.digests, s.count);
    keep(HEAD, since, w->records);
    since = cpu();
    chain_text(&text, &w->bench->ledger_id, w->key.name, w->number, &after);
    must(ed25519_verify(w->key.key, span_of(text.bytes, text.n), s.signature), "the signature");
    keep(SIGNATURE, since, w->records);
    since = cpu();
    sha256_leaf(&leaf, span_of(s.digests, s.count * sizeof *s.digests));
    keep(LEAF, since, w->records);
    submission_destroy(&s);
}

static struct job *job_of(struct ledger *ledger, const struct writer *w)
{
    struct job *job = job_new(ENTRY_RECORDS);

    must(job != NULL, "memory");
    job->body = malloc(w->body.n);
    must(job->body != NULL, "memory");
    memcpy(job->body, w->body.p, w->body.n);
    job->body_bytes = w->body.n;
    job->book = book_hold(ledger->published.book);
    return job;
}

static int timed_commit(void *ctx, void *txn)
{
    double since = cpu(), wall_since = bench_ns(CLOCK_MONOTONIC);
    int err = real_commit(ctx, txn);

    times[COMMIT_CPU][now] += cpu() - since;
    times[COMMIT][now] += bench_ns(CLOCK_MONOTONIC) - wall_since;
    return err;
}

static void run_round(struct ledger *ledger, struct sequencer *sequencer, struct writer *w)
{
    struct job *jobs[LANES_TAKE_MAX];
    size_t all = w->records * w->submissions, count;
    uint64_t stored = ledger->metrics.stored;
    struct why why = {""};
    double since;

    for (size_t i = 0; i < w->submissions; i++) {
        struct job *job;

        compose(w);
        time_validation(w);
        job = job_of(ledger, w);
        must(lanes_put(
                 ledger->lanes, book_find_key(job->book, &w->key.key_hash, NULL)->writer, job) == 0,
            "the lane");
        ledger->jobs++;
    }
    for (enum stage s = PARSE; s <= LEAF; s++)
        times[s][now] /= (double)w->submissions;
    since = cpu();
    while ((count = lanes_take(ledger->lanes, false, jobs)) > 0)
        ledger_validate(ledger, jobs, count);
    keep(VALIDATE, since, all);
    must(sequence_take(sequencer, false), "the group");
    since = cpu();
    must(sequence_store(sequencer) == 0, "the commit");
    keep(PLACE, since, all);
    times[COMMIT][now] /= (double)all;
    times[COMMIT_CPU][now] /= (double)all;
    times[PLACE][now] -= times[COMMIT_CPU][now];
    since = cpu();
    must(sequence_publish(sequencer) == 0 && !publish_run(ledger, &why), "the answers");
    keep(ANSWER, since, all);
    must(ledger->metrics.stored == stored + w->submissions, "a submission was refused");
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct writer w = {.bench = &bench};
    struct ledger ledger;
    struct ledger_given given = {.config = &bench.config,
        .clock = &system_clock,
        .random = &system_random,
        .network = &bench.network,
        .log_key = &bench.log_key,
        .operator_key = &bench.operator_key};
    struct store_ops ops;
    struct sequencer *sequencer = NULL;
    struct why why = {""};

    w.records = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    w.submissions = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    must(w.records >= 1 && w.records <= ENTRY_DIGESTS_MAX && w.submissions >= 1 &&
             w.submissions <= SUBMISSIONS_MAX,
        "usage: stages RECORDS SUBMISSIONS");
    must(crypto_start(&why) == 0, why.text);
    bench_new(&bench);
    bench.config.queue_submissions_max = bench.config.queue_per_writer_max = SUBMISSIONS_MAX;
    bench_make_ledger(&bench, &system_clock);
    bench_open_store(&bench, false, &given.store);
    ops = *given.store.ops;
    real_commit = ops.commit;
    ops.commit = timed_commit;
    given.store.ops = &ops;
    must(ledger_open(&ledger, &given, &why) == 0, why.text);
    must(sequence_new(&ledger, &sequencer) == 0, "memory");
    vkey_make(&w.key, span_str(bench.writer_key.name), KEY_ED25519,
        secret_public(bench.writer_key.secret));
    chain_start(&w.head, &bench.ledger_id, w.key.name);
    buf_init(&w.body, SUBMISSION_BYTES_MAX);
    for (int i = -ROUNDS_WARM; i < ROUNDS; i++) {
        now = i < 0 ? 0 : (unsigned)i;
        for (enum stage s = 0; s < STAGES; s++)
            times[s][now] = 0;
        run_round(&ledger, sequencer, &w);
    }
    printf("{\"records_per_submission\":%zu,\"submissions_per_group\":%zu,\"record_bytes\":%zu",
        w.records, w.submissions, w.body.n / w.records);
    for (enum stage s = 0; s < STAGES; s++)
        printf(",\"%s_ns\":%.0f", stage_names[s], bench_median(times[s], ROUNDS));
    printf("}\n");
    sequence_free(sequencer);
    ledger_stop(&ledger);
    bench_free(&bench);
    buf_destroy(&w.body);
    return 0;
}
