#include "http/range.h"

#include "core/text.h"

/* Digits; leading zeros are allowed here, as the RFC has them. */
static bool number(struct span text, uint64_t *out)
{
    while (text.n > 1 && text.p[0] == '0') {
        text.p++;
        text.n--;
    }
    return decimal_parse(text, UINT64_MAX, out);
}

enum http_range http_range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *last)
{
    struct span text;
    const uint8_t *dash;
    struct span from, to;

    if (header == NULL || strncmp(header, "bytes=", 6) != 0)
        return HTTP_RANGE_NONE;
    text = span_str(header + 6);
    dash = text.n == 0 ? NULL : memchr(text.p, '-', text.n);
    if (dash == NULL)
        return HTTP_RANGE_NONE;
    from = span_of(text.p, (size_t)(dash - text.p));
    to = span_of(dash + 1, text.n - from.n - 1);
    if (from.n == 0) { /* the last so many bytes */
        if (!number(to, last))
            return HTTP_RANGE_NONE;
        if (*last == 0 || size == 0)
            return HTTP_RANGE_BEYOND;
        *first = *last < size ? size - *last : 0;
        *last = size - 1;
        return HTTP_RANGE_PART;
    }
    if (!number(from, first))
        return HTTP_RANGE_NONE;
    *last = UINT64_MAX;
    if (to.n > 0 && (!number(to, last) || *last < *first))
        return HTTP_RANGE_NONE;
    if (*first >= size)
        return HTTP_RANGE_BEYOND;
    if (*last >= size)
        *last = size - 1;
    return HTTP_RANGE_PART;
}
