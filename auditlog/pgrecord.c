#include "auditlog/pgrecord.h"

#include "core/msgpack.h"

static int put_optional(
    struct keiin_record *record, const char *field, const char *value, struct why *why)
{
    return value == NULL ? 0 : compose_text(record, span_str(field), span_str(value), why);
}

/* The first relation is the data set, the others go with it. */
static int put_names(struct keiin_record *record, const struct pg_event *event, struct why *why)
{
    const char *name = (const char *)event->names.p;
    enum field_type type;
    int err;

    if (event->name_count == 0)
        return 0;
    err = compose_text(record, span_str("dataset"), span_str(name), why);
    if (err != 0 || event->name_count == 1)
        return err;
    err = compose_begin(record, span_str("parents"), &type, why);
    if (err != 0)
        return err;
    msgpack_put_array(&record->bytes, event->name_count - 1);
    for (size_t i = 1; i < event->name_count; i++) {
        name += strlen(name) + 1;
        msgpack_put_str(&record->bytes, span_str(name));
    }
    err = compose_end(record, why);
    if (err == 0 && event->names_omitted > 0)
        err = compose_number(record, span_str("x-parents-omitted"), event->names_omitted, why);
    return err;
}

static int put_user(struct keiin_record *record, const struct pgmap_user *user, struct why *why)
{
    int err = put_optional(record, "unit", user->unit, why);

    if (err == 0)
        err = put_optional(record, "actor", user->actor, why);
    if (err == 0)
        err = put_optional(record, "authority", user->authority, why);
    if (err == 0)
        err = put_optional(record, "purpose", user->purpose, why);
    if (err == 0)
        err = put_optional(record, "role", user->role, why);
    return err;
}

int pgrecord_fill(struct keiin_record *record, const struct pg_event *event,
    const struct pgmap_user *user, struct why *why)
{
    int err;

    compose_clear(record);
    err = put_optional(record, "action", pg_action_text(event->action), why);
    if (err == 0)
        err = compose_number(record, span_str("at"), event->at, why);
    if (err == 0)
        err = put_optional(record, "id", event->id, why);
    if (err == 0)
        err = put_optional(record, "outcome", event->denied ? "denied" : "success", why);
    if (err == 0)
        err = put_names(record, event, why);
    if (err == 0 && event->has_count)
        err = compose_number(record, span_str("count"), event->count, why);
    if (err == 0 && event->has_digest)
        err = compose_bytes(
            record, span_str("statement"), span_of(event->digest, sizeof event->digest), why);
    return err != 0 || user == NULL ? err : put_user(record, user, why);
}
