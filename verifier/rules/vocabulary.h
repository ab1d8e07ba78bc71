/*
 * What the ids of the vocabulary (doc/vocabulary.md) are called by people. Records hold the ids;
 * an id that an agency made up has no name. Static; any thread.
 */
#ifndef KEIIN_VERIFIER_RULES_VOCABULARY_H
#define KEIIN_VERIFIER_RULES_VOCABULARY_H

#include "core/bytes.h"
#include "core/language.h"

/* NULL where there is none. */
const struct said *vocabulary_action(struct span id);
const struct said *vocabulary_recipient_kind(struct span id);
const struct said *vocabulary_outcome(struct span id);
const struct said *vocabulary_decision(struct span id);

#endif
