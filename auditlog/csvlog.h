/*
 * PostgreSQL's csvlog, row by row: fields between commas, in quotes where need be, quotes
 * doubled, newlines inside quotes. Memory is one row, bounded. One thread.
 */
#ifndef KEIIN_AUDITLOG_CSVLOG_H
#define KEIIN_AUDITLOG_CSVLOG_H

#include "core/bytes.h"

#define CSV_FIELDS_MAX 64
#define CSV_ROW_BYTES_MAX (64 * 1024 * 1024)

enum csv_outcome {
    CSV_ROW, /* a whole row, ended by a newline */
    CSV_END, /* nothing after the last row */
    CSV_INCOMPLETE, /* the end came within a row */
    CSV_BAD /* no CSV, too many fields, or a row above its limit */
};

/* A row's fields, borrowed until the next one is read. */
struct csv_row {
    struct span fields[CSV_FIELDS_MAX];
    size_t field_count;
    uint64_t line; /* on which it began, from 1 */
    uint64_t end; /* bytes of the source up to its end */
};

/* Gives up to n bytes; less only at the end. 0 or an error, passed on by csv_next. */
typedef int csv_read_fn(void *ctx, uint8_t *bytes, size_t n, size_t *got);

struct csv_reader {
    csv_read_fn *read;
    void *ctx;
    uint8_t chunk[65536];
    size_t chunk_from, chunk_to;
    bool at_end;
    struct buf row;
    uint64_t line, bytes;
};

void csv_init(struct csv_reader *r, csv_read_fn *read, void *ctx, size_t row_bytes_max);
void csv_destroy(struct csv_reader *r);

/*
 * Reads the next row. 0 with an outcome, of which `why` tells CSV_BAD; else an error of
 * the source, or KEIIN_ENOMEM. With CSV_INCOMPLETE the row holds the fields that were whole.
 */
int csv_next(struct csv_reader *r, struct csv_row *row, enum csv_outcome *outcome,
    struct why *why) KEIIN_MUST_USE;

/*
 * One line of CSV in memory, as pgaudit puts one into a message: fields are unquoted in
 * place and borrow from `text`. False when it is no CSV, or has more than `max` fields.
 */
bool csv_split(uint8_t *text, size_t n, struct span *fields, size_t max, size_t *count);

#endif
