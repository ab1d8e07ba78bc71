/* Values of a report as they are shown, and its tables. */
#include <stdio.h>

#include "core/text.h"
#include "verifier/report/public_range.h"
#include "verifier/report/sections_internal.h"
#include "verifier/report/terms.h"
#include "verifier/rules/facts_json.h"

/* What a buffer holds, into `out`, and the buffer's end. */
static const char *settle(struct shown *out, struct buf *b)
{
    struct span text = utf8_beginning(buf_view(b), sizeof out->text - 1);

    if (text.n > 0)
        memcpy(out->text, text.p, text.n);
    out->text[text.n] = 0;
    buf_destroy(b);
    return out->text;
}

static struct buf begin(void)
{
    struct buf b;

    buf_init(&b, 16 * DOCUMENT_TEXT_BYTES_MAX);
    return b;
}

const char *show_text(const struct page *p, struct shown *out, const json_t *text)
{
    struct buf b = begin();

    if (json_is_string(text))
        document_text(
            &b, p->wording.language, span_of(json_string_value(text), json_string_length(text)));
    return settle(out, &b);
}

const char *show_number(struct shown *out, uint64_t n)
{
    struct buf b = begin();

    wording_number(&b, n);
    return settle(out, &b);
}

const char *show_duration(const struct page *p, struct shown *out, uint64_t ms)
{
    struct buf b = begin();

    wording_duration(&b, p->wording.language, ms);
    return settle(out, &b);
}

const char *show_time(const struct page *p, struct shown *out, const json_t *time)
{
    struct buf b = begin();
    uint64_t ms;

    if (json_is_string(time) && time_parse(span_str(json_string_value(time)), &ms))
        wording_time(&b, &p->wording, ms);
    else if (json_is_string(time)) /* a year that no calendar has */
        document_text(&b, p->wording.language, span_str(json_string_value(time)));
    else
        buf_put_str(&b, WORDS(p, NONE));
    return settle(out, &b);
}

/* --- Figures. */

static uint64_t natural(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) > 0
               ? (uint64_t)json_integer_value(value)
               : 0;
}

uint64_t figure_low(const json_t *value)
{
    return natural(json_is_object(value) ? json_object_get(value, "low") : value);
}

uint64_t figure_high(const json_t *value)
{
    return natural(json_is_object(value) ? json_object_get(value, "high") : value);
}

const char *show_figure(
    const struct page *p, struct shown *out, enum figure_unit unit, const json_t *value)
{
    struct buf b;

    if (json_object_get(value, "withheld") != NULL) {
        snprintf(out->text, sizeof out->text, "—");
        return out->text;
    }
    if (unit == FIGURE_TIME)
        return show_time(p, out, value);
    if (value == NULL || json_is_null(value)) {
        snprintf(out->text, sizeof out->text, "%s", WORDS(p, NONE));
        return out->text;
    }
    if (unit == FIGURE_DURATION && natural(value) > 0)
        return show_duration(p, out, natural(value));
    if (unit == FIGURE_DURATION) {
        snprintf(out->text, sizeof out->text, "%s", WORDS(p, NONE));
        return out->text;
    }
    if (figure_low(value) == figure_high(value))
        return show_number(out, figure_low(value));
    b = begin();
    wording_number(&b, figure_low(value));
    buf_put_str(&b, p->wording.language == LANGUAGE_JA ? "～" : "–");
    wording_number(&b, figure_high(value));
    return settle(out, &b);
}

const char *show_key(const struct page *p, struct shown *out, const char *key, const json_t *value)
{
    const char *text = json_string_value(value);
    enum message name;

    const struct rule *rule =
        text != NULL && strcmp(key, "rule") == 0 ? rule_of(span_str(text)) : NULL;

    show_text(p, out, value);
    if (rule != NULL)
        snprintf(out->text, sizeof out->text, "%s (%s)", rule->title.in[p->wording.language],
            rule->name);
    else if (text == NULL || text[0] == 0)
        snprintf(out->text, sizeof out->text, "%s", WORDS(p, NOT_NAMED));
    else if (terms_label(key, text, &name))
        snprintf(out->text, sizeof out->text, "%s", message_in(p->wording.language, name));
    return out->text;
}

void put_sentence(const struct page *p, const json_t *finding, struct buf *out)
{
    if (facts_json_sentence(out, finding, &p->wording) != 0)
        buf_put_str(out, WORDS(p, NO_SENTENCE));
}

/* --- Tables. */

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
                natural(value) > 0 ? WORDS(p, YES) : WORDS(p, NO));
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

/* The reasons for which something of a table is not told, each once. */
struct reasons {
    bool small, sum, rounded, yearly, merged, follows, single;
    uint64_t greatest;
};

static void look_for_reasons(struct reasons *r, const json_t *row)
{
    const char *name;
    const json_t *value;

    json_object_foreach ((json_t *)row, name, value) {
        const char *withheld = json_string_value(json_object_get(value, "withheld"));
        const char *why = json_string_value(json_object_get(value, "why"));

        if (withheld != NULL) {
            r->yearly |= strcmp(withheld, WHY_YEARLY) == 0;
            r->merged |= strcmp(withheld, WHY_MERGED) == 0;
            r->single |= strcmp(withheld, WHY_SINGLE) == 0;
            r->follows |= strcmp(withheld, WHY_FOLLOWS) == 0;
        } else if (why != NULL && strcmp(why, WHY_SMALL) == 0) {
            r->small = true;
            r->greatest = figure_high(value);
        } else if (why != NULL) {
            r->sum |= strcmp(why, WHY_SUM) == 0;
            r->rounded |= strcmp(why, WHY_ROUNDED) == 0;
        }
    }
}

static void put_reasons(struct page *p, const json_t *rows, const json_t *total)
{
    struct reasons r = {0};
    struct shown greatest;
    struct buf note = begin();
    size_t i;
    json_t *row;

    json_array_foreach ((json_t *)rows, i, row)
        look_for_reasons(&r, row);
    look_for_reasons(&r, total);
    show_number(&greatest, r.greatest);
    if (r.small)
        buf_printf(&note, WORDS(p, REASON_SMALL), greatest.text);
    if (r.sum)
        buf_printf(&note, " %s", WORDS(p, REASON_SUM));
    if (r.rounded)
        buf_printf(&note, " %s", WORDS(p, REASON_ROUNDED));
    if (r.yearly)
        buf_printf(&note, " %s", WORDS(p, REASON_YEARLY));
    if (r.merged)
        buf_printf(&note, " %s", WORDS(p, REASON_MERGED));
    if (r.follows)
        buf_printf(&note, " %s", WORDS(p, REASON_FOLLOWS));
    if (r.single)
        buf_printf(&note, " %s", WORDS(p, REASON_SINGLE));
    if (note.n > 0)
        document_table_note(p->d, buf_view(&note));
    buf_destroy(&note);
}

void put_table(struct page *p, enum figure_table_number number, uint32_t columns)
{
    const struct figure_table *table = &figure_tables[number];
    const json_t *all = json_object_get(json_object_get(p->report, "figures"), table->name);
    const json_t *rows = json_object_get(all, "rows"), *total = json_object_get(all, "total");
    struct column heads[FIGURE_KEYS_MAX + FIGURE_COLUMNS_MAX];
    enum message caption, name;
    size_t count = 0, r;
    json_t *row;

    if (rows == NULL || !terms_table(table->name, &caption))
        return;
    for (int k = 0; k < keys_shown(table); k++)
        heads[count++] = (struct column){key_kind(table->keys[k]),
            terms_key(table->keys[k], &name) ? message_in(p->wording.language, name)
                                             : table->keys[k]};
    for (unsigned i = 0; table->columns[i].name != NULL; i++)
        if ((columns >> i & 1) != 0)
            heads[count++] = (struct column){
                table->columns[i].unit == FIGURE_COUNT || table->columns[i].unit == FIGURE_NUMBER
                    ? COLUMN_NUMBER
                    : COLUMN_SHORT,
                heading_of(p, table->name, table->columns[i].name)};
    document_table(p->d, message_in(p->wording.language, caption), heads, count, WORDS(p, NO_ROWS));
    json_array_foreach ((json_t *)rows, r, row) {
        document_row(p->d, false);
        for (int k = 0; k < keys_shown(table); k++) {
            struct shown key;

            show_key(p, &key, table->keys[k], json_object_get(row, table->keys[k]));
            document_cell(p->d, span_str(key.text));
        }
        put_cells(p, table, columns, row, false);
    }
    if (json_array_size(rows) > 1)
        put_total(p, table, columns, total);
    put_reasons(p, rows, total);
}

/* As show_key, but a rule by its title alone. */
static void show_title(
    const struct page *p, struct shown *out, const char *key, const json_t *value)
{
    const char *text = json_string_value(value);
    const struct rule *rule =
        text != NULL && strcmp(key, "rule") == 0 ? rule_of(span_str(text)) : NULL;

    show_key(p, out, key, value);
    if (rule != NULL)
        snprintf(out->text, sizeof out->text, "%s", rule->title.in[p->wording.language]);
}

void put_chart_of_rows(struct page *p, enum figure_table_number number, unsigned column,
    enum message caption, enum message axis)
{
    const struct figure_table *table = &figure_tables[number];
    const json_t *rows = page_rows(p, number);
    size_t n = json_array_size(rows), used = 0;
    struct shown key;

    for (size_t i = 0; i < n; i++)
        used +=
            figure_high(json_object_get(json_array_get(rows, i), table->columns[column].name)) > 0;
    if (used < 2 || used > 100)
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
