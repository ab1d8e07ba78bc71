/*
 * How fast an audit is, against the hashing and verifying that it cannot do without: makes
 * a ledger in a folder, hashes the same blocks and verifies as many signatures with the
 * bare libraries, then audits. Each with one thread and with two, turn by turn: what two
 * threads of bare hashing gain is what the machine has to give at that time. Prints medians and
 * ratios; all in one run.
 *
 *     bench-audit [entries [records per entry [record bytes]]]
 */
#include <assert.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/ed25519.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/text.h"
#include "core/tile.h"
#include "tests/bench/bench.h"
#include "tests/tools/ledger_writer.h"
#include "verifier/check/audit.h"

#define RUNS 9

struct maker {
    char folder[64];
    struct secret *log, *writer;
    struct buf roster_note;
    struct ledger_writer *ledger;
    struct ledger_chain chain;
};

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench-audit: %s\n", what);
        exit(1);
    }
}

static void put_key(struct buf *out, const char *name, const struct secret *secret)
{
    struct vkey key;

    vkey_make(&key, span_str(name), KEY_ED25519, secret_public(secret));
    vkey_write(out, &key);
}

static void make_roster(struct maker *m)
{
    struct secret *root = secret_generate();
    uint8_t random[32] = {7};
    struct buf text;
    struct why why = {""};

    buf_init(&text, 1 << 20);
    buf_put_str(&text, "keiin/roster/v1\nbench.example/ledger\n0\n");
    base64_encode(&text, span_of(random, 32));
    buf_put_str(&text, "\nroot ");
    put_key(&text, "root.example", root);
    buf_put_str(&text, "\nthreshold 1\nlog ");
    put_key(&text, "bench.example/ledger", m->log);
    buf_put_str(&text, "\nquorum none\nwriter ");
    put_key(&text, "writer.example", m->writer);
    buf_put_str(&text, " operator nco\n");
    buf_init(&m->roster_note, 1 << 20);
    buf_put_span(&m->roster_note, buf_view(&text));
    buf_put_str(&m->roster_note, "\n");
    note_sign(&m->roster_note, buf_view(&text), span_str("root.example"), root);
    must(ledger_writer_new(m->folder, buf_view(&m->roster_note), m->log, &m->ledger, &why) == 0,
        why.text);
    ledger_writer_chain(m->ledger, &m->chain, span_str("writer.example"));
    secret_free(root);
    buf_destroy(&text);
}

/* A record of about `bytes` bytes with the fields that queries have. */
static void make_record(struct buf *out, uint64_t i, size_t bytes)
{
    char text[200], reason[201];
    uint8_t salt[16] = {0};
    size_t before = out->n;

    be64_put(salt, i);
    msgpack_put_map(out, 9);
    msgpack_put_str(out, span_str("action"));
    msgpack_put_str(out, span_str("query"));
    msgpack_put_str(out, span_str("actor"));
    snprintf(text, sizeof text, "p-%05u", (unsigned)(i % 99999));
    msgpack_put_str(out, span_str(text));
    msgpack_put_str(out, span_str("at"));
    msgpack_put_uint(out, 1790000000000 + i);
    msgpack_put_str(out, span_str("authority"));
    msgpack_put_str(out, span_str("A-2026-014"));
    msgpack_put_str(out, span_str("count"));
    msgpack_put_uint(out, i % 5000);
    msgpack_put_str(out, span_str("dataset"));
    msgpack_put_str(out, span_str("B-0042"));
    msgpack_put_str(out, span_str("purpose"));
    msgpack_put_str(out, span_str("attack-analysis"));
    msgpack_put_str(out, span_str("reason"));
    memset(reason, 'r', sizeof reason);
    {
        size_t used = out->n - before + 2 + 5 + 2 + 16;

        msgpack_put_str(out, span_of(reason, bytes > used + 200 ? 200
                                             : bytes > used     ? bytes - used
                                                                : 0));
    }
    msgpack_put_str(out, span_str("salt"));
    msgpack_put_bin(out, span_of(salt, 16));
}

static void add_entry(struct maker *m, enum entry_kind kind, size_t count, size_t record_bytes)
{
    struct hash digests[ENTRY_DIGESTS_MAX];
    struct ledger_submission s = {.kind = kind,
        .received_ms = 1790000000000 + ledger_writer_size(m->ledger),
        .key = m->writer,
        .digests = digests,
        .digest_count = count};
    struct buf one, records;
    struct why why = {""};
    uint64_t index;

    buf_init(&one, RECORD_BYTES_MAX);
    buf_init(&records, SIZE_MAX / 2);
    for (size_t i = 0; i < count && kind == ENTRY_RECORDS; i++) {
        buf_clear(&one);
        make_record(&one, m->chain.number + i, record_bytes);
        sha256(&digests[i], buf_view(&one));
        records_put(&records, buf_view(&one), (struct span){NULL, 0});
    }
    if (kind == ENTRY_ROSTER)
        digests[0] = *ledger_writer_id(m->ledger);
    s.records = buf_view(&records);
    must(ledger_writer_add(m->ledger, &m->chain, &s, &index, &why) == 0, why.text);
    buf_destroy(&one);
    buf_destroy(&records);
}

/* What one thread does without this project's code. */
struct bare {
    pthread_t thread;
    const struct maker *maker;
    size_t entries, records, record_bytes;
};

/* The same blocks through one EVP context, and one verification an entry. */
static void *bare_work(void *arg)
{
    static const uint8_t block[70000];
    const struct bare *b = arg;
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t out[32], signature[ED25519_SIGNATURE_BYTES], message[150] = {0};
    size_t sizes[] = {190 + 34 * b->records + 1, 33 + 32 * b->records, 65};
    const struct secret *writer = b->maker->writer;

    secret_sign(writer, span_of(message, sizeof message), signature);
    for (size_t i = 0; i < b->entries; i++) {
        for (size_t k = 0; k < 3 + b->records; k++) {
            EVP_DigestInit_ex(ctx, md, NULL);
            EVP_DigestUpdate(ctx, block, k < 3 ? sizes[k] : b->record_bytes);
            EVP_DigestFinal_ex(ctx, out, NULL);
        }
        must(ed25519_verify(secret_public(writer), span_of(message, sizeof message),
                 span_of(signature, sizeof signature)),
            "a signature does not verify");
    }
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);
    return NULL;
}

/* The work divided among threads; the time that passes, and that of the processors. */
static double bare(struct bare work, unsigned threads, double *cpu_s)
{
    double start = bench_ns(CLOCK_MONOTONIC) / 1e9,
           cpu_start = bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
    struct bare parts[2] = {work, work};

    assert(threads >= 1 && threads <= 2);
    for (unsigned i = 0; i < threads; i++) {
        parts[i].entries = work.entries / threads;
        must(pthread_create(&parts[i].thread, NULL, bare_work, &parts[i]) == 0, "no thread");
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(parts[i].thread, NULL);
    *cpu_s = bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9 - cpu_start;
    return bench_ns(CLOCK_MONOTONIC) / 1e9 - start;
}

static double audit(const struct maker *m, unsigned threads, double *cpu_s)
{
    struct audit_options options = {.threads = threads, .findings_max = 10};
    struct source *source;
    struct audit_result result;
    struct roster *roster;
    struct why why = {""};
    double start = bench_ns(CLOCK_MONOTONIC) / 1e9,
           cpu_start = bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;

    must(source_open(m->folder, 0, &source, &why) == 0, why.text);
    must(roster_from_note(buf_view(&m->roster_note), NULL, &roster, &why) == 0, why.text);
    must(audit_run(source, roster, &options, &result, &why) == 0, why.text);
    must(result.verdict == AUDIT_VERIFIED, "the audit found something");
    audit_result_destroy(&result);
    source_free(source);
    *cpu_s = bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9 - cpu_start;
    return bench_ns(CLOCK_MONOTONIC) / 1e9 - start;
}

int main(int argc, char **argv)
{
    size_t entries = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
    size_t records = argc > 2 ? strtoul(argv[2], NULL, 10) : 256;
    size_t record_bytes = argc > 3 ? strtoul(argv[3], NULL, 10) : 250;
    double bare_cpu[RUNS], one[RUNS], ratio[RUNS], two[RUNS], speedup[RUNS], machine[RUNS];
    char command[128];
    struct rusage usage;
    struct maker m = {0};
    struct bare work;
    struct why why = {""};

    must(crypto_start(&why) == 0, why.text);
    snprintf(m.folder, sizeof m.folder, "/tmp/keiin-bench-audit-XXXXXX");
    must(mkdtemp(m.folder) != NULL, "no temporary folder");
    must(records >= 1 && records <= ENTRY_DIGESTS_MAX && entries >= 1, "wrong numbers");
    m.log = secret_generate();
    m.writer = secret_generate();
    make_roster(&m);
    add_entry(&m, ENTRY_ROSTER, 1, 0);
    for (size_t i = 0; i < entries; i++)
        add_entry(&m, ENTRY_RECORDS, records, record_bytes);
    must(ledger_writer_finish(m.ledger, &why) == 0, why.text);
    ledger_writer_free(m.ledger);
    work = (struct bare){
        .maker = &m, .entries = entries, .records = records, .record_bytes = record_bytes};
    for (int run = 0; run < RUNS; run++) {
        double one_cpu, cpu;

        machine[run] = bare(work, 1, &bare_cpu[run]) / bare(work, 2, &cpu);
        one[run] = audit(&m, 1, &one_cpu);
        two[run] = audit(&m, 2, &cpu);
        ratio[run] = bare_cpu[run] / one_cpu;
        speedup[run] = one[run] / two[run];
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"entries\":%zu,\"records_per_entry\":%zu,\"record_bytes\":%zu,\"bare_s\":%.3f,"
           "\"one_s\":%.3f,\"two_s\":%.3f,\"records_per_s_one\":%.0f,"
           "\"records_per_s_two\":%.0f,\"ratio_one\":%.3f,\"speedup_two\":%.3f,"
           "\"machine_two\":%.3f,\"rss_max_kib\":%ld}\n",
        entries, records, record_bytes, bench_median(bare_cpu, RUNS), bench_median(one, RUNS),
        bench_median(two, RUNS), (double)(entries * records) / bench_median(one, RUNS),
        (double)(entries * records) / bench_median(two, RUNS), bench_median(ratio, RUNS),
        bench_median(speedup, RUNS), bench_median(machine, RUNS), usage.ru_maxrss);
    snprintf(command, sizeof command, "rm -rf %s", m.folder);
    return system(command) == 0 ? 0 : 1;
}
