#include "verifier/rules/rule.h"

static int record(struct rule_run *run, const struct rules_record *r)
{
    if (r->authority.text.n > 0 || r->denied)
        return 0;
    return rule_found_record(run, 0, r, NULL, 0);
}

static const char *const sentences[] = {"{actor} ({unit}) did \"{action}\" on data set {dataset} "
                                        "at {at}; this needs an approval, and the record "
                                        "names none.",
    NULL};

const struct rule rule_authority_missing = {
    .name = "authority-missing",
    .severity = SEVERITY_HIGH,
    .sentences = sentences,
    .meaning = "Data were collected, read, passed on or re-identified, and the record does not say "
               "which approval allowed it. An emergency is no exception: it names the approval "
               "that is asked for "
               "afterwards.",
    .reads = "action, authority, outcome (what was denied is not judged)",
    .blind = "Accesses that were never recorded; a denial that was none.",
    .origin = "Approval before use is the core of the Act of 2025; logging of the legal ground: "
              "Directive (EU) 2016/680, article 25.",
    .actions = ACTIONS_AUTHORISED,
    .record = record,
};
