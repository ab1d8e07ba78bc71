#include "verifier/report/document.h"

/*
 * What a spreadsheet takes a text for a formula by, or passes over on the way to one. The wide
 * forms, which all begin with the same two bytes, count where Japanese is set (= + - @). And the
 * apostrophe that is put before these, so that whoever takes one off has the text as it was.
 */
static bool needs_apostrophe(struct span text)
{
    static const char wide[] = {'\x9d', '\x8b', '\x8d', '\xa0'};
    static const char narrow[] = {'=', '+', '-', '@', '\t', '\r', '\n', '\''};

    if (text.n == 0)
        return false;
    if (text.n >= 3 && text.p[0] == 0xef && text.p[1] == 0xbc)
        return memchr(wide, text.p[2], sizeof wide) != NULL;
    return memchr(narrow, text.p[0], sizeof narrow) != NULL;
}

static bool needs_quotes(struct span text)
{
    static const char special[] = {'"', ',', '\r', '\n'};

    for (size_t i = 0; i < text.n; i++)
        if (memchr(special, text.p[i], sizeof special) != NULL)
            return true;
    return text.n > 0 && (text.p[0] == ' ' || text.p[text.n - 1] == ' ');
}

void csv_field(struct buf *out, struct span text)
{
    bool quotes = needs_quotes(text);
    size_t from = 0;

    if (quotes)
        buf_put_u8(out, '"');
    if (needs_apostrophe(text))
        buf_put_u8(out, '\'');
    /* What ends with a quote is put, and the quote again with what follows. */
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '"')
            continue;
        buf_put(out, text.p + from, i + 1 - from);
        from = i;
    }
    if (text.n > 0)
        buf_put(out, text.p + from, text.n - from);
    if (quotes)
        buf_put_u8(out, '"');
}
