#include "client/import.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/msgpack.h"
#include "core/text.h"
#include "system/messages.h"

#define UNMAPPED_BYTES_MAX 65536
#define FRESH_MS 5000 /* a statement whose last line is so young may get another */

int import_open(struct import *import, const struct import_options *options, struct why *why)
{
    int err;

    *import = (struct import){.log = {.fd = -1}};
    buf_init(&import->unmapped, UNMAPPED_BYTES_MAX);
    err = pgmap_read(options->map_path, &import->map, why);
    if (err == 0 && options->digest_key_path != NULL)
        err = logfile_digest_key(options->digest_key_path, &import->digest_key, why);
    if (err == 0)
        err = logfile_open(&import->log, options->log_path, why);
    if (err != 0)
        return err;
    import->used = calloc(import->map.user_count, sizeof *import->used);
    import->clients = calloc(import->map.user_count, sizeof *import->clients);
    import->record = compose_new();
    return import->used == NULL || import->clients == NULL || import->record == NULL ? KEIIN_ENOMEM
                                                                                     : 0;
}

void import_close(struct import *import)
{
    for (size_t i = 0; i < import->client_count; i++) {
        imported_free(import->clients[i].imported);
        keiin_close(import->clients[i].keiin);
    }
    free(import->clients);
    free(import->used);
    compose_free(import->record);
    sodium_free(import->digest_key);
    buf_destroy(&import->unmapped);
    pgmap_destroy(&import->map);
    logfile_close(&import->log);
}

/* ---- first pass ---- */

/* Adds a user to the list of those that are not mapped, once. */
static int note_unmapped(struct import *import, struct span user)
{
    struct buf shown, *all = &import->unmapped;
    const uint8_t *at = NULL;
    int err;

    /* A name cannot hold a newline and be mapped, but it can be shown. */
    buf_init(&shown, user.n * 10 + 64);
    text_visible(&shown, user);
    if (user.n == 0)
        buf_put_str(&shown, message_text(MESSAGE_CLIENT_NO_NAME));
    buf_put_str(&shown, "\n");
    err = buf_status(&shown);
    if (err == 0 && all->n > 0)
        at = memmem(all->p, all->n, shown.p, shown.n);
    while (at != NULL && at != all->p && at[-1] != '\n')
        at = memmem(at + 1, all->n - (size_t)(at + 1 - all->p), shown.p, shown.n);
    if (err == 0 && at == NULL && all->n + shown.n <= UNMAPPED_BYTES_MAX) {
        buf_put_span(all, buf_view(&shown));
        import->unmapped_count++;
        err = buf_status(all);
    }
    buf_destroy(&shown);
    return err;
}

static int survey_row(struct import *import, const struct csv_row *row, struct why *why)
{
    const struct pgmap_user *user;
    struct pg_line line;
    int err = pg_line_read(row, &import->map, &line, why);

    if (err != 0)
        return err;
    import->rows++;
    import->log_bytes = row->end;
    switch (line.kind) {
    case PG_OTHER:
        import->other_rows++;
        return 0;
    case PG_FORGED:
        if (import->forged_rows++ == 0)
            import->first_forged_row = row->line;
        return 0;
    case PG_AUDIT:
        import->audit_rows++;
        break;
    case PG_DENIED:
        import->denied_rows++;
        break;
    }
    user = pgmap_find(&import->map, line.user);
    if (user == NULL)
        return note_unmapped(import, line.user);
    import->used[user - import->map.users] = true;
    return 0;
}

/* The session of a torn row is column 6; where the tear is before it, the row before tells. */
static void note_torn(struct import *import, const struct csv_row *row, const char *before)
{
    import->torn_rows = 1;
    snprintf(import->torn, sizeof import->torn, "%s", before);
    if (row->field_count > 5 && row->fields[5].n < sizeof import->torn) {
        memcpy(import->torn, row->fields[5].p, row->fields[5].n);
        import->torn[row->fields[5].n] = 0;
    }
    import->torn_session = span_str(import->torn);
}

int import_survey(struct import *import, const struct import_options *options, struct why *why)
{
    enum csv_outcome outcome = CSV_ROW;
    struct csv_reader *reader = malloc(sizeof *reader);
    char before[65] = "";
    struct csv_row row;
    int err = 0;

    if (reader == NULL)
        return KEIIN_ENOMEM;
    logfile_rewind(&import->log, INT64_MAX, why);
    csv_init(reader, logfile_read, &import->log, options->row_bytes_max);
    progress_start(&import->progress, message_text(MESSAGE_CLIENT_LINES_READ));
    while (err == 0 && outcome == CSV_ROW) {
        err = csv_next(reader, &row, &outcome, why);
        if (err == 0 && outcome == CSV_ROW)
            err = survey_row(import, &row, why);
        if (err == 0 && outcome == CSV_ROW && row.fields[5].n < sizeof before) {
            memcpy(before, row.fields[5].p, row.fields[5].n);
            before[row.fields[5].n] = 0;
        }
        if (err == 0 && outcome == CSV_BAD)
            err = KEIIN_EMALFORMED;
        progress_update(&import->progress, import->rows, 0);
    }
    if (err == 0 && outcome == CSV_INCOMPLETE)
        note_torn(import, &row, before);
    progress_end(&import->progress);
    csv_destroy(reader);
    free(reader);
    if (err == 0 && import->unmapped_count > 0) {
        why_set(why, "%zu database users are not mapped", import->unmapped_count);
        err = KEIIN_EUSAGE;
    }
    return err;
}

/* ---- between the passes ---- */

static int open_client(
    struct import_client *client, const struct import_options *options, struct why *why)
{
    struct keiin_options given = {.timeout_ms = options->timeout_ms,
        .batch_records_max = options->batch_records_max,
        .prompt = 1};
    struct keiin_why told = {""};
    int err = keiin_open(client->folder, &given, &client->keiin, &told);

    if (err == 0)
        err = keiin_submit(client->keiin, &told);
    if (err != 0) {
        why_set(why, "%s", told.text);
        return err;
    }
    return imported_open(client->keiin->disk, client->folder, &client->imported, why);
}

int import_open_clients(
    struct import *import, const struct import_options *options, struct why *why)
{
    for (size_t i = 0; i < import->map.user_count; i++) {
        const char *folder = import->map.users[i].client;
        size_t k = 0;
        int err;

        if (!import->used[i])
            continue;
        while (k < import->client_count && strcmp(import->clients[k].folder, folder) != 0)
            k++;
        if (k < import->client_count)
            continue;
        import->clients[import->client_count++].folder = folder;
        err = open_client(&import->clients[k], options, why);
        if (err != 0) {
            why_prefix(why, "client folder %.150s", folder);
            return err;
        }
    }
    return 0;
}

/* ---- second pass ---- */

struct sending {
    struct import *import;
    struct import_client *failed; /* whose folder an error is about; or NULL */
};

static int submit(struct sending *sending, struct import_client *client, struct why *why)
{
    size_t count = client->keiin->item_count;
    int err = client_submit(client->keiin, why);

    if (err == 0)
        sending->import->records_sent += count;
    else
        sending->failed = client;
    return err;
}

/* An event becomes a record, unless it is one already. */
static int on_event(void *ctx, const struct pg_event *event, struct why *why)
{
    struct sending *sending = ctx;
    struct import *import = sending->import;
    const struct pgmap_user *user = pgmap_find(&import->map, span_str(event->user));
    struct import_client *client = import->clients;
    struct buf bytes;
    int err;

    if (user == NULL) /* the first pass saw to it, unless the log was changed meanwhile */
        return KEIIN_EMISMATCH;
    while (strcmp(client->folder, user->client) != 0)
        client++;
    buf_init(&bytes, RECORD_BYTES_MAX + COMPOSE_FIELDS_MAX * 64);
    err = pgrecord_fill(import->record, event, user, why);
    if (err == 0)
        err = client_encode(client->keiin, import->record, &bytes, why);
    if (err != 0) {
        why_prefix(why, "line %" PRIu64, event->first_row);
        goto out;
    }
    switch (imported_look(client->imported, buf_view(&bytes))) {
    case IMPORTED_SAME:
        import->records_there++;
        goto out;
    case IMPORTED_OTHER:
        if (import->records_changed++ == 0)
            memcpy(import->first_changed_id, event->id, sizeof event->id);
        goto out;
    case IMPORTED_NEW:
        break;
    }
    err = client_append(client->keiin, buf_view(&bytes), span_of(NULL, 0), true, why);
    if (err == KEIIN_ELIMIT) {
        err = submit(sending, client, why);
        if (err == 0)
            err = client_append(client->keiin, buf_view(&bytes), span_of(NULL, 0), true, why);
    }
    if (err == 0)
        err = imported_note(client->imported, buf_view(&bytes));
out:
    buf_destroy(&bytes);
    return err;
}

static int send_rows(
    struct import *import, struct csv_reader *reader, struct pg_assembly *assembly, struct why *why)
{
    enum csv_outcome outcome = CSV_ROW;
    struct csv_row row;
    struct pg_line line;
    uint64_t rows = 0;
    int err = 0;

    progress_start(&import->progress, message_text(MESSAGE_CLIENT_LINES_IMPORTED));
    while (err == 0 && outcome == CSV_ROW) {
        err = csv_next(reader, &row, &outcome, why);
        if (err != 0 || outcome != CSV_ROW)
            break;
        err = pg_line_read(&row, &import->map, &line, why);
        if (err == 0 && (line.kind == PG_AUDIT || line.kind == PG_DENIED))
            err = pg_assembly_add(assembly, &line, row.line, why);
        progress_update(&import->progress, ++rows, import->rows);
    }
    progress_end(&import->progress);
    if (err == 0 && (outcome != CSV_END || rows != import->rows)) {
        why_set(why, "the log changed while it was read; import it again");
        err = KEIIN_EMISMATCH;
    }
    return err;
}

/* What may still get lines: only in a file that may grow, and only what is fresh. */
static struct pg_hold hold_of(const struct import *import, const struct import_options *options)
{
    uint64_t now_ms = system_clock.wall_ms(system_clock.ctx);
    struct pg_hold hold = {1, 0, {NULL, 0}};

    if (options->final)
        return hold;
    if (strcmp(options->log_path, "-") != 0)
        hold = (struct pg_hold){now_ms - FRESH_MS, now_ms + FRESH_MS, {NULL, 0}};
    if (import->torn_rows > 0)
        hold.session = import->torn_session;
    return hold;
}

int import_send(struct import *import, const struct import_options *options, struct why *why)
{
    struct csv_reader *reader = malloc(sizeof *reader);
    struct sending sending = {import, NULL};
    struct pg_assembly *assembly = NULL;
    struct pg_hold hold = hold_of(import, options);
    int err;

    if (reader == NULL)
        return KEIIN_ENOMEM;
    logfile_rewind(&import->log, import->log_bytes, why);
    csv_init(reader, logfile_read, &import->log, options->row_bytes_max);
    err = pg_assembly_new(import->digest_key, on_event, &sending, &assembly);
    if (err == 0)
        err = send_rows(import, reader, assembly, why);
    if (err == 0)
        err = pg_assembly_end(assembly, &hold, &import->events_held, why);
    for (size_t i = 0; err == 0 && i < import->client_count; i++)
        err = submit(&sending, &import->clients[i], why);
    if (assembly != NULL)
        import->pg = pg_assembly_counts(assembly);
    if (err != 0 && sending.failed != NULL)
        why_prefix(why, "client folder %.150s", sending.failed->folder);
    pg_assembly_free(assembly);
    csv_destroy(reader);
    free(reader);
    return err;
}
