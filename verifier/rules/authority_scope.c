#include "verifier/rules/rule.h"

/* Actions whose record must say what the approval limits. */
#define ACTIONS_EXACT                                                                              \
    (ACTIONS_ACCESS | ACTION_BIT(ACTION_PROVIDE) | ACTION_BIT(ACTION_DEIDENT_REVERSE))

static bool exact(const struct rules_record *r)
{
    return (ACTION_BIT(r->action) & ACTIONS_EXACT) != 0;
}

/* One of the fields against one of the lists. */
static bool outside(const struct rules_record *r, enum approval_part part, enum field_number field,
    bool must_be_there)
{
    if (!approval_limits(r->approved, part))
        return false;
    if (!record_has(r, field))
        return must_be_there;
    return !approval_allows(r->approved, part, record_text(r, field));
}

/* Whether a data set is outside the approval's, or must be named and is not; *out is which. */
static bool dataset_outside(const struct rules_record *r, struct span *out)
{
    struct ids parents = ids_of(record_text(r, F_PARENTS));

    *out = record_text(r, F_DATASET);
    if (outside(r, PART_DATASETS, F_DATASET, exact(r)))
        return true;
    if (!approval_limits(r->approved, PART_DATASETS) ||
        (ACTION_BIT(r->action) & ACTIONS_ACCESS) == 0)
        parents.left = 0;
    while (ids_next(&parents, out))
        if (!approval_allows(r->approved, PART_DATASETS, *out))
            return true;
    *out = (struct span){NULL, 0};
    return false;
}

#define WAYS 4
static const struct said ways[] = {SAID("purpose", "目的"), SAID("data set", "データセット"),
    SAID("unit", "部署"), SAID("recipient", "提供先"), SAID_END};

static int authorised(struct rule_run *run, const struct rules_record *r, bool waited)
{
    struct rules_address addresses[] = {r->address, r->approved->address};
    struct span dataset;
    bool hits[WAYS] = {outside(r, PART_PURPOSES, F_PURPOSE, exact(r)), dataset_outside(r, &dataset),
        outside(r, PART_UNITS, F_UNIT, exact(r)),
        outside(r, PART_RECIPIENTS, F_RECIPIENT, r->action == ACTION_PROVIDE)};
    uint64_t several = 0;
    struct rule_hit hit = {.r = r, .addresses = addresses, .address_count = 2};
    unsigned count = 0;
    int err = 0;

    if (waited && !r->approved->ratified)
        return 0; /* authority-retroactive's */
    for (unsigned i = 0; i < WAYS; i++) {
        if (!hits[i])
            continue;
        hit.sentence = count++ == 0 ? i : WAYS;
        several |= UINT64_C(1) << i;
    }
    if (hits[1] && count == 1 && dataset.n == 0)
        hit.sentence = WAYS + 1;
    if (count > 0) {
        struct rule_fact facts[] = {fact_text("outside", dataset),
            fact_text("recipient", record_text(r, F_RECIPIENT)), fact_words("several", several)};

        hit.facts = facts;
        hit.fact_count = sizeof facts / sizeof facts[0];
        err = rule_found(run, &hit);
    }
    return err;
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at} for "
         "the purpose {purpose}; the approval is for other purposes.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対し、目的 {purpose} で{action}を行いましたが、この承認は別の目的に係るものです。"),
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}; this "
         "touched data set {outside}, and the approval is for other data sets.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いました。この行為はデータセット {outside} に及びましたが、この"
        "承認は別のデータセットに係るものです。"),
    SAID("{actor} of unit {unit} did \"{action}\" on data set {dataset} under {authority} at {at}; "
         "the approval is for other units.",
        "部署 {unit} の {actor} は、{at}に、承認 {authority} に基づくとして、データセット "
        "{dataset} に対して{action}を行いましたが、この承認は別の部署に係るものです。"),
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at} for "
         "the recipient {recipient}; the approval is for other recipients.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対し、提供先 {recipient} に係る{action}を行いましたが、この承認は別の提供先に係る"
        "ものです。"),
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}; "
         "outside what the approval allows were its {several}.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いました。次の点が承認の範囲を超えています：{several}。"),
    SAID("{actor} ({unit}) did \"{action}\" under {authority} at {at}; the approval is for certain "
         "data sets, and the record does not say which one this was.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、{action}を行いました。"
        "この承認は特定のデータセットに限られていますが、どのデータセットであったかが記録に示"
        "されていません。"),
    SAID_END};

const struct rule rule_authority_scope = {
    .name = "authority-scope",
    .severity = SEVERITY_HIGH,
    .title = SAID("Use beyond what was approved", "承認の範囲を超える利用"),
    .sentences = sentences,
    .facts = {FORM("outside", TEXT), FORM("recipient", TEXT), {"several", FACT_WORDS, ways, NULL}},
    .meaning = SAID("An approval was used for a purpose, on a data set, by a unit or for a "
                    "recipient that it does not name. Where it limits one of these, a query, view, "
                    "export, provision or re-identification must say which it was.",
        "承認が、そこに示されていない目的、データセット、部署又は提供先について利用されまし"
        "た。承認がこれらのいずれかを限定している場合、照会、閲覧、出力、提供及び再識別の記"
        "録には、それがどれであったかを示さなければなりません。"),
    .reads =
        SAID("authority, purpose, dataset, parents (of query, view and export), unit, recipient; "
             "of approve records purposes, datasets, units, recipients as they stand then",
            "authority、purpose、dataset、parents（query、view、export の場合）、unit、recipient、"
            "approve 記録のその時点の purposes・datasets・units・recipients"),
    .blind = SAID("A purpose, unit or recipient that is said and is not the true one. What an "
                  "approval allowed earlier: a record that comes late is judged by what it allows "
                  "now. An approval that limits nothing.",
        "記録に示された目的、部署又は提供先が、真実でない場合。以前の承認の範囲（遅れて届い"
        "た記録は、現在の承認の範囲によって判定します）。何も限定していない承認。"),
    .origin = SAID("An approval says what it is for (Act of 2025); limits of purpose and "
                   "recipient: Directive (EU) 2016/680, article 4, and its logs (article 25).",
        "承認はその対象を示します（能動的サイバー防御法制（令和7年））。目的と提供先の限定："
        "指令（EU）2016/680第4条、及びログについて同第25条。"),
    .authorised = authorised,
};
