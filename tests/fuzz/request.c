/*
 * The HTTP handler of keiin-ledger: any method, path, headers and body, as text that is parsed
 * here. Every request gets one answer; what is refused is refused with a code of SPEC.md section
 * 8 and its status, and what is stored moves the checkpoint on.
 */
#include <stdlib.h>

#include "core/note.h"
#include "core/submission.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_store.h"
#include "tests/fuzz/server.h"

const unsigned fuzz_rounds = 8000;

static const struct {
    unsigned status;
    const char *codes[4];
} refusals[] = {{400, {"malformed"}}, {403, {"writer-unknown", "signature", "role"}},
    {404, {"path"}}, {405, {"method"}}, {409, {"number", "before"}}, {411, {"length"}},
    {413, {"too-large"}}, {415, {"type"}}, {422, {"roster"}}, {429, {"busy"}}, {503, {"busy"}},
    {507, {"full"}}};

static void start(void)
{
    const struct fixture_key *root = fixture_key(FIXTURE_ROOT, "root", "root.test/r");
    struct span text = fixture_roster(false), view;
    struct buf note;

    server_wall_ms = UINT64_C(1790000000000);
    buf_init(&note, 1 << 16);
    fixture_put_note(&note, text, &root, 1, 0);
    view = buf_view(&note);
    server_start(&view, fixture_key(FIXTURE_LOG, "log", FIXTURE_ORIGIN),
        fixture_key(FIXTURE_OPERATOR, "writer", "operator.test/o"));
    buf_destroy(&note);
}

/* The text up to `end`, ended by a NUL; moves behind it. NUL bytes end what they stand in. */
static char *take(struct span *rest, uint8_t end)
{
    const uint8_t *at = rest->n == 0 ? NULL : memchr(rest->p, end, rest->n);
    size_t n = at == NULL ? rest->n : (size_t)(at - rest->p);
    char *text = malloc(n + 1);

    FUZZ_CHECK(text != NULL);
    if (n > 0)
        memcpy(text, rest->p, n);
    text[n] = 0;
    n += at != NULL;
    *rest = span_of(rest->p + n, rest->n - n);
    return text;
}

static void check_refusal(struct http_request *r)
{
    struct refusal refusal;
    bool known = false;

    FUZZ_CHECK(strcmp(r->content_type, "application/msgpack") == 0);
    FUZZ_CHECK(refusal_parse(buf_view(&r->body), &refusal) == 0);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        for (size_t k = 0; refusals[i].status == r->status && k < 4; k++)
            known = known ||
                    (refusals[i].codes[k] != NULL && span_is(refusal.code, refusals[i].codes[k]));
    FUZZ_CHECK(known);
    FUZZ_CHECK((r->retry_after_s > 0) == (r->status == 429 || r->status == 503));
    FUZZ_CHECK(refusal.has_head == (r->status == 409));
}

static void check_answer(struct http_request *r, uint64_t before)
{
    uint64_t after = server_ledger()->published.size;
    struct receipt receipt;

    FUZZ_CHECK(r->answered && after == before + (r->status == 201));
    if (r->status >= 400) {
        check_refusal(r);
        return;
    }
    FUZZ_CHECK(r->status == 200 || r->status == 201);
    if (strcmp(r->method, "POST") != 0)
        return;
    FUZZ_CHECK(receipt_parse(buf_view(&r->body), &receipt) == 0);
    FUZZ_CHECK(receipt.index < after && (r->status == 200 || receipt.index == before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool started;
    struct span in = fuzz_begin(data, n), rest = in;
    struct http_request request = {0};
    char *texts[2 + 2 * SERVER_HEADERS_MAX];
    size_t count = 0;
    uint64_t before;

    if (!started)
        start();
    started = true;
    before = server_ledger()->published.size;
    texts[count++] = take(&rest, ' ');
    texts[count++] = take(&rest, '\n');
    while (rest.n > 0 && rest.p[0] != '\n' && request.header_count < SERVER_HEADERS_MAX) {
        texts[count] = take(&rest, ':');
        request.names[request.header_count] = texts[count++];
        texts[count] = take(&rest, '\n');
        request.values[request.header_count++] = texts[count++];
    }
    if (rest.n > 0)
        rest = span_of(rest.p + 1, rest.n - 1);
    server_ask(&request, texts[0], texts[1], rest, 512);
    server_run();
    check_answer(&request, before);
    server_end(&request);
    if (server_ledger()->published.size > 8) {
        server_stop();
        started = false;
    }
    while (count > 0)
        free(texts[--count]);
    fuzz_end(in);
    return 0;
}
