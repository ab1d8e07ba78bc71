#include "system/secretfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "core/text.h"
#include "system/file.h"
#include "system/messages.h"

#define PASSPHRASE_BYTES_MAX 1024

enum typed { TYPED_LINE, TYPED_CANCELLED, TYPED_TOO_LONG };

/* Takes keys one by one, so that ^C can be obeyed with the terminal put right first. */
static enum typed type_line(int tty, char *out, size_t *n)
{
    enum typed result = TYPED_LINE;
    char c = 0;

    *n = 0;
    for (;;) {
        ssize_t got = read(tty, &c, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || c == 0x03 || c == 0x1c || (c == 0x04 && *n == 0)) {
            result = TYPED_CANCELLED;
            break;
        }
        if (c == '\n' || c == '\r')
            break;
        if (c == 0x15) { /* ^U: from the beginning */
            *n = 0;
        } else if (c == 0x7f || c == 0x08) {
            /* A character may have several bytes: those that go on go with the first. */
            while (*n > 0 && ((unsigned char)out[--*n] & 0xc0) == 0x80)
                continue;
        } else if (*n == PASSPHRASE_BYTES_MAX) {
            result = TYPED_TOO_LONG;
        } else {
            out[(*n)++] = c;
        }
    }
    sodium_memzero(&c, sizeof c);
    return result;
}

/* Asks on the terminal, without echo. `out` has room for PASSPHRASE_BYTES_MAX + 1. */
static int ask(const char *prompt, char *out, size_t *n, struct why *why)
{
    struct termios before, quiet;
    sigset_t signals, old;
    enum typed typed;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (tty < 0 || tcgetattr(tty, &before) != 0) {
        why_set(why, "%s", message_text(MESSAGE_SYSTEM_PASSPHRASE_NO_TERMINAL));
        if (tty >= 0)
            close(tty);
        return KEIIN_EPASSPHRASE;
    }
    /* A signal must not leave a terminal that shows nothing: it waits until the end. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGQUIT);
    sigaddset(&signals, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &signals, &old);
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    tcsetattr(tty, TCSAFLUSH, &quiet);
    dprintf(tty, "%s", prompt);
    typed = type_line(tty, out, n);
    tcsetattr(tty, TCSAFLUSH, &before);
    dprintf(tty, "\n");
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    close(tty);
    out[*n] = 0;
    if (typed == TYPED_LINE && *n > 0)
        return 0;
    why_set(why, "%s",
        message_text(typed == TYPED_TOO_LONG ? MESSAGE_SYSTEM_PASSPHRASE_TOO_LONG
                                             : MESSAGE_SYSTEM_PASSPHRASE_NONE));
    return KEIIN_EPASSPHRASE;
}

/* The first line of the file that KEIIN_PASSPHRASE_FILE names. */
static int from_file(const char *path, char *out, size_t *n, struct why *why)
{
    char *end;
    int err;

    err = file_read_into(path, (uint8_t *)out, PASSPHRASE_BYTES_MAX, n, why);
    if (err == KEIIN_ENOMEM)
        return err;
    if (err == 0) {
        end = memchr(out, '\n', *n);
        if (end != NULL)
            *n = (size_t)(end - out);
        out[*n] = 0;
        if (*n > 0 && memchr(out, 0, *n) == NULL)
            return 0;
        why_set(why, "%s: %s", path, message_text(MESSAGE_SYSTEM_PASSPHRASE_EMPTY_LINE));
    }
    why_prefix(why, "KEIIN_PASSPHRASE_FILE");
    return KEIIN_EPASSPHRASE;
}

/* NULL when the variable is not set, or to nothing. */
static const char *passphrase_path(void)
{
    const char *path = getenv("KEIIN_PASSPHRASE_FILE");

    return path == NULL || path[0] == 0 ? NULL : path;
}

/* The passphrase of a key that is there. `out` has room for PASSPHRASE_BYTES_MAX + 1. */
static int known_passphrase(
    const char *key_path, bool prompt, char *out, size_t *n, struct why *why)
{
    const char *path = passphrase_path();
    struct buf name;
    char *prompted = NULL;
    int err;

    if (path != NULL)
        return from_file(path, out, n, why);
    if (!prompt) {
        why_set(why, "%s", message_text(MESSAGE_SYSTEM_PASSPHRASE_NEEDED));
        return KEIIN_EPASSPHRASE;
    }
    buf_init(&name, 8192);
    text_visible(&name, span_str(key_path));
    buf_put_u8(&name, 0);
    err = buf_status(&name);
    if (err == 0 &&
        asprintf(&prompted, message_text(MESSAGE_SYSTEM_PASSPHRASE_ASK), (const char *)name.p) < 0)
        err = KEIIN_ENOMEM;
    if (err == 0) {
        err = ask(prompted, out, n, why);
        free(prompted);
    }
    buf_destroy(&name);
    return err;
}

/* What secretfile_open does, with room for the file and the passphrase given. */
static int open_with(const char *path, const char *use, bool prompt, uint8_t *bytes,
    char *passphrase, struct keyfile *out, struct why *why)
{
    size_t n = 0, passphrase_bytes = 0;
    bool locked = false;
    int err;

    err = file_read_into(path, bytes, KEYFILE_BYTES_MAX, &n, why);
    if (err != 0)
        return err;
    err = keyfile_is_locked(span_of(bytes, n), &locked, why);
    if (err == 0 && locked)
        err = known_passphrase(path, prompt, passphrase, &passphrase_bytes, why);
    if (err == 0)
        err = keyfile_open(span_of(bytes, n), span_of(passphrase, passphrase_bytes), out, why);
    if (err == 0 && use != NULL && strcmp(use, out->use) != 0) {
        why_set(why, message_text(MESSAGE_SYSTEM_KEY_USE), out->use, use);
        keyfile_destroy(out);
        err = KEIIN_EUSAGE;
    }
    if (err != 0) {
        struct why reason = *why;

        file_why(why, path, reason.text[0] == 0 ? keiin_err_text(err) : reason.text);
    }
    return err;
}

int secretfile_open(
    const char *path, const char *use, bool prompt, struct keyfile *out, struct why *why)
{
    uint8_t *bytes = sodium_malloc(KEYFILE_BYTES_MAX);
    char *passphrase = sodium_malloc(PASSPHRASE_BYTES_MAX + 1);
    struct why reason = {""};
    int err = KEIIN_ENOMEM;

    memset(out, 0, sizeof *out);
    if (bytes != NULL && passphrase != NULL)
        err = open_with(path, use, prompt, bytes, passphrase, out, &reason);
    if (err != 0 && why != NULL)
        *why = reason;
    sodium_free(bytes);
    sodium_free(passphrase);
    return err;
}

int secretfile_new_passphrase(char **out, size_t *n, struct why *why)
{
    const char *path = passphrase_path();
    char *first = sodium_malloc(PASSPHRASE_BYTES_MAX + 1);
    char *second = sodium_malloc(PASSPHRASE_BYTES_MAX + 1);
    size_t second_bytes = 0;
    int err;

    *out = NULL;
    *n = 0;
    if (first == NULL || second == NULL) {
        err = KEIIN_ENOMEM;
        goto out;
    }
    if (path != NULL) {
        err = from_file(path, first, n, why);
        goto out;
    }
    err = ask(message_text(MESSAGE_SYSTEM_PASSPHRASE_NEW), first, n, why);
    if (err == 0)
        err = ask(message_text(MESSAGE_SYSTEM_PASSPHRASE_AGAIN), second, &second_bytes, why);
    if (err == 0 && (*n != second_bytes || sodium_memcmp(first, second, *n) != 0)) {
        why_set(why, "%s", message_text(MESSAGE_SYSTEM_PASSPHRASE_DIFFER));
        err = KEIIN_EPASSPHRASE;
    }
out:
    sodium_free(second);
    if (err == 0) {
        *out = first;
    } else {
        *n = 0;
        sodium_free(first);
    }
    return err;
}
