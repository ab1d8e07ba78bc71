#include "ledger/book.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/chain.h"
#include "core/sha256.h"
#include "core/text.h"

#define NOBODY UINT32_MAX

struct book {
    atomic_uint references;
    struct book_writer *writers;
    size_t writer_count;
    struct book_key *keys;
    size_t key_count, key_room;
    uint32_t *key_slots, *name_slots; /* open addressing; NOBODY is empty */
    size_t slot_mask; /* of both */
    uint8_t **names; /* what the writers' names point to */
};

static size_t slot_of(const struct book *book, const struct hash *hash)
{
    return (size_t)be64_get(hash->b) & book->slot_mask;
}

static struct book *book_new(size_t room)
{
    struct book *book = calloc(1, sizeof *book);
    size_t slots = 16;

    if (book == NULL)
        return NULL;
    while (slots < 2 * room)
        slots *= 2;
    atomic_init(&book->references, 1);
    book->slot_mask = slots - 1;
    book->key_room = room;
    book->writers = calloc(room + 1, sizeof *book->writers);
    book->keys = calloc(room + 1, sizeof *book->keys);
    book->names = calloc(room + 1, sizeof *book->names);
    book->key_slots = malloc(slots * sizeof *book->key_slots);
    book->name_slots = malloc(slots * sizeof *book->name_slots);
    if (book->writers == NULL || book->keys == NULL || book->names == NULL ||
        book->key_slots == NULL || book->name_slots == NULL) {
        book_release(book);
        return NULL;
    }
    memset(book->key_slots, 0xff, slots * sizeof *book->key_slots);
    memset(book->name_slots, 0xff, slots * sizeof *book->name_slots);
    return book;
}

struct book *book_hold(struct book *book)
{
    atomic_fetch_add_explicit(&book->references, 1, memory_order_relaxed);
    return book;
}

void book_release(struct book *book)
{
    if (book == NULL || atomic_fetch_sub_explicit(&book->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < book->writer_count; i++)
        free(book->names[i]);
    free(book->names);
    free(book->writers);
    free(book->keys);
    free(book->key_slots);
    free(book->name_slots);
    free(book);
}

int book_find_name(const struct book *book, const struct hash *name_hash, uint32_t *writer)
{
    for (size_t slot = slot_of(book, name_hash); book->name_slots[slot] != NOBODY;
         slot = (slot + 1) & book->slot_mask)
        if (hash_eq(&book->writers[book->name_slots[slot]].name_hash, name_hash)) {
            *writer = book->name_slots[slot];
            return 0;
        }
    return KEIIN_EABSENT;
}

static int add_name(
    struct book *book, struct span name, const struct hash *ledger_id, uint32_t *number)
{
    struct book_writer *w = &book->writers[book->writer_count];
    struct hash name_hash;
    size_t slot;
    uint8_t *copy;

    sha256(&name_hash, name);
    if (book_find_name(book, &name_hash, number) == 0)
        return 0;
    copy = malloc(name.n + 1);
    if (copy == NULL)
        return KEIIN_ENOMEM;
    memcpy(copy, name.p, name.n);
    copy[name.n] = 0;
    book->names[book->writer_count] = copy;
    w->name = span_of(copy, name.n);
    w->name_hash = name_hash;
    chain_start(&w->start, ledger_id, w->name);
    *number = (uint32_t)book->writer_count++;
    for (slot = slot_of(book, &name_hash); book->name_slots[slot] != NOBODY;)
        slot = (slot + 1) & book->slot_mask;
    book->name_slots[slot] = *number;
    return 0;
}

/* The entry for this key and name, made when it is not there. */
static int add_key(struct book *book, const struct hash *key_hash, const uint8_t *key,
    struct span name, const struct hash *ledger_id, struct book_key **out)
{
    uint32_t writer;
    size_t slot;
    int err;

    assert(book->key_count < book->key_room);
    err = add_name(book, name, ledger_id, &writer);
    if (err != 0)
        return err;
    for (slot = slot_of(book, key_hash); book->key_slots[slot] != NOBODY;
         slot = (slot + 1) & book->slot_mask) {
        *out = &book->keys[book->key_slots[slot]];
        if ((*out)->writer == writer && hash_eq(&(*out)->key_hash, key_hash))
            return 0;
    }
    book->key_slots[slot] = (uint32_t)book->key_count;
    *out = &book->keys[book->key_count++];
    (*out)->key_hash = *key_hash;
    (*out)->writer = writer;
    memcpy((*out)->key, key, ED25519_KEY_BYTES);
    return 0;
}

const struct book_key *book_find_key(
    const struct book *book, const struct hash *key_hash, const struct book_key *after)
{
    bool pass = after != NULL;

    for (size_t slot = slot_of(book, key_hash); book->key_slots[slot] != NOBODY;
         slot = (slot + 1) & book->slot_mask) {
        const struct book_key *key = &book->keys[book->key_slots[slot]];

        if (!hash_eq(&key->key_hash, key_hash))
            continue;
        if (!pass)
            return key;
        pass = key != after;
    }
    return NULL;
}

size_t book_key_count(const struct book *book)
{
    return book->key_count;
}

const struct book_key *book_key_at(const struct book *book, size_t i)
{
    assert(i < book->key_count);
    return &book->keys[i];
}

size_t book_writer_count(const struct book *book)
{
    return book->writer_count;
}

const struct book_writer *book_writer(const struct book *book, uint32_t writer)
{
    assert(writer < book->writer_count);
    return &book->writers[writer];
}

/* What the roster in force says; the book has room for its writers. */
static int judge(struct book *book, const struct roster *roster, const struct hash *ledger_id)
{
    struct book_key *key = NULL;
    int err = 0;

    for (size_t i = 0; i < roster->writer_count && err == 0; i++) {
        const struct roster_writer *w = &roster->writers[i];

        err = add_key(book, &w->key.key_hash, w->key.key, w->key.name, ledger_id, &key);
        if (err != 0)
            return err;
        key->listed = true;
        key->role = w->role;
        book->writers[key->writer].privileged =
            w->role == ROLE_COMMITTEE || w->role == ROLE_OPERATOR;
    }
    return err;
}

int book_next(const struct book *before, const struct roster *roster, const struct hash *ledger_id,
    struct book **out)
{
    size_t old_keys = before == NULL ? 0 : before->key_count;
    size_t old_writers = before == NULL ? 0 : before->writer_count;
    struct book *book = book_new(old_keys + roster->writer_count);
    struct book_key *key = NULL;
    uint32_t number;
    int err = book == NULL ? KEIIN_ENOMEM : 0;

    for (size_t i = 0; i < old_writers && err == 0; i++)
        err = add_name(book, before->writers[i].name, ledger_id, &number);
    for (size_t i = 0; i < old_keys && err == 0; i++)
        err = add_key(book, &before->keys[i].key_hash, before->keys[i].key,
            before->writers[before->keys[i].writer].name, ledger_id, &key);
    if (err == 0)
        err = judge(book, roster, ledger_id);
    if (err != 0) {
        book_release(book);
        book = NULL;
    }
    *out = book;
    return err;
}

struct loading {
    struct book *book;
    const struct hash *ledger_id;
};

static int see_count(void *ctx, struct span key, struct span value)
{
    (void)key;
    (void)value;
    (*(size_t *)ctx)++;
    return 0;
}

static int see_key(void *ctx, struct span row, struct span value)
{
    struct loading *l = ctx;
    struct hash key_hash, name_hash, expected;
    struct book_key *key = NULL;
    uint8_t typed[1 + ED25519_KEY_BYTES] = {KEY_ED25519};
    struct span name;

    if (row.n != 2 * HASH_BYTES || value.n <= ED25519_KEY_BYTES)
        return KEIIN_EDAMAGED;
    memcpy(key_hash.b, row.p, HASH_BYTES);
    memcpy(name_hash.b, row.p + HASH_BYTES, HASH_BYTES);
    memcpy(typed + 1, value.p, ED25519_KEY_BYTES);
    name = span_of(value.p + ED25519_KEY_BYTES, value.n - ED25519_KEY_BYTES);
    sha256(&expected, span_of(typed, sizeof typed));
    if (!hash_eq(&expected, &key_hash) || !name_valid(name))
        return KEIIN_EDAMAGED;
    sha256(&expected, name);
    if (!hash_eq(&expected, &name_hash))
        return KEIIN_EDAMAGED;
    return add_key(l->book, &key_hash, value.p, name, l->ledger_id, &key);
}

int book_load(const struct store_txn *txn, const struct roster *roster,
    const struct hash *ledger_id, struct book **out)
{
    struct loading l = {NULL, ledger_id};
    size_t count = 0;
    int err = store_walk(txn, TABLE_KEYS, span_of(NULL, 0), see_count, &count);

    if (err == 0) {
        l.book = book_new(count + roster->writer_count);
        err = l.book == NULL ? KEIIN_ENOMEM : 0;
    }
    if (err == 0)
        err = store_walk(txn, TABLE_KEYS, span_of(NULL, 0), see_key, &l);
    if (err == 0)
        err = judge(l.book, roster, ledger_id);
    if (err == 0 && l.book->key_count != count)
        err = KEIIN_EDAMAGED; /* the roster lists what was never stored */
    if (err != 0) {
        book_release(l.book);
        l.book = NULL;
    }
    *out = l.book;
    return err;
}

int book_put(const struct store_txn *txn, const struct roster *roster)
{
    uint8_t row[2 * HASH_BYTES], value[ED25519_KEY_BYTES + NAME_BYTES_MAX];
    struct hash name_hash;
    int err = 0;

    for (size_t i = 0; i < roster->writer_count && err == 0; i++) {
        const struct vkey *key = &roster->writers[i].key;

        sha256(&name_hash, key->name);
        memcpy(row, key->key_hash.b, HASH_BYTES);
        memcpy(row + HASH_BYTES, name_hash.b, HASH_BYTES);
        memcpy(value, key->key, ED25519_KEY_BYTES);
        memcpy(value + ED25519_KEY_BYTES, key->name.p, key->name.n);
        err = store_put(txn, TABLE_KEYS, span_of(row, sizeof row),
            span_of(value, ED25519_KEY_BYTES + key->name.n), 0);
    }
    return err;
}
