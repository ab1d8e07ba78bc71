#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/program.h"
#include "core/text.h"
#include "system/file.h"
#include "system/messages.h"

struct given {
    const char *ledger, *key, *roster, *folder;
};

static bool read_options(int argc, char **argv, struct given *out)
{
    static const struct option options[] = {{"ledger", required_argument, NULL, 'l'},
        {"key", required_argument, NULL, 'k'}, {"roster", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0}};
    int option;

    *out = (struct given){.roster = getenv("KEIIN_ROSTER"), .folder = getenv("KEIIN_DIR")};
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":C:", options, NULL)) != -1) {
        if (option == 'l')
            out->ledger = optarg;
        else if (option == 'k')
            out->key = optarg;
        else if (option == 'r')
            out->roster = optarg;
        else if (option == 'C')
            out->folder = optarg;
        else {
            cli_usage(message_text(MESSAGE_CLIENT_OPTION), argv[0], argv[optind - 1]);
            return false;
        }
    }
    if (optind < argc)
        out->folder = argv[optind++];
    if (optind == argc && out->ledger != NULL && out->key != NULL && out->roster != NULL &&
        out->folder != NULL && out->folder[0] != 0)
        return true;
    cli_usage("%s", message_text(MESSAGE_CLIENT_NEED_INIT));
    return false;
}

/* Says what was made, so that people can compare it. */
static int say(const struct given *given)
{
    struct keiin_status status;
    struct keiin_why told = {""};
    struct keiin *keiin;
    struct hash id;
    char grouped[HEX_GROUPED_BYTES];
    char *folder = program_visible(given->folder);
    int err = keiin_open(given->folder, NULL, &keiin, &told);

    if (err == 0) {
        keiin_status(keiin, &status);
        keiin_close(keiin);
        printf(message_text(MESSAGE_CLIENT_INIT_DONE), folder);
        printf(message_text(MESSAGE_CLIENT_INIT_WRITER), status.writer);
        if (hex_decode(id.b, HASH_BYTES, span_str(status.ledger_id))) {
            hex_grouped(grouped, &id);
            printf(message_text(MESSAGE_CLIENT_INIT_ID), grouped);
        }
        fputs(message_text(MESSAGE_CLIENT_INIT_COMPARE), stdout);
    }
    free(folder);
    return err == 0 ? EXIT_OK : program_fail(err, given->folder, told.text);
}

int command_init(int argc, char **argv)
{
    struct given given;
    struct keiin_why told = {""};
    struct why why = {""};
    uint8_t *roster = NULL;
    size_t n;
    int err;

    if (!read_options(argc, argv, &given))
        return EXIT_USAGE;
    err = file_read(given.roster, ROSTER_BYTES_MAX, &roster, &n, &why);
    if (err != 0)
        return program_fail(err, given.roster, why.text);
    err = keiin_init(given.folder, given.ledger, given.key, roster, n, NULL, &told);
    free(roster);
    return err != 0 ? program_fail(err, given.folder, told.text) : say(&given);
}
