/*
 * How fast an audit is, against the hashing and verifying that it cannot do without: makes
 * a ledger in a folder, hashes the same blocks and verifies as many signatures with the
 * bare libraries, then audits. Prints medians and ratios; all in one run.
 *
 *     bench-audit [entries [records per entry [record bytes]]]
 */
#include <openssl/evp.h>
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

#define RUNS 5

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

/* The same blocks through one EVP context, and one verification an entry. */
static double bare(const struct maker *m, size_t entries, size_t records, size_t record_bytes)
{
    static uint8_t block[70000];
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t out[32], signature[ED25519_SIGNATURE_BYTES], message[150] = {0};
    size_t entry_bytes = 190 + 34 * records;
    double start;

    secret_sign(m->writer, span_of(message, sizeof message), signature);
    start = bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
    for (size_t i = 0; i < entries; i++) {
        size_t sizes[] = {entry_bytes + 1, 33 + 32 * records, 65};

        for (size_t k = 0; k < 3; k++) {
            EVP_DigestInit_ex(ctx, md, NULL);
            EVP_DigestUpdate(ctx, block, sizes[k]);
            EVP_DigestFinal_ex(ctx, out, NULL);
        }
        for (size_t k = 0; k < records; k++) {
            EVP_DigestInit_ex(ctx, md, NULL);
            EVP_DigestUpdate(ctx, block, record_bytes);
            EVP_DigestFinal_ex(ctx, out, NULL);
        }
        must(ed25519_verify(secret_public(m->writer), span_of(message, sizeof message),
                 span_of(signature, sizeof signature)),
            "a signature does not verify");
    }
    start = bench_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9 - start;
    EVP_MD_CTX_free(ctx);
    EVP_MD_free(md);
    return start;
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
    double b[RUNS], one[RUNS], one_cpu[RUNS], two[RUNS], two_cpu;
    char command[128];
    struct rusage usage;
    struct maker m = {0};
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
    for (int run = 0; run < RUNS; run++) {
        b[run] = bare(&m, entries, records, record_bytes);
        one[run] = audit(&m, 1, &one_cpu[run]);
        two[run] = audit(&m, 2, &two_cpu);
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"entries\":%zu,\"records_per_entry\":%zu,\"record_bytes\":%zu,\"bare_s\":%.3f,"
           "\"one_s\":%.3f,\"one_cpu_s\":%.3f,\"two_s\":%.3f,\"records_per_s_one\":%.0f,"
           "\"records_per_s_two\":%.0f,\"ratio_one\":%.3f,\"speedup_two\":%.3f,"
           "\"rss_max_kib\":%ld}\n",
        entries, records, record_bytes, bench_median(b, RUNS), bench_median(one, RUNS),
        bench_median(one_cpu, RUNS), bench_median(two, RUNS),
        (double)(entries * records) / bench_median(one, RUNS),
        (double)(entries * records) / bench_median(two, RUNS),
        bench_median(b, RUNS) / bench_median(one_cpu, RUNS),
        bench_median(one, RUNS) / bench_median(two, RUNS), usage.ru_maxrss);
    snprintf(command, sizeof command, "rm -rf %s", m.folder);
    return system(command) == 0 ? 0 : 1;
}
