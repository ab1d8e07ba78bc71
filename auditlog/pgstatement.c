#include "auditlog/pgstatement.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define BUCKETS 4096
#define WAITING_MAX 4096 /* events in order, open or complete */
#define OPEN_MAX 64 /* of one statement */

struct pg_session {
    char id[65];
    uint64_t statement;
    uint64_t last_at; /* ms, of its last line */
    struct pg_event *open; /* newest first */
    size_t open_count;
    struct pg_session *next; /* in the bucket */
};

struct pg_assembly {
    const uint8_t *digest_key;
    pg_event_fn *event;
    void *ctx;
    struct pg_session *buckets[BUCKETS];
    struct pg_event *first, *last;
    size_t waiting;
    struct pg_counts counts;
};

int pg_assembly_new(
    const uint8_t *digest_key, pg_event_fn *event, void *ctx, struct pg_assembly **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return KEIIN_ENOMEM;
    (*out)->digest_key = digest_key;
    (*out)->event = event;
    (*out)->ctx = ctx;
    return 0;
}

static void event_free(struct pg_event *event)
{
    if (event == NULL)
        return;
    buf_destroy(&event->names);
    free(event->user);
    free(event);
}

void pg_assembly_free(struct pg_assembly *assembly)
{
    if (assembly == NULL)
        return;
    while (assembly->first != NULL) {
        struct pg_event *next = assembly->first->next;

        event_free(assembly->first);
        assembly->first = next;
    }
    for (size_t i = 0; i < BUCKETS; i++)
        while (assembly->buckets[i] != NULL) {
            struct pg_session *next = assembly->buckets[i]->next;

            free(assembly->buckets[i]);
            assembly->buckets[i] = next;
        }
    free(assembly);
}

/* The place where a session hangs, or would. */
static struct pg_session **session_place(struct pg_assembly *assembly, struct span id)
{
    uint32_t h = 2166136261u;
    struct pg_session **place;

    for (size_t i = 0; i < id.n; i++)
        h = (h ^ id.p[i]) * 16777619u;
    place = &assembly->buckets[h % BUCKETS];
    while (*place != NULL && !span_is(id, (*place)->id))
        place = &(*place)->next;
    return place;
}

/* An event that gets no more lines leaves its session; the last one takes the session along. */
static void event_close(struct pg_assembly *assembly, struct pg_event *event)
{
    struct pg_session *session = event->session, **place;
    struct pg_event **link;

    event->complete = true;
    if (session == NULL)
        return;
    for (link = &session->open; *link != event; link = &(*link)->next_open)
        continue;
    *link = event->next_open;
    event->session = NULL;
    if (--session->open_count > 0)
        return;
    place = session_place(assembly, span_str(session->id));
    *place = session->next;
    free(session);
}

/* Gives out from the front while it is complete. */
static int give_out(struct pg_assembly *assembly, struct why *why)
{
    int err = 0;

    while (err == 0 && assembly->first != NULL) {
        struct pg_event *event = assembly->first;

        if (assembly->waiting > WAITING_MAX)
            event_close(assembly, event);
        if (!event->complete)
            break;
        err = assembly->event(assembly->ctx, event, why);
        assembly->first = event->next;
        if (assembly->first == NULL)
            assembly->last = NULL;
        assembly->waiting--;
        event_free(event);
    }
    return err;
}

static int event_new(
    struct pg_assembly *assembly, const struct pg_line *line, uint64_t row, struct pg_event **out)
{
    struct pg_event *event = calloc(1, sizeof *event);

    *out = event;
    if (event == NULL)
        return KEIIN_ENOMEM;
    buf_init(&event->names, PG_NAMES_BYTES_MAX + 1024);
    event->user = strndup(line->user.n == 0 ? "" : (const char *)line->user.p, line->user.n);
    if (event->user == NULL) {
        event_free(event);
        return KEIIN_ENOMEM;
    }
    snprintf(event->id, sizeof event->id, "%.*s.%.*s", (int)line->session.n,
        (const char *)line->session.p, (int)line->session_line.n,
        (const char *)line->session_line.p);
    event->at = line->at;
    event->action = line->action;
    event->denied = line->kind == PG_DENIED;
    event->first_row = row;
    if (assembly->last == NULL)
        assembly->first = event;
    else
        assembly->last->next = event;
    assembly->last = event;
    assembly->waiting++;
    assembly->counts.events++;
    return 0;
}

/* Whether a relation is there already, by its id. */
static bool has_name(const struct pg_event *event, const char *name)
{
    const char *p = (const char *)event->names.p;

    for (size_t i = 0; i < event->name_count; i++, p += strlen(p) + 1)
        if (strcmp(p, name) == 0)
            return true;
    return false;
}

static int add_name(struct pg_event *event, const char *name)
{
    if (has_name(event, name))
        return 0;
    if (event->names.n + strlen(name) + 1 > PG_NAMES_BYTES_MAX) {
        event->names_omitted++;
        return 0;
    }
    buf_put(&event->names, name, strlen(name) + 1);
    event->name_count++;
    return buf_status(&event->names);
}

static int add_object(struct pg_event *event, struct span object)
{
    struct buf id;
    int err;

    if (object.n == 0)
        return 0;
    buf_init(&id, object.n * 3 + 512);
    pg_id(&id, object);
    buf_put_u8(&id, 0);
    err = buf_status(&id);
    if (err == 0)
        err = add_name(event, (const char *)id.p);
    buf_destroy(&id);
    return err;
}

static void text_tag(uint8_t tag[static 16], struct span text)
{
    memset(tag, 0, 16);
    if (text.n > 0)
        crypto_generichash(tag, 16, text.p, text.n, NULL, 0);
}

/* What a line adds to its event. */
static int add_line(
    struct pg_assembly *assembly, struct pg_event *event, const struct pg_line *line)
{
    static const uint8_t no_tag[16];

    if (line->action > event->action)
        event->action = line->action;
    /* A COPY itself counts no rows: pgaudit then says 0, which is not what left. */
    if (line->has_rows && !line->copy) {
        event->count = !event->has_count || line->rows > event->count ? line->rows : event->count;
        event->has_count = true;
    }
    if (line->text.n > 0 && !event->has_digest && assembly->digest_key != NULL) {
        crypto_generichash(event->digest, sizeof event->digest, line->text.p, line->text.n,
            assembly->digest_key, 32);
        event->has_digest = true;
    }
    if (memcmp(event->text_tag, no_tag, sizeof no_tag) == 0)
        text_tag(event->text_tag, line->text);
    return add_object(event, line->object);
}

/* Makes a COPY's own SELECT the COPY's event, when there is one open; else NULL. */
static struct pg_event *join_copy(
    struct pg_assembly *assembly, struct pg_session *session, const struct pg_line *line)
{
    static const uint8_t no_tag[16];
    uint8_t tag[16];

    text_tag(tag, line->text);
    for (struct pg_event *event = session->open; event != NULL; event = event->next_open) {
        bool same_text = memcmp(event->text_tag, tag, sizeof tag) == 0 ||
                         memcmp(event->text_tag, no_tag, sizeof tag) == 0 ||
                         memcmp(tag, no_tag, sizeof tag) == 0;

        if (!event->copy_inner || event->copy_substatement != 0 || !same_text)
            continue;
        event->copy_substatement = line->substatement;
        assembly->counts.copies_joined++;
        return event;
    }
    return NULL;
}

/* The session of a line, gone on to the line's statement. */
static int session_of(
    struct pg_assembly *assembly, const struct pg_line *line, struct pg_session **out)
{
    struct pg_session **place = session_place(assembly, line->session), *session = *place;

    while (session != NULL && session->statement != line->statement) {
        /* Closing the last one frees the session. */
        bool last = session->open_count == 1;

        event_close(assembly, session->open);
        if (last)
            session = NULL;
    }
    if (session == NULL) {
        place = session_place(assembly, line->session);
        *place = session = calloc(1, sizeof *session);
        if (session == NULL)
            return KEIIN_ENOMEM;
        memcpy(session->id, line->session.p, line->session.n);
        session->statement = line->statement;
        assembly->counts.statements++;
    }
    session->last_at = line->at;
    *out = session;
    return 0;
}

static void close_oldest(struct pg_assembly *assembly, struct pg_session *session)
{
    struct pg_event *event = session->open;

    while (event->next_open != NULL)
        event = event->next_open;
    event_close(assembly, event);
}

/* The open event of a line's substatement, made when there is none. */
static int event_of(struct pg_assembly *assembly, struct pg_session *session,
    const struct pg_line *line, uint64_t row, struct pg_event **out)
{
    int err;

    for (struct pg_event *event = session->open; event != NULL; event = event->next_open)
        if (event->substatement == line->substatement ||
            event->copy_substatement == line->substatement) {
            *out = event;
            return 0;
        }
    assembly->counts.substatements++;
    *out = line->copy && line->action == PG_EXPORT ? join_copy(assembly, session, line) : NULL;
    if (*out != NULL)
        return 0;
    err = event_new(assembly, line, row, out);
    if (err != 0)
        return err;
    (*out)->session = session;
    (*out)->substatement = line->substatement;
    (*out)->copy = line->copy;
    (*out)->copy_inner = line->copy_inner;
    (*out)->next_open = session->open;
    session->open = *out;
    session->open_count++;
    if (session->open_count > OPEN_MAX)
        close_oldest(assembly, session);
    return 0;
}

/* A COPY of a whole table names it only in its text. */
static int name_copied_table(struct pg_event *event, const struct pg_line *line)
{
    struct buf table;
    int err = 0;

    buf_init(&table, line->text.n + 1);
    if (event->name_count == 0 && pg_copy_table(line->text, &table))
        err = buf_status(&table) != 0 ? buf_status(&table) : add_object(event, buf_view(&table));
    buf_destroy(&table);
    return err;
}

int pg_assembly_add(
    struct pg_assembly *assembly, const struct pg_line *line, uint64_t row, struct why *why)
{
    struct pg_session *session;
    struct pg_event *event;
    int err;

    if (line->kind == PG_DENIED) {
        err = event_new(assembly, line, row, &event);
        if (err == 0) {
            event->complete = true;
            err = add_line(assembly, event, line);
        }
    } else {
        err = session_of(assembly, line, &session);
        if (err == 0)
            err = event_of(assembly, session, line, row, &event);
        if (err == 0)
            err = add_line(assembly, event, line);
        if (err == 0 && line->copy)
            err = name_copied_table(event, line);
    }
    return err != 0 ? err : give_out(assembly, why);
}

static bool is_held(const struct pg_event *event, const struct pg_hold *hold)
{
    const struct pg_session *session = event->session;

    return !event->complete && session != NULL &&
           ((session->last_at >= hold->from_ms && session->last_at <= hold->to_ms) ||
               (hold->session.n > 0 && span_is(hold->session, session->id)));
}

int pg_assembly_end(
    struct pg_assembly *assembly, const struct pg_hold *hold, uint64_t *held, struct why *why)
{
    int err = 0;

    *held = 0;
    while (err == 0 && assembly->first != NULL && !is_held(assembly->first, hold)) {
        event_close(assembly, assembly->first);
        err = give_out(assembly, why);
    }
    for (struct pg_event *event = assembly->first; event != NULL; event = event->next)
        ++*held;
    return err;
}

struct pg_counts pg_assembly_counts(const struct pg_assembly *assembly)
{
    return assembly->counts;
}
