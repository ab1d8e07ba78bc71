/*
 * The figures for the public (doc/report.md, "The public profile"). Of three kinds of columns:
 * counts, each month's cell told as 0, as 1 to min - 1, or exactly, and of anything longer or wider
 * the sums of what the cells tell; what follows from counts or bounds them, told of a year
 * only and rounded by chance; and what is withheld.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "core/wording.h"
#include "verifier/report/public_range.h"
#include "verifier/report/report_internal.h"

enum column_kind { WITHHELD, COUNT, ROUNDED, SUM_OF_TWO };
struct public_column {
    enum column_kind kind;
    const char *why; /* of WITHHELD */
    unsigned first, second; /* of SUM_OF_TWO */
};

static const struct public_column columns[FIGURE_TABLES][FIGURE_COLUMNS_MAX] =
    {
        [FIGURES_APPROVALS] =
            {
                [APPROVALS_REQUESTED] = {.kind = ROUNDED},
                [APPROVALS_GRANTED] = {.kind = COUNT},
                [APPROVALS_REFUSED] = {.kind = COUNT},
                [APPROVALS_EXTENDED] = {.kind = COUNT},
                [APPROVALS_RATIFIED] = {.kind = ROUNDED},
                [APPROVALS_REVOKED] = {.kind = ROUNDED},
                [APPROVALS_EXPIRED] = {.kind = ROUNDED},
                [APPROVALS_LIVE] = {.kind = ROUNDED},
            },
        [FIGURES_VOLUMES] =
            {
                [VOLUMES_BATCHES] = {.kind = COUNT},
                [VOLUMES_RECEIVED] = {.kind = ROUNDED},
                [VOLUMES_SELECTED] = {.kind = COUNT},
                [VOLUMES_DISCARDED] = {.kind = COUNT},
                [VOLUMES_ERASED] = {.kind = COUNT},
                [VOLUMES_UNBALANCED] = {.kind = COUNT},
                [VOLUMES_NOT_SELECTED] = {.kind = ROUNDED},
            },
        [FIGURES_ACCESSES] =
            {
                [ACCESSES_DONE] = {.kind = COUNT},
                [ACCESSES_DENIED] = {.kind = COUNT},
                [ACCESSES_FAILED] = {.kind = COUNT},
                [ACCESSES_ITEMS] = {.kind = COUNT},
            },
        [FIGURES_PROVISIONS] =
            {
                [PROVISIONS_PROVIDED] = {.kind = COUNT},
                [PROVISIONS_ITEMS] = {.kind = COUNT},
                [PROVISIONS_RECEIPTS] = {.kind = ROUNDED},
                [PROVISIONS_RECIPIENTS] = {.kind = COUNT},
            },
        [FIGURES_EMERGENCIES] =
            {
                [EMERGENCIES_BEGUN] = {.kind = COUNT},
                [EMERGENCIES_RATIFIED] = {.kind = ROUNDED},
                [EMERGENCIES_REFUSED] = {.kind = ROUNDED},
                [EMERGENCIES_WAITING] = {.kind = ROUNDED},
                [EMERGENCIES_SHORTEST] = {.kind = WITHHELD, .why = WHY_SINGLE},
                [EMERGENCIES_MEDIAN] = {.kind = WITHHELD, .why = WHY_SINGLE},
                [EMERGENCIES_LONGEST] = {.kind = WITHHELD, .why = WHY_SINGLE},
            },
        [FIGURES_RETENTION] =
            {
                [RETENTION_DUE] = {SUM_OF_TWO, NULL, RETENTION_ON_TIME, RETENTION_LATE},
                [RETENTION_ON_TIME] = {.kind = COUNT},
                [RETENTION_LATE] = {.kind = COUNT}, /* with those not erased */
                [RETENTION_NOT_ERASED] = {.kind = WITHHELD, .why = WHY_MERGED},
                [RETENTION_EXTENDED] = {.kind = COUNT},
            },
        [FIGURES_INCIDENTS] =
            {
                [INCIDENTS_COUNT] = {.kind = COUNT},
                [INCIDENTS_MEDIAN] = {.kind = WITHHELD, .why = WHY_SINGLE},
                [INCIDENTS_LONGEST] = {.kind = WITHHELD, .why = WHY_SINGLE},
            },
        [FIGURES_FINDINGS] =
            {
                [FINDINGS_FOUND] = {.kind = ROUNDED},
                [FINDINGS_EXPLAINED] = {.kind = ROUNDED},
                [FINDINGS_CONFIRMED] = {.kind = ROUNDED},
                [FINDINGS_UNDECIDED] = {.kind = ROUNDED},
                [FINDINGS_YOUNG] = {.kind = ROUNDED},
                [FINDINGS_MIDDLE] = {.kind = ROUNDED},
                [FINDINGS_OLD] = {.kind = ROUNDED},
                [FINDINGS_UNSETTLED] = {.kind = WITHHELD, .why = WHY_FOLLOWS},
            },
        [FIGURES_ACTS] = {[ACTS_COUNT] = {.kind = COUNT}},
        [FIGURES_ANSWERS] =
            {
                [ANSWERS_MADE] = {.kind = COUNT},
                [ANSWERS_IN_TIME] = {.kind = ROUNDED},
                [ANSWERS_LATE] = {.kind = ROUNDED},
                [ANSWERS_WAITING] = {.kind = ROUNDED},
                [ANSWERS_OVERDUE] = {.kind = ROUNDED},
            },
};

/* Acts in the order of their rows; the numbers of those that are not told are sums of other tables. */
static const struct {
    const char *name;
    bool is_told;
} acts[] = {{"approve", false}, {"demand", false}, {"emergency.begin", false},
    {"emergency.end", false}, {"erase.record", true}, {"finding", false}, {"inspect", true},
    {"notify", true}, {"recommend", false}, {"revoke", false}};

/* --- Rows: what the months have under the same keys. */

struct public_view {
    const struct period *period;
    const struct hash *secret; /* of whoever can read all entries */
    uint64_t min;
};

/* The cells of one row, a month or several. */
struct group {
    const struct figure_cells *cells;
    size_t count;
};

static bool same_row(const struct figure_cells *a, const struct figure_cells *b)
{
    bool same = true;

    for (int k = 0; k < FIGURE_KEYS_MAX; k++)
        same = same && span_cmp(a->keys[k], b->keys[k]) == 0;
    return same;
}

static struct group group_at(const struct figure_cells *cells, size_t at, size_t count)
{
    size_t n = 1;

    while (at + n < count && same_row(&cells[at], &cells[at + n]))
        n++;
    return (struct group){cells + at, n};
}

static uint64_t value_of(enum figure_table_number table, const struct figure_cells *c, unsigned i)
{
    if (table == FIGURES_RETENTION && i == RETENTION_LATE)
        return time_after(c->values[RETENTION_LATE], c->values[RETENTION_NOT_ERASED]);
    return c->values[i];
}

static struct range count_of(
    const struct public_view *v, enum figure_table_number table, struct group g, unsigned i)
{
    bool added = figure_tables[table].columns[i].unit == FIGURE_COUNT;
    struct range all = {0, 0, WHY_SUM};

    for (size_t k = 0; k < g.count; k++) {
        struct range one = range_cell(value_of(table, &g.cells[k], i), v->min);

        all = added ? range_sum(all, one) : range_different(all, one);
    }
    return all;
}

/* The number itself, of the whole period or at its end; never told but rounded. */
static uint64_t true_number(
    const struct public_view *v, enum figure_table_number table, struct group g, unsigned i)
{
    bool stock = figure_tables[table].columns[i].stock;
    uint64_t n = 0;

    for (size_t k = 0; k < g.count; k++)
        if (!stock || g.cells[k].part + 1 == v->period->parts)
            n = time_after(n, value_of(table, &g.cells[k], i));
    return n;
}

/* The chance of one number: the same in every report of the year, and known to nobody without the secret. */
static void chance_of(struct hash *out, const struct public_view *v, enum figure_table_number table,
    struct group g, unsigned i, bool is_total)
{
    uint8_t head[12];
    uint8_t lengths[FIGURE_KEYS_MAX][4] = {{0}};
    struct span parts[3 + 2 * FIGURE_KEYS_MAX] = {
        span_str("keiin/rounded/v1\n"), span_hash(v->secret), span_of(head, sizeof head)};

    be64_put(head, v->period->from);
    head[8] = (uint8_t)table;
    head[9] = (uint8_t)i;
    head[10] = is_total;
    head[11] = 0;
    for (int k = 0; k < FIGURE_KEYS_MAX; k++) {
        struct span key = is_total ? (struct span){NULL, 0} : g.cells[0].keys[k];

        be32_put(lengths[k], (uint32_t)key.n);
        parts[3 + 2 * k] = span_of(lengths[k], 4);
        parts[4 + 2 * k] = key;
    }
    sha256_parts(out, parts, sizeof parts / sizeof parts[0]);
}

static struct range rounded(const struct public_view *v, enum figure_table_number table,
    struct group g, unsigned i, bool is_total)
{
    struct hash chance;

    chance_of(&chance, v, table, g, i, is_total);
    return range_rounded(true_number(v, table, g, i), v->min, &chance);
}

static json_t *told(const struct public_view *v, enum figure_table_number table, struct group g,
    unsigned i, bool is_total)
{
    const struct public_column *c = &columns[table][i];

    switch (c->kind) {
    case COUNT:
        return range_json(count_of(v, table, g, i));
    case SUM_OF_TWO:
        return range_json(
            range_sum(count_of(v, table, g, c->first), count_of(v, table, g, c->second)));
    case ROUNDED:
        return v->period->parts == 1 ? range_withheld(WHY_YEARLY)
                                     : range_json(rounded(v, table, g, i, is_total));
    case WITHHELD:
        break;
    }
    return range_withheld(c->why);
}

/* A row is there for its counts, or in a year for a rounded number that cannot be 0. */
static bool is_told(const struct public_view *v, enum figure_table_number table, struct group g)
{
    bool there = false;

    for (unsigned i = 0; figure_tables[table].columns[i].name != NULL; i++) {
        if (columns[table][i].kind == COUNT)
            there |= count_of(v, table, g, i).high > 0;
        if (columns[table][i].kind == ROUNDED && v->period->parts > 1)
            there |= rounded(v, table, g, i, false).low > 0;
    }
    return there;
}

static json_t *row(const struct public_view *v, enum figure_table_number table, struct group g)
{
    const struct figure_table *t = &figure_tables[table];
    json_t *json = json_object();

    for (int k = 0; t->keys[k] != NULL; k++)
        json_put(json, t->keys[k], json_text(g.cells[0].keys[k]));
    for (unsigned i = 0; t->columns[i].name != NULL; i++)
        json_put(json, t->columns[i].name, told(v, table, g, i, false));
    return json;
}

/* --- Totals: sums of what is told; of what is rounded the number itself, rounded by a chance of its own. */

static struct range total_count(
    const struct public_view *v, enum figure_table_number table, struct group all, unsigned column)
{
    struct range total = {0, 0, WHY_SUM};

    for (size_t at = 0; at < all.count;) {
        struct group g = group_at(all.cells, at, all.count);

        total = range_sum(total, count_of(v, table, g, column));
        at += g.count;
    }
    return total;
}

static json_t *total(const struct public_view *v, enum figure_table_number table, struct group all)
{
    const struct figure_table *t = &figure_tables[table];
    json_t *json = json_object();

    for (unsigned i = 0; t->columns[i].name != NULL; i++) {
        const struct public_column *c = &columns[table][i];
        json_t *value;

        if (t->columns[i].unit != FIGURE_COUNT)
            continue;
        /* One record may be what several rules find: their sum moves further than it is rounded. */
        if (table == FIGURES_ACTS || table == FIGURES_FINDINGS)
            value = range_withheld(WHY_FOLLOWS);
        else if (c->kind == COUNT)
            value = range_json(total_count(v, table, all, i));
        else if (c->kind == SUM_OF_TWO)
            value = range_json(range_sum(
                total_count(v, table, all, c->first), total_count(v, table, all, c->second)));
        else
            value = told(v, table, all, i, true);
        json_put(json, t->columns[i].name, value);
    }
    return json;
}

/* --- Tables with rows of their own. */

/* The cells of the row with this one key; `none`, which gets the key, where there is no such row. */
static struct group group_of(struct group all, const char *key, struct figure_cells *none)
{
    struct group found = {none, 1};

    *none = (struct figure_cells){.keys = {span_str(key)}};
    for (size_t at = 0; at < all.count;) {
        struct group g = group_at(all.cells, at, all.count);

        if (same_row(&g.cells[0], none))
            found = g;
        at += g.count;
    }
    return found;
}

/* The rule whose name is next behind this one; rules_count behind the last. */
static unsigned rule_behind(const char *name)
{
    unsigned next = (unsigned)rules_count;

    for (unsigned i = 0; i < rules_count; i++)
        if (strcmp(rules_all[i]->name, name) > 0 &&
            (next == rules_count || strcmp(rules_all[i]->name, rules_all[next]->name) < 0))
            next = i;
    return next;
}

/* Findings by every rule, whether there are any or not: that there is a row tells nothing. */
static void put_findings(
    const struct public_view *v, const struct rules_limits *limits, struct group all, json_t *list)
{
    struct figure_cells none;

    if (v->period->parts == 1)
        return;
    for (unsigned i = rule_behind(""); i < rules_count; i = rule_behind(rules_all[i]->name))
        if (!rules_limits_off(limits, i))
            json_add(list, row(v, FIGURES_FINDINGS, group_of(all, rules_all[i]->name, &none)));
}

static void put_acts(const struct public_view *v, struct group all, json_t *list)
{
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        struct figure_cells none;
        struct group g = group_of(all, acts[i].name, &none);
        json_t *json;

        if (acts[i].is_told && is_told(v, FIGURES_ACTS, g)) {
            json_add(list, row(v, FIGURES_ACTS, g));
        } else if (!acts[i].is_told) {
            json = json_object();
            json_put(json, "act", json_string(acts[i].name));
            json_put(json, "acts", range_withheld(WHY_FOLLOWS));
            json_add(list, json);
        }
    }
}

static void put_rows(
    const struct public_view *v, enum figure_table_number table, struct group all, json_t *list)
{
    for (size_t at = 0; at < all.count;) {
        struct group g = group_at(all.cells, at, all.count);

        at += g.count;
        if (is_told(v, table, g))
            json_add(list, row(v, table, g));
    }
}

/* --- Accesses by month and agency: sums of what is told of each action and purpose. */

static void put_month(const struct public_view *v, struct group all, unsigned part, json_t *list,
    struct range totals[static 2])
{
    static const unsigned from[] = {ACCESSES_DONE, ACCESSES_DENIED};
    const struct figure_column *names = figure_tables[FIGURES_ACCESSES_OVER_TIME].columns;
    struct civil civil;
    char label[32];

    civil_of(&civil, v->period->bounds[part], v->period->zone_minutes);
    snprintf(label, sizeof label, "%04lld-%02u", (long long)civil.year, civil.month);
    for (size_t at = 0; at < all.count;) {
        struct span agency = all.cells[at].keys[0];
        struct range sums[2] = {{0, 0, WHY_SUM}, {0, 0, WHY_SUM}};
        json_t *json;

        for (; at < all.count && span_cmp(all.cells[at].keys[0], agency) == 0; at++)
            for (int i = 0; i < 2 && all.cells[at].part == part; i++)
                sums[i] = range_sum(sums[i], range_cell(all.cells[at].values[from[i]], v->min));
        if (sums[0].high == 0 && sums[1].high == 0)
            continue;
        json = json_object();
        json_put(json, "time", json_string(label));
        json_put(json, "agency", json_text(agency));
        for (int i = 0; i < 2; i++) {
            json_put(json, names[i].name, range_json(sums[i]));
            totals[i] = range_sum(totals[i], sums[i]);
        }
        json_add(list, json);
    }
}

static json_t *over_time(const struct public_view *v, struct group accesses)
{
    const struct figure_column *names = figure_tables[FIGURES_ACCESSES_OVER_TIME].columns;
    struct range totals[2] = {{0, 0, WHY_SUM}, {0, 0, WHY_SUM}};
    json_t *json = json_object(), *list = json_array(), *all = json_object();

    for (unsigned part = 0; part < v->period->parts; part++)
        put_month(v, accesses, part, list, totals);
    for (int i = 0; i < 2; i++)
        json_put(all, names[i].name, range_json(totals[i]));
    json_put(json, "rows", list);
    json_put(json, "total", all);
    return json;
}

static json_t *table_json(const struct public_view *v, const struct rules_limits *limits,
    enum figure_table_number table, struct group all)
{
    json_t *json, *list;

    if (table == FIGURES_ACCESSES_OVER_TIME)
        return over_time(v, all);
    json = json_object();
    list = json_array();
    if (table == FIGURES_FINDINGS)
        put_findings(v, limits, all, list);
    else if (table == FIGURES_ACTS)
        put_acts(v, all, list);
    else
        put_rows(v, table, all, list);
    json_put(json, "rows", list);
    json_put(json, "total", total(v, table, all));
    return json;
}

int report_public_figures(const struct figures *f, const struct period *period,
    const struct rules_limits *limits, const struct hash *secret, json_t **out)
{
    struct public_view view = {period, secret, rules_limits_public_min(limits)};
    json_t *json = json_object();

    for (int t = 0; t < FIGURE_TABLES; t++) {
        enum figure_table_number table = (enum figure_table_number)t;
        struct figure_cells *cells;
        size_t count;

        if (figure_tables[t].committee_only)
            continue;
        if (figures_rows(f, table == FIGURES_ACCESSES_OVER_TIME ? FIGURES_ACCESSES : table, &cells,
                &count) != 0) {
            json_decref(json);
            return KEIIN_ENOMEM;
        }
        json_put(json, figure_tables[t].name,
            table_json(&view, limits, table, (struct group){cells, count}));
        free(cells);
    }
    *out = json;
    return 0;
}
