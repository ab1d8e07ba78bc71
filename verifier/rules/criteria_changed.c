#include "core/text.h"
#include "verifier/rules/rule.h"

/* The criteria of an approval, and those that it had before the last change. */
struct criteria {
    struct hash now, before;
    bool has_now : 1, has_before : 1;
    uint64_t changed_ms; /* received; 0: never */
};

/* Approvals are few and stay; so do these. */
static int record(struct rule_run *run, const struct rules_record *r)
{
    const struct approval *a = r->change.approval;
    struct criteria *c;

    if (r->change.step != APPROVAL_GRANTED && r->change.step != APPROVAL_EXTENDED &&
        r->change.step != APPROVAL_EXTENDED_LATE && r->change.step != APPROVAL_RATIFIED)
        return 0;
    c = table_find(run->tables[0], r->approval);
    if (c == NULL) {
        c = table_add(run->tables[0], r->approval);
        if (c == NULL)
            return KEIIN_ENOMEM;
    } else if (c->has_now != a->has_criteria || !hash_eq(&c->now, &a->criteria)) {
        c->before = c->now;
        c->has_before = c->has_now;
        c->changed_ms = r->received;
    }
    c->now = a->criteria;
    c->has_now = a->has_criteria;
    return 0;
}

static bool fits(bool has, const struct hash *approved, struct span used)
{
    return !has || span_eq(span_hash(approved), used);
}

static int authorised(struct rule_run *run, const struct rules_record *r, bool waited)
{
    const struct approval *a = r->approved;
    struct span used = record_text(r, F_CRITERIA);
    const struct criteria *c;
    char hex[2][2 * HASH_BYTES + 1] = {"", ""};
    struct rules_address addresses[] = {r->address, a->address};
    struct rule_fact facts[2];
    struct rule_hit hit = {
        .r = r, .addresses = addresses, .address_count = 2, .facts = facts, .fact_count = 2};

    (void)waited;
    if (r->action != ACTION_SELECT_RUN || fits(a->has_criteria, &a->criteria, used))
        return 0;
    /* A run from before the last change of the approval was right with what held then. */
    c = table_find(run->tables[0], r->authority);
    if (c != NULL && r->at < c->changed_ms && fits(c->has_before, &c->before, used))
        return 0;
    hex_encode(hex[0], span_hash(&a->criteria));
    if (used.n == HASH_BYTES)
        hex_encode(hex[1], used);
    facts[0] = fact_text("approved", span_str(hex[0]));
    facts[1] = fact_text("used", span_str(hex[1]));
    hit.sentence = used.n == 0 ? 1 : 0;
    return rule_found(run, &hit);
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) ran the selection on data set {dataset} at {at} under {authority} with "
         "criteria {used}; that approval is for the criteria {approved}.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " の自動選別を、選別条件 {used} により行いました。この承認は選別条件 {approved} に係"
        "るものです。"),
    SAID("{actor} ({unit}) ran the selection on data set {dataset} at {at} under {authority}, and "
         "the record does not say with which criteria; that approval is for the criteria "
         "{approved}.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " の自動選別を行いましたが、どの選別条件によるかが記録に示されていません。この承認は"
        "選別条件 {approved} に係るものです。"),
    SAID_END};

const struct rule rule_criteria_changed = {
    .name = "criteria-changed",
    .severity = SEVERITY_HIGH,
    .title = SAID("Selection by criteria not approved", "承認されていない選別条件による自動選別"),
    .sentences = sentences,
    .facts = {FORM("approved", TEXT), FORM("used", TEXT)},
    .meaning = SAID("The automatic selection ran with other criteria than the committee approved, "
                    "or does not say with which. Criteria decide whose communications are kept.",
        "自動選別が、委員会の承認したものと異なる選別条件により行われたか、又はどの選別条件"
        "によるかが示されていません。誰の通信情報が残されるかは、選別条件によって決まります。"),
    .reads = SAID("criteria of select.run, and of the approve records of its authority",
        "select.run の criteria、及びその承認の approve 記録の criteria"),
    .blind =
        SAID("Whether the program that selected used the criteria whose digest it recorded. A run "
             "from before the last change of an approval may have used what was approved before.",
            "選別を行ったプログラムが、その要約値を記録した選別条件を実際に用いたかどうか。承認が"
            "最後に変更される前に行われた選別については、変更前に承認されていた条件も認めます。"),
    .origin = SAID("Selection by criteria that were approved before (Act of 2025); search terms "
                   "are part of the order under the German G10.",
        "あらかじめ承認された条件による選別（能動的サイバー防御法制（令和7年））。ドイツの "
        "G10 法では、検索語は命令の一部です。"),
    .table_bytes = {sizeof(struct criteria)},
    .actions = ACTION_BIT(ACTION_APPROVE),
    .record = record,
    .authorised = authorised,
};
