/* `check` of a certificate: who signed it, and what it says. One thread. */
#ifndef KEIIN_VERIFIER_CHECK_CERTIFICATE_H
#define KEIIN_VERIFIER_CHECK_CERTIFICATE_H

#include "verifier/verify/verify.h"

#define CHECK_KEYS_MAX 100

/* Public keys that the caller knows. */
struct check_keys {
    struct vkey keys[CHECK_KEYS_MAX]; /* names borrowed from `bytes` */
    uint8_t *bytes[CHECK_KEYS_MAX]; /* owned */
    size_t count;
};
/* Adds the key of a file: --key. 0, or the exit status after a line. */
int check_keys_add(void *keys, const char *command, const char *path);
void check_keys_destroy(struct check_keys *keys);

/*
 * Checks one file and says what it is worth. Its exit status: 0 when it is rightly signed by a known key
 * and says "verified"; 1 when it is malformed, wrongly signed, of another ledger than the rosters', or
 * says that there are findings; 2 when no signature on it is by a known key, or it says that
 * there was no verdict.
 */
int check_certificate(const char *path, struct span bytes, const struct roster_list *rosters,
    const struct check_keys *keys, bool json);

#endif
