#include "core/record.h"

#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/text.h"

#define FIELD(name, type, fact)                                                                    \
    {                                                                                              \
        name, sizeof name - 1, FIELD_##type, FACT_##fact                                           \
    }

const struct field record_fields[] = {
    FIELD("action", ID, ACTION),
    FIELD("actor", ID, NONE),
    FIELD("approval", ID, NONE),
    FIELD("approved_by", ID, NONE),
    FIELD("at", TIME, AT),
    FIELD("authority", ID, NONE),
    FIELD("checkpoint", BIN, NONE),
    FIELD("content", BIN32, NONE),
    FIELD("corrects", ID, NONE),
    FIELD("count", UINT, NONE),
    FIELD("criteria", BIN32, NONE),
    FIELD("dataset", ID, NONE),
    FIELD("datasets", IDS, NONE),
    FIELD("decision", ID, NONE),
    FIELD("detail", TEXT, NONE),
    FIELD("discarded", UINT, NONE),
    FIELD("emergency", TRUE, NONE),
    FIELD("finding", ID, NONE),
    FIELD("id", ID, NONE),
    FIELD("method", ID, NONE),
    FIELD("notice", ID, NONE),
    FIELD("outcome", ID, NONE),
    FIELD("parents", IDS, NONE),
    FIELD("purpose", ID, NONE),
    FIELD("purposes", IDS, NONE),
    FIELD("ratify_by", TIME, NONE),
    FIELD("reason", TEXT, NONE),
    FIELD("recipient", ID, NONE),
    FIELD("recipient_kind", ID, NONE),
    FIELD("recipients", IDS, NONE),
    FIELD("records", IDS, RECORDS),
    FIELD("ref", ID, NONE),
    FIELD("requested_by", ID, NONE),
    FIELD("retain_until", TIME, NONE),
    FIELD("role", ID, NONE),
    FIELD("rule", ID, NONE),
    FIELD("salt", BIN16, SALT),
    FIELD("sealed", BIN32, SEALED),
    FIELD("source_count", UINT, NONE),
    FIELD("state", ID, NONE),
    FIELD("statement", BIN32, NONE),
    FIELD("stream", ID, NONE),
    FIELD("unit", ID, NONE),
    FIELD("units", IDS, NONE),
    FIELD("valid_from", TIME, NONE),
    FIELD("valid_to", TIME, NONE),
    FIELD("witnessed_by", ID, NONE),
};
const size_t record_field_count = sizeof record_fields / sizeof record_fields[0];

/* As span_cmp; names are short, and differ early. */
static int field_cmp(const struct field *f, struct span name)
{
    for (size_t i = 0; i < f->name_bytes && i < name.n; i++)
        if ((uint8_t)f->name[i] != name.p[i])
            return (uint8_t)f->name[i] - name.p[i];
    return (f->name_bytes > name.n) - (f->name_bytes < name.n);
}

const struct field *record_field_next(size_t *from, struct span name)
{
    for (; *from < record_field_count; ++*from) {
        int order = field_cmp(&record_fields[*from], name);

        if (order == 0)
            return &record_fields[(*from)++];
        if (order > 0)
            return NULL;
    }
    return NULL;
}

const struct field *record_field(struct span name)
{
    size_t from = 0;

    return record_field_next(&from, name);
}

static bool is_extension(struct span name)
{
    return name.n >= 2 && name.p[0] == 'x' && name.p[1] == '-';
}

bool record_field_type(struct span name, enum field_type *type)
{
    const struct field *f = record_field(name);

    *type = f != NULL ? f->type : FIELD_EXTENSION;
    return f != NULL || is_extension(name);
}

static void want(struct msgpack_reader *r, bool good)
{
    if (!good)
        r->in.failed = true;
}

/* Reads one value and holds it against its type. The value stands at depth 2. */
static void value_check(struct msgpack_reader *r, enum field_type type)
{
    size_t count;

    switch (type) {
    case FIELD_ID:
        want(r, id_valid(msgpack_str_raw(r)));
        return;
    case FIELD_TEXT:
        want(r, msgpack_str(r).n <= FREE_TEXT_BYTES_MAX);
        return;
    case FIELD_UINT:
    case FIELD_TIME:
        msgpack_uint(r);
        return;
    case FIELD_TRUE:
        msgpack_true(r);
        return;
    case FIELD_BIN:
        msgpack_bin(r);
        return;
    case FIELD_BIN16:
        want(r, msgpack_bin(r).n == SALT_BYTES);
        return;
    case FIELD_BIN32:
        want(r, msgpack_bin(r).n == HASH_BYTES);
        return;
    case FIELD_IDS:
        count = msgpack_array(r);
        for (size_t i = 0; i < count && !r->in.failed; i++)
            want(r, id_valid(msgpack_str_raw(r)));
        return;
    case FIELD_EXTENSION:
        msgpack_skip(r, 2);
        return;
    }
}

/* Keeps what callers ask for; the value was checked already. */
static void note_fact(struct record_facts *facts, enum field_fact fact, struct span value)
{
    struct msgpack_reader r = msgpack_read(value);

    switch (fact) {
    case FACT_ACTION:
        facts->action = msgpack_str(&r);
        return;
    case FACT_AT:
        facts->at = msgpack_uint(&r);
        return;
    case FACT_RECORDS:
        facts->records = value;
        return;
    case FACT_SEALED:
        facts->has_sealed = true;
        msgpack_hash(&r, &facts->sealed);
        return;
    case FACT_SALT:
    case FACT_NONE:
        return;
    }
}

/*
 * The next name and its field; NULL for one that is not in the table. A name of the table
 * that lies behind the last one needs no other check: it is plain, and ascends.
 */
static struct span next_name(
    struct msgpack_reader *r, size_t *from, struct span *last, const struct field **field)
{
    struct span name = msgpack_str_raw(r);

    *field = r->in.failed ? NULL : record_field_next(from, name);
    if (*field == NULL && (!utf8_plain(name) || (last->p != NULL && span_cmp(*last, name) >= 0)))
        r->in.failed = true;
    *last = name;
    return name;
}

int record_check(struct span record, struct record_facts *out, struct why *why)
{
    struct msgpack_reader r = msgpack_read(record);
    struct record_facts facts = {0};
    struct span last = {NULL, 0};
    bool at = false, salt = false;
    size_t pairs, from = 0;

    if (record.n > RECORD_BYTES_MAX) {
        why_set(why, "a record has at most %d bytes, this one %zu", RECORD_BYTES_MAX, record.n);
        return KEIIN_EMALFORMED;
    }
    pairs = msgpack_map(&r);
    for (size_t i = 0; i < pairs && !r.in.failed; i++) {
        const struct field *field;
        struct span key = next_name(&r, &from, &last, &field);
        const uint8_t *start = r.in.p;

        if (r.in.failed)
            break;
        if (field == NULL && !is_extension(key)) {
            why_set(why, "field \"%.*s\" is not in the vocabulary; names of your own begin with x-",
                (int)utf8_beginning(key, 64).n, (const char *)key.p);
            return KEIIN_EMALFORMED;
        }
        value_check(&r, field == NULL ? FIELD_EXTENSION : field->type);
        if (r.in.failed) {
            why_set(why, "field \"%.*s\" has a value of another type or length",
                (int)utf8_beginning(key, 64).n, (const char *)key.p);
            return KEIIN_EMALFORMED;
        }
        if (field == NULL || field->fact == FACT_NONE)
            continue;
        at = at || field->fact == FACT_AT;
        salt = salt || field->fact == FACT_SALT;
        note_fact(&facts, field->fact, span_of(start, (size_t)(r.in.p - start)));
    }
    if (!msgpack_done(&r)) {
        why_set(why, "not one canonical msgpack map with ascending keys");
        return KEIIN_EMALFORMED;
    }
    if (facts.action.n == 0 || !at || !salt) {
        why_set(why, "field \"%s\" is missing",
            facts.action.n == 0 ? "action"
            : !at               ? "at"
                                : "salt");
        return KEIIN_EMALFORMED;
    }
    if (out != NULL)
        *out = facts;
    return 0;
}

bool record_fits(const struct hash *digest, struct span record, struct span sealed)
{
    struct record_facts facts;
    struct hash hash;

    sha256(&hash, record);
    if (!hash_eq(&hash, digest) || record_check(record, &facts, NULL) != 0)
        return false;
    if (sealed.n == 0)
        return true;
    sha256(&hash, sealed);
    return facts.has_sealed && hash_eq(&hash, &facts.sealed);
}
