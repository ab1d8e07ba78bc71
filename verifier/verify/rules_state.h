/*
 * What the rules remember between two runs, beside the audit's state in its folder: files named
 * rules-N for the entry at which they stand. The newest is written before the audit's own state
 * moves there, and older ones go after it did, so that one always fits. Each begins with N and the
 * root of the tree over the entries before it, and serves for no others. One thread.
 */
#ifndef KEIIN_VERIFIER_RULES_STATE_H
#define KEIIN_VERIFIER_RULES_STATE_H

#include "verifier/verify/rules_report.h"

/* False, with rules as new, when there is none for `index` or it does not serve. */
bool rules_state_load(const char *folder, uint64_t index, const struct hash *root,
    struct rules *rules, struct rules_report *report);
int rules_state_save(const char *folder, uint64_t index, const struct hash *root,
    const struct rules *rules, struct why *why) KEIIN_MUST_USE;
/* Removes all but the one for `index`, if that is there; what cannot be removed stays. */
void rules_state_tidy(const char *folder, uint64_t index);

#endif
