#include "tests/unit/ledger_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/text.h"
#include "ledger/publish.h"

static void bench_wake(void *ctx)
{
    struct bench *b = ctx;

    pthread_mutex_lock(&b->lock);
    b->wake = true;
    pthread_cond_signal(&b->woken);
    pthread_mutex_unlock(&b->lock);
}

static void bench_answer(void *ctx, void *client, struct job *job)
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

void bench_write_body(struct bench *b, uint64_t number, const struct hash *before, uint64_t content,
    struct buf *out, struct hash *after)
{
    struct submission s = {.kind = ENTRY_RECORDS, .number = number, .before = *before, .count = 1};
    uint8_t salt[SALT_BYTES] = {(uint8_t)content}, signature[ED25519_SIGNATURE_BYTES];
    struct chain_text text;
    struct span record_span;
    struct hash digest;
    struct buf record;
    struct vkey key;

    vkey_of(&key, &b->writer_key);
    s.key = key.key_hash;
    buf_init(&record, 4096);
    msgpack_put_map(&record, 3);
    msgpack_put_str(&record, span_str("action"));
    msgpack_put_str(&record, span_str("query"));
    msgpack_put_str(&record, span_str("at"));
    msgpack_put_uint(&record, content);
    msgpack_put_str(&record, span_str("salt"));
    msgpack_put_bin(&record, span_of(salt, sizeof salt));
    record_span = buf_view(&record);
    sha256(&digest, record_span);
    s.records = &record_span;
    s.digests = &digest;
    chain_extend(after, &s.before, &digest, 1);
    chain_text(&text, &b->ledger_id, key.name, number, after);
    secret_sign(b->writer_key.secret, span_of(text.bytes, text.n), signature);
    s.signature = span_of(signature, sizeof signature);
    buf_init(out, 1 << 16);
    submission_write(out, &s);
    assert_int_equal(buf_status(out), 0);
    buf_destroy(&record);
}

static void make_bodies(struct bench *b)
{
    struct hash before, after;

    chain_start(&before, &b->ledger_id, span_str(b->writer_key.name));
    for (size_t i = 0; i < SUBMISSIONS; i++) {
        bench_write_body(b, i + 1, &before, i, &b->bodies[i], &after);
        before = after;
    }
}

void bench_new(struct bench *b)
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

void bench_open_store(struct bench *b, bool create, struct store *out)
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

void bench_free(struct bench *b)
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

void bench_make_ledger(struct bench *b, const struct keiin_clock *clock)
{
    struct roster *roster = NULL;
    struct store store;

    remove_store(b);
    bench_open_store(b, true, &store);
    assert_int_equal(roster_from_note(buf_view(&b->note), NULL, &roster, NULL), 0);
    assert_int_equal(genesis(&store, &b->config, clock, &b->log_key, &b->operator_key, &roster,
                         buf_view(&b->note)),
        0);
    store_close(&store);
}
