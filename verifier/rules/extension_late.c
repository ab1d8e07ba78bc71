#include "verifier/rules/rule.h"

static int record(struct rule_run *run, const struct rules_record *r)
{
    const struct approval_change *change = &r->change;
    struct rules_address addresses[] = {r->address, change->ended_by};
    struct rule_fact facts[] = {fact_text("approval", r->approval.text),
        fact_time("valid_to", change->valid_to_before), fact_time("received", r->received)};
    struct rule_hit hit = {.sentence = change->was_revoked ? 1 : 0,
        .r = r,
        .addresses = addresses,
        .address_count = 2,
        .facts = facts,
        .fact_count = 3};

    return change->step == APPROVAL_EXTENDED_LATE ? rule_found(run, &hit) : 0;
}

static const struct said sentences[] = {
    SAID("{writer} extended {approval} at {received}; an extension must be in the ledger before "
         "the approval ends, and this one had ended at {valid_to}. Nothing was allowed in between.",
        "{writer} は、{received}に、承認 {approval} を延長しました。延長は、承認の終了前に台"
        "帳に記録されていなければなりませんが、この承認は{valid_to}に終了していました。その間"
        "は、いかなる行為も承認されていません。"),
    SAID("{writer} extended {approval} at {received}; the approval had been revoked with effect "
         "from {valid_to}, and only a new grant can follow. Nothing was allowed in between.",
        "{writer} は、{received}に、承認 {approval} を延長しました。しかし、この承認は"
        "{valid_to}をもって取り消されており、新たに承認を得るほかありません。その間は、いかな"
        "る行為も承認されていません。"),
    SAID_END};

const struct rule rule_extension_late = {
    .name = "extension-late",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("Extension after an approval's end", "承認の終了後の延長"),
    .sentences = sentences,
    .facts = {FORM("approval", TEXT), FORM("valid_to", TIME), FORM("received", TIME)},
    .meaning = SAID("An approval was prolonged after it had ended or had been taken back, so that "
                    "a gap without approval looks like one period. It holds again from the moment "
                    "at which the ledger received the extension, never for the gap.",
        "承認が、その終了又は取消しの後に延長され、承認のない空白期間が、一続きの期間のよう"
        "に見えます。承認は、台帳が延長を受信した時から再び有効となり、空白期間にさかのぼるこ"
        "とはありません。"),
    .reads =
        SAID("of approve records decision and valid_to, and when the ledger received them; revoke",
            "approve 記録の decision と valid_to、その受信時刻、revoke"),
    .blind = SAID("A second grant of the same approval after its end is a new approval, and no "
                  "finding. An extension that names no valid_to moves no end.",
        "終了した後に同じ承認が改めて与えられたときは新たな承認であり、指摘しません。"
        "valid_to を示さない延長は、終期を変えません。"),
    .origin = SAID("Approvals are for a time, and are prolonged before it is over (Act of 2025); "
                   "so are orders under the German G10.",
        "承認は期間を定めて与えられ、その終了前に延長されます（能動的サイバー防御法制（令和7"
        "年））。ドイツの G10 法に基づく命令も同様です。"),
    .actions = ACTION_BIT(ACTION_APPROVE),
    .record = record,
};
