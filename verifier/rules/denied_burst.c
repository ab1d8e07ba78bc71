#include "verifier/rules/rule.h"

enum { DENIED, PERIOD };

/*
 * Times are `at`. ACTORS: the denied attempts of each, in the order of `at`. REFUSED: those on
 * each data set, in the order of the ledger. Both are kept for two periods after they were
 * received: one in which they count, one for records that come late.
 */
enum { ACTORS, REFUSED };

#define ATTEMPTS_A_DENIED 32 /* so many times the limit are kept of an actor */
#define REFUSALS_MAX 1000 /* kept of a data set, and as many again before the oldest go */

struct actor {
    uint64_t last_received_ms;
    uint64_t first_ms, last_ms; /* of the burst that was told of */
    bool told : 1, waking : 1;
};
struct attempt { /* behind it */
    uint64_t at_ms, received_ms;
};

struct refused {
    uint64_t actor; /* the only one who was refused, by its serial in ACTORS; or 0: several */
    bool waking : 1;
};
struct refusal { /* behind it */
    struct rules_address address;
    uint64_t at_ms, received_ms;
    uint64_t actor;
};

static uint64_t kept_ms(const struct rule_run *run)
{
    return 2 * run->limits[PERIOD];
}

static bool near_to(const struct rule_run *run, uint64_t a, uint64_t b)
{
    return (a < b ? b - a : a - b) <= run->limits[PERIOD];
}

/* --- Many attempts of one actor. */

/* Forgets those that were received too long ago, and the earliest when there are too many. */
static int forget_attempts(struct rule_run *run, struct actor *a, uint64_t now_ms)
{
    struct attempt *all = table_more_edit(a);
    size_t count = table_more(a).n / sizeof *all, kept = 0;
    size_t most = (run->limits[DENIED] + 1) * ATTEMPTS_A_DENIED;

    if (count < most && (count == 0 || time_after(all[0].received_ms, kept_ms(run)) >= now_ms))
        return 0;
    for (size_t i = count >= most ? count - most + 1 : 0; i < count; i++)
        if (time_after(all[i].received_ms, kept_ms(run)) >= now_ms)
            all[kept++] = all[i];
    return table_more_set(run->tables[ACTORS], a, span_of(all, kept * sizeof *all));
}

/* Puts it in its place; *out is that. */
static int put_attempt(
    struct rule_run *run, struct actor *a, const struct rules_record *r, size_t *out)
{
    struct attempt attempt = {r->at, r->received}, *all;
    int err = forget_attempts(run, a, r->received);
    size_t i;

    if (err == 0)
        err = table_more_append(run->tables[ACTORS], a, span_of(&attempt, sizeof attempt));
    if (err != 0)
        return err;
    all = table_more_edit(a);
    for (i = table_more(a).n / sizeof *all - 1; i > 0 && all[i - 1].at_ms > r->at; i--)
        all[i] = all[i - 1];
    all[i] = attempt;
    *out = i;
    return 0;
}

/* Whether attempt `i` is one of too many in a period; *first is the first of these. */
static bool too_many(const struct rule_run *run, struct actor *a, size_t i, size_t *first)
{
    const struct attempt *all = table_more_edit(a);
    size_t count = table_more(a).n / sizeof *all, limit = run->limits[DENIED];

    for (*first = i < limit ? 0 : i - limit; *first <= i && *first + limit < count; ++*first)
        if (near_to(run, all[*first].at_ms, all[*first + limit].at_ms))
            return true;
    return false;
}

/* The burst is told of once: its attempts are done with, and so are those that follow closely. */
static int begin_burst(struct rule_run *run, struct actor *a, size_t first)
{
    struct attempt *all = table_more_edit(a);
    size_t count = table_more(a).n / sizeof *all, end = first + 1;

    a->told = true;
    a->first_ms = all[first].at_ms;
    while (end < count && near_to(run, all[end - 1].at_ms, all[end].at_ms))
        end++;
    a->last_ms = all[end - 1].at_ms;
    memmove(all + first, all + end, (count - end) * sizeof *all);
    return table_more_set(
        run->tables[ACTORS], a, span_of(all, (first + count - end) * sizeof *all));
}

static int count_attempt(struct rule_run *run, struct actor *a, const struct rules_record *r)
{
    struct rule_fact facts[] = {
        fact_number("denied", run->limits[DENIED]), fact_duration("period", run->limits[PERIOD])};
    size_t i, first;
    int err;

    if (a->told && r->at <= time_after(a->last_ms, run->limits[PERIOD]) &&
        time_after(r->at, run->limits[PERIOD]) >= a->first_ms) {
        a->first_ms = r->at < a->first_ms ? r->at : a->first_ms;
        a->last_ms = r->at > a->last_ms ? r->at : a->last_ms;
        return 0;
    }
    err = put_attempt(run, a, r, &i);
    if (err != 0 || !too_many(run, a, i, &first))
        return err;
    err = begin_burst(run, a, first);
    return err == 0 ? rule_found_record(run, 0, r, facts, 2) : err;
}

/* --- Refused to one, done by another. */

/*
 * Forgets those that were received too long ago, which are the first, and the first of too many: each
 * success reads them all.
 */
static int forget_refusals(struct rule_run *run, struct refused *d, uint64_t now_ms)
{
    struct span more = table_more(d);
    const struct refusal *all = table_more_edit(d);
    size_t count = more.n / sizeof *all, old = 0;

    while (old < count && time_after(all[old].received_ms, kept_ms(run)) < now_ms)
        old++;
    if (count >= 2 * REFUSALS_MAX && old < count - REFUSALS_MAX)
        old = count - REFUSALS_MAX;
    /* Half of them at least, so that moving the rest costs little for each. */
    if (old * 2 < count || old == 0)
        return 0;
    if (old == count)
        d->actor = 0;
    return table_more_set(run->tables[REFUSED], d, span_of(all + old, (count - old) * sizeof *all));
}

static int refuse(struct rule_run *run, const struct actor *a, const struct rules_record *r)
{
    struct refusal refusal;
    struct refused *d = table_add(run->tables[REFUSED], r->dataset);
    int err;

    if (d == NULL)
        return KEIIN_ENOMEM;
    err = forget_refusals(run, d, r->received);
    if (err != 0)
        return err;
    memset(&refusal, 0, sizeof refusal);
    refusal.address = r->address;
    refusal.at_ms = r->at;
    refusal.received_ms = r->received;
    refusal.actor = table_serial(a);
    if (table_more(d).n == 0)
        d->actor = refusal.actor;
    else if (d->actor != refusal.actor)
        d->actor = 0;
    err = table_more_append(run->tables[REFUSED], d, span_of(&refusal, sizeof refusal));
    if (err != 0 || d->waking)
        return err;
    d->waking = true;
    return rule_wake(run, REFUSED, d, time_after(r->received, kept_ms(run)));
}

static int tell_refusal(
    struct rule_run *run, const struct rules_record *r, const struct refusal *refusal)
{
    const struct actor *a = table_by_serial(run->tables[ACTORS], refusal->actor);
    struct rules_address addresses[] = {refusal->address, r->address};
    struct rule_fact facts[] = {
        fact_text("refused", a == NULL ? (struct span){NULL, 0} : table_key(a)),
        fact_time("refused_at", refusal->at_ms), fact_duration("period", run->limits[PERIOD])};
    struct rule_hit hit = {.sentence = 1,
        .r = r,
        .addresses = addresses,
        .address_count = 2,
        .facts = facts,
        .fact_count = 3};

    return rule_found(run, &hit);
}

/* Somebody did what was refused to others: these refusals are told of and forgotten. */
static int succeed(struct rule_run *run, const struct rules_record *r)
{
    struct refused *d = table_find(run->tables[REFUSED], r->dataset);
    const struct actor *self =
        d == NULL || r->actor.text.n == 0 ? NULL : table_find(run->tables[ACTORS], r->actor);
    uint64_t actor = self == NULL ? 0 : table_serial(self);
    struct refusal *all;
    size_t count, kept = 0;
    int err = 0;

    /* Without this, one who succeeds often would make all his own refusals be read each time. */
    if (d == NULL || (actor != 0 && d->actor == actor))
        return 0;
    all = table_more_edit(d);
    count = table_more(d).n / sizeof *all;
    d->actor = 0;
    for (size_t i = 0; i < count; i++) {
        bool old = time_after(all[i].received_ms, kept_ms(run)) < r->received;
        bool other = !old && all[i].actor != actor && r->at >= all[i].at_ms &&
                     near_to(run, r->at, all[i].at_ms);

        if (other && err == 0)
            err = tell_refusal(run, r, &all[i]);
        if (old || other)
            continue;
        d->actor = kept == 0 || d->actor == all[i].actor ? all[i].actor : 0;
        all[kept++] = all[i];
    }
    return err == 0 ? table_more_set(run->tables[REFUSED], d, span_of(all, kept * sizeof *all))
                    : err;
}

/* --- Records. */

#define ACTIONS_ON_DATA (ACTIONS_COLLECTION | ACTIONS_ACCESS | ACTIONS_PROVISION | ACTIONS_HANDLING)

static int record(struct rule_run *run, const struct rules_record *r)
{
    bool on_data = (ACTION_BIT(r->action) & ACTIONS_ON_DATA) != 0 && r->dataset.text.n > 0;
    struct actor *a;
    int err;

    if (!r->denied) {
        return on_data && table_count(run->tables[REFUSED]) > 0 &&
                       record_is(r, F_OUTCOME, "success")
                   ? succeed(run, r)
                   : 0;
    }
    if (r->actor.text.n == 0)
        return 0;
    a = table_add(run->tables[ACTORS], r->actor);
    if (a == NULL)
        return KEIIN_ENOMEM;
    a->last_received_ms = r->received;
    err = count_attempt(run, a, r);
    if (err == 0 && !a->waking) {
        a->waking = true;
        err = rule_wake(run, ACTORS, a, time_after(r->received, kept_ms(run)));
    }
    return err == 0 && on_data ? refuse(run, a, r) : err;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    const struct refusal *all = table_more_edit(value);
    size_t count = table_more(value).n / sizeof *all;
    uint64_t last = 0;

    if (table == ACTORS)
        last = ((const struct actor *)value)->last_received_ms;
    else if (count > 0)
        last = all[count - 1].received_ms;
    if (last > 0 && time_after(last, kept_ms(run)) > when_ms)
        return rule_wake(run, table, value, time_after(last, kept_ms(run)));
    table_remove(run->tables[table], value);
    return 0;
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) was denied more than {denied} times within {period}, the last time at "
         "{at}: \"{action}\" on data set {dataset}.",
        "{actor}（{unit}）は、{period}の間に{denied}回を超えて拒否されました。最後に拒否され"
        "たのは、{at}の、データセット {dataset} に対する{action}です。"),
    SAID("{refused} was denied data set {dataset} at {refused_at}, and within {period}, at {at}, "
         "{actor} ({unit}) did \"{action}\" on it with success.",
        "{refused} は、{refused_at}に、データセット {dataset} について拒否されました。その後"
        "{period}以内の{at}に、{actor}（{unit}）が、これに対して{action}を行い、成功しました。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"denied", LIMIT_COUNT, "10", 0, 1000,
        SAID("how often one actor may be denied in a period",
            "一人の行為者が一つの期間に拒否されてもよい回数")},
    {"period", LIMIT_DURATION, "1 h", RULE_SECOND, 30 * RULE_DAY,
        SAID("the period; and how long after a denial another's success is told of",
            "その期間。拒否の後、他の者の成功を指摘する期間でもあります")},
    {0}};

const struct rule rule_denied_burst = {
    .name = "denied-burst",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("Denied again and again, or evaded", "度重なる拒否又は拒否の迂回"),
    .sentences = sentences,
    .facts = {FORM("denied", NUMBER), FORM("period", DURATION), FORM("refused", TEXT),
        FORM("refused_at", TIME)},
    .meaning = SAID("Somebody tried again and again what they may not do, or had another do what "
                    "was refused to them. A password that expired is a harmless reason, a "
                    "colleague with the right task another.",
        "許されていないことが何度も試みられたか、又は拒否されたことを他の者が行いました。パ"
        "スワードの期限切れや、正当な任務のある同僚による行為であれば、問題はありません。"),
    .reads = SAID("outcome, actor, dataset, at", "outcome、actor、dataset、at"),
    .blind =
        SAID("Attempts without an actor, under several ids, or slower than the limit; a success "
             "whose record does not say \"success\", names another data set, was received more "
             "than two periods after the denial, or after 1,000 other denials on that data set.",
            "行為者が示されていない試み、複数のIDによる試み、又は基準値より緩やかな試み。記録が"
            "「success」としていない成功、別のデータセットを示す成功、拒否の後に期間の2倍を超えて"
            "受信された成功、又はそのデータセットについて他に1,000件の拒否があった後の成功。"),
    .origin = SAID("Denied attempts are recorded and watched in SIS and ETIAS; OCSF and CADF have "
                   "an outcome for it.",
        "SIS と ETIAS では、拒否された試みを記録し、監視します。OCSF と CADF には、そのための"
        "結果の区分があります。"),
    .limits = limits,
    .table_bytes = {[ACTORS] = sizeof(struct actor), [REFUSED] = sizeof(struct refused)},
    .actions = ACTIONS_ALL & ~(ACTION_BIT(ACTION_OWN) | ACTION_BIT(ACTION_CORRECT)),
    .record = record,
    .due = due,
};
