/* keiin-ledger: the operator's server. */
#include "ledger/setup.h"
#include "system/cli.h"
#include "system/messages.h"

int main(int argc, char **argv)
{
    /* The commands are told of in the language that this finds. */
    int status = cli_language(&argc, argv, "keiin-ledger");
    const struct cli_command commands[] = {
        {"init", init_main, message_text(MESSAGE_LEDGER_SUMMARY_INIT)},
        {"run", run_main, message_text(MESSAGE_LEDGER_SUMMARY_RUN)},
        {"check-config", check_config_main, message_text(MESSAGE_LEDGER_SUMMARY_CHECK_CONFIG)},
        {"check", check_main, message_text(MESSAGE_LEDGER_SUMMARY_CHECK)},
        {"roster", roster_main, message_text(MESSAGE_LEDGER_SUMMARY_ROSTER)},
        {"backup", backup_main, message_text(MESSAGE_LEDGER_SUMMARY_BACKUP)},
        {"resume", resume_main, message_text(MESSAGE_LEDGER_SUMMARY_RESUME)},
    };

    if (status != EXIT_OK)
        return status;
    return cli_main(argc, argv, "keiin-ledger", message_text(MESSAGE_LEDGER_USAGE), commands,
        sizeof commands / sizeof commands[0]);
}
