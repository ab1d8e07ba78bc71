#include "verifier/report/html.h"

#define BEGIN "\n<script type=\"application/json\" id=\"keiin-report\">\n"
#define END "\n</script>\n"
#define TAIL "</body>\n</html>\n"

void html_escape_json(struct buf *out, struct span json)
{
    for (size_t i = 0; i < json.n; i++) {
        const uint8_t *p = json.p + i;

        if (*p == '<' || *p == '>' || *p == '&') {
            buf_printf(out, "\\u%04x", *p);
        } else if (json.n - i >= 3 && p[0] == 0xe2 && p[1] == 0x80 &&
                   (p[2] == 0xa8 || p[2] == 0xa9)) {
            buf_printf(out, "\\u20%02x", p[2] - 0x80);
            i += 2;
        } else {
            buf_put_u8(out, *p);
        }
    }
}

void html_embed(struct buf *out, struct span json)
{
    buf_put_str(out, BEGIN);
    html_escape_json(out, json);
    buf_put_str(out, END);
}

static const uint8_t *find(struct span in, const char *what)
{
    return in.n == 0 ? NULL : memmem(in.p, in.n, what, strlen(what));
}

bool html_is_escaped_json(struct span json)
{
    return find(json, "<") == NULL && find(json, ">") == NULL && find(json, "&") == NULL &&
           find(json, "\xe2\x80\xa8") == NULL && find(json, "\xe2\x80\xa9") == NULL;
}

int html_embedded(struct span html, struct span *json)
{
    const uint8_t *begin, *end;
    struct span found, rest;

    if (html.n > HTML_BYTES_MAX)
        return KEIIN_ELIMIT;
    begin = find(html, BEGIN);
    if (begin == NULL)
        return KEIIN_EABSENT;
    begin += strlen(BEGIN);
    rest = span_of(begin, html.n - (size_t)(begin - html.p));
    end = find(rest, END);
    if (end == NULL)
        return KEIIN_EMALFORMED;
    found = span_of(begin, (size_t)(end - begin));
    if (!html_is_escaped_json(found) ||
        !span_is(span_of(end + strlen(END), rest.n - found.n - strlen(END)), TAIL))
        return KEIIN_EMALFORMED;
    *json = found;
    return 0;
}
