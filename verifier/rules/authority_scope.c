#include "verifier/rules/rule.h"

/* Actions whose record must say what the approval limits. */
#define ACTIONS_EXACT                                                                              \
    (ACTIONS_ACCESS | ACTION_BIT(ACTION_PROVIDE) | ACTION_BIT(ACTION_DEIDENT_REVERSE))

static bool exact(const struct rules_record *r)
{
    return (ACTION_BIT(r->action) & ACTIONS_EXACT) != 0;
}

/* One of the fields against one of the lists. */
static bool outside(const struct rules_record *r, enum approval_part part, enum field_number field,
    bool must_be_there)
{
    if (!approval_limits(r->approved, part))
        return false;
    if (!record_has(r, field))
        return must_be_there;
    return !approval_allows(r->approved, part, record_text(r, field));
}

/* Whether a data set is outside the approval's, or must be named and is not; *out is which. */
static bool dataset_outside(const struct rules_record *r, struct span *out)
{
    struct ids parents = ids_of(record_text(r, F_PARENTS));

    *out = record_text(r, F_DATASET);
    if (outside(r, PART_DATASETS, F_DATASET, exact(r)))
        return true;
    if (!approval_limits(r->approved, PART_DATASETS) ||
        (ACTION_BIT(r->action) & ACTIONS_ACCESS) == 0)
        parents.left = 0;
    while (ids_next(&parents, out))
        if (!approval_allows(r->approved, PART_DATASETS, *out))
            return true;
    *out = (struct span){NULL, 0};
    return false;
}

#define WAYS 4
static const char *const ways[WAYS] = {"purpose", "data set", "unit", "recipient"};

static int authorised(struct rule_run *run, const struct rules_record *r, bool waited)
{
    struct rules_address addresses[] = {r->address, r->approved->address};
    struct span dataset;
    bool hits[WAYS] = {outside(r, PART_PURPOSES, F_PURPOSE, exact(r)), dataset_outside(r, &dataset),
        outside(r, PART_UNITS, F_UNIT, exact(r)),
        outside(r, PART_RECIPIENTS, F_RECIPIENT, r->action == ACTION_PROVIDE)};
    char several[64] = "";
    struct rule_hit hit = {.r = r, .addresses = addresses, .address_count = 2};
    unsigned count = 0;
    int err = 0;

    if (waited && !r->approved->ratified)
        return 0; /* authority-retroactive's */
    for (unsigned i = 0; i < WAYS; i++) {
        if (!hits[i])
            continue;
        hit.sentence = count++ == 0 ? i : WAYS;
        strcat(several, count == 1 ? "" : ", ");
        strcat(several, ways[i]);
    }
    if (hits[1] && count == 1 && dataset.n == 0)
        hit.sentence = WAYS + 1;
    if (count > 0) {
        struct rule_fact facts[] = {fact_text("outside", dataset),
            fact_text("recipient", record_text(r, F_RECIPIENT)),
            fact_text("several", span_str(several))};

        hit.facts = facts;
        hit.fact_count = sizeof facts / sizeof facts[0];
        err = rule_found(run, &hit);
    }
    return err;
}

static const char *const sentences[] = {
    "{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at} for the "
    "purpose {purpose}; the approval is for other purposes.",
    "{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}; this "
    "touched data set {outside}, and the approval is for other data sets.",
    "{actor} of unit {unit} did \"{action}\" on data set {dataset} under {authority} at {at}; the "
    "approval is for other units.",
    "{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at} for the "
    "recipient {recipient}; the approval is for other recipients.",
    "{actor} ({unit}) did \"{action}\" on data set {dataset} under {authority} at {at}; outside "
    "what the approval allows were its {several}.",
    "{actor} ({unit}) did \"{action}\" under {authority} at {at}; the approval is for certain data "
    "sets, and the record does not say which one this was.",
    NULL};

const struct rule rule_authority_scope = {
    .name = "authority-scope",
    .severity = SEVERITY_HIGH,
    .sentences = sentences,
    .meaning = "An approval was used for a purpose, on a data set, by a unit or for a recipient "
               "that it does not name. Where it limits one of these, a query, view, export, "
               "provision or re-identification must say which it was.",
    .reads = "authority, purpose, dataset, parents (of query, view and export), unit, recipient; "
             "of approve records purposes, datasets, units, recipients as they stand then",
    .blind = "A purpose, unit or recipient that is said and is not the true one. What an approval "
             "allowed earlier: a record that comes late is judged by what it allows now. An "
             "approval that limits nothing.",
    .origin = "An approval says what it is for (Act of 2025); limits of purpose and recipient: "
              "Directive (EU) 2016/680, article 4, and its logs (article 25).",
    .authorised = authorised,
};
