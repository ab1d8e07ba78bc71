/*
 * auditlog/csvlog.c, and the readers of audit lines behind it. Rows and fields are those that a
 * plain second parser finds over the whole text, also when a long row in front moves the text over
 * the end of the reader's chunk; whatever a row says is then read as an audit line.
 */
#include "auditlog/csvlog.h"

#include <stdlib.h>

#include "auditlog/pgaudit.h"
#include "auditlog/pgstatement.h"
#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 3000;

#define CHUNK_BYTES 65536
#define ROW_BYTES_MAX 100000

struct text {
    struct span left;
};

static int give(void *ctx, uint8_t *bytes, size_t n, size_t *got)
{
    struct text *text = ctx;

    *got = n < text->left.n ? n : text->left.n;
    if (*got > 0)
        memcpy(bytes, text->left.p, *got);
    text->left = span_of(text->left.p + *got, text->left.n - *got);
    return 0;
}

/* ---- the second parser ---- */

struct row {
    uint8_t *bytes; /* of all fields, one after the other */
    size_t ends[CSV_FIELDS_MAX], count;
    size_t end; /* in the text */
    uint64_t lines; /* newlines in it */
};

/* One field from `at` on. Gives what stopped it: ',', '\n', 0 at the text's end, '!' for no CSV. */
static int plain_field(struct span in, size_t *at, uint8_t *out, size_t *n)
{
    if (*at < in.n && in.p[*at] == '"') {
        for (++*at;; ++*at) {
            if (*at == in.n)
                return 0;
            if (in.p[*at] == '"' && *at + 1 < in.n && in.p[*at + 1] == '"')
                ++*at;
            else if (in.p[*at] == '"')
                break;
            out[(*n)++] = in.p[*at];
        }
        ++*at;
    } else {
        for (; *at < in.n && memchr(",\n\r\"", in.p[*at], 4) == NULL; ++*at)
            out[(*n)++] = in.p[*at];
    }
    if (*at == in.n)
        return 0;
    if (in.p[*at] == '\r') {
        ++*at;
        if (*at == in.n)
            return 0;
        return in.p[*at] == '\n' ? '\n' : '!';
    }
    return in.p[*at] == ',' || in.p[*at] == '\n' ? in.p[*at] : '!';
}

static enum csv_outcome plain_row(struct span in, size_t at, struct row *row)
{
    size_t start = at, n = 0;
    int stop = at == in.n ? 0 : ',';

    row->count = 0;
    if (at == in.n)
        return CSV_END;
    do {
        stop = plain_field(in, &at, row->bytes, &n);
        if (n > ROW_BYTES_MAX || stop == '!' || (stop != 0 && row->count == CSV_FIELDS_MAX))
            return CSV_BAD;
        if (stop == 0)
            return CSV_INCOMPLETE;
        row->ends[row->count++] = n;
        at++;
    } while (stop == ',');
    row->end = at;
    row->lines = 0;
    for (size_t i = start; i < at; i++)
        row->lines += in.p[i] == '\n';
    return CSV_ROW;
}

static void same_fields(const struct csv_row *got, const struct row *want)
{
    FUZZ_CHECK(got->field_count == want->count);
    for (size_t i = 0, from = 0; i < want->count; from = want->ends[i++])
        FUZZ_CHECK(span_eq(got->fields[i], span_of(want->bytes + from, want->ends[i] - from)));
}

/* All rows by both, behind a first row of `pad` bytes (0: none). */
static void compare(struct span in, size_t pad)
{
    struct csv_reader *reader = malloc(sizeof *reader);
    uint8_t *padded = malloc(pad + in.n + 1);
    struct row want = {.bytes = malloc(pad + in.n + 1)};
    struct span text = span_of(padded, pad + in.n);
    struct text source = {text};
    struct csv_row got;
    struct why why = {""};
    enum csv_outcome outcome;
    uint64_t line = 1;

    FUZZ_CHECK(reader != NULL && padded != NULL && want.bytes != NULL);
    memset(padded, 'a', pad);
    if (pad > 0) { /* in quotes, where the reader is quick */
        padded[0] = padded[pad - 2] = '"';
        padded[pad - 1] = '\n';
    }
    if (in.n > 0)
        memcpy(padded + pad, in.p, in.n);
    csv_init(reader, give, &source, ROW_BYTES_MAX);
    if (pad > 0) {
        FUZZ_CHECK(csv_next(reader, &got, &outcome, &why) == 0 && outcome == CSV_ROW);
        FUZZ_CHECK(got.field_count == 1 && got.fields[0].n == pad - 3 && got.end == pad);
        line++;
    }
    for (size_t at = pad;; at = want.end) {
        enum csv_outcome wanted = plain_row(text, at, &want);

        FUZZ_CHECK(csv_next(reader, &got, &outcome, &why) == 0);
        /* A lone carriage return at the very end may be the first half of an end of row. */
        FUZZ_CHECK(outcome == wanted);
        FUZZ_CHECK(got.line == line && (outcome == CSV_BAD) == (why.text[0] != 0));
        if (outcome != CSV_ROW)
            break;
        same_fields(&got, &want);
        FUZZ_CHECK(got.end == want.end);
        line += want.lines;
    }
    csv_destroy(reader);
    free(reader);
    free(padded);
    free(want.bytes);
}

/* ---- what the rows say ---- */

static int event(void *ctx, const struct pg_event *e, struct why *why)
{
    uint64_t *events = ctx;
    size_t names = 0;

    (void)why;
    ++*events;
    FUZZ_CHECK(e->action <= PG_ERASE && id_valid(span_str(e->id)) && e->user != NULL);
    for (size_t i = 0; i < e->names.n; i++)
        names += e->names.p[i] == 0;
    FUZZ_CHECK(names == e->name_count && e->names.n <= PG_NAMES_BYTES_MAX + ID_BYTES_MAX + 1);
    for (size_t i = 0; i < e->names.n; i += strlen((const char *)e->names.p + i) + 1)
        FUZZ_CHECK(id_valid(span_str((const char *)e->names.p + i)));
    return 0;
}

static void read_lines(struct span in)
{
    static const uint8_t key[32] = {1};
    struct csv_reader *reader = malloc(sizeof *reader);
    struct pg_assembly *assembly = NULL;
    struct text source = {in};
    struct pgmap map = {0};
    struct pg_hold hold = {1, 0, {NULL, 0}};
    enum csv_outcome outcome = CSV_ROW;
    struct pg_counts counts;
    uint64_t events = 0, held = 0;
    struct csv_row row;
    struct pg_line line;
    struct why why = {""};
    int err = 0;

    FUZZ_CHECK(reader != NULL && pg_assembly_new(key, event, &events, &assembly) == 0);
    csv_init(reader, give, &source, ROW_BYTES_MAX);
    while (err == 0 && csv_next(reader, &row, &outcome, &why) == 0 && outcome == CSV_ROW) {
        err = pg_line_read(&row, &map, &line, &why);
        FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
        if (err != 0)
            break;
        FUZZ_CHECK(row.field_count >= PG_COLUMNS_MIN);
        if (line.kind == PG_AUDIT || line.kind == PG_DENIED)
            FUZZ_CHECK(pg_assembly_add(assembly, &line, row.line, &why) == 0);
    }
    FUZZ_CHECK(pg_assembly_end(assembly, &hold, &held, &why) == 0 && held == 0);
    counts = pg_assembly_counts(assembly);
    FUZZ_CHECK(counts.events == events);
    pg_assembly_free(assembly);
    csv_destroy(reader);
    free(reader);
}

/* A line of CSV in memory: the same fields as the second parser's, in place. */
static void split(struct span in)
{
    struct span copy = fuzz_copy(in), fields[8];
    struct row want = {.bytes = malloc(in.n + 1)};
    size_t count = 0, at = 0, n = 0;
    int stop = ',';
    bool plain = memchr(in.p, '\r', in.n) == NULL && memchr(in.p, '\n', in.n) == NULL;
    bool good = csv_split((uint8_t *)(uintptr_t)copy.p, copy.n, fields, 8, &count);

    FUZZ_CHECK(want.bytes != NULL && count <= 8);
    for (size_t i = 0; good && i < count; i++)
        FUZZ_CHECK(fields[i].n == 0 ||
                   (fields[i].p >= copy.p && fields[i].p + fields[i].n <= copy.p + copy.n));
    /* Where nothing ends a row within it, both mean the same by a line. */
    for (want.count = 0; plain && good && stop == ','; at++) {
        stop = plain_field(in, &at, want.bytes, &n);
        FUZZ_CHECK(want.count < count);
        want.ends[want.count++] = n;
        if (stop == '!')
            break; /* a quote within a field is taken as it is: PostgreSQL's own writer has none */
    }
    for (size_t i = 0, from = 0; plain && good && stop == 0 && i < want.count;
         from = want.ends[i++])
        FUZZ_CHECK(span_eq(fields[i], span_of(want.bytes + from, want.ends[i] - from)));
    free(want.bytes);
    free((uint8_t *)(uintptr_t)copy.p - (copy.n == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);

    compare(in, 0);
    if (in.n > 0)
        compare(in, CHUNK_BYTES - 1 - data[0] % (in.n < 256 ? in.n : 256));
    read_lines(in);
    split(in);
    fuzz_end(in);
    return 0;
}
