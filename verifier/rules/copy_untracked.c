#include "verifier/rules/datasets.h"

/* An export or a copy, until its time is over; behind it in the table stands its actor. */
struct copied {
    struct rules_address address;
    uint64_t at;
    uint64_t source; /* serial number of its data set; 0: it names none */
    uint32_t action;
};

/* A data set that was copied, while copies of it wait. */
struct source {
    struct rules_address child; /* the last record that names one that came from it */
    uint64_t waiting;
};

enum { TABLE_COPIED, TABLE_SOURCES };

static bool later(struct rules_address a, struct rules_address b)
{
    return a.index != b.index ? a.index > b.index : a.position > b.position;
}

/* Whether the record itself names the copy, and what that came from. */
static bool tracked(const struct rules_record *r)
{
    struct ids parents = ids_of(record_text(r, F_PARENTS));
    struct span parent;

    while (r->dataset.text.n > 0 && ids_next(&parents, &parent))
        if (!span_eq(parent, r->dataset.text))
            return true;
    return false;
}

static int copied(struct rule_run *run, const struct rules_record *r)
{
    uint8_t place[12];
    struct copied *c;
    struct source *s;
    int err;

    be64_put(place, r->address.index);
    be32_put(place + 8, r->address.position);
    c = table_add(run->tables[TABLE_COPIED], key_of(span_of(place, sizeof place)));
    if (c == NULL)
        return KEIIN_ENOMEM;
    c->address = r->address;
    c->at = r->at;
    c->action = r->action;
    err = table_more_set(run->tables[TABLE_COPIED], c, r->actor.text);
    if (err == 0 && r->dataset.text.n > 0) {
        s = table_add(run->tables[TABLE_SOURCES], r->dataset);
        if (s == NULL)
            return KEIIN_ENOMEM;
        s->waiting++;
        c->source = table_serial(s);
    }
    return err == 0 ? rule_wake(run, TABLE_COPIED, c, time_after(record_began(r), run->limits[0]))
                    : err;
}

/* A data set that came from others. */
static void child(struct rule_run *run, const struct rules_record *r)
{
    struct ids parents = ids_of(record_text(r, F_PARENTS));
    struct span parent;

    while (ids_next(&parents, &parent)) {
        struct source *s = table_find(run->tables[TABLE_SOURCES], key_of(parent));

        if (s != NULL && !span_eq(parent, r->dataset.text))
            s->child = r->address;
    }
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    if (r->undone)
        return 0;
    if (r->dataset.text.n > 0 && record_has(r, F_PARENTS) &&
        table_count(run->tables[TABLE_SOURCES]) > 0)
        child(run, r);
    if ((r->action == ACTION_EXPORT || r->action == ACTION_COPY) && !tracked(r))
        return copied(run, r);
    return 0;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    struct copied *c = value;
    struct source *s =
        c->source == 0 ? NULL : table_by_serial(run->tables[TABLE_SOURCES], c->source);
    struct rule_fact facts[] = {fact_text("actor", table_more(c)), fact_time("at", c->at),
        fact_text("action", span_str(action_text((enum action)c->action))),
        fact_text("dataset", s == NULL ? (struct span){NULL, 0} : table_key(s)),
        fact_duration("limit", run->limits[0])};
    struct rule_hit hit = {.sentence = s == NULL ? 1 : 0,
        .addresses = &c->address,
        .address_count = 1,
        .facts = facts,
        .fact_count = 5};
    int err = s != NULL && later(s->child, c->address) ? 0 : rule_found(run, &hit);

    (void)when_ms;
    if (s != NULL && --s->waiting == 0)
        table_remove(run->tables[TABLE_SOURCES], s);
    table_remove(run->tables[table], c);
    return err;
}

static bool fits(unsigned table, const void *value)
{
    const struct copied *c = value;

    return table != TABLE_COPIED || c->action < ACTION_COUNT_OF;
}

static const struct said sentences[] = {
    SAID("{actor} did \"{action}\" on data set {dataset} at {at}; within {limit} a record must "
         "name the data set that came of it, with {dataset} among its parents, and none did.",
        "{actor} は、{at}に、データセット {dataset} に対して{action}を行いました。これによっ"
        "て生じたデータセットは、{dataset} を元（parents）に含めて{limit}以内に記録に示さなけ"
        "ればなりませんが、その記録がありません。"),
    SAID("{actor} did \"{action}\" at {at}, and the record does not name both the data set and "
         "what it came from, so that what came of it cannot be tracked.",
        "{actor} は、{at}に、{action}を行いました。生じたデータセットとその元の両方が記録に示"
        "されていないため、生じたものの所在を追跡することができません。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "24 h", 0, 365 * RULE_DAY,
        SAID("how long after an export or a copy the data set that came of it may be named",
            "出力又は複製から、生じたデータセットを記録に示すまでに許される時間")},
    {0}};

const struct rule rule_copy_untracked = {
    .name = "copy-untracked",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("A copy that cannot be tracked", "所在を追跡できない複製"),
    .sentences = sentences,
    .facts = {FORM("limit", DURATION)},
    .meaning = SAID("Data were exported or copied, and the ledger does not name the data set that "
                    "came of it: nobody can say where it is, who reads it and when it is erased.",
        "データが出力又は複製されましたが、これによって生じたデータセットが台帳に示されてい"
        "ません。それがどこにあり、誰が見て、いつ消去されるのかを、誰も示すことができません。"),
    .reads = SAID(
        "dataset and parents of export and copy, and of all later records but queries and views",
        "export と copy、及びその後のすべての記録（query と view を除く）の dataset と "
        "parents"),
    .blind = SAID("What failed by its own word. How many copies were made: one data set that came "
                  "of it stands for all before it. Exports that were never recorded.",
        "記録自体が失敗としているもの。複製の数（生じたデータセットが一つ示されれば、それ以前"
        "のすべての複製について示されたものとします）。記録されなかった出力。"),
    .origin = SAID("What was copied or exported must be found again for erasure; logs of "
                   "disclosure: Directive (EU) 2016/680, article 25.",
        "複製又は出力されたものは、消去のために所在が分からなければなりません。開示の記録："
        "指令（EU）2016/680第25条。"),
    .limits = limits,
    .table_bytes = {sizeof(struct copied), sizeof(struct source)},
    .actions = (ACTION_BIT(ACTION_COUNT_OF) - 1) & ~ACTION_BIT(ACTION_CORRECT) &
               ~ACTION_BIT(ACTION_QUERY) & ~ACTION_BIT(ACTION_VIEW),
    .record = record,
    .due = due,
    .fits = fits,
};
