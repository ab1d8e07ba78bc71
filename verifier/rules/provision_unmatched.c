#include "verifier/rules/kept.h"
#include "verifier/rules/rule.h"

/* How much later than its receipt a provision may be recorded and still be tied to it. */
#define REMEMBERED (30 * RULE_DAY)

enum { LIMIT };

/*
 * OPEN: a provision or receipt that had no counterpart when it came, until its deadline. SEEN:
 * when those of a kind and ref were received, until none that is open can need them and for
 * REMEMBERED. So what is kept is bounded by the provisions of some weeks.
 */
enum { OPEN, SEEN };

struct act {
    struct rules_address address;
    uint64_t at_ms, began_ms;
    uint32_t receipt, has_ref; /* 0 or 1 */
};
struct seen {
    bool waking : 1;
};

enum { ACTOR, UNIT, DATASET, RECIPIENT, REF, TEXTS };

static uint64_t kept_ms(const struct rule_run *run)
{
    uint64_t limit = run->limits[LIMIT];

    /* One more: a wake of the same time for an open act may come behind this one's. */
    return limit + (limit > REMEMBERED ? limit : REMEMBERED) + 1;
}

static struct seen *find_seen(const struct rule_run *run, bool receipt, struct span ref, bool add)
{
    struct rule_key key = {.n = 0};

    rule_key_add(&key, span_str(receipt ? "r" : "p"));
    rule_key_add(&key, ref);
    return add ? table_add(run->tables[SEEN], rule_key_done(&key))
               : table_find(run->tables[SEEN], rule_key_done(&key));
}

static int remember(struct rule_run *run, const struct rules_record *r)
{
    struct seen *s = find_seen(run, r->action == ACTION_RECEIVE, r->ref.text, true);
    uint64_t kept = kept_ms(run);
    int err;

    if (s == NULL)
        return KEIIN_ENOMEM;
    err = kept_time_add(
        run->tables[SEEN], s, r->received, r->received < kept ? 0 : r->received - kept);
    if (err != 0 || s->waking)
        return err;
    s->waking = true;
    return rule_wake(run, SEEN, s, time_after(r->received, kept));
}

/* Whether a counterpart was received in time, on either side. */
static bool matched(const struct rule_run *run, const struct act *a, struct span ref)
{
    uint64_t limit = run->limits[LIMIT];
    const struct seen *s = a->has_ref ? find_seen(run, !a->receipt, ref, false) : NULL;

    return s != NULL && kept_time_within(s, a->began_ms < limit ? 0 : a->began_ms - limit,
                            time_after(a->began_ms, limit));
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    struct act act = {
        r->address, r->at, record_began(r), r->action == ACTION_RECEIVE, record_has(r, F_REF)};
    struct span texts[TEXTS] = {[ACTOR] = r->actor.text,
        [UNIT] = r->unit.text,
        [DATASET] = r->dataset.text,
        [RECIPIENT] = record_text(r, F_RECIPIENT),
        [REF] = r->ref.text};
    uint8_t bytes[KEPT_ADDRESS_BYTES];
    struct act *a;
    int err;

    if (r->undone)
        return 0;
    err = act.has_ref ? remember(run, r) : 0;
    if (err != 0 || matched(run, &act, r->ref.text))
        return err;
    a = table_add(run->tables[OPEN], kept_address_key(bytes, &r->address));
    if (a == NULL)
        return KEIIN_ENOMEM;
    *a = act;
    err = kept_texts_set(run->tables[OPEN], a, texts, TEXTS);
    return err != 0 ? err : rule_wake(run, OPEN, a, time_after(a->began_ms, run->limits[LIMIT]));
}

static int judge(struct rule_run *run, struct act *a)
{
    struct rule_fact facts[] = {fact_text("actor", kept_text(a, ACTOR)),
        fact_text("unit", kept_text(a, UNIT)), fact_text("dataset", kept_text(a, DATASET)),
        fact_text("recipient", kept_text(a, RECIPIENT)), fact_text("ref", kept_text(a, REF)),
        fact_time("at", a->at_ms), fact_duration("limit", run->limits[LIMIT])};
    struct rule_hit hit = {.sentence = (a->receipt ? 2 : 0) + (a->has_ref ? 0 : 1),
        .addresses = &a->address,
        .address_count = 1,
        .facts = facts,
        .fact_count = sizeof facts / sizeof facts[0]};
    int err = matched(run, a, kept_text(a, REF)) ? 0 : rule_found(run, &hit);

    table_remove(run->tables[OPEN], a);
    return err;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    return table == OPEN ? judge(run, value)
                         : kept_times_due(run, table, value, when_ms, kept_ms(run));
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) provided data set {dataset} to {recipient} at {at} under reference "
         "{ref}; the receipt must be in the ledger within {limit}, and there was none.",
        "{actor}（{unit}）は、{at}に、参照番号 {ref} により、データセット {dataset} を "
        "{recipient} に提供しました。受領の記録が{limit}以内に台帳になければなりませんが、あ"
        "りませんでした。"),
    SAID("{actor} ({unit}) provided data set {dataset} to {recipient} at {at} without a reference; "
         "the receipt must be in the ledger within {limit}, and without a reference none can be "
         "tied to it.",
        "{actor}（{unit}）は、{at}に、参照番号を示さずに、データセット {dataset} を "
        "{recipient} に提供しました。受領の記録が{limit}以内に台帳になければなりませんが、参"
        "照番号がないため、どの記録も結び付けることができません。"),
    SAID("{actor} ({unit}) received data set {dataset} at {at} under reference {ref}; the record "
         "of who provided it must be in the ledger within {limit}, and there was none.",
        "{actor}（{unit}）は、{at}に、参照番号 {ref} により、データセット {dataset} を受領し"
        "ました。提供した側の記録が{limit}以内に台帳になければなりませんが、ありませんでした。"),
    SAID("{actor} ({unit}) received data set {dataset} at {at} without a reference; the record of "
         "who provided it must be in the ledger within {limit}, and without a reference none can "
         "be tied to it.",
        "{actor}（{unit}）は、{at}に、参照番号を示さずに、データセット {dataset} を受領しまし"
        "た。提供した側の記録が{limit}以内に台帳になければなりませんが、参照番号がないため、"
        "どの記録も結び付けることができません。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "72 h", 0, 3650 * RULE_DAY,
        SAID("how far a provision and its receipt may lie apart",
            "提供の記録と受領の記録の間に許される時間")},
    {0}};

const struct rule rule_provision_unmatched = {
    .name = "provision-unmatched",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("Provision and receipt do not match", "提供と受領の不一致"),
    .sentences = sentences,
    .facts = {FORM("recipient", TEXT), FORM("ref", TEXT), FORM("limit", DURATION)},
    .meaning = SAID("Data was handed over and only one of the two sides says so: it went where "
                    "nobody recorded its arrival, or came from where nobody recorded its leaving.",
        "データが引き渡されましたが、双方のうち一方の記録しかありません。到着が記録されていな"
        "いところに送られたか、送出が記録されていないところから届いたことになります。"),
    .reads =
        SAID("provide and receive: ref, at, outcome", "provide と receive の ref・at・outcome"),
    .blind = SAID("Two provisions under one reference share a receipt, and whether both sides name "
                  "the same data set and number of items is not compared. A provision that failed "
                  "by its own word needs no receipt. A provision recorded more than 30 days late "
                  "is not tied to a receipt of then.",
        "同じ参照番号による二つの提供には、一つの受領があれば足ります。双方のデータセットと件"
        "数が一致するかどうかは比べません。記録自体が失敗としている提供には、受領を求めません。"
        "30日を超えて遅れて記録された提供は、当時の受領と結び付けません。"),
    .origin =
        SAID("Both ends of a transfer record it in SIS and in FHIR AuditEvent (export and import).",
            "SIS 及び FHIR AuditEvent（export と import）では、移転の双方が記録します。"),
    .limits = limits,
    .table_bytes = {[OPEN] = sizeof(struct act), [SEEN] = sizeof(struct seen)},
    .actions = ACTIONS_PROVISION,
    .record = record,
    .due = due,
};
