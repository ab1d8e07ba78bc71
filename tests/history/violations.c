#include "tests/history/violations.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "tests/history/die.h"
#include "tests/history/history.h"
#include "tests/history/scene.h"

/* A scene has some hours in which nothing else is done to a writer's clock or heartbeats. */
#define SLOT_MS (3 * HOUR_MS)
#define FIRST_SLOT_MS (5 * DAY_MS) /* work has begun, and a scene's approval was granted before */
#define LAST_MS DAY_MS
#define NEEDS_LONG_HOURS (10 * 24)

static const struct violation_rule *const tables[] = {violations_authority, violations_scope,
    violations_emergency, violations_collection, violations_handling, violations_provision,
    violations_access, violations_clock};

static const struct violation_rule *const near_tables[] = {
    near_authority, near_data, near_access, near_clock};

/* Rule number n of all tables; NULL behind the last. */
static const struct violation_rule *rule_at(size_t n)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct violation_rule *rule = tables[i]; rule->rule != NULL; rule++)
            if (n-- == 0)
                return rule;
    return NULL;
}

bool violations_want(struct violations *v, const char *text)
{
    const struct violation_rule *rule;
    const char *equals = strchr(text, '=');
    struct span name = equals == NULL ? span_str(text) : span_of(text, (size_t)(equals - text));
    bool all = span_is(name, "all"), found = false;
    uint64_t count = 1;

    if (equals != NULL && !decimal_parse(span_str(equals + 1), 1000, &count))
        return false;
    for (size_t n = 0; (rule = rule_at(n)) != NULL; n++) {
        must(n < VIOLATION_RULES_MAX, "too many rules");
        if (!all && !span_is(name, rule->rule))
            continue;
        v->total += (unsigned)count - v->wanted[n];
        v->wanted[n] = (unsigned)count;
        found = true;
    }
    return found;
}

/* A time at which a scene may begin that needs so long; its slot is taken. */
static uint64_t choose_time(struct history *h, uint64_t needs_ms)
{
    uint64_t span_ms = h->plan.end_ms - h->plan.start_ms;
    uint64_t first = FIRST_SLOT_MS / SLOT_MS, count, slot;

    must(span_ms > FIRST_SLOT_MS + LAST_MS + needs_ms + SLOT_MS,
        "the history is too short for these violations");
    count = (span_ms - LAST_MS - needs_ms) / SLOT_MS - first;
    slot = random_below(&h->mischief, count);
    for (uint64_t tries = 0; tries < count; tries++, slot = (slot + 1) % count)
        if (h->violations.slots[first + slot] == 0) {
            h->violations.slots[first + slot] = 1;
            return h->plan.start_ms + (first + slot) * SLOT_MS +
                   random_below(&h->mischief, 20 * MINUTE_MS);
        }
    must(false, "the history is too short for so many violations");
    return 0;
}

static void put_scene(
    struct history *h, const struct violation_rule *rule, const struct violation *violation)
{
    struct scene scene;

    scene_begin(&scene, h, ++h->violations.scenes, rule->rule, violation,
        choose_time(h, rule->needs_hours * HOUR_MS));
    violation->seed(&scene);
}

/* The scenes that are wanted of rules that need long, or of the others. */
static void put_scenes(struct history *h, bool needing_long)
{
    struct violations *v = &h->violations;
    const struct violation_rule *rule;

    for (size_t n = 0; (rule = rule_at(n)) != NULL; n++) {
        unsigned kinds = 0;

        while (kinds < VIOLATION_KINDS_MAX && rule->kinds[kinds].kind != NULL)
            kinds++;
        for (unsigned i = 0; i < v->wanted[n]; i++)
            if ((rule->needs_hours > NEEDS_LONG_HOURS) == needing_long)
                put_scene(h, rule, &rule->kinds[i % kinds]);
    }
    for (size_t i = 0; i < sizeof near_tables / sizeof near_tables[0]; i++)
        for (rule = near_tables[i]; rule->rule != NULL; rule++)
            for (const struct violation *kind = rule->kinds; kind->kind != NULL; kind++)
                for (unsigned k = 0; k < v->near; k++)
                    if ((rule->needs_hours > NEEDS_LONG_HOURS) == needing_long)
                        put_scene(h, rule, kind);
}

void violations_start(struct history *h)
{
    h->violations.slots = must_alloc((h->plan.end_ms - h->plan.start_ms) / SLOT_MS + 1);
    put_scenes(h, true); /* they have the fewest slots to choose from */
    put_scenes(h, false);
}

void violations_destroy(struct violations *v)
{
    free(v->slots);
}
