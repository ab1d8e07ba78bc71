#include "verifier/rules/rule.h"

static int record(struct rule_run *run, const struct rules_record *r)
{
    if (r->authority.text.n > 0 || r->denied)
        return 0;
    return rule_found_record(run, 0, r, NULL, 0);
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) did \"{action}\" on data set {dataset} at {at}; this needs an approval, "
         "and the record names none.",
        "{actor}（{unit}）は、{at}に、データセット {dataset} に対して{action}を行いました。こ"
        "の行為には承認が必要ですが、記録に承認が示されていません。"),
    SAID_END};

const struct rule rule_authority_missing = {
    .name = "authority-missing",
    .severity = SEVERITY_HIGH,
    .title = SAID("Access without an approval", "承認のないアクセス"),
    .sentences = sentences,
    .meaning = SAID("Data were collected, read, passed on or re-identified, and the record does "
                    "not say which approval allowed it. An emergency is no exception: it names the "
                    "approval that is asked for afterwards.",
        "通信情報の取得、閲覧、提供又は再識別が行われましたが、どの承認に基づくものかが記録"
        "に示されていません。緊急の場合も例外ではなく、事後に求める承認を示す必要があります。"),
    .reads = SAID("action, authority, outcome (what was denied is not judged)",
        "action、authority、outcome（拒否されたものは判定しません）"),
    .blind = SAID("Accesses that were never recorded; a denial that was none.",
        "記録されなかったアクセス。拒否と記録されていても、実際には拒否されていないもの。"),
    .origin = SAID("Approval before use is the core of the Act of 2025; logging of the legal "
                   "ground: Directive (EU) 2016/680, article 25.",
        "利用前の承認は能動的サイバー防御法制（令和7年）の中核です。法的根拠の記録：指令（EU）"
        "2016/680第25条。"),
    .actions = ACTIONS_AUTHORISED,
    .record = record,
};
