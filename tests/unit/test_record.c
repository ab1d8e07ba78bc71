/*
 * Records: the vocabulary is sorted and complete, each type takes its borders and nothing
 * beyond. The known cases are in test_vectors.c.
 */
#include "core/msgpack.h"
#include "core/record.h"
#include "core/sha256.h"
#include "tests/unit/test.h"

/* A record with one more field, `name`, whose encoded value is `value`. */
static int check_with(const char *name, struct span value, struct record_facts *facts)
{
    static const char *const required[] = {"action", "at", "salt"};
    static const uint8_t salt[SALT_BYTES];
    struct span copy;
    struct buf b;
    bool placed = false, replaces = false;
    int err;

    for (size_t i = 0; i < 3; i++)
        replaces = replaces || strcmp(name, required[i]) == 0;
    buf_init(&b, 300000);
    msgpack_put_map(&b, replaces ? 3 : 4);
    for (size_t i = 0; i <= 3; i++) {
        int order = i == 3 ? 1 : span_cmp(span_str(required[i]), span_str(name));

        if (!placed && order >= 0) {
            msgpack_put_str(&b, span_str(name));
            buf_put_span(&b, value);
            placed = true;
        }
        if (i == 3 || order == 0)
            continue;
        msgpack_put_str(&b, span_str(required[i]));
        if (i == 0)
            msgpack_put_str(&b, span_str("query"));
        else if (i == 1)
            msgpack_put_uint(&b, 5);
        else
            msgpack_put_bin(&b, span_of(salt, sizeof salt));
    }
    assert_int_equal(buf_status(&b), 0);
    copy = span_copy(buf_view(&b));
    err = record_check(copy, facts, NULL);
    span_free(copy);
    buf_destroy(&b);
    return err;
}

enum shape {
    A_STR,
    A_STR_WITH_SPACE,
    A_STR_256,
    A_STR_201,
    A_UINT,
    A_TRUE,
    A_BIN,
    A_BIN16,
    A_BIN32,
    SOME_IDS,
    SOME_NUMBERS,
    A_MAP,
    SHAPES
};

static void put_shape(struct buf *b, enum shape shape)
{
    static const uint8_t bytes[300] = {[0 ... 299] = 'a'};

    switch (shape) {
    case A_STR:
        msgpack_put_str(b, span_str("id"));
        return;
    case A_STR_WITH_SPACE:
        msgpack_put_str(b, span_str("two words"));
        return;
    case A_STR_256:
        msgpack_put_str(b, span_of(bytes, 256));
        return;
    case A_STR_201:
        msgpack_put_str(b, span_of(bytes, 201));
        return;
    case A_UINT:
        msgpack_put_uint(b, 7);
        return;
    case A_TRUE:
        msgpack_put_true(b);
        return;
    case A_BIN:
        msgpack_put_bin(b, span_of(bytes, 3));
        return;
    case A_BIN16:
        msgpack_put_bin(b, span_of(bytes, 16));
        return;
    case A_BIN32:
        msgpack_put_bin(b, span_of(bytes, 32));
        return;
    case SOME_IDS:
        msgpack_put_array(b, 2);
        msgpack_put_str(b, span_str("a"));
        msgpack_put_str(b, span_str("b"));
        return;
    case SOME_NUMBERS:
        msgpack_put_array(b, 1);
        msgpack_put_uint(b, 1);
        return;
    default:
        msgpack_put_map(b, 1);
        msgpack_put_str(b, span_str("k"));
        msgpack_put_uint(b, 1);
    }
}

static bool takes(enum field_type type, enum shape shape)
{
    bool bin = shape == A_BIN || shape == A_BIN16 || shape == A_BIN32;

    switch (type) {
    case FIELD_ID:
        return shape == A_STR || shape == A_STR_201;
    case FIELD_TEXT:
        return shape == A_STR || shape == A_STR_WITH_SPACE;
    case FIELD_UINT:
    case FIELD_TIME:
        return shape == A_UINT;
    case FIELD_TRUE:
        return shape == A_TRUE;
    case FIELD_BIN:
        return bin;
    case FIELD_BIN16:
        return shape == A_BIN16;
    case FIELD_BIN32:
        return shape == A_BIN32;
    case FIELD_IDS:
        return shape == SOME_IDS;
    case FIELD_EXTENSION:
        return true;
    }
    return false;
}

static void test_every_field_with_every_shape(void **state)
{
    (void)state;
    for (size_t f = 0; f < record_field_count; f++)
        for (int shape = 0; shape < SHAPES; shape++) {
            struct buf b;

            buf_init(&b, 1000);
            put_shape(&b, (enum shape)shape);
            if ((check_with(record_fields[f].name, buf_view(&b), NULL) == 0) !=
                takes(record_fields[f].type, (enum shape)shape))
                fail_msg("field %s, shape %d", record_fields[f].name, shape);
            buf_destroy(&b);
        }
    for (int shape = 0; shape < SHAPES; shape++) {
        struct buf b;

        buf_init(&b, 1000);
        put_shape(&b, (enum shape)shape);
        assert_int_equal(check_with("x-mine", buf_view(&b), NULL), 0);
        assert_int_equal(check_with("mine", buf_view(&b), NULL), KEIIN_EMALFORMED);
        assert_int_equal(check_with("x", buf_view(&b), NULL), KEIIN_EMALFORMED);
        assert_int_equal(check_with("X-mine", buf_view(&b), NULL), KEIIN_EMALFORMED);
        buf_destroy(&b);
    }
}

static void test_fields_are_sorted_and_found(void **state)
{
    enum field_type type;

    (void)state;
    for (size_t f = 0; f < record_field_count; f++) {
        if (f > 0)
            assert_true(strcmp(record_fields[f - 1].name, record_fields[f].name) < 0);
        assert_true(record_field_type(span_str(record_fields[f].name), &type));
        assert_int_equal(type, record_fields[f].type);
    }
    assert_false(record_field_type(span_str("acto"), &type));
    assert_false(record_field_type(span_str("actors"), &type));
    assert_false(record_field_type(span_of(NULL, 0), &type));
}

/* doc/vocabulary.md is what people read: it names every field. */
static void test_vocabulary_is_documented(void **state)
{
    struct span doc = test_file("doc/vocabulary.md");

    (void)state;
    for (size_t f = 0; f < record_field_count; f++) {
        char name[64];
        size_t n = (size_t)snprintf(name, sizeof name, "`%s`", record_fields[f].name);

        if (memmem(doc.p, doc.n, name, n) == NULL)
            fail_msg("doc/vocabulary.md does not name %s", name);
    }
    span_free(doc);
}

static void test_longest_record(void **state)
{
    static uint8_t bytes[RECORD_BYTES_MAX];
    struct record_facts facts;
    struct buf b;

    (void)state;
    for (int over = 0; over < 2; over++) {
        /* 1 map, 13 action, 4 at, 23 salt, 8 and 3 for the key and header of x-large. */
        size_t n = RECORD_BYTES_MAX - 52 + (size_t)over;

        buf_init(&b, 2 * RECORD_BYTES_MAX);
        msgpack_put_bin(&b, span_of(bytes, n));
        assert_int_equal(check_with("x-large", buf_view(&b), &facts), over ? KEIIN_EMALFORMED : 0);
        buf_destroy(&b);
    }
}

static void test_facts(void **state)
{
    struct record_facts facts;
    struct hash h;
    struct buf b;

    (void)state;
    memset(&h, 0x5a, sizeof h);
    buf_init(&b, 100);
    msgpack_put_bin(&b, span_hash(&h));
    assert_int_equal(check_with("sealed", buf_view(&b), &facts), 0);
    assert_true(facts.has_sealed);
    assert_true(hash_eq(&facts.sealed, &h));
    assert_true(facts.at == 5);
    assert_int_equal(facts.action.n, 5);
    assert_int_equal(facts.records.n, 0);
    buf_destroy(&b);
}

/* A record with the digest of a sealed part, or without; appended to b. */
static void put_record(struct buf *b, const struct hash *sealed)
{
    static const uint8_t salt[SALT_BYTES];

    msgpack_put_map(b, sealed == NULL ? 3 : 4);
    msgpack_put_str(b, span_str("action"));
    msgpack_put_str(b, span_str("query"));
    msgpack_put_str(b, span_str("at"));
    msgpack_put_uint(b, 5);
    msgpack_put_str(b, span_str("salt"));
    msgpack_put_bin(b, span_of(salt, sizeof salt));
    if (sealed == NULL)
        return;
    msgpack_put_str(b, span_str("sealed"));
    msgpack_put_bin(b, span_hash(sealed));
}

/* By its digest, its form and its sealed part, each alone. */
static void test_what_fits_a_digest(void **state)
{
    struct span part = span_str("for two alone"), nothing = span_of(NULL, 0);
    struct hash digest, sealed;
    struct buf plain, with;

    (void)state;
    buf_init(&plain, 1000);
    buf_init(&with, 1000);
    sha256(&sealed, part);
    put_record(&plain, NULL);
    put_record(&with, &sealed);

    sha256(&digest, buf_view(&plain));
    assert_true(record_fits(&digest, buf_view(&plain), nothing));
    assert_false(record_fits(&digest, buf_view(&plain), part));
    assert_false(record_fits(&digest, buf_view(&with), nothing));

    sha256(&digest, buf_view(&with));
    assert_true(record_fits(&digest, buf_view(&with), part));
    assert_true(record_fits(&digest, buf_view(&with), nothing)); /* erased, or kept back */
    assert_false(record_fits(&digest, buf_view(&with), span_str("for two alone.")));

    buf_put_u8(&plain, 0); /* its digest is right, and it is no record */
    sha256(&digest, buf_view(&plain));
    assert_false(record_fits(&digest, buf_view(&plain), nothing));
    buf_destroy(&plain);
    buf_destroy(&with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_sorted_and_found),
        cmocka_unit_test(test_vocabulary_is_documented),
        cmocka_unit_test(test_every_field_with_every_shape),
        cmocka_unit_test(test_longest_record),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_what_fits_a_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
