#include "verifier/rules/rule.h"

enum { LIMIT, FUTURE };

static int record(struct rule_run *run, const struct rules_record *r)
{
    bool late = r->received > time_after(r->at, run->limits[LIMIT]);
    struct rule_fact facts[] = {fact_time("received", r->received),
        fact_duration("apart", late ? r->received - r->at : r->at - r->received),
        fact_duration("limit", run->limits[late ? LIMIT : FUTURE])};

    if (!late && r->at <= time_after(r->received, run->limits[FUTURE]))
        return 0;
    return rule_found_record(run, late ? 0 : 1, r, facts, 3);
}

static const char *const sentences[] = {
    "The record says that \"{action}\" was done at {at}, and the ledger received it at {received}, "
    "{apart} later; at most {limit} may pass.",
    "The record says that \"{action}\" was done at {at}, which was still {apart} in the future "
    "when the ledger received it at {received}; the clocks may differ by at most {limit}.",
    NULL};

static const struct rule_limit limits[] = {{"limit", LIMIT_DURATION, "1 h", 0, 3650 * RULE_DAY,
                                               "how long after the act its record may be received"},
    {"future", LIMIT_DURATION, "5 min", 0, RULE_DAY,
        "how far ahead of the ledger's clock a writer's may be"},
    {0}};

const struct rule rule_late_record = {
    .name = "late-record",
    .severity = SEVERITY_LOW,
    .sentences = sentences,
    .meaning = "Between an act and its record there was time to think about what to record, or the "
               "record names a time that is not the true one. A line that was down is the harmless "
               "reason.",
    .reads = "at, received",
    .blind = "A false time that differs from the true one by less than the limit.",
    .origin = "Logs are written when the act is done (LED art. 25; SIS, ETIAS); FHIR AuditEvent "
              "has a time of the act and a time of the record.",
    .limits = limits,
    .actions = ACTIONS_ALL,
    .record = record,
};
