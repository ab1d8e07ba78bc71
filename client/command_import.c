/* keiin-client import pgaudit. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/import.h"
#include "client/program.h"
#include "system/messages.h"

static bool read_options(int argc, char **argv, struct import_options *out)
{
    static const struct option options[] = {{"map", required_argument, NULL, 'm'},
        {"digest-key", required_argument, NULL, 'k'}, {"final", no_argument, NULL, 'f'},
        {"batch", required_argument, NULL, 'b'}, {"timeout", required_argument, NULL, 't'},
        {"row-bytes-max", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
    uint64_t timeout_s = TIMEOUT_MS / 1000, batch = BATCH_RECORDS, row_bytes = CSV_ROW_BYTES_MAX;
    bool good = true;
    int option;

    *out = (struct import_options){.log_path = "-"};
    optind = 1;
    opterr = 0;
    while (good && (option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == 'm')
            out->map_path = optarg;
        else if (option == 'k')
            out->digest_key_path = optarg;
        else if (option == 'f')
            out->final = true;
        else if (option == 'b')
            good = cli_number("--batch", optarg, 1, ENTRY_DIGESTS_MAX, &batch);
        else if (option == 't')
            good = cli_number("--timeout", optarg, 1, 86400, &timeout_s);
        else if (option == 'r')
            good = cli_number("--row-bytes-max", optarg, 4096, UINT64_C(1) << 31, &row_bytes);
        else {
            cli_usage(message_text(MESSAGE_CLIENT_OPTION), argv[0], argv[optind - 1]);
            good = false;
        }
    }
    if (!good)
        return false;
    out->timeout_ms = timeout_s * 1000;
    out->batch_records_max = batch;
    out->row_bytes_max = row_bytes;
    if (optind < argc)
        out->log_path = argv[optind++];
    if (optind == argc && out->map_path != NULL)
        return true;
    if (optind < argc)
        cli_usage(message_text(MESSAGE_CLIENT_ONE_FILE), argv[0]);
    else
        cli_usage("%s", message_text(MESSAGE_CLIENT_NEED_MAP));
    return false;
}

/* Counts apart what was read, what became of it, and what was left. */
static void say_counts(const struct import *import, const struct import_options *options)
{
    uint64_t records = import->records_sent + import->records_there + import->records_changed;

    printf(message_text(MESSAGE_CLIENT_IMPORT_LINES), import->rows + import->torn_rows);
    printf(message_text(MESSAGE_CLIENT_IMPORT_AUDIT), import->audit_rows, import->pg.statements,
        import->pg.substatements);
    printf(message_text(MESSAGE_CLIENT_IMPORT_DENIED), import->denied_rows);
    printf(message_text(MESSAGE_CLIENT_IMPORT_SKIPPED), import->other_rows);
    if (import->forged_rows > 0)
        printf(message_text(MESSAGE_CLIENT_IMPORT_FORGED), import->forged_rows,
            import->first_forged_row);
    if (import->torn_rows > 0)
        fputs(message_text(MESSAGE_CLIENT_IMPORT_TORN), stdout);
    printf(message_text(MESSAGE_CLIENT_IMPORT_RECORDS), records + import->events_held,
        import->pg.substatements, import->pg.copies_joined, import->denied_rows);
    printf(message_text(MESSAGE_CLIENT_IMPORT_SENT), import->records_sent);
    printf(message_text(MESSAGE_CLIENT_IMPORT_THERE), import->records_there);
    if (import->events_held > 0)
        printf(message_text(MESSAGE_CLIENT_IMPORT_HELD), import->events_held);
    if (options->digest_key_path == NULL)
        fputs(message_text(MESSAGE_CLIENT_IMPORT_NO_DIGEST), stdout);
}

/* The names of unmapped users, a line each, in one line. */
static int say_unmapped(struct import *import, const struct import_options *options)
{
    struct buf *names = &import->unmapped, line;

    buf_init(&line, 2 * names->n + 16);
    for (size_t i = 0; i + 1 < names->n; i++) {
        if (names->p[i] == '\n')
            buf_put_str(&line, ", ");
        else
            buf_put_u8(&line, names->p[i]);
    }
    buf_put_u8(&line, 0);
    cli_error(message_text(MESSAGE_CLIENT_UNMAPPED), options->map_path, import->unmapped_count,
        buf_status(&line) == 0 ? (const char *)line.p : "");
    buf_destroy(&line);
    return EXIT_FINDINGS;
}

static int run(struct import *import, const struct import_options *options)
{
    struct why why = {""};
    int err = import_open(import, options, &why);

    if (err != 0)
        return program_fail(err, "import", client_why(err, &why));
    err = import_survey(import, options, &why);
    if (err != 0 && import->unmapped_count > 0)
        return say_unmapped(import, options);
    if (err == 0)
        err = import_open_clients(import, options, &why);
    if (err != 0) {
        cli_error(
            message_text(MESSAGE_CLIENT_NOTHING_SENT), options->log_path, client_why(err, &why));
        return program_exit(err);
    }
    why.text[0] = 0;
    err = import_send(import, options, &why);
    if (err != 0) {
        cli_error(message_text(MESSAGE_CLIENT_IMPORT_STOPPED), client_why(err, &why),
            import->records_sent);
        return program_exit(err);
    }
    say_counts(import, options);
    if (import->records_changed == 0)
        return EXIT_OK;
    fflush(stdout);
    cli_error(message_text(MESSAGE_CLIENT_IMPORT_CHANGED), import->records_changed,
        import->first_changed_id);
    return EXIT_FINDINGS;
}

int command_import(int argc, char **argv)
{
    struct import_options options;
    struct import import;
    int exit_code;

    if (argc < 2 || strcmp(argv[1], "pgaudit") != 0)
        return cli_usage("%s", message_text(MESSAGE_CLIENT_NEED_FORMAT));
    if (!read_options(argc - 1, argv + 1, &options))
        return EXIT_USAGE;
    exit_code = run(&import, &options);
    import_close(&import);
    return exit_code;
}
