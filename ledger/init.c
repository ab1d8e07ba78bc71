#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/chain.h"
#include "core/sha256.h"
#include "core/text.h"
#include "ledger/commit.h"
#include "ledger/recover.h"
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
    static const char *const ours[] = {".", "..", "keiin.lock", "data.mdb", "lock.mdb",
        "control.sock"};
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

/* Entry 0: the roster, signed by the operator's key, in the state before any entry. */
static int make_job(const struct setup *setup, const struct roster *roster, struct span note,
    const struct state *state, struct job *job)
{
    struct submission *s = &job->submission;
    struct chain_text text;
    struct vkey key;
    struct hash name_hash;
    int err;

    setup_operator_vkey(setup, &key);
    sha256(&name_hash, key.name);
    err = book_find_name(state->book, &name_hash, &job->writer);
    job->kind = s->kind = ENTRY_ROSTER;
    s->key = key.key_hash;
    s->number = 1;
    s->count = 1;
    s->note = note;
    s->digests = calloc(1, sizeof *s->digests);
    job->body = calloc(1, ED25519_SIGNATURE_BYTES);
    job->parsed = true;
    if (err != 0 || s->digests == NULL || job->body == NULL)
        return err != 0 ? err : KEIIN_ENOMEM;
    s->before = book_writer(state->book, job->writer)->start;
    s->digests[0] = roster->text_hash;
    chain_extend(&job->after, &s->before, s->digests, 1);
    chain_text(&text, &state->ledger_id, key.name, 1, &job->after);
    secret_sign(setup->operator_key.secret, span_of(text.bytes, text.n), job->body);
    s->signature = span_of(job->body, ED25519_SIGNATURE_BYTES);
    return 0;
}

/* An empty ledger in memory, as the sequencer would have it before entry 0. */
static int empty_state(struct ledger *ledger, struct group *group, const struct roster *roster)
{
    struct state *state = &ledger->state;
    int err = edge_load(&state->edge, &group->txn, 0);

    state->ledger_id = roster->text_hash;
    entry_genesis_prev(&state->leaf, &state->ledger_id);
    if (err == 0)
        err = book_next(NULL, roster, &state->ledger_id, &state->book);
    if (err == 0)
        err = heads_grow(&state->heads, state->book);
    return err;
}

static int store_first(struct ledger *ledger, struct group *group, struct job *job)
{
    int err = group_place(group, job, system_clock.wall_ms(system_clock.ctx));

    /* The first roster has no proof: it is the trust anchor itself. */
    group->roster_count = 0;
    (void)ledger;
    return err == 0 ? group_commit(group) : err;
}

static int make_ledger(const struct setup *setup, struct store *store, struct roster **roster,
    struct span note)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    struct job *job = job_new(ENTRY_ROSTER);
    struct group *group = NULL;
    struct buf found;
    int err = ledger == NULL || job == NULL ? KEIIN_ENOMEM : 0;

    buf_init(&found, CHECKPOINT_BYTES_MAX);
    if (err != 0)
        goto out;
    ledger->given.store = *store;
    ledger->given.config = &setup->config;
    ledger->given.log_key = &setup->log_key;
    ledger->given.operator_key = &setup->operator_key;
    err = group_new(ledger, &group);
    if (err == 0)
        err = group_begin(group);
    if (err == 0) {
        err = tables_checkpoint(&group->txn, &found);
        err = err == KEIIN_EABSENT ? 0 : err == 0 ? KEIIN_EEXIST : err;
    }
    if (err == 0)
        err = empty_state(ledger, group, *roster);
    if (err == 0)
        err = make_job(setup, *roster, note, &ledger->state, job);
    if (err == 0) {
        job->roster = *roster;
        *roster = NULL;
        err = store_first(ledger, group, job);
    }
out:
    if (group != NULL)
        group_abort(group);
    group_free(group);
    if (ledger != NULL)
        state_destroy(&ledger->state);
    free(ledger);
    job_free(job);
    buf_destroy(&found);
    return err;
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
        err = make_ledger(setup, &store, roster, note);
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
