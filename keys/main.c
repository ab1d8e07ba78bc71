#include "keys/keys.h"

int main(int argc, char **argv)
{
    /* The commands are told of in the language that this finds. */
    int status = cli_language(&argc, argv, "keiin-keys");
    const struct cli_command commands[] = {
        {"generate", generate_run, message_text(MESSAGE_KEYS_SUMMARY_GENERATE)},
        {"show", show_run, message_text(MESSAGE_KEYS_SUMMARY_SHOW)},
        {"roster", roster_run, message_text(MESSAGE_KEYS_SUMMARY_ROSTER)},
    };

    if (status != EXIT_OK)
        return status;
    return cli_main(argc, argv, "keiin-keys", message_text(MESSAGE_KEYS_USAGE), commands,
        sizeof commands / sizeof commands[0]);
}
