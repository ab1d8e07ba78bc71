/*
 * core/checkpoint.c: three lines and nothing else; what it takes is written again to the same
 * bytes, and what it refuses has a fault that shows without a key.
 */
#include "core/checkpoint.h"

#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 60000;

/* The length of the line at `at`, or SIZE_MAX when no newline ends it. */
static size_t line_at(struct span in, size_t at)
{
    for (size_t i = at; i < in.n; i++)
        if (in.p[i] == '\n')
            return i - at;
    return SIZE_MAX;
}

static bool good_origin(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == '+')
            return false;
    return s.n >= 1 && s.n <= 255;
}

/* A decimal from 1 to 2^63-1, without a zero in front. */
static bool good_size(struct span s)
{
    static const char most[] = "9223372036854775807";

    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n >= 1 && s.p[0] != '0' &&
           (s.n < strlen(most) || (s.n == strlen(most) && memcmp(s.p, most, s.n) <= 0));
}

static bool is_checkpoint(struct span in)
{
    size_t at = 0, n[3];

    for (size_t i = 0; i < 3; i++) {
        n[i] = line_at(in, at);
        if (n[i] == SIZE_MAX)
            return false;
        at += n[i] + 1;
    }
    return at == in.n && in.n <= 1024 && good_origin(span_of(in.p, n[0])) &&
           good_size(span_of(in.p + n[0] + 1, n[1])) && n[2] == 44 && in.p[in.n - 2] == '=' &&
           in.p[in.n - 3] != '=' && plain_base64(span_of(in.p + n[0] + n[1] + 2, n[2]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct checkpoint checkpoint;
    struct why why = {""};
    struct buf out;
    int err = checkpoint_parse(in, &checkpoint, &why);

    FUZZ_CHECK((err == 0) == is_checkpoint(in));
    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    if (err == 0) {
        buf_init(&out, CHECKPOINT_TEXT_BYTES_MAX);
        checkpoint_write(&out, checkpoint.origin, checkpoint.size, &checkpoint.root);
        FUZZ_CHECK(span_eq(buf_view(&out), in));
        buf_destroy(&out);
    }
    fuzz_end(in);
    return 0;
}
