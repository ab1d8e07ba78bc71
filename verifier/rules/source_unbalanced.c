#include "verifier/rules/rule.h"

enum { LIMIT, COUNT_DENIED };

/* Of a writer, for good: there are as many as writers were ever listed. */
struct counter {
    struct rules_address address; /* of its last heartbeat with a count */
    uint64_t source_count, at_ms;
    uint64_t recorded; /* accesses since */
    uint64_t begun; /* 0 or 1 */
};

static int compare(struct rule_run *run, const struct rules_record *r, const struct counter *c)
{
    uint64_t now = record_number(r, F_SOURCE_COUNT), limit = run->limits[LIMIT];
    bool back = now < c->source_count, more;
    uint64_t growth = back ? 0 : now - c->source_count, apart;
    struct rules_address addresses[] = {r->address, c->address};
    struct rule_fact facts[] = {fact_time("since", c->at_ms), fact_number("growth", growth),
        fact_number("recorded", c->recorded), fact_number("count", now),
        fact_number("count_before", c->source_count)};
    struct rule_hit hit = {
        .r = r, .addresses = addresses, .address_count = 2, .facts = facts, .fact_count = 5};

    more = growth > c->recorded;
    apart = more ? growth - c->recorded : c->recorded - growth;
    if (back) /* both are below 2^54 */
        apart += c->source_count - now;
    if (apart <= limit)
        return 0;
    hit.sentence = back ? 2 : more ? 0 : 1;
    return rule_found(run, &hit);
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    struct counter *c;
    int err = 0;

    if (r->action != ACTION_HEARTBEAT) {
        c = table_find(run->tables[0], r->writer_name);
        if (c != NULL && (!r->denied || run->limits[COUNT_DENIED] != 0))
            c->recorded++;
        return 0;
    }
    if (!record_has(r, F_SOURCE_COUNT))
        return 0;
    c = table_add(run->tables[0], r->writer_name);
    if (c == NULL)
        return KEIIN_ENOMEM;
    if (c->begun)
        err = compare(run, r, c);
    *c = (struct counter){r->address, record_number(r, F_SOURCE_COUNT), r->at, 0, true};
    return err;
}

static const struct said sentences[] = {
    SAID("From {since} to {at} the data system of {writer} counted {growth} accesses by its own "
         "counter; as many records must be in the ledger, and the ledger has {recorded}.",
        "{since}から{at}までの間に、記録者 {writer} のデータシステムは、自らの計数で{growth}"
        "件のアクセスを数えました。同じ件数の記録が台帳になければなりませんが、台帳にあるのは"
        "{recorded}件です。"),
    SAID("From {since} to {at} the data system of {writer} counted {growth} accesses by its own "
         "counter; as many records must be in the ledger, and there are {recorded}.",
        "{since}から{at}までの間に、記録者 {writer} のデータシステムは、自らの計数で{growth}"
        "件のアクセスを数えました。同じ件数の記録が台帳になければなりませんが、{recorded}件あ"
        "ります。"),
    SAID("From {since} to {at} the counter of accesses of {writer}'s data system went back from "
         "{count_before} to {count}; it may only grow, and by the number of records in the ledger, "
         "which is {recorded}.",
        "{since}から{at}までの間に、記録者 {writer} のデータシステムのアクセスの計数が、"
        "{count_before}から{count}に戻りました。計数は増えることしかなく、その増加は台帳の記"
        "録の件数（{recorded}件）と一致しなければなりません。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_COUNT, "0", 0, (UINT64_C(1) << 53) - 1,
        SAID("by how many the two numbers may differ", "二つの件数の間に許される差")},
    {"count_denied", LIMIT_SWITCH, "yes", 0, 0,
        SAID("whether the data system's counter counts denied attempts",
            "データシステムの計数が、拒否された試みも数えるかどうか")},
    {0}};

const struct rule rule_source_unbalanced = {
    .name = "source-unbalanced",
    .severity = SEVERITY_HIGH,
    .title = SAID("Counted and recorded accesses differ", "アクセスの計数と記録の件数の不一致"),
    .sentences = sentences,
    .facts = {FORM("since", TIME), FORM("growth", NUMBER), FORM("recorded", NUMBER),
        FORM("count", NUMBER), FORM("count_before", NUMBER)},
    .meaning =
        SAID("The data system itself counted another number of accesses than were recorded: "
             "accesses were kept out of the ledger, or records made up, or the counter was set.",
            "データシステム自身が数えたアクセスの件数が、記録の件数と異なります。台帳に記録されな"
            "かったアクセスがあるか、記録が作り出されたか、又は計数が書き換えられたことが考えら"
            "れます。"),
    .reads = SAID("heartbeat: source_count; query, view and export: their number, outcome",
        "heartbeat の source_count、query・view・export の件数と outcome"),
    .blind = SAID(
        "A counter that is under the same hand as the records, and heartbeats without a count.",
        "記録と同じ者の支配下にある計数、及び計数を示さない定時通報。"),
    .origin = SAID("Two counts that are made apart from each other (double entry).",
        "互いに独立して行われる二つの計数（複式の考え方）。"),
    .limits = limits,
    .table_bytes = {sizeof(struct counter)},
    .actions = ACTIONS_ACCESS | ACTION_BIT(ACTION_HEARTBEAT),
    .record = record,
};
