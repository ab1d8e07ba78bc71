/* SHA-256 (FIPS 180-4) by OpenSSL's libcrypto. No state outlives a call; any thread. */
#ifndef KEIIN_CORE_SHA256_H
#define KEIIN_CORE_SHA256_H

#include "core/bytes.h"

/* Hash of `count` parts, one after the other. */
void sha256_parts(struct hash *out, const struct span *parts, size_t count);
void sha256(struct hash *out, struct span bytes);

/* RFC 6962 section 2.1: H(0x00 || entry), and H(0x01 || left || right). */
void sha256_leaf(struct hash *out, struct span entry);
void sha256_node(struct hash *out, const struct hash *left, const struct hash *right);

/* A hash over bytes that come in pieces. */
struct sha256_stream {
    union {
        uint64_t align;
        uint8_t bytes[128];
    } state;
};

void sha256_stream_init(struct sha256_stream *s);
void sha256_stream_update(struct sha256_stream *s, struct span bytes);
void sha256_stream_final(struct sha256_stream *s, struct hash *out);

#endif
