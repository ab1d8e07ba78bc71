/* Findings, and what the committee did. */
#include <stdio.h>

#include "verifier/report/sections_internal.h"

static void put_records(const struct page *p, const json_t *records, struct buf *out)
{
    json_t *record;
    size_t i;

    json_array_foreach ((json_t *)records, i, record) {
        if (!json_is_string(record))
            continue;
        if (i > 0)
            buf_put_str(out, p->wording.language == LANGUAGE_JA ? "、" : ", ");
        document_text(out, p->wording.language, span_str(json_string_value(record)));
    }
}

static void put_finding(struct page *p, const json_t *f)
{
    struct shown rule, name, id;
    struct buf records, sentence;

    buf_init(&records, 64 * 1024);
    buf_init(&sentence, 64 * 1024);
    show_title(p, &rule, "rule", json_object_get(f, "rule"));
    show_text(p, &name, json_object_get(f, "rule"));
    show_text(p, &id, json_object_get(f, "id"));
    id.text[16] = 0;
    put_records(p, json_object_get(f, "records"), &records);
    if (json_is_true(json_object_get(f, "open")))
        buf_put_str(&sentence, WORDS(p, LIST_OPEN));
    put_sentence(p, f, &sentence);
    buf_put_u8(&records, 0);
    if (buf_status(&records) == 0)
        buf_printf(&sentence, WORDS(p, LIST_WHERE), name.text, (char *)records.p, id.text);
    document_row(p->d, false);
    document_cell(p->d, span_str(rule.text));
    document_cell(p->d, buf_view(&sentence));
    buf_destroy(&records);
    buf_destroy(&sentence);
}

static void put_list(struct page *p)
{
    const json_t *list = json_object_get(p->report, "findings");
    const json_t *more = json_object_get(p->report, "findings_not_listed");
    const struct column columns[] = {
        {COLUMN_TEXT, WORDS(p, LIST_RULE)}, {COLUMN_TEXT, WORDS(p, LIST_SENTENCE)}};
    struct shown count;
    json_t *f;
    size_t i;

    if (json_array_size(list) == 0)
        return;
    document_table(p->d, WORDS(p, FINDINGS_LIST), columns, 2, WORDS(p, NO_ROWS));
    json_array_foreach ((json_t *)list, i, f)
        put_finding(p, f);
    if (figure_low(more) > 0)
        PUT(p, PARAGRAPH, NOT_LISTED, show_number(&count, figure_low(more)));
}

void section_findings(struct page *p)
{
    SAY(p, SECTION, SECTION_FINDINGS);
    SAY(p, PARAGRAPH, FINDINGS_INTRO);
    if (!p->is_public) /* the ends of ranges that chance rounded are no picture of anything */
        put_chart_of_rows(p, FIGURES_FINDINGS, FINDINGS_FOUND, MESSAGE_REPORT_CHART_FINDINGS,
            MESSAGE_REPORT_AXIS_FINDINGS);
    put_table(p, FIGURES_FINDINGS, COLUMNS_ALL);
    put_list(p);
}

void section_committee(struct page *p)
{
    SAY(p, SECTION, SECTION_COMMITTEE);
    SAY(p, PARAGRAPH, COMMITTEE_INTRO);
    put_table(p, FIGURES_ACTS, COLUMNS_ALL);
    put_table(p, FIGURES_ANSWERS, COLUMNS_ALL);
}
