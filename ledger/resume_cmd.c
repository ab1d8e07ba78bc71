/* `keiin-ledger resume`: what a server that was restored has found, and the word to go on. */
#include <stdio.h>

#include "ledger/ask.h"
#include "ledger/control.h"
#include "ledger/setup.h"
#include "system/cli.h"
#include "system/messages.h"

#define ANSWER_BYTES_MAX (1 << 20)

static int show_answer(struct span answer)
{
    struct cursor c = cursor_of(answer);
    struct span status = cursor_take(&c, CONTROL_STATUS_BYTES);

    if (span_is(status, "404")) {
        cli_error("%s", message_text(MESSAGE_LEDGER_NOT_RESTORED));
        return EXIT_FINDINGS;
    }
    /* The server has made it visible already; this keeps what is no line of it off the terminal. */
    while (cursor_left(&c) > 0 && !c.failed) {
        struct span line = cursor_line(&c);

        fwrite(line.p, 1, line.n, stdout);
        putchar('\n');
    }
    return span_is(status, "200") ? EXIT_OK : EXIT_FINDINGS;
}

int resume_main(int argc, char **argv)
{
    char question[sizeof CONTROL_NOTHING_NEWER CONTROL_IN_JAPANESE "\n"];
    struct why why = {""};
    struct setup setup;
    struct buf answer;
    int status, err;

    buf_init(&answer, ANSWER_BYTES_MAX);
    status = setup_begin(&setup, argc, argv, NULL, false);
    if (status != 0)
        goto out;
    snprintf(question, sizeof question, "%s%s\n",
        setup.nothing_newer ? CONTROL_NOTHING_NEWER : CONTROL_REPORT,
        messages_language() == LANGUAGE_JA ? CONTROL_IN_JAPANESE : "");
    err = ask_server(setup.config.data, span_str(question), &answer, &why);
    status = err == 0 ? show_answer(buf_view(&answer))
                      : ask_failed(err, setup.config.data,
                            message_text(MESSAGE_LEDGER_RESUME_UNKNOWN), &why);
out:
    buf_destroy(&answer);
    setup_end(&setup);
    return status;
}
