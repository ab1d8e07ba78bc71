/*
 * http/range.c: the part that a Range header names lies within the whole, and is the one that
 * RFC 9110 section 14 says, by a second reading. The input is the size and then the header.
 */
#include "http/range.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 60000;

/* A number of any length, capped; false for what is none. */
static bool number(const char *from, size_t n, unsigned __int128 *out)
{
    const unsigned __int128 cap = (unsigned __int128)1 << 100;

    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (from[i] < '0' || from[i] > '9')
            return false;
        *out = *out * 10 + (unsigned)(from[i] - '0');
        *out = *out > cap ? cap : *out;
    }
    return n > 0;
}

static enum http_range plain_range(
    const char *header, uint64_t size, uint64_t *first, uint64_t *last)
{
    unsigned __int128 from = 0, to = 0;
    const char *dash;
    size_t to_bytes;

    if (strncmp(header, "bytes=", 6) != 0)
        return HTTP_RANGE_NONE;
    header += 6;
    dash = strchr(header, '-');
    if (dash == NULL)
        return HTTP_RANGE_NONE;
    to_bytes = strlen(dash + 1);
    if ((dash != header && !number(header, (size_t)(dash - header), &from)) ||
        (to_bytes > 0 && !number(dash + 1, to_bytes, &to)) || (dash == header && to_bytes == 0))
        return HTTP_RANGE_NONE;
    /* What no file can have is no number here; the header is then as if absent. */
    if (from > UINT64_MAX || to > UINT64_MAX)
        return HTTP_RANGE_NONE;
    if (dash == header) {
        if (to == 0 || size == 0)
            return HTTP_RANGE_BEYOND;
        *first = to >= size ? 0 : size - (uint64_t)to;
        *last = size - 1;
        return HTTP_RANGE_PART;
    }
    if (to_bytes > 0 && to < from)
        return HTTP_RANGE_NONE;
    if (from >= size)
        return HTTP_RANGE_BEYOND;
    *first = (uint64_t)from;
    *last = to_bytes == 0 || to >= size ? size - 1 : (uint64_t)to;
    return HTTP_RANGE_PART;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n), rest;
    struct choices c = choices_of(in);
    uint64_t size = choose_u64(&c) >> choose(&c, 64), first = 0, last = 0, first2 = 0, last2 = 0;
    enum http_range got, want;
    char *header;

    rest = choose_bytes(&c, SIZE_MAX);
    header = malloc(rest.n + 1);
    FUZZ_CHECK(header != NULL);
    memcpy(header, rest.p, rest.n);
    header[rest.n] = 0;
    got = http_range_parse(header, size, &first, &last);
    want = plain_range(header, size, &first2, &last2);
    FUZZ_CHECK(got == want);
    if (got == HTTP_RANGE_PART) {
        FUZZ_CHECK(first <= last && last < size);
        FUZZ_CHECK(first == first2 && last == last2);
    }
    FUZZ_CHECK(http_range_parse(NULL, size, &first, &last) == HTTP_RANGE_NONE);
    free(header);
    fuzz_end(in);
    return 0;
}
