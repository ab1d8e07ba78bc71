#include "verifier/rules/fields.h"

#include "core/msgpack.h"
#include "core/record.h"

static const char *const action_names[ACTION_COUNT_OF] = {"approve", "batch.receive",
    "collect.start", "collect.stop", "combine", "config", "copy", "correct", "deident.apply",
    "deident.reverse", "demand", "emergency.begin", "emergency.end", "erase", "erase.record",
    "export", "finding", "heartbeat", "incident", "inspect", "modify", "notify", "provide", "query",
    "receive", "recommend", "respond", "retain.extend", "retain.review", "revoke",
    "select.criteria", "select.run", "view"};

const char *action_text(enum action action)
{
    return action < ACTION_COUNT_OF ? action_names[action] : NULL;
}

enum action action_of(struct span name)
{
    size_t low = 0, high = ACTION_COUNT_OF;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_cmp(name, span_str(action_names[middle]));

        if (order == 0)
            return (enum action)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return name.n >= 2 && name.p[0] == 'x' && name.p[1] == '-' ? ACTION_OWN : ACTION_UNKNOWN;
}

static void read_value(
    struct rules_record *out, struct msgpack_reader *r, const struct field *field)
{
    size_t number = (size_t)(field - record_fields);
    const uint8_t *start = r->in.p;

    out->has |= UINT64_C(1) << number;
    switch (field->type) {
    case FIELD_ID:
    case FIELD_TEXT:
        out->fields[number] = msgpack_str_raw(r);
        return;
    case FIELD_UINT:
    case FIELD_TIME:
        out->numbers[number] = msgpack_uint(r);
        return;
    case FIELD_BIN:
    case FIELD_BIN16:
    case FIELD_BIN32:
        out->fields[number] = msgpack_bin(r);
        return;
    case FIELD_TRUE:
        out->numbers[number] = msgpack_true(r);
        return;
    case FIELD_IDS:
    case FIELD_EXTENSION:
        msgpack_skip(r, 2);
        out->fields[number] = span_of(start, (size_t)(r->in.p - start));
        return;
    }
}

static struct key key_field(const struct rules_record *r, enum field_number f)
{
    return record_has(r, f) ? key_of(r->fields[f]) : (struct key){{NULL, 0}, 0};
}

int rules_record_read(struct rules_record *out, struct span bytes)
{
    struct msgpack_reader r = msgpack_read(bytes);
    size_t pairs = msgpack_map(&r), from = 0;

    out->bytes = bytes;
    out->has = 0;
    out->approved = NULL;
    out->change = (struct approval_change){0};
    for (size_t i = 0; i < pairs && !r.in.failed; i++) {
        const struct field *field = record_field_next(&from, msgpack_str_raw(&r));

        if (field == NULL)
            msgpack_skip(&r, 2);
        else
            read_value(out, &r, field);
    }
    if (!msgpack_done(&r) || !record_has(out, F_ACTION) || !record_has(out, F_AT))
        return KEIIN_EMALFORMED;
    out->action_name = out->fields[F_ACTION];
    out->action = action_of(out->action_name);
    out->at = out->numbers[F_AT];
    out->denied = record_is(out, F_OUTCOME, "denied");
    out->undone = out->denied || record_is(out, F_OUTCOME, "failure");
    out->authority = key_field(out, F_AUTHORITY);
    out->dataset = key_field(out, F_DATASET);
    out->actor = key_field(out, F_ACTOR);
    out->unit = key_field(out, F_UNIT);
    out->ref = key_field(out, F_REF);
    out->approval = key_field(out, F_APPROVAL);
    return 0;
}

struct ids ids_of(struct span array)
{
    struct msgpack_reader r = msgpack_read(array);
    struct ids ids = {r.in, 0};

    if (array.n > 0) {
        ids.left = msgpack_array(&r);
        ids.in = r.in;
    }
    return ids;
}

bool ids_next(struct ids *ids, struct span *out)
{
    struct msgpack_reader r = {ids->in};

    if (ids->left == 0)
        return false;
    *out = msgpack_str_raw(&r);
    ids->in = r.in;
    ids->left = r.in.failed ? 0 : ids->left - 1;
    return !r.in.failed;
}

bool ids_has(struct span array, struct span id)
{
    struct ids ids = ids_of(array);
    struct span one;

    while (ids_next(&ids, &one))
        if (span_eq(one, id))
            return true;
    return false;
}
