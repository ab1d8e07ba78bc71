#include "verifier/verify/urgent.h"

#include <stdlib.h>

#include "verifier/verify/rules_report.h"
#include "verifier/verify/verify.h"

/* A record that a rule asks about. */
struct named {
    uint64_t index, position;
    unsigned rule; /* in rules_all */
};

struct urgent {
    struct rules *rules; /* until they are through */
    struct named *list; /* from urgent_find on in order, each once */
    size_t count, cap;
    struct buf checkpoint;
    uint64_t records, findings;
    enum audit_verdict verdict;
};

static unsigned rule_number(const struct rule *rule)
{
    unsigned number = 0;

    while (rules_all[number] != rule)
        number++;
    return number;
}

static int take_finding(void *ctx, const struct rules_finding *f)
{
    struct urgent *u = ctx;

    if (f->rule->severity != SEVERITY_HIGH)
        return 0;
    for (size_t i = 0; i < f->address_count; i++) {
        struct named *more = array_room(u->list, u->count, &u->cap, sizeof *more);

        if (more == NULL)
            return KEIIN_ENOMEM;
        u->list = more;
        u->list[u->count++] =
            (struct named){f->addresses[i].index, f->addresses[i].position, rule_number(f->rule)};
    }
    return 0;
}

static bool keep_record(struct span record, struct buf *kept)
{
    buf_put_span(kept, record);
    return true;
}

static int give_record(void *ctx, const struct record_place *place, struct span record)
{
    return rules_record(((struct urgent *)ctx)->rules, place, record);
}

static int give_entry(void *ctx, const struct keeper_entry *entry)
{
    return rules_entry(((struct urgent *)ctx)->rules, entry);
}

static int by_place(const void *a, const void *b)
{
    const struct named *x = a, *y = b;

    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* What is known only at the end, then all in order, each once. */
static int settle(struct urgent *u, const struct audit_result *audit)
{
    size_t kept = 0;
    int err = rules_conclude(u->rules, audit);

    if (err != 0)
        return err;
    if (u->count > 1)
        qsort(u->list, u->count, sizeof u->list[0], by_place);
    for (size_t i = 0; i < u->count; i++)
        if (kept == 0 || by_place(&u->list[kept - 1], &u->list[i]) != 0)
            u->list[kept++] = u->list[i];
    u->count = kept;
    u->records = audit->records;
    u->findings = audit->finding_count + audit->findings_omitted;
    u->verdict = audit->verdict;
    buf_put_span(&u->checkpoint, buf_view(&audit->checkpoint));
    return buf_status(&u->checkpoint);
}

int urgent_find(const struct audited *like, const char *command, const char *where,
    const struct rules_limits *limits, struct urgent **out)
{
    struct urgent *u = calloc(1, sizeof *u);
    struct record_keeper keeper = {
        .take = keep_record, .give = give_record, .entry = give_entry, .ctx = u};
    struct audited ledger;
    int status = 0, err = u == NULL ? KEIIN_ENOMEM : 0;

    *out = NULL;
    audited_init(&ledger);
    if (u != NULL)
        buf_init(&u->checkpoint, CHECKPOINT_BYTES_MAX);
    if (err == 0)
        err = rules_new(limits, (struct rules_sink){take_finding, u}, &u->rules);
    if (err != 0) {
        status = status_of_error(err, "rules", NULL);
        goto out;
    }
    ledger.roster_path = like->roster_path;
    ledger.timeout_ms = like->timeout_ms;
    ledger.options = like->options;
    ledger.options.keeper = &keeper;
    status = audited_open(&ledger, command, where);
    if (status == 0)
        status = audited_run(&ledger);
    if (status != 0)
        goto out;
    err = settle(u, &ledger.result);
    if (err != 0) {
        status = status_of_error(err, where, NULL);
        goto out;
    }
    rules_free(u->rules);
    u->rules = NULL;
    *out = u;
    u = NULL;
out:
    urgent_free(u);
    audited_destroy(&ledger);
    return status;
}

void urgent_free(struct urgent *u)
{
    if (u == NULL)
        return;
    rules_free(u->rules);
    buf_destroy(&u->checkpoint);
    free(u->list);
    free(u);
}

struct span urgent_checkpoint(const struct urgent *u)
{
    return buf_view(&u->checkpoint);
}

bool urgent_same(const struct urgent *u, const struct audit_result *other)
{
    return u->records == other->records && u->verdict == other->verdict &&
           u->findings == other->finding_count + other->findings_omitted;
}

void urgent_put(const struct urgent *u, uint64_t index, uint32_t position, struct buf *out)
{
    const struct named wanted = {index, position, 0};
    size_t low = 0, high = u->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (by_place(&u->list[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < u->count && u->list[low].index == index && u->list[low].position == position;
         low++)
        buf_printf(out, "%s%s", out->n > 0 ? " " : "", rules_all[u->list[low].rule]->name);
}
