/* What was done with the data: approvals, volumes, accesses, provisions, emergencies, retention. */
#include <stdio.h>
#include <stdlib.h>

#include "verifier/report/period.h"
#include "verifier/report/sections_internal.h"

#define SERIES_MAX 6
#define PIECES_MAX 100

/* The pieces of time of the period, as labels. */
static size_t pieces(const struct page *p, char labels[][PERIOD_LABEL_BYTES])
{
    struct period period = {p->from, p->to, p->wording.zone_minutes, 1, {p->from, p->to}};
    size_t count = 0;

    for (uint64_t ms = p->from; ms < p->to && count < PIECES_MAX; ms = period_next(&period, ms))
        period_label(&period, ms, labels[count++]);
    return count;
}

/* Agencies by what they did most; those behind the last place share it. */
struct agencies {
    const char *names[SERIES_MAX];
    size_t count;
};

static size_t series_of(struct agencies *a, const char *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->names[i], name) == 0)
            return i;
    if (a->count == SERIES_MAX)
        return SERIES_MAX - 1;
    a->names[a->count] = name;
    return a->count++;
}

static void add_value(struct chart_value *to, const json_t *value)
{
    to->low += figure_low(value);
    to->high += figure_high(value);
}

static void put_accesses_over_time(struct page *p)
{
    json_t *rows = (json_t *)page_rows(p, FIGURES_ACCESSES_OVER_TIME), *row;
    char(*labels)[PERIOD_LABEL_BYTES] = calloc(PIECES_MAX, sizeof *labels);
    struct agencies agencies = {{NULL}, 0};
    struct document_chart *chart;
    size_t count, i;

    if (labels == NULL) {
        p->d->err = KEIIN_ENOMEM;
        return;
    }
    count = pieces(p, labels);
    json_array_foreach(rows, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "agency"));

        if (name != NULL)
            (void)series_of(&agencies, name);
    }
    if (agencies.count == 0 || count < 2)
        goto out;
    chart = document_chart(p->d, CHART_STACKED, WORDS(p, CHART_ACCESSES), WORDS(p, AXIS_ACCESSES),
        count, agencies.count);
    for (i = 0; i < count; i++)
        document_chart_category(p->d, i, span_str(labels[i]));
    for (i = 0; i < agencies.count; i++)
        document_chart_series(
            p->d, i, span_str(i + 1 == SERIES_MAX ? WORDS(p, OTHER) : agencies.names[i]));
    json_array_foreach(rows, i, row)
    {
        const char *time = json_string_value(json_object_get(row, "time"));
        const char *name = json_string_value(json_object_get(row, "agency"));
        size_t k = 0;

        while (time != NULL && k < count && strcmp(labels[k], time) != 0)
            k++;
        if (chart != NULL && time != NULL && name != NULL && k < count)
            add_value(&chart->values[k * agencies.count + series_of(&agencies, name)],
                json_object_get(row, "done"));
    }
out:
    free(labels);
}

static void put_volumes_chart(struct page *p)
{
    static const unsigned columns[] = {
        VOLUMES_RECEIVED, VOLUMES_SELECTED, VOLUMES_DISCARDED, VOLUMES_ERASED};
    static const enum message names[] = {MESSAGE_REPORT_COLUMN_VOLUMES_RECEIVED,
        MESSAGE_REPORT_COLUMN_VOLUMES_SELECTED, MESSAGE_REPORT_COLUMN_VOLUMES_DISCARDED,
        MESSAGE_REPORT_COLUMN_VOLUMES_ERASED};
    struct document_chart *chart;
    size_t used = 0, c = 0;

    for (size_t i = 0; i < 4; i++)
        used += figure_high(page_total(p, FIGURES_VOLUMES, columns[i])) > 0;
    if (used < 2)
        return;
    chart =
        document_chart(p->d, CHART_BARS, WORDS(p, CHART_VOLUMES), WORDS(p, AXIS_ITEMS), used, 1);
    document_chart_series(p->d, 0, span_str(WORDS(p, AXIS_ITEMS)));
    for (size_t i = 0; i < 4; i++) {
        const json_t *value = page_total(p, FIGURES_VOLUMES, columns[i]);

        if (figure_high(value) == 0)
            continue;
        document_chart_category(p->d, c, span_str(message_in(p->wording.language, names[i])));
        if (chart != NULL)
            chart->values[c] = (struct chart_value){figure_low(value), figure_high(value)};
        c++;
    }
}

void section_work(struct page *p)
{
    PUT(p, SECTION, SECTION_APPROVALS);
    put_table(p, FIGURES_APPROVALS, COLUMNS_ALL);
    PUT(p, SECTION, SECTION_VOLUMES);
    put_volumes_chart(p);
    put_table(p, FIGURES_VOLUMES, COLUMNS_ALL);
    PUT(p, SECTION, SECTION_ACCESSES);
    put_accesses_over_time(p);
    put_table(p, FIGURES_ACCESSES, COLUMNS_ALL);
    PUT(p, SECTION, SECTION_PROVISIONS);
    put_table(p, FIGURES_PROVISIONS, COLUMNS_ALL);
    put_table(p, FIGURES_RECIPIENTS, COLUMNS_ALL);
    PUT(p, SECTION, SECTION_EMERGENCIES);
    put_table(p, FIGURES_EMERGENCIES, COLUMNS_ALL);
    PUT(p, SECTION, SECTION_RETENTION);
    put_table(p, FIGURES_RETENTION, COLUMNS_ALL);
    PUT(p, SECTION, SECTION_INCIDENTS);
    put_table(p, FIGURES_INCIDENTS, COLUMNS_ALL);
}
