#include "verifier/report/sections_internal.h"

#include "core/text.h"
#include "verifier/report/report.h"

const json_t *page_ledger(const struct page *p, const char *member)
{
    return json_object_get(json_object_get(p->report, "ledger"), member);
}

static const json_t *table_of(const struct page *p, enum figure_table_number table)
{
    return json_object_get(json_object_get(p->report, "figures"), figure_tables[table].name);
}

const json_t *page_rows(const struct page *p, enum figure_table_number table)
{
    return json_object_get(table_of(p, table), "rows");
}

const json_t *page_total(const struct page *p, enum figure_table_number table, unsigned column)
{
    return json_object_get(
        json_object_get(table_of(p, table), "total"), figure_tables[table].columns[column].name);
}

void fact(struct page *p, enum message what, const char *value)
{
    document_item(p->d, span_str(message_in(p->wording.language, what)));
    document_item(p->d, span_str(value));
}

static bool time_of(const json_t *text, uint64_t *ms)
{
    return json_is_string(text) && time_parse(span_str(json_string_value(text)), ms);
}

static bool begins_day(const struct page *p, uint64_t ms)
{
    struct civil c;

    civil_of(&c, ms, p->wording.zone_minutes);
    return c.hour == 0 && c.minute == 0 && c.second == 0 && c.millisecond == 0;
}

/* The period in words. */
static void put_period(const struct page *p, struct buf *out)
{
    bool days = begins_day(p, p->from) && begins_day(p, p->to) && p->to > p->from;
    struct buf from, to;

    buf_init(&from, 256);
    buf_init(&to, 256);
    if (days) {
        wording_date(&from, &p->wording, p->from);
        wording_date(&to, &p->wording, p->to - 1);
    } else {
        wording_time(&from, &p->wording, p->from);
        wording_time(&to, &p->wording, p->to);
    }
    buf_put_u8(&from, 0);
    buf_put_u8(&to, 0);
    if (buf_status(&from) == 0 && buf_status(&to) == 0)
        buf_printf(out, days ? WORDS(p, PERIOD_DAYS) : WORDS(p, PERIOD_TIMES), (char *)from.p,
            (char *)to.p);
    buf_destroy(&from);
    buf_destroy(&to);
}

static void put_head(struct page *p)
{
    struct buf period, zone, subtitle, footer;
    struct shown origin, size, id;

    buf_init(&period, 1024);
    buf_init(&zone, 256);
    buf_init(&subtitle, 4096);
    buf_init(&footer, 16 * 1024);
    put_period(p, &period);
    buf_put_u8(&period, 0);
    wording_zone(&zone, &p->wording);
    buf_put_u8(&zone, 0);
    show_number(&size, (uint64_t)json_integer_value(page_ledger(p, "size")));
    show_text(p, &origin, page_ledger(p, "origin"));
    show_text(p, &id, page_ledger(p, "id"));
    id.text[16] = 0;
    if (buf_status(&period) == 0 && buf_status(&zone) == 0)
        buf_printf(&subtitle, WORDS(p, SUBTITLE), (char *)period.p,
            p->is_public ? WORDS(p, FOR_PUBLIC) : WORDS(p, FOR_COMMITTEE), (char *)zone.p);
    buf_printf(&footer, WORDS(p, FOOTER), origin.text, size.text, id.text);
    document_head(p->d, span_str(WORDS(p, TITLE)), buf_view(&subtitle), buf_view(&footer));
    buf_destroy(&period);
    buf_destroy(&zone);
    buf_destroy(&subtitle);
    buf_destroy(&footer);
}

int report_document(const json_t *report, enum language language, bool era, struct document *out)
{
    const json_t *period = json_object_get(report, "period");
    const json_t *zone = json_object_get(period, "zone");
    const char *format = json_string_value(json_object_get(report, "format"));
    const char *profile = json_string_value(json_object_get(report, "profile"));
    int minutes = 0;
    struct page p = {.report = report, .d = out, .wording = {.language = language, .era = era}};

    if (format == NULL || strcmp(format, REPORT_FORMAT) != 0 || profile == NULL ||
        !time_of(json_object_get(period, "from"), &p.from) ||
        !time_of(json_object_get(period, "to"), &p.to))
        return KEIIN_EMALFORMED;
    p.is_public = strcmp(profile, "public") == 0;
    if (!json_is_string(zone) || !zone_parse(span_str(json_string_value(zone)), &minutes))
        return KEIIN_EMALFORMED;
    p.wording.zone_minutes = minutes;
    if (!time_of(page_ledger(&p, "vouched_at"), &out->created_ms))
        out->created_ms = p.to;
    put_head(&p);
    section_verdict(&p);
    section_summary(&p);
    section_health(&p);
    section_work(&p);
    section_findings(&p);
    section_committee(&p);
    section_cannot(&p);
    section_method(&p);
    section_basis(&p);
    return out->err;
}
