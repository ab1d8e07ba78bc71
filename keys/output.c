#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>

#include "core/text.h"
#include "keys/keys.h"
#include "system/file.h"

void say_to(FILE *to, enum message id, ...)
{
    va_list args;

    va_start(args, id);
    vfprintf(to, message_text(id), args);
    va_end(args);
}

void say(enum message id, ...)
{
    va_list args;

    va_start(args, id);
    vprintf(message_text(id), args);
    va_end(args);
}

void say_error(const char *path, const char *text)
{
    struct buf b;

    buf_init(&b, 65536);
    text_visible(&b, span_str(path));
    buf_put_u8(&b, 0);
    cli_error("%s: %s", buf_status(&b) == 0 ? (const char *)b.p : "?", text);
    buf_destroy(&b);
}

void say_error_of(const char *path, enum message id, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, id);
    if (vasprintf(&text, message_text(id), args) >= 0)
        say_error(path, text);
    else
        say_error(path, keiin_err_text(KEIIN_ENOMEM));
    va_end(args);
    free(text);
}

int say_bad_option(int argc, char **argv)
{
    const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "?";
    struct buf b;
    int status;

    buf_init(&b, 65536);
    text_visible(&b, span_str(word));
    buf_put_u8(&b, 0);
    status = cli_usage(message_text(MESSAGE_KEYS_BAD_OPTION), argv[0],
        buf_status(&b) == 0 ? (const char *)b.p : "?");
    buf_destroy(&b);
    return status;
}

void say_key(const struct vkey *key, struct span vkey_text)
{
    enum message type = MESSAGE_KEYS_TYPE_SIGNATURE;
    char id[9];

    if (key->type == KEY_COSIGNATURE)
        type = MESSAGE_KEYS_TYPE_COSIGNATURE;
    else if (key->type == KEY_COSIGNATURE_MLDSA44)
        type = MESSAGE_KEYS_TYPE_MLDSA44;
    hex_encode(id, span_of(key->id, 4));
    say(MESSAGE_KEYS_KEY, SHOW(key->name), message_text(type), id, SHOW(vkey_text));
}

int output_write(const char *path, struct span bytes)
{
    struct why why = {""};
    int err;

    if (path == NULL) {
        fwrite(bytes.p, 1, bytes.n, stdout); /* cli_main looks at the stream's errors */
        return EXIT_OK;
    }
    err = file_create(path, 0644, bytes, &why);
    return err == 0 ? EXIT_OK : cli_fail(err, path, &why);
}
