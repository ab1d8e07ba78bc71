/*
 * Records as lines for other programs: JSON, CSV, or OCSF events (doc/export.md says every
 * field). UTF-8 with no newline inside. Pure; one thread. All append to a buffer, whose own error
 * sticks.
 */
#ifndef KEIIN_VERIFIER_REPORT_EXPORT_H
#define KEIIN_VERIFIER_REPORT_EXPORT_H

#include "core/msgpack.h"
#include "core/record.h"
#include "verifier/check/batch.h"
#include "verifier/rules/fields.h"

enum export_format { EXPORT_JSONL, EXPORT_CSV, EXPORT_OCSF, EXPORT_FORMATS };
/* "jsonl", "csv", "ocsf"; false for another word. */
bool export_format_parse(const char *word, enum export_format *out);

/* A record that stands, and where. Everything is borrowed. */
struct export_row {
    const struct record_place *place;
    struct span origin; /* the ledger's */
    const char *ledger_id; /* hex */
    struct span record;
    struct span fields[F_COUNT_OF]; /* as encoded, by enum field_number; empty: not there */
};
/* Takes a verified record apart. KEIIN_EMALFORMED when it is none. */
int export_row_of(struct export_row *row, struct span record) KEIIN_MUST_USE;

/* What stands before the first record: CSV's line of headings, or nothing. */
void export_begin(struct buf *out, enum export_format format);
/* One line. */
void export_put(struct buf *out, enum export_format format, const struct export_row *row);

/* For the formats' own files. */
void export_put_csv(struct buf *out, const struct export_row *row);
void export_put_ocsf(struct buf *out, const struct export_row *row);
/* A string of JSON, in its quotes. */
void export_text(struct buf *out, struct span text);
/* `,"name":` or, right behind a brace, `"name":`. The name is a literal or a record's field. */
void export_name(struct buf *out, struct span name);
/* A value of a record as JSON: bytes as hex, a FIELD_TIME as RFC 3339. */
void export_value(struct buf *out, struct span encoded, enum field_type type);
/* Members of all fields of a record that `wanted` has a bit of, and those whose names begin with x-. */
void export_members(struct buf *out, const struct export_row *row, uint64_t wanted);
/* "12.3", an id, or another string that needs no escapes: in its quotes. */
void export_address(struct buf *out, const struct record_place *place);

#endif
