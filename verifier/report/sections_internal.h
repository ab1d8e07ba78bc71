/* What the sections of a report share. */
#ifndef KEIIN_VERIFIER_REPORT_SECTIONS_INTERNAL_H
#define KEIIN_VERIFIER_REPORT_SECTIONS_INTERNAL_H

#include "system/messages.h"
#include "verifier/report/figures.h"
#include "verifier/report/sections.h"

struct page {
    const json_t *report;
    struct document *d;
    struct wording wording;
    bool is_public;
    uint64_t from, to;
};

/* A sentence in the page's language. */
#define WORDS(page, id) message_in((page)->wording.language, MESSAGE_REPORT_##id)
#define SAY(page, type, id) document_put_span((page)->d, BLOCK_##type, span_str(WORDS(page, id)))
/* The same with arguments. */
#define PUT(page, type, id, ...) document_put((page)->d, BLOCK_##type, WORDS(page, id), __VA_ARGS__)

/* A text as it is shown: visible, of bounded length, and a C string. */
struct shown {
    char text[4 * DOCUMENT_TEXT_BYTES_MAX];
};
const char *show_text(const struct page *p, struct shown *out, const json_t *text);
const char *show_number(struct shown *out, uint64_t n);
const char *show_duration(const struct page *p, struct shown *out, uint64_t ms);
/* Of an RFC 3339 string; "none" when it is none. */
const char *show_time(const struct page *p, struct shown *out, const json_t *time);
/* A figure of the report: a number, a range, something withheld. */
const char *show_figure(
    const struct page *p, struct shown *out, enum figure_unit unit, const json_t *value);
/* The value of a key: a word of the vocabulary's in the language, a rule by its title. */
const char *show_key(const struct page *p, struct shown *out, const char *key, const json_t *value);
/* The same, but a rule without its name. */
const char *show_title(
    const struct page *p, struct shown *out, const char *key, const json_t *value);

/* What a finding says, in the language. */
void put_sentence(const struct page *p, const json_t *finding, struct buf *out);

/* Members of the report; NULL when there is none. */
const json_t *page_ledger(const struct page *p, const char *member);
const json_t *page_rows(const struct page *p, enum figure_table_number table);
const json_t *page_total(const struct page *p, enum figure_table_number table, unsigned column);
/* The number of a figure; the least that a range allows. */
uint64_t figure_low(const json_t *value);
uint64_t figure_high(const json_t *value);

void fact(struct page *p, enum message what, const char *value);

/* A table with its keys, and of its columns those that `columns` names (bits). */
void put_table(struct page *p, enum figure_table_number table, uint32_t columns);
#define COLUMNS_ALL UINT32_MAX
/* A bar a row, of one column; nothing where no row has any. */
void put_chart_of_rows(struct page *p, enum figure_table_number table, unsigned column,
    enum message caption, enum message axis);

void section_verdict(struct page *p);
void section_summary(struct page *p);
void section_health(struct page *p);
void section_work(struct page *p);
void section_findings(struct page *p);
void section_committee(struct page *p);
void section_cannot(struct page *p);
void section_method(struct page *p);
void section_basis(struct page *p);

#endif
