#include "verifier/report/sample_sheet.h"

#include <inttypes.h>
#include <stdarg.h>

#include "core/text.h"
#include "system/messages.h"

#define VALUE_BYTES_MAX 8192
#define DIGEST_SHOWN 16 /* digits */

/* Where the sheet goes: a document, or lines of CSV. */
struct target {
    const struct sample_sheet *sheet;
    struct document *document; /* or NULL */
    struct buf *csv;
};

static const char *text_in(const struct target *t, enum message id)
{
    return message_in(t->sheet->wording.language, id);
}

static void put_fact(struct target *t, enum message label, struct span value)
{
    if (t->document != NULL) {
        document_item(t->document, span_str(text_in(t, label)));
        document_item(t->document, value);
        return;
    }
    csv_field(t->csv, span_str(text_in(t, label)));
    buf_put_u8(t->csv, ',');
    csv_field(t->csv, value);
    buf_put_u8(t->csv, '\n');
}

static void put_formatted(struct target *t, enum message label, const char *format, ...)
    KEIIN_PRINTF(3, 4);
static void put_formatted(struct target *t, enum message label, const char *format, ...)
{
    char value[VALUE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    put_fact(t, label, span_str(value));
}

/* A number or time for people, or, in CSV, for programs. */
struct shown {
    char text[128];
};
static struct shown shown_of(struct buf *b)
{
    struct shown s = {""};

    if (buf_status(b) == 0 && b->n < sizeof s.text)
        memcpy(s.text, b->p, b->n);
    buf_destroy(b);
    return s;
}

static struct shown number(const struct target *t, uint64_t n)
{
    struct buf b;

    buf_init(&b, 100);
    if (t->document != NULL)
        wording_number(&b, n);
    else
        buf_printf(&b, "%" PRIu64, n);
    return shown_of(&b);
}

static struct shown time_of(const struct target *t, uint64_t ms)
{
    char text[TIME_TEXT_BYTES];
    struct buf b;

    buf_init(&b, 120);
    time_text(text, ms);
    if (t->document != NULL)
        wording_time(&b, &t->sheet->wording, ms);
    else
        buf_put_str(&b, text);
    return shown_of(&b);
}

#define SHOWN(s) (int)strlen((s).text), (s).text

static void put_ledger(struct target *t)
{
    const struct sample_sheet *s = t->sheet;
    char id[HEX_GROUPED_BYTES];
    struct shown size = number(t, s->audit->size);
    struct buf root;

    put_fact(t, MESSAGE_SHEET_LEDGER, s->origin);
    hex_grouped(id, &s->audit->ledger_id);
    put_fact(t, MESSAGE_SHEET_LEDGER_ID, span_str(id));
    buf_init(&root, 64);
    base64_encode(&root, span_hash(&s->audit->root));
    put_formatted(t, MESSAGE_SHEET_CHECKPOINT, text_in(t, MESSAGE_SHEET_CHECKPOINT_VALUE),
        SHOWN(size), (int)root.n, (const char *)root.p);
    buf_destroy(&root);
}

static void put_drawn(struct target *t)
{
    const struct sample_sheet *s = t->sheet;
    struct shown from = {""}, to = time_of(t, s->to), drawn = number(t, s->sample->count),
                 of = number(t, s->population), others = number(t, s->others),
                 strange = number(t, s->not_in_vocabulary),
                 urgent = number(t, s->sample->urgent_count), of_urgent = number(t, s->urgent);
    char hex[2 * HASH_BYTES + 1];

    if (s->has_from)
        from = time_of(t, s->from);
    else
        snprintf(from.text, sizeof from.text, "%s", text_in(t, MESSAGE_SHEET_PERIOD_START));
    put_formatted(
        t, MESSAGE_SHEET_PERIOD, text_in(t, MESSAGE_SHEET_PERIOD_VALUE), SHOWN(from), SHOWN(to));
    put_formatted(t, MESSAGE_SHEET_ACTIONS, text_in(t, MESSAGE_SHEET_ACTIONS_VALUE),
        (int)s->actions.n, (const char *)s->actions.p);
    put_formatted(t, MESSAGE_SHEET_POPULATION, text_in(t, MESSAGE_SHEET_POPULATION_VALUE),
        SHOWN(of), SHOWN(others), SHOWN(strange));
    put_formatted(
        t, MESSAGE_SHEET_DRAWN, text_in(t, MESSAGE_SHEET_DRAWN_VALUE), SHOWN(drawn), SHOWN(of));
    if (s->urgent_first) {
        put_formatted(t, MESSAGE_SHEET_URGENT, text_in(t, MESSAGE_SHEET_URGENT_VALUE),
            SHOWN(urgent), SHOWN(of_urgent));
        hex_encode(hex, span_hash(s->limits));
        put_fact(t, MESSAGE_SHEET_LIMITS, span_str(hex));
    }
    put_fact(t, MESSAGE_SHEET_SEED, span_str(s->seed));
    put_fact(t, MESSAGE_SHEET_HOW, span_str(text_in(t, MESSAGE_SHEET_HOW_VALUE)));
    put_fact(t, MESSAGE_SHEET_AGAIN, s->again);
}

/* What is shown of a record, each with its label; in CSV a column each. */
enum column_of_sheet {
    SHEET_ADDRESS,
    SHEET_AT,
    SHEET_RECEIVED,
    SHEET_WRITER,
    SHEET_ORGANISATION,
    SHEET_ACTION,
    SHEET_ACTOR,
    SHEET_UNIT,
    SHEET_AUTHORITY,
    SHEET_PURPOSE,
    SHEET_DATASET,
    SHEET_COUNT,
    SHEET_OUTCOME,
    SHEET_RECIPIENT,
    SHEET_REASON,
    SHEET_DETAIL,
    SHEET_FIRST,
    SHEET_DIGEST,
    SHEET_COLUMNS
};
#define SHEET_NEEDED SHEET_RECIPIENT /* the columns before it are told where the record has none */

static const struct {
    enum message label;
    enum sample_text text; /* SAMPLE_TEXTS: none of the row's texts */
} columns[SHEET_COLUMNS] = {
    [SHEET_ADDRESS] = {MESSAGE_SHEET_ADDRESS, SAMPLE_TEXTS},
    [SHEET_AT] = {MESSAGE_SHEET_AT, SAMPLE_TEXTS},
    [SHEET_RECEIVED] = {MESSAGE_SHEET_RECEIVED, SAMPLE_TEXTS},
    [SHEET_WRITER] = {MESSAGE_SHEET_WRITER, SAMPLE_WRITER},
    [SHEET_ORGANISATION] = {MESSAGE_SHEET_ORGANISATION, SAMPLE_ORGANISATION},
    [SHEET_ACTION] = {MESSAGE_SHEET_ACTION, SAMPLE_ACTION},
    [SHEET_ACTOR] = {MESSAGE_SHEET_ACTOR, SAMPLE_ACTOR},
    [SHEET_UNIT] = {MESSAGE_SHEET_UNIT, SAMPLE_UNIT},
    [SHEET_AUTHORITY] = {MESSAGE_SHEET_AUTHORITY, SAMPLE_AUTHORITY},
    [SHEET_PURPOSE] = {MESSAGE_SHEET_PURPOSE, SAMPLE_PURPOSE},
    [SHEET_DATASET] = {MESSAGE_SHEET_DATASET, SAMPLE_DATASET},
    [SHEET_COUNT] = {MESSAGE_SHEET_COUNT, SAMPLE_TEXTS},
    [SHEET_OUTCOME] = {MESSAGE_SHEET_OUTCOME, SAMPLE_OUTCOME},
    [SHEET_RECIPIENT] = {MESSAGE_SHEET_RECIPIENT, SAMPLE_RECIPIENT},
    [SHEET_REASON] = {MESSAGE_SHEET_REASON, SAMPLE_REASON},
    [SHEET_DETAIL] = {MESSAGE_SHEET_DETAIL, SAMPLE_DETAIL},
    [SHEET_FIRST] = {MESSAGE_SHEET_FIRST, SAMPLE_URGENT},
    [SHEET_DIGEST] = {MESSAGE_SHEET_DIGEST, SAMPLE_TEXTS},
};

/* Appends a value as it is, or nothing. */
static void put_value(
    const struct target *t, const struct sample_row *row, enum column_of_sheet c, struct buf *out)
{
    char hex[2 * HASH_BYTES + 1];
    struct span text;

    if (columns[c].text != SAMPLE_TEXTS) {
        text = sample_text(row, columns[c].text);
        if (c == SHEET_FIRST && span_is(text, "emergency"))
            text = span_str(text_in(t, MESSAGE_SHEET_EMERGENCY));
        buf_put_span(out, text);
    } else if (c == SHEET_ADDRESS) {
        buf_printf(out, "%" PRIu64 ".%" PRIu32, row->index, row->position);
    } else if (c == SHEET_DIGEST) {
        hex_encode(hex, span_hash(&row->digest));
        buf_put(out, hex, DIGEST_SHOWN);
    } else if (c != SHEET_COUNT) {
        buf_put_str(out, time_of(t, c == SHEET_AT ? row->at : row->received).text);
    } else if (row->has_count) {
        buf_put_str(out, number(t, row->count).text);
    }
}

/* The lines of a record on paper, one to three columns each; SHEET_COLUMNS ends a line. */
static const struct {
    enum message label;
    enum column_of_sheet columns[3];
} lines[] = {
    {MESSAGE_SHEET_LINE_TIME, {SHEET_AT, SHEET_RECEIVED, SHEET_COLUMNS}},
    {MESSAGE_SHEET_LINE_WHO, {SHEET_ACTOR, SHEET_UNIT, SHEET_COLUMNS}},
    {MESSAGE_SHEET_LINE_SYSTEM, {SHEET_ORGANISATION, SHEET_WRITER, SHEET_COLUMNS}},
    {MESSAGE_SHEET_LINE_ACTION, {SHEET_ACTION, SHEET_OUTCOME, SHEET_COLUMNS}},
    {MESSAGE_SHEET_LINE_DATA, {SHEET_DATASET, SHEET_COUNT, SHEET_COLUMNS}},
    {MESSAGE_SHEET_LINE_AUTHORITY, {SHEET_AUTHORITY, SHEET_PURPOSE, SHEET_COLUMNS}},
    {MESSAGE_SHEET_RECIPIENT, {SHEET_RECIPIENT, SHEET_COLUMNS}},
    {MESSAGE_SHEET_REASON, {SHEET_REASON, SHEET_COLUMNS}},
    {MESSAGE_SHEET_DETAIL, {SHEET_DETAIL, SHEET_COLUMNS}},
    {MESSAGE_SHEET_FIRST, {SHEET_FIRST, SHEET_COLUMNS}},
};

/* Values of one line with a dot between, which no id can imitate: it has spaces around it. */
static void put_line(struct target *t, const struct sample_row *row, size_t line)
{
    struct buf value, visible;
    const enum column_of_sheet *c = lines[line].columns;

    buf_init(&value, VALUE_BYTES_MAX);
    buf_init(&visible, (size_t)VALUE_BYTES_MAX * 10);
    for (size_t i = 0; c[i] != SHEET_COLUMNS; i++) {
        buf_clear(&value);
        put_value(t, row, c[i], &value);
        if (i > 0)
            buf_put_str(&visible, " \u00b7 ");
        if (value.n == 0 && c[i] < SHEET_NEEDED)
            buf_put_str(&visible, text_in(t, MESSAGE_SHEET_NONE));
        else
            document_text(&visible, t->sheet->wording.language, buf_view(&value));
    }
    if (buf_status(&visible) != 0)
        t->document->err = buf_status(&visible);
    if (visible.n > 0)
        put_fact(t, lines[line].label, buf_view(&visible));
    buf_destroy(&value);
    buf_destroy(&visible);
}

/* A block of facts, then the boxes and the room for what the inspector finds. */
static void put_record(struct target *t, const struct sample_row *row, size_t nth)
{
    const struct column boxes[] = {{COLUMN_SHORT, text_in(t, MESSAGE_SHEET_AS_RECORDED)},
        {COLUMN_SHORT, text_in(t, MESSAGE_SHEET_ALLOWED)},
        {COLUMN_SHORT, text_in(t, MESSAGE_SHEET_EXPLAINED)},
        {COLUMN_EMPTY, text_in(t, MESSAGE_SHEET_REMARKS)}};
    struct span yes_no = span_str(text_in(t, MESSAGE_SHEET_BOXES));
    struct document *d = t->document;
    char hex[2 * HASH_BYTES + 1];

    hex_encode(hex, span_hash(&row->digest));
    document_put(d, BLOCK_SUBSECTION, text_in(t, MESSAGE_SHEET_ONE), nth, row->index,
        (unsigned)row->position, DIGEST_SHOWN, hex);
    document_list(d, BLOCK_FACTS);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        put_line(t, row, i);
    document_table(d, "", boxes, sizeof boxes / sizeof boxes[0], "");
    document_row(d, false);
    for (int i = 0; i < 3; i++)
        document_cell(d, yes_no);
    document_cell(d, span_str(""));
}

/* What the inspector fills in first. */
static void put_blanks(struct target *t)
{
    static const enum message blanks[] = {
        MESSAGE_SHEET_INSPECTOR, MESSAGE_SHEET_DATE, MESSAGE_SHEET_PLACE};
    const struct column columns_of_blanks[] = {
        {COLUMN_SHORT, ""}, {COLUMN_EMPTY, text_in(t, MESSAGE_SHEET_BLANK)}};

    document_put(t->document, BLOCK_SECTION, "%s", text_in(t, MESSAGE_SHEET_SECTION_INSPECTION));
    document_table(t->document, "", columns_of_blanks, 2, "");
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        document_row(t->document, false);
        document_cell(t->document, span_str(text_in(t, blanks[i])));
        document_cell(t->document, span_str(""));
    }
}

void sample_sheet_document(const struct sample_sheet *sheet, struct document *out)
{
    struct target t = {sheet, out, NULL};
    const struct audit_result *audit = sheet->audit;
    struct buf zone;
    char footer[2 * NAME_BYTES_MAX];

    snprintf(footer, sizeof footer, text_in(&t, MESSAGE_SHEET_FOOTER), (int)sheet->origin.n,
        (const char *)sheet->origin.p, sheet->seed);
    buf_init(&zone, 100);
    wording_zone(&zone, &sheet->wording);
    document_head(out, span_str(text_in(&t, MESSAGE_SHEET_TITLE)), sheet->origin, span_str(footer));
    out->created_ms = audit->last_received;
    if (audit->verdict == AUDIT_VERIFIED)
        document_put(out, BLOCK_GOOD, "%s", text_in(&t, MESSAGE_SHEET_VERIFIED));
    else
        document_put(out, BLOCK_ALARM, text_in(&t, MESSAGE_SHEET_FINDINGS),
            audit->finding_count + audit->findings_omitted);
    put_blanks(&t);
    document_put(out, BLOCK_SECTION, "%s", text_in(&t, MESSAGE_SHEET_SECTION_DRAWN));
    document_list(out, BLOCK_FACTS);
    put_ledger(&t);
    put_drawn(&t);
    put_fact(&t, MESSAGE_SHEET_ZONE, buf_view(&zone));
    document_put(out, BLOCK_SECTION, "%s", text_in(&t, MESSAGE_SHEET_SECTION_RECORDS));
    if (sheet->sample->count == 0)
        document_put(out, BLOCK_PARAGRAPH, "%s", text_in(&t, MESSAGE_SHEET_EMPTY));
    for (size_t i = 0; i < sheet->sample->count; i++)
        put_record(&t, &sheet->sample->rows[i], i + 1);
    buf_destroy(&zone);
}

static void csv_head(struct target *t)
{
    static const enum message blanks[] = {MESSAGE_SHEET_AS_RECORDED, MESSAGE_SHEET_ALLOWED,
        MESSAGE_SHEET_EXPLAINED, MESSAGE_SHEET_REMARKS};

    csv_field(t->csv, span_str(text_in(t, MESSAGE_SHEET_NUMBER)));
    for (int c = 0; c < SHEET_COLUMNS; c++) {
        buf_put_u8(t->csv, ',');
        csv_field(t->csv, span_str(text_in(t, columns[c].label)));
    }
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        buf_put_u8(t->csv, ',');
        csv_field(t->csv, span_str(text_in(t, blanks[i])));
    }
    buf_put_u8(t->csv, '\n');
}

void sample_sheet_csv(const struct sample_sheet *sheet, struct buf *out)
{
    struct target t = {sheet, NULL, out};
    const struct audit_result *audit = sheet->audit;
    struct buf value;

    buf_put_str(out, "\xef\xbb\xbf"); /* without it Excel does not take it for UTF-8 */
    put_fact(&t, MESSAGE_SHEET_TITLE, span_str(""));
    if (audit->verdict != AUDIT_VERIFIED)
        put_formatted(&t, MESSAGE_SHEET_CHECKPOINT, text_in(&t, MESSAGE_SHEET_FINDINGS),
            audit->finding_count + audit->findings_omitted);
    put_ledger(&t);
    put_drawn(&t);
    put_fact(&t, MESSAGE_SHEET_INSPECTOR, span_str(""));
    put_fact(&t, MESSAGE_SHEET_DATE, span_str(""));
    put_fact(&t, MESSAGE_SHEET_PLACE, span_str(""));
    buf_put_u8(out, '\n');
    csv_head(&t);
    buf_init(&value, VALUE_BYTES_MAX);
    for (size_t i = 0; i < sheet->sample->count; i++) {
        buf_printf(out, "%zu", i + 1);
        for (int c = 0; c < SHEET_COLUMNS; c++) {
            buf_clear(&value);
            put_value(&t, &sheet->sample->rows[i], (enum column_of_sheet)c, &value);
            buf_put_u8(out, ',');
            csv_field(out, buf_view(&value));
        }
        buf_put_str(out, ",,,,\n");
    }
    buf_destroy(&value);
}
