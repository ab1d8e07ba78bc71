/*
 * core/note.c: what it takes is a text, an empty line and signature lines by a second look, and
 * the same bytes when it is put together again. A line by a key whose secret is known here is
 * valid when it is the very line that this key makes, and wrong otherwise.
 */
#include "core/note.h"

#include <stdlib.h>

#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 20000;

#define LOG_NAME "log.test/fuzz"
#define WITNESS_NAME "witness.test/fuzz"

/* The two known keys; seeds.py signs with them, too. */
static struct secret *secrets[2];
static struct vkey keys[2];

static void make_keys(void)
{
    uint8_t seed[32];

    for (size_t i = 0; i < 2 && secrets[i] == NULL; i++) {
        memset(seed, (int)i + 1, sizeof seed);
        secrets[i] = secret_from_seed(seed);
        FUZZ_CHECK(secrets[i] != NULL);
        vkey_make(&keys[i], span_str(i == 0 ? LOG_NAME : WITNESS_NAME),
            i == 0 ? KEY_ED25519 : KEY_COSIGNATURE, secret_public(secrets[i]));
    }
}

static bool good_line(struct span line)
{
    struct cursor c = cursor_of(line);
    size_t name = 0;

    if (line.n < 4 || memcmp(line.p, "\xe2\x80\x94 ", 4) != 0)
        return false;
    c.p += 4;
    while (c.p + name < c.end && c.p[name] != ' ')
        name++;
    if (name < 1 || name > 255 || c.p + name == c.end)
        return false;
    for (size_t i = 0; i < name; i++)
        if (c.p[i] < 0x21 || c.p[i] > 0x7e || c.p[i] == '+')
            return false;
    c.p += name + 1;
    /* Five bytes are eight digits, one of them padding. */
    return cursor_left(&c) >= 8 && plain_base64(span_of(c.p, cursor_left(&c))) &&
           !(cursor_left(&c) == 8 && c.p[6] == '=');
}

static bool is_note(struct span in)
{
    size_t split = 0, lines = 0;

    for (size_t i = 0; i < in.n; i++)
        if ((in.p[i] < 0x20 && in.p[i] != '\n'))
            return false;
    for (size_t i = 2; i <= in.n; i++)
        if (in.p[i - 2] == '\n' && in.p[i - 1] == '\n')
            split = i;
    if (split == 0 || !plain_utf8(in, true) || in.n - split > 256 * 1024)
        return false;
    for (size_t at = split, end; at < in.n; at = end + 1, lines++) {
        for (end = at; end < in.n && in.p[end] != '\n'; end++)
            continue;
        if (end == in.n || !good_line(span_of(in.p + at, end - at)))
            return false;
    }
    return lines >= 1 && lines <= 100;
}

static void check_parts(const struct note *note, struct span in)
{
    struct buf out;
    uint8_t decoded[4 + 8 + MLDSA44_SIGNATURE_BYTES];
    int64_t n;

    buf_init(&out, in.n);
    buf_put_span(&out, note->text);
    buf_put_str(&out, "\n");
    for (size_t i = 0; i < note->line_count; i++) {
        buf_put_str(&out, "\xe2\x80\x94 ");
        buf_put_span(&out, note->lines[i].name);
        buf_put_str(&out, " ");
        buf_put_span(&out, note->lines[i].base64);
        buf_put_str(&out, "\n");
        n = base64_check(note->lines[i].base64);
        FUZZ_CHECK(n >= 5);
        if (n <= (int64_t)sizeof decoded)
            FUZZ_CHECK(base64_decode(decoded, (size_t)n, note->lines[i].base64) &&
                       memcmp(decoded, note->lines[i].id, 4) == 0);
    }
    FUZZ_CHECK(span_eq(buf_view(&out), in));
    buf_destroy(&out);
}

/* Whether a line is the one that the key makes over the note's text; for a witness with its time. */
static bool true_line(
    const struct note *note, size_t which, const struct note_line *line, uint64_t *time_s)
{
    uint8_t bytes[4 + 8 + ED25519_SIGNATURE_BYTES], made[ED25519_SIGNATURE_BYTES];
    size_t head = which == 0 ? 4 : 12;
    struct buf text;
    bool same;

    *time_s = 0;
    if (!base64_decode(bytes, head + ED25519_SIGNATURE_BYTES, line->base64))
        return false;
    buf_init(&text, note->text.n + 64);
    if (which == 1) {
        *time_s = be64_get(bytes + 4);
        note_cosigned_text(&text, *time_s, note->text);
    } else {
        buf_put_span(&text, note->text);
    }
    secret_sign(secrets[which], buf_view(&text), made);
    same = memcmp(made, bytes + head, sizeof made) == 0 && *time_s >> 63 == 0;
    buf_destroy(&text);
    return same;
}

static void check_votes(const struct note *note)
{
    for (size_t which = 0; which < 2; which++) {
        struct note_vote vote = note_judge(note, &keys[which]);
        bool valid = false, wrong = false;
        uint64_t newest = 0, time_s;

        for (size_t i = 0; i < note->line_count; i++) {
            const struct note_line *line = &note->lines[i];

            if (!span_eq(line->name, keys[which].name) || memcmp(line->id, keys[which].id, 4) != 0)
                continue;
            if (true_line(note, which, line, &time_s)) {
                valid = true;
                newest = time_s > newest ? time_s : newest;
            } else {
                wrong = true;
            }
        }
        FUZZ_CHECK(vote.valid == valid && vote.wrong == wrong && !vote.unchecked);
        FUZZ_CHECK(!valid || vote.time_s == newest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct note *note = malloc(sizeof *note);
    struct why why = {""};
    int err;

    FUZZ_CHECK(note != NULL);
    make_keys();
    err = note_parse(in, note, &why);
    FUZZ_CHECK((err == 0) == is_note(in));
    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    if (err == 0) {
        check_parts(note, in);
        check_votes(note);
    }
    free(note);
    fuzz_end(in);
    return 0;
}
