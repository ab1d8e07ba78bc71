/* What a rule remembers (verifier/rules/table.h), against a model that is an array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ed25519.h"
#include "verifier/rules/table.h"

#define KEYS 300
#define MORE_MAX 64

static uint64_t state_of_random;

/* xorshift64: the same numbers for the same seed everywhere. */
static uint64_t random_below(uint64_t n)
{
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return state_of_random % n;
}

/* Keys of many lengths, some the beginning of others; one is empty. */
static struct key key_number(unsigned number)
{
    static uint8_t bytes[KEYS];
    static bool made;

    for (unsigned i = 0; !made && i < KEYS; i++)
        bytes[i] = (uint8_t)(i % 7);
    made = true;
    return number < KEYS / 2 ? key_of(span_of(bytes, number))
                             : key_of(span_of(bytes + 1, number - KEYS / 2 + 150));
}

struct entry {
    unsigned key;
    uint64_t number; /* its value */
    uint64_t serial;
    uint8_t more[MORE_MAX];
    size_t more_bytes;
};

/* Entries in the order of adding. */
struct model {
    struct entry entries[KEYS];
    size_t count;
    uint64_t serial; /* the greatest that was ever given */
};

static struct entry *model_find(struct model *m, unsigned key)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i].key == key)
            return &m->entries[i];
    return NULL;
}

static void model_remove(struct model *m, struct entry *e)
{
    size_t behind = m->count - (size_t)(e - m->entries) - 1;

    memmove(e, e + 1, behind * sizeof *e);
    m->count--;
}

static void same(const struct table *t, const struct model *m)
{
    const uint64_t *value = table_next(t, NULL);

    assert_int_equal(table_count(t), m->count);
    for (size_t i = 0; i < m->count; i++, value = table_next(t, value)) {
        const struct entry *e = &m->entries[i];

        assert_non_null(value);
        assert_int_equal(*value, e->number);
        assert_int_equal(table_serial(value), e->serial);
        assert_true(span_eq(table_key(value), key_number(e->key).text));
        assert_true(span_eq(table_more(value), span_of(e->more, e->more_bytes)));
        assert_ptr_equal(table_by_serial(t, e->serial), value);
        assert_ptr_equal(table_find(t, key_number(e->key)), value);
    }
    assert_null(value);
    assert_null(table_by_serial(t, 0));
    assert_null(table_by_serial(t, m->serial + 1));
}

static void step_add(struct table *t, struct model *m, unsigned key)
{
    struct entry *e = model_find(m, key);
    uint64_t *value = table_add(t, key_number(key));

    assert_non_null(value);
    if (e != NULL) {
        assert_int_equal(*value, e->number);
        assert_int_equal(table_serial(value), e->serial);
        return;
    }
    assert_int_equal(*value, 0);
    assert_int_equal(table_more(value).n, 0);
    assert_true(table_serial(value) > m->serial);
    e = &m->entries[m->count++];
    *e = (struct entry){.key = key, .number = random_below(UINT64_MAX)};
    e->serial = m->serial = table_serial(value);
    *value = e->number;
}

static void step_remove(struct table *t, struct model *m, unsigned key)
{
    struct entry *e = model_find(m, key);
    uint64_t *value = table_find(t, key_number(key));

    assert_int_equal(value != NULL, e != NULL);
    if (e == NULL)
        return;
    table_remove(t, value);
    assert_null(table_find(t, key_number(key)));
    assert_null(table_by_serial(t, e->serial));
    model_remove(m, e);
}

static void step_more(struct table *t, struct model *m, unsigned key)
{
    struct entry *e = model_find(m, key);
    uint8_t bytes[MORE_MAX / 2];
    size_t n = (size_t)random_below(sizeof bytes);
    bool append = e != NULL && e->more_bytes + n <= MORE_MAX && random_below(2) == 0;
    uint64_t *value = table_find(t, key_number(key));

    if (e == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)random_below(256);
    if (append) {
        assert_int_equal(table_more_append(t, value, span_of(bytes, n)), 0);
        memcpy(e->more + e->more_bytes, bytes, n);
        e->more_bytes += n;
    } else {
        assert_int_equal(table_more_set(t, value, span_of(bytes, n)), 0);
        memcpy(e->more, bytes, n);
        e->more_bytes = n;
    }
}

/* The same from bytes, in place of it; what it would save is the same to the byte. */
static void step_reload(struct table **t)
{
    struct table *other = table_new(sizeof(uint64_t));
    struct buf saved, again;
    struct cursor in;

    buf_init(&saved, 1 << 24);
    buf_init(&again, 1 << 24);
    table_save(*t, &saved);
    in = cursor_of(buf_view(&saved));
    assert_non_null(table_add(other, key_of(span_str("to be forgotten"))));
    assert_int_equal(table_load(other, &in), 0);
    assert_true(cursor_done(&in));
    table_save(other, &again);
    assert_true(span_eq(buf_view(&saved), buf_view(&again)));
    buf_destroy(&saved);
    buf_destroy(&again);
    table_free(*t);
    *t = other;
}

static void against_a_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct table *t = table_new(sizeof(uint64_t));
        struct model *m = calloc(1, sizeof *m);

        assert_non_null(m);
        print_message("seed %llu\n", (unsigned long long)seed);
        state_of_random = seed * UINT64_C(0x9E3779B97F4A7C15);
        for (int i = 0; i < 4000; i++) {
            /* Times of growing and of shrinking take turns, so that it is empty now and then. */
            unsigned key = (unsigned)random_below(KEYS), what = (unsigned)random_below(100);
            bool growing = i / 500 % 2 == 0;

            if (what < (growing ? 50u : 10u)) {
                step_add(t, m, key);
            } else if (what < 85 && m->count > 0) {
                step_remove(t, m,
                    growing ? key : m->entries[what % 3 == 0 ? 0 : random_below(m->count)].key);
            } else if (what < 97) {
                step_more(t, m, key);
            } else if (what < 99) {
                step_reload(&t);
            } else if (i % 5 == 0) {
                table_clear(t);
                m->count = 0;
            }
            if (i % 16 == 0)
                same(t, m);
        }
        same(t, m);
        table_free(t);
        free(m);
    }
}

/* Values stay where they are, however much is added and removed around them. */
static void values_stay(void **state)
{
    struct table *t = table_new(sizeof(uint64_t));
    uint64_t *kept[10];

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t *value = table_add(t, key_of(span_of(&i, sizeof i)));

        assert_non_null(value);
        *value = i;
        if (i % 1000 == 0)
            kept[i / 1000] = value;
        else if (i % 3 != 0)
            table_remove(t, value);
    }
    for (unsigned i = 0; i < 10; i++) {
        unsigned key = i * 1000;

        assert_int_equal(*kept[i], key);
        assert_ptr_equal(table_find(t, key_of(span_of(&key, sizeof key))), kept[i]);
    }
    table_free(t);
}

/* One that was large and is empty gives its memory back, and goes on with new numbers. */
static void emptied(void **state)
{
    struct table *t = table_new(1);
    size_t before = table_bytes(t), large;
    uint64_t last = 0;

    (void)state;
    for (unsigned i = 0; i < 10000; i++)
        last = table_serial(table_add(t, key_of(span_of(&i, sizeof i))));
    large = table_bytes(t);
    for (void *value = table_next(t, NULL); value != NULL; value = table_next(t, NULL))
        table_remove(t, value);
    assert_int_equal(table_count(t), 0);
    assert_true(large > 500000);
    assert_int_equal(table_bytes(t), before);
    assert_true(table_serial(table_add(t, key_of(span_str("a")))) > last);
    table_clear(t);
    assert_int_equal(table_bytes(t), before);
    assert_true(table_serial(table_add(t, key_of(span_str("a")))) > last + 1);
    assert_int_equal(table_count(t), 1);
    table_free(t);
}

/* Loads damaged bytes: refused, or a table that can be used. */
static void load_damaged(struct span bytes, unsigned *loaded)
{
    struct table *t = table_new(sizeof(uint64_t));
    struct cursor in = cursor_of(bytes);
    int err = table_load(t, &in);
    size_t count = 0;

    assert_true(err == 0 || err == KEIIN_EDAMAGED);
    if (err == 0) {
        uint64_t last = 0;
        void *added;

        for (void *v = NULL; (v = table_next(t, v)) != NULL; count++) {
            assert_ptr_equal(table_find(t, key_of(table_key(v))), v);
            assert_true(table_serial(v) > last);
            last = table_serial(v);
        }
        assert_int_equal(count, table_count(t));
        assert_int_equal(count, be64_get(bytes.p));
        added = table_add(t, key_of(span_str("another")));
        assert_non_null(added);
        assert_true(table_serial(added) > last);
        ++*loaded;
    }
    table_free(t);
}

static void damaged(void **state)
{
    struct table *t = table_new(sizeof(uint64_t));
    unsigned loaded = 0;
    struct buf saved;

    (void)state;
    buf_init(&saved, 1 << 20);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(
            table_more_set(t, table_add(t, key_of(span_of(&"abc"[i], 1))), span_str("more")), 0);
    table_save(t, &saved);
    for (size_t n = 0; n < saved.n; n++)
        load_damaged(span_of(saved.p, n), &loaded);
    assert_int_equal(loaded, 0);
    for (size_t bit = 0; bit < saved.n * 8; bit++) {
        saved.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        load_damaged(buf_view(&saved), &loaded);
        saved.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    /* What stands in values, keys and behind them may differ, and is for the state's hash. */
    assert_in_range(loaded, 1, saved.n * 8 / 2 + 64);
    buf_destroy(&saved);
    table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_a_model),
        cmocka_unit_test(values_stay),
        cmocka_unit_test(emptied),
        cmocka_unit_test(damaged),
    };

    if (crypto_start(NULL) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
