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

static int record(struct rule_run *run, const struct rules_record *r)
{
    static const char *const lacks[] = {NULL, "how it was erased", "why",
        "how it was erased and why", "who watched", "how it was erased and who watched",
        "why and who watched", "how it was erased, why, and who watched"};
    unsigned lacking = (record_text(r, F_METHOD).n == 0 ? 1 : 0) |
                       (blank(record_text(r, F_REASON)) ? 2 : 0) |
                       (record_text(r, F_WITNESSED_BY).n == 0 ? 4 : 0);
    struct rule_fact fact;

    if (r->undone)
        return 0;
    if (lacking != 0) {
        fact = fact_text("lacking", span_str(lacks[lacking]));
        return rule_found_record(run, 0, r, &fact, 1);
    }
    if (!same_person(record_text(r, F_WITNESSED_BY), r->actor.text))
        return 0;
    fact = fact_text("witness", record_text(r, F_WITNESSED_BY));
    return rule_found_record(run, 1, r, &fact, 1);
}

static const char *const sentences[] = {
    "{actor} ({unit}) erased data set {dataset} at {at}; the record must say how, why, and who "
    "watched, and it does not say {lacking}.",
    "{actor} ({unit}) erased data set {dataset} at {at}; somebody else must have watched, and the "
    "record names {witness} as the witness, who did it.",
    NULL};

const struct rule rule_erase_unwitnessed = {
    .name = "erase-unwitnessed",
    .severity = SEVERITY_MEDIUM,
    .sentences = sentences,
    .meaning = "Data were erased, and the record does not say how, why, or who watched; or the one "
               "who erased is named as the witness too. An erasure that nobody can vouch for may "
               "have been none, or have been made to hide something.",
    .reads = "method, reason, witnessed_by and actor of erase (capitals do not matter)",
    .blind = "Whether the witness was there. Two ids that one person has. An erasure whose record "
             "does not name its actor.",
    .origin = "Logs of erasure with their reason: Directive (EU) 2016/680, article 25; that "
              "erasure is recorded under the German G10.",
    .actions = ACTION_BIT(ACTION_ERASE),
    .record = record,
};
