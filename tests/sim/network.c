#include "tests/sim/network.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "tests/sim/server.h"

#define PREFIX SIM_PREFIX "/"

static void *need(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

/* ---- requests as ledger/ sees them ---- */

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
    if (strcasecmp(name, "Content-Length") == 0)
        return request->length[0] == 0 ? NULL : request->length;
    if (strcasecmp(name, "Content-Type") == 0)
        return request->content_type;
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

/* Opaque to ledger/: here it is the whole machine. */
struct http_server *http_request_server(const struct http_request *request)
{
    return (struct http_server *)(void *)request->sim->server;
}

void http_request_trust(struct http_request *request)
{
    (void)request;
}

bool http_server_cut_slowest_body(struct http_server *server)
{
    return server_cut_body((struct server *)(void *)server);
}

void network_take_body(const struct http_reply *reply, struct buf *out)
{
    uint8_t piece[7001];
    size_t got;

    if (reply->body != HTTP_READ) {
        buf_put_span(out, reply->bytes);
        if (reply->body == HTTP_TAKE)
            free((void *)(uintptr_t)reply->bytes.p);
        return;
    }
    for (uint64_t at = 0; at < reply->read_bytes; at += got) {
        uint64_t left = reply->read_bytes - at;

        if (reply->read(reply->read_ctx, at, piece,
                left < sizeof piece ? (size_t)left : sizeof piece, &got) != 0)
            break;
        buf_put(out, piece, got);
    }
    reply->read_free(reply->read_ctx);
}

void http_reply(struct http_request *request, const struct http_reply *reply)
{
    struct buf body;

    assert(!request->answered);
    request->answered = true;
    request->status = reply->status;
    if (request->message == NULL) {
        network_take_body(reply, &request->reply);
        return;
    }
    buf_init(&body, SIZE_MAX / 2);
    network_take_body(reply, &body);
    if (buf_status(&body) != 0)
        abort();
    if (server_answered(request->sim->server, request->message, reply->status, buf_view(&body)))
        network_answer(request->message, reply->status, reply->retry_after_s, buf_view(&body));
    buf_destroy(&body);
}

/* ---- those who ask ---- */

/* The caller's fiber goes on, if it still waits for this. */
static void wake(struct caller *c, uint64_t ticket)
{
    if (!c->waits || c->ticket != ticket)
        return;
    c->waits = false;
    fiber_resume(c->fiber);
}

static void on_timeout(struct sim *sim, void *ctx, uint64_t ticket)
{
    (void)sim;
    wake(ctx, ticket);
}

static void wait_for(struct caller *c, uint64_t timeout_ms)
{
    c->waits = true;
    sim_later(c->sim, timeout_ms, on_timeout, c, c->ticket);
    fiber_pause(c->fiber);
}

void network_sleep(struct caller *c, uint64_t delay_ms)
{
    if (c->gone)
        return;
    c->ticket++;
    wait_for(c, delay_ms == 0 ? 1 : delay_ms);
}

void network_kill(struct caller *c)
{
    assert(c->waits);
    c->gone = true;
    c->status = 0;
    wake(c, c->ticket);
}

static struct message *message_new(
    struct sim *sim, const char *from, bool post, const char *path, struct span body)
{
    struct message *m = need(calloc(1, sizeof *m));

    m->next = sim->messages;
    sim->messages = m;
    m->from = from;
    snprintf(m->path, sizeof m->path, PREFIX "%s", path);
    m->body = need(malloc(body.n + 1));
    if (body.n > 0)
        memcpy(m->body, body.p, body.n);
    m->body_bytes = body.n;
    m->request = (struct http_request){.sim = sim,
        .method = post ? "POST" : "GET",
        .path = m->path,
        .content_type = post ? "application/msgpack" : NULL,
        .message = m};
    if (post)
        snprintf(m->request.length, sizeof m->request.length, "%zu", body.n);
    return m;
}

/* A moment, or so long that nobody waits for it any more. */
static uint64_t delay_ms(struct sim *sim, enum count_kind slow)
{
    if (sim_strikes(sim, sim->plan.slow, slow))
        return 2000 + sim_below(sim, 60000);
    return 1 + sim_below(sim, sim_chance(sim, 100) ? 400 : 20);
}

static void on_arrival(struct sim *sim, void *ctx, uint64_t number)
{
    (void)number;
    server_deliver(sim->server, ctx);
}

static void mangle(struct sim *sim, uint8_t *bytes, size_t n)
{
    if (n > 0)
        bytes[sim_below(sim, n)] ^= (uint8_t)(1u << sim_below(sim, 8));
}

static void send_message(struct sim *sim, struct message *m)
{
    const struct plan *plan = &sim->plan;

    if (sim_strikes(sim, plan->lose_request, COUNT_REQUEST_LOST)) {
        sim_trace(sim, "%s: request is lost", m->from);
        return;
    }
    if (m->body_bytes > 0 && sim_strikes(sim, plan->mangle_request, COUNT_REQUEST_MANGLED)) {
        sim_trace(sim, "%s: request is mangled", m->from);
        mangle(sim, m->body, m->body_bytes);
    }
    if (m->body_bytes > 0 && sim_strikes(sim, plan->cut_upload, COUNT_UPLOAD_CUT)) {
        m->body_bytes = (size_t)sim_below(sim, m->body_bytes);
        sim_trace(sim, "%s: upload is cut at %zu", m->from, m->body_bytes);
    }
    sim_later(sim, delay_ms(sim, COUNT_REQUEST_SLOW), on_arrival, m, 0);
}

unsigned network_ask(
    struct caller *c, bool post, const char *path, struct span body, uint64_t timeout_ms)
{
    struct sim *sim = c->sim;
    struct message *m;

    free(c->body);
    c->body = NULL;
    c->body_bytes = 0;
    c->status = 0;
    c->retry_after_s = 0;
    if (c->gone)
        return 0;
    sim_trace(sim, "%s: %s %s, %zu bytes", c->name, post ? "POST" : "GET", path, body.n);
    c->ticket++;
    m = message_new(sim, c->name, post, path, body);
    m->caller = c;
    m->ticket = c->ticket;
    send_message(sim, m);
    while (sim_strikes(sim, sim->plan.duplicate, COUNT_REQUEST_TWICE)) {
        sim_trace(sim, "%s: request goes out once more", c->name);
        send_message(sim, message_new(sim, c->name, post, path, body));
    }
    wait_for(c, timeout_ms);
    return c->status;
}

void network_send_again(struct sim *sim)
{
    for (struct message *m = sim->messages, *next; m != NULL; m = next) {
        next = m->next;
        for (int i = 0; i < 2 && strcmp(m->request.method, "POST") == 0; i++)
            sim_later(sim, 1 + sim_below(sim, 3000), on_arrival,
                message_new(
                    sim, m->from, true, m->path + strlen(PREFIX), span_of(m->body, m->body_bytes)),
                0);
    }
}

/* ---- answers ---- */

struct answer {
    struct caller *caller;
    unsigned status, retry_after_s;
    size_t n;
    uint8_t bytes[];
};

static void on_answer(struct sim *sim, void *ctx, uint64_t ticket)
{
    struct answer *a = ctx;
    struct caller *c = a->caller;

    (void)sim;
    if (c->waits && c->ticket == ticket && !c->gone) {
        c->status = a->status;
        c->retry_after_s = a->retry_after_s;
        c->body_bytes = a->n;
        c->body = need(malloc(a->n + 1));
        memcpy(c->body, a->bytes, a->n);
        free(a);
        wake(c, ticket);
    } else {
        free(a);
    }
}

/* An event that must be freed with the world carries its own memory: see sim_free. */
static void send_answer(
    struct message *m, unsigned status, unsigned retry_after_s, struct span body, uint64_t after_ms)
{
    struct answer *a = need(calloc(1, sizeof *a + body.n));

    a->caller = m->caller;
    a->status = status;
    a->retry_after_s = retry_after_s;
    a->n = body.n;
    if (body.n > 0)
        memcpy(a->bytes, body.p, body.n);
    sim_later_taking(m->request.sim, after_ms, on_answer, a, m->ticket);
}

void network_answer(struct message *m, unsigned status, unsigned retry_after_s, struct span body)
{
    struct sim *sim = m->request.sim;
    const struct plan *plan = &sim->plan;
    struct buf changed;

    if (m->caller == NULL)
        return;
    if (sim_strikes(sim, plan->lose_answer, COUNT_ANSWER_LOST)) {
        sim_trace(sim, "%s: answer is lost", m->from);
        return;
    }
    buf_init(&changed, SIZE_MAX / 2);
    buf_put_span(&changed, body);
    if (sim->old_answer.n > 0 && sim_strikes(sim, plan->old_answer, COUNT_ANSWER_OLD)) {
        sim_trace(sim, "%s: answer is replaced by an older one", m->from);
        buf_clear(&changed);
        buf_put_span(&changed, buf_view(&sim->old_answer));
        status = 201;
    } else if (status == 201 && sim_below(sim, 3) == 0) {
        buf_clear(&sim->old_answer);
        buf_put_span(&sim->old_answer, body);
    }
    if (sim_strikes(sim, plan->mangle_answer, COUNT_ANSWER_MANGLED)) {
        sim_trace(sim, "%s: answer is mangled", m->from);
        mangle(sim, changed.p, changed.n);
    }
    if (changed.n > 0 && sim_strikes(sim, plan->cut_answer, COUNT_ANSWER_CUT)) {
        changed.n = (size_t)sim_below(sim, changed.n);
        sim_trace(sim, "%s: answer is cut at %zu", m->from, changed.n);
    }
    send_answer(m, status, retry_after_s, buf_view(&changed), delay_ms(sim, COUNT_ANSWER_SLOW));
    buf_destroy(&changed);
}

void network_close(struct message *m, bool reset)
{
    m->begun = false;
    /* The client sees its connection end, or waits in vain. */
    if (reset && m->caller != NULL && sim_chance(m->request.sim, 500))
        send_answer(m, 0, 0, span_of(NULL, 0), 1 + sim_below(m->request.sim, 30));
}

void network_free_messages(struct sim *sim)
{
    struct message *next;

    for (struct message *m = sim->messages; m != NULL; m = next) {
        next = m->next;
        assert(!m->begun);
        free(m->body);
        free(m);
    }
    sim->messages = NULL;
}
