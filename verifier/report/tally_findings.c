/* What the rules found, and what the committee says became of it. */
#include <stdlib.h>

#include "core/text.h"
#include "verifier/report/tally_internal.h"

#define DAY RULE_DAY
#define ID_BYTES 8 /* of a finding's id: what the committee names it by at least */
#define SLOTS_MIN 256
#define FOUND_MS_MAX ((UINT64_C(1) << 48) - 1) /* year 10889 */

enum finding_state { STATE_UNDECIDED, STATE_OPEN, STATE_EXPLAINED, STATE_CONFIRMED, STATES };

/*
 * A slot of a hash table with open addressing. Small and plain, since an operation that breaks a
 * rule with every record has as many findings as records.
 */
struct counted_finding {
    uint64_t id; /* the beginning of it */
    uint64_t found_ms : 48; /* when the ledger showed it */
    uint64_t rule : 8; /* in rules_all, from 1 on; 0: the slot is free */
    uint64_t state : 8;
};

struct counted_findings {
    struct counted_finding *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t count;
};

struct counted_findings *counted_findings_new(void)
{
    return calloc(1, sizeof(struct counted_findings));
}

void counted_findings_clear(struct counted_findings *all)
{
    free(all->slots);
    *all = (struct counted_findings){NULL, 0, 0};
}

void counted_findings_free(struct counted_findings *all)
{
    if (all != NULL)
        free(all->slots);
    free(all);
}

/* The slot of an id, or the free one where it would be. There must be a free one. */
static struct counted_finding *slot_of(const struct counted_findings *all, uint64_t id)
{
    /* Not by the id alone: whoever writes the ledger can try records until ids are alike. */
    size_t i = (size_t)key_of(span_of((const uint8_t *)&id, sizeof id)).hash;

    for (;; i++) {
        struct counted_finding *c = &all->slots[i & (all->slot_count - 1)];

        if (c->rule == 0 || c->id == id)
            return c;
    }
}

static int grow(struct counted_findings *all)
{
    struct counted_findings more = {
        NULL, all->slot_count == 0 ? SLOTS_MIN : 2 * all->slot_count, all->count};

    if (4 * (all->count + 1) <= 3 * all->slot_count)
        return 0;
    more.slots = calloc(more.slot_count, sizeof *more.slots);
    if (more.slots == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; i < all->slot_count; i++)
        if (all->slots[i].rule != 0)
            *slot_of(&more, all->slots[i].id) = all->slots[i];
    free(all->slots);
    *all = more;
    return 0;
}

static void count_one(struct tally *t, const struct rule *rule, unsigned column)
{
    tally_add(t, FIGURES_FINDINGS, span_str(rule->name), column, 1);
}

int findings_add_found(struct tally *t, const struct rules_finding *f)
{
    const struct span none = {NULL, 0};
    struct counted_findings *all = t->findings;
    uint64_t id = be64_get(f->id.b);
    struct counted_finding *c;
    struct figure_row row;
    unsigned rule = 0;

    if (f->open) {
        /* Told as the period ends, whether it has an entry or not. */
        row = tally_row(t, FIGURES_FINDINGS, span_str(f->rule->name), none, none);
        row.part = t->period.parts - 1;
        figures_add(t->figures, &row, FINDINGS_UNSETTLED, 1);
        return 0;
    }
    if (grow(all) != 0)
        return KEIIN_ENOMEM;
    c = slot_of(all, id);
    if (c->rule != 0)
        return 0;
    while (rules_all[rule] != f->rule)
        rule++;
    c->id = id;
    c->rule = rule + 1;
    c->found_ms = t->now_ms < FOUND_MS_MAX ? t->now_ms : FOUND_MS_MAX;
    all->count++;
    count_one(t, f->rule, FINDINGS_FOUND);
    return 0;
}

void findings_judged(struct tally *t, const struct rules_record *r)
{
    struct span named = record_text(r, F_FINDING);
    uint8_t id[ID_BYTES];
    struct counted_finding *c;

    if (t->findings->slot_count == 0 || named.n < 2 * ID_BYTES ||
        !hex_decode(id, ID_BYTES, span_of(named.p, 2 * ID_BYTES)))
        return;
    c = slot_of(t->findings, be64_get(id));
    if (c->rule == 0)
        return;
    if (record_is(r, F_STATE, "explained")) {
        c->state = STATE_EXPLAINED;
        count_one(t, rules_all[c->rule - 1], FINDINGS_EXPLAINED);
    } else if (record_is(r, F_STATE, "confirmed")) {
        c->state = STATE_CONFIRMED;
        count_one(t, rules_all[c->rule - 1], FINDINGS_CONFIRMED);
    } else if (record_is(r, F_STATE, "open")) {
        c->state = STATE_OPEN;
    }
}

void findings_close(struct tally *t)
{
    enum { YOUNG, MIDDLE, OLD, AGES };
    uint64_t end = tally_part_end(t), undecided[UINT8_MAX][AGES] = {{0}};
    const struct counted_findings *all = t->findings;

    for (size_t i = 0; i < all->slot_count; i++) {
        const struct counted_finding *c = &all->slots[i];
        uint64_t age = end > c->found_ms ? end - c->found_ms : 0;

        if (c->rule != 0 && c->state != STATE_EXPLAINED && c->state != STATE_CONFIRMED)
            undecided[c->rule - 1][age <= 30 * DAY ? YOUNG : age <= 90 * DAY ? MIDDLE : OLD]++;
    }
    for (size_t rule = 0; rule < rules_count; rule++) {
        struct span name = span_str(rules_all[rule]->name);
        const uint64_t *n = undecided[rule];

        tally_add(t, FIGURES_FINDINGS, name, FINDINGS_UNDECIDED, n[YOUNG] + n[MIDDLE] + n[OLD]);
        tally_add(t, FIGURES_FINDINGS, name, FINDINGS_YOUNG, n[YOUNG]);
        tally_add(t, FIGURES_FINDINGS, name, FINDINGS_MIDDLE, n[MIDDLE]);
        tally_add(t, FIGURES_FINDINGS, name, FINDINGS_OLD, n[OLD]);
    }
}
