/* keiin-ledger: the operator's server. */
#include "ledger/setup.h"
#include "system/cli.h"
#include "system/messages.h"

static const struct cli_command commands[] = {
    {"init", init_main, "make a new ledger in the data folder"},
    {"run", run_main, "serve the ledger"},
    {"check-config", check_config_main, "say what is wrong with a configuration"},
    {"check", check_main, "hold a stopped ledger's store against itself"},
    {"roster", roster_main, "hand a new roster to the running server"},
};

int main(int argc, char **argv)
{
    return cli_main(argc, argv, "keiin-ledger", message_text(MESSAGE_LEDGER_USAGE), commands,
        sizeof commands / sizeof commands[0]);
}
