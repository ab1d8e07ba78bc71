#include "keys/input.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/file.h"

#define VKEY_FILE_BYTES_MAX 4096

int input_key_read(const char *path, struct input_key *out)
{
    struct why why = {""};
    size_t n;
    int err;

    memset(out, 0, sizeof *out);
    err = file_read(path, VKEY_FILE_BYTES_MAX, &out->bytes, &n, &why);
    if (err != 0)
        return cli_fail(err, path, &why);
    if (n > 0 && out->bytes[n - 1] == '\n')
        n--;
    out->text = span_of(out->bytes, n);
    if (n >= 17 && memcmp(out->bytes, "keiin-secret-key/", 17) == 0) {
        sodium_memzero(out->bytes, n);
        say_error(path, message_text(MESSAGE_KEYS_IS_SECRET));
        err = KEIIN_EMALFORMED;
    } else {
        err = vkey_parse(out->text, &out->key, &why);
        if (err != 0)
            say_error(path, why.text);
    }
    if (err == 0)
        return EXIT_OK;
    input_key_destroy(out);
    return EXIT_FINDINGS;
}

void input_key_destroy(struct input_key *in)
{
    free(in->bytes);
    memset(in, 0, sizeof *in);
}

int input_secret_look(const char *path, struct input_secret *out)
{
    struct why why = {""};
    size_t n = 0;
    int err = KEIIN_ENOMEM;

    memset(out, 0, sizeof *out);
    out->bytes = sodium_malloc(KEYFILE_BYTES_MAX);
    if (out->bytes != NULL)
        err = file_read_into(path, out->bytes, KEYFILE_BYTES_MAX, &n, &why);
    if (err == 0)
        err = keyfile_look(span_of(out->bytes, n), &out->clear, &why);
    if (err == 0)
        return EXIT_OK;
    input_secret_destroy(out);
    return cli_fail(err, path, &why);
}

void input_secret_destroy(struct input_secret *in)
{
    sodium_free(in->bytes);
    memset(in, 0, sizeof *in);
}

/* The line of a text by its number, from 1; empty when there is none. */
static struct span line_of(struct span text, uint64_t number)
{
    struct cursor c = cursor_of(text);
    struct span line = {NULL, 0};

    for (uint64_t i = 0; i < number && !c.failed; i++)
        line = cursor_line(&c);
    return c.failed ? (struct span){NULL, 0} : line;
}

/* "line 7: why" becomes "line 7: why: <the line>", cut when it is long. */
static void error_with_line(const char *path, struct span text, struct span error)
{
    struct cursor c = cursor_of(error);
    const uint8_t *colon = memchr(error.p, ':', error.n);
    struct span line = {NULL, 0};
    uint64_t number;
    struct buf out;

    if (colon != NULL && cursor_skip(&c, "line ") &&
        decimal_parse(span_of(c.p, (size_t)(colon - c.p)), ROSTER_LINES_MAX + 1, &number))
        line = line_of(text, number);
    buf_init(&out, error.n + 4096);
    buf_put_span(&out, error);
    if (line.n > 0) {
        bool cut = line.n > 200;

        buf_put_str(&out, ": \"");
        text_visible(&out, span_of(line.p, cut ? 200 : line.n));
        buf_put_str(&out, cut ? "...\"" : "\"");
    }
    buf_put_u8(&out, 0);
    if (buf_status(&out) == 0)
        say_error(path, (const char *)out.p);
    buf_destroy(&out);
}

void input_errors(const char *path, struct span text, const struct buf *errors)
{
    struct cursor c = cursor_of(buf_view(errors));

    while (cursor_left(&c) > 0 && !c.failed) {
        struct span error = cursor_line(&c);

        if (!c.failed && error.n > 0)
            error_with_line(path, text, error);
    }
}

/* A draft that an editor left with empty lines at its end is taken without them. */
static struct span draft_text(struct span bytes)
{
    size_t n = bytes.n;

    while (n >= 2 && bytes.p[n - 1] == '\n' && bytes.p[n - 2] == '\n')
        n--;
    return span_of(bytes.p, n);
}

int input_roster_parse(const char *path, uint8_t *bytes, size_t n, struct input_roster *out)
{
    struct why why = {""};
    struct span draft;
    struct buf errors;
    int err = 0;

    memset(out, 0, sizeof *out);
    out->bytes = bytes;
    out->n = n;
    buf_init(&errors, INPUT_ERRORS_BYTES_MAX);
    draft = draft_text(span_of(bytes, n));
    out->is_note = memmem(draft.p, draft.n, "\n\n", 2) != NULL;
    if (out->is_note)
        err = note_parse(span_of(bytes, n), &out->note, &why);
    else
        out->note.text = draft;
    if (err != 0) {
        say_error(path, why.text);
        goto out;
    }
    err = roster_parse(out->note.text, &out->roster, &errors);
    if (err == KEIIN_EMALFORMED)
        input_errors(path, out->note.text, &errors);
    else if (err != 0)
        cli_fail(err, path, NULL);
out:
    buf_destroy(&errors);
    if (err != 0)
        input_roster_destroy(out);
    return err == 0 ? EXIT_OK : err == KEIIN_ENOMEM ? EXIT_INTERNAL : EXIT_FINDINGS;
}

int input_roster_read(const char *path, struct input_roster *out)
{
    struct why why = {""};
    uint8_t *bytes;
    size_t n;
    int err;

    memset(out, 0, sizeof *out);
    err = file_read(path, ROSTER_BYTES_MAX, &bytes, &n, &why);
    if (err != 0)
        return cli_fail(err, path, &why);
    return input_roster_parse(path, bytes, n, out);
}

void input_roster_destroy(struct input_roster *in)
{
    roster_free(in->roster);
    free(in->bytes);
    memset(in, 0, sizeof *in);
}

int input_follows(const char *path, const struct roster *roster, const struct roster *parent)
{
    bool good = true;

    if (roster->serial != parent->serial + 1) {
        say_error_of(path, MESSAGE_KEYS_WRONG_SERIAL, roster->serial, parent->serial);
        good = false;
    }
    if (!hash_eq(&roster->parent, &parent->text_hash)) {
        say_error(path, message_text(MESSAGE_KEYS_WRONG_PARENT));
        good = false;
    }
    if (!span_eq(roster->origin, parent->origin)) {
        say_error(path, message_text(MESSAGE_KEYS_WRONG_ORIGIN));
        good = false;
    }
    return good ? EXIT_OK : EXIT_FINDINGS;
}
