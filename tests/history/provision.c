#include "tests/history/provision.h"

#include <stdio.h>

#include "tests/history/history.h"
#include "tests/history/upkeep.h"

/* Per mille; plan.c names the sources of ABROAD. The others are assumed. */
#define LIMITED_TO_RECIPIENTS 600
#define PROVIDED 400 /* of exports */
#define TO_COUNCIL 330
#define ABROAD 762 /* of the others: 272 of 357 */
#define NAMED_AT_ONCE 600 /* the child data set stands in the export itself */
#define NOTICE_AT_ONCE 600
#define REVERSED 30

/* From an export to the last record of its provision. */
#define LONGEST_MS (110 * HOUR_MS)

const struct recipient recipients[] = {{"npa", "domestic", W_NPA}, {"mod", "domestic", W_MOD},
    {"sdf", "domestic", W_SDF}, {"nco", "domestic", W_NCO}, {"council-power", "council", WRITERS},
    {"council-finance", "council", WRITERS}, {"council-telecom", "council", WRITERS},
    {"partner-a", "foreign", WRITERS}, {"partner-b", "foreign", WRITERS},
    {"partner-c", "foreign", WRITERS}, {"partner-d", "foreign", WRITERS},
    {"partner-e", "foreign", WRITERS}};
const size_t recipient_count = sizeof recipients / sizeof recipients[0];

static bool own(enum writer_id writer, const struct recipient *r)
{
    return strcmp(agencies[writer].organisation, r->name) == 0;
}

void provision_scope(struct random *random, enum writer_id writer, struct scope *scope)
{
    size_t first = random_below(random, recipient_count);

    if (!random_per_mille(random, LIMITED_TO_RECIPIENTS))
        return;
    for (size_t i = 0; scope->recipient_count < APPROVAL_RECIPIENTS_MAX; i++) {
        const struct recipient *r = &recipients[(first + 5 * i) % recipient_count];

        if (!own(writer, r))
            scope->recipients[scope->recipient_count++] = r->name;
    }
}

static bool allowed(const struct scope *scope, enum writer_id writer, const struct recipient *r)
{
    if (own(writer, r))
        return false;
    for (size_t i = 0; i < scope->recipient_count; i++)
        if (strcmp(scope->recipients[i], r->name) == 0)
            return true;
    return scope->recipient_count == 0;
}

/* Someone of the kind that comes up, else anyone allowed but, with `at_home`, nobody abroad. */
static const struct recipient *choose(struct history *h, const struct use_case *c, bool at_home)
{
    const char *kind = random_per_mille(&h->random, TO_COUNCIL)           ? "council"
                       : !at_home && random_per_mille(&h->random, ABROAD) ? "foreign"
                                                                          : "domestic";
    size_t first = random_below(&h->random, recipient_count);
    const struct recipient *other = NULL;

    for (size_t i = 0; i < recipient_count; i++) {
        const struct recipient *r = &recipients[(first + i) % recipient_count];

        if (!allowed(&c->approval.scope, c->unit->writer, r))
            continue;
        if (strcmp(r->kind, kind) == 0)
            return r;
        if (!at_home || strcmp(r->kind, "foreign") != 0)
            other = r;
    }
    return other;
}

void provision_deident(struct act *a, const struct seat *seat, const char *dataset,
    uint64_t when_ms, const char *action)
{
    act_start(a, seat->writer, when_ms, action);
    act_text(a, F_ACTOR, seat->actor);
    act_text(a, F_UNIT, seat->unit);
    act_text(a, F_DATASET, dataset);
    act_text(a, F_OUTCOME, "success");
    act_text(a, F_PURPOSE, seat->purpose);
    act_text(a, F_AUTHORITY, seat->authority);
    if (strcmp(action, "deident.apply") == 0)
        act_text(a, F_METHOD, "pseudonymise-v2");
    else
        act_text(a, F_REASON, "a recipient reports an attack on itself");
}

void provision_act(struct random *random, struct act *a, const struct provision *p)
{
    uint8_t content[32];

    random_bytes(random, content, sizeof content);
    act_start(a, p->seat->writer, p->when_ms, "provide");
    act_text(a, F_ACTOR, p->seat->actor);
    act_text(a, F_UNIT, p->seat->unit);
    if (p->seat->authority != NULL)
        act_text(a, F_AUTHORITY, p->seat->authority);
    act_text(a, F_PURPOSE, p->seat->purpose);
    act_text(a, F_DATASET, p->dataset);
    act_uint(a, F_COUNT, p->count);
    act_text(a, F_RECIPIENT, p->to->name);
    act_text(a, F_RECIPIENT_KIND, p->to->kind);
    act_text(a, F_OUTCOME, "success");
    act_bin(a, F_CONTENT, content, sizeof content);
    if (p->ref != NULL)
        act_text(a, F_REF, p->ref);
    if (p->notice != NULL)
        act_text(a, F_NOTICE, p->notice);
}

void provision_receipt(struct act *a, const struct provision *p, uint64_t when_ms)
{
    bool theirs = p->to->writer != WRITERS;

    act_start(a, theirs ? p->to->writer : p->seat->writer, when_ms, "receive");
    act_text(a, F_ACTOR, theirs ? "auto:7f3a90b1d2c4e586" : p->seat->actor);
    act_text(a, F_AUTHORITY, p->seat->authority);
    act_text(a, F_PURPOSE, p->seat->purpose);
    act_text(a, F_DATASET, p->dataset);
    act_uint(a, F_COUNT, p->count);
    act_text(a, F_OUTCOME, "success");
    if (p->ref != NULL)
        act_text(a, F_REF, p->ref);
    if (!theirs)
        act_text(a, F_DETAIL, "the recipient's receipt is on file");
}

/* A notice that does not stand in the provision: the receipt brings it, or the committee's note. */
static void put_notice(
    struct history *h, const struct provision *p, const char *notice, struct act *receipt)
{
    struct act a;

    if (random_per_mille(&h->random, 500)) {
        act_text(receipt, F_NOTICE, notice);
        return;
    }
    act_start(
        &a, W_COMMITTEE, p->when_ms + random_between(&h->random, HOUR_MS, 50 * HOUR_MS), "notify");
    act_text(&a, F_REF, p->ref);
    act_text(&a, F_NOTICE, notice);
    act_text(&a, F_RECIPIENT, p->to->name);
    history_put(h, &a);
}

/* Provided to someone, received there; before, where it leaves the country, de-identified. */
static void put_provision(struct history *h, const struct use_case *c, const struct seat *seat,
    const char *dataset, bool at_home, uint64_t when_ms, uint64_t count)
{
    const struct recipient *to = choose(h, c, at_home);
    unsigned number = ++h->provisions;
    char ref[32], notice[32];
    struct provision p = {seat, to, dataset, ref, NULL, count,
        when_ms + random_between(&h->random, 4 * HOUR_MS, 40 * HOUR_MS)};
    bool abroad = to != NULL && strcmp(to->kind, "foreign") == 0;
    bool at_once = random_per_mille(&h->random, NOTICE_AT_ONCE);
    struct act a;

    if (to == NULL)
        return;
    snprintf(ref, sizeof ref, "PR-2025-%06u", number);
    snprintf(notice, sizeof notice, "N-2025-%06u", number);
    if (abroad && at_once)
        p.notice = notice;
    if (abroad) {
        provision_deident(&a, seat, dataset,
            when_ms + random_between(&h->random, HOUR_MS, 2 * HOUR_MS), "deident.apply");
        history_put(h, &a);
    }
    provision_act(&h->random, &a, &p);
    history_put(h, &a);
    provision_receipt(&a, &p, p.when_ms + random_between(&h->random, 10 * MINUTE_MS, 60 * HOUR_MS));
    if (abroad && !at_once)
        put_notice(h, &p, notice, &a);
    history_put(h, &a);
    if (abroad && history_chance(h, FIRST_REVERSAL, REVERSED)) {
        provision_deident(&a, seat, dataset, p.when_ms + 2 * HOUR_MS, "deident.reverse");
        history_put(h, &a);
        provision_deident(&a, seat, dataset, p.when_ms + 5 * HOUR_MS, "deident.apply");
        history_put(h, &a);
    }
}

/* The data set that came of an export or copy: who says so, and until when it is kept. */
static void put_child(struct history *h, const struct seat *seat, const char *child,
    const char *parent, uint64_t when_ms)
{
    static const char *const actions[] = {"modify", "combine", "copy"};
    struct act a;

    act_start(&a, seat->writer, when_ms, actions[random_below(&h->random, 3)]);
    act_text(&a, F_ACTOR, seat->actor);
    act_text(&a, F_UNIT, seat->unit);
    act_text(&a, F_DATASET, child);
    act_one(&a, F_PARENTS, parent);
    act_text(&a, F_OUTCOME, "success");
    history_put(h, &a);
}

/* How long a product is kept is said, and kept to. */
static uint64_t put_product_retention(
    struct history *h, const struct seat *seat, const char *product, uint64_t when_ms)
{
    uint64_t until = when_ms + random_between(&h->random, 8 * DAY_MS, 20 * DAY_MS);

    upkeep_put_erase(
        h, seat->writer, product, 0, until - random_between(&h->random, 2 * HOUR_MS, 20 * HOUR_MS));
    return until;
}

void provision_put_export(struct history *h, const struct use_case *c, const struct seat *seat,
    const char *set, uint64_t until_ms, uint64_t when_ms, uint64_t count)
{
    bool limited = c->approval.scope.dataset_count > 0;
    bool at_once = !limited && random_per_mille(&h->random, NAMED_AT_ONCE);
    bool time_left = c->approval.use_until_ms >= when_ms + LONGEST_MS &&
                     (!limited || until_ms >= when_ms + LONGEST_MS);
    char product[32];
    struct act a;

    snprintf(product, sizeof product, "X-2025-%06u", ++h->products);
    access_act(&h->random, &a, seat, when_ms, "export");
    act_text(&a, F_DATASET, at_once ? product : set);
    if (at_once) {
        act_one(&a, F_PARENTS, set);
        act_uint(&a, F_RETAIN_UNTIL, put_product_retention(h, seat, product, when_ms));
    }
    act_uint(&a, F_COUNT, count);
    act_text(&a, F_OUTCOME, "success");
    history_put(h, &a);
    if (!at_once)
        put_child(h, seat, product, set,
            when_ms + random_between(&h->random, 20 * MINUTE_MS, 3 * HOUR_MS));
    if (time_left && random_per_mille(&h->random, PROVIDED))
        put_provision(h, c, seat, limited ? set : product, limited, when_ms + 3 * HOUR_MS, count);
}

void provision_put_copy(
    struct history *h, const struct seat *seat, const char *set, uint64_t when_ms, uint64_t count)
{
    bool at_once = random_per_mille(&h->random, NAMED_AT_ONCE);
    char product[32];
    struct act a;

    snprintf(product, sizeof product, "X-2025-%06u", ++h->products);
    act_start(&a, seat->writer, when_ms, "copy");
    act_text(&a, F_ACTOR, seat->actor);
    act_text(&a, F_UNIT, seat->unit);
    act_text(&a, F_DATASET, at_once ? product : set);
    if (at_once) {
        act_one(&a, F_PARENTS, set);
        act_uint(&a, F_RETAIN_UNTIL, put_product_retention(h, seat, product, when_ms));
    }
    act_uint(&a, F_COUNT, count);
    act_text(&a, F_OUTCOME, "success");
    history_put(h, &a);
    if (!at_once)
        put_child(h, seat, product, set,
            when_ms + random_between(&h->random, 20 * MINUTE_MS, 15 * HOUR_MS));
}
