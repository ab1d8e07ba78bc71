/*
 * Keys and signatures judged once: the linker puts these functions in place of the true ones
 * (--wrap), which they ask whenever the question is new. Nothing is judged otherwise than it is.
 * Any thread, one at a time.
 */
#include <pthread.h>

#include "core/ed25519.h"
#include "core/sha256.h"
#include "tests/fuzz/fuzz.h"

bool __real_ed25519_key_valid(const uint8_t key[static ED25519_KEY_BYTES]);
bool __wrap_ed25519_key_valid(const uint8_t key[static ED25519_KEY_BYTES]);
bool __real_ed25519_verify(
    const uint8_t key[static ED25519_KEY_BYTES], struct span message, struct span signature);
bool __wrap_ed25519_verify(
    const uint8_t key[static ED25519_KEY_BYTES], struct span message, struct span signature);
void __real_secret_sign(const struct secret *secret, struct span message,
    uint8_t signature[static ED25519_SIGNATURE_BYTES]);
void __wrap_secret_sign(const struct secret *secret, struct span message,
    uint8_t signature[static ED25519_SIGNATURE_BYTES]);

#define ANSWERS 8192

static struct answer {
    struct hash question;
    bool there, good;
    uint8_t signature[ED25519_SIGNATURE_BYTES];
} answers[ANSWERS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock: the place of a question; `there` is false when the answer is still to be found. */
static struct answer *answer_to(
    const char *kind, struct span key, struct span message, struct span signature)
{
    struct span parts[4] = {span_of(kind, 1), key, signature, message};
    struct answer *answer;
    struct hash question;

    sha256_parts(&question, parts, 4);
    answer = &answers[be32_get(question.b) % ANSWERS];
    if (!answer->there || !hash_eq(&answer->question, &question)) {
        answer->there = false;
        answer->question = question;
    }
    return answer;
}

bool __wrap_ed25519_key_valid(const uint8_t key[static ED25519_KEY_BYTES])
{
    struct answer *answer;
    bool good;

    pthread_mutex_lock(&lock);
    answer = answer_to("k", span_of(key, ED25519_KEY_BYTES), span_of(NULL, 0), span_of(NULL, 0));
    if (!answer->there)
        answer->good = __real_ed25519_key_valid(key);
    answer->there = true;
    good = answer->good;
    pthread_mutex_unlock(&lock);
    return good;
}

bool __wrap_ed25519_verify(
    const uint8_t key[static ED25519_KEY_BYTES], struct span message, struct span signature)
{
    struct answer *answer;
    bool good;

    if (signature.n != ED25519_SIGNATURE_BYTES)
        return __real_ed25519_verify(key, message, signature);
    pthread_mutex_lock(&lock);
    answer = answer_to("v", span_of(key, ED25519_KEY_BYTES), message, signature);
    if (!answer->there)
        answer->good = __real_ed25519_verify(key, message, signature);
    answer->there = true;
    good = answer->good;
    pthread_mutex_unlock(&lock);
    return good;
}

void __wrap_secret_sign(const struct secret *secret, struct span message,
    uint8_t signature[static ED25519_SIGNATURE_BYTES])
{
    struct answer *answer;

    pthread_mutex_lock(&lock);
    answer = answer_to(
        "s", span_of(secret_public(secret), ED25519_KEY_BYTES), message, span_of(NULL, 0));
    if (!answer->there)
        __real_secret_sign(secret, message, answer->signature);
    answer->there = true;
    memcpy(signature, answer->signature, ED25519_SIGNATURE_BYTES);
    pthread_mutex_unlock(&lock);
}
