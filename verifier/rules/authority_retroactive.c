#include "verifier/rules/rule.h"

enum { TOLERANCE };

static int authorised(struct rule_run *run, const struct rules_record *r, bool waited)
{
    struct validity v;
    enum approval_time time = approval_at(r->approved, r->at, &v);
    struct rules_address addresses[] = {r->address, v.address};
    struct rule_fact facts[] = {fact_time("known", v.known)};
    struct rule_hit hit = {.sentence = waited ? 0 : 1,
        .r = r,
        .addresses = addresses,
        .address_count = 2,
        .facts = facts,
        .fact_count = 1};

    if (waited && r->approved->ratified)
        return 0;
    /* Outside its time, authority-expired speaks of it. */
    if (!waited && (time != TIME_VALID || v.known <= time_after(r->at, run->limits[TOLERANCE])))
        return 0;
    return rule_found(run, &hit);
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}; an "
         "approval must stand in the ledger before it is used, and this one was granted behind "
         "that record, at {known}.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いました。承認は、利用する前に台帳に記録されていなければなりま"
        "せんが、この承認は、この行為の記録より後に、{known}に与えられました。"),
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}; an "
         "approval must be in the ledger before it is used, and the ledger received this one only "
         "at {known}.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いました。承認は、利用する前に台帳に記録されていなければなりま"
        "せんが、台帳がこの承認を受信したのは{known}でした。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"tolerance", LIMIT_DURATION, "0 s", 0, 36500 * RULE_DAY,
        SAID("how much later than the act the ledger may have received the grant, where old logs "
             "are taken in; the grant must stand earlier in the ledger all the same",
            "過去のログを取り込む場合に、行為から承認の受信までに許される遅れ。この場合も、承認は"
            "台帳上で行為の記録より前になければなりません")},
    {0}};

const struct rule rule_authority_retroactive = {
    .name = "authority-retroactive",
    .severity = SEVERITY_HIGH,
    .title = SAID("Approval granted only after its use", "行為の後に与えられた承認"),
    .sentences = sentences,
    .facts = {FORM("known", TIME)},
    .meaning = SAID("An approval was used before it was there: it was granted afterwards, as if "
                    "the act had been allowed. Approval after the fact is possible in an emergency "
                    "only, and then the committee ratifies it.",
        "承認が、与えられる前に利用されました。行為が許されていたかのように、後から承認が与え"
        "られています。行為の後に承認を得ることができるのは緊急の場合に限られ、その場合は委員"
        "会が事後承認をします。"),
    .reads = SAID("at, authority; of approve records decision, their place in the ledger and when "
                  "it received them; not the time that an approve record says of itself",
        "at、authority、approve 記録の decision、その台帳上の位置と受信時刻（approve 記録が自"
        "ら示す時刻は用いません）"),
    .blind = SAID("A grant that the ledger has in time and that the committee decided only later. "
                  "A record that came late and says a later time than its true one.",
        "委員会の決定より前に、承認が台帳に記録されていた場合。遅れて届いた記録で、実際より遅"
        "い時刻を示すもの。"),
    .origin = SAID("Approval before use, and ratification of emergencies alone, are what the Act "
                   "of 2025 asks for.",
        "能動的サイバー防御法制（令和7年）は、利用前の承認を求め、事後承認を緊急の場合に限っ"
        "ています。"),
    .limits = limits,
    .authorised = authorised,
};
