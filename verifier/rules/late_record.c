#include "verifier/rules/rule.h"

enum { LIMIT, FUTURE };

static int record(struct rule_run *run, const struct rules_record *r)
{
    bool late = r->received > time_after(r->at, run->limits[LIMIT]);
    struct rule_fact facts[] = {fact_time("received", r->received),
        fact_duration("apart", late ? r->received - r->at : r->at - r->received),
        fact_duration("limit", run->limits[late ? LIMIT : FUTURE])};

    if (!late && r->at <= time_after(r->received, run->limits[FUTURE]))
        return 0;
    return rule_found_record(run, late ? 0 : 1, r, facts, 3);
}

static const struct said sentences[] = {
    SAID("The record says that \"{action}\" was done at {at}, and the ledger received it at "
         "{received}, {apart} later; at most {limit} may pass.",
        "台帳は、{at}に{action}が行われたとする記録を、その{apart}後の{received}に受信しまし"
        "た。許されるのは{limit}までです。"),
    SAID(
        "The record says that \"{action}\" was done at {at}, which was still {apart} in the future "
        "when the ledger received it at {received}; the clocks may differ by at most {limit}.",
        "台帳は、{at}に{action}が行われたとする記録を{received}に受信しましたが、その時刻は、"
        "受信の時点でまだ{apart}先でした。許される時計のずれは{limit}までです。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "1 h", 0, 3650 * RULE_DAY,
        SAID("how long after the act its record may be received",
            "行為の後、その記録の受信までに許される時間")},
    {"future", LIMIT_DURATION, "5 min", 0, RULE_DAY,
        SAID("how far ahead of the ledger's clock a writer's may be",
            "記録者の時計が、台帳の時計より進んでいてもよい時間")},
    {0}};

const struct rule rule_late_record = {
    .name = "late-record",
    .severity = SEVERITY_LOW,
    .title = SAID("Act and record far apart in time", "行為と記録の時刻の隔たり"),
    .sentences = sentences,
    .facts = {FORM("received", TIME), FORM("apart", DURATION), FORM("limit", DURATION)},
    .meaning = SAID(
        "Between an act and its record there was time to think about what to record, or the record "
        "names a time that is not the true one. A line that was down is the harmless reason.",
        "行為とその記録との間に、何を記録するかを考える時間があったか、又は記録の示す時刻が"
        "真実ではありません。回線の途絶によるものであれば、問題は小さいといえます。"),
    .reads = SAID("at, received", "at、受信時刻（received）"),
    .blind = SAID("A false time that differs from the true one by less than the limit.",
        "真実の時刻との差が基準値に満たない、偽りの時刻。"),
    .origin = SAID("Logs are written when the act is done (LED art. 25; SIS, ETIAS); FHIR "
                   "AuditEvent has a time of the act and a time of the record.",
        "ログは行為の時に書かれます（指令（EU）2016/680第25条、SIS、ETIAS）。FHIR AuditEvent "
        "は、行為の時刻と記録の時刻を持ちます。"),
    .limits = limits,
    .actions = ACTIONS_ALL,
    .record = record,
};
