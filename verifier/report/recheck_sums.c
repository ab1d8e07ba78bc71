/* What the numbers of a report must be to each other, whatever the ledger says. */
#include <stdio.h>

#include "core/text.h"
#include "core/wording.h"
#include "system/json.h"
#include "verifier/check/finding.h"
#include "verifier/report/period.h"
#include "verifier/report/public_range.h"
#include "verifier/report/recheck_internal.h"

static const json_t *rows_of(const json_t *report, enum figure_table_number table)
{
    return recheck_at(recheck_at(recheck_at(report, "figures"), figure_tables[table].name), "rows");
}

static uint64_t add_up(const json_t *report, enum figure_table_number table, unsigned column)
{
    const json_t *row;
    uint64_t total = 0;
    size_t i;

    json_array_foreach (rows_of(report, table), i, row)
        total = figure_sum(total, recheck_number(row, figure_tables[table].columns[column].name));
    return total;
}

/* "figures.accesses[agency=npa, action=view].done" */
void recheck_cell_path(
    struct buf *out, const struct figure_table *table, const json_t *row, const char *column)
{
    buf_printf(out, "figures.%s[", table->name);
    for (int k = 0; table->keys[k] != NULL; k++)
        buf_printf(out, "%s%s=%s", k == 0 ? "" : ", ", table->keys[k],
            json_is_string(recheck_at(row, table->keys[k])) ? recheck_string(row, table->keys[k])
                                                            : "?");
    buf_printf(out, "]%s%s", column[0] == '\0' ? "" : ".", column);
}

static void differ(struct recheck *r, struct buf *where, uint64_t said, uint64_t found)
{
    char texts[2][32];

    snprintf(texts[0], sizeof texts[0], "%llu", (unsigned long long)said);
    snprintf(texts[1], sizeof texts[1], "%llu", (unsigned long long)found);
    buf_put_u8(where, 0);
    if (buf_status(where) != 0)
        r->err = KEIIN_ENOMEM;
    else
        recheck_problem(r, RECHECK_SUM, (const char *)where->p, texts[0], texts[1]);
}

static void hold(struct recheck *r, const char *where, uint64_t said, uint64_t found)
{
    struct buf path;

    r->sums++;
    if (said == found)
        return;
    buf_init(&path, 4096);
    buf_put_str(&path, where);
    differ(r, &path, said, found);
    buf_destroy(&path);
}

static void hold_cell(struct recheck *r, enum figure_table_number table, const json_t *row,
    unsigned column, uint64_t found)
{
    const char *name = figure_tables[table].columns[column].name;
    uint64_t said = recheck_number(row, name);
    struct buf path;

    r->sums++;
    if (said == found)
        return;
    buf_init(&path, 4096);
    recheck_cell_path(&path, &figure_tables[table], row, name);
    differ(r, &path, said, found);
    buf_destroy(&path);
}

/* --- Of every table. */

static int compare_keys(const struct figure_table *table, const json_t *a, const json_t *b)
{
    int order = 0;

    for (int k = 0; order == 0 && table->keys[k] != NULL; k++)
        order = span_cmp(span_str(recheck_string(a, table->keys[k])),
            span_str(recheck_string(b, table->keys[k])));
    return order;
}

/* Rows stand in the order of their keys, each once. */
static void check_order(struct recheck *r, const json_t *report, enum figure_table_number number)
{
    const struct figure_table *table = &figure_tables[number];
    const json_t *rows = rows_of(report, number), *row, *before = NULL;
    struct buf path;
    size_t i;

    buf_init(&path, 4096);
    json_array_foreach (rows, i, row) {
        if (before != NULL && compare_keys(table, before, row) >= 0) {
            buf_clear(&path);
            recheck_cell_path(&path, table, row, "");
            buf_put_u8(&path, 0);
            if (buf_status(&path) == 0)
                recheck_problem(r, RECHECK_SUM, (const char *)path.p,
                    "the row is there twice, or not in its order", NULL);
        }
        before = row;
    }
    buf_destroy(&path);
}

/* Totals are the sums of rows. */
static void check_totals(struct recheck *r, const json_t *report, enum figure_table_number number)
{
    const struct figure_table *table = &figure_tables[number];
    const json_t *total =
        recheck_at(recheck_at(recheck_at(report, "figures"), table->name), "total");
    struct buf path;

    buf_init(&path, 4096);
    for (unsigned c = 0; !table->listed && table->columns[c].name != NULL; c++) {
        if (table->columns[c].unit != FIGURE_COUNT)
            continue;
        buf_clear(&path);
        buf_printf(&path, "figures.%s.total.%s", table->name, table->columns[c].name);
        buf_put_u8(&path, 0);
        if (buf_status(&path) == 0)
            hold(r, (const char *)path.p, recheck_number(total, table->columns[c].name),
                add_up(report, number, c));
    }
    buf_destroy(&path);
}

/* --- Between columns and tables. */

/* That a column is the sum of others in its row. */
static void parts(struct recheck *r, const json_t *report, enum figure_table_number table,
    unsigned whole, unsigned first, unsigned last)
{
    const json_t *row;
    size_t i;

    json_array_foreach (rows_of(report, table), i, row) {
        uint64_t all = 0;

        for (unsigned c = first; c <= last; c++)
            all = figure_sum(all, recheck_number(row, figure_tables[table].columns[c].name));
        hold_cell(r, table, row, whole, all);
    }
}

/* A column of a table's rows, added up by their first key; json_decref. */
static json_t *by_first_key(
    struct recheck *r, const json_t *report, enum figure_table_number table, unsigned column)
{
    const struct figure_table *t = &figure_tables[table];
    json_t *sums = json_object();
    const json_t *row;
    size_t i;

    json_array_foreach (rows_of(report, table), i, row) {
        const char *key = recheck_string(row, t->keys[0]);
        uint64_t all = figure_sum((uint64_t)json_integer_value(json_object_get(sums, key)),
            recheck_number(row, t->columns[column].name));

        if (json_object_set_new(
                sums, key, json_integer(all > INT64_MAX ? INT64_MAX : (json_int_t)all)) != 0)
            r->err = KEIIN_ENOMEM;
    }
    return sums;
}

/* That each row's column is what another table's rows with the same key come to. */
static void same(struct recheck *r, const json_t *report, enum figure_table_number table,
    unsigned column, enum figure_table_number other, unsigned other_column)
{
    json_t *sums = by_first_key(r, report, other, other_column);
    const json_t *row;
    size_t i;

    json_array_foreach (rows_of(report, table), i, row)
        hold_cell(r, table, row, column,
            recheck_number(sums, recheck_string(row, figure_tables[table].keys[0])));
    json_decref(sums);
}

static void same_totals(struct recheck *r, const json_t *report, enum figure_table_number table,
    unsigned column, enum figure_table_number other, unsigned other_column)
{
    char where[128];

    snprintf(where, sizeof where, "figures.%s: %s", figure_tables[table].name,
        figure_tables[table].columns[column].name);
    hold(r, where, add_up(report, table, column), add_up(report, other, other_column));
}

/* That columns, where they are, do not fall from the first to the last. */
static void rising(struct recheck *r, const json_t *report, enum figure_table_number table,
    unsigned first, unsigned last)
{
    const json_t *row;
    size_t i;

    json_array_foreach (rows_of(report, table), i, row) {
        for (unsigned c = first; c < last; c++) {
            uint64_t least = recheck_number(row, figure_tables[table].columns[c].name);
            uint64_t next = recheck_number(row, figure_tables[table].columns[c + 1].name);

            hold_cell(r, table, row, c + 1, next < least ? least : next);
        }
    }
}

/* --- The ledger. */

static void check_verdict(struct recheck *r, const json_t *report)
{
    const json_t *ledger = recheck_at(report, "ledger"), *count;
    const json_t *found = recheck_at(ledger, "audit_findings");
    uint64_t omitted = recheck_number(ledger, "audit_findings_omitted"), all = 0;
    const char *name;
    bool incomplete = false;

    json_object_foreach ((json_t *)found, name, count) {
        enum finding_code code;

        all = figure_sum(all, (uint64_t)json_integer_value(count));
        incomplete = incomplete || strcmp(name, "incomplete") == 0;
        if (!finding_code_parse(span_str(name), &code) || json_integer_value(count) == 0)
            recheck_problem(r, RECHECK_SUM, "ledger.audit_findings", name, NULL);
    }
    recheck_member(r, RECHECK_SUM, ledger, "ledger.", "verdict",
        json_string(all + omitted == 0                       ? "verified"
                    : all == 1 && omitted == 0 && incomplete ? "incomplete"
                                                             : "findings"));
    if (!incomplete)
        hold(
            r, "ledger.entries", recheck_number(ledger, "entries"), recheck_number(ledger, "size"));
}

/* What was recorded in the period is no more than what the ledger holds. */
static void check_ledger(struct recheck *r, const json_t *report)
{
    const json_t *ledger = recheck_at(report, "ledger"), *period = recheck_at(report, "period");
    uint64_t stated = recheck_number(ledger, "records_stated");
    uint64_t read = recheck_number(ledger, "records_read");
    uint64_t recorded = add_up(report, FIGURES_RECORDS, RECORDS_RECORDED);
    uint64_t from, to, last = 0;
    bool has_last = json_is_string(recheck_at(ledger, "last_received"));

    hold(r, "ledger.records_read", read, read > stated ? stated : read);
    hold(r, "figures.records: recorded", recorded, recorded > stated ? stated : recorded);
    if (!recheck_time(recheck_string(period, "from"), &from) ||
        !recheck_time(recheck_string(period, "to"), &to) || from >= to ||
        (has_last && !recheck_time(recheck_string(ledger, "last_received"), &last))) {
        recheck_problem(r, RECHECK_SUM, "period", "it ends before it begins", NULL);
        return;
    }
    /* The last time need not be the greatest where an audit found times that run backwards. */
    if (!json_object_get(recheck_at(ledger, "audit_findings"), "time-reversed"))
        recheck_member(
            r, RECHECK_SUM, period, "period.", "complete", json_boolean(has_last && last >= to));
}

/* --- The public profile. */

/* Adds what is told of a value; false where nothing that can be added up is. */
static bool add_told(const json_t *value, uint64_t *low, uint64_t *high)
{
    const json_t *least = json_object_get(value, "low");
    bool exact = json_is_integer(value);

    if (!exact && (least == NULL || strcmp(recheck_string(value, "why"), WHY_ROUNDED) == 0))
        return false;
    *low = figure_sum(*low, (uint64_t)json_integer_value(exact ? value : least));
    *high = figure_sum(
        *high, exact ? (uint64_t)json_integer_value(value) : recheck_number(value, "high"));
    return true;
}

/* A total is the sum of what is told of the rows, from its least to its greatest. */
static void check_told(
    struct recheck *r, const json_t *figures, const struct figure_table *table, const char *column)
{
    const json_t *object = recheck_at(figures, table->name), *row;
    uint64_t low = 0, high = 0, total_low = 0, total_high = 0;
    char where[128];
    size_t i;

    if (!add_told(recheck_at(recheck_at(object, "total"), column), &total_low, &total_high))
        return;
    json_array_foreach (recheck_at(object, "rows"), i, row)
        if (!add_told(recheck_at(row, column), &low, &high))
            return;
    snprintf(where, sizeof where, "figures.%s.total.%s, least", table->name, column);
    hold(r, where, total_low, low);
    snprintf(where, sizeof where, "figures.%s.total.%s, greatest", table->name, column);
    hold(r, where, total_high, high);
}

/* Its verdict is that of the codes that it names. */
static void check_public_verdict(struct recheck *r, const json_t *ledger)
{
    const json_t *found = recheck_at(ledger, "audit_findings"), *name;
    size_t count = json_array_size(found), i;
    int before = -1;

    json_array_foreach (found, i, name) {
        enum finding_code code;
        bool known = finding_code_parse(span_str(json_string_value(name)), &code);

        if (!known || (int)code <= before)
            recheck_problem(r, RECHECK_SUM, "ledger.audit_findings", json_string_value(name), NULL);
        before = known ? (int)code : before;
    }
    recheck_member(r, RECHECK_SUM, ledger, "ledger.", "verdict",
        json_string(count == 0                                        ? "verified"
                    : count == 1 && before == (int)FINDING_INCOMPLETE ? "incomplete"
                                                                      : "findings"));
}

/* The public is told of one calendar month or year, and only when it is over. */
static void check_public_period(struct recheck *r, const json_t *report)
{
    const json_t *period = recheck_at(report, "period");
    struct period p = {0};

    if (!recheck_time(recheck_string(period, "from"), &p.from) ||
        !recheck_time(recheck_string(period, "to"), &p.to) ||
        !zone_parse(span_str(recheck_string(period, "zone")), &p.zone_minutes) || p.from >= p.to ||
        !period_take_months(&p))
        recheck_problem(
            r, RECHECK_SUM, "period", "it is no calendar month and no calendar year", NULL);
    if (!json_is_true(recheck_at(period, "complete")))
        recheck_problem(r, RECHECK_SUM, "period.complete",
            "the public is told nothing of a period that is not over", NULL);
}

static void check_public(struct recheck *r, const json_t *report)
{
    const json_t *figures = recheck_at(report, "figures");

    for (int t = 0; t < FIGURE_TABLES; t++) {
        const struct figure_table *table = &figure_tables[t];

        if (table->committee_only)
            continue;
        check_order(r, report, (enum figure_table_number)t);
        for (unsigned c = 0; table->columns[c].name != NULL; c++)
            if (table->columns[c].unit == FIGURE_COUNT)
                check_told(r, figures, table, table->columns[c].name);
    }
    check_public_verdict(r, recheck_at(report, "ledger"));
    check_public_period(r, report);
}

void recheck_sums(struct recheck *r, const json_t *report)
{
    if (recheck_is_public(report)) {
        check_public(r, report);
        return;
    }
    for (int t = 0; t < FIGURE_TABLES; t++) {
        check_order(r, report, (enum figure_table_number)t);
        check_totals(r, report, (enum figure_table_number)t);
    }
    check_verdict(r, report);
    check_ledger(r, report);
    same_totals(r, report, FIGURES_RECORDS, RECORDS_RECORDED, FIGURES_SYSTEMS, SYSTEMS_RECORDS);
    same_totals(
        r, report, FIGURES_RECORDS, RECORDS_HEARTBEATS, FIGURES_SYSTEMS, SYSTEMS_HEARTBEATS);
    same_totals(
        r, report, FIGURES_ACCESSES_OVER_TIME, OVER_TIME_DONE, FIGURES_ACCESSES, ACCESSES_DONE);
    same_totals(
        r, report, FIGURES_ACCESSES_OVER_TIME, OVER_TIME_DENIED, FIGURES_ACCESSES, ACCESSES_DENIED);
    same(r, report, FIGURES_PROVISIONS, PROVISIONS_PROVIDED, FIGURES_RECIPIENTS,
        RECIPIENTS_PROVIDED);
    same(r, report, FIGURES_PROVISIONS, PROVISIONS_ITEMS, FIGURES_RECIPIENTS, RECIPIENTS_ITEMS);
    parts(r, report, FIGURES_RETENTION, RETENTION_DUE, RETENTION_ON_TIME, RETENTION_NOT_ERASED);
    parts(r, report, FIGURES_FINDINGS, FINDINGS_UNDECIDED, FINDINGS_YOUNG, FINDINGS_OLD);
    rising(r, report, FIGURES_EMERGENCIES, EMERGENCIES_SHORTEST, EMERGENCIES_LONGEST);
    rising(r, report, FIGURES_INCIDENTS, INCIDENTS_MEDIAN, INCIDENTS_LONGEST);
    if (json_status() != 0)
        r->err = KEIIN_ENOMEM;
}
