/*
 * core/text.c: one valid spelling each. Base64, hex and decimals that are taken are written again
 * to the same text; UTF-8 is judged a second time by the RFC's table; text made visible holds
 * nothing that hides, and can be made what it was; times mean the same when written again.
 */
#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 60000;

static void check_base64(struct span in)
{
    int64_t n = base64_check(in);
    uint8_t *bytes;
    struct buf out;

    FUZZ_CHECK((n >= 0) == plain_base64(in));
    buf_init(&out, BASE64_BYTES(in.n));
    base64_encode(&out, in);
    FUZZ_CHECK(base64_check(buf_view(&out)) == (int64_t)in.n);
    buf_destroy(&out);
    if (n < 0)
        return;
    bytes = malloc((size_t)n + 1);
    FUZZ_CHECK(bytes != NULL && base64_decode(bytes, (size_t)n, in));
    FUZZ_CHECK(!base64_decode(bytes, (size_t)n + 1, in));
    buf_init(&out, in.n);
    base64_encode(&out, span_of(bytes, (size_t)n));
    FUZZ_CHECK(span_eq(buf_view(&out), in));
    buf_destroy(&out);
    free(bytes);
}

static void check_hex(struct span in)
{
    uint8_t *bytes = malloc(in.n / 2 + 1);
    char *hex = malloc(in.n + 2);

    FUZZ_CHECK(bytes != NULL && hex != NULL);
    if (hex_decode(bytes, in.n / 2, in)) {
        hex_encode(hex, span_of(bytes, in.n / 2));
        FUZZ_CHECK(span_is(in, hex));
    }
    free(bytes);
    free(hex);
}

static void check_decimal(struct span in)
{
    uint64_t v = 0;
    char text[24];
    bool digits = in.n >= 1 && in.n <= 19 && (in.n == 1 || in.p[0] != '0');

    for (size_t i = 0; i < in.n; i++)
        digits = digits && in.p[i] >= '0' && in.p[i] <= '9';
    FUZZ_CHECK(!digits || decimal_parse(in, UINT64_MAX, &v));
    if (!decimal_parse(in, UINT64_MAX, &v))
        return;
    snprintf(text, sizeof text, "%" PRIu64, v);
    FUZZ_CHECK(span_is(in, text) && decimal_parse(in, v, &v));
    FUZZ_CHECK(v == 0 || !decimal_parse(in, v - 1, &v));
}

/* What text_visible made, made undone; false when it holds something else. */
static bool undo(struct span shown, struct buf *out)
{
    for (size_t i = 0; i < shown.n;) {
        char hex[9] = "";
        const uint8_t *p = shown.p + i, *close;
        unsigned long v;
        size_t n;

        if (*p != '\\') {
            buf_put_u8(out, *p);
            i++;
            continue;
        }
        if (i + 1 < shown.n && p[1] == '\\') {
            buf_put_u8(out, '\\');
            i += 2;
            continue;
        }
        close = memchr(p, '}', shown.n - i);
        n = close == NULL ? 0 : (size_t)(close - p);
        if (n < 5 || n > 3 + 8 || p[2] != '{')
            return false;
        memcpy(hex, p + 3, n - 3);
        v = strtoul(hex, NULL, 16);
        i += n + 1;
        if (p[1] == 'x' || v < 0x80) {
            buf_put_u8(out, (uint8_t)v);
        } else if (v < 0x800) {
            buf_put_u8(out, (uint8_t)(0xc0 | v >> 6));
            buf_put_u8(out, (uint8_t)(0x80 | (v & 0x3f)));
        } else if (v < 0x10000) {
            buf_put_u8(out, (uint8_t)(0xe0 | v >> 12));
            buf_put_u8(out, (uint8_t)(0x80 | (v >> 6 & 0x3f)));
            buf_put_u8(out, (uint8_t)(0x80 | (v & 0x3f)));
        } else {
            buf_put_u8(out, (uint8_t)(0xf0 | v >> 18));
            buf_put_u8(out, (uint8_t)(0x80 | (v >> 12 & 0x3f)));
            buf_put_u8(out, (uint8_t)(0x80 | (v >> 6 & 0x3f)));
            buf_put_u8(out, (uint8_t)(0x80 | (v & 0x3f)));
        }
    }
    return true;
}

static void check_characters(struct span in)
{
    struct buf shown, back;

    FUZZ_CHECK(utf8_valid(in) == plain_utf8(in, true));
    FUZZ_CHECK(utf8_plain(in) == plain_utf8(in, false));
    buf_init(&shown, in.n * 12 + 1);
    buf_init(&back, in.n + 1);
    text_visible(&shown, in);
    FUZZ_CHECK(buf_status(&shown) == 0 && plain_utf8(buf_view(&shown), false));
    FUZZ_CHECK(undo(buf_view(&shown), &back) && span_eq(buf_view(&back), in));
    buf_destroy(&shown);
    buf_destroy(&back);
}

static void check_time(struct span in)
{
    char text[TIME_TEXT_BYTES];
    uint64_t ms, again;

    if (!time_parse(in, &ms))
        return;
    time_text(text, ms);
    /* An offset may carry the last hours of 9999 into a year of five digits. */
    FUZZ_CHECK(
        ms >= UINT64_C(253402300800000) || (time_parse(span_str(text), &again) && again == ms));
}

static void check_names(struct span in)
{
    bool id = in.n >= 1 && in.n <= 255, plus = false;

    for (size_t i = 0; i < in.n; i++) {
        id = id && in.p[i] >= '!' && in.p[i] <= '~';
        plus = plus || in.p[i] == '+';
    }
    FUZZ_CHECK(id_valid(in) == id && name_valid(in) == (id && !plus));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);

    check_base64(in);
    check_hex(in);
    check_decimal(in);
    check_characters(in);
    check_time(in);
    check_names(in);
    fuzz_end(in);
    return 0;
}
