/*
 * What breaks the rules: for each rule, ways in which it can be broken, each in a scene of
 * its own with its own approval, people and data, so that it gives the findings that the
 * answers name and no other.
 */
#ifndef KEIIN_TESTS_HISTORY_VIOLATIONS_H
#define KEIIN_TESTS_HISTORY_VIOLATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIOLATION_KINDS_MAX 8
#define VIOLATION_RULES_MAX 32

struct history;
struct scene;

/* One way to break a rule. */
struct violation {
    const char *kind; /* a few words, for the answer file */
    void (*seed)(struct scene *scene);
    int variant; /* which of what `seed` does */
};

/* A rule, and the ways to break it. */
struct violation_rule {
    const char *rule;
    uint64_t needs_hours; /* from the beginning of a scene until the finding can be made */
    struct violation kinds[VIOLATION_KINDS_MAX];
};

/* By subject; each ends with one whose rule is NULL. */
extern const struct violation_rule violations_authority[], violations_scope[],
    violations_emergency[], violations_collection[], violations_handling[],
    violations_provision[], violations_access[], violations_clock[];

/* Likewise, of scenes that are just within the rules: they give no finding. */
extern const struct violation_rule near_authority[], near_data[],
    near_access[], near_clock[];

/* How many of which rule are wanted. */
struct violations {
    unsigned wanted[VIOLATION_RULES_MAX]; /* by the rule's place in all tables */
    unsigned total;
    unsigned near; /* near misses, of each kind */
    unsigned scenes; /* so far */
    uint8_t *slots; /* owned; which are taken by a scene */
};

/* "RULE", "RULE=N", "all", "all=N". False when there is no such rule or number. */
bool violations_want(struct violations *v, const char *text);
/* Puts all scenes at seeded times. */
void violations_start(struct history *h);
void violations_destroy(struct violations *v);

#endif
