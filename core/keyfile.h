/*
 * Secret key files, their bytes: text lines
 *     keiin-secret-key/v1
 *     <root|log|witness|writer>
 *     <vkey>
 *     argon2id <opslimit> <memlimit in bytes> <b64 of salt (16)>     or:  none
 *     <b64 of nonce (24) || box>                                     or:  <b64 of seed (32)>
 * The box is XChaCha20-Poly1305 (libsodium) of the seed, its key Argon2id of the passphrase,
 * its additional data the four lines above it with their newlines. Any thread.
 */
#ifndef KEIIN_CORE_KEYFILE_H
#define KEIIN_CORE_KEYFILE_H

#include "core/ed25519.h"
#include "core/vkey.h"

#define KEYFILE_BYTES_MAX 4096
/* What a file may ask of Argon2id before it is opened: KEIIN_EMALFORMED. */
#define KEYFILE_OPSLIMIT_MAX 16
#define KEYFILE_MEMLIMIT_BYTES_MAX (UINT64_C(1) << 30)

struct keyfile {
    uint8_t type;        /* enum key_type; roots, logs and writers share 0x01 */
    char use[8];         /* "root", "log", "witness" or "writer" */
    char name[NAME_BYTES_MAX + 1];
    struct secret *secret; /* owned */
};

/* What a file says in clear; that the secret is that of the vkey shows only in keyfile_open. */
struct keyfile_public {
    char use[8];
    struct vkey key; /* its name is borrowed from the file's bytes */
    bool locked;
};

/* Checks all of the form and the vkey, nothing secret. KEIIN_EMALFORMED. */
int keyfile_look(struct span bytes, struct keyfile_public *out, struct why *why) KEIIN_MUST_USE;
/* The type that keys of a use have; 0 for a word that is no use. */
uint8_t keyfile_type_of_use(const char *use);

/* Whether the file needs a passphrase; KEIIN_EMALFORMED. */
int keyfile_is_locked(struct span bytes, bool *locked, struct why *why) KEIIN_MUST_USE;
/* KEIIN_EMALFORMED; KEIIN_EPASSPHRASE; KEIIN_EMISMATCH when the key is not that of the vkey. */
int keyfile_open(struct span bytes, struct span passphrase, struct keyfile *out, struct why *why)
    KEIIN_MUST_USE;
void keyfile_destroy(struct keyfile *k);
/* An empty passphrase writes an unlocked file. KEIIN_ENOMEM. The buffer holds a secret: wipe it. */
int keyfile_write(struct buf *out, const struct keyfile *k, struct span passphrase) KEIIN_MUST_USE;

#endif
