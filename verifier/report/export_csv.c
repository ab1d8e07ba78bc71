/* A record as a line of CSV: a column a field of the vocabulary, whether the record has it or not. */
#include <inttypes.h>

#include "core/text.h"
#include "verifier/report/document.h"
#include "verifier/report/export.h"

static const char *const before[] = {
    "address", "received", "writer", "organisation", "writer_role", "number", "digest"};

void export_begin(struct buf *out, enum export_format format)
{
    if (format != EXPORT_CSV)
        return;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        buf_printf(out, "%s,", before[i]);
    for (size_t i = 0; i < record_field_count; i++)
        buf_printf(out, "%s,", record_fields[i].name);
    buf_put_str(out, "other\n");
}

/* Ids have no space in them: a list of them is one with spaces between. */
static void put_ids(struct buf *out, struct span encoded)
{
    struct ids ids = ids_of(encoded);
    struct span one;
    struct buf all;

    buf_init(&all, RECORD_BYTES_MAX);
    while (ids_next(&ids, &one)) {
        if (all.n > 0)
            buf_put_u8(&all, ' ');
        buf_put_span(&all, one);
    }
    csv_field(out, buf_view(&all));
    if (buf_status(&all) != 0)
        out->status = buf_status(&all);
    buf_destroy(&all);
}

static void put_field(struct buf *out, struct span encoded, enum field_type type)
{
    struct msgpack_reader r = msgpack_read(encoded);
    char time[TIME_TEXT_BYTES], hex[2 * HASH_BYTES + 1];
    struct span bytes;

    if (encoded.n == 0)
        return;
    switch (type) {
    case FIELD_ID:
    case FIELD_TEXT:
        csv_field(out, msgpack_str_raw(&r));
        return;
    case FIELD_TIME:
        time_text(time, msgpack_uint(&r));
        buf_put_str(out, time);
        return;
    case FIELD_UINT:
        buf_printf(out, "%" PRIu64, msgpack_uint(&r));
        return;
    case FIELD_TRUE:
        buf_put_str(out, "true");
        return;
    case FIELD_BIN:
    case FIELD_BIN16:
    case FIELD_BIN32:
        /* In pieces: a heartbeat's checkpoint may be long. */
        for (bytes = msgpack_bin(&r); bytes.n > 0;) {
            size_t n = bytes.n < HASH_BYTES ? bytes.n : HASH_BYTES;

            hex_encode(hex, span_of(bytes.p, n));
            buf_put_str(out, hex);
            bytes = span_of(bytes.p + n, bytes.n - n);
        }
        return;
    case FIELD_IDS:
        put_ids(out, encoded);
        return;
    case FIELD_EXTENSION:
        return;
    }
}

/* The fields of agencies' own, as one object of JSON, which begins with a brace. */
static void put_other(struct buf *out, const struct export_row *row)
{
    struct buf other;

    buf_init(&other, 16 * RECORD_BYTES_MAX);
    buf_put_u8(&other, '{');
    export_members(&other, row, 0);
    buf_put_u8(&other, '}');
    if (other.n > 2)
        csv_field(out, buf_view(&other));
    if (buf_status(&other) != 0)
        out->status = buf_status(&other);
    buf_destroy(&other);
}

void export_put_csv(struct buf *out, const struct export_row *row)
{
    const struct record_place *place = row->place;
    char time[TIME_TEXT_BYTES], digest[2 * HASH_BYTES + 1];

    time_text(time, place->received);
    hex_encode(digest, span_hash(&place->digest));
    buf_printf(out, "%" PRIu64 ".%" PRIu32 ",%s,", place->index, place->position, time);
    csv_field(out, place->writer);
    buf_put_u8(out, ',');
    csv_field(out, place->signer->organisation);
    buf_printf(out, ",%s,%" PRIu64 ",%s,", role_text(place->signer->role), place->number, digest);
    for (size_t i = 0; i < record_field_count; i++) {
        put_field(out, row->fields[i], record_fields[i].type);
        buf_put_u8(out, ',');
    }
    put_other(out, row);
    buf_put_u8(out, '\n');
}
