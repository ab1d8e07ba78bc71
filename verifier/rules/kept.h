/*
 * What several rules keep behind an entry of a table (table_more): texts that a finding of later
 * will name, or times. One thread.
 */
#ifndef KEIIN_VERIFIER_RULES_KEPT_H
#define KEIIN_VERIFIER_RULES_KEPT_H

#include "verifier/rules/rule.h"

#define KEPT_TEXTS_MAX 8

/* A record's address as a key; borrows `bytes`. */
#define KEPT_ADDRESS_BYTES 12
struct key kept_address_key(
    uint8_t bytes[static KEPT_ADDRESS_BYTES], const struct rules_address *address);

/* Texts of at most 255 bytes, at most KEPT_TEXTS_MAX; KEIIN_ENOMEM. */
int kept_texts_set(
    struct table *t, void *value, const struct span *texts, size_t count) KEIIN_MUST_USE;
/* Text number `number` of them, borrowed. */
struct span kept_text(const void *value, size_t number);

/*
 * Times, the earliest first; one that is earlier than the last counts as the last. Adding may
 * forget those before from_ms. KEIIN_ENOMEM.
 */
int kept_time_add(struct table *t, void *value, uint64_t ms, uint64_t from_ms) KEIIN_MUST_USE;
/* Whether there is one from from_ms to to_ms, both included. */
bool kept_time_within(const void *value, uint64_t from_ms, uint64_t to_ms);
/* The last one; 0 when there is none. */
uint64_t kept_time_last(const void *value);
/*
 * When a rule is woken for such times, each kept for kept_ms: wakes it again for the last one, or
 * removes the entry when that is over. KEIIN_ENOMEM.
 */
int kept_times_due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms,
    uint64_t kept_ms) KEIIN_MUST_USE;

#endif
