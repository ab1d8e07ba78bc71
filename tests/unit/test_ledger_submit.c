/*
 * Bodies as they come in: what others send leaves room for the committee and the operator,
 * of bytes under way and of places in the queue. Nothing takes jobs out of the queue here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/msgpack.h"
#include "ledger/log.h"
#include "ledger/submit.h"
#include "tests/unit/ledger_bench.h"

#define MIB (UINT64_C(1) << 20)

/* ---- in place of http/server.c ---- */

struct http_request {
    char length[24];
    void *value;
    unsigned status; /* 0: not answered yet */
};

static unsigned cuts; /* times that the slowest body should have been cut */

const char *http_request_method(const struct http_request *request)
{
    (void)request;
    return "POST";
}

const char *http_request_path(const struct http_request *request)
{
    (void)request;
    return "/records";
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    if (strcasecmp(name, "Content-Length") == 0)
        return request->length;
    return strcasecmp(name, "Content-Type") == 0 ? "application/msgpack" : NULL;
}

void http_request_set(struct http_request *request, void *value)
{
    request->value = value;
}

void *http_request_get(const struct http_request *request)
{
    return request->value;
}

struct http_server *http_request_server(const struct http_request *request)
{
    (void)request;
    return NULL;
}

void http_request_trust(struct http_request *request)
{
    (void)request;
}

bool http_server_cut_slowest_body(struct http_server *server)
{
    (void)server;
    cuts++;
    return false;
}

void http_reply(struct http_request *request, const struct http_reply *reply)
{
    assert_int_equal(request->status, 0);
    request->status = reply->status;
    if (reply->body == HTTP_TAKE)
        free((void *)(uintptr_t)reply->bytes.p);
}

/* ---- bodies ---- */

struct world {
    struct bench bench;
    struct ledger ledger;
};

static struct world *world_new(uint64_t inflight_bytes, uint64_t queue, unsigned reserve_percent)
{
    struct world *w = calloc(1, sizeof *w);
    struct ledger_given given;
    struct why why = {""};

    assert_non_null(w);
    bench_new(&w->bench);
    w->bench.config.inflight_bytes_max = inflight_bytes;
    w->bench.config.queue_submissions_max = queue;
    w->bench.config.reserve_percent = reserve_percent;
    bench_make_ledger(&w->bench, &system_clock);
    given = (struct ledger_given){.config = &w->bench.config,
        .clock = &system_clock,
        .random = &system_random,
        .network = &w->bench.network,
        .log_key = &w->bench.log_key,
        .operator_key = &w->bench.operator_key};
    bench_open_store(&w->bench, false, &given.store);
    assert_int_equal(ledger_open(&w->ledger, &given, &why), 0);
    cuts = 0;
    return w;
}

static void world_free(struct world *w)
{
    w->ledger.fatal = true; /* jobs are left in their lanes, which free them */
    ledger_stop(&w->ledger);
    bench_free(&w->bench);
    free(w);
}

/* The first `n` bytes of a body that names a key; what follows is of no matter here. */
static void head_of(const struct keyfile *key, uint8_t *out, size_t n)
{
    struct vkey vkey;
    struct buf head;

    vkey_make(&vkey, span_str(key->name), KEY_ED25519, secret_public(key->secret));
    buf_init(&head, 4096);
    msgpack_put_array(&head, 7);
    msgpack_put_uint(&head, 1);
    msgpack_put_bin(&head, span_hash(&vkey.key_hash));
    msgpack_put_uint(&head, 1);
    msgpack_put_bin(&head, span_hash(&vkey.key_hash));
    memset(out, 0, n);
    memcpy(out, head.p, head.n < n ? head.n : n);
    buf_destroy(&head);
}

static void begin(struct world *w, struct http_request *request, size_t bytes)
{
    memset(request, 0, sizeof *request);
    snprintf(request->length, sizeof request->length, "%zu", bytes);
    submit_begin(&w->ledger, request, ENTRY_RECORDS);
    assert_int_equal(request->status, 0);
}

/* Sends `bytes` of a body that promised `promised`, in pieces; all of them: it is complete. */
static void send_body(struct world *w, struct http_request *request, const struct keyfile *key,
    size_t promised, size_t bytes, size_t piece_bytes)
{
    uint8_t *body = malloc(bytes);

    head_of(key, body, bytes);
    begin(w, request, promised);
    for (size_t at = 0; at < bytes; at += piece_bytes)
        submit_body(&w->ledger, request,
            span_of(body + at, bytes - at < piece_bytes ? bytes - at : piece_bytes));
    if (bytes == promised)
        submit_complete(&w->ledger, request);
    free(body);
}

static unsigned send_whole(
    struct world *w, const struct keyfile *key, size_t bytes, size_t piece_bytes)
{
    struct http_request request;
    unsigned status;

    send_body(w, &request, key, bytes, bytes, piece_bytes);
    status = request.status;
    submit_closed(&w->ledger, &request);
    return status; /* 0: queued */
}

static void test_bytes_are_kept_free(void **state)
{
    struct world *w = world_new(4 * MIB, 100, 50);
    const struct keyfile *agency = &w->bench.writer_key, *owner = &w->bench.operator_key;
    struct http_request slow;

    (void)state;
    /* Others have half of it: what is not whole yet takes it up too. */
    send_body(w, &slow, agency, 3 * MIB / 2, 3 * MIB / 2 - 1, 1000);
    assert_int_equal(slow.status, 0);
    assert_int_equal(w->ledger.inflight_bytes, 3 * MIB / 2);
    assert_int_equal(send_whole(w, agency, MIB, 5000), 503);
    assert_int_equal(w->ledger.inflight_bytes, 3 * MIB / 2);
    assert_int_equal(send_whole(w, agency, MIB / 4, 5000), 0);
    /* However the first bytes come. */
    assert_int_equal(send_whole(w, owner, MIB, 5000), 0);
    assert_int_equal(send_whole(w, owner, MIB, 7), 0);
    assert_int_equal(w->ledger.inflight_bytes, 3 * MIB / 2 + MIB / 4 + 2 * MIB);
    assert_true(cuts > 0);
    assert_int_equal(send_whole(w, owner, MIB, 5000), 503);
    submit_closed(&w->ledger, &slow);
    assert_int_equal(send_whole(w, owner, MIB, 5000), 0);
    world_free(w);
}

static void test_places_are_kept_free(void **state)
{
    struct world *w = world_new(64 * MIB, 4, 50);
    const struct keyfile *agency = &w->bench.writer_key, *owner = &w->bench.operator_key;

    (void)state;
    assert_int_equal(send_whole(w, agency, 1000, 1000), 0);
    assert_int_equal(send_whole(w, agency, 1000, 1000), 0);
    assert_int_equal(send_whole(w, agency, 1000, 1000), 503);
    assert_int_equal(send_whole(w, owner, 1000, 1000), 0);
    assert_int_equal(send_whole(w, owner, 1000, 1000), 0);
    assert_int_equal(send_whole(w, owner, 1000, 1000), 503);
    assert_int_equal(w->ledger.jobs, 4);
    assert_int_equal(w->ledger.metrics.refused[REFUSE_BUSY], 2);
    world_free(w);
}

/* Before it is clear whose a body is it takes no room; a body shorter than that is one too. */
static void test_heads_take_no_room(void **state)
{
    struct world *w = world_new(4 * MIB, 100, 10);
    struct http_request request;

    (void)state;
    send_body(w, &request, &w->bench.writer_key, 1000, 78, 1);
    assert_int_equal(w->ledger.inflight_bytes, 0);
    submit_closed(&w->ledger, &request);
    send_body(w, &request, &w->bench.writer_key, 1000, 79, 1);
    assert_int_equal(w->ledger.inflight_bytes, 1000);
    submit_closed(&w->ledger, &request);
    assert_int_equal(w->ledger.inflight_bytes, 0);
    assert_int_equal(send_whole(w, &w->bench.writer_key, 40, 3), 0);
    assert_int_equal(w->ledger.inflight_bytes, 40);
    assert_int_equal(w->ledger.metrics.body_bytes, 78 + 79 + 40);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes_are_kept_free),
        cmocka_unit_test(test_places_are_kept_free), cmocka_unit_test(test_heads_take_no_room)};
    struct why why = {""};

    if (crypto_start(&why) != 0)
        return 1;
    log_start(&system_clock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
