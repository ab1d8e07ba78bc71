#include "ledger/serve.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "ledger/log.h"
#include "ledger/rosters.h"
#include "ledger/submit.h"
#include "system/messages.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define OCTETS_TYPE "application/octet-stream"
#define MSGPACK_TYPE "application/msgpack"
#define FOR_GOOD "public, max-age=31536000, immutable"
#define FOR_A_SECOND "public, max-age=1"
#define NOT_SHARED "private, max-age=3600"
/* Larger bundles are read from the store while they are sent. */
#define WHOLE_BYTES_MAX HTTP_ANSWER_BYTES_MAX

static void not_there(struct http_request *request)
{
    submit_refuse(request, REFUSE_PATH, NULL, "not here");
}

/* What is damaged or cannot be read is not "never produced". */
static void unreadable(struct http_request *request, int err)
{
    log_line(LOG_ERROR, "read-failed", "%s: %s", http_request_path(request), keiin_err_text(err));
    submit_refuse(request, REFUSE_BUSY, NULL, "the store cannot be read");
}

static void reply_buf(
    struct http_request *request, struct buf *body, const char *type, const char *cache)
{
    struct http_reply reply = {.status = 200,
        .content_type = type,
        .cache_control = cache,
        .ranges = true,
        .body = HTTP_TAKE};
    size_t n = 0;

    reply.bytes.p = buf_take(body, &n);
    reply.bytes.n = n;
    if (reply.bytes.p == NULL)
        unreadable(request, KEIIN_ENOMEM);
    else
        http_reply(request, &reply);
}

static void serve_checkpoint(struct ledger *ledger, struct http_request *request)
{
    struct http_reply reply = {.status = 200,
        .content_type = TEXT_TYPE,
        .cache_control = FOR_A_SECOND,
        .ranges = true,
        .body = HTTP_COPY,
        .bytes = span_of(ledger->published.checkpoint, ledger->published.checkpoint_bytes)};

    http_reply(request, &reply);
}

static void serve_hashes(struct ledger *ledger, struct http_request *request, struct tile tile)
{
    struct store_txn txn;
    struct buf body;
    uint8_t *to;
    int err;

    buf_init(&body, TILE_BYTES_MAX);
    to = buf_extend(&body, (size_t)tile.width * HASH_BYTES);
    err = to == NULL ? KEIIN_ENOMEM : store_begin(&ledger->given.store, false, &txn);
    if (err == 0) {
        err = log_hashes(
            &txn, tile.level, tile.number * TILE_WIDTH, tile.width, (struct hash *)(void *)to);
        store_abort(&txn);
    }
    if (err != 0)
        unreadable(request, err);
    else
        reply_buf(request, &body, OCTETS_TYPE, FOR_GOOD);
    buf_destroy(&body);
}

/* A bundle that is being sent. */
struct sending {
    const struct store *store;
    struct log_bundle bundle;
};

static int sending_read(void *ctx, uint64_t offset, uint8_t *out, size_t n, size_t *got)
{
    struct sending *s = ctx;
    uint64_t left = log_bundle_bytes(&s->bundle) - offset;
    struct store_txn txn;
    int err = store_begin(s->store, false, &txn);

    *got = left < n ? (size_t)left : n;
    if (err != 0)
        return err;
    err = log_bundle_read(&txn, &s->bundle, offset, out, *got);
    store_abort(&txn);
    return err;
}

static int whole_bundle(
    const struct store_txn *txn, const struct log_bundle *bundle, struct buf *out)
{
    size_t n = (size_t)log_bundle_bytes(bundle);
    uint8_t *to = buf_extend(out, n);

    return to == NULL ? KEIIN_ENOMEM : log_bundle_read(txn, bundle, 0, to, n);
}

static void serve_bundle(struct ledger *ledger, struct http_request *request, struct tile tile)
{
    struct sending *s = malloc(sizeof *s);
    struct http_reply reply = {.status = 200,
        .content_type = OCTETS_TYPE,
        .ranges = true,
        .body = HTTP_READ,
        .read = sending_read,
        .read_free = free,
        .read_ctx = s};
    struct store_txn txn;
    struct buf body;
    int err = s == NULL ? KEIIN_ENOMEM : store_begin(&ledger->given.store, false, &txn);

    if (err != 0) {
        free(s);
        unreadable(request, err);
        return;
    }
    /* Records are for those alone who may read them; a proxy must not keep them for others. */
    reply.cache_control = tile.kind == TILE_RECORDS ? NOT_SHARED : FOR_GOOD;
    buf_init(&body, WHOLE_BYTES_MAX);
    s->store = &ledger->given.store;
    err = log_bundle_open(&txn, tile.kind, tile.number * TILE_WIDTH, tile.width, &s->bundle);
    if (err == 0 && log_bundle_bytes(&s->bundle) <= WHOLE_BYTES_MAX)
        err = whole_bundle(&txn, &s->bundle, &body);
    store_abort(&txn);
    if (err != 0) {
        unreadable(request, err);
    } else if (body.n > 0) {
        reply_buf(request, &body, OCTETS_TYPE, reply.cache_control);
    } else {
        reply.read_bytes = log_bundle_bytes(&s->bundle);
        s = NULL; /* the reply's */
        http_reply(request, &reply);
    }
    free(s);
    buf_destroy(&body);
}

static void serve_tile(struct ledger *ledger, struct http_request *request, const char *path)
{
    struct tile tile;

    if (!tile_path_parse(span_str(path), &tile) || tile.number >= UINT64_C(1) << 48 ||
        tile_width(ledger->published.size, tile.level, tile.number) < tile.width) {
        not_there(request);
        return;
    }
    if (tile.kind == TILE_HASHES)
        serve_hashes(ledger, request, tile);
    else
        serve_bundle(ledger, request, tile);
}

/* A roster, or its proof, that is being sent. */
struct sending_roster {
    const struct store *store;
    uint64_t serial, bytes;
    bool proof;
};

static int roster_read(void *ctx, uint64_t offset, uint8_t *out, size_t n, size_t *got)
{
    struct sending_roster *s = ctx;
    struct store_txn txn;
    int err = store_begin(s->store, false, &txn);

    *got = s->bytes - offset < n ? (size_t)(s->bytes - offset) : n;
    if (err != 0)
        return err;
    err = rosters_read(&txn, s->serial, s->proof, offset, out, *got);
    store_abort(&txn);
    return err;
}

static void send_roster(
    struct ledger *ledger, struct http_request *request, uint64_t serial, bool proof)
{
    struct sending_roster *s = malloc(sizeof *s);
    struct http_reply reply = {.status = 200,
        .content_type = TEXT_TYPE,
        .cache_control = FOR_GOOD,
        .ranges = true,
        .body = HTTP_READ,
        .read = roster_read,
        .read_free = free,
        .read_ctx = s};
    struct store_txn txn;
    int err = s == NULL ? KEIIN_ENOMEM : store_begin(&ledger->given.store, false, &txn);

    if (err == 0) {
        *s = (struct sending_roster){&ledger->given.store, serial, 0, proof};
        err = rosters_bytes(&txn, serial, proof, &s->bytes);
        store_abort(&txn);
    }
    if (err != 0) {
        free(s);
        unreadable(request, err);
        return;
    }
    reply.read_bytes = s->bytes;
    http_reply(request, &reply);
}

static void serve_roster(struct ledger *ledger, struct http_request *request, const char *path)
{
    const char *suffix = strstr(path, ".tlog-proof");
    bool proof = suffix != NULL && strcmp(suffix, ".tlog-proof") == 0;
    size_t digits = proof ? (size_t)(suffix - path) : strlen(path);
    uint64_t serial;

    if (!decimal_parse(span_of(path, digits), UINT_MAX_CANONICAL, &serial) ||
        serial > ledger->published.serial || (proof && serial == 0))
        not_there(request);
    else
        send_roster(ledger, request, serial, proof);
}

/* The entry that holds a number, as a receipt. */
static int write_entry(struct ledger *ledger, const struct store_txn *txn, const struct head *head,
    uint64_t number, struct buf *out)
{
    struct receipt receipt = {
        .checkpoint = span_of(ledger->published.checkpoint, ledger->published.checkpoint_bytes)};
    struct log_cached *nodes = malloc(sizeof *nodes);
    struct entry entry;
    struct buf bytes;
    int err = nodes == NULL ? KEIIN_ENOMEM : heads_find(txn, head, number, &receipt.index);

    buf_init(&bytes, ENTRY_BYTES_MAX);
    if (err == 0 && receipt.index >= ledger->published.size)
        err = KEIIN_EABSENT; /* durable, but not published yet */
    if (err == 0)
        err = log_entry(txn, receipt.index, &bytes);
    if (err == 0 && entry_parse(buf_view(&bytes), &entry) != 0)
        err = KEIIN_EDAMAGED;
    if (err != 0)
        goto out;
    log_nodes_init(&nodes->nodes, txn, ledger->published.size);
    nodes->cache = ledger->cache;
    err = tree_prove_inclusion(receipt.index, ledger->published.size, log_cached_node, nodes,
        receipt.proof, &receipt.proof_count);
    receipt.received = entry.received;
    receipt.prev = entry.prev;
    receipt.entry = buf_view(&bytes);
    if (err == 0)
        receipt_write(out, &receipt);
out:
    buf_destroy(&bytes);
    free(nodes);
    return err;
}

static void serve_writer(struct ledger *ledger, struct http_request *request, const char *path)
{
    const char *slash = strchr(path, '/');
    size_t hex = slash == NULL ? strlen(path) : (size_t)(slash - path);
    struct hash name_hash;
    struct head head = {0};
    struct store_txn txn;
    uint64_t number = 0;
    uint32_t writer;
    struct buf body;
    int err;

    if (!hex_decode(name_hash.b, HASH_BYTES, span_of(path, hex)) ||
        (slash != NULL && !decimal_parse(span_str(slash + 1), UINT_MAX_CANONICAL, &number)) ||
        book_find_name(ledger->published.book, &name_hash, &writer) != 0) {
        not_there(request);
        return;
    }
    buf_init(&body, HTTP_ANSWER_BYTES_MAX);
    err = store_begin(&ledger->given.store, false, &txn);
    if (err == 0) {
        head.hash = book_writer(ledger->published.book, writer)->start;
        err = heads_get(&txn, &name_hash, &head);
        if (err == KEIIN_EABSENT)
            err = 0;
        if (err == 0 && slash == NULL)
            writer_state_write(&body, head.number, &head.hash);
        else if (err == 0 && (number == 0 || number > head.number))
            err = KEIIN_EABSENT;
        else if (err == 0)
            err = write_entry(ledger, &txn, &head, number, &body);
        store_abort(&txn);
    }
    if (err == KEIIN_EABSENT)
        not_there(request);
    else if (err != 0)
        unreadable(request, err);
    else
        reply_buf(request, &body, MSGPACK_TYPE, "no-store");
    buf_destroy(&body);
}

void serve(struct ledger *ledger, struct http_request *request, const char *path)
{
    ledger->metrics.reads++;
    if (!ledger->published.shown)
        submit_refuse(request, REFUSE_BUSY, NULL,
            "the ledger was restored, and the roster that lists its new log key is not taken over "
            "yet; "
            "try again later");
    else if (strcmp(path, "checkpoint") == 0 || strcmp(path, "latest-checkpoint") == 0)
        serve_checkpoint(ledger, request);
    else if (strncmp(path, "tile/", 5) == 0)
        serve_tile(ledger, request, path + 5);
    else if (strncmp(path, "roster/", 7) == 0)
        serve_roster(ledger, request, path + 7);
    else
        serve_writer(ledger, request, path + 8);
}
