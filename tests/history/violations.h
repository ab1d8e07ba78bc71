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

#define VIOLATIONS_KINDS_MAX 8

struct history;

/* One way to break a rule. */
struct violation {
    const char *kind; /* a few words, for the answer file */
    /* Puts the scene, which begins at `when_ms`; the kind is the answer's. */
    void (*seed)(struct history *h, uint64_t when_ms, const char *kind);
};

/* A rule, and all ways to break it. */
struct violation_rule {
    const char *rule;
    uint64_t needs_ms; /* from the beginning of a scene until the finding can be made */
    struct violation kinds[VIOLATIONS_KINDS_MAX];
};

/* How many of which rule are wanted; by the rule's place in the table. */
struct violations {
    unsigned wanted[32];
    unsigned total;
    uint8_t *slots; /* owned; which hours are taken by a scene */
};

/* "RULE", "RULE=N", "all", "all=N". False when there is no such rule or number. */
bool violations_want(struct violations *v, const char *text);
/* Puts all scenes at seeded times. */
void violations_start(struct history *h);
void violations_destroy(struct violations *v);

#endif
