/*
 * What a rule remembers: a table of entries in the order in which they were added, found by key.
 * All state of the rules stands in such tables, so that one piece of code saves and loads it. One
 * thread. Values start zeroed, hold no pointers, and stay where they are until removed.
 */
#ifndef KEIIN_VERIFIER_RULES_TABLE_H
#define KEIIN_VERIFIER_RULES_TABLE_H

#include "core/bytes.h"

/* A key and its hash, computed once. Borrowed. */
struct key {
    struct span text;
    uint64_t hash;
};
struct key key_of(struct span text);

struct table;

/* Of values of `value_bytes` each. NULL without memory. */
struct table *table_new(size_t value_bytes);
void table_free(struct table *t);

/* The value of a key, or NULL. */
void *table_find(const struct table *t, struct key key);
/* The same, added when it was not there; NULL without memory. The key is copied. */
void *table_add(struct table *t, struct key key);
void table_remove(struct table *t, void *value);
void table_clear(struct table *t);
size_t table_count(const struct table *t);
/* Memory that it holds. */
size_t table_bytes(const struct table *t);

/* In the order of adding: the first (value NULL), and the one behind `value`; NULL at the end. */
void *table_next(const struct table *t, const void *value);

struct span table_key(const void *value);
/* A number that no other entry of this table ever has, not even after table_clear; entries that are
 * added later have greater ones. */
uint64_t table_serial(const void *value);
void *table_by_serial(const struct table *t, uint64_t serial);

/* Bytes of any length that belong to an entry; empty at first. KEIIN_ENOMEM leaves them as they were. */
struct span table_more(const void *value);
/* The same, to change them in place. */
void *table_more_edit(void *value);
int table_more_set(struct table *t, void *value, struct span bytes) KEIIN_MUST_USE;
int table_more_append(struct table *t, void *value, struct span bytes) KEIIN_MUST_USE;

/* To and from bytes. Loading takes only what saving wrote: else KEIIN_EDAMAGED; KEIIN_ENOMEM. */
void table_save(const struct table *t, struct buf *out);
int table_load(struct table *t, struct cursor *in) KEIIN_MUST_USE;

#endif
