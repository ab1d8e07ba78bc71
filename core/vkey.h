/* Keys as note vkeys: "<name>+<hex key id>+b64(type || public key)" (c2sp.org/signed-note). */
#ifndef KEIIN_CORE_VKEY_H
#define KEIIN_CORE_VKEY_H

#include "core/bytes.h"

enum key_type {
    KEY_ED25519 = 0x01,            /* Ed25519 over the text: roots, logs, writers */
    KEY_COSIGNATURE = 0x04,        /* Ed25519 cosignature with a time: witnesses */
    KEY_COSIGNATURE_MLDSA44 = 0x06 /* ML-DSA-44 cosignature: known, not yet checked */
};

/* A key a reader seals to has type 0x01 too, but is X25519: it never signs. */
struct vkey {
    struct span name; /* borrowed from the text it was parsed from */
    uint8_t type;
    uint8_t id[4];
    uint8_t key[ED25519_KEY_BYTES]; /* Ed25519 only; zero for ML-DSA-44 */
    struct hash key_hash;           /* H(type || public key): how entries name a key */
    struct hash bytes_hash;         /* H(public key): to find one key under two types */
};

/* key id = H(name || 0x0A || type || public key)[0..4] */
void vkey_id(uint8_t id[static 4], struct span name, uint8_t type, struct span key);

/*
 * Checks all of it: name, id, base64, type and length, and for Ed25519 that the key is a
 * canonical point of prime order. KEIIN_EMALFORMED.
 */
int vkey_parse(struct span text, struct vkey *out, struct why *why) KEIIN_MUST_USE;

/* From a name and an Ed25519 key; the name stays borrowed. */
void vkey_make(struct vkey *out, struct span name, uint8_t type,
    const uint8_t key[static ED25519_KEY_BYTES]);

/* Writes the vkey text of an Ed25519 key. */
void vkey_write(struct buf *out, const struct vkey *key);

#endif
