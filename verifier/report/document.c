#include "verifier/report/document.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/messages.h"

#define FSI "\xe2\x81\xa8" /* U+2068, first strong isolate */
#define PDI "\xe2\x81\xa9" /* U+2069, pop directional isolate */
/* What a byte becomes at most: \u{000a}. */
#define VISIBLE_BYTES_MAX 8
#define MARKS_MAX 4

static char no_text[1];

void document_init(struct document *d, enum language language)
{
    *d = (struct document){.language = language};
}

static void text_free(char *text)
{
    if (text != no_text)
        free(text);
}

static void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        text_free(texts[i]);
    free(texts);
}

static void table_free(struct document_table *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->row_count; i++)
        texts_free(t->rows[i].cells, t->column_count);
    free(t->rows);
    texts_free(t->headings, t->column_count);
    free(t->kinds);
    text_free(t->caption);
    text_free(t->empty);
    text_free(t->note);
    free(t);
}

static void chart_free(struct document_chart *c)
{
    if (c == NULL)
        return;
    text_free(c->caption);
    text_free(c->axis);
    texts_free(c->categories, c->category_count);
    texts_free(c->series, c->series_count);
    free(c->values);
    free(c);
}

void document_destroy(struct document *d)
{
    for (size_t i = 0; i < d->block_count; i++) {
        text_free(d->blocks[i].text);
        texts_free(d->blocks[i].items, d->blocks[i].item_count);
        table_free(d->blocks[i].table);
        chart_free(d->blocks[i].chart);
    }
    free(d->blocks);
    text_free(d->title);
    text_free(d->subtitle);
    text_free(d->footer);
    document_init(d, d->language);
}

static bool right_to_left(uint32_t cp)
{
    return (cp >= 0x590 && cp <= 0x8ff) || (cp >= 0xfb1d && cp <= 0xfdff) ||
           (cp >= 0xfe70 && cp <= 0xfefc) || (cp >= 0x10800 && cp <= 0x10fff) ||
           (cp >= 0x1e800 && cp <= 0x1efff);
}

static bool has_right_to_left(struct span visible)
{
    uint32_t cp = 0;

    for (size_t i = 0; i < visible.n; i += utf8_next(visible.p + i, visible.n - i, &cp)) {
        if (right_to_left(cp))
            return true;
    }
    return right_to_left(cp);
}

/* Marks that are put above or below any letter. */
static bool combining(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x483 && cp <= 0x489) ||
           (cp >= 0x1ab0 && cp <= 0x1aff) || (cp >= 0x1dc0 && cp <= 0x1dff) ||
           (cp >= 0x20d0 && cp <= 0x20ff) || (cp >= 0xfe20 && cp <= 0xfe2f);
}

/* text_visible, and of marks upon one letter no more than are used anywhere: a tower of them would
 * cover the lines above. */
static void put_visible(struct buf *out, struct span text)
{
    size_t begin = 0, marks = 0;
    uint32_t cp;

    for (size_t i = 0, len; i < text.n; i += len) {
        len = utf8_next(text.p + i, text.n - i, &cp);
        marks = len > 0 && combining(cp) ? marks + 1 : 0;
        len = len == 0 ? 1 : len;
        if (marks <= MARKS_MAX)
            continue;
        text_visible(out, span_of(text.p + begin, i - begin));
        buf_printf(out, "\\u{%04x}", (unsigned)cp);
        begin = i + len;
    }
    text_visible(out, span_of(text.p + begin, text.n - begin));
}

/* utf8_beginning for what may not be UTF-8: there a byte is a character. */
static struct span beginning(struct span text, size_t bytes_max)
{
    struct span cut = utf8_beginning(text, bytes_max);

    if (cut.n + 3 < bytes_max && cut.n < text.n)
        cut.n = text.n < bytes_max ? text.n : bytes_max;
    return cut;
}

void document_text(struct buf *out, enum language language, struct span text)
{
    struct span shown = beginning(text, DOCUMENT_TEXT_BYTES_MAX);
    struct buf visible;

    buf_init(&visible, VISIBLE_BYTES_MAX * DOCUMENT_TEXT_BYTES_MAX);
    put_visible(&visible, shown);
    while (visible.n > DOCUMENT_TEXT_BYTES_MAX) {
        /* Nearer each time, since what is left out is a part of what is too much. */
        size_t over = visible.n - DOCUMENT_TEXT_BYTES_MAX;

        shown = beginning(text, shown.n - (over + VISIBLE_BYTES_MAX - 1) / VISIBLE_BYTES_MAX);
        buf_clear(&visible);
        put_visible(&visible, shown);
    }
    if (visible.status != 0) {
        out->status = visible.status;
    } else if (has_right_to_left(buf_view(&visible))) {
        buf_put_str(out, FSI);
        buf_put_span(out, buf_view(&visible));
        buf_put_str(out, PDI);
    } else {
        buf_put_span(out, buf_view(&visible));
    }
    if (shown.n < text.n)
        buf_printf(out, message_in(language, MESSAGE_DOCUMENT_CUT), text.n);
    buf_destroy(&visible);
}

/* The length of an isolated text, its marks included, at the beginning; 0 when it is none. */
static size_t isolate_bytes(struct span text)
{
    const uint8_t *end;

    if (text.n < 6 || memcmp(text.p, FSI, 3) != 0)
        return 0;
    end = memmem(text.p + 3, text.n - 3, PDI, 3);
    return end == NULL ? 0 : (size_t)(end - text.p) + 3;
}

static void put_plain_or_visible(struct buf *out, struct span text)
{
    if (utf8_plain(text))
        buf_put_span(out, text);
    else
        text_visible(out, text);
}

/* Plain text as it is, lines and isolates kept; anything else visible. */
static void put_safe(struct buf *out, struct span text, bool lines)
{
    size_t begin = 0, isolate;

    for (size_t i = 0; i < text.n; i++) {
        bool newline = lines && text.p[i] == '\n';

        isolate = newline ? 0 : isolate_bytes(span_of(text.p + i, text.n - i));
        if (!newline && isolate == 0)
            continue;
        put_plain_or_visible(out, span_of(text.p + begin, i - begin));
        if (newline) {
            buf_put_u8(out, '\n');
        } else {
            buf_put_str(out, FSI);
            put_plain_or_visible(out, span_of(text.p + i + 3, isolate - 6));
            buf_put_str(out, PDI);
            i += isolate - 1;
        }
        begin = i + 1;
    }
    put_plain_or_visible(out, span_of(text.p + begin, text.n - begin));
}

/* A copy; no_text and the document's error when there is no memory. */
static char *copy_text(struct document *d, struct span text, bool lines)
{
    struct span kept = beginning(text, DOCUMENT_BLOCK_BYTES_MAX);
    struct buf out;
    char *copy = NULL;

    if (d->err != 0 || text.n == 0)
        return no_text;
    buf_init(&out, VISIBLE_BYTES_MAX * (DOCUMENT_BLOCK_BYTES_MAX + 100));
    put_safe(&out, kept, lines);
    if (kept.n < text.n)
        buf_printf(&out, message_in(d->language, MESSAGE_DOCUMENT_CUT), text.n);
    copy = (char *)buf_take(&out, NULL);
    if (copy == NULL) {
        d->err = KEIIN_ENOMEM;
        copy = no_text;
    }
    buf_destroy(&out);
    return copy;
}

/* `count` empty texts. */
static char **texts_new(struct document *d, size_t count)
{
    char **texts;

    if (d->err != 0)
        return NULL;
    texts = malloc((count + 1) * sizeof *texts);
    if (texts == NULL) {
        d->err = KEIIN_ENOMEM;
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        texts[i] = no_text;
    return texts;
}

/* A block behind the others; NULL after an error. */
static struct block *add_block(struct document *d, enum block_type type)
{
    struct block *blocks;

    if (d->err != 0)
        return NULL;
    blocks = array_room(d->blocks, d->block_count, &d->block_cap, sizeof *blocks);
    if (blocks == NULL) {
        d->err = KEIIN_ENOMEM;
        return NULL;
    }
    d->blocks = blocks;
    blocks[d->block_count] = (struct block){.type = type};
    return &blocks[d->block_count++];
}

/* The last block, which is of this type; NULL after an error. */
static struct block *last_block(struct document *d, enum block_type type)
{
    if (d->err != 0)
        return NULL;
    assert(d->block_count > 0 && d->blocks[d->block_count - 1].type == type);
    return &d->blocks[d->block_count - 1];
}

void document_put_span(struct document *d, enum block_type type, struct span text)
{
    struct block *b = add_block(d, type);

    assert(type < BLOCK_LIST || type == BLOCK_FIXED);
    if (b != NULL)
        b->text = copy_text(d, text, type == BLOCK_FIXED);
}

void document_put(struct document *d, enum block_type type, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        d->err = KEIIN_ENOMEM;
        return;
    }
    document_put_span(d, type, span_of(text, (size_t)n));
    free(text);
}

void document_head(struct document *d, struct span title, struct span subtitle, struct span footer)
{
    text_free(d->title);
    text_free(d->subtitle);
    text_free(d->footer);
    d->title = copy_text(d, title, false);
    d->subtitle = copy_text(d, subtitle, false);
    d->footer = copy_text(d, footer, false);
}

void document_list(struct document *d, enum block_type type)
{
    assert(type == BLOCK_LIST || type == BLOCK_FACTS);
    (void)add_block(d, type);
}

void document_item(struct document *d, struct span text)
{
    struct block *b;
    char **items;

    if (d->err != 0)
        return;
    assert(d->block_count > 0);
    b = &d->blocks[d->block_count - 1];
    assert(b->type == BLOCK_LIST || b->type == BLOCK_FACTS);
    items = array_room(b->items, b->item_count, &b->item_cap, sizeof *items);
    if (items == NULL) {
        d->err = KEIIN_ENOMEM;
        return;
    }
    b->items = items;
    items[b->item_count++] = copy_text(d, text, false);
}

void document_table(struct document *d, const char *caption, const struct column *columns,
    size_t count, const char *empty)
{
    struct block *b = add_block(d, BLOCK_TABLE);
    struct document_table *t = b == NULL ? NULL : calloc(1, sizeof *t);

    assert(count > 0 && count <= DOCUMENT_COLUMNS_MAX);
    if (t == NULL) {
        d->err = KEIIN_ENOMEM;
        return;
    }
    b->table = t;
    t->headings = texts_new(d, count);
    t->kinds = malloc(count * sizeof *t->kinds);
    if (t->headings == NULL || t->kinds == NULL) {
        d->err = KEIIN_ENOMEM;
        return;
    }
    t->column_count = count;
    for (size_t i = 0; i < count; i++) {
        t->kinds[i] = columns[i].kind;
        t->headings[i] = copy_text(d, span_str(columns[i].heading), false);
    }
    t->caption = copy_text(d, span_str(caption), false);
    t->empty = copy_text(d, span_str(empty), false);
}

void document_row(struct document *d, bool total)
{
    struct block *b = last_block(d, BLOCK_TABLE);
    struct table_row *rows;

    if (b == NULL)
        return;
    rows = array_room(b->table->rows, b->table->row_count, &b->table->row_cap, sizeof *rows);
    if (rows == NULL) {
        d->err = KEIIN_ENOMEM;
        return;
    }
    b->table->rows = rows;
    rows += b->table->row_count;
    *rows = (struct table_row){texts_new(d, b->table->column_count), 0, total};
    if (rows->cells != NULL)
        b->table->row_count++;
}

void document_cell(struct document *d, struct span text)
{
    struct block *b = last_block(d, BLOCK_TABLE);
    struct table_row *row;

    if (b == NULL)
        return;
    assert(b->table->row_count > 0);
    row = &b->table->rows[b->table->row_count - 1];
    assert(row->filled < b->table->column_count);
    row->cells[row->filled++] = copy_text(d, text, false);
}

void document_table_note(struct document *d, struct span text)
{
    struct block *b = last_block(d, BLOCK_TABLE);

    if (b == NULL)
        return;
    text_free(b->table->note);
    b->table->note = copy_text(d, text, false);
}

void document_chart(struct document *d, enum chart_kind kind, const char *caption, const char *axis,
    size_t category_count, size_t series_count)
{
    struct block *b = add_block(d, BLOCK_CHART);
    struct document_chart *c = b == NULL ? NULL : calloc(1, sizeof *c);

    assert(series_count > 0 && series_count <= DOCUMENT_SERIES_MAX &&
           category_count < SIZE_MAX / 1024);
    if (c == NULL) {
        d->err = KEIIN_ENOMEM;
        return;
    }
    b->chart = c;
    c->kind = kind;
    c->categories = texts_new(d, category_count);
    c->series = texts_new(d, series_count);
    c->values = calloc(category_count * series_count + 1, sizeof *c->values);
    if (c->categories != NULL)
        c->category_count = category_count;
    if (c->series != NULL)
        c->series_count = series_count;
    if (c->values == NULL)
        d->err = KEIIN_ENOMEM;
    c->caption = copy_text(d, span_str(caption), false);
    c->axis = copy_text(d, span_str(axis), false);
}

void document_chart_category(struct document *d, size_t category, struct span text)
{
    struct block *b = last_block(d, BLOCK_CHART);

    if (b == NULL)
        return;
    assert(category < b->chart->category_count);
    text_free(b->chart->categories[category]);
    b->chart->categories[category] = copy_text(d, text, false);
}

void document_chart_series(struct document *d, size_t series, struct span text)
{
    struct block *b = last_block(d, BLOCK_CHART);

    if (b == NULL)
        return;
    assert(series < b->chart->series_count);
    text_free(b->chart->series[series]);
    b->chart->series[series] = copy_text(d, text, false);
}

void document_chart_value(
    struct document *d, size_t category, size_t series, uint64_t low, uint64_t high)
{
    struct block *b = last_block(d, BLOCK_CHART);

    if (b == NULL)
        return;
    assert(category < b->chart->category_count && series < b->chart->series_count && low <= high);
    b->chart->values[category * b->chart->series_count + series] = (struct chart_value){low, high};
}
