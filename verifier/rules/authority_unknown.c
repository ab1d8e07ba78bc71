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

static const char *const sentences[] = {
    "{actor} ({unit}) did \"{action}\" on data set {dataset} at {at} under {authority}; the "
    "approval must have been "
    "granted by the committee, and the ledger has no such grant.",
    "{actor} ({unit}) did \"{action}\" on data set {dataset} at {at} under {authority}; the "
    "approval must have been "
    "granted by the committee, and up to the end of what was read the ledger has no such grant.",
    NULL};

static const struct rule_limit limits[] = {
    {"wait", LIMIT_DURATION, "30 d", 0, 3650 * RULE_DAY,
        "how long a grant may follow; until then the finding is open, and if it does follow, "
        "authority-retroactive speaks of it"},
    {0}};

const struct rule rule_authority_unknown = {
    .name = "authority-unknown",
    .severity = SEVERITY_HIGH,
    .sentences = sentences,
    .meaning =
        "A record names an approval that the committee never granted: one that was asked for "
        "or refused, one that an agency wrote itself, or a name that is spelt otherwise.",
    .reads = "authority; of approve records approval and decision; the role of their writer",
    .blind = "Whether the approval that is named is the one that was meant.",
    .origin = "The committee approves measures (Act of 2025).",
    .limits = limits,
    .unauthorised = unauthorised,
};
