/*
 * core/certificate.c: what it takes is thirteen lines by a second look, and the same bytes when it is
 * written again; what that look takes is refused only where its parts do not fit each other.
 */
#include "core/certificate.h"

#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 40000;

#define LINES 13
#define WORDS_MAX 4

/* The words of a line, with one space between; 0 when there are more, or an empty one. */
static size_t words_of(struct span line, struct span words[WORDS_MAX])
{
    size_t count = 0, from = 0;

    for (size_t i = 0; i <= line.n; i++) {
        if (i < line.n && line.p[i] != ' ')
            continue;
        if (i == from || count == WORDS_MAX)
            return 0;
        words[count++] = span_of(line.p + from, i - from);
        from = i + 1;
    }
    return count;
}

static bool good_number(struct span s, const char *most)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n >= 1 && (s.p[0] != '0' || s.n == 1) &&
           (s.n < strlen(most) || (s.n == strlen(most) && memcmp(s.p, most, s.n) <= 0));
}

#define MOST "18446744073709551615"

static bool good_hash(struct span s)
{
    return s.n == 44 && s.p[43] == '=' && s.p[42] != '=' && plain_base64(s);
}

static bool good_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == '+')
            return false;
    return s.n >= 1 && s.n <= 255;
}

static bool good_time(struct span s)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";

    for (size_t i = 0; s.n == sizeof form - 1 && i < s.n; i++)
        if (form[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != (uint8_t)form[i])
            return false;
    return s.n == sizeof form - 1;
}

/* The form of line number `i`, whatever its values. */
static bool good_line(size_t i, struct span line)
{
    static const char *const first[LINES] = {NULL, NULL, "ledger", "checkpoint", "roster",
        "verdict", "findings", "entries", "records", "received", "vouched", "time", "program"};
    struct span w[WORDS_MAX];
    size_t n = words_of(line, w);
    bool none = n == 2 && span_is(w[1], "none");

    if (i == 0)
        return span_is(line, "keiin-certificate/v1");
    if (i == 1)
        return good_name(line);
    if (n < 2 || !span_is(w[0], first[i]))
        return false;
    switch (i) {
    case 2:
        return none || (n == 2 && good_hash(w[1]));
    case 3:
        return none || (n == 3 && good_number(w[1], "9223372036854775807") && good_hash(w[2]));
    case 4:
        return n == 3 && good_number(w[1], "9007199254740991") &&
               good_number(w[2], "9007199254740991");
    case 5:
        return n == 2 && (span_is(w[1], "verified") || span_is(w[1], "findings") ||
                             span_is(w[1], "incomplete"));
    case 6:
        return n == 4 && good_number(w[1], MOST) && good_number(w[2], MOST) && good_hash(w[3]);
    case 7:
        return n == 3 && good_number(w[1], MOST) && good_number(w[2], MOST);
    case 8:
    case 9:
        return none || (n == 2 && good_number(w[1], MOST));
    case 10:
        return none || (n == 3 && (span_is(w[1], "witnesses") || span_is(w[1], "operator")) &&
                           good_number(w[2], MOST));
    case 11:
        return n == 2 && good_time(w[1]);
    default:
        return n == 3 && good_name(w[1]) && good_name(w[2]);
    }
}

static bool has_form(struct span in)
{
    size_t at = 0, lines = 0;

    while (at < in.n && lines < LINES) {
        const uint8_t *end = memchr(in.p + at, '\n', in.n - at);

        if (end == NULL || !good_line(lines++, span_of(in.p + at, (size_t)(end - in.p) - at)))
            return false;
        at = (size_t)(end - in.p) + 1;
    }
    return at == in.n && lines == LINES && in.n <= 2048;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct certificate certificate;
    struct why why = {""};
    struct buf out;
    int err = certificate_parse(in, &certificate, &why);

    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    FUZZ_CHECK(err != 0 || has_form(in));
    if (err != 0 && has_form(in)) {
        /* Days that no month has are of the form, too. */
        uint64_t time;
        const uint8_t *at = memmem(in.p, in.n, "\ntime ", 6);

        FUZZ_CHECK(at != NULL);
        FUZZ_CHECK(!time_parse(span_of(at + 6, 24), &time) || !certificate_coherent(&certificate));
    }
    if (err == 0) {
        FUZZ_CHECK(certificate_coherent(&certificate) && certificate_begins(in));
        buf_init(&out, CERTIFICATE_TEXT_BYTES_MAX);
        certificate_write(&out, &certificate);
        FUZZ_CHECK(span_eq(buf_view(&out), in));
        buf_destroy(&out);
    }
    fuzz_end(in);
    return 0;
}
