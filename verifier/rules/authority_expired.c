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

static const char *const sentences[] = {"{actor} ({unit}) did \"{action}\" on data set {dataset} "
                                        "under {authority} at {at}, before that "
                                        "approval began: it holds from {valid_from} to {valid_to}.",
    "{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}, after that "
    "approval had ended: it held from {valid_from} to {valid_to}.",
    "{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}, after that "
    "approval had been revoked: it held from {valid_from} to {valid_to}.",
    NULL};

const struct rule rule_authority_expired = {
    .name = "authority-expired",
    .severity = SEVERITY_HIGH,
    .sentences = sentences,
    .meaning =
        "An approval was used outside the time for which it was given, or after it was taken "
        "back.",
    .reads = "at, authority; of approve records valid_from and valid_to; revoke",
    .blind = "An act that was given an earlier time than its true one, by less than late-record "
             "allows.",
    .origin = "Approvals are for a time (Act of 2025); so are orders under the German G10.",
    .authorised = authorised,
};
