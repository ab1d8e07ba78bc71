/* Entries: written and read back at their limits, and every malformed shape of section 5. */
#include "core/entry.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "tests/unit/test.h"

static struct hash digests[ENTRY_DIGESTS_MAX + 1];

static struct entry example(enum entry_kind kind, size_t count)
{
    static const uint8_t signature[ED25519_SIGNATURE_BYTES] = {9};
    struct entry e = {0};

    e.kind = kind;
    e.received = 1790847000123;
    memset(&e.prev, 1, sizeof e.prev);
    memset(&e.key, 2, sizeof e.key);
    e.number = 42;
    memset(&e.before, 3, sizeof e.before);
    e.digest_count = count;
    e.signature = span_of(signature, sizeof signature);
    for (size_t i = 0; i < count; i++)
        be64_put(digests[i].b, i);
    return e;
}

static int parse_copy(const struct buf *b, struct entry *out)
{
    struct span copy = span_copy(buf_view(b));
    int err = entry_parse(copy, out);

    span_free(copy);
    return err;
}

static void test_round_trip(void **state)
{
    static const size_t counts[] = {1, 15, 16, 255, 256, ENTRY_DIGESTS_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct entry e = example(ENTRY_RECORDS, counts[i]), back;
        static struct hash read[ENTRY_DIGESTS_MAX];
        struct buf b;

        buf_init(&b, ENTRY_BYTES_MAX);
        entry_write(&b, &e, digests);
        assert_int_equal(buf_status(&b), 0);
        assert_int_equal(entry_parse(buf_view(&b), &back), 0);
        assert_int_equal(back.kind, ENTRY_RECORDS);
        assert_true(back.received == e.received && back.number == 42);
        assert_true(hash_eq(&back.prev, &e.prev) && hash_eq(&back.key, &e.key));
        assert_true(hash_eq(&back.before, &e.before));
        assert_int_equal(back.digest_count, counts[i]);
        entry_digests(&back, read);
        assert_memory_equal(read, digests, counts[i] * HASH_BYTES);
        test_assert_span(back.signature, e.signature);
        assert_true(entry_last_number(&back) == 42 + counts[i] - 1);
        buf_destroy(&b);
    }
}

static void test_limits(void **state)
{
    struct entry e = example(ENTRY_RECORDS, ENTRY_DIGESTS_MAX + 1), back;
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    entry_write(&b, &e, digests);
    assert_int_equal(parse_copy(&b, &back), KEIIN_EMALFORMED);

    e = example(ENTRY_RECORDS, 0);
    buf_clear(&b);
    entry_write(&b, &e, digests);
    assert_int_equal(parse_copy(&b, &back), KEIIN_EMALFORMED);

    e = example(ENTRY_ROSTER, 2);
    buf_clear(&b);
    entry_write(&b, &e, digests);
    assert_int_equal(parse_copy(&b, &back), KEIIN_EMALFORMED);
    e.digest_count = 1;
    buf_clear(&b);
    entry_write(&b, &e, digests);
    assert_int_equal(parse_copy(&b, &back), 0);

    e = example((enum entry_kind)3, 1);
    buf_clear(&b);
    entry_write(&b, &e, digests);
    assert_int_equal(parse_copy(&b, &back), KEIIN_EMALFORMED);

    e = example(ENTRY_RECORDS, 1);
    buf_clear(&b);
    entry_write(&b, &e, digests);
    assert_int_equal(parse_copy(&b, &back), 0);
    buf_put_u8(&b, 0); /* nothing stands after an entry */
    assert_int_equal(parse_copy(&b, &back), KEIIN_EMALFORMED);

    assert_int_equal(entry_parse(span_of(NULL, 0), &back), KEIIN_EMALFORMED);
    buf_destroy(&b);
}

static void test_numbers(void **state)
{
    static const struct {
        uint64_t number;
        size_t count;
        int err;
    } cases[] = {{0, 1, KEIIN_EMALFORMED}, {1, 1, 0}, {UINT_MAX_CANONICAL, 1, 0},
        {UINT_MAX_CANONICAL, 2, KEIIN_EMALFORMED}, {UINT_MAX_CANONICAL - 1, 2, 0},
        {UINT_MAX_CANONICAL + 1, 1, KEIIN_EMALFORMED}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct entry e = example(ENTRY_RECORDS, cases[i].count), back;
        struct buf b;

        e.number = cases[i].number;
        buf_init(&b, 10000);
        entry_write(&b, &e, digests);
        assert_int_equal(parse_copy(&b, &back), cases[i].err);
        buf_destroy(&b);
    }
}

/* The signature has no length of its own: an entry of exactly the most bytes, and one more. */
static void test_longest_entry(void **state)
{
    static uint8_t signature[ENTRY_BYTES_MAX];

    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct entry e = example(ENTRY_RECORDS, 1), back;
        struct buf b;

        buf_init(&b, 1 << 20);
        e.signature = span_of(signature, 1000);
        entry_write(&b, &e, digests);
        e.signature = span_of(signature, 1000 + ENTRY_BYTES_MAX - b.n + over);
        buf_clear(&b);
        entry_write(&b, &e, digests);
        assert_int_equal(b.n, ENTRY_BYTES_MAX + over);
        assert_int_equal(parse_copy(&b, &back), over ? KEIIN_EMALFORMED : 0);
        buf_destroy(&b);
    }
}

static void test_every_cut_and_every_bit(void **state)
{
    struct entry e = example(ENTRY_RECORDS, 2), back;
    struct hash leaf, other;
    struct buf b;

    (void)state;
    buf_init(&b, 10000);
    entry_write(&b, &e, digests);
    sha256_leaf(&leaf, buf_view(&b));
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(entry_parse(span_of(b.p, n), &back), KEIIN_EMALFORMED);
    for (size_t bit = 0; bit < 8 * b.n; bit++) {
        struct span changed = span_copy(buf_view(&b));

        ((uint8_t *)(uintptr_t)changed.p)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (entry_parse(changed, &back) == 0) { /* then it is another entry, with another leaf */
            sha256_leaf(&other, changed);
            assert_false(hash_eq(&leaf, &other));
        }
        span_free(changed);
    }
    buf_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_longest_entry),
        cmocka_unit_test(test_every_cut_and_every_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
