#include "verifier/rules/datasets.h"

enum { RATIFY_WITHIN, RATIFY_WITHIN_MAX, ERASE_WITHIN };
enum { EMERGENCIES, TOUCHED, DATASETS };
enum { UNRATIFIED, NOT_ERASED, USED_AFTER_REFUSAL, USED_AFTER_DEADLINE };

/*
 * By approval: one that was used before it was given. Gone when it is ratified; others stay, for
 * they may be refused at any time: as many as approvals that were used so and never ratified.
 */
struct emergency {
    struct rules_address first; /* the record that used it first */
    uint64_t began; /* the earliest use */
    uint64_t said; /* the least ratify_by, when has_said */
    bool has_said : 1, told : 1, refused : 1;
    struct rules_address refusal;
    uint64_t refused_ms;
    uint64_t touched; /* the newest one of its list */
};

/* By data set and approval; gone with the emergency, and with an erase of the data set. */
struct touched {
    struct rules_address address; /* the first record that touched it */
    uint64_t emergency;
    struct {
        uint64_t before, after; /* serial numbers, or 0 */
    } lists[2]; /* of one emergency, and of one data set */
};
enum { OF_EMERGENCY, OF_DATASET };

/* By data set: the newest one of its list. */
struct dataset {
    uint64_t touched;
};

static uint64_t deadline(const struct rule_run *run, const struct emergency *e)
{
    uint64_t initial = time_after(e->began, run->limits[RATIFY_WITHIN]);
    uint64_t greatest = time_after(e->began, run->limits[RATIFY_WITHIN_MAX]);
    uint64_t when = e->has_said ? e->said : initial;

    return when < greatest ? when : greatest;
}

/* The data set (0) or the approval (1) of an entry of TOUCHED. */
static struct span part_of(const struct touched *t, int part)
{
    struct cursor in = cursor_of(table_key(t));
    struct span found = cursor_take(&in, cursor_be16(&in));

    return part == 0 ? found : cursor_take(&in, cursor_be16(&in));
}

/* --- Data sets that were touched. */

static void put_in(struct table *all, struct touched *t, int list, uint64_t *newest)
{
    struct touched *after = table_by_serial(all, *newest);

    t->lists[list].after = *newest;
    if (after != NULL)
        after->lists[list].before = table_serial(t);
    *newest = table_serial(t);
}

static void take_out(struct table *all, struct touched *t, int list, uint64_t *newest)
{
    struct touched *before = table_by_serial(all, t->lists[list].before);
    struct touched *after = table_by_serial(all, t->lists[list].after);

    if (before != NULL)
        before->lists[list].after = t->lists[list].after;
    else
        *newest = t->lists[list].after;
    if (after != NULL)
        after->lists[list].before = t->lists[list].before;
}

/* Until when it must be erased, counted from the refusal or what was done later. */
static int must_erase(struct rule_run *run, struct touched *t, uint64_t from)
{
    return rule_wake(run, TOUCHED, t, time_after(from, run->limits[ERASE_WITHIN]));
}

static int touch_one(
    struct rule_run *run, const struct rules_record *r, struct emergency *e, struct key dataset)
{
    struct table *all = run->tables[TOUCHED];
    struct rule_key parts = {.n = 0};
    struct touched *t;
    struct dataset *d;
    struct key key;

    rule_key_add(&parts, dataset.text);
    rule_key_add(&parts, table_key(e));
    key = rule_key_done(&parts);
    if (table_find(all, key) != NULL)
        return 0;
    t = table_add(all, key);
    d = table_add(run->tables[DATASETS], dataset);
    if (t == NULL || d == NULL)
        return KEIIN_ENOMEM;
    t->address = r->address;
    t->emergency = table_serial(e);
    put_in(all, t, OF_EMERGENCY, &e->touched);
    put_in(all, t, OF_DATASET, &d->touched);
    if (!e->refused)
        return 0;
    return must_erase(run, t, record_began(r) > e->refused_ms ? record_began(r) : e->refused_ms);
}

static int touch(struct rule_run *run, const struct rules_record *r, struct emergency *e)
{
    struct datasets all = datasets_acted_on(r);
    struct key dataset;
    int err = 0;

    while (err == 0 && !r->undone && r->action != ACTION_ERASE && datasets_next(&all, &dataset))
        err = touch_one(run, r, e, dataset);
    return err;
}

static void remove_touched(struct rule_run *run, struct touched *t)
{
    struct table *all = run->tables[TOUCHED];
    struct emergency *e = table_by_serial(run->tables[EMERGENCIES], t->emergency);
    struct dataset *d = table_find(run->tables[DATASETS], key_of(part_of(t, 0)));

    if (e != NULL)
        take_out(all, t, OF_EMERGENCY, &e->touched);
    if (d != NULL)
        take_out(all, t, OF_DATASET, &d->touched);
    if (d != NULL && d->touched == 0)
        table_remove(run->tables[DATASETS], d);
    table_remove(all, t);
}

static void erased(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key dataset;
    struct dataset *d;
    struct touched *t;

    while (datasets_next(&all, &dataset))
        while ((d = table_find(run->tables[DATASETS], dataset)) != NULL &&
               (t = table_by_serial(run->tables[TOUCHED], d->touched)) != NULL)
            remove_touched(run, t);
}

/* --- Decisions of the committee. */

static void ratified(struct rule_run *run, struct emergency *e)
{
    struct touched *t;

    while ((t = table_by_serial(run->tables[TOUCHED], e->touched)) != NULL)
        remove_touched(run, t);
    table_remove(run->tables[EMERGENCIES], e);
}

static int refused(struct rule_run *run, struct emergency *e, const struct approval *a)
{
    const struct table *all = run->tables[TOUCHED];
    struct touched *t = table_by_serial(all, e->touched);
    size_t left = table_count(all); /* a list of a saved state may be none */
    int err = 0;

    e->refused = true;
    e->refusal = a->refusal;
    e->refused_ms = a->refused_ms;
    for (; left > 0 && t != NULL && t->lists[OF_EMERGENCY].after != 0; left--)
        t = table_by_serial(all, t->lists[OF_EMERGENCY].after);
    left = table_count(all);
    /* From the oldest one on: so they are told of. */
    for (; err == 0 && t != NULL && left > 0; left--) {
        err = must_erase(run, t, a->refused_ms);
        t = table_by_serial(all, t->lists[OF_EMERGENCY].before);
    }
    return err;
}

static int decided(struct rule_run *run, const struct rules_record *r)
{
    struct emergency *e = table_find(run->tables[EMERGENCIES], r->approval);

    if (e != NULL && r->change.step == APPROVAL_RATIFIED)
        ratified(run, e);
    else if (e != NULL && r->change.step == APPROVAL_REFUSED)
        return refused(run, e, r->change.approval);
    return 0;
}

/* --- Uses. */

/* What a use says of the deadline; the least counts, until it has passed. */
static int set_deadline(struct rule_run *run, struct emergency *e, const struct rules_record *r)
{
    bool fresh = e->began == UINT64_MAX;
    uint64_t before = fresh ? 0 : deadline(run, e);

    if (e->told)
        return 0;
    if (record_began(r) < e->began)
        e->began = record_began(r);
    if (record_has(r, F_RATIFY_BY) && (!e->has_said || record_number(r, F_RATIFY_BY) < e->said)) {
        e->has_said = true;
        e->said = record_number(r, F_RATIFY_BY);
    }
    return fresh || deadline(run, e) != before ? rule_wake(run, EMERGENCIES, e, deadline(run, e))
                                               : 0;
}

/* A use after the committee refused or let the time pass, which no grant covers. */
static int say_used(struct rule_run *run, const struct rules_record *r, const struct emergency *e)
{
    bool refused = e->refused && r->at > e->refused_ms;
    bool late = e->told && r->at > deadline(run, e);
    struct rules_address addresses[] = {r->address, refused ? e->refusal : e->first};
    struct rule_fact facts[] = {fact_time("when", refused ? e->refused_ms : deadline(run, e))};
    struct rule_hit hit = {.sentence = refused ? USED_AFTER_REFUSAL : USED_AFTER_DEADLINE,
        .r = r,
        .addresses = addresses,
        .address_count = 2,
        .facts = facts,
        .fact_count = 1};

    if ((!refused && !late) || r->approved != NULL || r->action == ACTION_EMERGENCY_BEGIN)
        return 0;
    return rule_found(run, &hit);
}

/* A record that names the approval; `emergency`: as one that is yet to be ratified. */
static int used(
    struct rule_run *run, const struct rules_record *r, struct key approval, bool emergency)
{
    const struct approval *a = table_find(run->approvals, approval);
    struct emergency *e = table_find(run->tables[EMERGENCIES], approval);
    int err = 0;

    if (a != NULL && a->ratified)
        return 0;
    if (e == NULL && emergency) {
        e = table_add(run->tables[EMERGENCIES], approval);
        if (e == NULL)
            return KEIIN_ENOMEM;
        e->first = r->address;
        e->began = UINT64_MAX;
        if (a != NULL && a->refused)
            err = refused(run, e, a);
    }
    if (e == NULL)
        return 0;
    if (err == 0 && emergency)
        err = say_used(run, r, e);
    if (err == 0 && emergency)
        err = set_deadline(run, e, r);
    return err == 0 ? touch(run, r, e) : err;
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    bool begin = r->action == ACTION_EMERGENCY_BEGIN;
    bool emergency = begin || record_has(r, F_EMERGENCY);
    struct key approval = begin && r->approval.text.n > 0 ? r->approval : r->authority;

    if (r->action == ACTION_APPROVE)
        return decided(run, r);
    if (r->action == ACTION_ERASE && !r->undone)
        erased(run, r);
    if (r->denied || approval.text.n == 0 || (begin && r->writer->role != ROLE_COMMITTEE) ||
        (!emergency && table_count(run->tables[EMERGENCIES]) == 0))
        return 0;
    return used(run, r, approval, emergency);
}

/* --- Deadlines. */

static int say_unratified(struct rule_run *run, struct emergency *e, uint64_t when_ms)
{
    struct rule_fact facts[] = {fact_text("approval", table_key(e)), fact_time("began", e->began),
        fact_time("when", when_ms)};
    struct rule_hit hit = {.sentence = UNRATIFIED,
        .addresses = &e->first,
        .address_count = 1,
        .facts = facts,
        .fact_count = 3};

    if (e->told || e->refused || when_ms != deadline(run, e))
        return 0;
    e->told = true;
    return rule_found(run, &hit);
}

static int say_not_erased(struct rule_run *run, struct touched *t, uint64_t when_ms)
{
    const struct emergency *e = table_by_serial(run->tables[EMERGENCIES], t->emergency);
    struct rules_address addresses[2] = {t->address};
    struct rule_fact facts[] = {fact_text("approval", part_of(t, 1)),
        fact_text("dataset", part_of(t, 0)), fact_time("refused", 0), fact_time("when", when_ms)};
    struct rule_hit hit = {.sentence = NOT_ERASED,
        .addresses = addresses,
        .address_count = 2,
        .subject = part_of(t, 0), /* the record may be one that came after the refusal, too */
        .facts = facts,
        .fact_count = 4};

    if (e == NULL)
        return 0;
    addresses[1] = e->refusal;
    facts[2].number = e->refused_ms;
    return rule_found(run, &hit);
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    return table == EMERGENCIES ? say_unratified(run, value, when_ms)
                                : say_not_erased(run, value, when_ms);
}

static const struct said sentences[] = {
    [UNRATIFIED] = SAID("{approval} was used in an emergency, from {began} on; the committee had "
                        "to ratify it by {when}, and by then the ledger had no such decision.",
        "承認 {approval} は、{began}から緊急使用されました。委員会が{when}までに事後承認しな"
        "ければなりませんが、それまでの台帳に、事後承認の決定はありませんでした。"),
    [NOT_ERASED] = SAID("{approval} was used in an emergency on data set {dataset}, and refused at "
                        "{refused}; what it gave had to be erased by {when}, and by then the "
                        "ledger had no erasure of that data set.",
        "承認 {approval} は、データセット {dataset} について緊急使用され、{refused}に却下され"
        "ました。これにより得たものは{when}までに消去しなければなりませんが、それまでの台帳に、"
        "このデータセットの消去の記録はありませんでした。"),
    [USED_AFTER_REFUSAL] =
        SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at} as "
             "an emergency, after the committee had refused it at {when}.",
            "{actor}（{unit}）は、{at}に、承認 {authority} の緊急使用として、データセット "
            "{dataset} に対して{action}を行いましたが、委員会は、これに先立つ{when}に、この承認を"
            "却下していました。"),
    [USED_AFTER_DEADLINE] =
        SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at} as "
             "an emergency; it had to be ratified by {when}, and was not.",
            "{actor}（{unit}）は、{at}に、承認 {authority} の緊急使用として、データセット "
            "{dataset} に対して{action}を行いました。この承認は{when}までに事後承認されなければな"
            "りませんでしたが、されていませんでした。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"ratify_within", LIMIT_DURATION, "72 h", 0, 3650 * RULE_DAY,
        SAID("how long after the first use an emergency may wait for the committee, where no "
             "record of it says ratify_by",
            "ratify_by を示す記録がない場合に、最初の使用から委員会の決定までに許される時間")},
    {"ratify_within_max", LIMIT_DURATION, "30 d", 0, 3650 * RULE_DAY,
        SAID("the same where a record says a later ratify_by",
            "記録がこれより遅い ratify_by を示す場合の上限")},
    {"erase_within", LIMIT_DURATION, "24 h", 0, 3650 * RULE_DAY,
        SAID("how long after a refusal what was obtained may stay",
            "却下の後、得たものの消去までに許される時間")},
    {0}};

const struct rule rule_emergency_unratified = {
    .name = "emergency-unratified",
    .severity = SEVERITY_HIGH,
    .title = SAID("Emergency use not ratified in time", "事後承認のない緊急使用"),
    .sentences = sentences,
    .facts = {FORM("approval", TEXT), FORM("began", TIME), FORM("refused", TIME),
        FORM("when", TIME)},
    .meaning = SAID("Data were used before approval because of an emergency, and the approval did "
                    "not follow in time; or it was refused, and a data set that was touched is "
                    "still there; or the emergency went on after either.",
        "緊急のため承認の前にデータが使用されましたが、期限までに事後承認されませんでした。ま"
        "たは、却下されたのに、使用されたデータセットが残っています。又は、期限の経過もしく"
        "は却下の後にも、緊急使用が続けられました。"),
    .reads = SAID("emergency, authority, ratify_by, dataset, at; of approve records decision; "
                  "emergency.begin of the committee; erase",
        "emergency、authority、ratify_by、dataset、at、approve 記録の decision、委員会の "
        "emergency.begin、erase"),
    .blind = SAID("Whether there was an emergency. What was obtained without naming a data set, or "
                  "from a data set under another name. A data set that was erased, and touched "
                  "earlier by a record that came later, must be erased again.",
        "実際に緊急であったかどうか。データセットを示さずに得たもの、又は別の名称のデータセッ"
        "トから得たもの。データセットが消去された後に届いた記録が、消去前の使用を示すときは、"
        "改めて消去しなければなりません。"),
    .origin = SAID("Emergency use with approval after the fact, and erasure when it is refused "
                   "(Act of 2025; the German G10 has the same).",
        "緊急使用とその事後承認、及び却下の場合の消去（能動的サイバー防御法制（令和7年）。"
        "ドイツの G10 法も同様です）。"),
    .limits = limits,
    .table_bytes = {sizeof(struct emergency), sizeof(struct touched), sizeof(struct dataset)},
    .actions = ACTIONS_AUTHORISED | ACTIONS_HANDLING | ACTION_BIT(ACTION_EMERGENCY_BEGIN) |
               ACTION_BIT(ACTION_APPROVE),
    .record = record,
    .due = due,
};
