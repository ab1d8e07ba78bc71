#include "keys/keys.h"

int roster_run(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } parts[] = {{"new", roster_new_run}, {"next", roster_next_run}, {"sign", roster_sign_run},
        {"check", roster_check_run}};

    for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(argv[1], parts[i].name) == 0)
            return parts[i].run(argc - 1, argv + 1);
    return cli_usage("%s", message_text(MESSAGE_KEYS_ROSTER_NEEDS));
}
