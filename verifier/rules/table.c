#include "verifier/rules/table.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#define SMALL_PLACES 64

/* An entry; its value follows, then its key. */
struct node {
    uint64_t serial;
    uint64_t hash;
    uint8_t *more;
    size_t more_bytes, more_cap;
    uint32_t key_bytes, value_bytes;
    max_align_t value[];
};

/* A place in the order of adding; the node is NULL when it was removed. */
struct place {
    uint64_t serial;
    struct node *node;
};

struct table {
    size_t value_bytes;
    struct place *places;
    size_t place_count, place_cap;
    size_t first; /* no place before it holds a node */
    size_t count; /* of places that hold a node */
    uint64_t serial; /* of the next one */
    uint32_t *slots; /* open addressing: number of a place + 1, or 0 */
    size_t slot_count; /* a power of two, or 0 */
    size_t bytes;
};

/* Agencies choose the keys: with a hash that they can compute they could choose slow ones. */
static const uint8_t *hash_key(void)
{
    static uint8_t key[crypto_shorthash_KEYBYTES];
    static bool made;

    if (!made) {
        randombytes_buf(key, sizeof key);
        made = true;
    }
    return key;
}

struct key key_of(struct span text)
{
    static const uint8_t nothing[1];
    uint8_t hash[crypto_shorthash_BYTES];
    struct key key = {text, 0};

    crypto_shorthash(hash, text.n == 0 ? nothing : text.p, text.n, hash_key());
    memcpy(&key.hash, hash, sizeof key.hash);
    return key;
}

static struct node *node_of(const void *value)
{
    return (struct node *)((uint8_t *)(uintptr_t)value - offsetof(struct node, value));
}

static struct span key_text(const struct node *n)
{
    return span_of((const uint8_t *)n->value + n->value_bytes, n->key_bytes);
}

struct table *table_new(size_t value_bytes)
{
    struct table *t = calloc(1, sizeof *t);

    assert(value_bytes > 0 && value_bytes < UINT32_MAX);
    if (t == NULL)
        return NULL;
    t->value_bytes = value_bytes;
    t->serial = 1;
    return t;
}

static void node_free(struct node *n)
{
    if (n != NULL)
        free(n->more);
    free(n);
}

void table_clear(struct table *t)
{
    size_t value_bytes = t->value_bytes;
    uint64_t serial = t->serial;

    for (size_t i = 0; i < t->place_count; i++)
        node_free(t->places[i].node);
    free(t->places);
    free(t->slots);
    /* What was asked for under an old number must not be found under a new one. */
    *t = (struct table){.value_bytes = value_bytes, .serial = serial};
}

void table_free(struct table *t)
{
    if (t == NULL)
        return;
    table_clear(t);
    free(t);
}

static void slot_put(struct table *t, size_t place)
{
    size_t i = t->places[place].node->hash & (t->slot_count - 1);

    while (t->slots[i] != 0)
        i = (i + 1) & (t->slot_count - 1);
    t->slots[i] = (uint32_t)place + 1;
}

/* Closes the gaps that removal left, and makes room for one more. */
static int make_room(struct table *t)
{
    size_t kept = 0, slots = 16;
    uint32_t *fresh;

    for (size_t i = 0; i < t->place_count; i++)
        if (t->places[i].node != NULL)
            t->places[kept++] = t->places[i];
    t->place_count = kept;
    t->first = 0;
    if (kept * 2 > t->place_cap || t->place_cap < 8) {
        size_t cap = kept < 4 ? 8 : kept * 4;
        struct place *bigger =
            cap > UINT32_MAX / 4 ? NULL : realloc(t->places, cap * sizeof *bigger);

        if (bigger != NULL) {
            t->places = bigger;
            t->place_cap = cap;
        }
    }
    while (slots < t->place_cap * 2)
        slots *= 2;
    fresh = calloc(slots, sizeof *fresh);
    if (fresh != NULL) {
        free(t->slots);
        t->slots = fresh;
        t->slot_count = slots;
    } else {
        memset(t->slots, 0, t->slot_count * sizeof *t->slots);
    }
    for (size_t i = 0; i < kept; i++)
        slot_put(t, i);
    return t->place_count < t->place_cap && t->slot_count >= t->place_cap * 2 ? 0 : KEIIN_ENOMEM;
}

/* The place of a key, or SIZE_MAX. */
static size_t find(const struct table *t, struct key key)
{
    if (t->slot_count == 0)
        return SIZE_MAX;
    for (size_t i = key.hash & (t->slot_count - 1); t->slots[i] != 0;
         i = (i + 1) & (t->slot_count - 1)) {
        const struct node *n = t->places[t->slots[i] - 1].node;

        if (n != NULL && n->hash == key.hash && span_eq(key_text(n), key.text))
            return t->slots[i] - 1;
    }
    return SIZE_MAX;
}

void *table_find(const struct table *t, struct key key)
{
    size_t place = find(t, key);

    return place == SIZE_MAX ? NULL : t->places[place].node->value;
}

void *table_add(struct table *t, struct key key)
{
    size_t place = find(t, key);
    struct node *n;

    if (place != SIZE_MAX)
        return t->places[place].node->value;
    if ((t->place_count == t->place_cap || t->slot_count < t->place_cap * 2) && make_room(t) != 0)
        return NULL;
    n = calloc(1, sizeof *n + t->value_bytes + key.text.n);
    if (n == NULL)
        return NULL;
    n->serial = t->serial++;
    n->hash = key.hash;
    n->key_bytes = (uint32_t)key.text.n;
    n->value_bytes = (uint32_t)t->value_bytes;
    if (key.text.n > 0)
        memcpy((uint8_t *)n->value + n->value_bytes, key.text.p, key.text.n);
    t->places[t->place_count] = (struct place){n->serial, n};
    slot_put(t, t->place_count++);
    t->count++;
    t->bytes += sizeof *n + n->value_bytes + n->key_bytes;
    /* cppcheck-suppress memleak ; the node stands in `places` */
    return n->value;
}

/* The place of a serial number, or the first behind it. */
static size_t place_of(const struct table *t, uint64_t serial)
{
    size_t low = 0, high = t->place_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->places[middle].serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void table_remove(struct table *t, void *value)
{
    struct node *n = node_of(value);
    size_t place = place_of(t, n->serial);

    assert(place < t->place_count && t->places[place].node == n);
    t->places[place].node = NULL;
    t->count--;
    t->bytes -= sizeof *n + n->value_bytes + n->key_bytes + n->more_cap;
    node_free(n);
    while (t->first < t->place_count && t->places[t->first].node == NULL)
        t->first++;
    if (t->count == 0 && t->place_cap > SMALL_PLACES) {
        table_clear(t); /* emptying many slots again and again would take long */
    } else if (t->count == 0) {
        t->place_count = t->first = 0;
        memset(t->slots, 0, t->slot_count * sizeof *t->slots);
    }
}

size_t table_count(const struct table *t)
{
    return t->count;
}

size_t table_bytes(const struct table *t)
{
    return t->bytes + t->place_cap * sizeof *t->places + t->slot_count * sizeof *t->slots;
}

void *table_next(const struct table *t, const void *value)
{
    size_t i = value == NULL ? t->first : place_of(t, node_of(value)->serial) + 1;

    while (i < t->place_count && t->places[i].node == NULL)
        i++;
    return i < t->place_count ? t->places[i].node->value : NULL;
}

struct span table_key(const void *value)
{
    return key_text(node_of(value));
}

uint64_t table_serial(const void *value)
{
    return node_of(value)->serial;
}

void *table_by_serial(const struct table *t, uint64_t serial)
{
    size_t place = place_of(t, serial);

    return place < t->place_count && t->places[place].serial == serial &&
                   t->places[place].node != NULL
               ? t->places[place].node->value
               : NULL;
}

struct span table_more(const void *value)
{
    const struct node *n = node_of(value);

    return span_of(n->more, n->more_bytes);
}

void *table_more_edit(void *value)
{
    return node_of(value)->more;
}

static int more_put(struct table *t, struct node *n, size_t from, struct span bytes)
{
    size_t total = from + bytes.n;

    if (total > n->more_cap) {
        size_t cap = from == 0 ? total : total * 2;
        uint8_t *bigger = total < from ? NULL : realloc(n->more, cap);

        if (bigger == NULL)
            return KEIIN_ENOMEM;
        t->bytes += cap - n->more_cap;
        n->more = bigger;
        n->more_cap = cap;
    }
    if (bytes.n > 0)
        memmove(n->more + from, bytes.p, bytes.n);
    n->more_bytes = total;
    return 0;
}

int table_more_set(struct table *t, void *value, struct span bytes)
{
    return more_put(t, node_of(value), 0, bytes);
}

int table_more_append(struct table *t, void *value, struct span bytes)
{
    return more_put(t, node_of(value), node_of(value)->more_bytes, bytes);
}

/* Saved: count, next serial; for each entry serial, key, value, and what more it has. */
static void put_bytes(struct buf *out, struct span bytes)
{
    buf_put_be32(out, (uint32_t)bytes.n);
    buf_put_span(out, bytes);
}

static void put_be64(struct buf *out, uint64_t v)
{
    buf_put_be32(out, (uint32_t)(v >> 32));
    buf_put_be32(out, (uint32_t)v);
}

void table_save(const struct table *t, struct buf *out)
{
    put_be64(out, t->count);
    put_be64(out, t->serial);
    for (size_t i = 0; i < t->place_count; i++) {
        const struct node *n = t->places[i].node;

        if (n == NULL)
            continue;
        put_be64(out, n->serial);
        put_bytes(out, key_text(n));
        put_bytes(out, span_of(n->value, n->value_bytes));
        put_bytes(out, span_of(n->more, n->more_bytes));
    }
}

static uint64_t get_be64(struct cursor *in)
{
    uint64_t high = cursor_be32(in);

    return high << 32 | cursor_be32(in);
}

static struct span get_bytes(struct cursor *in)
{
    return cursor_take(in, cursor_be32(in));
}

int table_load(struct table *t, struct cursor *in)
{
    uint64_t count = get_be64(in), next = get_be64(in), last = 0;

    table_clear(t);
    for (uint64_t i = 0; i < count && !in->failed; i++) {
        uint64_t serial = get_be64(in);
        struct span key = get_bytes(in), value = get_bytes(in), more = get_bytes(in);
        void *to;

        if (in->failed || value.n != t->value_bytes || serial <= last || serial >= next)
            return KEIIN_EDAMAGED;
        t->serial = last = serial;
        to = table_add(t, key_of(key));
        if (to == NULL)
            return KEIIN_ENOMEM;
        if (t->count != i + 1)
            return KEIIN_EDAMAGED; /* a key twice */
        memcpy(to, value.p, value.n);
        if (table_more_set(t, to, more) != 0)
            return KEIIN_ENOMEM;
    }
    if (in->failed || next == 0)
        return KEIIN_EDAMAGED;
    t->serial = next;
    return 0;
}
