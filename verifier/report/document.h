/*
 * A document as it is to be read: what a report or a work sheet says, in one language, before it
 * is HTML, PDF or CSV. Blocks in their order; texts are copied. Text from outside goes through
 * `document_text`, which makes it visible and bounds its length. What is put in without it and is
 * not plain UTF-8 is made visible all the same, and no text outgrows DOCUMENT_BLOCK_BYTES_MAX; the
 * renderers escape what their format needs, so that no text can be more than text. One thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_DOCUMENT_H
#define KEIIN_VERIFIER_REPORT_DOCUMENT_H

#include <stdio.h>

#include "core/bytes.h"
#include "core/language.h"

/* Of one text from outside as shown; what is longer is cut at a character, and says how long it was. */
#define DOCUMENT_TEXT_BYTES_MAX 2000
/* Of one text of a block, sentences and all; what is longer is cut in the same way. */
#define DOCUMENT_BLOCK_BYTES_MAX (256 * 1024)
#define DOCUMENT_COLUMNS_MAX 32
/* Of a chart; categories above these are left out, and the chart says how many. */
#define DOCUMENT_CATEGORIES_MAX 100
#define DOCUMENT_SERIES_MAX 6

enum block_type {
    BLOCK_SECTION, /* text: its heading; numbered, in the contents */
    BLOCK_SUBSECTION, /* text: its heading; not in the contents */
    BLOCK_PARAGRAPH, /* text */
    BLOCK_NOTICE, /* text that stands out: what a reader must not miss */
    BLOCK_ALARM, /* the same, where something is wrong */
    BLOCK_GOOD, /* the same, where all is well */
    BLOCK_LIST, /* items, a point each */
    BLOCK_FACTS, /* items in pairs: what, value */
    BLOCK_FIXED, /* text in fixed width, lines kept: a note, a digest */
    BLOCK_TABLE,
    BLOCK_CHART
};

enum column_kind {
    COLUMN_TEXT, /* from the left, wraps anywhere if it must */
    COLUMN_NUMBER, /* from the right, does not wrap */
    COLUMN_SHORT, /* a time, a word: from the left, wraps only at spaces */
    COLUMN_EMPTY /* room to write in by hand; wide */
};

struct column {
    enum column_kind kind;
    const char *heading; /* borrowed until document_table returns */
};

struct table_row {
    char **cells; /* as many as columns; never NULL, "" where none was put */
    size_t filled; /* how many were put */
    bool total; /* a sum of those above */
};
struct document_table {
    char *caption;
    size_t column_count;
    enum column_kind *kinds;
    char **headings;
    struct table_row *rows;
    size_t row_count, row_cap;
    char *empty; /* said where there is no row */
    char *note; /* below the table, or NULL */
};

enum chart_kind {
    CHART_BARS, /* a bar a category, its series side by side (one series: one colour) */
    CHART_STACKED /* a bar a category, its series on top of each other */
};
/* A value that is not known exactly reaches from low to high. */
struct chart_value {
    uint64_t low, high;
};
struct document_chart {
    enum chart_kind kind;
    char *caption;
    char *axis; /* what is counted */
    char **categories; /* in order; never NULL */
    size_t category_count;
    char **series; /* names; never NULL */
    size_t series_count;
    struct chart_value *values; /* category_count * series_count, a category after the other */
};

struct block {
    enum block_type type;
    char *text; /* or NULL */
    char **items;
    size_t item_count, item_cap;
    struct document_table *table;
    struct document_chart *chart;
};

struct document {
    enum language language;
    char *title, *subtitle;
    char *footer; /* at the foot of each page: what it belongs to */
    struct block *blocks;
    size_t block_count, block_cap;
    uint64_t created_ms; /* for the PDF's metadata: the time of what it rests on */
    /* JSON that an HTML file carries along (html.h); borrowed until it is rendered. None: n is 0. */
    struct span embedded;
    int err; /* the first error, KEIIN_ENOMEM: sticks; nothing is rendered */
};

void document_init(struct document *d, enum language language);
void document_destroy(struct document *d);

/*
 * Text from outside, visible and of bounded length, appended to `out`. Text with letters that run
 * from right to left stands between U+2068 and U+2069, so that it does not reorder the sentence
 * around it; no text from outside can hold these itself.
 */
void document_text(struct buf *out, enum language language, struct span text);

/*
 * Blocks with a text. What stands before the first section comes between the title and the
 * contents, on the first page. `format` is a sentence of the program's own, never text from outside.
 */
void document_put(struct document *d, enum block_type type, const char *format, ...)
    KEIIN_PRINTF(3, 4);
/* The same from bytes, already visible. */
void document_put_span(struct document *d, enum block_type type, struct span text);
/* Title, subtitle and footer. */
void document_head(struct document *d, struct span title, struct span subtitle, struct span footer);

/* A list of points or facts: opens one, and adds to the last block, which must be it. */
void document_list(struct document *d, enum block_type type);
void document_item(struct document *d, struct span text);

/*
 * A table: opened, then rows with a cell a column, from the first on. Headings and texts are
 * copied. `empty` is what stands there without a row. A table with the caption "" has no number: it
 * belongs to what stands before it.
 */
void document_table(struct document *d, const char *caption, const struct column *columns,
    size_t count, const char *empty);
void document_row(struct document *d, bool total);
void document_cell(struct document *d, struct span text);
void document_table_note(struct document *d, struct span text);

/* A chart, and then what it shows; names start empty, values as zeros. */
void document_chart(struct document *d, enum chart_kind kind, const char *caption, const char *axis,
    size_t category_count, size_t series_count);
void document_chart_category(struct document *d, size_t category, struct span text);
void document_chart_series(struct document *d, size_t series, struct span text);
void document_chart_value(
    struct document *d, size_t category, size_t series, uint64_t low, uint64_t high);

/*
 * Renderers; errors are KEIIN_ENOMEM, KEIIN_ELIMIT (more than `out` may hold) and KEIIN_EIO. The
 * same document gives the same bytes, whatever the locale, zone and time of day.
 * HTML: one file, no script that runs, nothing from elsewhere.
 * CSV: the tables alone, each behind a line with its caption and before an empty one; with a byte
 * order mark, without which Excel does not take it for UTF-8; formulas defused, and numbers
 * (COLUMN_NUMBER, digits with commas) without their commas.
 * PDF: A4 by cairo and pango; KEIIN_EUSAGE in a build without them, KEIIN_EABSENT where no font has
 * the document's language. Without memory for their own glib ends the process.
 */
int document_html(const struct document *d, struct buf *out) KEIIN_MUST_USE;
int document_csv(const struct document *d, struct buf *out) KEIIN_MUST_USE;
int document_pdf(const struct document *d, FILE *to, struct why *why) KEIIN_MUST_USE;

/*
 * A field of CSV (RFC 4180) that no spreadsheet takes for a formula: a text that begins with
 * = + - @ (narrow or wide), tab, CR or LF gets an apostrophe before it.
 */
void csv_field(struct buf *out, struct span text);

#endif
