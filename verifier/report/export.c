#include "verifier/report/export.h"

#include <inttypes.h>

#include "core/text.h"

bool export_format_parse(const char *word, enum export_format *out)
{
    static const char *const words[EXPORT_FORMATS] = {"jsonl", "csv", "ocsf"};

    for (size_t i = 0; i < EXPORT_FORMATS; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum export_format)i;
            return true;
        }
    return false;
}

int export_row_of(struct export_row *row, struct span record)
{
    struct msgpack_reader r = msgpack_read(record);
    size_t pairs = msgpack_map(&r), from = 0;

    row->record = record;
    memset(row->fields, 0, sizeof row->fields);
    for (size_t i = 0; i < pairs && !r.in.failed; i++) {
        const struct field *field = record_field_next(&from, msgpack_str_raw(&r));
        const uint8_t *start = r.in.p;

        msgpack_skip(&r, 2);
        if (field != NULL)
            row->fields[field - record_fields] = span_of(start, (size_t)(r.in.p - start));
    }
    return msgpack_done(&r) && row->fields[F_ACTION].n > 0 && row->fields[F_AT].n > 0
               ? 0
               : KEIIN_EMALFORMED;
}

void export_text(struct buf *out, struct span text)
{
    size_t from = 0;

    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c != '"' && c != '\\' && c >= 0x20)
            continue;
        buf_put(out, text.p + from, i - from);
        from = i + 1;
        if (c < 0x20)
            buf_printf(out, "\\u%04x", c);
        else
            buf_put(out, c == '"' ? "\\\"" : "\\\\", 2);
    }
    buf_put(out, text.n == 0 ? (const uint8_t *)"" : text.p + from, text.n - from);
    buf_put_u8(out, '"');
}

void export_name(struct buf *out, struct span name)
{
    if (out->n > 0 && out->p[out->n - 1] != '{')
        buf_put_u8(out, ',');
    export_text(out, name);
    buf_put_u8(out, ':');
}

static void put_hex(struct buf *out, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to = buf_extend(out, 2 * bytes.n);

    for (size_t i = 0; to != NULL && i < bytes.n; i++) {
        *to++ = (uint8_t)digits[bytes.p[i] >> 4];
        *to++ = (uint8_t)digits[bytes.p[i] & 15];
    }
}

/* Records are as deep as MSGPACK_DEPTH_MAX allows, and were read before. */
static void put_value(struct buf *out, struct msgpack_reader *r, enum field_type type)
{
    char time[TIME_TEXT_BYTES];
    struct span last = {NULL, 0};
    size_t count;

    switch (msgpack_peek(r)) {
    case MSGPACK_UINT:
        if (type == FIELD_TIME) {
            time_text(time, msgpack_uint(r));
            export_text(out, span_str(time));
        } else {
            buf_printf(out, "%" PRIu64, msgpack_uint(r));
        }
        return;
    case MSGPACK_TRUE:
        msgpack_true(r);
        buf_put_str(out, "true");
        return;
    case MSGPACK_STR:
        export_text(out, msgpack_str_raw(r));
        return;
    case MSGPACK_BIN:
        buf_put_u8(out, '"');
        put_hex(out, msgpack_bin(r));
        buf_put_u8(out, '"');
        return;
    case MSGPACK_ARRAY:
        count = msgpack_array(r);
        buf_put_u8(out, '[');
        for (size_t i = 0; i < count && !r->in.failed; i++) {
            if (i > 0)
                buf_put_u8(out, ',');
            put_value(out, r, FIELD_EXTENSION);
        }
        buf_put_u8(out, ']');
        return;
    case MSGPACK_MAP:
        count = msgpack_map(r);
        buf_put_u8(out, '{');
        for (size_t i = 0; i < count && !r->in.failed; i++) {
            export_name(out, msgpack_key(r, &last));
            put_value(out, r, FIELD_EXTENSION);
        }
        buf_put_u8(out, '}');
        return;
    case MSGPACK_NONE:
        r->in.failed = true;
        return;
    }
}

void export_value(struct buf *out, struct span encoded, enum field_type type)
{
    struct msgpack_reader r = msgpack_read(encoded);

    put_value(out, &r, type);
}

void export_members(struct buf *out, const struct export_row *row, uint64_t wanted)
{
    struct msgpack_reader r = msgpack_read(row->record);
    size_t pairs = msgpack_map(&r), from = 0;

    for (size_t i = 0; i < pairs && !r.in.failed; i++) {
        struct span name = msgpack_str_raw(&r);
        const struct field *field = record_field_next(&from, name);

        if (field != NULL && (wanted >> (field - record_fields) & 1) == 0) {
            msgpack_skip(&r, 2);
            continue;
        }
        export_name(out, name);
        put_value(out, &r, field == NULL ? FIELD_EXTENSION : field->type);
    }
}

void export_address(struct buf *out, const struct record_place *place)
{
    buf_printf(out, "\"%" PRIu64 ".%" PRIu32 "\"", place->index, place->position);
}

static void put_jsonl(struct buf *out, const struct export_row *row)
{
    const struct record_place *place = row->place;
    char time[TIME_TEXT_BYTES];

    time_text(time, place->received);
    buf_put_str(out, "{\"address\":");
    export_address(out, place);
    buf_printf(out, ",\"received\":\"%s\",\"writer\":", time);
    export_text(out, place->writer);
    buf_put_str(out, ",\"organisation\":");
    export_text(out, place->signer->organisation);
    buf_printf(out, ",\"writer_role\":\"%s\",\"number\":%" PRIu64 ",\"digest\":\"",
        role_text(place->signer->role), place->number);
    put_hex(out, span_hash(&place->digest));
    buf_put_str(out, "\",\"record\":{");
    export_members(out, row, UINT64_MAX);
    buf_put_str(out, "}}\n");
}

void export_put(struct buf *out, enum export_format format, const struct export_row *row)
{
    switch (format) {
    case EXPORT_JSONL:
        put_jsonl(out, row);
        return;
    case EXPORT_CSV:
        export_put_csv(out, row);
        return;
    case EXPORT_OCSF:
        export_put_ocsf(out, row);
        return;
    case EXPORT_FORMATS:
        return;
    }
}
