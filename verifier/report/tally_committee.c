/* What the committee did, and what it was answered. */
#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

#define COMMITTEE_ACTS                                                                             \
    (ACTION_BIT(ACTION_APPROVE) | ACTION_BIT(ACTION_REVOKE) | ACTION_BIT(ACTION_INSPECT) |         \
        ACTION_BIT(ACTION_NOTIFY) | ACTION_BIT(ACTION_DEMAND) | ACTION_BIT(ACTION_RECOMMEND) |     \
        ACTION_BIT(ACTION_FINDING) | ACTION_BIT(ACTION_ERASE_RECORD) |                             \
        ACTION_BIT(ACTION_EMERGENCY_BEGIN) | ACTION_BIT(ACTION_EMERGENCY_END))

static struct span kind_of(bool recommendation)
{
    return span_str(recommendation ? "recommend" : "demand");
}

static int asked(struct tally *t, const struct rules_record *r)
{
    struct counted_demand d = {.began_ms = record_began(r)};
    uint8_t address[16];
    uint64_t *value;

    d.recommendation = r->action == ACTION_RECOMMEND;
    d.waits = true;
    tally_add(t, FIGURES_ANSWERS, kind_of(d.recommendation), ANSWERS_MADE, 1);
    be64_put(address, r->address.index);
    be64_put(address + 8, r->address.position);
    value = table_add(
        t->demands, r->ref.text.n > 0 ? r->ref : key_of(span_of(address, sizeof address)));
    return value == NULL ? KEIIN_ENOMEM
                         : table_more_append(t->demands, value, span_of(&d, sizeof d));
}

static void answered(struct tally *t, const struct rules_record *r)
{
    uint64_t limit = rules_limits_number(t->limits, "response-overdue", "limit");
    uint64_t *value = r->ref.text.n == 0 ? NULL : table_find(t->demands, r->ref);
    struct counted_demand d;
    uint8_t *all;

    if (value == NULL)
        return;
    all = table_more_edit(value);
    for (size_t i = 0; i < table_more(value).n / sizeof d; i++) {
        memcpy(&d, all + i * sizeof d, sizeof d);
        if (!d.waits)
            continue;
        tally_add(t, FIGURES_ANSWERS, kind_of(d.recommendation),
            r->received <= time_after(d.began_ms, limit) ? ANSWERS_IN_TIME : ANSWERS_LATE, 1);
        d.waits = false;
        memcpy(all + i * sizeof d, &d, sizeof d);
    }
}

int committee_record(struct tally *t, const struct rules_record *r)
{
    bool committee = r->writer->role == ROLE_COMMITTEE;

    if (r->undone || r->action >= ACTION_COUNT_OF)
        return 0;
    if (r->action == ACTION_RESPOND)
        answered(t, r);
    if (!committee || (ACTION_BIT(r->action) & COMMITTEE_ACTS) == 0)
        return 0;
    tally_add(t, FIGURES_ACTS, tally_action(t, r), ACTS_COUNT, 1);
    if (r->action == ACTION_FINDING)
        findings_judged(t, r);
    return r->action == ACTION_DEMAND || r->action == ACTION_RECOMMEND ? asked(t, r) : 0;
}

void committee_close(struct tally *t)
{
    uint64_t limit = rules_limits_number(t->limits, "response-overdue", "limit");

    for (const uint64_t *value = NULL; (value = table_next(t->demands, value)) != NULL;) {
        struct span more = table_more(value);
        struct counted_demand d;

        for (size_t i = 0; i < more.n / sizeof d; i++) {
            memcpy(&d, more.p + i * sizeof d, sizeof d);
            if (!d.waits)
                continue;
            tally_add(t, FIGURES_ANSWERS, kind_of(d.recommendation),
                tally_part_last(t) > time_after(d.began_ms, limit) ? ANSWERS_OVERDUE
                                                                   : ANSWERS_WAITING,
                1);
        }
    }
}
