#include "ledger/setup.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/lmdb.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "system/secretfile.h"

/* Options beside --config, and the command that each is for. */
static const struct taken {
    int c;
    const char *command;
} taken[] = {{'r', "init"}, {'a', "run"}, {'f', "run"}, {'w', "run"}, {'n', "resume"}};

static bool is_taken(int c, const char *command)
{
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (taken[i].c == c)
            return strcmp(taken[i].command, command) == 0;
    return c == 'c';
}

static bool take_option(struct setup *setup, int c, const char **roster)
{
    switch (c) {
    case 'c':
        setup->path = optarg;
        return true;
    case 'r':
        assert(roster != NULL); /* init's own option */
        *roster = optarg;
        return true;
    case 'f':
        if (setup->from_count == SETUP_FROM_MAX)
            return false;
        setup->from[setup->from_count++] = optarg;
        return true;
    case 'a':
        setup->after_restore = true;
        return true;
    case 'w':
        setup->without_records = true;
        return true;
    default:
        setup->nothing_newer = true;
        return true;
    }
}

static int options(
    struct setup *setup, int argc, char **argv, const char **argument, bool is_roster_option)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"roster", required_argument, NULL, 'r'},
        {"after-restore", no_argument, NULL, 'a'},
        {"from", required_argument, NULL, 'f'},
        {"without-records", no_argument, NULL, 'w'},
        {"nothing-newer", no_argument, NULL, 'n'},
        {NULL, 0, NULL, 0},
    };
    int c;

    opterr = 0;
    optind = 1;
    while ((c = getopt_long(argc, argv, "c:", known, NULL)) != -1)
        if (!is_taken(c, argv[0]) || !take_option(setup, c, argument))
            return cli_usage(message_text(MESSAGE_LEDGER_OPTION), argv[0]);
    if (argument != NULL && !is_roster_option && optind < argc)
        *argument = argv[optind++];
    if (optind < argc)
        return cli_usage(message_text(MESSAGE_LEDGER_OPTION), argv[0]);
    if (setup->path == NULL)
        return cli_usage(message_text(MESSAGE_LEDGER_NEEDS_CONFIG), argv[0]);
    if (argument != NULL && *argument == NULL)
        return cli_usage(message_text(strcmp(argv[0], "backup") == 0 ? MESSAGE_LEDGER_NEEDS_BACKUP
                                                                     : MESSAGE_LEDGER_NEEDS_ROSTER),
            argv[0]);
    if (!setup->after_restore && (setup->from_count > 0 || setup->without_records))
        return cli_usage("%s", message_text(MESSAGE_LEDGER_FROM_ALONE));
    return 0;
}

/* One line on stderr for each error of the configuration. */
static void print_errors(const char *path, const struct buf *errors)
{
    struct cursor c = cursor_of(buf_view(errors));

    while (cursor_left(&c) > 0 && !c.failed) {
        struct span line = cursor_line(&c);

        if (line.n >= strlen(path) && memcmp(line.p, path, strlen(path)) == 0)
            cli_error("%.*s", (int)line.n, (const char *)line.p);
        else
            cli_error("%s: %.*s", path, (int)line.n, (const char *)line.p);
    }
}

int setup_begin(
    struct setup *setup, int argc, char **argv, const char **argument, bool is_roster_option)
{
    struct buf errors;
    int status, err;

    memset(setup, 0, sizeof *setup);
    setup->lock_fd = -1;
    umask(0077);
    status = options(setup, argc, argv, argument, is_roster_option);
    if (status != 0)
        return status;
    buf_init(&errors, 1 << 20);
    err = config_read(setup->path, &setup->config, &errors);
    if (err != 0 && errors.n > 0) {
        print_errors(setup->path, &errors);
        status = EXIT_USAGE;
    } else if (err != 0) {
        status = cli_fail(err, setup->path, NULL);
    }
    buf_destroy(&errors);
    return status;
}

void setup_end(struct setup *setup)
{
    keyfile_destroy(&setup->log_key);
    keyfile_destroy(&setup->operator_key);
    config_destroy(&setup->config);
    if (setup->lock_fd >= 0)
        close(setup->lock_fd);
    setup->lock_fd = -1;
}

int setup_keys(struct setup *setup)
{
    struct why why = {""};
    int err = secretfile_open(setup->config.log_key, "log", true, &setup->log_key, &why);

    if (err != 0)
        return cli_fail(err, setup->config.log_key, &why);
    err = secretfile_open(setup->config.operator_key, "writer", true, &setup->operator_key, &why);
    if (err != 0)
        return cli_fail(err, setup->config.operator_key, &why);
    if (strcmp(setup->log_key.name, setup->config.origin) != 0) {
        cli_error(message_text(MESSAGE_LEDGER_LOG_KEY_NAME), setup->config.log_key,
            setup->log_key.name, setup->config.origin);
        return EXIT_USAGE;
    }
    return 0;
}

int setup_lock(struct setup *setup)
{
    struct why why = {""};
    struct stat st;
    char *path;
    int err;

    errno = 0;
    if (stat(setup->config.data, &st) != 0 && errno != ENOENT && errno != ENOTDIR) {
        why_set(&why, "%s", strerror(errno));
        return cli_fail(KEIIN_EUNREADABLE, setup->config.data, &why);
    }
    if (errno != 0 || !S_ISDIR(st.st_mode)) {
        cli_error(message_text(MESSAGE_LEDGER_NO_FOLDER), setup->config.data);
        return EXIT_INCOMPLETE;
    }
    path = path_join(setup->config.data, "keiin.lock");
    if (path == NULL)
        return cli_fail(KEIIN_ENOMEM, setup->config.data, NULL);
    err = file_lock(path, &setup->lock_fd, &why);
    free(path);
    if (err == KEIIN_EBUSY) {
        cli_error(message_text(MESSAGE_LEDGER_IN_USE), setup->config.data);
        return EXIT_INCOMPLETE;
    }
    return err == 0 ? 0 : cli_fail(err, setup->config.data, &why);
}

int setup_open_store(const struct setup *setup, struct store *out, struct why *why)
{
    const struct store_lmdb_options options = {setup->config.map_bytes_max, false, false};
    int err = store_lmdb_open(setup->config.data, tables_all(), TABLE_COUNT, &options, out, why);

    if (err == KEIIN_EABSENT)
        why_set(why, "%s", message_text(MESSAGE_LEDGER_NO_LEDGER));
    return err;
}

void setup_operator_vkey(const struct setup *setup, struct vkey *out)
{
    vkey_make(out, span_str(setup->operator_key.name), KEY_ED25519,
        secret_public(setup->operator_key.secret));
}

int check_config_main(int argc, char **argv)
{
    struct setup setup;
    int status = setup_begin(&setup, argc, argv, NULL, false);

    if (status == 0)
        printf(message_text(MESSAGE_LEDGER_CONFIG_GOOD), setup.path);
    setup_end(&setup);
    return status;
}
