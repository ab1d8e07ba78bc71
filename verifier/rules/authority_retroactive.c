#include "verifier/rules/rule.h"

enum { TOLERANCE };

static int authorised(struct rule_run *run, const struct rules_record *r, bool waited)
{
    struct validity v;
    enum approval_time time = approval_at(r->approved, r->at, &v);
    struct rules_address addresses[] = {r->address, v.address};
    struct rule_fact facts[] = {fact_time("known", v.known)};
    struct rule_hit hit = {.sentence = waited ? 0 : 1,
        .r = r,
        .addresses = addresses,
        .address_count = 2,
        .facts = facts,
        .fact_count = 1};

    if (waited && r->approved->ratified)
        return 0;
    /* Outside its time, authority-expired speaks of it. */
    if (!waited && (time != TIME_VALID || v.known <= time_after(r->at, run->limits[TOLERANCE])))
        return 0;
    return rule_found(run, &hit);
}

static const char *const sentences[] = {
    "{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}; an "
    "approval must stand in the ledger before it is used, and this one was granted behind that "
    "record, at {known}.",
    "{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}; an "
    "approval must be in the ledger before it is used, and the ledger received this one only at "
    "{known}.",
    NULL};

static const struct rule_limit limits[] = {
    {"tolerance", LIMIT_DURATION, "0 s", 0, 36500 * RULE_DAY,
        "how much later than the act the ledger may have received the grant, where old logs are "
        "taken in; the grant must stand earlier in the ledger all the same"},
    {0}};

const struct rule rule_authority_retroactive = {
    .name = "authority-retroactive",
    .severity = SEVERITY_HIGH,
    .sentences = sentences,
    .meaning = "An approval was used before it was there: it was granted afterwards, as if the act "
               "had been allowed. Approval after the fact is possible in an emergency only, and "
               "then the committee ratifies it.",
    .reads = "at, authority; of approve records decision, their place in the ledger and when it "
             "received them; not the time that an approve record says of itself",
    .blind = "A grant that the ledger has in time and that the committee decided only later. A "
             "record that came late and says a later time than its true one.",
    .origin = "Approval before use, and ratification of emergencies alone, are what the Act of "
              "2025 asks for.",
    .limits = limits,
    .authorised = authorised,
};
