/* Tables of a report: rows of figures, and what of them the public is not told, with its reason. */
#include <stdio.h>

#include "verifier/report/public_range.h"
#include "verifier/report/sections_internal.h"
#include "verifier/report/terms.h"

#define NOTE_BYTES_MAX ((size_t)16 * 1024)

static const char *heading_of(const struct page *p, const char *table, const char *column)
{
    enum message name, counts;

    return terms_column(table, column, &name, &counts) ? message_in(p->wording.language, name)
                                                       : column;
}

/* A system's role is its agency's. */
static int keys_shown(const struct figure_table *table)
{
    int count = 0;

    while (table->keys[count] != NULL && strcmp(table->keys[count], "role") != 0)
        count++;
    return count;
}

/* Agencies and words of the vocabulary are short; what else there is may be anything. */
static enum column_kind key_kind(const char *key)
{
    static const char *const free_keys[] = {"system", "purpose", "recipient", "stream", "rule"};

    for (size_t i = 0; i < sizeof free_keys / sizeof free_keys[0]; i++)
        if (strcmp(key, free_keys[i]) == 0)
            return COLUMN_TEXT;
    return COLUMN_SHORT;
}

/* A row of figures, behind its keys. */
static void put_cells(struct page *p, const struct figure_table *table, uint32_t columns,
    const json_t *row, bool total)
{
    for (unsigned i = 0; table->columns[i].name != NULL; i++) {
        const json_t *value = json_object_get(row, table->columns[i].name);
        bool adds_up = table->columns[i].unit == FIGURE_COUNT;
        struct shown cell = {""};

        if ((columns >> i & 1) == 0)
            continue;
        if (strcmp(table->columns[i].name, "listed") == 0)
            snprintf(cell.text, sizeof cell.text, "%s",
                figure_low(value) > 0 ? WORDS(p, YES) : WORDS(p, NO));
        else if (!total || adds_up)
            show_figure(p, &cell, table->columns[i].unit, value);
        document_cell(p->d, span_str(cell.text));
    }
}

static void put_total(
    struct page *p, const struct figure_table *table, uint32_t columns, const json_t *total)
{
    if (!json_is_object(total))
        return;
    document_row(p->d, true);
    for (int k = 0; k < keys_shown(table); k++)
        document_cell(p->d, span_str(k == 0 ? WORDS(p, TOTAL) : ""));
    put_cells(p, table, columns, total, true);
}

/* --- What a table does not tell to the public, and why. */

static const struct {
    const char *why;
    enum message sentence;
} withheld[] = {
    {WHY_YEARLY, MESSAGE_REPORT_REASON_YEARLY},
    {WHY_MERGED, MESSAGE_REPORT_REASON_MERGED},
    {WHY_FOLLOWS, MESSAGE_REPORT_REASON_FOLLOWS},
    {WHY_SINGLE, MESSAGE_REPORT_REASON_SINGLE},
};
#define WITHHELD (sizeof withheld / sizeof withheld[0])

static const char *why_withheld(const json_t *value)
{
    return json_string_value(json_object_get(value, "withheld"));
}

/* Why a column of the public's tells nothing in any row; NULL where it tells something. */
static const char *why_column(
    const json_t *rows, const json_t *total, const struct figure_column *column)
{
    const json_t *sum = json_object_get(total, column->name);
    const char *why = why_withheld(sum);
    size_t i;
    json_t *row;

    if (sum != NULL && why == NULL)
        return NULL;
    json_array_foreach ((json_t *)rows, i, row) {
        why = why_withheld(json_object_get(row, column->name));
        if (why == NULL)
            return NULL;
    }
    if (why == NULL && column->unit == FIGURE_DURATION)
        why = WHY_SINGLE; /* as where there are rows */
    return why;
}

/* The columns that tell something. */
static uint32_t columns_told(const struct page *p, const struct figure_table *table,
    const json_t *rows, const json_t *total, uint32_t columns)
{
    for (unsigned i = 0; p->is_public && table->columns[i].name != NULL; i++)
        if (why_column(rows, total, &table->columns[i]) != NULL)
            columns &= ~(1U << i);
    return columns;
}

/* Whether sums are shown: of several rows those that are told, of none what may be other than 0. */
static bool shows_total(const struct figure_table *table, uint32_t columns, const json_t *all)
{
    const json_t *rows = json_object_get(all, "rows"), *total = json_object_get(all, "total");

    for (unsigned i = 0; table->columns[i].name != NULL; i++) {
        const json_t *sum = json_object_get(total, table->columns[i].name);

        if ((columns >> i & 1) == 0 || sum == NULL || why_withheld(sum) != NULL)
            continue;
        if (json_array_size(rows) > 1 || (json_array_size(rows) == 0 && figure_high(sum) > 0))
            return true;
    }
    return false;
}

/* What is told of a row as less than the number itself. */
struct hidden {
    bool small, sum, rounded, cells[WITHHELD];
    uint64_t greatest;
};

static void look_for_hidden(
    struct hidden *h, const struct figure_table *table, uint32_t columns, const json_t *row)
{
    for (unsigned i = 0; table->columns[i].name != NULL; i++) {
        const json_t *value = json_object_get(row, table->columns[i].name);
        const char *why = json_string_value(json_object_get(value, "why"));

        if ((columns >> i & 1) == 0)
            continue;
        for (size_t w = 0; w < WITHHELD; w++)
            h->cells[w] |=
                why_withheld(value) != NULL && strcmp(why_withheld(value), withheld[w].why) == 0;
        if (why != NULL && strcmp(why, WHY_SMALL) == 0) {
            h->small = true;
            h->greatest = figure_high(value);
        } else if (why != NULL) {
            h->sum |= strcmp(why, WHY_SUM) == 0;
            h->rounded |= strcmp(why, WHY_ROUNDED) == 0;
        }
    }
}

/* What stands between two sentences of a note. */
static struct buf *next_sentence(const struct page *p, struct buf *note)
{
    if (note->n > 0)
        buf_put_str(note, p->wording.language == LANGUAGE_JA ? "\xe3\x80\x80" : " ");
    return note;
}

/* The columns that tell nothing for this reason. */
static void add_columns(const struct page *p, struct buf *note, const struct figure_table *table,
    const json_t *all, size_t w)
{
    const json_t *rows = json_object_get(all, "rows"), *total = json_object_get(all, "total");
    struct buf names;

    buf_init(&names, NOTE_BYTES_MAX);
    for (unsigned i = 0; table->columns[i].name != NULL; i++) {
        const char *why = why_column(rows, total, &table->columns[i]);

        if (why == NULL || strcmp(why, withheld[w].why) != 0)
            continue;
        if (names.n > 0)
            buf_put_str(&names, p->wording.language == LANGUAGE_JA ? "、" : ", ");
        buf_put_str(&names, heading_of(p, table->name, table->columns[i].name));
    }
    if (names.n > 0) {
        buf_put_u8(&names, 0);
        if (buf_status(&names) == 0)
            buf_printf(next_sentence(p, note), WORDS(p, REASON_WITHHELD), (const char *)names.p,
                message_in(p->wording.language, withheld[w].sentence));
    }
    buf_destroy(&names);
}

static void write_reasons(const struct page *p, struct buf *note, const struct figure_table *table,
    const json_t *all, uint32_t columns)
{
    const json_t *rows = json_object_get(all, "rows");
    struct hidden h = {0};
    struct shown greatest;
    size_t i;
    json_t *row;

    json_array_foreach ((json_t *)rows, i, row)
        look_for_hidden(&h, table, columns, row);
    if (shows_total(table, columns, all))
        look_for_hidden(&h, table, columns, json_object_get(all, "total"));
    if (h.small)
        buf_printf(
            next_sentence(p, note), WORDS(p, REASON_SMALL), show_number(&greatest, h.greatest));
    if (h.sum)
        buf_printf(next_sentence(p, note), "%s", WORDS(p, REASON_SUM));
    if (h.rounded)
        buf_printf(next_sentence(p, note), "%s", WORDS(p, REASON_ROUNDED));
    for (size_t w = 0; w < WITHHELD; w++) {
        if (h.cells[w])
            buf_printf(next_sentence(p, note), WORDS(p, REASON_WITHHELD), "—",
                message_in(p->wording.language, withheld[w].sentence));
        if (p->is_public)
            add_columns(p, note, table, all, w);
    }
}

static size_t put_heads(
    const struct page *p, const struct figure_table *table, uint32_t columns, struct column *heads)
{
    enum message name;
    size_t count = 0;

    for (int k = 0; k < keys_shown(table); k++)
        heads[count++] = (struct column){key_kind(table->keys[k]),
            terms_key(table->keys[k], &name) ? message_in(p->wording.language, name)
                                             : table->keys[k]};
    for (unsigned i = 0; table->columns[i].name != NULL; i++)
        if ((columns >> i & 1) != 0)
            heads[count++] = (struct column){
                table->columns[i].unit == FIGURE_TIME ? COLUMN_SHORT : COLUMN_NUMBER,
                heading_of(p, table->name, table->columns[i].name)};
    return count;
}

static void put_rows(
    struct page *p, const struct figure_table *table, uint32_t columns, const json_t *rows)
{
    json_t *row;
    size_t r;

    json_array_foreach ((json_t *)rows, r, row) {
        document_row(p->d, false);
        for (int k = 0; k < keys_shown(table); k++) {
            struct shown key;

            show_key(p, &key, table->keys[k], json_object_get(row, table->keys[k]));
            document_cell(p->d, span_str(key.text));
        }
        put_cells(p, table, columns, row, false);
    }
}

void put_table(struct page *p, enum figure_table_number number, uint32_t columns)
{
    const struct figure_table *table = &figure_tables[number];
    const json_t *all = json_object_get(json_object_get(p->report, "figures"), table->name);
    const json_t *rows = json_object_get(all, "rows"), *total = json_object_get(all, "total");
    struct column heads[FIGURE_KEYS_MAX + FIGURE_COLUMNS_MAX];
    struct buf note;
    enum message caption;
    size_t count;

    buf_init(&note, NOTE_BYTES_MAX);
    if (rows == NULL || !terms_table(table->name, &caption))
        goto out;
    columns = columns_told(p, table, rows, total, columns);
    write_reasons(p, &note, table, all, columns);
    count = put_heads(p, table, columns, heads);
    if (count == (size_t)keys_shown(table)) {
        document_put_span(p->d, BLOCK_PARAGRAPH, buf_view(&note));
        goto out;
    }
    document_table(p->d, message_in(p->wording.language, caption), heads, count,
        p->is_public ? WORDS(p, NO_ROWS_PUBLIC) : WORDS(p, NO_ROWS));
    put_rows(p, table, columns, rows);
    if (shows_total(table, columns, all))
        put_total(p, table, columns, total);
    if (note.n > 0)
        document_table_note(p->d, buf_view(&note));
out:
    buf_destroy(&note);
}

void put_chart_of_rows(struct page *p, enum figure_table_number number, unsigned column,
    enum message caption, enum message axis)
{
    const struct figure_table *table = &figure_tables[number];
    const json_t *rows = page_rows(p, number);
    size_t n = json_array_size(rows), used = 0, known = 0;
    struct shown key;

    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_object_get(json_array_get(rows, i), table->columns[column].name);

        used += figure_high(value) > 0;
        known += figure_low(value) > 0;
    }
    if (known < 2 || used > 100) /* bars that may all be 0 say nothing */
        return;
    document_chart(p->d, CHART_BARS, message_in(p->wording.language, caption),
        message_in(p->wording.language, axis), used, 1);
    document_chart_series(
        p->d, 0, span_str(heading_of(p, table->name, table->columns[column].name)));
    for (size_t i = 0, c = 0; i < n; i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *value = json_object_get(row, table->columns[column].name);

        if (figure_high(value) == 0)
            continue;
        show_title(p, &key, table->keys[0], json_object_get(row, table->keys[0]));
        document_chart_category(p->d, c, span_str(key.text));
        document_chart_value(p->d, c, 0, figure_low(value), figure_high(value));
        c++;
    }
}
