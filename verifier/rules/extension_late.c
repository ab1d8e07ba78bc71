#include "verifier/rules/rule.h"

static int record(struct rule_run *run, const struct rules_record *r)
{
    const struct approval_change *change = &r->change;
    struct rules_address addresses[] = {r->address, change->ended_by};
    struct rule_fact facts[] = {fact_text("approval", r->approval.text),
        fact_time("valid_to", change->valid_to_before), fact_time("received", r->received)};
    struct rule_hit hit = {.sentence = change->was_revoked ? 1 : 0,
        .r = r,
        .addresses = addresses,
        .address_count = 2,
        .facts = facts,
        .fact_count = 3};

    return change->step == APPROVAL_EXTENDED_LATE ? rule_found(run, &hit) : 0;
}

static const char *const sentences[] = {
    "{writer} extended {approval} at {received}; an extension must be in the ledger before the "
    "approval ends, and this one had ended at {valid_to}. Nothing was allowed in between.",
    "{writer} extended {approval} at {received}; the approval had been revoked with effect from "
    "{valid_to}, and only a new grant can follow. Nothing was allowed in between.",
    NULL};

const struct rule rule_extension_late = {
    .name = "extension-late",
    .severity = SEVERITY_MEDIUM,
    .sentences = sentences,
    .meaning = "An approval was prolonged after it had ended or had been taken back, so that a gap "
               "without approval looks like one period. It holds again from the moment at which "
               "the ledger received the extension, never for the gap.",
    .reads = "of approve records decision and valid_to, and when the ledger received them; revoke",
    .blind = "A second grant of the same approval after its end is a new approval, and no finding. "
             "An extension that names no valid_to moves no end.",
    .origin = "Approvals are for a time, and are prolonged before it is over (Act of 2025); so are "
              "orders under the German G10.",
    .actions = ACTION_BIT(ACTION_APPROVE),
    .record = record,
};
