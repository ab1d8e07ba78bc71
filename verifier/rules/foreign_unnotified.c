#include "verifier/rules/kept.h"
#include "verifier/rules/rule.h"

enum { LIMIT, BEFORE };

/*
 * OPEN: a provision abroad that had no notice when it came, until its deadline. NOTICED: when
 * notices of a ref were received, for as long as a provision may still follow or be open.
 */
enum { OPEN, NOTICED };

struct provision {
    struct rules_address address;
    uint64_t at_ms, began_ms, received_ms;
    uint64_t has_ref; /* 0 or 1 */
};
struct noticed {
    bool waking : 1;
};

enum { ACTOR, UNIT, DATASET, RECIPIENT, REF, TEXTS };

/* Of these only a committee's own count, and some say nothing about a notice. */
#define ACTIONS_OF_COMMITTEE                                                                       \
    (ACTION_BIT(ACTION_INSPECT) | ACTION_BIT(ACTION_NOTIFY) | ACTION_BIT(ACTION_DEMAND) |          \
        ACTION_BIT(ACTION_RECOMMEND) | ACTION_BIT(ACTION_FINDING) |                                \
        ACTION_BIT(ACTION_ERASE_RECORD) | ACTION_BIT(ACTION_APPROVE) | ACTION_BIT(ACTION_REVOKE) | \
        ACTION_BIT(ACTION_EMERGENCY_BEGIN) | ACTION_BIT(ACTION_EMERGENCY_END))

static uint64_t kept_ms(const struct rule_run *run)
{
    /* One more: a wake of the same time for an open provision may come behind this one's. */
    return run->limits[LIMIT] + run->limits[BEFORE] + 1;
}

static int remember(struct rule_run *run, const struct rules_record *r)
{
    struct noticed *n = table_add(run->tables[NOTICED], r->ref);
    uint64_t kept = kept_ms(run);
    int err;

    if (n == NULL)
        return KEIIN_ENOMEM;
    err = kept_time_add(
        run->tables[NOTICED], n, r->received, r->received < kept ? 0 : r->received - kept);
    if (err != 0 || n->waking)
        return err;
    n->waking = true;
    return rule_wake(run, NOTICED, n, time_after(r->received, kept));
}

static bool notified(const struct rule_run *run, const struct provision *p, struct key ref)
{
    uint64_t before = run->limits[BEFORE];
    const struct noticed *n = p->has_ref ? table_find(run->tables[NOTICED], ref) : NULL;

    return n != NULL && kept_time_within(n, p->received_ms < before ? 0 : p->received_ms - before,
                            time_after(p->began_ms, run->limits[LIMIT]));
}

static bool is_abroad(const struct rules_record *r)
{
    return record_has(r, F_RECIPIENT_KIND) && !record_is(r, F_RECIPIENT_KIND, "domestic") &&
           !record_is(r, F_RECIPIENT_KIND, "council");
}

static int await_notice(struct rule_run *run, const struct rules_record *r)
{
    struct provision provision = {
        r->address, r->at, record_began(r), r->received, record_has(r, F_REF)};
    struct span texts[TEXTS] = {[ACTOR] = r->actor.text,
        [UNIT] = r->unit.text,
        [DATASET] = r->dataset.text,
        [RECIPIENT] = record_text(r, F_RECIPIENT),
        [REF] = r->ref.text};
    uint8_t bytes[KEPT_ADDRESS_BYTES];
    struct provision *p;
    int err;

    if (notified(run, &provision, r->ref))
        return 0;
    p = table_add(run->tables[OPEN], kept_address_key(bytes, &r->address));
    if (p == NULL)
        return KEIIN_ENOMEM;
    *p = provision;
    err = kept_texts_set(run->tables[OPEN], p, texts, TEXTS);
    return err != 0 ? err : rule_wake(run, OPEN, p, time_after(p->began_ms, run->limits[LIMIT]));
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    bool notice = record_has(r, F_NOTICE);

    if ((!notice && r->action != ACTION_PROVIDE) || r->undone)
        return 0;
    if (!notice)
        return is_abroad(r) ? await_notice(run, r) : 0;
    if ((ACTION_BIT(r->action) & ACTIONS_OF_COMMITTEE) != 0 && r->writer->role != ROLE_COMMITTEE)
        return 0;
    return record_has(r, F_REF) ? remember(run, r) : 0;
}

static int judge(struct rule_run *run, struct provision *p)
{
    struct rule_fact facts[] = {fact_text("actor", kept_text(p, ACTOR)),
        fact_text("unit", kept_text(p, UNIT)), fact_text("dataset", kept_text(p, DATASET)),
        fact_text("recipient", kept_text(p, RECIPIENT)), fact_text("ref", kept_text(p, REF)),
        fact_time("at", p->at_ms), fact_duration("limit", run->limits[LIMIT])};
    struct rule_hit hit = {.sentence = p->has_ref ? 0 : 1,
        .addresses = &p->address,
        .address_count = 1,
        .facts = facts,
        .fact_count = sizeof facts / sizeof facts[0]};
    int err = notified(run, p, key_of(kept_text(p, REF))) ? 0 : rule_found(run, &hit);

    table_remove(run->tables[OPEN], p);
    return err;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    return table == OPEN ? judge(run, value)
                         : kept_times_due(run, table, value, when_ms, kept_ms(run));
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) provided data set {dataset} abroad, to {recipient}, at {at} under "
         "reference {ref}; the committee must be given notice within {limit}, and no record names "
         "one.",
        "{actor}（{unit}）は、{at}に、参照番号 {ref} により、データセット {dataset} を外国の"
        "提供先 {recipient} に提供しました。{limit}以内に委員会に通知しなければなりませんが、"
        "通知を示す記録がありません。"),
    SAID("{actor} ({unit}) provided data set {dataset} abroad, to {recipient}, at {at} without a "
         "notice and without a reference by which one could be tied to it; the committee must be "
         "given notice within {limit}.",
        "{actor}（{unit}）は、{at}に、データセット {dataset} を外国の提供先 {recipient} に提"
        "供しました。{limit}以内に委員会に通知しなければなりませんが、記録には、通知も、通知"
        "と結び付けるための参照番号も示されていません。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "72 h", 0, 3650 * RULE_DAY,
        SAID("how long after the provision the notice may come",
            "提供の後、通知までに許される時間")},
    {"before", LIMIT_DURATION, "30 d", 0, 3650 * RULE_DAY,
        SAID("how long before the provision the notice may have come",
            "通知が提供に先立ってもよい期間")},
    {0}};

const struct rule rule_foreign_unnotified = {
    .name = "foreign-unnotified",
    .severity = SEVERITY_HIGH,
    .title = SAID("Provision abroad without notice", "委員会への通知のない外国への提供"),
    .sentences = sentences,
    .facts = {FORM("recipient", TEXT), FORM("ref", TEXT), FORM("limit", DURATION)},
    .meaning = SAID("Data went to a recipient abroad and the committee was not told in time, so "
                    "that it could not look at it.",
        "データが外国の提供先に提供されましたが、委員会に期限までに通知されず、委員会がこれを"
        "検討することができませんでした。"),
    .reads = SAID("provide: recipient_kind, notice, ref, at; of other records ref and notice; the "
                  "role of the writer of notify",
        "provide の recipient_kind・notice・ref・at、他の記録の ref と notice、notify の記録"
        "者の役割"),
    .blind =
        SAID("A provision whose record does not say what kind of recipient it had, or which by its "
             "own word failed. That the notice which is named was given at all, and what it said.",
            "提供先の区分が示されていない提供、又は記録自体が失敗としている提供。示された通知が"
            "実際に行われたかどうか、及びその内容。"),
    .origin = SAID(
        "Transfers abroad are documented and shown to the supervisory authority (LED art. 39(3)); "
        "the committee is to be told of provision to foreign governments (Act of 2025).",
        "国外への移転は文書化され、監督機関に提示されます（指令（EU）2016/680第39条第3項）。"
        "外国政府への提供は委員会に通知されます（能動的サイバー防御法制（令和7年））。"),
    .limits = limits,
    .table_bytes = {[OPEN] = sizeof(struct provision), [NOTICED] = sizeof(struct noticed)},
    .actions = ACTIONS_ALL &
               ~(ACTION_BIT(ACTION_OWN) | ACTION_BIT(ACTION_UNKNOWN) | ACTION_BIT(ACTION_CORRECT)),
    .record = record,
    .due = due,
};
