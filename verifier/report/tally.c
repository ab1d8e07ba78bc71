#include <stdlib.h>

#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

/* Each table of a tally, and what it holds. */
#define TALLY_TABLES(X)                                                                            \
    X(systems, struct system)                                                                      \
    X(approvals, struct counted_approval)                                                          \
    X(batches, struct counted_batch)                                                               \
    X(retained, struct counted_retained)                                                           \
    X(discards, struct discards)                                                                   \
    X(recipients, uint64_t)                                                                        \
    X(provided, uint64_t)                                                                          \
    X(emergencies, struct counted_emergency)                                                       \
    X(durations, uint64_t)                                                                         \
    X(demands, uint64_t)                                                                           \
    X(said, uint64_t)

static bool tables_new(struct tally *t)
{
    bool all = true;

#define NEW(name, type) all = (t->name = table_new(sizeof(type))) != NULL && all;
    TALLY_TABLES(NEW)
#undef NEW
    t->figures = figures_new();
    t->findings = counted_findings_new();
    return all && t->figures != NULL && t->findings != NULL;
}

int tally_new(const struct period *period, const struct rules_limits *limits, bool is_public,
    struct tally **out)
{
    struct tally *t = calloc(1, sizeof *t);

    *out = NULL;
    if (t == NULL)
        return KEIIN_ENOMEM;
    t->period = *period;
    t->limits = limits;
    t->is_public = is_public;
    sha256_stream_init(&t->signatures);
    if (!tables_new(t)) {
        tally_free(t);
        return KEIIN_ENOMEM;
    }
    *out = t;
    return 0;
}

void tally_free(struct tally *t)
{
    if (t == NULL)
        return;
    figures_free(t->figures);
    counted_findings_free(t->findings);
#define FREE(name, type) table_free(t->name);
    TALLY_TABLES(FREE)
#undef FREE
    free(t);
}

void tally_reset(struct tally *t)
{
    struct tally fresh = *t;

    figures_clear(t->figures);
    counted_findings_clear(t->findings);
#define CLEAR(name, type) table_clear(t->name);
    TALLY_TABLES(CLEAR)
#undef CLEAR
    fresh.now_ms = fresh.records_left = 0;
    fresh.begun = fresh.over = fresh.complete = fresh.has_roster = fresh.lacks_records = false;
    fresh.part = 0;
    fresh.label[0] = 0;
    sha256_stream_init(&fresh.signatures);
    *t = fresh;
}

const struct figures *tally_figures(const struct tally *t)
{
    return t->figures;
}

bool tally_is_complete(const struct tally *t)
{
    return t->complete;
}

bool tally_would_end(const struct tally *t, uint64_t received)
{
    return !t->over && received >= t->period.to;
}

bool tally_is_over(const struct tally *t)
{
    return t->over;
}

void tally_secret(const struct tally *t, struct hash *out)
{
    struct sha256_stream signatures = t->signatures;

    sha256_stream_final(&signatures, out);
}

bool tally_lacks_records(const struct tally *t)
{
    return t->lacks_records;
}

bool tally_in_period(const struct tally *t)
{
    return tally_counts(t);
}

/* --- What the parts share. */

struct figure_row tally_row(const struct tally *t, enum figure_table_number table, struct span a,
    struct span b, struct span c)
{
    return (struct figure_row){table, t->part, {a, b, c}};
}

void tally_add(
    struct tally *t, enum figure_table_number table, struct span key, unsigned column, uint64_t n)
{
    struct figure_row row = {table, t->part, {key}};

    if (tally_counts(t) && n > 0)
        figures_add(t->figures, &row, column, n);
}

/* Whether what was read goes beyond the part at hand. */
static bool part_is_over(const struct tally *t)
{
    return t->complete || t->now_ms >= t->period.bounds[t->part + 1];
}

uint64_t tally_part_end(const struct tally *t)
{
    return part_is_over(t) ? t->period.bounds[t->part + 1] : t->now_ms;
}

uint64_t tally_part_last(const struct tally *t)
{
    return part_is_over(t) ? t->period.bounds[t->part + 1] - 1 : t->now_ms;
}

bool tally_in_part(const struct tally *t, uint64_t ms)
{
    return ms >= t->period.bounds[t->part] && ms <= tally_part_last(t);
}

/* --- Durations, for their medians. */

int tally_duration(struct tally *t, enum figure_table_number table, struct span agency, uint64_t ms)
{
    struct rule_key key = {.n = 0};
    uint8_t head[3] = {(uint8_t)table, (uint8_t)t->part, 0};
    uint64_t *value;

    if (!tally_counts(t))
        return 0;
    rule_key_add(&key, span_of(head, sizeof head));
    rule_key_add(&key, agency);
    value = table_add(t->durations, rule_key_done(&key));
    return value == NULL ? KEIIN_ENOMEM
                         : table_more_append(t->durations, value, span_of(&ms, sizeof ms));
}

static int by_size(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

int durations_close(struct tally *t)
{
    for (uint64_t *value = NULL; (value = table_next(t->durations, value)) != NULL;) {
        struct cursor in = cursor_of(table_key(value));
        struct span head = cursor_take(&in, cursor_be16(&in));
        struct figure_row row = {head.p[0], head.p[1], {cursor_take(&in, cursor_be16(&in))}};
        size_t n = table_more(value).n / sizeof(uint64_t);
        uint64_t *all = table_more_edit(value);
        unsigned median = row.table == FIGURES_INCIDENTS ? INCIDENTS_MEDIAN : EMERGENCIES_MEDIAN;
        uint64_t least, middle, greatest;

        qsort(all, n, sizeof *all, by_size);
        memcpy(&least, &all[0], sizeof least);
        memcpy(&middle, &all[(n - 1) / 2], sizeof middle);
        memcpy(&greatest, &all[n - 1], sizeof greatest);
        figures_set(t->figures, &row, median, middle);
        figures_set(t->figures, &row, median + 1, greatest);
        if (row.table == FIGURES_EMERGENCIES)
            figures_set(t->figures, &row, EMERGENCIES_SHORTEST, least);
    }
    return figures_status(t->figures);
}

/* --- The stream. */

static void close_part(struct tally *t)
{
    if (!tally_counts(t))
        return;
    if (t->part + 1 == t->period.parts)
        systems_close(t);
    approvals_close(t);
    volumes_close(t);
    retention_close(t);
    emergencies_close(t);
    findings_close(t);
    committee_close(t);
}

/* Records that the entry before stated and that did not come. */
static void close_entry(struct tally *t)
{
    if (t->records_left > 0)
        tally_add(t, FIGURES_RECORDS, t->entry_agency, RECORDS_NOT_READ, t->records_left);
    t->lacks_records |= t->records_left > 0 && tally_counts(t);
    t->records_left = 0;
}

bool tally_is_behind(struct tally *t, uint64_t received)
{
    if (t->over)
        return true;
    close_entry(t);
    if (received > t->now_ms)
        t->now_ms = received;
    if (!t->begun && t->now_ms >= t->period.from)
        t->begun = true;
    while (t->begun && t->now_ms >= t->period.bounds[t->part + 1]) {
        close_part(t);
        if (t->part + 1 == t->period.parts) {
            t->complete = t->over = true;
            return true;
        }
        t->part++;
    }
    return false;
}

/* The piece of time that the entry at hand is in. */
static void set_label(struct tally *t)
{
    if (!tally_counts(t) || (t->label[0] != 0 && t->now_ms < t->label_until))
        return;
    period_label(&t->period, t->now_ms, t->label);
    t->label_until = period_next(&t->period, t->now_ms);
}

int tally_entry(struct tally *t, const struct keeper_entry *entry)
{
    int err = 0;

    if (!t->has_roster || t->roster_serial != entry->roster->serial)
        err = systems_roster(t, entry);
    t->has_roster = true;
    t->roster_serial = entry->roster->serial;
    set_label(t);
    if (t->is_public && entry->entry != NULL)
        sha256_stream_update(&t->signatures, entry->entry->signature);
    t->entry_agency = (struct span){NULL, 0};
    if (err == 0)
        systems_entry(t, entry);
    return err == 0 ? figures_status(t->figures) : err;
}

int tally_record(struct tally *t, const struct rules_record *r)
{
    int err;

    if (t->records_left > 0)
        t->records_left--;
    systems_record(t, r);
    err = public_record(t, r);
    if (err == 0)
        err = approvals_record(t, r);
    if (err == 0)
        err = volumes_record(t, r);
    if (err == 0)
        err = retention_record(t, r);
    if (err == 0)
        err = accesses_record(t, r);
    if (err == 0)
        err = emergencies_record(t, r);
    if (err == 0)
        err = committee_record(t, r);
    return err == 0 ? figures_status(t->figures) : err;
}

int tally_finding(struct tally *t, const struct rules_finding *f)
{
    return findings_add_found(t, f);
}

int tally_end(struct tally *t)
{
    close_entry(t);
    if (!t->over) {
        /* How everything stands at the end is told of a period without entries, too. */
        t->begun = true;
        close_part(t);
        t->over = true;
    }
    return durations_close(t);
}
