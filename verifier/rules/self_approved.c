#include "verifier/rules/rule.h"

/* Who requested or approved which approval, by both; the person's id in small letters. */
enum { PERSONS };
/*
 * A grant or an extension may follow a request at any time, so none is forgotten: there are as
 * many as different persons asked for or gave approvals.
 */
struct person {
    struct rules_address request, approve; /* the last of each */
    bool requested : 1, approved : 1;
};

/* What can be said; NONE: nothing. */
enum { ONE_RECORD, EARLIER_REQUEST, LATER_REQUEST, NONE };

static uint8_t small(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool same_person(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (small(a.p[i]) != small(b.p[i]))
            return false;
    return true;
}

static struct person *person_of(
    struct rule_run *run, const struct rules_record *r, enum field_number field)
{
    uint8_t name[ID_BYTES_MAX];
    struct span id = record_text(r, field);
    struct rule_key key = {.n = 0};

    for (size_t i = 0; i < id.n; i++)
        name[i] = small(id.p[i]);
    rule_key_add(&key, r->approval.text);
    rule_key_add(&key, span_of(name, id.n));
    return table_add(run->tables[PERSONS], rule_key_done(&key));
}

/* An approval is given, or made longer, by this record. */
static bool gives(const struct rules_record *r)
{
    return r->change.step == APPROVAL_GRANTED || r->change.step == APPROVAL_EXTENDED ||
           r->change.step == APPROVAL_EXTENDED_LATE || r->change.step == APPROVAL_RATIFIED;
}

/* Requests and what they ask for, whichever the ledger has first; says which in *hit. */
static int approve(struct rule_run *run, const struct rules_record *r, struct rule_hit *hit,
    struct rules_address *other)
{
    struct person *person;

    if (record_has(r, F_REQUESTED_BY) && (gives(r) || record_is(r, F_DECISION, "requested"))) {
        person = person_of(run, r, F_REQUESTED_BY);
        if (person == NULL)
            return KEIIN_ENOMEM;
        person->requested = true;
        person->request = r->address;
        if (person->approved) {
            *other = person->approve;
            hit->sentence = LATER_REQUEST;
        }
    }
    if (record_has(r, F_APPROVED_BY) && gives(r)) {
        person = person_of(run, r, F_APPROVED_BY);
        if (person == NULL)
            return KEIIN_ENOMEM;
        person->approved = true;
        person->approve = r->address;
        if (person->requested) {
            *other = person->request;
            hit->sentence = EARLIER_REQUEST;
        }
    }
    return 0;
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    struct rules_address addresses[2] = {r->address};
    struct rule_hit hit = {
        .sentence = NONE, .r = r, .addresses = addresses, .address_count = 2, .fact_count = 2};
    struct rule_fact facts[2];
    int err = 0;

    if (r->action == ACTION_APPROVE && r->approval.text.n > 0 && !r->undone)
        err = approve(run, r, &hit, &addresses[1]);
    if (err == 0 && !r->denied && record_has(r, F_REQUESTED_BY) && record_has(r, F_APPROVED_BY) &&
        same_person(record_text(r, F_REQUESTED_BY), record_text(r, F_APPROVED_BY))) {
        hit.sentence = ONE_RECORD;
        hit.address_count = 1;
    }
    if (err != 0 || hit.sentence == NONE)
        return err;
    facts[0] = fact_text("approval", r->approval.text);
    facts[1] = fact_text(
        "person", record_text(r, hit.sentence == LATER_REQUEST ? F_REQUESTED_BY : F_APPROVED_BY));
    hit.facts = facts;
    return rule_found(run, &hit);
}

static const struct said sentences[] = {
    SAID("The record of \"{action}\" at {at} names {person} both as the one who requested and as "
         "the one who approved; these must be two persons.",
        "{at}の{action}の記録には、{person} が、承認を求めた者としても、承認した者としても示"
        "されています。両者は別の者でなければなりません。"),
    SAID("{person} approved {approval} at {at}, and had requested it; these must be two persons.",
        "{person} は、{at}に承認 {approval} を与えましたが、これを求めた者でもあります。両者"
        "は別の者でなければなりません。"),
    SAID("{person} requested {approval} at {at}, and had approved it before; these must be two "
         "persons.",
        "{person} は、{at}に承認 {approval} を求めましたが、既にこれを与えた者でもあります。"
        "両者は別の者でなければなりません。"),
    SAID_END};

const struct rule rule_self_approved = {
    .name = "self-approved",
    .severity = SEVERITY_HIGH,
    .title = SAID("Requested and approved by one person", "承認を求めた者自身による承認"),
    .sentences = sentences,
    .facts = {FORM("approval", TEXT), FORM("person", TEXT)},
    .meaning =
        SAID("The same person asked for something and allowed it, in one record, or in the request "
             "and the decision on one approval. Small and capital letters count as the same.",
            "一つの記録において、又は一つの承認の求めと決定において、同じ者が承認を求め、かつ承"
            "認しています。大文字と小文字は区別しません。"),
    .reads = SAID(
        "requested_by, approved_by of any record; of approve records also approval and decision",
        "すべての記録の requested_by と approved_by、approve 記録ではさらに approval と "
        "decision"),
    .blind = SAID("One person with two ids; a request or a decision that does not say whose it is.",
        "一人が持つ二つのID。誰によるかが示されていない求め又は決定。"),
    .origin =
        SAID("Four-eyes principle; requested_by and approved_by must differ (doc/vocabulary.md).",
            "二人による確認の原則。requested_by と approved_by は異ならなければなりません（"
            "doc/vocabulary.md）。"),
    .table_bytes = {sizeof(struct person)},
    .actions = ACTIONS_ALL,
    .record = record,
};
