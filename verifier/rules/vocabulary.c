#include "verifier/rules/vocabulary.h"

struct word {
    const char *id;
    struct said said;
};

static const struct said *find(const struct word *words, size_t count, struct span id)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(id, words[i].id))
            return &words[i].said;
    return NULL;
}

#define FIND(words, id) find(words, sizeof words / sizeof words[0], id)

const struct said *vocabulary_action(struct span id)
{
    static const struct word words[] = {
        {"approve", SAID("decision on an approval", "承認に関する決定")},
        {"batch.receive", SAID("receipt of a batch", "バッチの受領")},
        {"collect.start", SAID("start of a collection", "取得の開始")},
        {"collect.stop", SAID("stop of a collection", "取得の停止")},
        {"combine", SAID("combination", "結合")},
        {"config", SAID("change of settings", "設定の変更")}, {"copy", SAID("copy", "複製")},
        {"correct", SAID("correction of a record", "記録の訂正")},
        {"deident.apply", SAID("de-identification", "非識別化")},
        {"deident.reverse", SAID("re-identification", "再識別")},
        {"demand", SAID("demand of the committee", "委員会による報告等の求め")},
        {"emergency.begin", SAID("beginning of an emergency", "緊急使用の開始")},
        {"emergency.end", SAID("end of an emergency", "緊急使用の終了")},
        {"erase", SAID("erasure", "消去")},
        {"erase.record", SAID("order to erase records", "記録の消去命令")},
        {"export", SAID("export", "出力")},
        {"finding", SAID("decision on a finding", "指摘に関する決定")},
        {"heartbeat", SAID("heartbeat", "定時通報")}, {"incident", SAID("incident", "事案")},
        {"inspect", SAID("inspection by the committee", "委員会による検査")},
        {"modify", SAID("modification", "変更")}, {"notify", SAID("notification", "通知")},
        {"provide", SAID("provision", "提供")}, {"query", SAID("query", "照会")},
        {"receive", SAID("receipt of a provision", "提供の受領")},
        {"recommend", SAID("recommendation of the committee", "委員会による勧告")},
        {"respond", SAID("response to the committee", "委員会への回答")},
        {"retain.extend", SAID("extension of retention", "保存期間の延長")},
        {"retain.review", SAID("review of retention", "保存の要否の見直し")},
        {"revoke", SAID("revocation of an approval", "承認の取消し")},
        {"select.criteria", SAID("setting of selection criteria", "選別条件の設定")},
        {"select.run", SAID("automatic selection", "自動選別")}, {"view", SAID("view", "閲覧")}};

    return FIND(words, id);
}

const struct said *vocabulary_recipient_kind(struct span id)
{
    static const struct word words[] = {{"domestic", SAID("domestic", "国内機関")},
        {"council", SAID("the council", "協議会")}, {"foreign", SAID("foreign", "外国政府等")}};

    return FIND(words, id);
}

const struct said *vocabulary_outcome(struct span id)
{
    static const struct word words[] = {{"success", SAID("success", "成功")},
        {"denied", SAID("denied", "拒否")}, {"failure", SAID("failure", "失敗")},
        {"partial", SAID("partial", "一部成功")}};

    return FIND(words, id);
}

const struct said *vocabulary_decision(struct span id)
{
    static const struct word words[] = {{"requested", SAID("requested", "承認の求め")},
        {"granted", SAID("granted", "承認")}, {"refused", SAID("refused", "却下")},
        {"extended", SAID("extended", "延長")}, {"ratified", SAID("ratified", "事後承認")}};

    return FIND(words, id);
}
