#include "verifier/rules/rule.h"

enum { LIMIT };

/* Of a writer, for good: there are as many as writers were ever listed. */
struct clock {
    struct rules_address address; /* of the record with the greatest `at` since the last step */
    uint64_t greatest_ms;
    uint64_t begun; /* 0 or 1 */
};

static int record(struct rule_run *run, const struct rules_record *r)
{
    struct clock *c = table_add(run->tables[0], r->writer_name);
    int err = 0;

    if (c == NULL)
        return KEIIN_ENOMEM;
    if (c->begun && c->greatest_ms > time_after(r->at, run->limits[LIMIT])) {
        struct rules_address addresses[] = {r->address, c->address};
        struct rule_fact facts[] = {fact_time("before", c->greatest_ms),
            fact_duration("apart", c->greatest_ms - r->at),
            fact_duration("limit", run->limits[LIMIT])};
        struct rule_hit hit = {
            .r = r, .addresses = addresses, .address_count = 2, .facts = facts, .fact_count = 3};

        err = rule_found(run, &hit);
        c->begun = false;
    }
    if (!c->begun || r->at > c->greatest_ms)
        *c = (struct clock){r->address, r->at, true};
    return err;
}

static const struct said sentences[] = {
    SAID("{writer} recorded \"{action}\" at {at}, after it had recorded something at {before}: its "
         "time ran back by {apart}, and at most {limit} may lie between records that came in "
         "another order.",
        "記録者 {writer} は、{before}の行為を記録した後に、{at}に{action}が行われたと記録しま"
        "した。時刻が{apart}さかのぼっていますが、順序が前後した記録の間に許される差は{limit}"
        "までです。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "5 min", 0, 3650 * RULE_DAY,
        SAID("how far a writer's time may run back", "記録者の時刻がさかのぼってもよい時間")},
    {0}};

const struct rule rule_clock_step = {
    .name = "clock-step",
    .severity = SEVERITY_LOW,
    .title = SAID("A clock that ran back", "時計の逆行"),
    .sentences = sentences,
    .facts = {FORM("before", TIME), FORM("apart", DURATION), FORM("limit", DURATION)},
    .meaning =
        SAID("A writer's clock was set back, or a record was given an earlier time than those "
             "before it: as an access would be that is to fall into an approval's time.",
            "記録者の時計が戻されたか、又は記録に、それ以前の記録より早い時刻が付されました。ア"
            "クセスを承認の有効期間内に見せかける場合にも、このようになります。"),
    .reads = SAID("at, by writer", "記録者ごとの at"),
    .blind = SAID("A clock that is wrong all the time, or slowly becomes so.",
        "常に誤っている時計、又は徐々に狂っていく時計。"),
    .origin =
        SAID("Clocks of logging systems are kept in step (ISO/IEC 27001, clock synchronisation).",
            "ログを取るシステムの時計は同期させます（ISO/IEC 27001、時計の同期）。"),
    .limits = limits,
    .table_bytes = {sizeof(struct clock)},
    .actions = ACTIONS_ALL,
    .record = record,
};
