/* What was done with the data: approvals, volumes, accesses, provisions, emergencies, retention. */
#include <stdio.h>
#include <stdlib.h>

#include "verifier/report/period.h"
#include "verifier/report/sections_internal.h"

#define SERIES_MAX 6
#define PIECES_MAX 100

/* Accesses by piece of time and agency; agencies behind the last place share it. */
struct over_time {
    char labels[PIECES_MAX][PERIOD_LABEL_BYTES];
    uint64_t begins[PIECES_MAX];
    size_t pieces;
    const char *agencies[SERIES_MAX];
    size_t agency_count;
    bool shared;
    struct chart_value done[PIECES_MAX][SERIES_MAX];
};

static void set_pieces(const struct page *p, struct over_time *o)
{
    struct period period = {p->from, p->to, p->wording.zone_minutes, 1, {p->from, p->to}};

    for (uint64_t ms = p->from; ms < p->to && o->pieces < PIECES_MAX;
         ms = period_next(&period, ms)) {
        o->begins[o->pieces] = ms;
        period_label(&period, ms, o->labels[o->pieces++]);
    }
}

static size_t series_of(struct over_time *o, const char *agency)
{
    for (size_t i = 0; i < o->agency_count; i++)
        if (strcmp(o->agencies[i], agency) == 0)
            return i;
    if (o->agency_count == SERIES_MAX) {
        o->shared = true;
        return SERIES_MAX - 1;
    }
    o->agencies[o->agency_count] = agency;
    return o->agency_count++;
}

static void add_row(struct over_time *o, const json_t *row)
{
    const char *time = json_string_value(json_object_get(row, "time"));
    const char *agency = json_string_value(json_object_get(row, "agency"));
    const json_t *done = json_object_get(row, "done");
    struct chart_value *value;
    size_t i = 0;

    while (time != NULL && i < o->pieces && strcmp(o->labels[i], time) != 0)
        i++;
    if (time == NULL || agency == NULL || i == o->pieces)
        return;
    value = &o->done[i][series_of(o, agency)];
    value->low += figure_low(done);
    value->high += figure_high(done);
}

/* A label of the report is a year, a month or a day. */
enum { YEAR_BYTES = 4, MONTH_BYTES = 7 };

static enum message caption_of(const struct over_time *o)
{
    size_t n = strlen(o->labels[0]);

    return n <= YEAR_BYTES    ? MESSAGE_REPORT_CHART_ACCESSES
           : n <= MONTH_BYTES ? MESSAGE_REPORT_CHART_ACCESSES_MONTHS
                              : MESSAGE_REPORT_CHART_ACCESSES_DAYS;
}

/* A piece of time in few letters: without the year, or the month, where it is that of all. */
static void put_category(struct page *p, const struct over_time *o, size_t i)
{
    const char *label = o->labels[i], *first = o->labels[0], *last = o->labels[o->pieces - 1];
    bool one_year = strncmp(first, last, YEAR_BYTES) == 0;
    bool one_month = strncmp(first, last, MONTH_BYTES) == 0;
    bool japanese = p->wording.language == LANGUAGE_JA;
    struct civil c;
    struct buf text;

    buf_init(&text, 256);
    civil_of(&c, o->begins[i], p->wording.zone_minutes);
    if (strlen(label) <= YEAR_BYTES)
        buf_put_str(&text, label);
    else if (strlen(label) <= MONTH_BYTES && one_year && japanese)
        buf_printf(&text, "%u月", c.month);
    else if (strlen(label) <= MONTH_BYTES)
        wording_month(&text, &p->wording, o->begins[i]);
    else if (one_month)
        buf_printf(&text, "%u", c.day);
    else if (one_year && japanese)
        buf_printf(&text, "%u月%u日", c.month, c.day);
    else
        wording_date(&text, &p->wording, o->begins[i]);
    if (strlen(label) == MONTH_BYTES && one_year && !japanese)
        text.n = text.n < 3 ? text.n : 3; /* of the month's name */
    document_chart_category(p->d, i, buf_view(&text));
    buf_destroy(&text);
}

static void draw(struct page *p, const struct over_time *o)
{
    struct document *d = p->d;

    document_chart(d, CHART_STACKED, message_in(p->wording.language, caption_of(o)),
        WORDS(p, AXIS_ACCESSES), o->pieces, o->agency_count);
    for (size_t s = 0; s < o->agency_count; s++)
        document_chart_series(
            d, s, span_str(o->shared && s + 1 == SERIES_MAX ? WORDS(p, OTHER) : o->agencies[s]));
    for (size_t i = 0; i < o->pieces; i++) {
        put_category(p, o, i);
        for (size_t s = 0; s < o->agency_count; s++)
            document_chart_value(d, i, s, o->done[i][s].low, o->done[i][s].high);
    }
}

static void put_accesses_over_time(struct page *p)
{
    json_t *rows = (json_t *)page_rows(p, FIGURES_ACCESSES_OVER_TIME), *row;
    struct over_time *o = calloc(1, sizeof *o);
    size_t i;

    if (o == NULL) {
        p->d->err = KEIIN_ENOMEM;
        return;
    }
    set_pieces(p, o);
    json_array_foreach (rows, i, row)
        add_row(o, row);
    if (o->agency_count > 0 && o->pieces > 1)
        draw(p, o);
    free(o);
}

static void put_volumes_chart(struct page *p)
{
    static const unsigned columns[] = {
        VOLUMES_RECEIVED, VOLUMES_SELECTED, VOLUMES_DISCARDED, VOLUMES_ERASED};
    static const enum message names[] = {MESSAGE_REPORT_COLUMN_VOLUMES_RECEIVED,
        MESSAGE_REPORT_COLUMN_VOLUMES_SELECTED, MESSAGE_REPORT_COLUMN_VOLUMES_DISCARDED,
        MESSAGE_REPORT_COLUMN_VOLUMES_ERASED};
    size_t used = 0, c = 0;

    for (size_t i = 0; i < 4; i++)
        used += figure_high(page_total(p, FIGURES_VOLUMES, columns[i])) > 0;
    if (used < 2)
        return;
    document_chart(p->d, CHART_BARS, WORDS(p, CHART_VOLUMES), WORDS(p, AXIS_ITEMS), used, 1);
    document_chart_series(p->d, 0, span_str(WORDS(p, AXIS_ITEMS)));
    for (size_t i = 0; i < 4; i++) {
        const json_t *value = page_total(p, FIGURES_VOLUMES, columns[i]);

        if (figure_high(value) == 0)
            continue;
        document_chart_category(p->d, c, span_str(message_in(p->wording.language, names[i])));
        document_chart_value(p->d, c, 0, figure_low(value), figure_high(value));
        c++;
    }
}

void section_work(struct page *p)
{
    SAY(p, SECTION, SECTION_APPROVALS);
    SAY(p, PARAGRAPH, APPROVALS_INTRO);
    put_table(p, FIGURES_APPROVALS, COLUMNS_ALL);
    SAY(p, SECTION, SECTION_VOLUMES);
    SAY(p, PARAGRAPH, VOLUMES_INTRO);
    put_volumes_chart(p);
    put_table(p, FIGURES_VOLUMES, COLUMNS_ALL);
    SAY(p, SECTION, SECTION_ACCESSES);
    SAY(p, PARAGRAPH, ACCESSES_INTRO);
    put_accesses_over_time(p);
    put_table(p, FIGURES_ACCESSES, COLUMNS_ALL);
    SAY(p, SECTION, SECTION_PROVISIONS);
    SAY(p, PARAGRAPH, PROVISIONS_INTRO);
    put_table(p, FIGURES_PROVISIONS, COLUMNS_ALL);
    put_table(p, FIGURES_RECIPIENTS, COLUMNS_ALL);
    SAY(p, SECTION, SECTION_EMERGENCIES);
    SAY(p, PARAGRAPH, EMERGENCIES_INTRO);
    put_table(p, FIGURES_EMERGENCIES, COLUMNS_ALL);
    SAY(p, SECTION, SECTION_RETENTION);
    SAY(p, PARAGRAPH, RETENTION_INTRO);
    put_table(p, FIGURES_RETENTION, COLUMNS_ALL);
    SAY(p, SECTION, SECTION_INCIDENTS);
    SAY(p, PARAGRAPH, INCIDENTS_INTRO);
    put_table(p, FIGURES_INCIDENTS, COLUMNS_ALL);
}
