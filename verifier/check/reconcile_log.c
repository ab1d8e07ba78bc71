/* The logs of a reconciliation: read into the table, and once more for what is to be told. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "verifier/check/reconcile_internal.h"

#define STATEMENT_SHOWN_BYTES 120
#define DATABASE 2 /* columns of csvlog, from 0 */
#define SESSION 5
#define TIME 0

/* ---- the first reading ---- */

/* A reading of one log. */
struct reading {
    struct reconcile *r;
    struct read_log *log;
    bool at_end; /* what the assembly gives now was open when the log ended */
};

static bool of_session(const struct pg_event *event, const char *session)
{
    size_t n = strlen(session);

    return n > 0 && strncmp(event->id, session, n) == 0 && event->id[n] == '.' &&
           strchr(event->id + n + 1, '.') == NULL;
}

static int note_repeat(
    struct reconcile *r, const struct statement *first, const struct statement *s)
{
    struct noted *noted;
    int err;

    if (memcmp(&first->key, &s->key, sizeof s->key) == 0) {
        r->result.repeated++;
        return 0;
    }
    if (r->result.counts[DIFFERENCE_LOG_REPEATS]++ >= r->options.differences_max)
        return 0;
    err = reconcile_note(r, &r->repeats, &noted);
    if (err != 0 || noted == NULL)
        return err;
    noted->difference.kind = DIFFERENCE_LOG_REPEATS;
    noted->difference.log = r->logs[s->log].path;
    noted->difference.line = s->line;
    noted->difference.at = s->at;
    return 0;
}

/* What an import would have made of a statement, into the table. */
static int on_event(void *ctx, const struct pg_event *event, struct why *why)
{
    struct reading *reading = ctx;
    struct reconcile *r = reading->r;
    const struct pgmap_user *user = pgmap_find(&r->map, span_str(event->user));
    struct statement statement, *first;
    static const uint8_t salt[SALT_BYTES];
    struct pgkey_facts facts;
    int err;

    memset(&statement, 0, sizeof statement);
    buf_clear(&r->bytes);
    err = pgrecord_fill(r->record, event, user, why);
    if (err == 0)
        err = compose_bytes(r->record, span_str("salt"), span_of(salt, sizeof salt), why);
    if (err == 0)
        err = compose_encode(r->record, &r->bytes, why);
    if (err == KEIIN_EMALFORMED) {
        why_prefix(why, "line %" PRIu64, event->first_row);
        reconcile_incomplete(r, why);
        return 0;
    }
    if (err != 0)
        return err;
    pgkey_of(buf_view(&r->bytes), &statement.key, &facts);
    statement.log = (uint16_t)(reading->log - r->logs);
    statement.has_user = user != NULL;
    statement.action = (uint8_t)event->action;
    statement.line = event->first_row;
    statement.at = event->at;
    statement.unsure = reading->at_end && of_session(event, r->torn_session);
    first = reconcile_find(r, statement.key.id);
    err = first != NULL ? note_repeat(r, first, &statement) : reconcile_add(r, &statement);
    if (err == KEIIN_ELIMIT)
        why_set(why, "the logs have more than %zu statements", r->options.statements_max);
    return err;
}

/* Every row's time counts: a log covers what it is silent about, too. */
static void widen(const struct reconcile *r, struct read_log *log, const struct csv_row *row)
{
    uint64_t at;

    if (row->field_count < PG_COLUMNS_MIN || !pgmap_time(&r->map, row->fields[TIME], &at))
        return;
    if (!log->has_range || at < log->from_ms)
        log->from_ms = at;
    if (!log->has_range || at > log->to_ms)
        log->to_ms = at;
    log->has_range = true;
}

static void keep_session(char out[static 65], const struct csv_row *row)
{
    if (row->field_count <= SESSION || row->fields[SESSION].n > 64)
        return;
    if (row->fields[SESSION].n > 0)
        memcpy(out, row->fields[SESSION].p, row->fields[SESSION].n);
    out[row->fields[SESSION].n] = 0;
}

/* A row that cannot be read is no reason to believe the others less. */
static int take_row(struct reading *reading, struct pg_assembly *assembly,
    const struct csv_row *row, struct why *why)
{
    struct reconcile *r = reading->r;
    struct pg_line line;
    int err;

    r->result.lines++;
    reading->log->end = row->end;
    widen(r, reading->log, row);
    err = pg_line_read(row, &r->map, &line, why);
    if (err == KEIIN_EMALFORMED) {
        reconcile_incomplete(r, why);
        return 0;
    }
    if (err != 0)
        return err;
    r->result.forged += line.kind == PG_FORGED;
    if (line.kind != PG_AUDIT && line.kind != PG_DENIED)
        return 0;
    return pg_assembly_add(assembly, &line, row->line, why);
}

static int read_rows(struct reading *reading, struct csv_reader *reader,
    struct pg_assembly *assembly, struct why *why)
{
    struct reconcile *r = reading->r;
    enum csv_outcome outcome = CSV_ROW;
    struct csv_row row;
    int err = 0;

    r->torn_session[0] = 0;
    while (err == 0 && outcome == CSV_ROW) {
        err = csv_next(reader, &row, &outcome, why);
        if (err == 0 && outcome == CSV_ROW) {
            err = take_row(reading, assembly, &row, why);
            keep_session(r->torn_session, &row);
        }
    }
    if (err == KEIIN_EUNREADABLE || (err == 0 && outcome == CSV_BAD)) {
        reconcile_incomplete(r, why); /* what was read till then is compared */
        return 0;
    }
    if (err == 0 && outcome == CSV_INCOMPLETE) {
        keep_session(r->torn_session, &row);
        r->result.torn++;
    } else {
        r->torn_session[0] = 0;
    }
    return err;
}

static int read_log(struct reconcile *r, struct read_log *log, struct why *why)
{
    static const struct pg_hold hold_nothing = {1, 0, {NULL, 0}};
    struct csv_reader *reader = malloc(sizeof *reader);
    struct reading reading = {r, log, false};
    struct pg_assembly *assembly = NULL;
    uint64_t held;
    int err;

    if (reader == NULL)
        return KEIIN_ENOMEM;
    logfile_rewind(&log->file, INT64_MAX, why);
    csv_init(reader, logfile_read, &log->file, r->options.row_bytes_max);
    err = pg_assembly_new(r->digest_key, on_event, &reading, &assembly);
    if (err == 0)
        err = read_rows(&reading, reader, assembly, why);
    reading.at_end = true;
    if (err == 0)
        err = pg_assembly_end(assembly, &hold_nothing, &held, why);
    pg_assembly_free(assembly);
    csv_destroy(reader);
    free(reader);
    return err;
}

int reconcile_log(struct reconcile *r, const char *path, struct why *why)
{
    struct read_log *log = &r->logs[r->log_count];
    int err;

    if (r->log_count == RECONCILE_LOGS_MAX) {
        why_set(why, "more than %d logs", RECONCILE_LOGS_MAX);
        return KEIIN_EUSAGE;
    }
    *log = (struct read_log){.file = {.fd = -1}};
    err = logfile_open(&log->file, path, why);
    if (err != 0)
        return err;
    log->path = strdup(path);
    r->log_count++;
    return log->path == NULL ? KEIIN_ENOMEM : read_log(r, log, why);
}

/* ---- the second reading ---- */

/* What is sought in the logs: lines of differences, and sessions of records without a line. */
struct telling {
    struct reconcile *r;
    struct difference **by_line; /* in the order of lines; of the log that is read */
    size_t line_count, next;
    struct difference **by_session; /* in the order of sessions; of all logs */
    size_t session_count;
};

static int line_cmp(const void *a, const void *b)
{
    const struct difference *x = *(struct difference *const *)a;
    const struct difference *y = *(struct difference *const *)b;

    return x->line < y->line ? -1 : x->line > y->line;
}

static struct span session_of(const struct difference *d)
{
    struct span session = {NULL, 0};

    pgkey_id_form(span_str(d->id), &session);
    return session;
}

static int session_cmp(const void *a, const void *b)
{
    return span_cmp(
        session_of(*(struct difference *const *)a), session_of(*(struct difference *const *)b));
}

/* Marks the records whose session this is. */
static void mark_session(struct telling *t, struct span session)
{
    size_t low = 0, high = t->session_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (span_cmp(session_of(t->by_session[middle]), session) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < t->session_count && span_eq(session_of(t->by_session[low]), session); low++)
        t->by_session[low]->session_in_log = true;
}

static int set(char **to, struct span text)
{
    free(*to);
    *to = strndup(text.n == 0 ? "" : (const char *)text.p, text.n);
    return *to == NULL ? KEIIN_ENOMEM : 0;
}

/* A statement's beginning; never half a character. */
static int set_statement(struct difference *d, struct span text)
{
    size_t n = text.n;

    d->statement_cut = n > STATEMENT_SHOWN_BYTES;
    if (d->statement_cut)
        for (n = STATEMENT_SHOWN_BYTES; n > 0 && (text.p[n] & 0xc0) == 0x80; n--)
            continue;
    return set(&d->statement, span_of(text.p, n));
}

static int tell_line(struct telling *t, struct difference *d, const struct csv_row *row)
{
    struct pg_line line;
    struct why why = {""};
    char id[96];
    int err = pg_line_read(row, &t->r->map, &line, &why);

    if (err != 0 || (line.kind != PG_AUDIT && line.kind != PG_DENIED)) {
        why_set(&why, "%s changed while it was read", d->log);
        reconcile_incomplete(t->r, &why);
        return err == KEIIN_ENOMEM ? err : 0;
    }
    snprintf(id, sizeof id, "%.*s.%.*s", (int)line.session.n, (const char *)line.session.p,
        (int)line.session_line.n, (const char *)line.session_line.p);
    err = set(&d->id, span_str(id));
    if (err == 0 && d->action == NULL)
        err = set(&d->action, span_str(pg_action_text(line.action)));
    if (err == 0)
        err = set(&d->user, line.user);
    if (err == 0)
        err = set(&d->database, row->fields[DATABASE]);
    return err == 0 ? set_statement(d, line.text) : err;
}

static int tell_row(struct telling *t, const struct csv_row *row)
{
    int err = 0;

    if (t->session_count > 0 && row->field_count > SESSION)
        mark_session(t, row->fields[SESSION]);
    while (err == 0 && t->next < t->line_count && t->by_line[t->next]->line == row->line)
        err = tell_line(t, t->by_line[t->next++], row);
    return err;
}

static int tell_log(struct telling *t, struct read_log *log)
{
    struct csv_reader *reader = malloc(sizeof *reader);
    enum csv_outcome outcome = CSV_ROW;
    struct why why = {""};
    struct csv_row row;
    int err = 0;

    if (reader == NULL)
        return KEIIN_ENOMEM;
    logfile_rewind(&log->file, log->end, &why);
    csv_init(reader, logfile_read, &log->file, t->r->options.row_bytes_max);
    while (err == 0 && outcome == CSV_ROW && (t->next < t->line_count || t->session_count > 0)) {
        err = csv_next(reader, &row, &outcome, &why);
        if (err == 0 && outcome == CSV_ROW)
            err = tell_row(t, &row);
    }
    if (err == KEIIN_EUNREADABLE || (err == 0 && t->next < t->line_count)) {
        if (err == 0)
            why_set(&why, "%s changed while it was read", log->path);
        reconcile_incomplete(t->r, &why);
        err = 0;
    }
    csv_destroy(reader);
    free(reader);
    return err;
}

int reconcile_tell(struct reconcile *r)
{
    struct reconcile_result *result = &r->result;
    struct telling t = {.r = r};
    int err = 0;

    t.by_line = calloc(result->count + 1, sizeof(struct difference *));
    t.by_session = calloc(result->count + 1, sizeof(struct difference *));
    if (t.by_line == NULL || t.by_session == NULL)
        err = KEIIN_ENOMEM;
    for (size_t i = 0; err == 0 && i < result->count; i++)
        if (result->list[i].kind == DIFFERENCE_NOT_IN_LOG)
            t.by_session[t.session_count++] = &result->list[i];
    if (t.session_count > 0)
        qsort(t.by_session, t.session_count, sizeof(struct difference *), session_cmp);
    for (size_t i = 0; err == 0 && i < r->log_count; i++) {
        t.line_count = t.next = 0;
        for (size_t k = 0; k < result->count; k++)
            if (result->list[k].log == r->logs[i].path)
                t.by_line[t.line_count++] = &result->list[k];
        if (t.line_count > 0)
            qsort(t.by_line, t.line_count, sizeof(struct difference *), line_cmp);
        err = tell_log(&t, &r->logs[i]);
    }
    free(t.by_line);
    free(t.by_session);
    return err;
}
