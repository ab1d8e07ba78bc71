#include "ledger/status.h"

#include <inttypes.h>

static void reply_text(
    struct http_request *request, unsigned status, const char *type, struct span text)
{
    struct http_reply reply = {.status = status,
        .content_type = type,
        .cache_control = "no-store",
        .body = HTTP_COPY,
        .bytes = text};

    http_reply(request, &reply);
}

static void metric(
    struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    buf_printf(out, "# HELP keiin_%s %s\n# TYPE keiin_%s %s\nkeiin_%s %" PRIu64 "\n", name, help,
        name, type, name, value);
}

static void put_answers(struct buf *out, const struct metrics *m)
{
    buf_put_str(out, "# HELP keiin_answers_total Submissions answered, by what became of them.\n"
                     "# TYPE keiin_answers_total counter\n");
    buf_printf(out, "keiin_answers_total{code=\"stored\"} %" PRIu64 "\n", m->stored);
    buf_printf(out, "keiin_answers_total{code=\"again\"} %" PRIu64 "\n", m->replayed);
    for (int i = REFUSE_NOT + 1; i < REFUSE_COUNT; i++) {
        /* One code stands at two places of the order; they are told apart by their place. */
        const char *place = i == REFUSE_KEY_UNKNOWN ? "-ever" : "";

        buf_printf(out, "keiin_answers_total{code=\"%u-%s%s\"} %" PRIu64 "\n",
            refusal_kinds[i].status, refusal_kinds[i].code, place, m->refused[i]);
    }
}

static void put_metrics(struct buf *out, const struct status *s)
{
    const struct ledger *l = s->ledger;
    const struct metrics *m = &l->metrics;

    put_answers(out, m);
    metric(out, "entries", "gauge", "Entries published.", l->published.size);
    metric(out, "last_received_ms", "gauge", "When the last entry was received, ms since 1970.",
        l->published.received);
    metric(out, "roster_serial", "gauge", "Serial of the roster in force.", l->published.serial);
    metric(out, "writers", "gauge", "Writers that any roster so far listed.",
        book_writer_count(l->published.book));
    metric(
        out, "submissions_under_way", "gauge", "Submissions that are not answered yet.", l->jobs);
    metric(
        out, "inflight_bytes", "gauge", "Bytes of bodies that are under way.", l->inflight_bytes);
    metric(out, "connections", "gauge", "Open connections.", http_server_connections(s->server));
    metric(out, "connections_cut_total", "counter",
        "Connections cut for being slow, or to make room.", http_server_cut_total(s->server));
    metric(out, "descriptors_short_total", "counter",
        "Times that descriptors had run out for a connection.", http_server_short_total(s->server));
    metric(out, "body_bytes_total", "counter", "Bytes of submissions received.", m->body_bytes);
    metric(out, "reads_total", "counter", "Requests for what is published.", m->reads);
    metric(out, "commits_total", "counter", "Groups made durable.", atomic_load(&m->commits));
    metric(out, "records_total", "counter", "Records made durable since the start.",
        atomic_load(&m->committed_records));
    metric(out, "group_entries_max", "gauge", "Entries of the largest group since the start.",
        atomic_load(&m->group_entries_max));
    metric(out, "writer_forks_total", "counter",
        "Pairs of contradicting signatures kept as evidence.", atomic_load(&m->evidence));
    metric(out, "reads_only", "gauge", "1 after a restore, until submissions are taken again.",
        l->reads_only);
    metric(out, "store_bytes", "gauge", "Bytes of the store that are in use.",
        store_used_bytes(&l->given.store));
}

static void on_begin(void *ctx, struct http_request *request)
{
    const struct status *s = ctx;
    const char *path = http_request_path(request), *method = http_request_method(request);
    struct buf out;

    if (strcmp(path, "/healthz") != 0 && strcmp(path, "/metrics") != 0) {
        reply_text(request, 404, "text/plain", span_str("not here\n"));
        return;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        reply_text(request, 405, "text/plain", span_str("this can only be read\n"));
        return;
    }
    if (strcmp(path, "/healthz") == 0) {
        bool well = !s->ledger->draining && !s->ledger->reads_only;

        reply_text(request, well ? 200 : 503, "text/plain",
            span_str(well ? "ok\n"
                     : s->ledger->draining
                         ? "stopping\n"
                         : "reads only: restored from a copy, and not told yet that "
                           "nothing newer exists (keiin-ledger resume)\n"));
        return;
    }
    buf_init(&out, 256 * 1024);
    put_metrics(&out, s);
    if (buf_status(&out) == 0)
        reply_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", buf_view(&out));
    else
        reply_text(request, 503, "text/plain", span_str("out of memory\n"));
    buf_destroy(&out);
}

static void on_body(void *ctx, struct http_request *request, struct span piece)
{
    (void)ctx;
    (void)request;
    (void)piece;
}

/* Every request is answered when it begins. */
static void on_nothing(void *ctx, struct http_request *request)
{
    (void)ctx;
    (void)request;
}

struct http_handler status_handler(struct status *status)
{
    return (struct http_handler){status, on_begin, on_body, on_nothing, on_nothing};
}
