#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/text.h"
#include "ledger/genesis.h"
#include "ledger/instance.h"
#include "ledger/rosters.h"
#include "ledger/setup.h"
#include "store/lmdb.h"
#include "system/cli.h"
#include "system/clock.h"
#include "system/file.h"
#include "system/messages.h"

#define STORE "data.mdb"
#define UNFINISHED "unfinished" /* folder of a store that is being made */

/* The first roster, held against configuration and keys. */
static int check_roster(const struct setup *setup, const char *path, const struct roster *roster)
{
    const struct roster_writer *writer;
    struct vkey operator_key;
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
    err = rosters_accept(roster, &setup->log_key, &why);
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

/* Whether the data folder is empty but for what a broken-off init left. */
static int look_into_folder(const struct setup *setup)
{
    static const char *const ours[] = {
        ".", "..", "keiin.lock", "lock.mdb", "control.sock", UNFINISHED};
    DIR *folder = opendir(setup->config.data);
    struct why why = {""};
    struct dirent *entry;
    int status = 0;

    if (folder == NULL) {
        why_set(&why, "%s", strerror(errno));
        return cli_fail(KEIIN_EUNREADABLE, setup->config.data, &why);
    }
    errno = 0;
    while (status == 0 && (entry = readdir(folder)) != NULL) {
        bool known = false;

        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            known |= strcmp(entry->d_name, ours[i]) == 0;
        errno = 0;
        if (known)
            continue;
        cli_error(message_text(strcmp(entry->d_name, STORE) == 0 ? MESSAGE_LEDGER_INIT_EXISTS
                                                                 : MESSAGE_LEDGER_INIT_NOT_EMPTY),
            setup->config.data);
        status = EXIT_FINDINGS;
    }
    /* What could not be seen may be a ledger. */
    if (status == 0 && errno != 0) {
        why_set(&why, "%s", strerror(errno));
        status = cli_fail(KEIIN_EUNREADABLE, setup->config.data, &why);
    }
    closedir(folder);
    return status;
}

/* The data folder made, looked into, locked, and looked into again: now nobody else is at it. */
static int prepare_folder(struct setup *setup)
{
    struct why why = {""};
    int err = folder_create_all(setup->config.data, &why), status;

    if (err != 0)
        return cli_fail(err, setup->config.data, &why);
    status = look_into_folder(setup);
    if (status == 0)
        status = setup_lock(setup);
    if (status == 0)
        status = look_into_folder(setup);
    return status;
}

/* Where the store is made: beside the place where it is found. */
struct places {
    char *unfinished, *unfinished_store, *unfinished_lock, *store;
};

static int places_init(struct places *places, const char *data)
{
    places->unfinished = path_join(data, UNFINISHED);
    places->store = path_join(data, STORE);
    places->unfinished_store = path_join(data, UNFINISHED "/" STORE);
    places->unfinished_lock = path_join(data, UNFINISHED "/lock.mdb");
    return places->unfinished == NULL || places->store == NULL ||
                   places->unfinished_store == NULL || places->unfinished_lock == NULL
               ? KEIIN_ENOMEM
               : 0;
}

static void places_destroy(struct places *places)
{
    free(places->unfinished);
    free(places->store);
    free(places->unfinished_store);
    free(places->unfinished_lock);
}

static void remove_unfinished(const struct places *places)
{
    (void)unlink(places->unfinished_store);
    (void)unlink(places->unfinished_lock);
    (void)rmdir(places->unfinished);
}

/* The store with entry 0 in it, durable, under a name under which nobody looks for it. */
static int make_store(struct setup *setup, const struct places *places, struct roster **roster,
    struct span note, struct why *why)
{
    const struct store_lmdb_options options = {setup->config.map_bytes_max, true, false};
    struct store store = {NULL, NULL};
    int err = folder_create(places->unfinished, why);

    if (err == 0)
        err = store_lmdb_open(places->unfinished, tables_all(), TABLE_COUNT, &options, &store, why);
    if (err == 0)
        err = genesis(&store, &setup->config, &system_clock, &setup->log_key, &setup->operator_key,
            roster, note);
    store_close(&store);
    return err;
}

/* A second beginning of one ledger would be a second history under the same name and key. */
static int refuse_after_another(const struct setup *setup)
{
    struct instance instance;
    struct why why = {""};
    int err = instance_read(&setup->config, &instance, &why), status = 0;

    if (err != 0) {
        status = cli_fail(err, setup->config.data, &why);
    } else if (instance.there) {
        cli_error(message_text(MESSAGE_LEDGER_INIT_RAN_BEFORE), instance.path, instance.size);
        status = EXIT_FINDINGS;
    }
    instance_destroy(&instance);
    return status;
}

/* A ledger is there whole or not at all, whenever the power fails: the last step is a rename. */
static int make_in_folder(struct setup *setup, struct roster **roster, struct span note)
{
    struct places places = {NULL, NULL, NULL, NULL};
    char id[HEX_GROUPED_BYTES];
    struct why why = {""};
    int status = refuse_after_another(setup), err;

    hex_grouped(id, &(*roster)->text_hash);
    if (status == 0)
        status = prepare_folder(setup);
    if (status != 0)
        return status;
    err = places_init(&places, setup->config.data);
    if (err == 0) {
        remove_unfinished(&places);
        err = make_store(setup, &places, roster, note, &why);
    }
    if (err == 0 && rename(places.unfinished_store, places.store) != 0) {
        why_set(&why, "%s: %s", places.store, strerror(errno));
        err = KEIIN_EIO;
    }
    if (places.unfinished_lock != NULL)
        remove_unfinished(&places);
    if (err == 0)
        err = folder_sync(setup->config.data, &why);
    places_destroy(&places);
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
