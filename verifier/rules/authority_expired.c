#include "verifier/rules/rule.h"

static int authorised(struct rule_run *run, const struct rules_record *r, bool waited)
{
    struct validity v;
    enum approval_time time = approval_at(r->approved, r->at, &v);
    struct rules_address addresses[] = {r->address, time == TIME_BEFORE ? v.address : v.ended_by};
    struct rule_fact facts[] = {fact_time("valid_from", v.from), fact_time("valid_to", v.to)};
    struct rule_hit hit = {.sentence = time == TIME_BEFORE  ? 0
                                       : time == TIME_AFTER ? 1
                                                            : 2,
        .r = r,
        .addresses = addresses,
        .address_count = 2,
        .facts = facts,
        .fact_count = 2};

    /* What was granted only later is authority-retroactive's, unless it was ratified. */
    if (time == TIME_VALID || (waited && !r->approved->ratified))
        return 0;
    return rule_found(run, &hit);
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}, "
         "before that approval began: it holds from {valid_from} to {valid_to}.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いましたが、この承認の有効期間はまだ始まっていませんでした（有"
        "効期間：{valid_from}から{valid_to}まで）。"),
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}, after "
         "that approval had ended: it held from {valid_from} to {valid_to}.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いましたが、この承認の有効期間は既に終了していました（有効期間："
        "{valid_from}から{valid_to}まで）。"),
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}, after "
         "that approval had been revoked: it held from {valid_from} to {valid_to}.",
        "{actor}（{unit}）は、{at}に、承認 {authority} に基づくとして、データセット {dataset}"
        " に対して{action}を行いましたが、この承認は既に取り消されていました（有効であった期"
        "間：{valid_from}から{valid_to}まで）。"),
    SAID_END};

const struct rule rule_authority_expired = {
    .name = "authority-expired",
    .severity = SEVERITY_HIGH,
    .title = SAID("Use outside an approval's period", "承認の有効期間外の利用"),
    .sentences = sentences,
    .facts = {FORM("valid_from", TIME), FORM("valid_to", TIME)},
    .meaning = SAID(
        "An approval was used outside the time for which it was given, or after it was taken back.",
        "承認が、その有効期間の外で、又は取消しの後に利用されました。"),
    .reads = SAID("at, authority; of approve records valid_from and valid_to; revoke",
        "at、authority、approve 記録の valid_from と valid_to、revoke"),
    .blind = SAID(
        "An act that was given an earlier time than its true one, by less than late-record allows.",
        "実際より早い時刻で記録された行為のうち、そのずれが late-record の基準値以内のもの。"),
    .origin = SAID("Approvals are for a time (Act of 2025); so are orders under the German G10.",
        "承認は期間を定めて与えられます（能動的サイバー防御法制（令和7年））。ドイツの G10 法"
        "に基づく命令も同様です。"),
    .authorised = authorised,
};
