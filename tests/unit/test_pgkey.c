/* Two accounts of one statement are held equal exactly when they say the same. */
#include "auditlog/pgkey.h"

#include "core/compose.h"
#include "tests/unit/test.h"

/* What a record says; a field of NULL is left out. */
struct account {
    const char *action, *id, *outcome, *dataset, *actor, *unit, *authority, *purpose, *role, *more;
    uint64_t at, count, statement; /* 0: left out */
    uint8_t salt;
};

static const struct account usual = {"query", "6b02432b.1a72.17", "success", "public.flow", "p-1",
    "u-1", "A-17", "analysis", "analyst", NULL, 1790000000000, 3, 7, 1};

static void text(struct keiin_record *record, const char *name, const char *value)
{
    if (value != NULL)
        assert_int_equal(compose_text(record, span_str(name), span_str(value), NULL), 0);
}

static bool key_of(const struct account *a, struct pgkey *key, struct pgkey_facts *facts)
{
    static struct buf bytes;
    struct keiin_record *record = compose_new();
    uint8_t salt[SALT_BYTES], digest[HASH_BYTES];
    bool has_id;

    assert_non_null(record);
    text(record, "action", a->action);
    text(record, "id", a->id);
    text(record, "outcome", a->outcome);
    text(record, "dataset", a->dataset);
    text(record, "actor", a->actor);
    text(record, "unit", a->unit);
    text(record, "authority", a->authority);
    text(record, "purpose", a->purpose);
    text(record, "role", a->role);
    text(record, "x-more", a->more);
    assert_int_equal(compose_number(record, span_str("at"), a->at, NULL), 0);
    if (a->count != 0)
        assert_int_equal(compose_number(record, span_str("count"), a->count, NULL), 0);
    memset(digest, (int)a->statement, sizeof digest);
    if (a->statement != 0)
        assert_int_equal(
            compose_bytes(record, span_str("statement"), span_of(digest, sizeof digest), NULL), 0);
    memset(salt, a->salt, sizeof salt);
    assert_int_equal(compose_bytes(record, span_str("salt"), span_of(salt, sizeof salt), NULL), 0);
    buf_destroy(&bytes);
    buf_init(&bytes, RECORD_BYTES_MAX);
    assert_int_equal(compose_encode(record, &bytes, NULL), 0);
    compose_free(record);
    has_id = pgkey_of(buf_view(&bytes), key, facts);
    return has_id;
}

enum { ID = 1, SAID = 2, USER = 4, STATEMENT = 8, HAS_STATEMENT = 16 };

/* In which parts the key of an account differs from the usual one's. */
static unsigned differs(const struct account *other)
{
    struct pgkey a, b;
    struct pgkey_facts facts;

    assert_true(key_of(&usual, &a, &facts));
    assert_true(key_of(other, &b, &facts));
    return (memcmp(a.id, b.id, PGKEY_BYTES) != 0 ? ID : 0) |
           (memcmp(a.said, b.said, PGKEY_BYTES) != 0 ? SAID : 0) |
           (memcmp(a.user, b.user, PGKEY_BYTES) != 0 ? USER : 0) |
           (memcmp(a.statement, b.statement, PGKEY_BYTES) != 0 ? STATEMENT : 0) |
           (a.has_statement != b.has_statement ? HAS_STATEMENT : 0);
}

#define CHANGED(field, value)                                                                      \
    (__extension__({                                                                               \
        struct account changed = usual;                                                            \
        changed.field = value;                                                                     \
        differs(&changed);                                                                         \
    }))

static void each_field_counts_where_it_belongs(void **state)
{
    (void)state;
    assert_int_equal(differs(&usual), 0);
    assert_int_equal(CHANGED(salt, 2), 0);
    assert_int_equal(CHANGED(id, "6b02432b.1a72.18"), ID);
    assert_int_equal(CHANGED(action, "export"), SAID);
    assert_int_equal(CHANGED(at, 1790000000001), SAID);
    assert_int_equal(CHANGED(outcome, "denied"), SAID);
    assert_int_equal(CHANGED(dataset, "public.host"), SAID);
    assert_int_equal(CHANGED(dataset, NULL), SAID);
    assert_int_equal(CHANGED(count, 4), SAID);
    assert_int_equal(CHANGED(count, 0), SAID);
    assert_int_equal(CHANGED(more, "of its own"), SAID);
    assert_int_equal(CHANGED(actor, "p-2"), USER);
    assert_int_equal(CHANGED(unit, "u-2"), USER);
    assert_int_equal(CHANGED(authority, NULL), USER);
    assert_int_equal(CHANGED(purpose, "other"), USER);
    assert_int_equal(CHANGED(role, NULL), USER);
    assert_int_equal(CHANGED(statement, 8), STATEMENT);
    assert_int_equal(CHANGED(statement, 0), STATEMENT | HAS_STATEMENT);
}

static void facts_are_those_of_the_record(void **state)
{
    struct account none = usual;
    struct pgkey_facts facts;
    struct pgkey key;

    (void)state;
    assert_true(key_of(&usual, &key, &facts));
    assert_true(span_is(facts.id, usual.id));
    assert_true(span_is(facts.action, "query"));
    assert_true(span_is(facts.actor, "p-1"));
    assert_int_equal(facts.at, 1790000000000);
    none.id = none.actor = NULL;
    assert_false(key_of(&none, &key, &facts));
    assert_int_equal(facts.actor.n, 0);
}

static void ids_of_imports(void **state)
{
    static const char *const other[] = {"", ".", "..", "a.b", "a.b.", "a..1", ".b.1", "A.b.1",
        "a.g.1", "a.b.01", "a.b.c.1", "a.b.-1", "a.b.1x", "case-17", "a.b.18446744073709551616",
        "01234567890abcdef.b.1"};
    struct span session;

    (void)state;
    assert_true(pgkey_id_form(span_str("6b02432b.1a72.17"), &session));
    assert_true(span_is(session, "6b02432b.1a72"));
    assert_true(pgkey_id_form(span_str("0.f.0"), NULL));
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        assert_false(pgkey_id_form(span_str(other[i]), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_counts_where_it_belongs),
        cmocka_unit_test(facts_are_those_of_the_record),
        cmocka_unit_test(ids_of_imports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
