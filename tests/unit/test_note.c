/*
 * Notes: what is signed verifies, and every single-bit change of a signed note is found or
 * changes nothing that counts. Limits of SPEC.md section 1 on both sides.
 */
#include "core/note.h"
#include "tests/unit/test.h"

static const char text[] = "first line\n\nlast line\n";

static struct secret *secret_of(uint8_t fill)
{
    uint8_t seed[32];
    struct secret *s;

    memset(seed, fill, sizeof seed);
    s = secret_from_seed(seed);
    assert_non_null(s);
    return s;
}

static int parse(struct span bytes, struct note *out)
{
    return note_parse(bytes, out, NULL);
}

static void test_signed_note_verifies(void **state)
{
    struct secret *alice = secret_of(1), *bob = secret_of(2);
    struct vkey alice_key, bob_key, renamed;
    struct note note;
    struct buf b;

    (void)state;
    vkey_make(&alice_key, span_str("alice"), KEY_ED25519, secret_public(alice));
    vkey_make(&bob_key, span_str("bob"), KEY_ED25519, secret_public(bob));
    vkey_make(&renamed, span_str("carol"), KEY_ED25519, secret_public(alice));
    buf_init(&b, 10000);
    buf_put_str(&b, text);
    buf_put_str(&b, "\n");
    note_sign(&b, span_str(text), span_str("alice"), alice);
    assert_int_equal(parse(buf_view(&b), &note), 0);
    test_assert_span(note.text, span_str(text));
    assert_int_equal(note.line_count, 1);
    assert_true(note_judge(&note, &alice_key).valid);
    assert_false(note_judge(&note, &alice_key).wrong);
    assert_false(note_judge(&note, &bob_key).valid);
    assert_false(note_judge(&note, &bob_key).wrong);
    assert_false(note_judge(&note, &renamed).valid);
    /* A second line by the same key, over something else: the note is invalid. */
    note_sign(&b, span_str("other\n"), span_str("alice"), alice);
    assert_int_equal(parse(buf_view(&b), &note), 0);
    assert_true(note_judge(&note, &alice_key).valid);
    assert_true(note_judge(&note, &alice_key).wrong);
    buf_destroy(&b);
    secret_free(alice);
    secret_free(bob);
}

static void test_every_bit_counts(void **state)
{
    struct secret *secret = secret_of(3);
    struct vkey key;
    struct note note;
    struct buf b;

    (void)state;
    vkey_make(&key, span_str("alice"), KEY_ED25519, secret_public(secret));
    buf_init(&b, 10000);
    buf_put_str(&b, text);
    buf_put_str(&b, "\n");
    note_sign(&b, span_str(text), span_str("alice"), secret);
    for (size_t bit = 0; bit < 8 * b.n; bit++) {
        struct span changed = span_copy(buf_view(&b));

        ((uint8_t *)(uintptr_t)changed.p)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (parse(changed, &note) == 0 && note_judge(&note, &key).valid)
            fail_msg("bit %zu makes no difference", bit);
        span_free(changed);
    }
    buf_destroy(&b);
    secret_free(secret);
}

static void put_cosignature(
    struct buf *b, const struct secret *secret, uint64_t time_s, const struct vkey *key)
{
    uint8_t bytes[8 + ED25519_SIGNATURE_BYTES];
    struct buf signed_text;

    buf_init(&signed_text, 1000);
    note_cosigned_text(&signed_text, time_s, span_str(text));
    be64_put(bytes, time_s);
    secret_sign(secret, buf_view(&signed_text), bytes + 8);
    note_put_line(b, key->name, key->id, span_of(bytes, sizeof bytes));
    buf_destroy(&signed_text);
}

static void test_cosignatures(void **state)
{
    struct secret *secret = secret_of(4);
    struct vkey key;
    struct note_vote vote;
    struct note note;
    struct buf b;

    (void)state;
    vkey_make(&key, span_str("witness"), KEY_COSIGNATURE, secret_public(secret));
    buf_init(&b, 10000);
    buf_put_str(&b, text);
    buf_put_str(&b, "\n");
    put_cosignature(&b, secret, 1790847000, &key);
    put_cosignature(&b, secret, 1790840000, &key);
    assert_int_equal(parse(buf_view(&b), &note), 0);
    vote = note_judge(&note, &key);
    assert_true(vote.valid && !vote.wrong);
    assert_int_equal(vote.time_s, 1790847000);
    /* The highest bit of the time must be clear. */
    put_cosignature(&b, secret, UINT64_C(1) << 63, &key);
    assert_int_equal(parse(buf_view(&b), &note), 0);
    assert_true(note_judge(&note, &key).wrong);
    buf_destroy(&b);
    secret_free(secret);
}

static void test_mldsa44_is_known_and_not_checked(void **state)
{
    uint8_t signature[8 + MLDSA44_SIGNATURE_BYTES] = {0}, key_bytes[MLDSA44_KEY_BYTES] = {7};
    struct vkey key = {0};
    struct note note;
    struct buf b;

    (void)state;
    key.name = span_str("pq");
    key.type = KEY_COSIGNATURE_MLDSA44;
    vkey_id(key.id, key.name, key.type, span_of(key_bytes, sizeof key_bytes));
    buf_init(&b, 20000);
    buf_put_str(&b, "text\n\n");
    note_put_line(&b, key.name, key.id, span_of(signature, sizeof signature));
    assert_int_equal(parse(buf_view(&b), &note), 0);
    assert_true(note_judge(&note, &key).unchecked);
    assert_false(note_judge(&note, &key).valid);
    assert_false(note_judge(&note, &key).wrong);
    note_put_line(&b, key.name, key.id, span_of(signature, sizeof signature - 1));
    assert_int_equal(parse(buf_view(&b), &note), 0);
    assert_true(note_judge(&note, &key).wrong);
    buf_destroy(&b);
}

#define DASH "\xe2\x80\x94"

static void test_malformed(void **state)
{
    static const char *const bad[] = {"", "text\n", "text\n\n", "text\n" DASH " a AAAAAAA=\n",
        "text\n\n" DASH " a AAAAAAA=", "text\n\n- a AAAAAAA=\n", "text\n\n" DASH "a AAAAAAA=\n",
        "text\n\n" DASH "  AAAAAAA=\n", "text\n\n" DASH " a  AAAAAAA=\n",
        "text\n\n" DASH " a AAAAAA==\n", "text\n\n" DASH " a AAAAAAA\n",
        "text\n\n" DASH " a AAAAAAA=\nmore\n", "text\n\n" DASH " a+b AAAAAAA=\n",
        "te\txt\n\n" DASH " a AAAAAAA=\n", "te\xfft\n\n" DASH " a AAAAAAA=\n",
        "text\n\n" DASH " a AAAAAAA= \n", "text\r\n\r\n" DASH " a AAAAAAA=\r\n"};
    struct note note;

    (void)state;
    assert_int_equal(parse(span_str("text\n\n" DASH " a AAAAAAA=\n"), &note), 0);
    assert_int_equal(parse(span_str("\n\n" DASH " a AAAAAAA=\n"), &note), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct span s = span_copy(span_str(bad[i]));

        if (parse(s, &note) != KEIIN_EMALFORMED)
            fail_msg("case %zu passes for a note", i);
        span_free(s);
    }
}

/* A vkey of `type` with `n` key bytes; its key id is right. */
static int parse_vkey(uint8_t type, size_t n, const uint8_t *bytes)
{
    uint8_t typed[1 + MLDSA44_KEY_BYTES + 1] = {type}, id[4];
    char hex[9];
    struct vkey key;
    struct buf b;
    int err;

    memcpy(typed + 1, bytes, n);
    vkey_id(id, span_str("n"), type, span_of(typed + 1, n));
    hex_encode(hex, span_of(id, 4));
    buf_init(&b, 10000);
    buf_printf(&b, "n+%s+", hex);
    base64_encode(&b, span_of(typed, 1 + n));
    err = vkey_parse(buf_view(&b), &key, NULL);
    buf_destroy(&b);
    return err;
}

static void test_types_and_lengths_of_keys(void **state)
{
    static uint8_t bytes[MLDSA44_KEY_BYTES + 1];
    struct secret *secret = secret_generate();

    (void)state;
    assert_non_null(secret);
    memcpy(bytes, secret_public(secret), ED25519_KEY_BYTES);
    for (unsigned type = 0; type < 256; type++) {
        bool ed25519 = type == KEY_ED25519 || type == KEY_COSIGNATURE;
        bool mldsa = type == KEY_COSIGNATURE_MLDSA44;

        assert_int_equal(parse_vkey((uint8_t)type, 31, bytes), KEIIN_EMALFORMED);
        assert_int_equal(parse_vkey((uint8_t)type, 32, bytes), ed25519 ? 0 : KEIIN_EMALFORMED);
        assert_int_equal(parse_vkey((uint8_t)type, 33, bytes), KEIIN_EMALFORMED);
        assert_int_equal(
            parse_vkey((uint8_t)type, MLDSA44_KEY_BYTES, bytes), mldsa ? 0 : KEIIN_EMALFORMED);
        assert_int_equal(parse_vkey((uint8_t)type, MLDSA44_KEY_BYTES - 1, bytes), KEIIN_EMALFORMED);
    }
    secret_free(secret);
}

static void test_limits(void **state)
{
    static struct note note;
    struct buf b;

    (void)state;
    buf_init(&b, 1 << 20);
    buf_put_str(&b, "text\n\n");
    for (int i = 0; i < NOTE_LINES_MAX; i++)
        buf_put_str(&b, DASH " a AAAAAAA=\n");
    assert_int_equal(parse(buf_view(&b), &note), 0);
    buf_put_str(&b, DASH " a AAAAAAA=\n");
    assert_int_equal(parse(buf_view(&b), &note), KEIIN_EMALFORMED);

    for (int over = 0; over < 2; over++) { /* one line with exactly the most bytes, then more */
        size_t digits = NOTE_SIGNATURES_BYTES_MAX - strlen(DASH " n \n") + (over ? 4 : 0);

        buf_clear(&b);
        buf_put_str(&b, "text\n\n" DASH " ");
        buf_put_str(&b, digits % 4 == 0   ? "n"
                        : digits % 4 == 1 ? "nn"
                        : digits % 4 == 2 ? "nnn"
                                          : "nnnn");
        buf_put_str(&b, " ");
        digits -= digits % 4;
        memset(buf_extend(&b, digits), 'A', digits);
        buf_put_str(&b, "\n");
        assert_int_equal(parse(buf_view(&b), &note), over ? KEIIN_EMALFORMED : 0);
    }
    buf_destroy(&b);
}

static int start(void **state)
{
    (void)state;
    return crypto_start(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signed_note_verifies),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_cosignatures),
        cmocka_unit_test(test_mldsa44_is_known_and_not_checked),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_types_and_lengths_of_keys),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
