/* libkeiin: a new client folder. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/client_internal.h"
#include "core/chain.h"
#include "http/client.h"
#include "system/file.h"

#define SERIAL_MAX 100000 /* rosters before the trusted one that init would fetch */

/* The writer's name from the key file, without opening what is secret in it. */
static int read_name(const char *path, struct vkey *key, uint8_t **bytes, struct why *why)
{
    struct keyfile_public public;
    size_t n;
    int err = file_read(path, KEYFILE_BYTES_MAX, bytes, &n, why);

    if (err != 0)
        return err;
    err = keyfile_look(span_of(*bytes, n), &public, why);
    if (err != 0) {
        why_prefix(why, "%.200s", path);
        return err;
    }
    if (strcmp(public.use, "writer") != 0) {
        why_set(why, "%.200s: is a %s key; a writer key is needed here", path, public.use);
        return KEIIN_EMISMATCH;
    }
    *key = public.key;
    return 0;
}

/* Absolute paths survive a change of the working folder; a newline would break the config. */
static int key_path(const char *path, char **out, struct why *why)
{
    *out = realpath(path, NULL);
    if (*out == NULL && errno == ENOMEM)
        return KEIIN_ENOMEM;
    if (*out == NULL) {
        why_set(why, "%.300s: %s", path, strerror(errno));
        return KEIIN_EUNREADABLE;
    }
    if (strchr(*out, '\n') == NULL && strlen(*out) < 4096)
        return 0;
    why_set(why, "the path of the key file is too long, or has a newline in it");
    return KEIIN_EUSAGE;
}

struct init {
    struct roster *roster;
    uint8_t *key_bytes;
    struct vkey key;
    struct client_config config;
    struct span *notes;
    struct http_client *http;
    struct keiin_network network;
};

/* Everything that is wrong without asking anyone. */
static int check_given(struct init *init, const char *key_file, struct span roster, struct why *why)
{
    const struct roster_writer *writer;
    int err = roster_from_note(roster, NULL, &init->roster, why);

    if (err != 0) {
        why_prefix(why, "the roster");
        return err;
    }
    if (init->roster->serial > SERIAL_MAX) {
        why_set(why, "the roster: its serial is above %d", SERIAL_MAX);
        return KEIIN_ELIMIT;
    }
    err = read_name(key_file, &init->key, &init->key_bytes, why);
    if (err != 0)
        return err;
    writer = roster_writer_by_key(init->roster, &init->key.key_hash);
    if (writer == NULL || !span_eq(writer->key.name, init->key.name)) {
        why_set(why,
            "%.200s: the roster does not list this key as a writer; ask for a roster "
            "that does",
            key_file);
        return KEIIN_EMISMATCH;
    }
    memcpy(init->config.writer, init->key.name.p, init->key.name.n);
    init->config.roster_serial = init->roster->serial;
    return key_path(key_file, &init->config.key_file, why);
}

/* The rosters before the trusted one: only they tell the ledger's id. */
static int collect_rosters(
    struct init *init, const struct keiin_options *options, struct span roster, struct why *why)
{
    uint64_t serial = init->roster->serial;
    int err = 0;

    init->notes = calloc(serial + 1, sizeof *init->notes);
    if (init->notes == NULL)
        return KEIIN_ENOMEM;
    init->notes[serial] = roster;
    init->config.ledger_id = init->roster->text_hash;
    if (options != NULL && options->network != NULL)
        init->network = *options->network;
    else /* also for serial 0: the URL is checked with it */
        err = network_default(init->config.ledger_url,
            options == NULL || options->timeout_ms == 0 ? TIMEOUT_MS : options->timeout_ms,
            &init->http, &init->network, why);
    if (err == 0 && serial > 0)
        err = rosters_walk_back(
            init->roster, &init->network, init->notes, &init->config.ledger_id, why);
    return err;
}

int keiin_init(const char *folder, const char *ledger_url, const char *key_file, const void *roster,
    size_t roster_n, const struct keiin_options *options, struct keiin_why *told)
{
    const struct keiin_disk *disk =
        options == NULL || options->disk == NULL ? &system_disk : options->disk;
    struct init init = {0};
    struct why why = {""};
    struct hash head;
    int err = crypto_start(&why);

    if (err == 0)
        err = check_given(&init, key_file, span_of(roster, roster_n), &why);
    if (err != 0)
        goto out;
    init.config.ledger_url = strdup(ledger_url);
    err = init.config.ledger_url == NULL ? KEIIN_ENOMEM : 0;
    if (err == 0)
        err = collect_rosters(&init, options, span_of(roster, roster_n), &why);
    if (err != 0)
        goto out;
    chain_start(&head, &init.config.ledger_id, span_str(init.config.writer));
    err = folder_init(disk, folder, &init.config, &head, init.notes, &why);
out:
    for (uint64_t i = 0; init.notes != NULL && i < init.config.roster_serial; i++)
        free((void *)init.notes[i].p);
    free(init.notes);
    http_client_free(init.http);
    client_config_destroy(&init.config);
    free(init.key_bytes);
    roster_free(init.roster);
    return client_tell(err, &why, told);
}
