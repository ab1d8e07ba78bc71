/* keiin-client: a writer's side of a keiin ledger. */
#include <inttypes.h>
#include <stdlib.h>

#include "client/program.h"
#include "system/messages.h"

int main(int argc, char **argv)
{
    /* The commands are told of in the language that this finds. */
    int status = cli_language(&argc, argv, "keiin-client");
    const struct cli_command commands[] = {
        {"init", command_init, message_text(MESSAGE_CLIENT_SUMMARY_INIT)},
        {"submit", command_submit, message_text(MESSAGE_CLIENT_SUMMARY_SUBMIT)},
        {"log", command_log, message_text(MESSAGE_CLIENT_SUMMARY_LOG)},
        {"status", command_status, message_text(MESSAGE_CLIENT_SUMMARY_STATUS)},
        {"receipts", command_receipts, message_text(MESSAGE_CLIENT_SUMMARY_RECEIPTS)},
        {"import", command_import, message_text(MESSAGE_CLIENT_SUMMARY_IMPORT)},
    };

    if (status != EXIT_OK)
        return status;
    /* -C before the command is the same as KEIIN_DIR. */
    if (argc > 2 && strcmp(argv[1], "-C") == 0) {
        if (setenv("KEIIN_DIR", argv[2], 1) != 0)
            return cli_fail(KEIIN_ENOMEM, "-C", NULL);
        argv[2] = argv[0];
        argc -= 2;
        argv += 2;
    }
    return cli_main(argc, argv, "keiin-client", message_text(MESSAGE_CLIENT_USAGE), commands,
        sizeof commands / sizeof commands[0]);
}
