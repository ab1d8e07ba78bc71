/*
 * Ed25519 (RFC 8032) as SPEC.md section 1 judges it: key of prime order and canonical,
 * S < L, R not of small order, no cofactor. By libsodium. Any thread after crypto_start.
 */
#ifndef KEIIN_CORE_ED25519_H
#define KEIIN_CORE_ED25519_H

#include "core/bytes.h"

/*
 * Makes libsodium ready and judges the built-in examples. Call once before anything else
 * that signs, verifies or draws random bytes. KEIIN_ECRYPTO when the library judges an
 * example otherwise: then nothing may be verified with it.
 */
int crypto_start(struct why *why) KEIIN_MUST_USE;

bool ed25519_key_valid(const uint8_t key[static ED25519_KEY_BYTES]);

/* True iff the signature is valid. The key must have passed ed25519_key_valid before. */
bool ed25519_verify(const uint8_t key[static ED25519_KEY_BYTES], struct span message,
    struct span signature);

/*
 * A signing key, in memory that is locked and never dumped. Opaque: no function prints
 * it. Signing is deterministic (RFC 8032).
 */
struct secret;

/* From a 32-byte seed, which the caller wipes. NULL when there is no memory. */
struct secret *secret_from_seed(const uint8_t seed[static 32]);
/* A new key from the system's randomness. */
struct secret *secret_generate(void);
void secret_free(struct secret *secret); /* wipes */
const uint8_t *secret_public(const struct secret *secret); /* ED25519_KEY_BYTES, borrowed */
void secret_sign(const struct secret *secret, struct span message,
    uint8_t signature[static ED25519_SIGNATURE_BYTES]);
/* The seed, for a key file's sealed part. `seed` must be sodium_malloc'd or wiped after use. */
void secret_seed(const struct secret *secret, uint8_t seed[static 32]);

#endif
