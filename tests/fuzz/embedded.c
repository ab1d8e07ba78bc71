/*
 * verifier/report/html_embed.c: the JSON in an HTML file. What is found lies in the file, holds
 * nothing that could end it, and is found again when it is written anew; and whatever bytes are
 * put in come out as their escapes.
 */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "verifier/report/html.h"

#define TAIL "</body>\n</html>\n"

const unsigned fuzz_rounds = 20000;

/* A byte, or three that are one character, as written in JSON in HTML. */
static size_t escape_at(struct buf *out, struct span in, size_t i)
{
    if (in.n - i >= 3 && memcmp(in.p + i, "\xe2\x80\xa8", 3) == 0) {
        buf_put_str(out, "\\u2028");
        return 3;
    }
    if (in.n - i >= 3 && memcmp(in.p + i, "\xe2\x80\xa9", 3) == 0) {
        buf_put_str(out, "\\u2029");
        return 3;
    }
    if (in.p[i] == '<')
        buf_put_str(out, "\\u003c");
    else if (in.p[i] == '>')
        buf_put_str(out, "\\u003e");
    else if (in.p[i] == '&')
        buf_put_str(out, "\\u0026");
    else
        buf_put_u8(out, in.p[i]);
    return 1;
}

/* A file with these bytes in it gives their escapes. */
static void put_and_find(struct span in)
{
    struct span found = {NULL, 0};
    struct buf html, escaped;

    buf_init(&html, 8 * in.n + 1000);
    buf_init(&escaped, 8 * in.n + 1000);
    for (size_t i = 0; i < in.n;)
        i += escape_at(&escaped, in, i);
    buf_put_str(&html, "<p>keiin-report</p>");
    html_embed(&html, in);
    buf_put_str(&html, TAIL);
    FUZZ_CHECK(buf_status(&html) == 0 && buf_status(&escaped) == 0);
    FUZZ_CHECK(html_embedded(buf_view(&html), &found) == 0);
    FUZZ_CHECK(span_eq(found, buf_view(&escaped)));
    buf_destroy(&html);
    buf_destroy(&escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n), json = {NULL, 0};
    int err = html_embedded(in, &json);

    FUZZ_CHECK(err == 0 || err == KEIIN_EABSENT || err == KEIIN_EMALFORMED);
    if (err == 0) {
        FUZZ_CHECK(json.p >= in.p && json.p + json.n <= in.p + in.n);
        FUZZ_CHECK(json.n == 0 || memchr(json.p, '<', json.n) == NULL);
        put_and_find(json);
    }
    put_and_find(in);
    fuzz_end(in);
    return 0;
}
