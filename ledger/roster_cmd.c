#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/submission.h"
#include "core/text.h"
#include "ledger/control.h"
#include "ledger/setup.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"

#define ANSWER_BYTES_MAX (1 << 20)

static int connect_to(const char *folder, int *fd, struct why *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[64];
    int folder_fd, err = control_path(folder, path, &folder_fd, why);

    *fd = -1;
    if (err != 0)
        return err;
    memcpy(address.sun_path, path, strlen(path) + 1);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0 || connect(*fd, (struct sockaddr *)&address, sizeof address) != 0) {
        why_set(why, "%s", strerror(errno));
        err = KEIIN_EUNREADABLE;
    }
    close(folder_fd);
    return err;
}

/* Sends the note, shuts the sending side, reads the answer to its end. */
static int ask(int fd, struct span note, struct buf *answer)
{
    uint8_t piece[4096];
    ssize_t n;

    while (note.n > 0) {
        n = send(fd, note.p, note.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return KEIIN_EUNKNOWN;
        note.p += n;
        note.n -= (size_t)n;
    }
    if (shutdown(fd, SHUT_WR) != 0)
        return KEIIN_EUNKNOWN;
    for (;;) {
        n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return KEIIN_EUNKNOWN;
        if (n == 0)
            break;
        buf_put(answer, piece, (size_t)n);
    }
    return buf_status(answer) != 0 || answer->n < CONTROL_STATUS_BYTES ? KEIIN_EUNKNOWN : 0;
}

static int show_answer(struct span answer)
{
    struct span body = {answer.p + CONTROL_STATUS_BYTES, answer.n - CONTROL_STATUS_BYTES};
    struct refusal refusal;
    struct receipt *receipt = malloc(sizeof *receipt);
    struct buf code, detail;
    int status = EXIT_INTERNAL;

    buf_init(&code, 4096);
    buf_init(&detail, 64 * 1024);
    if (memcmp(answer.p, "201", CONTROL_STATUS_BYTES) == 0 && receipt != NULL &&
        receipt_parse(body, receipt) == 0) {
        printf(message_text(MESSAGE_LEDGER_ROSTER_TAKEN), receipt->index);
        status = EXIT_OK;
    } else if (refusal_parse(body, &refusal) == 0) {
        text_visible(&code, refusal.code);
        text_visible(&detail, refusal.detail);
        buf_put_u8(&code, 0);
        buf_put_u8(&detail, 0);
        if (buf_status(&code) == 0 && buf_status(&detail) == 0)
            cli_error(message_text(MESSAGE_LEDGER_ROSTER_REFUSED), (const char *)code.p,
                (const char *)detail.p);
        status = EXIT_FINDINGS;
    } else {
        cli_error("%s", message_text(MESSAGE_LEDGER_ROSTER_UNKNOWN));
        status = EXIT_INCOMPLETE;
    }
    buf_destroy(&code);
    buf_destroy(&detail);
    free(receipt);
    return status;
}

int roster_main(int argc, char **argv)
{
    const char *path = NULL;
    struct why why = {""};
    uint8_t *note = NULL;
    struct setup setup;
    struct buf answer;
    size_t n = 0;
    int status = setup_begin(&setup, argc, argv, &path, false), err, fd = -1;

    buf_init(&answer, ANSWER_BYTES_MAX);
    if (status != 0)
        goto out;
    err = file_read(path, ROSTER_BYTES_MAX, &note, &n, &why);
    if (err != 0) {
        status = cli_fail(err, path, &why);
        goto out;
    }
    if (connect_to(setup.config.data, &fd, &why) != 0) {
        cli_error(message_text(MESSAGE_LEDGER_ROSTER_NO_SERVER), setup.config.data, why.text);
        status = EXIT_INCOMPLETE;
        goto out;
    }
    if (ask(fd, span_of(note, n), &answer) == 0) {
        status = show_answer(buf_view(&answer));
    } else {
        cli_error("%s", message_text(MESSAGE_LEDGER_ROSTER_UNKNOWN));
        status = EXIT_INCOMPLETE;
    }
out:
    if (fd >= 0)
        close(fd);
    buf_destroy(&answer);
    free(note);
    setup_end(&setup);
    return status;
}
