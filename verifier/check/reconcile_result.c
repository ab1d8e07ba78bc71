/* What became of each statement and record, put together once the ledger was read. */
#include <stdlib.h>

#include "verifier/check/reconcile_internal.h"

/* Statements that the ledger lacks, as numbers. */
struct missing {
    uint32_t *list;
    size_t count;
};

static bool is_missing(const struct statement *s)
{
    return !s->recorded;
}

/* Which of the statements without a record are to be told as missing. */
static int find_missing(
    struct reconcile *r, bool has_received, uint64_t received_ms, struct missing *out)
{
    struct reconcile_result *result = &r->result;
    uint64_t last_there = 0;

    out->list = calloc(r->statement_count + 1, sizeof *out->list);
    if (out->list == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; i < r->statement_count; i++) {
        const struct statement *s = &r->statements[i];

        result->matched += s->matched;
        result->unmapped += !s->has_user;
        if (!is_missing(s) && s->at > last_there)
            last_there = s->at;
        if (!is_missing(s))
            continue;
        if (has_received && s->at > received_ms)
            result->later++;
        else if (s->unsure)
            result->unsure++;
        else
            out->list[out->count++] = (uint32_t)i;
    }
    result->counts[DIFFERENCE_NOT_IN_LEDGER] = out->count;
    for (size_t i = 0; i < out->count; i++)
        result->last_ones += r->statements[out->list[i]].at > last_there;
    return 0;
}

static int by_place(const void *a, const void *b, void *ctx)
{
    const struct reconcile *r = ctx;
    const struct statement *x = &r->statements[*(const uint32_t *)a];
    const struct statement *y = &r->statements[*(const uint32_t *)b];

    if (x->log != y->log)
        return x->log < y->log ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int put_statement(const struct reconcile *r, const struct statement *s, struct difference *d)
{
    free(d->action);
    d->action = strdup(pg_action_text((enum pg_action)s->action));
    d->log = r->logs[s->log].path;
    d->line = s->line;
    d->at = s->at;
    d->user_unmapped = !s->has_user;
    return d->action == NULL ? KEIIN_ENOMEM : 0;
}

/* Moves the noted ones of a list into the result, the texts too. */
static int put_noted(struct reconcile *r, struct noted_list *list)
{
    struct reconcile_result *result = &r->result;
    int err = 0;

    for (size_t i = 0; err == 0 && i < list->count; i++) {
        struct noted *noted = &list->items[i];
        struct difference *d = &noted->difference;

        if (d->kind == DIFFERENCE_NOT_IN_LOG && r->options.writer_count == 0 &&
            !r->writers[noted->writer].has_match)
            continue;
        if (d->kind == DIFFERENCE_CHANGED) {
            uint64_t at = d->at; /* the record's own */

            err = put_statement(r, &r->statements[noted->statement], d);
            d->at = at;
        }
        result->list[result->count++] = *d;
        *d = (struct difference){0};
    }
    return err;
}

static int put_list(struct reconcile *r, struct missing *missing)
{
    struct reconcile_result *result = &r->result;
    int err = 0;
    size_t told =
        missing->count < r->options.differences_max ? missing->count : r->options.differences_max;

    result->list = calloc(
        told + r->changed.count + r->absent.count + r->repeats.count + 1, sizeof *result->list);
    if (result->list == NULL)
        return KEIIN_ENOMEM;
    if (missing->count > 0)
        qsort_r(missing->list, missing->count, sizeof *missing->list, by_place, r);
    for (size_t i = 0; err == 0 && i < told; i++) {
        struct difference *d = &result->list[result->count++];

        *d = (struct difference){.kind = DIFFERENCE_NOT_IN_LEDGER, .index = FINDING_NO_INDEX};
        err = put_statement(r, &r->statements[missing->list[i]], d);
    }
    if (err == 0)
        err = put_noted(r, &r->changed);
    if (err == 0)
        err = put_noted(r, &r->absent);
    return err == 0 ? put_noted(r, &r->repeats) : err;
}

/* Which records of the time count as missing in the log: those of writers that import it. */
static void count_absent(struct reconcile *r)
{
    struct reconcile_result *result = &r->result;

    for (size_t i = 0; i < r->writer_count; i++) {
        const struct known_writer *w = &r->writers[i];

        if (w->has_match || r->options.writer_count > 0)
            result->counts[DIFFERENCE_NOT_IN_LOG] += w->absent;
        else
            result->elsewhere += w->absent;
    }
    for (size_t i = 0; i < r->options.writer_count && result->silent_writer == NULL; i++) {
        bool there = false;

        for (size_t k = 0; k < r->writer_count; k++)
            there = there || (r->writers[k].has_imported &&
                                 strcmp(r->writers[k].name, r->options.writers[i]) == 0);
        if (!there)
            result->silent_writer = r->options.writers[i];
    }
}

int reconcile_finish(struct reconcile *r, bool has_received, uint64_t received_ms)
{
    struct missing missing = {NULL, 0};
    int err = find_missing(r, has_received, received_ms, &missing);

    r->result.statements = r->statement_count;
    count_absent(r);
    if (err == 0)
        err = put_list(r, &missing);
    if (err == 0)
        err = reconcile_tell(r);
    free(missing.list);
    return err;
}

uint64_t reconcile_differences(const struct reconcile_result *r)
{
    uint64_t count = 0;

    for (int i = 0; i < DIFFERENCE_KINDS; i++)
        count += r->counts[i];
    return count;
}

enum reconcile_verdict reconcile_verdict(
    const struct reconcile_result *r, const struct audit_result *audit)
{
    if (audit->verdict == AUDIT_INCOMPLETE)
        return RECONCILE_INCOMPLETE;
    if (reconcile_differences(r) > 0)
        return RECONCILE_DIFFERENCES;
    if (audit->verdict == AUDIT_FINDINGS)
        return RECONCILE_LEDGER_FINDINGS;
    return r->incomplete || r->later > 0 || r->unsure > 0 || !r->has_range ? RECONCILE_INCOMPLETE
                                                                           : RECONCILE_ALL_THERE;
}
