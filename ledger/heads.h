/*
 * Where each writer's chain ends, and the way back along it. The sequencer owns the heads
 * in memory; the tables are written in its transaction.
 *
 * Every entry has a link: the entry before it of the same writer, and one further back
 * (a jump), chosen as in a skew-binary list, so that the entry which holds an old number
 * is found in about 2 log2(n) steps, while a commit only ever appends links.
 */
#ifndef KEIIN_LEDGER_HEADS_H
#define KEIIN_LEDGER_HEADS_H

#include "ledger/book.h"

struct link {
    uint64_t parent; /* entry index; its own for a writer's first entry */
    uint64_t jump;
    uint64_t depth; /* entries of the writer before this one */
    uint64_t number; /* of the entry's first record */
};

struct head {
    uint64_t number; /* of the last record; 0: silent */
    struct hash hash;
    uint64_t index; /* of the last entry; nothing while silent */
    struct link link; /* of that entry */
    bool changed; /* since the last heads_put */
};

struct heads {
    struct head *of; /* by writer number */
    size_t count;
    uint32_t *changed; /* numbers, `changed_count` of them */
    size_t changed_count;
};

/* All heads of the store, and head(0) for who is silent. KEIIN_ENOMEM, KEIIN_EDAMAGED. */
int heads_load(
    struct heads *heads, const struct store_txn *txn, const struct book *book) KEIIN_MUST_USE;
/* Room for writers that a new book has. KEIIN_ENOMEM. */
int heads_grow(struct heads *heads, const struct book *book) KEIIN_MUST_USE;
void heads_destroy(struct heads *heads);

/* A writer's next entry: stores its link, moves the head in memory. */
int heads_extend(struct heads *heads, const struct store_txn *txn, uint32_t writer, uint64_t index,
    uint64_t number, uint64_t last_number, const struct hash *after) KEIIN_MUST_USE;
/* Stores the heads that moved since, in order of their keys. */
int heads_put(
    struct heads *heads, const struct store_txn *txn, const struct book *book) KEIIN_MUST_USE;

/* One head as it is stored; KEIIN_EABSENT when the writer is silent. */
int heads_get(
    const struct store_txn *txn, const struct hash *name_hash, struct head *out) KEIIN_MUST_USE;
/*
 * The entry that holds record `number` (1 to head->number) of the chain that ends in
 * `head`. KEIIN_EDAMAGED.
 */
int heads_find(const struct store_txn *txn, const struct head *head, uint64_t number,
    uint64_t *index) KEIIN_MUST_USE;
int heads_link(const struct store_txn *txn, uint64_t index, struct link *out) KEIIN_MUST_USE;

#endif
