#include "verifier/rules/rule.h"

static int record(struct rule_run *run, const struct rules_record *r)
{
    return rule_found_record(run, 0, r, NULL, 0);
}

static const char *const sentences[] = {"{actor} recorded the action \"{action}\" at {at}; every "
                                        "action must be one of the vocabulary's, "
                                        "or begin with x- where an agency has its own, and this "
                                        "one is neither, so no rule could judge it.",
    NULL};

const struct rule rule_action_unknown = {
    .name = "action-unknown",
    .severity = SEVERITY_MEDIUM,
    .sentences = sentences,
    .meaning = "A record says that something was done which the vocabulary does not know. A wrong "
               "spelling of a known action is the harmless reason; keeping an act from being "
               "judged by the "
               "other rules is the other one.",
    .reads = "action",
    .blind = "Actions that begin with x- are an agency's own and pass. The result counts them by "
             "name, and [actions] in the rules file says as which action of the vocabulary they "
             "are judged.",
    .origin = "The vocabulary of records (doc/vocabulary.md).",
    .actions = ACTION_BIT(ACTION_UNKNOWN),
    .record = record,
};
