#include "tests/fuzz/server.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/genesis.h"
#include "ledger/log.h"
#include "ledger/publish.h"
#include "ledger/recover.h"
#include "ledger/route.h"
#include "ledger/sequence.h"
#include "ledger/submit.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_store.h"

uint64_t server_wall_ms, server_monotonic_ms;

static struct ledger *ledger;
static struct sequencer *sequencer;
static struct config config;

/* ---- what the ledger is given ---- */

static uint64_t wall(void *ctx)
{
    (void)ctx;
    return server_wall_ms;
}

static uint64_t monotonic(void *ctx)
{
    (void)ctx;
    return server_monotonic_ms;
}

static void fill(void *ctx, void *bytes, size_t n)
{
    (void)ctx;
    memset(bytes, 0x5a, n);
}

static void wake(void *ctx)
{
    (void)ctx; /* server_run looks by itself */
}

static const struct keiin_clock clock_given = {NULL, wall, monotonic};
static const struct keiin_random random_given = {NULL, fill};
static const struct network network_given = {NULL, submit_answer, wake};

/* In place of ledger/log.c: a million runs have nothing to say. */
void log_start(const struct keiin_clock *clock)
{
    (void)clock;
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    (void)level;
    (void)event;
    (void)format;
}

/* ---- in place of http/server.c ---- */

const char *http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_path(const struct http_request *request)
{
    return request->path;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->names[i], name) == 0)
            return request->values[i];
    return NULL;
}

void http_request_set(struct http_request *request, void *value)
{
    request->value = value;
}

void *http_request_get(const struct http_request *request)
{
    return request->value;
}

/* There is one server and no connection: nothing to spare, and nothing to cut. */
struct http_server *http_request_server(const struct http_request *request)
{
    (void)request;
    return NULL;
}

void http_request_trust(struct http_request *request)
{
    FUZZ_CHECK(!request->answered);
}

bool http_server_cut_slowest_body(struct http_server *server)
{
    FUZZ_CHECK(server == NULL);
    return false;
}

/* A body that is read while it is sent, read in pieces. */
static void read_body(struct http_request *request, const struct http_reply *reply)
{
    uint8_t piece[1000];
    size_t got;

    for (uint64_t at = 0; at < reply->read_bytes; at += got) {
        FUZZ_CHECK(reply->read(reply->read_ctx, at, piece, sizeof piece, &got) == 0 && got > 0);
        buf_put(&request->body, piece, got);
    }
    if (reply->read_free != NULL)
        reply->read_free(reply->read_ctx);
    FUZZ_CHECK(request->body.n == reply->read_bytes);
}

void http_reply(struct http_request *request, const struct http_reply *reply)
{
    FUZZ_CHECK(request->begun && !request->answered && !request->ended);
    FUZZ_CHECK(reply->status >= 200 && reply->status < 600 && reply->content_type != NULL);
    request->answered = true;
    request->status = reply->status;
    request->retry_after_s = reply->retry_after_s;
    request->content_type = reply->content_type;
    if (reply->body == HTTP_READ)
        read_body(request, reply);
    else
        buf_put_span(&request->body, reply->bytes);
    if (reply->body == HTTP_TAKE)
        free((void *)(uintptr_t)reply->bytes.p);
    FUZZ_CHECK(buf_status(&request->body) == 0);
}

/* ---- the server ---- */

static void make_config(void)
{
    config = (struct config){.origin = (char *)(uintptr_t)FIXTURE_ORIGIN,
        .data = (char *)(uintptr_t) "/nowhere",
        .prefix = (char *)(uintptr_t) "/p",
        .map_bytes_max = 1 << 28,
        .inflight_bytes_max = 1 << 26,
        .reserve_percent = 10,
        .queue_submissions_max = 100,
        .queue_per_writer_max = 100,
        .quota_bytes_per_s = 1 << 30,
        .quota_submissions_per_s = 1 << 20,
        .evidence_per_writer_max = 4,
        .workers = 1,
        .group_entries_max = GROUP_ENTRIES_MAX,
        .group_bytes_max = 1 << 24};
}

void server_start(const struct span *note, const struct fixture_key *log_key,
    const struct fixture_key *operator_key)
{
    struct ledger_given given = {.config = &config,
        .clock = &clock_given,
        .random = &random_given,
        .network = &network_given,
        .store = memory_store(tables_all(), TABLE_COUNT),
        .log_key = &log_key->file,
        .operator_key = &operator_key->file};
    struct roster *roster = NULL;
    struct why why = {""};

    make_config();
    if (note != NULL) {
        memory_store_clear();
        FUZZ_CHECK(roster_from_note(*note, NULL, &roster, &why) == 0);
        FUZZ_CHECK(genesis(&given.store, &config, &clock_given, given.log_key, given.operator_key,
                       &roster, *note) == 0);
    }
    FUZZ_CHECK(recover_check(&given.store, &config, given.log_key, false, &why) == 0);
    if (ledger == NULL)
        ledger = calloc(1, sizeof *ledger);
    FUZZ_CHECK(ledger != NULL && ledger_open(ledger, &given, &why) == 0);
    FUZZ_CHECK(sequence_new(ledger, &sequencer) == 0);
}

void server_stop(void)
{
    FUZZ_CHECK(ledger->jobs == 0 && ledger->inflight_bytes == 0);
    sequence_free(sequencer);
    sequencer = NULL;
    ledger_stop(ledger);
}

struct ledger *server_ledger(void)
{
    return ledger;
}

void server_ask(struct http_request *request, const char *method, const char *path,
    struct span body, size_t piece)
{
    struct http_handler handler = route_handler(ledger);

    request->method = method;
    request->path = path;
    request->begun = true;
    buf_init(&request->body, 1 << 24);
    handler.begin(handler.ctx, request);
    for (size_t at = 0; at < body.n && !request->answered; at += piece) {
        struct span part =
            fuzz_copy(span_of(body.p + at, piece < body.n - at ? piece : body.n - at));

        handler.body(handler.ctx, request, part);
        free((void *)(uintptr_t)part.p);
    }
    if (!request->answered)
        handler.complete(handler.ctx, request);
}

void server_post(struct http_request *request, const char *path, struct span body, size_t piece)
{
    static char length[24];

    snprintf(length, sizeof length, "%zu", body.n);
    request->names[0] = "Content-Length";
    request->values[0] = length;
    request->names[1] = "Content-Type";
    request->values[1] = "application/msgpack";
    request->header_count = 2;
    server_ask(request, "POST", path, body, piece);
}

void server_run(void)
{
    struct job *jobs[LANES_TAKE_MAX];
    struct why why = {""};
    size_t count;

    while ((count = lanes_take(ledger->lanes, false, jobs)) > 0)
        ledger_validate(ledger, jobs, count);
    while (sequence_take(sequencer, false)) {
        FUZZ_CHECK(sequence_store(sequencer) == 0);
        FUZZ_CHECK(sequence_publish(sequencer) == 0);
    }
    FUZZ_CHECK(!publish_run(ledger, &why));
}

void server_end(struct http_request *request)
{
    struct http_handler handler = route_handler(ledger);

    FUZZ_CHECK(request->answered && !request->ended);
    handler.closed(handler.ctx, request);
    request->ended = true;
    FUZZ_CHECK(request->value == NULL);
    buf_destroy(&request->body);
}
