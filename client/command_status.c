/* keiin-client status, and receipts check. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/program.h"
#include "core/text.h"
#include "system/messages.h"

static void say_folder(const struct keiin_status *status)
{
    char *key = program_visible(status->key_file);
    char grouped[HEX_GROUPED_BYTES] = "";
    struct hash id;

    if (hex_decode(id.b, HASH_BYTES, span_str(status->ledger_id)))
        hex_grouped(grouped, &id);
    printf(message_text(MESSAGE_CLIENT_STATUS_LEDGER), status->ledger_url);
    printf(message_text(MESSAGE_CLIENT_STATUS_ID), grouped);
    printf(message_text(MESSAGE_CLIENT_STATUS_WRITER), status->writer);
    printf(message_text(MESSAGE_CLIENT_STATUS_KEY), key);
    printf(message_text(MESSAGE_CLIENT_STATUS_ROSTER), status->roster_serial);
    printf(message_text(MESSAGE_CLIENT_STATUS_NUMBER), status->last_number, status->head);
    if (status->pending_count > 0)
        printf(message_text(MESSAGE_CLIENT_STATUS_PENDING), status->pending_count);
    else
        fputs(message_text(MESSAGE_CLIENT_STATUS_NO_PENDING), stdout);
    free(key);
}

static int say_ledger(
    const struct keiin_status *status, const struct keiin_ledger_says *says, const char *folder)
{
    if (says->agrees == 1) {
        printf(message_text(MESSAGE_CLIENT_STATUS_AGREES), says->last_number);
        return EXIT_OK;
    }
    if (says->agrees == 2) {
        printf(message_text(MESSAGE_CLIENT_STATUS_STORED), says->last_number);
        return EXIT_OK;
    }
    printf(message_text(MESSAGE_CLIENT_STATUS_DIFFERS), says->last_number, says->head);
    if (says->last_number < status->last_number)
        cli_error(message_text(MESSAGE_CLIENT_STATUS_BEHIND), status->writer, folder);
    else
        cli_error(message_text(MESSAGE_CLIENT_STATUS_AHEAD), status->writer);
    return EXIT_FINDINGS;
}

int command_status(int argc, char **argv)
{
    struct program_options options;
    struct keiin_options given = {0};
    struct keiin_ledger_says says;
    struct keiin_status status;
    struct keiin_why told = {""};
    struct keiin *keiin = NULL;
    int err, exit_code;

    if (!program_options(argc, argv, true, &options))
        return EXIT_USAGE;
    if (optind != argc)
        return cli_usage(message_text(MESSAGE_CLIENT_OPTION), argv[0], argv[optind]);
    given.timeout_ms = options.timeout_ms;
    err = keiin_open(options.folder, &given, &keiin, &told);
    if (err != 0)
        return program_fail(err, options.folder, told.text);
    keiin_status(keiin, &status);
    say_folder(&status);
    fflush(stdout);
    err = keiin_ask(keiin, &says, &told);
    exit_code = err != 0 ? program_fail(err, status.ledger_url, told.text)
                         : say_ledger(&status, &says, options.folder);
    keiin_close(keiin);
    return exit_code;
}

static void say_finding(void *ctx, const char *what)
{
    char *shown = program_visible(what);

    (void)ctx;
    cli_error("%s", shown);
    free(shown);
}

int command_receipts(int argc, char **argv)
{
    struct program_options options;
    struct keiin_receipts receipts;
    struct keiin_why told = {""};
    struct keiin *keiin = NULL;
    int err;

    if (!program_options(argc, argv, true, &options))
        return EXIT_USAGE;
    if (optind + 1 != argc || strcmp(argv[optind], "check") != 0)
        return cli_usage("%s", message_text(MESSAGE_CLIENT_NEED_CHECK));
    err = keiin_open(options.folder, NULL, &keiin, &told);
    if (err == 0)
        err = keiin_receipts_check(keiin, say_finding, NULL, &receipts, &told);
    keiin_close(keiin);
    if (err != 0)
        return program_fail(err, options.folder, told.text);
    printf(
        message_text(MESSAGE_CLIENT_RECEIPTS_GOOD), receipts.receipt_count, receipts.record_count);
    if (receipts.provisional_count > 0)
        printf(message_text(MESSAGE_CLIENT_RECEIPTS_PROVISIONAL), receipts.provisional_count);
    if (receipts.finding_count == 0)
        return EXIT_OK;
    fflush(stdout);
    cli_error(message_text(MESSAGE_CLIENT_RECEIPTS_BAD), receipts.finding_count, options.folder);
    return EXIT_FINDINGS;
}
