#include <assert.h>
#include <stdlib.h>

#include "verifier/rules/engine_internal.h"

#define ROSTER_NONE UINT64_MAX

static void run_free(struct rule_run *run)
{
    for (int i = 0; i < RULE_TABLES_MAX; i++)
        table_free(run->tables[i]);
}

static int run_init(struct rules *rules, unsigned number)
{
    struct rule_run *run = &rules->runs[number];
    const struct rules_limits *limits = rules->limits;

    run->rule = rules_all[number];
    run->number = number;
    run->off = limits->rules[number].off;
    run->approvals = rules->approvals;
    run->rules = rules;
    run->clock_tolerance_ms = limits->clock_tolerance_ms;
    for (int i = 0; i < RULE_LIMITS_MAX; i++) {
        run->limits[i] = limits->rules[number].numbers[i];
        run->words[i] = buf_view(&limits->rules[number].words[i]);
    }
    for (int i = 0; i < RULE_TABLES_MAX; i++) {
        if (run->rule->table_bytes[i] == 0)
            continue;
        run->tables[i] = table_new(run->rule->table_bytes[i]);
        if (run->tables[i] == NULL)
            return KEIIN_ENOMEM;
    }
    if (strcmp(run->rule->name, "authority-unknown") == 0)
        rules->wait_ms = run->limits[0];
    return 0;
}

int rules_new(const struct rules_limits *limits, struct rules_sink sink, struct rules **out)
{
    struct rules *rules = calloc(1, sizeof *rules);
    int err = 0;

    *out = NULL;
    if (rules == NULL)
        return KEIIN_ENOMEM;
    rules->limits = limits;
    rules->sink = sink;
    rules->waiting_bytes_max = WAITING_BYTES_MAX;
    rules->runs = calloc(rules_count, sizeof *rules->runs);
    rules->scratch = calloc(2, sizeof *rules->scratch);
    rules->writers = table_new(sizeof(struct rules_writer));
    rules->approvals = table_new(approval_bytes());
    rules->own = table_new(sizeof(uint64_t));
    if (rules->runs == NULL || rules->scratch == NULL || rules->writers == NULL ||
        rules->approvals == NULL || rules->own == NULL)
        err = KEIIN_ENOMEM;
    if (err == 0)
        err = waiting_init(&rules->waiting);
    for (unsigned i = 0; err == 0 && i < rules_count; i++)
        err = run_init(rules, i);
    if (err == 0)
        *out = rules;
    else
        rules_free(rules);
    return err;
}

void rules_free(struct rules *rules)
{
    if (rules == NULL)
        return;
    for (unsigned i = 0; rules->runs != NULL && i < rules_count; i++)
        run_free(&rules->runs[i]);
    free(rules->runs);
    free(rules->scratch);
    table_free(rules->writers);
    table_free(rules->approvals);
    table_free(rules->own);
    waiting_destroy(&rules->waiting);
    wakes_clear(&rules->wakes);
    free(rules);
}

void rules_listen(struct rules *rules, struct rules_listener listener)
{
    rules->listener = listener;
}

void rules_reset(struct rules *rules)
{
    for (unsigned i = 0; i < rules_count; i++) {
        rules->runs[i].roster = NULL;
        for (int t = 0; t < RULE_TABLES_MAX; t++)
            if (rules->runs[i].tables[t] != NULL)
                table_clear(rules->runs[i].tables[t]);
    }
    table_clear(rules->writers);
    table_clear(rules->approvals);
    table_clear(rules->own);
    waiting_clear(&rules->waiting);
    wakes_clear(&rules->wakes);
    rules->now_ms = rules->next_index = 0;
    rules->writer_count = 0;
    rules->has_roster = false;
    rules->roster = NULL;
    rules->counts = (struct rules_counts){0};
}

bool engine_place(struct rules *rules, struct rules_record *r, struct rules_address address,
    uint64_t received, struct span writer)
{
    r->address = address;
    r->received = received;
    r->writer_name = key_of(writer);
    r->writer = table_find(rules->writers, r->writer_name);
    return r->writer != NULL;
}

/* --- Authority. */

int engine_authorised(struct rules *rules, const struct rules_record *r, bool waited)
{
    int err = 0;

    if ((ACTION_BIT(r->action) & ACTIONS_AUTHORISED) == 0)
        return 0;
    for (unsigned i = 0; err == 0 && i < rules_count; i++)
        if (rules_all[i]->authorised != NULL && !rules->runs[i].off)
            err = rules_all[i]->authorised(&rules->runs[i], r, waited);
    return err;
}

int engine_unauthorised(struct rules *rules, const struct rules_record *r, bool open)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < rules_count; i++)
        if (rules_all[i]->unauthorised != NULL && !rules->runs[i].off)
            err = rules_all[i]->unauthorised(&rules->runs[i], r, open);
    return err;
}

/* --- Entries. */

/* What a call is about; NULL when it was removed by now. */
static void *wake_value(const struct rules *rules, const struct wake *wake)
{
    return table_by_serial(rules->runs[wake->rule].tables[wake->table], wake->serial);
}

/* Calls what was asked for, up to now. */
static int wake_all(struct rules *rules)
{
    struct wake wake;
    int err = 0;

    while (err == 0 && wakes_take(&rules->wakes, rules->now_ms, &wake)) {
        struct rule_run *run = &rules->runs[wake.rule];
        void *value = wake_value(rules, &wake);

        if (value == NULL)
            continue;
        run->roster = NULL; /* behind a state that was loaded there is none yet */
        err = run->rule->due(run, wake.table, value, wake.when_ms);
    }
    return err;
}

static int say_listed(struct rules *rules, const struct rules_record *r)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < rules_count; i++)
        if (rules_all[i]->listed != NULL && !rules->runs[i].off)
            err = rules_all[i]->listed(&rules->runs[i], r);
    return err;
}

/* Writers that a new roster lists, and those that it lists no longer. */
static int take_roster(
    struct rules *rules, const struct keeper_entry *entry, struct rules_record *r)
{
    const struct roster *roster = entry->roster;
    int err = 0;

    for (size_t i = 0; err == 0 && i < roster->writer_count; i++) {
        struct rules_writer *w;

        r->writer_name = key_of(roster->writers[i].key.name);
        r->writer = w = table_add(rules->writers, r->writer_name);
        if (w == NULL)
            return KEIIN_ENOMEM;
        if (w->since_ms == 0 && !w->listed)
            w->number = rules->writer_count++;
        w->role = roster->writers[i].role;
        if (w->listed)
            continue;
        w->listed = true;
        w->since = r->address;
        w->since_ms = entry->received;
        err = say_listed(rules, r);
    }
    for (struct rules_writer *w = NULL; err == 0 && (w = table_next(rules->writers, w)) != NULL;) {
        if (!w->listed || roster_writer_by_name(roster, table_key(w)) != NULL)
            continue;
        w->listed = false;
        r->writer = w;
        r->writer_name = key_of(table_key(w));
        err = say_listed(rules, r);
    }
    return err;
}

int rules_entry(struct rules *rules, const struct keeper_entry *entry)
{
    struct rules_record *r = &rules->scratch[0];
    int err;

    rules->next_index = entry->index + 1;
    rules->counts.entries++;
    if (entry->received > rules->now_ms)
        rules->now_ms = entry->received;
    err = wake_all(rules);
    if (err == 0)
        err = waiting_expire(rules);
    r->address = (struct rules_address){entry->index, 0};
    r->received = entry->received;
    r->has = 0;
    if (err == 0 && (!rules->has_roster || rules->roster_serial != entry->roster->serial))
        err = take_roster(rules, entry, r);
    rules->has_roster = true;
    rules->roster_serial = entry->roster->serial;
    rules->roster = entry->roster;
    for (unsigned i = 0; err == 0 && i < rules_count; i++) {
        rules->runs[i].roster = entry->roster;
        if (rules_all[i]->entry != NULL && !rules->runs[i].off)
            err = rules_all[i]->entry(&rules->runs[i], r);
    }
    return err;
}

/* --- Records. */

int engine_read(const struct rules *rules, struct rules_record *out, struct span bytes)
{
    const struct rules_limits *limits = rules->limits;
    int err = rules_record_read(out, bytes);

    if (err != 0 || out->action != ACTION_OWN)
        return err;
    for (size_t i = 0; i < limits->action_count; i++)
        if (span_is(out->action_name, limits->actions[i].name)) {
            out->action = limits->actions[i].action;
            break;
        }
    return 0;
}

/* Counts an action of an agency's own that no rule judges. */
static int count_own(struct rules *rules, const struct rules_record *r)
{
    uint64_t *count = table_find(rules->own, key_of(r->action_name));
    if (count == NULL && table_count(rules->own) < OWN_ACTIONS_MAX) {
        count = table_add(rules->own, key_of(r->action_name));
        if (count == NULL)
            return KEIIN_ENOMEM;
    }
    if (count != NULL)
        ++*count;
    return 0;
}

/* What is to be asked about the authority of a record. */
enum authority { AUTHORITY_NONE, AUTHORITY_GRANTED, AUTHORITY_WAITS };

static enum authority authority_of(struct rules *rules, struct rules_record *r)
{
    const struct approval *a;

    if (r->authority.text.n == 0)
        return AUTHORITY_NONE;
    a = table_find(rules->approvals, r->authority);
    r->approved = a != NULL && a->granted ? a : NULL;
    if (r->denied || (ACTION_BIT(r->action) & (ACTIONS_AUTHORISED | ACTIONS_HANDLING)) == 0)
        return AUTHORITY_NONE;
    if (r->approved == NULL)
        return AUTHORITY_WAITS;
    return (ACTION_BIT(r->action) & ACTIONS_AUTHORISED) != 0 ? AUTHORITY_GRANTED : AUTHORITY_NONE;
}

int rules_record(struct rules *rules, const struct record_place *place, struct span record)
{
    struct rules_record *r = &rules->scratch[0];
    enum authority authority;
    int err = 0;

    if (engine_read(rules, r, record) != 0 ||
        !engine_place(rules, r, (struct rules_address){place->index, place->position},
            place->received, place->writer))
        return 0;
    rules->counts.records++;
    if (r->action == ACTION_OWN)
        err = count_own(rules, r);
    if (err == 0 && (r->action == ACTION_APPROVE || r->action == ACTION_REVOKE))
        err = approvals_take(rules->approvals, r);
    authority = authority_of(rules, r);
    for (unsigned i = 0; err == 0 && i < rules_count; i++) {
        const struct rule *rule = rules_all[i];
        struct rule_run *run = &rules->runs[i];

        if (run->off)
            continue;
        if (rule->record != NULL && (rule->actions & ACTION_BIT(r->action)) != 0)
            err = rule->record(run, r);
        if (err == 0 && authority == AUTHORITY_GRANTED && rule->authorised != NULL)
            err = rule->authorised(run, r, false);
    }
    if (err == 0 && authority == AUTHORITY_WAITS)
        err = waiting_add(rules, r);
    if (err == 0 && (r->change.step == APPROVAL_GRANTED || r->change.step == APPROVAL_RATIFIED))
        err = waiting_settle(rules, r);
    if (err == 0 && rules->listener.record != NULL)
        err = rules->listener.record(rules->listener.ctx, r);
    return err;
}

int rules_vouched(struct rules *rules, uint64_t size, uint64_t at_ms, struct span witness)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < rules_count; i++)
        if (rules_all[i]->vouched != NULL && !rules->runs[i].off)
            err = rules_all[i]->vouched(&rules->runs[i], size, at_ms, witness);
    return err;
}

int rules_open(struct rules *rules)
{
    return waiting_open(rules);
}

int rules_conclude(struct rules *rules, const struct audit_result *audit)
{
    int err = 0;

    for (size_t i = 0; err == 0 && audit->log_signed && i < audit->witness_count; i++)
        if (audit->witnesses[i].time_s <= UINT64_MAX / 1000)
            err = rules_vouched(rules, audit->size, audit->witnesses[i].time_s * 1000,
                span_str(audit->witnesses[i].name));
    return err == 0 ? rules_open(rules) : err;
}

static size_t state_bytes(const struct rules *rules)
{
    size_t n = table_bytes(rules->writers) + table_bytes(rules->approvals) +
               table_bytes(rules->own) + table_bytes(rules->waiting.records) +
               table_bytes(rules->waiting.by_approval) + rules->wakes.cap * sizeof(struct wake);

    for (unsigned i = 0; i < rules_count; i++)
        for (int t = 0; t < RULE_TABLES_MAX; t++)
            if (rules->runs[i].tables[t] != NULL)
                n += table_bytes(rules->runs[i].tables[t]);
    return n;
}

const struct rules_counts *rules_counts(struct rules *rules)
{
    rules->counts.state_bytes = state_bytes(rules);
    return &rules->counts;
}

bool rules_own_action(const struct rules *rules, size_t number, struct span *name, uint64_t *count)
{
    uint64_t *found = table_next(rules->own, NULL);

    while (found != NULL && number-- > 0)
        found = table_next(rules->own, found);
    if (found == NULL)
        return false;
    *name = table_key(found);
    *count = *found;
    return true;
}

/* --- What rules call. */

static bool wake_live(const void *ctx, const struct wake *wake)
{
    return wake_value(ctx, wake) != NULL;
}

int rule_wake(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    struct wakes *w = &run->rules->wakes;
    struct wake wake = {when_ms, w->order++, table_serial(value), run->number, table};

    assert(run->rule->due != NULL && table < RULE_TABLES_MAX && run->tables[table] != NULL);
    if (when_ms == UINT64_MAX)
        return 0;
    if (w->count == w->cap)
        wakes_keep(w, wake_live, run->rules);
    return wakes_add(w, &wake);
}

bool rule_has_word(const struct rule_run *run, unsigned limit, struct span word)
{
    struct span rest = run->words[limit];

    while (rest.n > 0) {
        const uint8_t *space = memchr(rest.p, ' ', rest.n);
        size_t n = space == NULL ? rest.n : (size_t)(space - rest.p);

        if (span_eq(span_of(rest.p, n), word))
            return true;
        n += space != NULL;
        rest = span_of(rest.p + n, rest.n - n);
    }
    return false;
}
