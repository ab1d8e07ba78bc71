/* keiin-client: a writer's side of a keiin ledger. */
#include <inttypes.h>
#include <stdlib.h>

#include "client/program.h"
#include "system/messages.h"

int main(int argc, char **argv)
{
    static const struct cli_command commands[] = {
        {"init", command_init, "make a client folder for a writer, once"},
        {"submit", command_submit, "send records, one JSON object a line"},
        {"log", command_log, "send one record, given as FIELD=VALUE"},
        {"status", command_status, "say what was sent, and what the ledger says"},
        {"receipts", command_receipts, "verify the stored receipts again, offline"},
        {"import", command_import, "send what a PostgreSQL audit log says"},
    };

    /* -C before the command is the same as KEIIN_DIR. */
    if (argc > 2 && strcmp(argv[1], "-C") == 0) {
        if (setenv("KEIIN_DIR", argv[2], 1) != 0)
            return EXIT_INTERNAL;
        argv[2] = argv[0];
        argc -= 2;
        argv += 2;
    }
    return cli_main(argc, argv, "keiin-client", message_text(MESSAGE_CLIENT_USAGE), commands,
        sizeof commands / sizeof commands[0]);
}
