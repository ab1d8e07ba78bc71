/* keiin-verify: the committee's and everybody's check of a ledger. */
#include <inttypes.h>

#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

int main(int argc, char **argv)
{
    static const struct cli_command commands[] = {
        {"audit", audit_command, "read a whole ledger and say whether it is all there, unchanged"},
        {"prove", prove_command, "write a proof of one entry or record, to be checked offline"},
        {"check", check_command, "check proofs and receipts offline"},
        {"show", show_command, "show one entry or record in words"},
        {"copy", copy_command, "copy a ledger to a folder, complete and resumable"},
    };

    return cli_main(argc, argv, "keiin-verify", message_text(MESSAGE_VERIFY_USAGE), commands,
        sizeof commands / sizeof commands[0]);
}
