#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/text.h"
#include "ledger/genesis.h"
#include "ledger/rosters.h"
#include "ledger/setup.h"
#include "system/cli.h"
#include "system/clock.h"
#include "system/file.h"
#include "system/messages.h"

/* The first roster, held against configuration and keys. */
static int check_roster(const struct setup *setup, const char *path, const struct roster *roster)
{
    const struct roster_writer *writer;
    struct vkey log_key, operator_key;
    struct why why = {""};
    int err;

    if (roster->serial != 0) {
        cli_error(message_text(MESSAGE_LEDGER_INIT_SERIAL), path, roster->serial);
        return EXIT_USAGE;
    }
    if (!span_is(roster->origin, setup->config.origin)) {
        cli_error(message_text(MESSAGE_LEDGER_INIT_ORIGIN), path, (int)roster->origin.n,
            (const char *)roster->origin.p, setup->config.origin);
        return EXIT_USAGE;
    }
    setup_log_vkey(setup, &log_key);
    err = rosters_accept(roster, &log_key, &why);
    if (err != 0)
        return cli_fail(err, path, &why);
    setup_operator_vkey(setup, &operator_key);
    writer = roster_writer_by_key(roster, &operator_key.key_hash);
    if (writer == NULL || !span_eq(writer->key.name, operator_key.name) ||
        (writer->role != ROLE_OPERATOR && writer->role != ROLE_COMMITTEE)) {
        cli_error(message_text(MESSAGE_LEDGER_INIT_OPERATOR), path);
        return EXIT_USAGE;
    }
    return 0;
}

/* The data folder, made or found empty but for what a broken-off init left. */
static int prepare_folder(const struct setup *setup)
{
    static const char *const ours[] = {
        ".", "..", "keiin.lock", "data.mdb", "lock.mdb", "control.sock"};
    struct why why = {""};
    struct dirent *entry;
    int err = folder_create_all(setup->config.data, &why), status = 0;
    DIR *folder;

    if (err != 0)
        return cli_fail(err, setup->config.data, &why);
    folder = opendir(setup->config.data);
    if (folder == NULL)
        return cli_fail(KEIIN_EUNREADABLE, setup->config.data, NULL);
    while (status == 0 && (entry = readdir(folder)) != NULL) {
        bool known = false;

        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            known |= strcmp(entry->d_name, ours[i]) == 0;
        if (!known) {
            cli_error(message_text(MESSAGE_LEDGER_INIT_NOT_EMPTY), setup->config.data);
            status = EXIT_FINDINGS;
        }
    }
    closedir(folder);
    return status;
}

static int make_in_folder(struct setup *setup, struct roster **roster, struct span note)
{
    struct store store = {NULL, NULL};
    char id[HEX_GROUPED_BYTES];
    struct why why = {""};
    int status = prepare_folder(setup), err;

    hex_grouped(id, &(*roster)->text_hash);
    if (status == 0)
        status = setup_lock(setup);
    if (status != 0)
        return status;
    err = setup_open_store(setup, true, false, &store, &why);
    if (err == 0)
        err = genesis(&store, &setup->config, &system_clock, &setup->log_key, &setup->operator_key,
            roster, note);
    store_close(&store);
    if (err == KEIIN_EEXIST) {
        cli_error(message_text(MESSAGE_LEDGER_INIT_EXISTS), setup->config.data);
        return EXIT_FINDINGS;
    }
    if (err != 0)
        return cli_fail(err, setup->config.data, &why);
    printf(message_text(MESSAGE_LEDGER_INIT_DONE), setup->config.origin, setup->config.data, id);
    return EXIT_OK;
}

int init_main(int argc, char **argv)
{
    struct roster *roster = NULL;
    struct why why = {""};
    const char *path = NULL;
    uint8_t *bytes = NULL;
    struct setup setup;
    size_t n = 0;
    int status = setup_begin(&setup, argc, argv, &path, true), err;

    if (status == 0)
        status = setup_keys(&setup);
    if (status != 0)
        goto out;
    err = file_read(path, ROSTER_BYTES_MAX, &bytes, &n, &why);
    if (err == 0)
        err = roster_from_note(span_of(bytes, n), NULL, &roster, &why);
    if (err != 0) {
        status = cli_fail(err, path, &why);
        goto out;
    }
    status = check_roster(&setup, path, roster);
    if (status == 0)
        status = make_in_folder(&setup, &roster, span_of(bytes, n));
out:
    roster_free(roster);
    free(bytes);
    setup_end(&setup);
    return status;
}
