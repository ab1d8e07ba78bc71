#include "auditlog/csvlog.h"

#include <inttypes.h>

/* Where the parser stands within a row. */
enum place { FIELD_START, PLAIN, QUOTED, QUOTE_IN_QUOTED, RETURN };

void csv_init(struct csv_reader *r, csv_read_fn *read, void *ctx, size_t row_bytes_max)
{
    r->read = read;
    r->ctx = ctx;
    r->chunk_from = r->chunk_to = 0;
    r->at_end = false;
    buf_init(&r->row, row_bytes_max);
    r->line = 1;
    r->bytes = 0;
}

void csv_destroy(struct csv_reader *r)
{
    buf_destroy(&r->row);
}

/* Makes the next bytes stand in the chunk; none when the end is there. */
static int refill(struct csv_reader *r)
{
    int err;

    if (r->chunk_from < r->chunk_to || r->at_end)
        return 0;
    r->chunk_from = r->chunk_to = 0;
    err = r->read(r->ctx, r->chunk, sizeof r->chunk, &r->chunk_to);
    r->at_end = err == 0 && r->chunk_to < sizeof r->chunk;
    return err;
}

/* Field ends as offsets, since the row's memory moves while it grows. */
struct ends {
    size_t at[CSV_FIELDS_MAX];
    size_t count;
};

static void fill_row(const struct csv_reader *r, const struct ends *ends, struct csv_row *row)
{
    size_t from = 0;

    row->field_count = ends->count;
    for (size_t i = 0; i < ends->count; i++) {
        row->fields[i] =
            span_of(r->row.p == NULL ? (const uint8_t *)"" : r->row.p + from, ends->at[i] - from);
        from = ends->at[i];
    }
    row->end = r->bytes;
}

/* Takes one byte. True when the row ended with it; *bad names what is wrong. */
static bool take(
    struct csv_reader *r, enum place *place, struct ends *ends, uint8_t c, const char **bad)
{
    bool ends_field = c == ',' || c == '\n';

    if (*place == QUOTED) {
        if (c == '"')
            *place = QUOTE_IN_QUOTED;
        else
            buf_put_u8(&r->row, c);
        return false;
    }
    if (*place == QUOTE_IN_QUOTED && c == '"') {
        buf_put_u8(&r->row, c);
        *place = QUOTED;
        return false;
    }
    if (*place == RETURN && c != '\n') {
        *bad = "a carriage return stands within a row";
        return false;
    }
    if (!ends_field && c == '\r') {
        *place = RETURN;
        return false;
    }
    if (ends_field) {
        if (ends->count == CSV_FIELDS_MAX)
            *bad = "a row has too many fields";
        else
            ends->at[ends->count++] = r->row.n;
        *place = FIELD_START;
        return c == '\n';
    }
    if (*place == QUOTE_IN_QUOTED)
        *bad = "something follows a closing quote";
    else if (c == '"' && *place == PLAIN)
        *bad = "a quote stands within a field without quotes";
    else if (c == '"')
        *place = QUOTED;
    else {
        buf_put_u8(&r->row, c);
        *place = PLAIN;
    }
    return false;
}

/* Bytes inside quotes up to the next quote, at once: most of a log is statements. */
static void take_quoted(struct csv_reader *r)
{
    const uint8_t *from = r->chunk + r->chunk_from;
    size_t n = r->chunk_to - r->chunk_from;
    const uint8_t *quote = memchr(from, '"', n);

    if (quote != NULL)
        n = (size_t)(quote - from);
    for (const uint8_t *p = from; (p = memchr(p, '\n', (size_t)(from + n - p))) != NULL; p++)
        r->line++;
    buf_put(&r->row, from, n);
    r->chunk_from += n;
    r->bytes += n;
}

int csv_next(struct csv_reader *r, struct csv_row *row, enum csv_outcome *outcome, struct why *why)
{
    enum place place = FIELD_START;
    struct ends ends = {.count = 0};
    const char *bad = NULL;
    bool done = false;
    int err;

    row->line = r->line;
    row->field_count = 0;
    buf_clear(&r->row);
    while (!done && bad == NULL && buf_status(&r->row) == 0) {
        err = refill(r);
        if (err != 0)
            return err;
        if (r->chunk_from == r->chunk_to)
            break;
        if (place == QUOTED && r->chunk[r->chunk_from] != '"') {
            take_quoted(r);
            continue;
        }
        r->bytes++;
        if (r->chunk[r->chunk_from] == '\n')
            r->line++;
        done = take(r, &place, &ends, r->chunk[r->chunk_from++], &bad);
    }
    if (buf_status(&r->row) == KEIIN_ENOMEM)
        return KEIIN_ENOMEM;
    if (buf_status(&r->row) != 0)
        bad = "a row is too long";
    if (bad == NULL)
        fill_row(r, &ends, row);
    if (bad != NULL) {
        why_set(why, "line %" PRIu64 ": %s", row->line, bad);
        *outcome = CSV_BAD;
    } else if (done) {
        *outcome = CSV_ROW;
    } else {
        *outcome =
            r->row.n == 0 && ends.count == 0 && place == FIELD_START ? CSV_END : CSV_INCOMPLETE;
    }
    return 0;
}

/* Unquotes one field in place; gives where it ends in the text, or NULL when it is no CSV. */
static uint8_t *split_field(uint8_t *p, uint8_t *end, struct span *field)
{
    uint8_t *to = p, *start = p;

    if (p == end || *p != '"') {
        uint8_t *comma = p == end ? NULL : memchr(p, ',', (size_t)(end - p));

        comma = comma == NULL ? end : comma;
        *field = span_of(start, (size_t)(comma - start));
        return comma;
    }
    for (p++; p < end; p++) {
        if (*p != '"') {
            *to++ = *p;
        } else if (p + 1 < end && p[1] == '"') {
            *to++ = *p++;
        } else {
            *field = span_of(start, (size_t)(to - start));
            p++;
            return p == end || *p == ',' ? p : NULL;
        }
    }
    return NULL;
}

bool csv_split(uint8_t *text, size_t n, struct span *fields, size_t max, size_t *count)
{
    uint8_t *p = text, *end = text + n;

    *count = 0;
    for (;;) {
        if (*count == max)
            return false;
        p = split_field(p, end, &fields[(*count)++]);
        if (p == NULL)
            return false;
        if (p == end)
            return true;
        p++;
    }
}
