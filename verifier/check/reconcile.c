#include "verifier/check/reconcile.h"

#include <sodium.h>
#include <stdlib.h>

#include "verifier/check/reconcile_internal.h"

#define NOTED_MAX 1000000 /* of one list, whatever differences_max says */

const char *difference_text(enum difference_kind kind)
{
    static const char *const texts[DIFFERENCE_KINDS] = {
        [DIFFERENCE_NOT_IN_LEDGER] = "not-in-ledger",
        [DIFFERENCE_CHANGED] = "changed",
        [DIFFERENCE_NOT_IN_LOG] = "not-in-log",
        [DIFFERENCE_LOG_REPEATS] = "log-repeats",
    };

    return texts[kind];
}

int reconcile_new(const struct reconcile_options *options, struct reconcile **out, struct why *why)
{
    struct reconcile *r = calloc(1, sizeof *r);
    int err;

    *out = NULL;
    if (r == NULL)
        return KEIIN_ENOMEM;
    r->options = *options;
    buf_init(&r->bytes, RECORD_BYTES_MAX + COMPOSE_FIELDS_MAX * 64);
    err = pgmap_read(options->map, &r->map, why);
    if (err == 0 && options->digest_key != NULL)
        err = logfile_digest_key(options->digest_key, &r->digest_key, why);
    r->record = compose_new();
    if (err == 0 && r->record == NULL)
        err = KEIIN_ENOMEM;
    if (err != 0) {
        reconcile_free(r);
        return err;
    }
    *out = r;
    return 0;
}

static void difference_destroy(struct difference *d)
{
    free(d->id);
    free(d->action);
    free(d->user);
    free(d->database);
    free(d->statement);
    free(d->writer);
    free(d->actor);
}

static void noted_destroy(struct noted_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        difference_destroy(&list->items[i].difference);
    free(list->items);
    *list = (struct noted_list){0};
}

void reconcile_free(struct reconcile *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->log_count; i++) {
        logfile_close(&r->logs[i].file);
        free(r->logs[i].path);
    }
    for (size_t i = 0; i < r->writer_count; i++)
        free(r->writers[i].name);
    for (size_t i = 0; i < r->result.count; i++)
        difference_destroy(&r->result.list[i]);
    noted_destroy(&r->changed);
    noted_destroy(&r->absent);
    noted_destroy(&r->repeats);
    free(r->result.list);
    free(r->writers);
    free(r->statements);
    free(r->slots);
    buf_destroy(&r->bytes);
    compose_free(r->record);
    sodium_free(r->digest_key);
    pgmap_destroy(&r->map);
    free(r);
}

const struct reconcile_result *reconcile_result(const struct reconcile *r)
{
    return &r->result;
}

void reconcile_incomplete(struct reconcile *r, const struct why *why)
{
    if (!r->result.incomplete)
        r->result.why = *why;
    r->result.incomplete = true;
}

/* ---- the table ---- */

/* The slot of an id, or the free one where it would stand. */
static size_t slot_of(const struct reconcile *r, const uint8_t *id)
{
    size_t slot;

    memcpy(&slot, id, sizeof slot);
    for (slot &= r->slot_count - 1; r->slots[slot] != 0; slot = (slot + 1) & (r->slot_count - 1))
        if (memcmp(r->statements[r->slots[slot] - 1].key.id, id, PGKEY_BYTES) == 0)
            break;
    return slot;
}

struct statement *reconcile_find(const struct reconcile *r, const uint8_t id[static PGKEY_BYTES])
{
    uint32_t number = r->slot_count == 0 ? 0 : r->slots[slot_of(r, id)];

    return number == 0 ? NULL : &r->statements[number - 1];
}

static int grow_slots(struct reconcile *r)
{
    size_t count = r->slot_count == 0 ? 1024 : r->slot_count * 2;
    uint32_t *slots = calloc(count, sizeof *slots);

    if (slots == NULL)
        return KEIIN_ENOMEM;
    free(r->slots);
    r->slots = slots;
    r->slot_count = count;
    for (size_t i = 0; i < r->statement_count; i++)
        r->slots[slot_of(r, r->statements[i].key.id)] = (uint32_t)(i + 1);
    return 0;
}

int reconcile_add(struct reconcile *r, const struct statement *statement)
{
    struct statement *more;
    int err = 0;

    if (r->statement_count >= r->options.statements_max || r->statement_count >= UINT32_MAX - 1)
        return KEIIN_ELIMIT;
    more = array_room(r->statements, r->statement_count, &r->statement_cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    r->statements = more;
    if (2 * (r->statement_count + 1) > r->slot_count)
        err = grow_slots(r);
    if (err != 0)
        return err;
    r->statements[r->statement_count++] = *statement;
    r->slots[slot_of(r, statement->key.id)] = (uint32_t)r->statement_count;
    return 0;
}

int reconcile_note(struct reconcile *r, struct noted_list *list, struct noted **out)
{
    struct noted *more;

    (void)r;
    *out = NULL;
    if (list->count == NOTED_MAX)
        return 0;
    more = array_room(list->items, list->count, &list->cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    list->items = more;
    *out = &list->items[list->count++];
    **out = (struct noted){.difference = {.index = FINDING_NO_INDEX}};
    return 0;
}

/* ---- the ledger's records ---- */

/* What is kept of a record: its key, its time, and three texts, each behind its length. */
struct kept_head {
    struct pgkey key;
    uint64_t at;
    uint8_t id_bytes, action_bytes, actor_bytes;
};

/* Records with an id; only those may be of an import. */
static bool take(struct span record, struct buf *kept)
{
    struct pgkey_facts facts;
    struct kept_head head;

    memset(&head, 0, sizeof head);
    if (!pgkey_of(record, &head.key, &facts))
        return false;
    head.at = facts.at;
    head.id_bytes = (uint8_t)facts.id.n;
    head.action_bytes = (uint8_t)facts.action.n;
    head.actor_bytes = (uint8_t)facts.actor.n;
    buf_put(kept, &head, sizeof head);
    buf_put_span(kept, facts.id);
    buf_put_span(kept, facts.action);
    buf_put_span(kept, facts.actor);
    return true;
}

struct given {
    struct kept_head head;
    struct span id, action, actor;
};

static void given_of(struct span kept, struct given *out)
{
    const uint8_t *p = kept.p + sizeof out->head;

    memcpy(&out->head, kept.p, sizeof out->head);
    out->id = span_of(p, out->head.id_bytes);
    p += out->id.n;
    out->action = span_of(p, out->head.action_bytes);
    p += out->action.n;
    out->actor = span_of(p, out->head.actor_bytes);
}

static bool is_named(const struct reconcile *r, struct span name)
{
    for (size_t i = 0; i < r->options.writer_count; i++)
        if (span_is(name, r->options.writers[i]))
            return true;
    return r->options.writer_count == 0;
}

/* The writer's number. Records come by entries, so it mostly is the last one's. */
static int writer_of(struct reconcile *r, struct span name, size_t *out)
{
    struct known_writer *more;

    *out = r->last_writer;
    if (r->writer_count > 0 && span_is(name, r->writers[*out].name))
        return 0;
    for (*out = r->writer_count; *out > 0; --*out)
        if (span_is(name, r->writers[*out - 1].name)) {
            r->last_writer = --*out;
            return 0;
        }
    more = array_room(r->writers, r->writer_count, &r->writer_cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    r->writers = more;
    r->writers[r->writer_count] =
        (struct known_writer){.name = strndup((const char *)name.p, name.n)};
    if (r->writers[r->writer_count].name == NULL)
        return KEIIN_ENOMEM;
    r->last_writer = *out = r->writer_count++;
    return 0;
}

static char *copy(struct span text)
{
    return strndup(text.n == 0 ? "" : (const char *)text.p, text.n);
}

static int fill_place(const struct reconcile *r, const struct record_place *place, size_t writer,
    const struct given *given, struct noted *noted)
{
    struct difference *d = &noted->difference;

    noted->writer = writer;
    d->index = place->index;
    d->position = place->position;
    d->at = given->head.at;
    d->id = copy(given->id);
    d->action = copy(given->action);
    d->actor = copy(given->actor);
    d->writer = strdup(r->writers[writer].name);
    return d->id == NULL || d->action == NULL || d->actor == NULL || d->writer == NULL
               ? KEIIN_ENOMEM
               : 0;
}

/* In what a record differs from the statement of its id. */
static unsigned compare(
    struct reconcile *r, const struct statement *statement, const struct pgkey *record)
{
    const struct pgkey *key = &statement->key;
    struct reconcile_result *result = &r->result;
    unsigned parts = 0;

    if (memcmp(key->said, record->said, PGKEY_BYTES) != 0)
        parts |= DIFFERS_SAID;
    if (statement->has_user && memcmp(key->user, record->user, PGKEY_BYTES) != 0)
        parts |= DIFFERS_USER;
    if (r->digest_key == NULL || !record->has_statement) {
        result->texts_not_compared += record->has_statement || key->has_statement;
    } else {
        result->texts_compared++;
        if (!key->has_statement || memcmp(key->statement, record->statement, PGKEY_BYTES) != 0) {
            result->texts_differ++;
            parts |= DIFFERS_STATEMENT;
        }
    }
    return parts;
}

static int give_statement(struct reconcile *r, const struct record_place *place, size_t writer,
    const struct given *given, struct statement *statement)
{
    unsigned parts = compare(r, statement, &given->head.key);
    struct noted *noted;
    int err;

    r->writers[writer].has_match = true;
    statement->recorded = true;
    if (parts == 0) {
        r->result.recorded_again += statement->matched;
        statement->matched = true;
        return 0;
    }
    if (statement->unsure) /* the log lost what the import may have read */
        return 0;
    if (r->result.counts[DIFFERENCE_CHANGED]++ >= r->options.differences_max)
        return 0;
    err = reconcile_note(r, &r->changed, &noted);
    if (err != 0 || noted == NULL)
        return err;
    noted->statement = (size_t)(statement - r->statements);
    noted->difference.kind = DIFFERENCE_CHANGED;
    noted->difference.parts = parts;
    return fill_place(r, place, writer, given, noted);
}

/*
 * Whether the logs cover a time. Sessions write side by side, so what is within a moment of a
 * log's first or last line may stand in the log before or after it.
 */
static bool covers(const struct reconcile *r, uint64_t at)
{
    const struct reconcile_options *o = &r->options;
    const struct reconcile_result *range = &r->result;
    uint64_t margin = RECONCILE_MARGIN_MS;

    if (o->has_from || o->has_to)
        return range->has_range && at >= range->from_ms + (o->has_from ? 0 : margin) &&
               at + (o->has_to ? 0 : margin) <= range->to_ms;
    for (size_t i = 0; i < r->log_count; i++)
        if (r->logs[i].has_range && at >= r->logs[i].from_ms + margin &&
            at + margin <= r->logs[i].to_ms)
            return true;
    return false;
}

static int give_absent(
    struct reconcile *r, const struct record_place *place, size_t writer, const struct given *given)
{
    struct noted *noted;
    int err;

    if (!covers(r, given->head.at) || r->writers[writer].absent++ >= r->options.differences_max)
        return 0;
    err = reconcile_note(r, &r->absent, &noted);
    if (err != 0 || noted == NULL)
        return err;
    noted->difference.kind = DIFFERENCE_NOT_IN_LOG;
    return fill_place(r, place, writer, given, noted);
}

static int give(void *ctx, const struct record_place *place, struct span kept)
{
    struct reconcile *r = ctx;
    struct statement *statement;
    struct given given;
    size_t writer;
    int err;

    if (!is_named(r, place->writer))
        return 0;
    given_of(kept, &given);
    statement = reconcile_find(r, given.head.key.id);
    if (statement == NULL && !pgkey_id_form(given.id, NULL))
        return 0;
    err = writer_of(r, place->writer, &writer);
    if (err != 0)
        return err;
    r->writers[writer].has_imported = true;
    return statement != NULL ? give_statement(r, place, writer, &given, statement)
                             : give_absent(r, place, writer, &given);
}

/* From the first log's beginning to the last one's end, unless it was said otherwise. */
static void set_range(struct reconcile *r)
{
    const struct reconcile_options *o = &r->options;
    struct reconcile_result *result = &r->result;

    for (size_t i = 0; i < r->log_count; i++) {
        const struct read_log *log = &r->logs[i];

        if (!log->has_range)
            continue;
        if (!result->has_range || log->from_ms < result->from_ms)
            result->from_ms = log->from_ms;
        if (!result->has_range || log->to_ms > result->to_ms)
            result->to_ms = log->to_ms;
        result->has_range = true;
    }
    result->has_range = result->has_range || (o->has_from && o->has_to);
    if (o->has_from)
        result->from_ms = o->from_ms;
    if (o->has_to)
        result->to_ms = o->to_ms;
}

struct record_keeper reconcile_keeper(struct reconcile *r)
{
    set_range(r);
    return (struct record_keeper){.take = take, .give = give, .ctx = r};
}
