#include "verifier/rules/rule.h"

/* The ids of an approval's list of data sets, while a record with many is looked at; else empty. */
enum { ALLOWED };

/* Actions whose record must say what the approval limits. */
#define ACTIONS_EXACT                                                                              \
    (ACTIONS_ACCESS | ACTION_BIT(ACTION_PROVIDE) | ACTION_BIT(ACTION_DEIDENT_REVERSE))
/* From so many bytes on both lists are long, and are not compared each with each. */
#define LONG_BYTES 512

static bool exact(const struct rules_record *r)
{
    return (ACTION_BIT(r->action) & ACTIONS_EXACT) != 0;
}

/* One of the fields against one of the lists. */
static bool outside(const struct rules_record *r, enum approval_part part, enum field_number field,
    bool must_be_there)
{
    struct span list = approval_part(r->approved, part);

    if (list.n == 0)
        return false;
    if (!record_has(r, field))
        return must_be_there;
    return !ids_has(list, record_text(r, field));
}

/* The first of the parents that the list has not. */
static int first_outside(
    struct rule_run *run, struct span parents, struct span list, struct span *out)
{
    bool table = parents.n > LONG_BYTES && list.n > LONG_BYTES;
    struct ids ids = ids_of(list);
    struct span id;
    int err = 0;

    while (err == 0 && table && ids_next(&ids, &id))
        err = table_add(run->tables[ALLOWED], key_of(id)) == NULL ? KEIIN_ENOMEM : 0;
    ids = ids_of(parents);
    while (err == 0 && out->n == 0 && ids_next(&ids, &id))
        if (table ? table_find(run->tables[ALLOWED], key_of(id)) == NULL : !ids_has(list, id))
            *out = id;
    if (table)
        table_clear(run->tables[ALLOWED]);
    return err;
}

/* A data set outside the approval's; *hit says whether there is one, or must be named and is not. */
static int dataset_outside(
    struct rule_run *run, const struct rules_record *r, struct span *out, bool *hit)
{
    struct span list = approval_part(r->approved, PART_DATASETS);
    int err = 0;

    *out = (struct span){NULL, 0};
    *hit = outside(r, PART_DATASETS, F_DATASET, exact(r));
    if (*hit)
        *out = record_text(r, F_DATASET);
    if (list.n == 0 || *hit || (ACTION_BIT(r->action) & ACTIONS_ACCESS) == 0)
        return 0;
    err = first_outside(run, record_text(r, F_PARENTS), list, out);
    *hit = out->n > 0;
    return err;
}

#define WAYS 4
static const char *const ways[WAYS] = {"purpose", "data set", "unit", "recipient"};

static int authorised(struct rule_run *run, const struct rules_record *r, bool waited)
{
    struct rules_address addresses[] = {r->address, r->approved->address};
    struct span dataset;
    bool hits[WAYS] = {outside(r, PART_PURPOSES, F_PURPOSE, exact(r)), false,
        outside(r, PART_UNITS, F_UNIT, exact(r)),
        outside(r, PART_RECIPIENTS, F_RECIPIENT, r->action == ACTION_PROVIDE)};
    char several[64] = "";
    struct rule_hit hit = {.r = r, .addresses = addresses, .address_count = 2};
    unsigned count = 0;
    int err;

    if (waited && !r->approved->ratified)
        return 0; /* authority-retroactive's */
    err = dataset_outside(run, r, &dataset, &hits[1]);
    for (unsigned i = 0; err == 0 && i < WAYS; i++) {
        if (!hits[i])
            continue;
        hit.sentence = count++ == 0 ? i : WAYS;
        strcat(several, count == 1 ? "" : ", ");
        strcat(several, ways[i]);
    }
    if (hits[1] && count == 1 && dataset.n == 0)
        hit.sentence = WAYS + 1;
    if (err == 0 && count > 0) {
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
    .table_bytes = {1},
    .authorised = authorised,
};
