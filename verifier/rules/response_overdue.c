#include "verifier/rules/kept.h"
#include "verifier/rules/rule.h"

enum { LIMIT };

/* DEMANDS: until their deadline. THREADS: of a ref, while it has demands there. */
enum { DEMANDS, THREADS };

struct demand {
    struct rules_address address;
    uint64_t at_ms, began_ms;
    uint64_t responses; /* how many of its ref were there before it */
    uint32_t has_ref, recommendation; /* 0 or 1 */
};

/* Behind it: when responses were received, each the first behind a demand. */
struct thread {
    uint64_t demands; /* of this ref in DEMANDS */
    bool waits : 1; /* the last demand has no response yet */
};

enum { ACTOR, REF, TEXTS };

static int respond(struct rule_run *run, const struct rules_record *r)
{
    struct thread *t = record_has(r, F_REF) ? table_find(run->tables[THREADS], r->ref) : NULL;

    if (t == NULL || !t->waits)
        return 0;
    t->waits = false;
    return table_more_append(run->tables[THREADS], t, span_of(&r->received, sizeof r->received));
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    struct span texts[TEXTS] = {[ACTOR] = r->actor.text, [REF] = r->ref.text};
    uint8_t bytes[KEPT_ADDRESS_BYTES];
    struct demand *d;
    struct thread *t = NULL;
    int err;

    if (r->undone)
        return 0;
    if (r->action == ACTION_RESPOND)
        return respond(run, r);
    if (r->writer->role != ROLE_COMMITTEE)
        return 0;
    d = table_add(run->tables[DEMANDS], kept_address_key(bytes, &r->address));
    if (d == NULL)
        return KEIIN_ENOMEM;
    *d = (struct demand){
        r->address, r->at, record_began(r), 0, record_has(r, F_REF), r->action == ACTION_RECOMMEND};
    err = kept_texts_set(run->tables[DEMANDS], d, texts, TEXTS);
    if (err != 0)
        return err;
    if (d->has_ref) {
        t = table_add(run->tables[THREADS], r->ref);
        if (t == NULL)
            return KEIIN_ENOMEM;
        d->responses = table_more(t).n / sizeof r->received;
        t->demands++;
        t->waits = true;
    }
    return rule_wake(run, DEMANDS, d, time_after(d->began_ms, run->limits[LIMIT]));
}

static bool answered(const struct thread *t, const struct demand *d, uint64_t until)
{
    struct span more = table_more(t);
    uint64_t received;

    if (d->responses >= more.n / sizeof received)
        return false;
    memcpy(&received, more.p + d->responses * sizeof received, sizeof received);
    return received <= until;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    struct demand *d = value;
    struct thread *t =
        d->has_ref ? table_find(run->tables[THREADS], key_of(kept_text(d, REF))) : NULL;
    struct rule_fact facts[] = {fact_text("actor", kept_text(d, ACTOR)),
        fact_text("ref", kept_text(d, REF)), fact_time("at", d->at_ms), fact_time("until", when_ms),
        fact_duration("limit", run->limits[LIMIT])};
    struct rule_hit hit = {.sentence = (d->recommendation ? 2 : 0) + (d->has_ref ? 0 : 1),
        .addresses = &d->address,
        .address_count = 1,
        .facts = facts,
        .fact_count = 5};
    int err = t != NULL && answered(t, d, when_ms) ? 0 : rule_found(run, &hit);

    (void)table;
    if (t != NULL && --t->demands == 0)
        table_remove(run->tables[THREADS], t);
    table_remove(run->tables[DEMANDS], d);
    return err;
}

static const struct said sentences[] = {
    SAID("The committee ({actor}) demanded something under reference {ref} at {at}; a response "
         "must be in the ledger within {limit}, and by {until} there was none.",
        "委員会（{actor}）は、{at}に、参照番号 {ref} により報告等を求めました。回答が{limit}"
        "以内に台帳になければなりませんが、{until}までにありませんでした。"),
    SAID("The committee ({actor}) demanded something at {at} without a reference; a response must "
         "be in the ledger within {limit}, and without a reference none can be tied to it.",
        "委員会（{actor}）は、{at}に、参照番号を示さずに報告等を求めました。回答が{limit}以内"
        "に台帳になければなりませんが、参照番号がないため、どの回答も結び付けることができませ"
        "ん。"),
    SAID("The committee ({actor}) recommended something under reference {ref} at {at}; a response "
         "must be in the ledger within {limit}, and by {until} there was none.",
        "委員会（{actor}）は、{at}に、参照番号 {ref} により勧告をしました。回答が{limit}以内"
        "に台帳になければなりませんが、{until}までにありませんでした。"),
    SAID("The committee ({actor}) recommended something at {at} without a reference; a response "
         "must be in the ledger within {limit}, and without a reference none can be tied to it.",
        "委員会（{actor}）は、{at}に、参照番号を示さずに勧告をしました。回答が{limit}以内に台"
        "帳になければなりませんが、参照番号がないため、どの回答も結び付けることができません。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "30 d", 0, 3650 * RULE_DAY,
        SAID("how long a response may take", "回答までに許される時間")},
    {0}};

const struct rule rule_response_overdue = {
    .name = "response-overdue",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("The committee got no answer", "委員会への回答の遅延"),
    .sentences = sentences,
    .facts = {FORM("ref", TEXT), FORM("until", TIME), FORM("limit", DURATION)},
    .meaning =
        SAID("The committee asked for something, or recommended it, and got no answer in time.",
            "委員会が報告等を求め、又は勧告をしましたが、期限までに回答がありませんでした。"),
    .reads = SAID("demand and recommend by the committee, respond: ref, at, received",
        "委員会による demand と recommend、respond の ref・at・受信時刻（received）"),
    .blind = SAID("What the response says, and whether what was recommended was done.",
        "回答の内容、及び勧告されたことが行われたかどうか。"),
    .origin = SAID("The committee may demand reports and make recommendations (Act of 2025); "
                   "supervisory authorities' powers under LED art. 47.",
        "委員会は、報告を求め、勧告をすることができます（能動的サイバー防御法制（令和7年））。"
        "監督機関の権限：指令（EU）2016/680第47条。"),
    .limits = limits,
    .table_bytes = {[DEMANDS] = sizeof(struct demand), [THREADS] = sizeof(struct thread)},
    .actions =
        ACTION_BIT(ACTION_DEMAND) | ACTION_BIT(ACTION_RECOMMEND) | ACTION_BIT(ACTION_RESPOND),
    .record = record,
    .due = due,
};
