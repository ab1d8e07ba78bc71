#include "verifier/rules/rule.h"

enum { FACTOR, HOURS_MIN };
enum { ACTORS, UNITS };

#define STEP (5 * RULE_MINUTE)
#define STEPS 12 /* an hour */
#define HOURS 720 /* 30 days */

/*
 * Of an actor or a unit, until nothing came for 30 days; times are `received`. Behind it stand
 * the clock hours with items, in order of time, and then the items of all these hours in order
 * of their number, for the median.
 */
struct subject {
    uint64_t steps[STEPS]; /* items of the last hour; of step n at n % STEPS */
    uint64_t step; /* the newest */
    uint64_t hour, items; /* of the clock hour now */
    uint64_t told; /* the step of the last hit, and 1 added */
    uint32_t hours;
    bool waking : 1;
};
struct hour {
    uint64_t hour, items;
};

static uint64_t sum(uint64_t a, uint64_t b)
{
    return time_after(a, b); /* stops at the greatest number */
}

static struct hour *hours_of(struct subject *s)
{
    return table_more_edit(s);
}

static uint64_t *sorted_of(struct subject *s)
{
    return (uint64_t *)(void *)(hours_of(s) + s->hours);
}

/* The place of the first of these numbers that is not below `items`. */
static size_t place_of(const uint64_t *sorted, size_t count, uint64_t items)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sorted[middle] < items)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Forgets the first `old` hours. */
static int forget(struct table *t, struct subject *s, size_t old)
{
    size_t left = s->hours;
    struct hour *hours;
    uint64_t *sorted;

    if (old == 0)
        return 0;
    hours = hours_of(s);
    sorted = sorted_of(s);
    for (size_t i = 0; i < old; i++) {
        size_t place = place_of(sorted, left, hours[i].items);

        left--;
        if (place < left)
            memmove(sorted + place, sorted + place + 1, (left - place) * sizeof *sorted);
    }
    memmove(hours, hours + old, left * sizeof *hours);
    memmove(hours + left, sorted, left * sizeof *sorted);
    s->hours = (uint32_t)left;
    return table_more_set(t, s, span_of(hours, left * (sizeof *hours + sizeof *sorted)));
}

/* The clock hour that has passed joins those before it. */
static int close_hour(struct table *t, struct subject *s)
{
    static const uint8_t room[sizeof(struct hour) + sizeof(uint64_t)];
    struct hour *hours;
    uint64_t *sorted;
    size_t place;
    int err;

    if (s->items == 0)
        return 0;
    err = table_more_append(t, s, span_of(room, sizeof room));
    if (err != 0)
        return err;
    hours = hours_of(s);
    sorted = sorted_of(s);
    memmove(hours + s->hours + 1, sorted, s->hours * sizeof *sorted);
    hours[s->hours] = (struct hour){s->hour, s->items};
    s->hours++;
    sorted = sorted_of(s);
    place = place_of(sorted, s->hours - 1, s->items);
    memmove(sorted + place + 1, sorted + place, (s->hours - 1 - place) * sizeof *sorted);
    sorted[place] = s->items;
    s->items = 0;
    return 0;
}

/* Brings a subject to the time of a record. */
static int move_on(struct table *t, struct subject *s, uint64_t received_ms)
{
    uint64_t step = received_ms / STEP, hour = received_ms / RULE_HOUR;
    size_t old = 0;
    int err;

    for (uint64_t i = s->step + 1; i <= step && i <= s->step + STEPS; i++)
        s->steps[i % STEPS] = 0;
    if (step > s->step)
        s->step = step;
    if (hour <= s->hour)
        return 0;
    err = close_hour(t, s);
    s->hour = hour;
    while (err == 0 && old < s->hours && hours_of(s)[old].hour + HOURS < hour)
        old++;
    return err == 0 ? forget(t, s, old) : err;
}

/* Of an even number of hours the mean of the two in the middle, rounded down. */
static uint64_t median(struct subject *s)
{
    const uint64_t *sorted = sorted_of(s);
    uint64_t high = sorted[s->hours / 2], low = sorted[(s->hours - 1) / 2];

    return low + (high - low) / 2;
}

/* What of a subject's is over the limit now. */
struct excess {
    bool found;
    uint64_t items, median;
};

static int count(struct rule_run *run, unsigned table, const struct rules_record *r, struct key key,
    struct excess *out)
{
    struct table *t = run->tables[table];
    uint64_t items = record_number(r, F_COUNT), factor = run->limits[FACTOR];
    struct subject *s = table_add(t, key);
    int err;

    *out = (struct excess){false, 0, 0};
    if (s == NULL)
        return KEIIN_ENOMEM;
    err = move_on(t, s, r->received);
    if (err == 0 && !s->waking) {
        s->waking = true;
        err = rule_wake(run, table, s, time_after(r->received, (HOURS + 1) * RULE_HOUR));
    }
    if (err != 0)
        return err;
    s->items = sum(s->items, items);
    s->steps[s->step % STEPS] = sum(s->steps[s->step % STEPS], items);
    if (s->hours < run->limits[HOURS_MIN] || s->hours == 0 ||
        (s->told > 0 && s->step < s->told - 1 + STEPS))
        return 0;
    for (int i = 0; i < STEPS; i++)
        out->items = sum(out->items, s->steps[i]);
    out->median = median(s);
    out->found = out->items / factor > out->median ||
                 (out->items / factor == out->median && out->items % factor > 0);
    if (out->found)
        s->told = s->step + 1;
    return 0;
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    struct excess actor = {false, 0, 0}, unit = {false, 0, 0};
    int err = 0;

    /* What was denied is no access, and what says no number adds nothing. */
    if (r->denied || record_number(r, F_COUNT) == 0)
        return 0;
    if (r->actor.text.n > 0)
        err = count(run, ACTORS, r, r->actor, &actor);
    if (err == 0 && r->unit.text.n > 0)
        err = count(run, UNITS, r, r->unit, &unit);
    if (err == 0 && (actor.found || unit.found)) {
        struct rule_fact facts[] = {fact_number("items", actor.items),
            fact_number("median", actor.median), fact_number("unit_items", unit.items),
            fact_number("unit_median", unit.median), fact_number("factor", run->limits[FACTOR])};

        err = rule_found_record(run, !unit.found ? 0 : !actor.found ? 1 : 2, r, facts, 5);
    }
    return err;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    const struct subject *s = value;
    uint64_t until = (s->hour + HOURS + 1) * RULE_HOUR;

    if (until > when_ms)
        return rule_wake(run, table, value, until);
    table_remove(run->tables[table], value);
    return 0;
}

static bool fits(unsigned table, const void *value)
{
    const struct subject *s = value;

    (void)table;
    return table_more(s).n == s->hours * (sizeof(struct hour) + sizeof(uint64_t));
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) was given {items} items in the hour up to this access (\"{action}\" on "
         "data set {dataset}); the middle one of its own hours in the 30 days before is {median}, "
         "and at most {factor} times as many are expected.",
        "{actor}（{unit}）は、このアクセス（データセット {dataset} に対する{action}）までの1"
        "時間に、{items}件を得ました。それに先立つ30日間における本人の1時間ごとの件数の中央値"
        "は{median}件で、その{factor}倍までが想定されています。"),
    SAID("The unit {unit} was given {unit_items} items in the hour up to this access (by {actor}, "
         "\"{action}\" on data set {dataset}); the middle one of its own hours in the 30 days "
         "before is {unit_median}, and at most {factor} times as many are expected.",
        "部署 {unit} は、このアクセス（{actor} による、データセット {dataset} に対する"
        "{action}）までの1時間に、{unit_items}件を得ました。それに先立つ30日間におけるこの部"
        "署の1時間ごとの件数の中央値は{unit_median}件で、その{factor}倍までが想定されています。"),
    SAID("{actor} was given {items} items in the hour up to this access (\"{action}\" on data set "
         "{dataset}), and its unit {unit} {unit_items}; the middle ones of their own hours in the "
         "30 days before are {median} and {unit_median}, and at most {factor} times as many are "
         "expected.",
        "このアクセス（データセット {dataset} に対する{action}）までの1時間に、{actor} は"
        "{items}件を、その部署 {unit} は{unit_items}件を得ました。それに先立つ30日間における1"
        "時間ごとの件数の中央値はそれぞれ{median}件と{unit_median}件で、その{factor}倍までが"
        "想定されています。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"factor", LIMIT_COUNT, "10", 1, 1000000,
        SAID("how many times the median hour is allowed", "中央値の何倍までを許すか")},
    {"hours_min", LIMIT_COUNT, "10", 1, HOURS,
        SAID("how many hours with items an actor or unit must have before it is judged",
            "判定の前提として、その者又は部署に必要な、件数のあった時間の数")},
    {0}};

const struct rule rule_volume_outlier = {
    .name = "volume-outlier",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("Far more items than usual", "通常を大きく超える件数のアクセス"),
    .sentences = sentences,
    .facts = {FORM("items", NUMBER), FORM("median", NUMBER), FORM("unit_items", NUMBER),
        FORM("unit_median", NUMBER), FORM("factor", NUMBER)},
    .meaning = SAID("Somebody took far more within an hour than they usually do: a large task, or "
                    "data carried off. An hour here are the last twelve steps of five minutes, by "
                    "when the ledger received the records; the median is that of the subject's "
                    "clock hours (UTC) with items among the 720 before the present one, of an even "
                    "number the mean of the two in the middle, rounded down. Told of once an hour.",
        "1時間のうちに、普段よりはるかに多くのデータが得られました。大きな任務によるものか、"
        "又はデータの持ち出しが考えられます。ここでいう1時間は、台帳の受信時刻による、5分ご"
        "との直近の12区間です。中央値は、現在の1時間の前の720時間のうち、件数のあった毎正時か"
        "らの1時間（UTC）についてのもので、その数が偶数のときは、中央の二つの平均（端数切捨て）"
        "です。指摘は1時間に一度です。"),
    .reads = SAID("query, view and export: count, actor, unit, outcome; received",
        "query・view・export の count・actor・unit・outcome、受信時刻（received）"),
    .blind = SAID("Accesses without a count, somebody new, somebody who always takes much, and "
                  "growth over weeks.",
        "件数を示さないアクセス、新しい者、常に多くを得ている者、及び数週間にわたる増加。"),
    .origin = SAID("Statistical checks of logs that LED art. 25 has kept for self-monitoring.",
        "指令（EU）2016/680第25条が自己点検のために保存させている、ログの統計的な点検。"),
    .limits = limits,
    .table_bytes = {[ACTORS] = sizeof(struct subject), [UNITS] = sizeof(struct subject)},
    .actions = ACTIONS_ACCESS,
    .record = record,
    .due = due,
    .fits = fits,
};
