/*
 * A record as an event of the Open Cybersecurity Schema Framework, class Datastore Activity (6005),
 * schema 1.3.0. What the schema has no place for stands under `unmapped`.
 */
#include <inttypes.h>

#include "core/text.h"
#include "core/version.h"
#include "verifier/report/export.h"

#define CLASS_UID 6005
#define BIT(f) (UINT64_C(1) << (f))

/* What has a place of its own in an event. */
#define MAPPED                                                                                     \
    (BIT(F_ACTION) | BIT(F_ACTOR) | BIT(F_AT) | BIT(F_AUTHORITY) | BIT(F_DATASET) |                \
        BIT(F_DETAIL) | BIT(F_OUTCOME) | BIT(F_REASON) | BIT(F_REF) | BIT(F_UNIT))

static const struct {
    enum action action;
    unsigned id;
    const char *name;
} activities[] = {{ACTION_VIEW, 1, "Read"}, {ACTION_MODIFY, 2, "Update"},
    {ACTION_QUERY, 4, "Query"}, {ACTION_BATCH_RECEIVE, 5, "Write"}, {ACTION_COMBINE, 6, "Create"},
    {ACTION_COPY, 6, "Create"}, {ACTION_ERASE, 7, "Delete"}};
#define OTHER 99

static struct span text_of(const struct export_row *row, enum field_number f)
{
    struct msgpack_reader r = msgpack_read(row->fields[f]);

    return row->fields[f].n == 0 ? (struct span){NULL, 0} : msgpack_str_raw(&r);
}

static uint64_t number_of(const struct export_row *row, enum field_number f)
{
    struct msgpack_reader r = msgpack_read(row->fields[f]);

    return row->fields[f].n == 0 ? 0 : msgpack_uint(&r);
}

static void put_text(struct buf *out, const char *name, struct span text)
{
    export_name(out, span_str(name));
    export_text(out, text);
}

/* Left out where the record does not have it. */
static void put_field(
    struct buf *out, const char *name, const struct export_row *row, enum field_number f)
{
    if (row->fields[f].n > 0)
        put_text(out, name, text_of(row, f));
}

static void put_class(struct buf *out, const struct export_row *row)
{
    enum action action = action_of(text_of(row, F_ACTION));
    unsigned id = OTHER;
    struct span name = text_of(row, F_ACTION);

    for (size_t i = 0; i < sizeof activities / sizeof activities[0]; i++)
        if (activities[i].action == action) {
            id = activities[i].id;
            name = span_str(activities[i].name);
        }
    buf_printf(out,
        "\"activity_id\":%u,\"category_uid\":%u,\"category_name\":\"Application Activity\","
        "\"class_uid\":%u,\"class_name\":\"Datastore Activity\",\"type_uid\":%u,\"time\":%" PRIu64
        ",\"timezone_offset\":0,\"severity_id\":1,\"severity\":\"Informational\"",
        id, CLASS_UID / 1000, CLASS_UID, CLASS_UID * 100 + id, number_of(row, F_AT));
    put_text(out, "activity_name", name);
}

static void put_metadata(struct buf *out, const struct export_row *row)
{
    char at[TIME_TEXT_BYTES];

    time_text(at, number_of(row, F_AT));
    buf_printf(out,
        ",\"metadata\":{\"version\":\"1.3.0\",\"product\":{\"name\":\"keiin\",\"vendor_name\":"
        "\"keiin\",\"version\":\"%s\"},\"uid\":\"%s/%" PRIu64 ".%" PRIu32
        "\",\"logged_time\":%" PRIu64 ",\"original_time\":\"%s\"",
        PACKAGE_VERSION, row->ledger_id, row->place->index, row->place->position,
        row->place->received, at);
    put_text(out, "log_name", row->origin);
    put_text(out, "log_provider", row->place->writer);
    put_field(out, "event_code", row, F_ACTION);
    put_field(out, "correlation_uid", row, F_REF);
    buf_put_u8(out, '}');
}

static void put_actor(struct buf *out, const struct export_row *row)
{
    struct span actor = text_of(row, F_ACTOR);
    bool is_program = actor.n >= 5 && memcmp(actor.p, "auto:", 5) == 0;

    buf_put_str(out, ",\"actor\":{");
    put_text(out, "app_name", row->place->writer);
    if (is_program)
        put_text(out, "app_uid", actor);
    if (actor.n > 0 && !is_program) {
        buf_put_str(out, ",\"user\":{");
        put_text(out, "uid", actor);
        buf_put_str(out, ",\"org\":{");
        put_text(out, "name", row->place->signer->organisation);
        put_field(out, "ou_name", row, F_UNIT);
        buf_put_str(out, "}}");
    }
    if (row->fields[F_AUTHORITY].n > 0) {
        buf_put_str(out, ",\"authorizations\":[{\"policy\":{");
        put_field(out, "uid", row, F_AUTHORITY);
        buf_put_str(out, "}}]");
    }
    buf_put_u8(out, '}');
}

static void put_datastore(struct buf *out, const struct export_row *row)
{
    if (row->fields[F_DATASET].n > 0) {
        buf_put_str(out, ",\"type_id\":2,\"type\":\"Databucket\",\"databucket\":{\"type_id\":99,"
                         "\"type\":\"data set\"");
        put_field(out, "uid", row, F_DATASET);
        buf_put_u8(out, '}');
    } else {
        buf_put_str(out, ",\"type_id\":0,\"type\":\"Unknown\",\"database\":{\"type_id\":0,"
                         "\"name\":\"Unknown\"}");
    }
    buf_put_str(out, ",\"src_endpoint\":{");
    put_text(out, "name", row->place->writer);
    buf_put_u8(out, '}');
}

static void put_status(struct buf *out, const struct export_row *row)
{
    struct span outcome = text_of(row, F_OUTCOME);
    bool good = span_is(outcome, "success");
    bool bad = span_is(outcome, "failure") || span_is(outcome, "denied");

    buf_printf(out, ",\"status_id\":%d", good ? 1 : bad ? 2 : outcome.n > 0 ? OTHER : 0);
    put_text(out, "status",
        good            ? span_str("Success")
        : bad           ? span_str("Failure")
        : outcome.n > 0 ? outcome
                        : span_str("Unknown"));
    put_field(out, "status_code", row, F_OUTCOME);
    put_field(out, "status_detail", row, F_REASON);
    put_field(out, "message", row, F_DETAIL);
}

static void put_unmapped(struct buf *out, const struct export_row *row)
{
    struct span actor = text_of(row, F_ACTOR);
    bool has_user = actor.n > 0 && (actor.n < 5 || memcmp(actor.p, "auto:", 5) != 0);
    char digest[2 * HASH_BYTES + 1];

    hex_encode(digest, span_hash(&row->place->digest));
    buf_put_str(out, ",\"unmapped\":{\"address\":");
    export_address(out, row->place);
    buf_printf(out,
        ",\"digest\":\"%s\",\"ledger_id\":\"%s\",\"number\":%" PRIu64 ",\"writer_role\":\"%s\"",
        digest, row->ledger_id, row->place->number, role_text(row->place->signer->role));
    put_text(out, "organisation", row->place->signer->organisation);
    /* The unit has its place beside a user only. */
    export_members(out, row, ~(has_user ? MAPPED : MAPPED & ~BIT(F_UNIT)));
    buf_put_u8(out, '}');
}

void export_put_ocsf(struct buf *out, const struct export_row *row)
{
    buf_put_u8(out, '{');
    put_class(out, row);
    put_metadata(out, row);
    put_actor(out, row);
    put_datastore(out, row);
    put_status(out, row);
    put_unmapped(out, row);
    buf_put_str(out, "}\n");
}
