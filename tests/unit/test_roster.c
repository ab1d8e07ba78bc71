/*
 * Rosters beyond the vectors: quorums of nested groups, times that are vouched for, ML-DSA-44
 * witnesses that cannot be checked, finding writers, and every error told at once.
 */
#include "core/roster.h"
#include "tests/unit/test.h"

static struct secret *keys[16];

static int make_keys(void **state)
{
    (void)state;
    if (crypto_start(NULL) != 0)
        return -1;
    for (size_t i = 0; i < 16; i++) {
        uint8_t seed[32];

        memset(seed, (int)i + 1, sizeof seed);
        keys[i] = secret_from_seed(seed);
        if (keys[i] == NULL)
            return -1;
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < 16; i++)
        secret_free(keys[i]);
    return 0;
}

static void put_vkey(struct buf *b, size_t i, uint8_t type, const char *name)
{
    struct vkey k;

    vkey_make(&k, span_str(name), type, secret_public(keys[i]));
    vkey_write(b, &k);
}

/* Keys: 0, 1 roots; 2 log; 3 and up witnesses w3, w4 ...; 14, 15 writers. */
static void put_roster(
    struct buf *b, uint64_t serial, const struct hash *parent, size_t witnesses, const char *policy)
{
    buf_printf(b, "keiin/roster/v1\norigin.example/log\n%llu\n", (unsigned long long)serial);
    base64_encode(b, span_hash(parent));
    buf_put_str(b, "\nroot ");
    put_vkey(b, 0, KEY_ED25519, "root-0");
    buf_put_str(b, "\nroot ");
    put_vkey(b, 1, KEY_ED25519, "root-1");
    buf_put_str(b, "\nthreshold 2\nlog ");
    put_vkey(b, 2, KEY_ED25519, "origin.example/log");
    buf_put_str(b, "\n");
    for (size_t i = 0; i < witnesses; i++) {
        char name[8];

        snprintf(name, sizeof name, "w%zu", 3 + i);
        buf_printf(b, "witness %s ", name);
        put_vkey(b, 3 + i, KEY_COSIGNATURE, name);
        buf_put_str(b, "\n");
    }
    buf_put_str(b, policy);
    buf_put_str(b, "writer ");
    put_vkey(b, 14, KEY_ED25519, "agency.example/a");
    buf_put_str(b, " agency nco\nwriter ");
    put_vkey(b, 15, KEY_ED25519, "operator.example/o");
    buf_put_str(b, " operator ops\n");
}

static struct roster *parse(size_t witnesses, const char *policy)
{
    struct hash parent = {{1}};
    struct roster *roster = NULL;
    struct buf b, errors;

    buf_init(&b, 100000);
    buf_init(&errors, 100000);
    put_roster(&b, 0, &parent, witnesses, policy);
    if (roster_parse(buf_view(&b), &roster, &errors) != 0)
        fail_msg("%.*s", (int)errors.n, (char *)errors.p);
    buf_destroy(&b);
    buf_destroy(&errors);
    return roster;
}

static bool met(const struct roster *roster, unsigned mask)
{
    bool cosigned[16];

    for (size_t i = 0; i < roster->witness_count; i++)
        cosigned[i] = (mask >> i & 1) != 0;
    return roster_quorum_met(roster, cosigned);
}

/* Each policy against its meaning, for every set of witnesses. */
static void test_quorums(void **state)
{
    struct roster *two_of_three = parse(3, "group g 2 w3 w4 w5\nquorum g\n");
    struct roster *nested =
        parse(4, "group a all w3 w4\ngroup b any w5 w6\ngroup g 2 a b\nquorum g\n");
    struct roster *one = parse(2, "quorum w4\n"), *none = parse(2, "quorum none\n");

    (void)state;
    for (unsigned m = 0; m < 16; m++) {
        assert_int_equal(met(two_of_three, m & 7), __builtin_popcount(m & 7) >= 2);
        assert_int_equal(met(nested, m), (m & 3) == 3 && (m & 12) != 0);
        assert_int_equal(met(one, m & 3), (m & 2) != 0);
        assert_true(met(none, m & 3));
    }
    roster_free(two_of_three);
    roster_free(nested);
    roster_free(one);
    roster_free(none);
}

static const char checkpoint_text[] = "origin.example/log\n7\n"
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

static void cosign(struct buf *b, size_t i, uint64_t time_s)
{
    uint8_t bytes[8 + ED25519_SIGNATURE_BYTES];
    struct buf text;
    struct vkey key;
    char name[8];

    snprintf(name, sizeof name, "w%zu", i);
    vkey_make(&key, span_str(name), KEY_COSIGNATURE, secret_public(keys[i]));
    buf_init(&text, 10000);
    note_cosigned_text(&text, time_s, span_str(checkpoint_text));
    be64_put(bytes, time_s);
    secret_sign(keys[i], buf_view(&text), bytes + 8);
    note_put_line(b, key.name, key.id, span_of(bytes, sizeof bytes));
    buf_destroy(&text);
}

static void test_votes_and_times(void **state)
{
    struct roster *roster = parse(3, "group g 2 w3 w4 w5\nquorum g\n");
    struct checkpoint_votes votes;
    bool cosigned[3];
    struct note note;
    struct buf b;

    (void)state;
    buf_init(&b, 100000);
    buf_put_str(&b, checkpoint_text);
    buf_put_str(&b, "\n");
    note_sign(&b, span_str(checkpoint_text), span_str("origin.example/log"), keys[2]);
    cosign(&b, 3, 1000);
    assert_int_equal(note_parse(buf_view(&b), &note, NULL), 0);
    assert_int_equal(roster_judge(&note, roster, NULL, roster, &votes, cosigned), 0);
    assert_true(votes.log_signed && !votes.wrong && !votes.quorum && !votes.vouched);
    assert_int_equal(votes.cosigned_count, 1);
    cosign(&b, 4, 3000);
    cosign(&b, 5, 2000);
    assert_int_equal(note_parse(buf_view(&b), &note, NULL), 0);
    assert_int_equal(roster_judge(&note, roster, NULL, roster, &votes, cosigned), 0);
    assert_true(votes.quorum && votes.vouched);
    assert_int_equal(votes.vouched_at_s, 2000); /* two of three at 2000 or later */
    assert_true(cosigned[0] && cosigned[1] && cosigned[2]);
    /* A known witness's line over another text makes the note invalid; the quorum still counts. */
    note_put_line(&b, span_str("w3"), roster->witnesses[0].key.id, span_of((uint8_t[72]){0}, 72));
    assert_int_equal(note_parse(buf_view(&b), &note, NULL), 0);
    assert_int_equal(roster_judge(&note, roster, NULL, roster, &votes, cosigned), 0);
    assert_true(votes.wrong && votes.quorum);
    buf_destroy(&b);
    roster_free(roster);
}

static void test_no_quorum_is_vouched_by_nobody(void **state)
{
    struct roster *roster = parse(1, "quorum none\n");
    struct checkpoint_votes votes;
    struct note note;
    struct buf b;

    (void)state;
    buf_init(&b, 100000);
    buf_put_str(&b, checkpoint_text);
    buf_put_str(&b, "\n");
    cosign(&b, 3, 1000);
    assert_int_equal(note_parse(buf_view(&b), &note, NULL), 0);
    assert_int_equal(roster_judge(&note, roster, NULL, roster, &votes, NULL), 0);
    assert_true(votes.quorum && !votes.vouched && !votes.log_signed);
    buf_destroy(&b);
    roster_free(roster);
}

static void test_mldsa44_quorum_is_unchecked(void **state)
{
    uint8_t typed[1 + MLDSA44_KEY_BYTES] = {KEY_COSIGNATURE_MLDSA44, 9};
    uint8_t signature[8 + MLDSA44_SIGNATURE_BYTES] = {0};
    struct checkpoint_votes votes;
    struct roster *roster = NULL;
    struct hash parent = {{1}};
    struct buf b, policy;
    struct note note;
    char hex[9];
    uint8_t id[4];

    (void)state;
    vkey_id(id, span_str("pq"), KEY_COSIGNATURE_MLDSA44, span_of(typed + 1, MLDSA44_KEY_BYTES));
    hex_encode(hex, span_of(id, 4));
    buf_init(&policy, 10000);
    buf_printf(&policy, "witness pq pq+%s+", hex);
    base64_encode(&policy, span_of(typed, sizeof typed));
    buf_put_str(&policy, "\ngroup g all w3 pq\nquorum g\n");
    buf_put_u8(&policy, 0);
    buf_init(&b, 100000);
    put_roster(&b, 0, &parent, 1, (const char *)policy.p);
    assert_int_equal(roster_parse(buf_view(&b), &roster, NULL), 0);
    buf_clear(&b);
    buf_put_str(&b, checkpoint_text);
    buf_put_str(&b, "\n");
    note_sign(&b, span_str(checkpoint_text), span_str("origin.example/log"), keys[2]);
    cosign(&b, 3, 1000);
    note_put_line(&b, span_str("pq"), id, span_of(signature, sizeof signature));
    assert_int_equal(note_parse(buf_view(&b), &note, NULL), 0);
    assert_int_equal(roster_judge(&note, roster, NULL, roster, &votes, NULL), 0);
    assert_true(!votes.quorum && votes.quorum_unchecked && !votes.wrong);
    buf_destroy(&b);
    buf_destroy(&policy);
    roster_free(roster);
}

static void test_writers_are_found(void **state)
{
    struct roster *roster = parse(0, "quorum none\n");
    struct hash stranger = {{0}};

    (void)state;
    for (size_t i = 0; i < roster->writer_count; i++) {
        const struct roster_writer *w = &roster->writers[i];

        assert_ptr_equal(roster_writer_by_key(roster, &w->key.key_hash), w);
        assert_ptr_equal(roster_writer_by_name(roster, w->key.name), w);
    }
    assert_null(roster_writer_by_key(roster, &stranger));
    assert_null(roster_writer_by_key(roster, &roster->logs[0].key.key_hash));
    assert_null(roster_writer_by_name(roster, span_str("agency.example/")));
    roster_free(roster);
}

static void sign_with(struct buf *b, size_t text_bytes, const char *name, size_t i)
{
    struct span text = span_copy(span_of(b->p, text_bytes));

    note_sign(b, text, span_str(name), keys[i]);
    span_free(text);
}

/* Serial 1 stands on serial 0 by two roots, and on nothing less. */
static void test_succession(void **state)
{
    struct roster *parent = parse(0, "quorum none\n"), *next = NULL;
    struct hash other = {{2}};
    struct buf b;
    size_t n;

    (void)state;
    buf_init(&b, 100000);
    put_roster(&b, 1, &parent->text_hash, 0, "quorum none\n");
    n = b.n;
    buf_put_str(&b, "\n");
    sign_with(&b, n, "root-0", 0);
    assert_int_equal(roster_from_note(buf_view(&b), parent, &next, NULL), KEIIN_ESIGNATURE);
    assert_null(next);
    sign_with(&b, n, "root-1", 1);
    assert_int_equal(roster_from_note(buf_view(&b), parent, &next, NULL), 0);
    assert_true(next->serial == 1);
    roster_free(next);
    /* Serial 1 on its own: by its own threshold. */
    assert_int_equal(roster_from_note(buf_view(&b), NULL, &next, NULL), 0);
    roster_free(next);
    buf_clear(&b);
    put_roster(&b, 1, &other, 0, "quorum none\n");
    n = b.n;
    buf_put_str(&b, "\n");
    sign_with(&b, n, "root-0", 0);
    sign_with(&b, n, "root-1", 1);
    next = NULL;
    assert_int_equal(roster_from_note(buf_view(&b), parent, &next, NULL), KEIIN_EMISMATCH);
    assert_null(next);
    roster_free(parent);
    buf_destroy(&b);
}

static void test_every_error_is_told(void **state)
{
    static const char bad[] = "keiin/roster/v2\nori gin\n01\nAAAA\nroot x\nthreshold two\n"
                              "log y\nquorum nobody\nwriter z nobody NCO\nwitness late\n";
    struct roster *roster = NULL;
    struct buf errors;

    (void)state;
    buf_init(&errors, 100000);
    assert_int_equal(roster_parse(span_str(bad), &roster, &errors), KEIIN_EMALFORMED);
    assert_null(roster);
    buf_put_u8(&errors, 0);
    for (int line = 1; line <= 10; line++) {
        char wanted[16];

        snprintf(wanted, sizeof wanted, "line %d:", line);
        if (strstr((char *)errors.p, wanted) == NULL)
            fail_msg("nothing is said about line %d:\n%s", line, (char *)errors.p);
    }
    buf_destroy(&errors);
}

/*
 * A group line of 20,000 bytes that names one member ten thousand times: each is said once, a
 * thousand at the most, so that refusing it takes no time that anybody notices.
 */
static void test_a_member_many_times(void **state)
{
    struct hash parent = {{1}};
    struct roster *roster = NULL;
    struct buf b, errors, policy;
    size_t lines = 0;

    (void)state;
    buf_init(&b, 100000);
    buf_init(&errors, 1 << 20);
    buf_init(&policy, 100000);
    buf_put_str(&policy, "group g any");
    for (int i = 0; i < 9990; i++)
        buf_put_str(&policy, " w3");
    buf_put_str(&policy, "\nquorum none\n");
    buf_put_u8(&policy, 0);
    put_roster(&b, 0, &parent, 1, (const char *)policy.p);
    assert_int_equal(roster_parse(buf_view(&b), &roster, &errors), KEIIN_EMALFORMED);
    for (size_t i = 0; i < errors.n; i++)
        lines += errors.p[i] == '\n';
    assert_in_range(lines, 1, 1010);
    buf_destroy(&b);
    buf_destroy(&errors);
    buf_destroy(&policy);
}

/* Parses a roster with one line more, above the quorum or at the end; the vkey is key `i`'s. */
static int parse_with(const char *first, size_t i, const char *name, const char *last, bool above)
{
    struct hash parent = {{1}};
    struct roster *roster = NULL;
    struct buf b, line;
    int err;

    buf_init(&b, 100000);
    buf_init(&line, 10000);
    buf_put_str(&line, first);
    if (name != NULL)
        put_vkey(&line, i, KEY_ED25519, name);
    buf_put_str(&line, last);
    buf_put_str(&line, above ? "\nquorum none\n" : "\n");
    buf_put_u8(&line, 0);
    put_roster(&b, 0, &parent, 0, above ? (const char *)line.p : "quorum none\n");
    if (!above)
        buf_put_str(&b, (const char *)line.p);
    err = roster_parse(buf_view(&b), &roster, NULL);
    roster_free(roster);
    buf_destroy(&line);
    buf_destroy(&b);
    return err;
}

static void test_what_one_line_may_say(void **state)
{
    static const struct {
        const char *first, *name, *last;
        bool above;
        int err;
    } cases[] = {
        /* Another key for a writer's name has the same role and organisation. */
        {"writer ", "agency.example/a", " agency nco", false, 0},
        {"writer ", "agency.example/a", " committee nco", false, KEIIN_EMALFORMED},
        {"writer ", "agency.example/a", " agency npa", false, KEIIN_EMALFORMED},
        {"writer ", "agency.example/b", " clerk npa", false, KEIIN_EMALFORMED},
        /* A log key's name is the origin. */
        {"log ", "origin.example/log", "", true, 0},
        {"log ", "origin.example/other", "", true, KEIIN_EMALFORMED},
        /* A reader's key is one that something can be sealed to. */
        {"reader r AQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJ", NULL, " auditor aud", false, 0},
        {"reader r AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL, " auditor aud", false,
            KEIIN_EMALFORMED},
        {"reader r AgkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJ", NULL, " auditor aud", false,
            KEIIN_EMALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (parse_with(cases[i].first, 13, cases[i].name, cases[i].last, cases[i].above) !=
            cases[i].err)
            fail_msg("\"%s\" %s \"%s\"", cases[i].first, cases[i].name, cases[i].last);
}

/* Every line taken out, doubled or cut: refused, or still a roster of its own; never a crash. */
static void test_lines_gone_doubled_cut(void **state)
{
    struct hash parent = {{1}};
    struct roster *roster = NULL;
    struct buf b, changed;

    (void)state;
    buf_init(&b, 100000);
    buf_init(&changed, 100000);
    put_roster(&b, 0, &parent, 3, "group g 2 w3 w4 w5\nquorum g\n");
    for (size_t n = 0; n < b.n; n++) {
        struct span cut = span_copy(span_of(b.p, n));

        if (roster_parse(cut, &roster, NULL) == 0) { /* only where whole writer lines are gone */
            assert_int_equal(b.p[n - 1], '\n');
            assert_int_equal(roster->writer_count, 1);
        }
        roster_free(roster);
        roster = NULL;
        span_free(cut);
    }
    for (size_t start = 0, end; start < b.n; start = end) {
        bool witness = memcmp(b.p + start, "writer", 6) == 0;

        end = (size_t)((uint8_t *)memchr(b.p + start, '\n', b.n - start) - b.p) + 1;
        buf_clear(&changed);
        buf_put(&changed, b.p, end);
        buf_put(&changed, b.p + start, b.n - start);
        assert_int_equal(roster_parse(buf_view(&changed), &roster, NULL), KEIIN_EMALFORMED);
        buf_clear(&changed);
        buf_put(&changed, b.p, start);
        buf_put(&changed, b.p + end, b.n - end);
        if (roster_parse(buf_view(&changed), &roster, NULL) == 0)
            assert_true(witness || memcmp(b.p + start, "root", 4) != 0);
        roster_free(roster);
        roster = NULL;
    }
    buf_destroy(&b);
    buf_destroy(&changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quorums),
        cmocka_unit_test(test_votes_and_times),
        cmocka_unit_test(test_no_quorum_is_vouched_by_nobody),
        cmocka_unit_test(test_mldsa44_quorum_is_unchecked),
        cmocka_unit_test(test_writers_are_found),
        cmocka_unit_test(test_succession),
        cmocka_unit_test(test_every_error_is_told),
        cmocka_unit_test(test_a_member_many_times),
        cmocka_unit_test(test_what_one_line_may_say),
        cmocka_unit_test(test_lines_gone_doubled_cut),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
