#include "keys/keys.h"

static const struct cli_command commands[] = {
    {"generate", generate_run, "make a secret key and its public key"},
    {"show", show_run, "show keys, rosters, checkpoints and proofs"},
    {"roster", roster_run, "draft, sign and check rosters: new, next, sign, check"},
};

int main(int argc, char **argv)
{
    return cli_main(argc, argv, "keiin-keys", message_text(MESSAGE_KEYS_USAGE), commands,
        sizeof commands / sizeof commands[0]);
}
