#include "core/note.h"

#include <inttypes.h>

#include "core/text.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */

static const char bad_line[] = "a signature line is \"\xe2\x80\x94 <name> <base64 of key id and "
                               "signature>\"";

/* The text ends before the last empty line; what follows are signature lines. */
static bool split(struct span bytes, struct span *text, struct span *lines)
{
    for (size_t i = bytes.n; i >= 2; i--)
        if (bytes.p[i - 1] == '\n' && bytes.p[i - 2] == '\n') {
            *text = span_of(bytes.p, i - 1);
            *lines = span_of(bytes.p + i, bytes.n - i);
            return true;
        }
    return false;
}

static bool text_valid(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 && text.p[i] != '\n')
            return false;
    return utf8_valid(text);
}

static bool line_parse(struct span bytes, struct note_line *out)
{
    struct cursor c = cursor_of(bytes);
    uint8_t head[6];
    const uint8_t *space;

    if (!cursor_skip(&c, DASH) || cursor_left(&c) == 0)
        return false;
    space = memchr(c.p, ' ', cursor_left(&c));
    if (space == NULL)
        return false;
    out->name = span_of(c.p, (size_t)(space - c.p));
    out->base64 = span_of(space + 1, (size_t)(c.end - space - 1));
    if (!name_valid(out->name) || base64_check(out->base64) < 5)
        return false;
    /* Eight digits are six bytes: the key id is among them. */
    if (!base64_decode(head, sizeof head, span_of(out->base64.p, 8))) {
        struct span first = out->base64;

        /* Five bytes or, with one padding digit, less than six: decode exactly. */
        if (base64_check(first) != 5 || !base64_decode(head, 5, first))
            return false;
    }
    memcpy(out->id, head, 4);
    return true;
}

int note_parse(struct span bytes, struct note *out, struct why *why)
{
    struct span lines, line;
    struct cursor c;

    out->line_count = 0;
    if (!split(bytes, &out->text, &lines)) {
        why_set(why, "a note is a text, an empty line and signature lines");
        return KEIIN_EMALFORMED;
    }
    if (!text_valid(bytes)) {
        why_set(why, "a note is UTF-8 without control characters");
        return KEIIN_EMALFORMED;
    }
    if (lines.n > NOTE_SIGNATURES_BYTES_MAX) {
        why_set(why, "the signature lines have more than %d bytes", NOTE_SIGNATURES_BYTES_MAX);
        return KEIIN_EMALFORMED;
    }
    c = cursor_of(lines);
    while (cursor_left(&c) > 0) {
        line = cursor_line(&c);
        if (c.failed || out->line_count == NOTE_LINES_MAX ||
            !line_parse(line, &out->lines[out->line_count])) {
            why_set(why, "%s, 1 to %d of them", bad_line, NOTE_LINES_MAX);
            return KEIIN_EMALFORMED;
        }
        out->line_count++;
    }
    if (out->line_count == 0) {
        why_set(why, "no signature line");
        return KEIIN_EMALFORMED;
    }
    return 0;
}

void note_cosigned_text(struct buf *out, uint64_t time_s, struct span text)
{
    buf_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
    buf_put_span(out, text);
}

/* Verifies one Ed25519 line; false when it is wrong in any way. */
static bool line_verify(const struct note *note, const struct note_line *line,
    const struct vkey *key, uint64_t *time_s)
{
    uint8_t bytes[4 + 8 + ED25519_SIGNATURE_BYTES];
    struct buf text;
    bool valid;

    if (key->type == KEY_ED25519) {
        *time_s = 0;
        return base64_decode(bytes, 4 + ED25519_SIGNATURE_BYTES, line->base64) &&
               ed25519_verify(key->key, note->text, span_of(bytes + 4, ED25519_SIGNATURE_BYTES));
    }
    if (!base64_decode(bytes, sizeof bytes, line->base64))
        return false;
    *time_s = be64_get(bytes + 4);
    if (*time_s >> 63 != 0)
        return false;
    buf_init(&text, note->text.n + 64);
    note_cosigned_text(&text, *time_s, note->text);
    valid = buf_status(&text) == 0 &&
            ed25519_verify(key->key, buf_view(&text), span_of(bytes + 12, ED25519_SIGNATURE_BYTES));
    buf_destroy(&text);
    return valid;
}

/* Of the right length and with a possible time: all that can be said without ML-DSA-44. */
static bool mldsa44_plausible(const struct note_line *line)
{
    uint8_t head[12];

    return base64_check(line->base64) == 4 + 8 + MLDSA44_SIGNATURE_BYTES &&
           base64_decode(head, sizeof head, span_of(line->base64.p, 16)) && head[4] >> 7 == 0;
}

struct note_vote note_judge(const struct note *note, const struct vkey *key)
{
    struct note_vote vote = {false, false, false, 0};

    for (size_t i = 0; i < note->line_count; i++) {
        const struct note_line *line = &note->lines[i];
        uint64_t time_s = 0;

        if (memcmp(line->id, key->id, 4) != 0 || !span_eq(line->name, key->name))
            continue;
        if (key->type == KEY_COSIGNATURE_MLDSA44) {
            if (mldsa44_plausible(line))
                vote.unchecked = true;
            else
                vote.wrong = true;
        } else if (line_verify(note, line, key, &time_s)) {
            vote.valid = true;
            vote.time_s = time_s > vote.time_s ? time_s : vote.time_s;
        } else {
            vote.wrong = true;
        }
    }
    return vote;
}

void note_put_line(struct buf *out, struct span name, const uint8_t id[static 4],
    struct span signature)
{
    uint8_t bytes[4 + 8 + MLDSA44_SIGNATURE_BYTES];

    if (signature.n > sizeof bytes - 4) {
        out->status = KEIIN_ELIMIT;
        return;
    }
    memcpy(bytes, id, 4);
    memcpy(bytes + 4, signature.p, signature.n);
    buf_put_str(out, DASH);
    buf_put_span(out, name);
    buf_put_str(out, " ");
    base64_encode(out, span_of(bytes, 4 + signature.n));
    buf_put_str(out, "\n");
}

void note_sign(struct buf *out, struct span text, struct span name, const struct secret *secret)
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct vkey key;

    vkey_make(&key, name, KEY_ED25519, secret_public(secret));
    secret_sign(secret, text, signature);
    note_put_line(out, name, key.id, span_of(signature, sizeof signature));
}
