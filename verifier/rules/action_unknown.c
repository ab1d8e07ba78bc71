#include "verifier/rules/rule.h"

static int record(struct rule_run *run, const struct rules_record *r)
{
    return rule_found_record(run, 0, r, NULL, 0);
}

static const struct said sentences[] = {
    SAID("{actor} recorded the action \"{action}\" at {at}; every action must be one of the "
         "vocabulary's, or begin with x- where an agency has its own, and this one is neither, so "
         "no rule could judge it.",
        "{actor} は、{at}に、「{action}」という行為を記録しました。行為は、語彙に定めるもの、"
        "又は各機関が独自に定める「x-」で始まるものでなければなりません。この行為はそのいず"
        "れでもないため、どの規則でも判定できませんでした。"),
    SAID_END};

const struct rule rule_action_unknown = {
    .name = "action-unknown",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("An action outside the vocabulary", "語彙にない行為の記録"),
    .sentences = sentences,
    .meaning = SAID("A record says that something was done which the vocabulary does not know. A "
                    "wrong spelling of a known action is the harmless reason; keeping an act from "
                    "being judged by the other rules is the other one.",
        "語彙にない行為が記録されました。既知の行為名の書き誤りであれば問題は小さいですが、他"
        "の規則による判定を免れるために行われた可能性もあります。"),
    .reads = SAID("action", "action"),
    .blind = SAID(
        "Actions that begin with x- are an agency's own and pass. The result counts them by name, "
        "and [actions] in the rules file says as which action of the vocabulary they are judged.",
        "「x-」で始まる行為は各機関が独自に定めるものであり、指摘しません。結果には、その件数"
        "を名称ごとに示します。語彙のどの行為として判定するかは、規則ファイルの [actions] で"
        "定めます。"),
    .origin =
        SAID("The vocabulary of records (doc/vocabulary.md).", "記録の語彙（doc/vocabulary.md）。"),
    .actions = ACTION_BIT(ACTION_UNKNOWN),
    .record = record,
};
