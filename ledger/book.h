/*
 * The book: every writer's name and key that any roster so far listed, and what the
 * roster in force says of them. Immutable once made, counted references, any thread.
 * A writer's number is its place in the book and stays the same in every later one.
 */
#ifndef KEIIN_LEDGER_BOOK_H
#define KEIIN_LEDGER_BOOK_H

#include "core/roster.h"
#include "ledger/tables.h"

struct book_writer {
    struct span name;
    struct hash name_hash; /* H(name) */
    struct hash start; /* head(0) */
    bool privileged; /* listed now as committee or operator */
};

/* One key of one name; a key that went from one name to another has several. */
struct book_key {
    struct hash key_hash; /* H(type || key) */
    uint8_t key[ED25519_KEY_BYTES];
    uint32_t writer; /* number */
    bool listed; /* in the roster in force, for this name */
    enum role role; /* there */
};

struct book;

/*
 * The book of the keys in the store, judged by the roster in force. `txn` may be the one
 * that has just stored that roster. KEIIN_ENOMEM, KEIIN_EDAMAGED.
 */
int book_load(const struct store_txn *txn, const struct roster *roster,
    const struct hash *ledger_id, struct book **out) KEIIN_MUST_USE;
/* The book after a new roster, from the one before it (NULL: none). KEIIN_ENOMEM. */
int book_next(const struct book *before, const struct roster *roster, const struct hash *ledger_id,
    struct book **out) KEIIN_MUST_USE;
/* Stores every pair of key and name of a roster. */
int book_put(const struct store_txn *txn, const struct roster *roster) KEIIN_MUST_USE;

struct book *book_hold(struct book *book);
void book_release(struct book *book); /* NULL is fine */

/* The first entry of a key, or the one after `after`; NULL when there is no more. */
const struct book_key *book_find_key(
    const struct book *book, const struct hash *key_hash, const struct book_key *after);
/* KEIIN_EABSENT when no roster ever listed a name of that hash. */
int book_find_name(
    const struct book *book, const struct hash *name_hash, uint32_t *writer) KEIIN_MUST_USE;
/* All keys, 0 to book_key_count - 1, in no order. */
size_t book_key_count(const struct book *book);
const struct book_key *book_key_at(const struct book *book, size_t i);
size_t book_writer_count(const struct book *book);
const struct book_writer *book_writer(const struct book *book, uint32_t writer);

#endif
