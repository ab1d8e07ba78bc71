/* What differs between two rosters, in words. */
#include "core/text.h"
#include "keys/keys.h"

/* Counts what was said, so that "nothing" can be said in the end. */
struct changes {
    const struct roster *before, *after;
    size_t count;
};

static void say_change(struct changes *c, enum message id, const struct vkey *key)
{
    char key_id[9];

    hex_encode(key_id, span_of(key->id, 4));
    say(id, SHOW(key->name), key_id);
    c->count++;
}

static bool same_key(const struct vkey *a, const struct vkey *b)
{
    return hash_eq(&a->key_hash, &b->key_hash) && span_eq(a->name, b->name);
}

static bool root_in(const struct roster *r, const struct vkey *key)
{
    for (size_t i = 0; i < r->root_count; i++)
        if (same_key(&r->roots[i], key))
            return true;
    return false;
}

static const struct roster_log *log_in(const struct roster *r, const struct vkey *key)
{
    for (size_t i = 0; i < r->log_count; i++)
        if (same_key(&r->logs[i].key, key))
            return &r->logs[i];
    return NULL;
}

static const struct roster_witness *witness_in(const struct roster *r, const struct vkey *key)
{
    for (size_t i = 0; i < r->witness_count; i++)
        if (same_key(&r->witnesses[i].key, key))
            return &r->witnesses[i];
    return NULL;
}

static const struct roster_reader *reader_in(
    const struct roster *r, const struct roster_reader *reader)
{
    for (size_t i = 0; i < r->reader_count; i++)
        if (span_eq(r->readers[i].name, reader->name) &&
            memcmp(r->readers[i].key, reader->key, sizeof reader->key) == 0)
            return &r->readers[i];
    return NULL;
}

static void roots(struct changes *c)
{
    const struct roster *a = c->before, *b = c->after;

    for (size_t i = 0; i < b->root_count; i++)
        if (!root_in(a, &b->roots[i]))
            say_change(c, MESSAGE_KEYS_CHANGE_ROOT_ADDED, &b->roots[i]);
    for (size_t i = 0; i < a->root_count; i++)
        if (!root_in(b, &a->roots[i]))
            say_change(c, MESSAGE_KEYS_CHANGE_ROOT_REMOVED, &a->roots[i]);
    if (a->threshold != b->threshold) {
        say(MESSAGE_KEYS_CHANGE_THRESHOLD, a->threshold, b->threshold);
        c->count++;
    }
}

static void logs(struct changes *c)
{
    const struct roster *a = c->before, *b = c->after;

    for (size_t i = 0; i < b->log_count; i++) {
        const struct roster_log *old = log_in(a, &b->logs[i].key);

        if (old == NULL)
            say_change(c, MESSAGE_KEYS_CHANGE_LOG_ADDED, &b->logs[i].key);
        else if (!span_eq(old->url, b->logs[i].url))
            say_change(c, MESSAGE_KEYS_CHANGE_LOG_URL, &b->logs[i].key);
    }
    for (size_t i = 0; i < a->log_count; i++)
        if (log_in(b, &a->logs[i].key) == NULL)
            say_change(c, MESSAGE_KEYS_CHANGE_LOG_REMOVED, &a->logs[i].key);
}

static void witnesses(struct changes *c)
{
    const struct roster *a = c->before, *b = c->after;

    for (size_t i = 0; i < b->witness_count; i++) {
        const struct roster_witness *new = &b->witnesses[i], *old = witness_in(a, &new->key);

        if (old == NULL)
            say_change(c, MESSAGE_KEYS_CHANGE_WITNESS_ADDED, &new->key);
        else if (!span_eq(old->url, new->url) || !span_eq(old->name, new->name))
            say_change(c, MESSAGE_KEYS_CHANGE_WITNESS_LINE, &new->key);
    }
    for (size_t i = 0; i < a->witness_count; i++)
        if (witness_in(b, &a->witnesses[i].key) == NULL)
            say_change(c, MESSAGE_KEYS_CHANGE_WITNESS_REMOVED, &a->witnesses[i].key);
}

/* The group and quorum lines of a roster, as they stand. */
static struct span quorum_lines(const struct roster *r)
{
    struct cursor c = cursor_of(r->text);
    const uint8_t *start = NULL;

    while (cursor_left(&c) > 0 && !c.failed) {
        const uint8_t *line = c.p;
        bool group = cursor_skip(&c, "group "), quorum = cursor_skip(&c, "quorum ");

        cursor_line(&c);
        if ((group || quorum) && start == NULL)
            start = line;
        if (quorum)
            return span_of(start, (size_t)(c.p - start));
    }
    return (struct span){NULL, 0};
}

static void say_quorum_lines(enum message title, struct span lines)
{
    struct cursor c = cursor_of(lines);

    say(title);
    while (cursor_left(&c) > 0 && !c.failed) {
        struct span line = cursor_line(&c);

        say(MESSAGE_KEYS_CHANGE_LINE, SHOW(line));
    }
}

static void quorum(struct changes *c)
{
    struct span old = quorum_lines(c->before), new = quorum_lines(c->after);

    if (span_eq(old, new))
        return;
    say_quorum_lines(MESSAGE_KEYS_CHANGE_QUORUM_BEFORE, old);
    say_quorum_lines(MESSAGE_KEYS_CHANGE_QUORUM_AFTER, new);
    c->count++;
}

static void say_writer(struct changes *c, enum message id, const struct roster_writer *w)
{
    char key_id[9];

    hex_encode(key_id, span_of(w->key.id, 4));
    say(id, SHOW(w->key.name), key_id, messages_role(w->role), SHOW(w->organisation));
    c->count++;
}

static const struct roster_writer *writer_in(const struct roster *r, const struct roster_writer *w)
{
    const struct roster_writer *found = roster_writer_by_key(r, &w->key.key_hash);

    return found != NULL && span_eq(found->key.name, w->key.name) ? found : NULL;
}

static void writers(struct changes *c)
{
    const struct roster *a = c->before, *b = c->after;

    for (size_t i = 0; i < b->writer_count; i++) {
        const struct roster_writer *new = &b->writers[i], *old = writer_in(a, new);

        if (old == NULL)
            say_writer(c,
                roster_writer_by_name(a, new->key.name) == NULL
                    ? MESSAGE_KEYS_CHANGE_WRITER_ADDED
                    : MESSAGE_KEYS_CHANGE_WRITER_KEY_ADDED,
                new);
        else if (old->role != new->role || !span_eq(old->organisation, new->organisation))
            say_writer(c, MESSAGE_KEYS_CHANGE_WRITER_ROLE, new);
    }
    for (size_t i = 0; i < a->writer_count; i++) {
        const struct roster_writer *old = &a->writers[i];

        if (writer_in(b, old) == NULL)
            say_writer(c,
                roster_writer_by_name(b, old->key.name) == NULL
                    ? MESSAGE_KEYS_CHANGE_WRITER_REMOVED
                    : MESSAGE_KEYS_CHANGE_WRITER_KEY_REMOVED,
                old);
    }
}

static void readers(struct changes *c)
{
    const struct roster *a = c->before, *b = c->after;

    for (size_t i = 0; i < b->reader_count; i++) {
        const struct roster_reader *new = &b->readers[i], *old = reader_in(a, new);

        if (old != NULL && old->role == new->role &&span_eq(old->organisation, new->organisation))
            continue;
        say(old == NULL ? MESSAGE_KEYS_CHANGE_READER_ADDED : MESSAGE_KEYS_CHANGE_READER_ROLE,
            SHOW(new->name), messages_role(new->role), SHOW(new->organisation));
        c->count++;
    }
    for (size_t i = 0; i < a->reader_count; i++)
        if (reader_in(b, &a->readers[i]) == NULL) {
            say(MESSAGE_KEYS_CHANGE_READER_REMOVED, SHOW(a->readers[i].name));
            c->count++;
        }
}

void say_changes(const struct roster *before, const struct roster *after)
{
    struct changes c = {before, after, 0};

    say(MESSAGE_KEYS_CHANGE_TITLE, before->serial);
    roots(&c);
    logs(&c);
    witnesses(&c);
    quorum(&c);
    writers(&c);
    readers(&c);
    if (c.count == 0)
        say(MESSAGE_KEYS_CHANGE_NOTHING);
}
