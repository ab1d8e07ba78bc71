#include "core/ed25519.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/text.h"

struct secret {
    uint8_t key[crypto_sign_SECRETKEYBYTES]; /* seed || public key, as libsodium keeps it */
};

struct example {
    const char *what;
    const char *key;
    const char *message;
    const char *signature;
    bool good;
};

static const struct example examples[] = {
#include "core/ed25519_examples.inc"
};

static bool example_verdict(const struct example *e)
{
    uint8_t key[ED25519_KEY_BYTES], message[64], signature[ED25519_SIGNATURE_BYTES + 1];
    size_t message_bytes = strlen(e->message) / 2, signature_bytes = strlen(e->signature) / 2;

    if (strlen(e->key) != 2 * sizeof key || message_bytes > sizeof message ||
        signature_bytes > sizeof signature || !hex_decode(key, sizeof key, span_str(e->key)) ||
        !hex_decode(message, message_bytes, span_str(e->message)) ||
        !hex_decode(signature, signature_bytes, span_str(e->signature)))
        abort(); /* a programmer's error in ed25519_examples.inc */
    return ed25519_key_valid(key) && ed25519_verify(key, span_of(message, message_bytes),
                                         span_of(signature, signature_bytes));
}

int crypto_start(struct why *why)
{
    if (sodium_init() < 0) {
        why_set(why, "libsodium cannot be initialised");
        return KEIIN_ECRYPTO;
    }
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        if (example_verdict(&examples[i]) != examples[i].good) {
            why_set(why,
                "libsodium %s judges the Ed25519 example \"%s\" otherwise than SPEC.md "
                "section 1; use libsodium 1.0.18 to 1.0.22",
                sodium_version_string(), examples[i].what);
            return KEIIN_ECRYPTO;
        }
    return 0;
}

bool ed25519_key_valid(const uint8_t key[static ED25519_KEY_BYTES])
{
    return crypto_core_ed25519_is_valid_point(key) == 1;
}

bool ed25519_verify(const uint8_t key[static ED25519_KEY_BYTES], struct span message,
    struct span signature)
{
    if (signature.n != ED25519_SIGNATURE_BYTES)
        return false;
    return crypto_sign_verify_detached(signature.p, message.p, message.n, key) == 0;
}

struct secret *secret_from_seed(const uint8_t seed[static 32])
{
    struct secret *s = sodium_malloc(sizeof *s);
    uint8_t public_key[ED25519_KEY_BYTES];

    if (s == NULL)
        return NULL;
    crypto_sign_seed_keypair(public_key, s->key, seed);
    sodium_mprotect_readonly(s);
    return s;
}

struct secret *secret_generate(void)
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    struct secret *s;

    randombytes_buf(seed, sizeof seed);
    s = secret_from_seed(seed);
    sodium_memzero(seed, sizeof seed);
    return s;
}

void secret_free(struct secret *secret)
{
    sodium_free(secret);
}

const uint8_t *secret_public(const struct secret *secret)
{
    return secret->key + crypto_sign_SEEDBYTES;
}

void secret_sign(const struct secret *secret, struct span message,
    uint8_t signature[static ED25519_SIGNATURE_BYTES])
{
    crypto_sign_detached(signature, NULL, message.p, message.n, secret->key);
}

void secret_seed(const struct secret *secret, uint8_t seed[static 32])
{
    memcpy(seed, secret->key, crypto_sign_SEEDBYTES);
}
