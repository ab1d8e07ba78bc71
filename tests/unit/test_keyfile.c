/* A key file gives its secret back to who has the passphrase, and to nobody else; no byte
 * of it can be changed unnoticed, and what it may ask of Argon2id is bounded. */
#include "tests/unit/test.h"

#include <sodium.h>

#include "core/keyfile.h"
#include "core/text.h"

/* Of 32 bytes 0x07 as seed, named "example.org/root-1". */
static const char vkey_text[] =
    "example.org/root-1+47a29021+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

static struct keyfile key_of(const char *use, const char *name, uint8_t byte)
{
    struct keyfile k = {0};
    uint8_t seed[32];

    memset(seed, byte, sizeof seed);
    k.type = keyfile_type_of_use(use);
    strcpy(k.use, use);
    strcpy(k.name, name);
    k.secret = secret_from_seed(seed);
    assert_non_null(k.secret);
    return k;
}

static struct buf written(const char *use, const char *name, const char *passphrase)
{
    struct keyfile k = key_of(use, name, 7);
    struct buf b;

    buf_init(&b, KEYFILE_BYTES_MAX);
    assert_int_equal(keyfile_write(&b, &k, span_str(passphrase)), 0);
    keyfile_destroy(&k);
    return b;
}

static int open_text(const char *text, struct why *why)
{
    struct keyfile k;
    int err = keyfile_open(span_str(text), span_str(""), &k, why);

    if (err == 0)
        keyfile_destroy(&k);
    assert_null(k.secret);
    return err;
}

static void test_unlocked_is_as_the_header_says(void **state)
{
    struct buf b = written("root", "example.org/root-1", ""), expected;
    uint8_t seed[32];

    (void)state;
    memset(seed, 7, sizeof seed);
    buf_init(&expected, KEYFILE_BYTES_MAX);
    buf_printf(&expected, "keiin-secret-key/v1\nroot\n%s\nnone\n", vkey_text);
    base64_encode(&expected, span_of(seed, sizeof seed));
    buf_put_str(&expected, "\n");
    assert_true(span_eq(buf_view(&b), buf_view(&expected)));
    buf_destroy(&b);
    buf_destroy(&expected);
}

static void test_every_use_comes_back(void **state)
{
    static const char *const uses[] = {"root", "log", "witness", "writer"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct buf b = written(uses[i], "n", "");
        uint8_t seed[32], sevens[32];
        struct keyfile k;
        bool locked = true;

        assert_int_equal(keyfile_is_locked(buf_view(&b), &locked, NULL), 0);
        assert_false(locked);
        assert_int_equal(keyfile_open(buf_view(&b), span_str("ignored"), &k, NULL), 0);
        assert_string_equal(k.use, uses[i]);
        assert_string_equal(k.name, "n");
        assert_int_equal(k.type, i == 2 ? KEY_COSIGNATURE : KEY_ED25519);
        secret_seed(k.secret, seed);
        memset(sevens, 7, sizeof sevens);
        assert_memory_equal(seed, sevens, sizeof seed);
        keyfile_destroy(&k);
        assert_null(k.secret);
        buf_destroy(&b);
    }
    assert_int_equal(keyfile_type_of_use("reader"), 0);
    assert_int_equal(keyfile_type_of_use(""), 0);
}

static void test_locked_opens_with_its_passphrase_only(void **state)
{
    struct buf b = written("witness", "example.org/w", "correct horse");
    struct keyfile_public clear;
    struct keyfile k;
    bool locked = false;

    (void)state;
    assert_int_equal(keyfile_is_locked(buf_view(&b), &locked, NULL), 0);
    assert_true(locked);
    assert_int_equal(keyfile_look(buf_view(&b), &clear, NULL), 0);
    assert_string_equal(clear.use, "witness");
    assert_true(span_is(clear.key.name, "example.org/w"));
    assert_int_equal(keyfile_open(buf_view(&b), span_str("correct horse"), &k, NULL), 0);
    assert_memory_equal(secret_public(k.secret), clear.key.key, 32);
    keyfile_destroy(&k);
    assert_int_equal(
        keyfile_open(buf_view(&b), span_str("correct horsf"), &k, NULL), KEIIN_EPASSPHRASE);
    assert_null(k.secret);
    assert_int_equal(keyfile_open(buf_view(&b), span_str(""), &k, NULL), KEIIN_EPASSPHRASE);
    assert_null(k.secret);
    buf_destroy(&b);
}

/* Seals the seed as a file would, with limits small enough to do it hundreds of times. */
static struct buf cheap_locked(const char *key_line)
{
    static const uint8_t salt[16] = {1, 2, 3}, nonce[24] = {4, 5, 6};
    uint8_t seed[32], box_key[32], sealed[24 + 48];
    struct buf b;

    memset(seed, 7, sizeof seed);
    buf_init(&b, KEYFILE_BYTES_MAX);
    buf_printf(&b, "keiin-secret-key/v1\nroot\n%s\nargon2id 1 8192 ", key_line);
    base64_encode(&b, span_of(salt, sizeof salt));
    buf_put_str(&b, "\n");
    assert_int_equal(crypto_pwhash(box_key, sizeof box_key, "pass", 4, salt, 1, 8192,
                         crypto_pwhash_ALG_ARGON2ID13),
        0);
    memcpy(sealed, nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed + 24, NULL, seed, sizeof seed, b.p, b.n, NULL, nonce, box_key);
    base64_encode(&b, span_of(sealed, sizeof sealed));
    buf_put_str(&b, "\n");
    assert_int_equal(buf_status(&b), 0);
    return b;
}

static void test_limits_are_read_from_the_file(void **state)
{
    struct buf b = cheap_locked(vkey_text);
    struct keyfile k;

    (void)state;
    assert_int_equal(keyfile_open(buf_view(&b), span_str("pass"), &k, NULL), 0);
    assert_string_equal(k.name, "example.org/root-1");
    keyfile_destroy(&k);
    buf_destroy(&b);
}

static void test_every_bit_is_bound(void **state)
{
    struct buf b = cheap_locked(vkey_text);

    (void)state;
    for (size_t i = 0; i < b.n * 8; i++) {
        struct keyfile k;
        int err;

        b.p[i / 8] ^= (uint8_t)(1 << i % 8);
        err = keyfile_open(buf_view(&b), span_str("pass"), &k, NULL);
        assert_true(err == KEIIN_EMALFORMED || err == KEIIN_EPASSPHRASE);
        assert_null(k.secret);
        b.p[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    buf_destroy(&b);
}

static void test_every_cut_is_refused(void **state)
{
    struct buf b = cheap_locked(vkey_text);

    (void)state;
    for (size_t n = 0; n < b.n; n++) {
        struct span cut = span_copy(span_of(b.p, n));
        struct keyfile k;

        assert_int_equal(keyfile_open(cut, span_str("pass"), &k, NULL), KEIIN_EMALFORMED);
        span_free(cut);
    }
    buf_destroy(&b);
}

static void test_key_of_another_vkey(void **state)
{
    struct keyfile other = key_of("root", "example.org/root-1", 8), k;
    struct buf line, b;
    struct vkey vkey;
    struct why why;

    (void)state;
    buf_init(&line, KEYFILE_BYTES_MAX);
    vkey_make(&vkey, span_str(other.name), other.type, secret_public(other.secret));
    vkey_write(&line, &vkey);
    buf_put_u8(&line, 0);
    b = cheap_locked((const char *)line.p);
    assert_int_equal(keyfile_open(buf_view(&b), span_str("pass"), &k, &why), KEIIN_EMISMATCH);
    assert_null(k.secret);
    keyfile_destroy(&other);
    buf_destroy(&line);
    buf_destroy(&b);
}

static void test_what_is_malformed(void **state)
{
    static const char seed[] = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    static const struct {
        const char *first, *use, *lock, *end;
    } bad[] = {
        {"keiin-secret-key/v2", "root", "none", "\n"},
        {"keiin-secret-key/v1", "witness", "none", "\n"}, /* a witness key is of type 0x04 */
        {"keiin-secret-key/v1", "reader", "none", "\n"},
        {"keiin-secret-key/v1", "", "none", "\n"},
        {"keiin-secret-key/v1", "root", "None", "\n"},
        {"keiin-secret-key/v1", "root", "none ", "\n"},
        {"keiin-secret-key/v1", "root", "none", ""},
        {"keiin-secret-key/v1", "root", "none", "\n\n"},
        {"keiin-secret-key/v1", "root", "none", "=\n"},
        {"keiin-secret-key/v1", "root", "argon2id 3 8192 AQIDAAAAAAAAAAAAAAAAAA==", "\n"},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct why why = {""};

        snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n%s%s", bad[i].first, bad[i].use, vkey_text,
            bad[i].lock, seed, bad[i].end);
        assert_int_equal(open_text(text, &why), KEIIN_EMALFORMED);
        assert_true(why.text[0] != 0);
    }
    snprintf(text, sizeof text, "keiin-secret-key/v1\nroot\n%s\nnone\n%s\n", vkey_text, seed);
    assert_int_equal(open_text(text, NULL), 0); /* so the frame of the above is good */
}

static void test_argon2id_is_bounded_before_it_runs(void **state)
{
    static const char *const bad[] = {
        "17 8192", /* more than 16 passes */
        "0 8192", /* none */
        "1 1073741825", /* over 1 GiB */
        "1 18446744073709551615",
        "1 18446744073709551616",
        "1 4096", /* under libsodium's least */
        "01 8192",
        "1 08192",
        "-1 8192",
        "1  8192",
        "1",
        "",
    };
    char box[BASE64_BYTES(24 + 48) + 1], text[1024];

    (void)state;
    memset(box, 'A', sizeof box - 1);
    box[sizeof box - 1] = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text,
            "keiin-secret-key/v1\nroot\n%s\nargon2id %s AQIDAAAAAAAAAAAAAAAAAA==\n%s\n", vkey_text,
            bad[i], box);
        assert_int_equal(open_text(text, NULL), KEIIN_EMALFORMED);
    }
    snprintf(text, sizeof text,
        "keiin-secret-key/v1\nroot\n%s\nargon2id 16 8192 AQIDAAAAAAAAAAAAAAAAAA==\n%s\n", vkey_text,
        box);
    assert_int_equal(open_text(text, NULL), KEIIN_EPASSPHRASE); /* 16 may run */
}

static void test_two_files_of_one_key_share_nothing_secret(void **state)
{
    struct buf a = written("root", "n", "p"), b = written("root", "n", "p");
    struct cursor x = cursor_of(buf_view(&a)), y = cursor_of(buf_view(&b));

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(span_eq(cursor_line(&x), cursor_line(&y)));
    assert_false(span_eq(cursor_line(&x), cursor_line(&y))); /* the salt */
    assert_false(span_eq(cursor_line(&x), cursor_line(&y))); /* nonce and box */
    buf_destroy(&a);
    buf_destroy(&b);
}

static void test_too_small_a_buffer(void **state)
{
    struct keyfile k = key_of("root", "n", 7);
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    assert_int_equal(keyfile_write(&b, &k, span_str("")), KEIIN_ELIMIT);
    keyfile_destroy(&k);
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
        cmocka_unit_test(test_unlocked_is_as_the_header_says),
        cmocka_unit_test(test_every_use_comes_back),
        cmocka_unit_test(test_locked_opens_with_its_passphrase_only),
        cmocka_unit_test(test_limits_are_read_from_the_file),
        cmocka_unit_test(test_every_bit_is_bound),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_key_of_another_vkey),
        cmocka_unit_test(test_what_is_malformed),
        cmocka_unit_test(test_argon2id_is_bounded_before_it_runs),
        cmocka_unit_test(test_two_files_of_one_key_share_nothing_secret),
        cmocka_unit_test(test_too_small_a_buffer),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
