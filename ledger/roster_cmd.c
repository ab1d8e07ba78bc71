#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/submission.h"
#include "core/text.h"
#include "ledger/ask.h"
#include "ledger/control.h"
#include "ledger/setup.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"

#define ANSWER_BYTES_MAX (1 << 20)

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
    int status = setup_begin(&setup, argc, argv, &path, false), err;

    buf_init(&answer, ANSWER_BYTES_MAX);
    if (status != 0)
        goto out;
    err = file_read(path, ROSTER_BYTES_MAX, &note, &n, &why);
    if (err != 0) {
        status = cli_fail(err, path, &why);
        goto out;
    }
    err = ask_server(setup.config.data, span_of(note, n), &answer, &why);
    status = err == 0 ? show_answer(buf_view(&answer))
                      : ask_failed(err, setup.config.data,
                            message_text(MESSAGE_LEDGER_ROSTER_UNKNOWN), &why);
out:
    buf_destroy(&answer);
    free(note);
    setup_end(&setup);
    return status;
}
