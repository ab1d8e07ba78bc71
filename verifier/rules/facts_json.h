/*
 * The facts of findings as JSON, and back: an object with a member a fact. A text is a string, and
 * left out when nothing stood there; times, durations and numbers are integers, or, from 2^63 on,
 * their digits as a string, but null is a time without end; words are a list of the English ones.
 * What is read back may come from anybody. One thread.
 */
#ifndef KEIIN_VERIFIER_RULES_FACTS_JSON_H
#define KEIIN_VERIFIER_RULES_FACTS_JSON_H

#include <jansson.h>

#include "verifier/rules/rules.h"

/* A new object; NULL when there is no memory. */
json_t *facts_json_of(const struct rules_finding *f);

/* The rule's own facts and the usual ones. */
#define FACTS_JSON_MAX (RULE_FACTS_MAX + 8)
/*
 * The facts that are there, and every text that the rule may name, empty when it is not; members
 * of other names are passed over. Texts are borrowed from the JSON. KEIIN_EMALFORMED when it is no
 * object, or one of them is of another type.
 */
int facts_json_read(const json_t *facts, const struct rule *rule,
    struct rule_fact out[static FACTS_JSON_MAX], size_t *count) KEIIN_MUST_USE;

/*
 * The sentence of a finding as `rules --json` writes it, by its rule, said and facts. `w` as at
 * rules_finding_sentence. KEIIN_EMALFORMED when these are not there, or do not make a sentence;
 * then nothing was put.
 */
int facts_json_sentence(
    struct buf *out, const json_t *finding, const struct wording *w) KEIIN_MUST_USE;

#endif
