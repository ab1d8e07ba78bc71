#include "client/folder.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/imported.h"
#include "core/text.h"
#include "system/file.h"

#define CONFIG_TITLE "keiin-client/v1\n"
#define CONFIG_BYTES_MAX 16384
#define PATH_BYTES_MAX 4096
#define PENDING_BYTES_MAX (SUBMISSION_BYTES_MAX + 1024)

void client_config_destroy(struct client_config *config)
{
    free(config->ledger_url);
    free(config->key_file);
    *config = (struct client_config){0};
}

static void config_write(struct buf *out, const struct client_config *config)
{
    char id[2 * HASH_BYTES + 1];

    hex_encode(id, span_hash(&config->ledger_id));
    buf_printf(out, CONFIG_TITLE "ledger %s\nledger-id %s\nwriter %s\nkey %s\nroster %" PRIu64 "\n",
        config->ledger_url, id, config->writer, config->key_file, config->roster_serial);
}

/* The rest of a line that begins with `name`; failure in the cursor. */
static struct span named_line(struct cursor *in, const char *name)
{
    if (!cursor_skip(in, name))
        in->failed = true;
    return cursor_line(in);
}

static int config_parse(struct span bytes, struct client_config *out)
{
    struct cursor in = cursor_of(bytes);
    struct span url, id, writer, key, serial;

    *out = (struct client_config){0};
    url = named_line(&in, CONFIG_TITLE "ledger ");
    id = named_line(&in, "ledger-id ");
    writer = named_line(&in, "writer ");
    key = named_line(&in, "key ");
    serial = named_line(&in, "roster ");
    if (!cursor_done(&in) || url.n == 0 || url.n > URL_BYTES_MAX || key.n == 0 ||
        key.n >= PATH_BYTES_MAX || !name_valid(writer) || memchr(bytes.p, 0, bytes.n) != NULL ||
        !hex_decode(out->ledger_id.b, HASH_BYTES, id) ||
        !decimal_parse(serial, UINT_MAX_CANONICAL, &out->roster_serial))
        return KEIIN_EDAMAGED;
    memcpy(out->writer, writer.p, writer.n);
    out->ledger_url = strndup((const char *)url.p, url.n);
    out->key_file = strndup((const char *)key.p, key.n);
    if (out->ledger_url == NULL || out->key_file == NULL) {
        client_config_destroy(out);
        return KEIIN_ENOMEM;
    }
    return 0;
}

/* "<folder>/<name><number><ending>" */
static char *numbered(const char *folder, const char *name, uint64_t number, const char *ending)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s%" PRIu64 "%s", folder, name, number, ending) < 0 ? NULL : path;
}

char *folder_roster_path(const char *folder, uint64_t serial)
{
    return numbered(folder, "rosters/", serial, "");
}

char *folder_receipt_path(const char *folder, uint64_t index)
{
    return numbered(folder, "receipts/", index, ".tlog-proof");
}

/* Writes folder/name in one step. */
static int put_file(const struct keiin_disk *disk, const char *folder, const char *name,
    struct span bytes, struct why *why)
{
    char *path = path_join(folder, name);
    int err = path == NULL ? KEIIN_ENOMEM : disk->replace(disk->ctx, path, bytes, why);

    free(path);
    return err;
}

/* Reads folder/name whole. */
static int get_file(const struct folder *folder, const char *name, size_t bytes_max, uint8_t **out,
    size_t *n, struct why *why)
{
    char *path = path_join(folder->path, name);
    int err = path == NULL ? KEIIN_ENOMEM
                           : folder->disk->read(folder->disk->ctx, path, bytes_max, out, n, why);

    free(path);
    return err;
}

static int make_folder(
    const struct keiin_disk *disk, const char *folder, const char *name, struct why *why)
{
    char *path = path_join(folder, name);
    int err = path == NULL ? KEIIN_ENOMEM : disk->make_folder(disk->ctx, path, why);

    free(path);
    return err;
}

/* What a folder may hold. */
struct allowed {
    const char *path;
    const char *const *names; /* the last is NULL */
    struct why *why;
};

static int see_allowed(void *ctx, const char *name)
{
    const struct allowed *allowed = ctx;

    for (size_t i = 0; allowed->names[i] != NULL; i++)
        if (strcmp(allowed->names[i], name) == 0)
            return 0;
    why_set(allowed->why, "%.300s: is there already and not empty; nothing was overwritten",
        allowed->path);
    return KEIIN_EEXIST;
}

/* Whether a folder holds only names of the list, which ends with NULL. */
static int holds_only(
    const struct keiin_disk *disk, const char *path, const char *const *names, struct why *why)
{
    struct allowed allowed = {path, names, why};
    struct why absent = {""};
    int err = disk->list(disk->ctx, path, see_allowed, &allowed, &absent);

    if (err == KEIIN_EABSENT)
        return 0;
    if (err != 0 && err != KEIIN_EEXIST)
        why_set(why, "%s", absent.text);
    return err;
}

/* Only what an interrupted init leaves may be there: never a state, a receipt, a pending. */
static int init_possible(const struct keiin_disk *disk, const char *path, struct why *why)
{
    static const char *const left[] = {
        "lock", "config", "config.new", "state.new", "rosters", "receipts", NULL};
    static const char *const none[] = {NULL};
    char *receipts = path_join(path, "receipts");
    int err = receipts == NULL ? KEIIN_ENOMEM : holds_only(disk, path, left, why);

    if (err == 0)
        err = holds_only(disk, receipts, none, why);
    free(receipts);
    return err;
}

static int init_files(const struct keiin_disk *disk, const char *path,
    const struct client_config *config, const struct hash *head, const struct span *rosters,
    struct why *why)
{
    struct client_state state = {.head = *head};
    struct buf text;
    int err;

    buf_init(&text, CONFIG_BYTES_MAX);
    err = make_folder(disk, path, "rosters", why);
    if (err == 0)
        err = make_folder(disk, path, "receipts", why);
    for (uint64_t i = 0; err == 0 && i <= config->roster_serial; i++) {
        char *roster = folder_roster_path(path, i);

        err = roster == NULL ? KEIIN_ENOMEM : disk->replace(disk->ctx, roster, rosters[i], why);
        free(roster);
    }
    if (err != 0)
        goto out;
    config_write(&text, config);
    err = buf_status(&text);
    if (err == 0)
        err = put_file(disk, path, "config", buf_view(&text), why);
    if (err != 0)
        goto out;
    /* The state comes last: with it the folder is made. */
    buf_clear(&text);
    client_state_write(&text, &state);
    err = buf_status(&text);
    if (err == 0)
        err = put_file(disk, path, "state", buf_view(&text), why);
out:
    buf_destroy(&text);
    return err;
}

int folder_init(const struct keiin_disk *disk, const char *path, const struct client_config *config,
    const struct hash *head, const struct span *rosters, struct why *why)
{
    char *lock_path = NULL;
    int lock = -1, err;

    err = disk->make_folder(disk->ctx, path, why);
    if (err != 0)
        return err;
    lock_path = path_join(path, "lock");
    if (lock_path == NULL)
        return KEIIN_ENOMEM;
    err = init_possible(disk, path, why);
    if (err != 0)
        goto out;
    err = disk->lock(disk->ctx, lock_path, &lock, why);
    if (err == 0)
        err = init_possible(disk, path, why); /* again, now that nobody else is at it */
    if (err == 0)
        err = init_files(disk, path, config, head, rosters, why);
out:
    disk->unlock(disk->ctx, lock);
    free(lock_path);
    return err;
}

static int damaged(const struct folder *folder, const char *what, struct why *why)
{
    why_set(why, "%.300s: %s; do not repair it, take a new writer name", folder->path, what);
    return KEIIN_EDAMAGED;
}

static int read_config(struct folder *folder, struct why *why)
{
    uint8_t *bytes = NULL;
    size_t n;
    int err = get_file(folder, "config", CONFIG_BYTES_MAX, &bytes, &n, why);

    if (err == KEIIN_EABSENT)
        why_set(why, "%.300s: is no client folder; make one with keiin-client init", folder->path);
    if (err == 0) {
        err = config_parse(span_of(bytes, n), &folder->config);
        if (err == KEIIN_EDAMAGED)
            why_set(why,
                "%.300s/config: is damaged; it has the lines keiin-client/v1, ledger, "
                "ledger-id, writer, key, roster",
                folder->path);
    }
    free(bytes);
    return err;
}

static int read_state(struct folder *folder, struct why *why)
{
    uint8_t *bytes = NULL;
    size_t n;
    int err = get_file(folder, "state", CONFIG_BYTES_MAX, &bytes, &n, why);

    if (err == KEIIN_EABSENT)
        return damaged(folder, "its state is gone", why);
    if (err == 0 && client_state_parse(span_of(bytes, n), &folder->state) != 0)
        err = damaged(folder, "its state is not readable", why);
    free(bytes);
    return err;
}

/* The last receipt belongs to the state: without it the folder is not what it was. */
static int check_last_receipt(const struct folder *folder, struct why *why)
{
    char *path;
    int err = 0;

    if (!folder->state.has_entry)
        return 0;
    path = folder_receipt_path(folder->path, folder->state.index);
    if (path == NULL)
        return KEIIN_ENOMEM;
    if (!folder->disk->is_there(folder->disk->ctx, path))
        err = damaged(folder, "the receipt that its state names is gone", why);
    free(path);
    return err;
}

/* Reads pending; one that the state counts already is what an interruption left. */
static int read_pending(struct folder *folder, struct why *why)
{
    struct client_pending *pending = &folder->pending;
    const struct client_state *state = &folder->state;
    uint8_t *bytes = NULL;
    char *path = NULL;
    size_t n;
    int err = get_file(folder, "pending", PENDING_BYTES_MAX, &bytes, &n, why);

    if (err == KEIIN_EABSENT)
        return 0;
    if (err != 0)
        return err;
    err = client_pending_parse(span_of(bytes, n), pending);
    pending->bytes = bytes;
    if (err == KEIIN_ENOMEM)
        return err;
    if (err != 0)
        return damaged(folder, "its pending submission is not readable", why);
    if (pending->submission.number == state->number + 1 &&
        hash_eq(&pending->submission.before, &state->head))
        return 0;
    if (pending->submission.number + pending->submission.count - 1 != state->number ||
        !hash_eq(&pending->head, &state->head))
        return damaged(folder, "its state and its pending submission do not fit", why);
    client_pending_destroy(pending);
    path = path_join(folder->path, "pending");
    err = path == NULL ? KEIIN_ENOMEM : folder->disk->remove(folder->disk->ctx, path, true, why);
    free(path);
    return err;
}

/*
 * Whoever wrote here last may have died between a rename and the sync of its folder. What is
 * read now is acted upon, a signature sent again among it, so its name is made durable first.
 */
static int sync_names(const struct keiin_disk *disk, const char *path, struct why *why)
{
    char *rosters = path_join(path, "rosters");
    int err = rosters == NULL ? KEIIN_ENOMEM : disk->sync_folder(disk->ctx, path, why);

    if (err == 0)
        err = disk->sync_folder(disk->ctx, rosters, why);
    free(rosters);
    return err;
}

int folder_open(
    const struct keiin_disk *disk, const char *path, struct folder *out, struct why *why)
{
    char *lock = path_join(path, "lock");
    int err;

    *out = (struct folder){.disk = disk, .lock = -1};
    out->path = strdup(path);
    err = out->path == NULL || lock == NULL ? KEIIN_ENOMEM : 0;
    if (err == 0)
        err = read_config(out, why);
    if (err == 0)
        err = disk->lock(disk->ctx, lock, &out->lock, why);
    if (err == 0)
        err = sync_names(disk, path, why);
    if (err == 0)
        err = read_state(out, why);
    if (err == 0)
        err = check_last_receipt(out, why);
    if (err == 0)
        err = read_pending(out, why);
    free(lock);
    if (err != 0)
        folder_close(out);
    return err;
}

void folder_close(struct folder *folder)
{
    client_pending_destroy(&folder->pending);
    client_config_destroy(&folder->config);
    if (folder->lock >= 0)
        folder->disk->unlock(folder->disk->ctx, folder->lock);
    free(folder->path);
    *folder = (struct folder){.lock = -1};
}

int folder_keep_pending(struct folder *folder, struct buf *bytes, struct why *why)
{
    char *path = path_join(folder->path, "pending");
    struct client_pending pending = {0};
    size_t n = 0;
    int err = path == NULL ? KEIIN_ENOMEM : buf_status(bytes);

    assert(folder->pending.bytes == NULL);
    if (err == 0) {
        uint8_t *taken = buf_take(bytes, &n);

        err = taken == NULL ? KEIIN_ENOMEM : client_pending_parse(span_of(taken, n), &pending);
        pending.bytes = taken;
        /* It was made a moment ago by client_pending_write: it must read back. */
        assert(err == 0 || err == KEIIN_ENOMEM);
    }
    if (err == 0) {
        err = folder->disk->replace(folder->disk->ctx, path, span_of(pending.bytes, n), why);
        /* It may have its name and only not be synced. Nothing of it has left the process: it
         * is taken back, or else who is told that it failed would see it go out later. */
        folder->unsure = err != 0 && folder->disk->remove(folder->disk->ctx, path, true, NULL) != 0;
    }
    if (err == 0)
        folder->pending = pending;
    else
        client_pending_destroy(&pending);
    free(path);
    return err;
}

static int put_state(struct folder *folder, const struct client_state *state, struct why *why)
{
    struct buf text;
    int err;

    buf_init(&text, CONFIG_BYTES_MAX);
    client_state_write(&text, state);
    err = buf_status(&text);
    if (err == 0)
        err = put_file(folder->disk, folder->path, "state", buf_view(&text), why);
    if (err == 0)
        folder->state = *state;
    buf_destroy(&text);
    return err;
}

int folder_set_mark(struct folder *folder, const char *mark, struct why *why)
{
    struct client_state state = folder->state;

    snprintf(state.mark, sizeof state.mark, "%s", mark);
    return put_state(folder, &state, why);
}

int folder_settle(
    struct folder *folder, const struct client_state *state, struct span receipt, struct why *why)
{
    const struct keiin_disk *disk = folder->disk;
    char *receipt_path = folder_receipt_path(folder->path, state->index);
    char *pending_path = path_join(folder->path, "pending");
    int err = receipt_path == NULL || pending_path == NULL ? KEIIN_ENOMEM : 0;

    assert(folder->pending.bytes != NULL);
    assert(hash_eq(&state->head, &folder->pending.head));
    if (err == 0)
        err = disk->replace(disk->ctx, receipt_path, receipt, why);
    if (err == 0 && folder->pending.track_ids)
        err = imported_add(disk, folder->path, &folder->pending.submission, why);
    if (err == 0)
        err = put_state(folder, state, why);
    /* Not synced: one that comes back after a power cut is counted by the state already. */
    if (err == 0)
        err = disk->remove(disk->ctx, pending_path, false, why);
    if (err == 0)
        client_pending_destroy(&folder->pending);
    free(pending_path);
    free(receipt_path);
    return err;
}

void folder_keep_evidence(const struct folder *folder, const char *what, uint64_t now_ms,
    struct span bytes, struct why *why)
{
    const struct keiin_disk *disk = folder->disk;
    char *path = NULL;

    if (make_folder(disk, folder->path, "evidence", NULL) != 0 ||
        asprintf(&path, "%s/evidence/%" PRIu64 "-%s", folder->path, now_ms, what) < 0)
        return;
    if (disk->create(disk->ctx, path, bytes, NULL) == 0)
        why_prefix(why, "the answer is kept as %.200s", path);
    free(path);
}
