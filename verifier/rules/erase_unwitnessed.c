#include "verifier/rules/rule.h"

static bool blank(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ' ')
            return false;
    return true;
}

/* Capitals make nobody another person. */
static bool same_person(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && a.n == b.n; i++) {
        uint8_t x = a.p[i], y = b.p[i];

        x = x >= 'A' && x <= 'Z' ? (uint8_t)(x | 0x20) : x;
        y = y >= 'A' && y <= 'Z' ? (uint8_t)(y | 0x20) : y;
        if (x != y)
            return false;
    }
    return a.n > 0 && a.n == b.n;
}

/* What a record does not say, by the bits of METHOD, REASON and WITNESS together, less one. */
enum { METHOD = 1, REASON = 2, WITNESS = 4 };
static const struct said lacks[] = {SAID("how it was erased", "消去の方法"), SAID("why", "理由"),
    SAID("how it was erased and why", "消去の方法及び理由"), SAID("who watched", "立会人"),
    SAID("how it was erased and who watched", "消去の方法及び立会人"),
    SAID("why and who watched", "理由及び立会人"),
    SAID("how it was erased, why, and who watched", "消去の方法、理由及び立会人"), SAID_END};

static int record(struct rule_run *run, const struct rules_record *r)
{
    unsigned lacking = (record_text(r, F_METHOD).n == 0 ? METHOD : 0) |
                       (blank(record_text(r, F_REASON)) ? REASON : 0) |
                       (record_text(r, F_WITNESSED_BY).n == 0 ? WITNESS : 0);
    struct rule_fact fact;

    if (r->undone)
        return 0;
    if (lacking != 0) {
        fact = fact_words("lacking", UINT64_C(1) << (lacking - 1));
        return rule_found_record(run, 0, r, &fact, 1);
    }
    if (!same_person(record_text(r, F_WITNESSED_BY), r->actor.text))
        return 0;
    fact = fact_text("witness", record_text(r, F_WITNESSED_BY));
    return rule_found_record(run, 1, r, &fact, 1);
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) erased data set {dataset} at {at}; the record must say how, why, and "
         "who watched, and it does not say {lacking}.",
        "{actor}（{unit}）は、{at}に、データセット {dataset} を消去しました。記録には、消去の"
        "方法、理由及び立会人を示さなければなりませんが、{lacking}が示されていません。"),
    SAID("{actor} ({unit}) erased data set {dataset} at {at}; somebody else must have watched, and "
         "the record names {witness} as the witness, who did it.",
        "{actor}（{unit}）は、{at}に、データセット {dataset} を消去しました。消去には別の者が"
        "立ち会わなければなりませんが、記録に立会人として示された {witness} は、消去を行った"
        "本人です。"),
    SAID_END};

const struct rule rule_erase_unwitnessed = {
    .name = "erase-unwitnessed",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("An erasure that nobody can vouch for", "裏付けを欠く消去"),
    .sentences = sentences,
    .facts = {{"lacking", FACT_WORDS, lacks, NULL}, FORM("witness", TEXT)},
    .meaning = SAID("Data were erased, and the record does not say how, why, or who watched; or "
                    "the one who erased is named as the witness too. An erasure that nobody can "
                    "vouch for may have been none, or have been made to hide something.",
        "データが消去されましたが、消去の方法、理由もしくは立会人が記録に示されていないか、ま"
        "たは消去を行った者が立会人としても示されています。誰も裏付けることのできない消去は、"
        "実際には行われていないか、何かを隠すために行われた可能性があります。"),
    .reads = SAID("method, reason, witnessed_by and actor of erase (capitals do not matter)",
        "erase の method・reason・witnessed_by・actor（大文字と小文字は区別しません）"),
    .blind = SAID("Whether the witness was there. Two ids that one person has. An erasure whose "
                  "record does not name its actor.",
        "立会人が実際に立ち会ったかどうか。一人が持つ二つのID。行為者が示されていない消去の記"
        "録。"),
    .origin = SAID("Logs of erasure with their reason: Directive (EU) 2016/680, article 25; that "
                   "erasure is recorded under the German G10.",
        "理由を伴う消去の記録：指令（EU）2016/680第25条。ドイツの G10 法でも、消去は記録され"
        "ます。"),
    .actions = ACTION_BIT(ACTION_ERASE),
    .record = record,
};
