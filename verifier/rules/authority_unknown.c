#include "verifier/rules/rule.h"

static int unauthorised(struct rule_run *run, const struct rules_record *r, bool open)
{
    struct rule_hit hit = {.sentence = open ? 1 : 0,
        .r = r,
        .addresses = &r->address,
        .address_count = 1,
        .open = open};

    if (record_has(r, F_EMERGENCY))
        return 0; /* emergency-unratified judges it */
    return rule_found(run, &hit);
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} at {at} under {authority}; the "
         "approval must have been granted by the committee, and the ledger has no such grant.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いました。承認は委員会が与えたものでなければなりませんが、台帳"
        "には、この承認が与えられた記録がありません。"),
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} at {at} under {authority}; the "
         "approval must have been granted by the committee, and up to the end of what was read the "
         "ledger has no such grant.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いました。承認は委員会が与えたものでなければなりませんが、台帳"
        "の読み取った範囲の末尾までに、この承認が与えられた記録がありません。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"wait", LIMIT_DURATION, "30 d", 0, 3650 * RULE_DAY,
        SAID("how long a grant may follow; until then the finding is open, and if it does follow, "
             "authority-retroactive speaks of it",
            "承認が後から与えられるのを待つ期間。それまでは指摘を未確定とし、承認が与えられた場合"
            "は authority-retroactive が指摘します")},
    {0}};

const struct rule rule_authority_unknown = {
    .name = "authority-unknown",
    .severity = SEVERITY_HIGH,
    .title = SAID("An approval that was never granted", "委員会が与えていない承認の利用"),
    .sentences = sentences,
    .meaning =
        SAID("A record names an approval that the committee never granted: one that was asked for "
             "or refused, one that an agency wrote itself, or a name that is spelt otherwise.",
            "委員会が一度も与えていない承認が、記録に示されています。求められただけのもの、却下さ"
            "れたもの、機関が自ら書いたもの、又は名称の書き誤りが考えられます。"),
    .reads = SAID("authority; of approve records approval and decision; the role of their writer",
        "authority、approve 記録の approval と decision、その記録者の役割"),
    .blind = SAID("Whether the approval that is named is the one that was meant.",
        "示された承認が、本来意図された承認であるかどうか。"),
    .origin = SAID("The committee approves measures (Act of 2025).",
        "措置は委員会が承認します（能動的サイバー防御法制（令和7年））。"),
    .limits = limits,
    .unauthorised = unauthorised,
};
