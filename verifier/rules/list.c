#include "verifier/rules/rules.h"

/* Every rule, a line each; a rule's file is named like it. */
#define RULES(RULE)                                                                                \
    RULE(action_unknown)                                                                           \
    RULE(authority_missing)                                                                        \
    RULE(authority_unknown)                                                                        \
    RULE(authority_expired)                                                                        \
    RULE(authority_retroactive)                                                                    \
    RULE(authority_scope)                                                                          \
    RULE(extension_late)                                                                           \
    RULE(collection_overrun)                                                                       \
    RULE(raw_access)                                                                               \
    RULE(criteria_changed)                                                                         \
    RULE(selection_unbalanced)                                                                     \
    RULE(erase_late)                                                                               \
    RULE(erase_unwitnessed)                                                                        \
    RULE(use_after_erase)                                                                          \
    RULE(copy_untracked)                                                                           \
    RULE(deident_missing)                                                                          \
    RULE(foreign_unnotified)                                                                       \
    RULE(provision_unmatched)                                                                      \
    RULE(emergency_unratified)                                                                     \
    RULE(self_approved)                                                                            \
    RULE(heartbeat_missing)                                                                        \
    RULE(source_unbalanced)                                                                        \
    RULE(time_disputed)                                                                            \
    RULE(late_record)                                                                              \
    RULE(clock_step)                                                                               \
    RULE(denied_burst)                                                                             \
    RULE(volume_outlier)                                                                           \
    RULE(response_overdue)

#define DECLARE(name) extern const struct rule rule_##name;
#define LIST(name) &rule_##name,

RULES(DECLARE)
const struct rule *const rules_all[] = {RULES(LIST)};
const size_t rules_count = sizeof rules_all / sizeof rules_all[0];

const struct rule *rule_of(struct span name)
{
    for (size_t i = 0; i < rules_count; i++)
        if (span_is(name, rules_all[i]->name))
            return rules_all[i];
    return NULL;
}
