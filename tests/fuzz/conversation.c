/*
 * keiin-ledger as a whole, from the HTTP handler to the store, in one thread: the input chooses
 * what clients send (right, wrong in sixteen ways, again, forked, rosters), when the server is
 * restarted, when its disk is full and its clock wrong, and what is read. A model that knows
 * SPEC.md alone (model.h) says what each answer must be; at the end everything that was published
 * is audited with keiin-verify's code, and must be verified.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/submission.h"
#include "core/text.h"
#include "ledger/own.h"
#include "ledger/tables.h"
#include "tests/fuzz/audited.h"
#include "tests/fuzz/conversation.h"
#include "tests/fuzz/memory_store.h"
#include "tests/fuzz/server.h"

const unsigned fuzz_rounds = 400;

struct conversation t;

/* ---- answers ---- */

static void check_receipt(
    struct span body, const struct model_entry *e, uint64_t index, uint64_t *size)
{
    const struct fixture_key *log = fixture_key(FIXTURE_LOG, "log", FIXTURE_ORIGIN);
    struct note *note = malloc(sizeof *note);
    struct checkpoint checkpoint;
    struct receipt receipt;
    struct hash root;

    FUZZ_CHECK(note != NULL && receipt_parse(body, &receipt) == 0);
    FUZZ_CHECK(receipt.index == index && receipt.received == e->received);
    FUZZ_CHECK(hash_eq(&receipt.prev, &e->prev));
    FUZZ_CHECK(note_parse(receipt.checkpoint, note, NULL) == 0);
    FUZZ_CHECK(checkpoint_parse(note->text, &checkpoint, NULL) == 0);
    FUZZ_CHECK(note_judge(note, &log->vkey).valid && span_is(checkpoint.origin, FIXTURE_ORIGIN));
    FUZZ_CHECK(checkpoint.size == t.model.size);
    model_root(&t.model, checkpoint.size, &root);
    FUZZ_CHECK(hash_eq(&root, &checkpoint.root));
    FUZZ_CHECK(tree_check_inclusion(
        index, checkpoint.size, &e->leaf, receipt.proof, receipt.proof_count, &root));
    *size = checkpoint.size;
    free(note);
}

static void check_refusal(
    struct http_request *r, const struct model_answer *want, const struct model_writer *writer)
{
    struct refusal refusal;

    FUZZ_CHECK(refusal_parse(buf_view(&r->body), &refusal) == 0);
    FUZZ_CHECK(span_is(refusal.code, want->code));
    FUZZ_CHECK((r->retry_after_s > 0) == (r->status == 503 || r->status == 429));
    FUZZ_CHECK(refusal.has_head == (r->status == 409));
    if (refusal.has_head)
        FUZZ_CHECK(refusal.number == writer->number && hash_eq(&refusal.head, &writer->head));
}

/* Submissions of one writer, which come together and are answered in their order. */
struct batch {
    struct sent *sent[BATCH_MAX];
    struct http_request requests[BATCH_MAX];
    struct model_answer want[BATCH_MAX];
    struct model_writer at[BATCH_MAX]; /* the writer when each was judged */
    size_t count;
};

static bool judge_batch(struct model *m, struct batch *b, enum model_mode mode)
{
    size_t evidence = m->evidence_count;
    bool commits = false;

    for (size_t i = 0; i < b->count; i++) {
        struct sent *sent = b->sent[i];

        b->want[i] = model_submit(m, &sent->s, server_wall_ms, mode);
        b->at[i] = m->writers[sent->s.writer];
        if (b->want[i].status != 201)
            continue;
        commits = true;
        model_entry_bytes(m, b->want[i].index, &sent->s, sent->digests,
            span_of(sent->signature, sizeof sent->signature));
    }
    for (size_t i = 0; i < b->count; i++)
        if (b->want[i].placed_no)
            model_keep_evidence(m, &b->sent[i]->s);
    return commits || m->evidence_count > evidence;
}

static void send_batch(struct batch *b)
{
    static struct model before;
    uint64_t size;

    for (size_t i = 0; i < b->count; i++)
        server_post(&b->requests[i],
            b->sent[i]->s.kind == ENTRY_RECORDS ? "/p/records" : "/p/roster",
            buf_view(&b->sent[i]->body), 1 + choose(&t.c, 8) * 113);
    memory_store_full_at(t.disk_full ? 1 : 0);
    server_run();
    memory_store_full_at(0);
    before = t.model;
    if (judge_batch(&t.model, b, MODEL_STORES) && t.disk_full) {
        t.model = before; /* nothing of the group was stored, but for evidence */
        (void)judge_batch(&t.model, b, MODEL_FULL);
    }
    t.disk_full = false;
    for (size_t i = 0; i < b->count; i++) {
        struct http_request *r = &b->requests[i];

        FUZZ_CHECK(r->answered && r->status == b->want[i].status);
        if (b->want[i].code != NULL)
            check_refusal(r, &b->want[i], &b->at[i]);
        else
            check_receipt(
                buf_view(&r->body), &t.model.entries[b->want[i].index], b->want[i].index, &size);
        server_end(r);
    }
}

/* ---- what is done ---- */

static bool no_room(size_t more)
{
    return t.sent_count + more > SENT_MAX || t.model.size + more > MODEL_ENTRIES_MAX - 1 ||
           t.model.evidence_count + more > MODEL_EVIDENCE_MAX;
}

static void submit(size_t count)
{
    static struct batch b;
    unsigned writer = choose(&t.c, MODEL_WRITERS);
    struct model ahead;

    if (no_room(count))
        return;
    memset(&b, 0, sizeof b);
    b.count = count;
    ahead = t.model;
    for (size_t i = 0; i < count; i++) {
        b.sent[i] = make_records(writer);
        /* The next one goes on from this one, as it will be judged. */
        if (model_submit(&t.model, &b.sent[i]->s, server_wall_ms, MODEL_STORES).status == 201)
            model_entry_bytes(&t.model, t.model.size - 1, &b.sent[i]->s, b.sent[i]->digests,
                span_of(b.sent[i]->signature, ED25519_SIGNATURE_BYTES));
    }
    t.model = ahead;
    send_batch(&b);
}

static void submit_roster(void)
{
    static struct batch b;

    if (no_room(1))
        return;
    memset(&b, 0, sizeof b);
    b.count = 1;
    b.sent[0] = make_roster();
    send_batch(&b);
}

static void send_again(void)
{
    static struct batch b;

    if (t.sent_count == 0 || no_room(1))
        return;
    memset(&b, 0, sizeof b);
    b.count = 1;
    b.sent[0] = &t.sent[choose(&t.c, (unsigned)t.sent_count)];
    /* A roster that was refused may have become the next one, or no longer be it. */
    if (b.sent[0]->s.kind == ENTRY_ROSTER && b.sent[0]->s.bad_roster)
        return;
    if (b.sent[0]->s.kind == ENTRY_ROSTER) {
        struct model_submission *s = &b.sent[0]->s;
        bool stored = false;

        for (uint64_t i = 0; i < t.model.size; i++)
            stored = stored || hash_eq(&t.model.entries[i].after, &s->after);
        if (!stored)
            return;
    }
    send_batch(&b);
}

static void restart(void)
{
    server_stop();
    server_start(NULL, fixture_key(FIXTURE_LOG, "log", FIXTURE_ORIGIN), model_key(OPERATOR, 0));
    t.model.parted_ms = 0;
}

/* The operator's own record: it is numbered and signed by the server. */
static void heartbeat(void)
{
    struct ledger *ledger = server_ledger();
    struct span checkpoint =
        span_of(ledger->published.checkpoint, ledger->published.checkpoint_bytes);
    struct model_submission s = {.kind = ENTRY_RECORDS, .writer = OPERATOR, .count = 1};
    uint8_t salt[SALT_BYTES], signature[ED25519_SIGNATURE_BYTES];
    struct model_answer want;
    struct chain_text text;
    struct hash digest;
    struct buf record;

    if (no_room(1))
        return;
    memset(salt, 0x5a, sizeof salt);
    buf_init(&record, RECORD_BYTES_MAX);
    msgpack_put_map(&record, 4);
    msgpack_put_str(&record, span_str("action"));
    msgpack_put_str(&record, span_str("heartbeat"));
    msgpack_put_str(&record, span_str("at"));
    msgpack_put_uint(&record, server_wall_ms);
    msgpack_put_str(&record, span_str("checkpoint"));
    msgpack_put_bin(&record, checkpoint);
    msgpack_put_str(&record, span_str("salt"));
    msgpack_put_bin(&record, span_of(salt, sizeof salt));
    sha256(&digest, buf_view(&record));
    buf_destroy(&record);
    FUZZ_CHECK(own_heartbeat(ledger) == 0);
    server_run();
    s.number = t.model.writers[OPERATOR].number + 1;
    s.before = t.model.writers[OPERATOR].head;
    chain_extend(&s.after, &s.before, &digest, 1);
    chain_text(
        &text, &t.model.ledger_id, span_str(model_key(OPERATOR, 0)->file.name), s.number, &s.after);
    secret_sign(model_key(OPERATOR, 0)->file.secret, span_of(text.bytes, text.n), signature);
    if ((t.model.ever[OPERATOR] & 1) == 0)
        return;
    want = model_submit(&t.model, &s, server_wall_ms, MODEL_STORES);
    if (want.status == 201)
        model_entry_bytes(&t.model, want.index, &s, &digest, span_of(signature, sizeof signature));
}

/* Time passes; or the wall clock jumps, and the monotonic one does not. */
static void pass_time(void)
{
    unsigned ms = choose_u8(&t.c) * 50u;
    uint64_t received = t.model.entries[t.model.size - 1].received;

    if (t.model.parted_ms > 60000 || t.model.parted_ms < -60000 || received > server_wall_ms + 1000)
        return; /* after a minute like this the server stops, as it should */
    server_wall_ms += ms;
    server_monotonic_ms += ms;
}

static void jump(void)
{
    static const int64_t steps_ms[] = {-120000, -2000, -500, 500, 30000, 120000};
    int64_t step = steps_ms[choose(&t.c, 6)];

    if (t.model.parted_ms != 0 && choose(&t.c, 4) != 0)
        step = -t.model.parted_ms; /* somebody sets it right */
    if ((int64_t)server_wall_ms + step < (int64_t)(START_MS - 600000))
        return;
    server_wall_ms = (uint64_t)((int64_t)server_wall_ms + step);
    t.model.parted_ms += step;
}

/* ---- reading ---- */

static void get(struct http_request *r, const char *path)
{
    memset(r, 0, sizeof *r);
    server_ask(r, "GET", path, span_of(NULL, 0), 1);
    FUZZ_CHECK(r->answered && (r->status == 200 || r->status == 404));
}

static void read_checkpoint(void)
{
    struct http_request r;
    struct checkpoint checkpoint;
    struct note *note = malloc(sizeof *note);
    struct hash root;

    FUZZ_CHECK(note != NULL);
    get(&r, choose(&t.c, 2) == 0 ? "/p/checkpoint" : "/p/latest-checkpoint");
    FUZZ_CHECK(note_parse(buf_view(&r.body), note, NULL) == 0);
    FUZZ_CHECK(checkpoint_parse(note->text, &checkpoint, NULL) == 0);
    model_root(&t.model, t.model.size, &root);
    FUZZ_CHECK(checkpoint.size == t.model.size && hash_eq(&root, &checkpoint.root));
    free(note);
    server_end(&r);
}

static void read_writer(void)
{
    unsigned writer = choose(&t.c, MODEL_WRITERS);
    uint64_t number = 0, seen = choose(&t.c, 8);
    char path[128], hex[2 * HASH_BYTES + 1];
    const struct model_entry *found = NULL;
    struct http_request r;
    struct hash name_hash, head;
    uint64_t index = 0;

    sha256(&name_hash, span_str(model_key(writer, 0)->file.name));
    hex_encode(hex, span_hash(&name_hash));
    snprintf(path, sizeof path, "/p/writers/%s", hex);
    get(&r, path);
    FUZZ_CHECK(r.status == (t.model.ever[writer] != 0 ? 200 : 404));
    if (r.status == 200) {
        FUZZ_CHECK(writer_state_parse(buf_view(&r.body), &number, &head) == 0);
        FUZZ_CHECK(number == t.model.writers[writer].number &&
                   hash_eq(&head, &t.model.writers[writer].head));
    }
    server_end(&r);
    snprintf(path, sizeof path, "/p/writers/%s/%" PRIu64, hex, seen);
    get(&r, path);
    for (uint64_t i = 0; i < t.model.size; i++) {
        const struct model_entry *e = &t.model.entries[i];

        if (e->writer == writer && seen >= e->number && seen < e->number + e->count) {
            found = e;
            index = i;
        }
    }
    FUZZ_CHECK(r.status == (found != NULL ? 200 : 404));
    if (found != NULL)
        check_receipt(buf_view(&r.body), found, index, &number);
    server_end(&r);
}

static void read_tile(void)
{
    unsigned width = choose(&t.c, 100);
    char path[64];
    struct http_request r;

    snprintf(path, sizeof path, "/p/tile/0/000.p/%u", width);
    get(&r, path);
    FUZZ_CHECK(r.status == (width >= 1 && width <= t.model.size ? 200 : 404));
    for (unsigned i = 0; r.status == 200 && i < width; i++)
        FUZZ_CHECK(memcmp(r.body.p + i * HASH_BYTES, t.model.entries[i].leaf.b, HASH_BYTES) == 0);
    FUZZ_CHECK(r.status == 404 || r.body.n == width * (size_t)HASH_BYTES);
    server_end(&r);
}

static void read_roster(void)
{
    unsigned serial = choose(&t.c, 12);
    bool proof = choose(&t.c, 2) == 1;
    char path[64];
    struct http_request r;

    snprintf(path, sizeof path, "/p/roster/%u%s", serial, proof ? ".tlog-proof" : "");
    get(&r, path);
    FUZZ_CHECK(r.status == (serial <= t.model.serial && (!proof || serial > 0) ? 200 : 404));
    server_end(&r);
}

static void read_something(void)
{
    static void (*const reads[])(void) = {read_checkpoint, read_writer, read_tile, read_roster};

    reads[choose(&t.c, 4)]();
}

/* ---- the whole ---- */

static int count_row(void *ctx, struct span key, struct span value)
{
    (void)key;
    (void)value;
    ++*(size_t *)ctx;
    return 0;
}

static void check_end(struct span trusted)
{
    struct store store = memory_store(tables_all(), TABLE_COUNT);
    struct store_txn txn;
    size_t evidence = 0;

    restart(); /* start-up's own checks */
    FUZZ_CHECK(store_begin(&store, false, &txn) == 0);
    FUZZ_CHECK(store_walk(&txn, TABLE_EVIDENCE, span_of(NULL, 0), count_row, &evidence) == 0);
    store_abort(&txn);
    FUZZ_CHECK(evidence == t.model.evidence_count);
    audited(trusted, t.model.size, t.model.serial);
}

static void begin(struct buf *trusted)
{
    static const uint8_t lists[MODEL_WRITERS] = {1, 1, 1, 1, 0};
    const struct fixture_key *root = fixture_key(FIXTURE_ROOT, "root", "root.test/r");
    struct model_submission s = {.kind = ENTRY_ROSTER, .writer = OPERATOR, .count = 1, .number = 1};
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct chain_text text;
    struct hash random;
    struct span view;
    struct buf note;

    memset(&random, 7, sizeof random);
    buf_init(&note, 1 << 16);
    put_right_roster(trusted, 0, &random, lists);
    fixture_put_note(&note, buf_view(trusted), &root, 1, 0);
    server_wall_ms = START_MS;
    server_monotonic_ms = 1000;
    view = buf_view(&note);
    server_start(&view, fixture_key(FIXTURE_LOG, "log", FIXTURE_ORIGIN), model_key(OPERATOR, 0));
    buf_destroy(&note);
    model_start(&t.model, buf_view(trusted), lists);
    t.model.entries[0].received = START_MS;
    entry_genesis_prev(&t.model.entries[0].prev, &t.model.ledger_id);
    chain_text(&text, &t.model.ledger_id, span_str(model_key(OPERATOR, 0)->file.name), 1,
        &t.model.entries[0].after);
    secret_sign(model_key(OPERATOR, 0)->file.secret, span_of(text.bytes, text.n), signature);
    model_entry_bytes(&t.model, 0, &s, &t.model.ledger_id, span_of(signature, sizeof signature));
}

static void step(void)
{
    switch (choose(&t.c, 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        submit(1);
        return;
    case 4:
        submit(2 + choose(&t.c, BATCH_MAX - 1));
        return;
    case 5:
    case 6:
        send_again();
        return;
    case 7:
    case 8:
        submit_roster();
        return;
    case 9:
        restart();
        return;
    case 10:
        heartbeat();
        return;
    case 11:
        pass_time();
        return;
    case 12:
        jump();
        return;
    case 13:
        t.disk_full = true;
        return;
    default:
        read_something();
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct buf trusted;

    memset(&t, 0, sizeof t);
    t.c = choices_of(in);
    buf_init(&trusted, 1 << 16);
    begin(&trusted);
    while (choices_left(&t.c))
        step();
    check_end(buf_view(&trusted));
    server_stop();
    for (size_t i = 0; i < t.sent_count; i++)
        buf_destroy(&t.sent[i].body);
    buf_destroy(&trusted);
    memory_store_clear();
    fuzz_end(in);
    return 0;
}
