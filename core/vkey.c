#include "core/vkey.h"

#include "core/ed25519.h"
#include "core/sha256.h"
#include "core/text.h"

void vkey_id(uint8_t id[static 4], struct span name, uint8_t type, struct span key)
{
    struct span parts[4] = {name, span_str("\n"), {&type, 1}, key};
    struct hash h;

    sha256_parts(&h, parts, 4);
    memcpy(id, h.b, 4);
}

static void hashes(struct vkey *out, struct span key)
{
    struct span parts[2] = {{&out->type, 1}, key};

    vkey_id(out->id, out->name, out->type, key);
    sha256_parts(&out->key_hash, parts, 2);
    sha256(&out->bytes_hash, key);
}

void vkey_make(struct vkey *out, struct span name, uint8_t type,
    const uint8_t key[static ED25519_KEY_BYTES])
{
    out->name = name;
    out->type = type;
    memcpy(out->key, key, ED25519_KEY_BYTES);
    hashes(out, span_of(key, ED25519_KEY_BYTES));
}

/* Bytes of the public key that a type has; 0 for an unknown type. */
static size_t key_bytes(uint8_t type)
{
    switch (type) {
    case KEY_ED25519:
    case KEY_COSIGNATURE:
        return ED25519_KEY_BYTES;
    case KEY_COSIGNATURE_MLDSA44:
        return MLDSA44_KEY_BYTES;
    default:
        return 0;
    }
}

int vkey_parse(struct span text, struct vkey *out, struct why *why)
{
    const uint8_t *plus = text.n == 0 ? NULL : memchr(text.p, '+', text.n);
    uint8_t id[4], decoded[1 + MLDSA44_KEY_BYTES];
    struct span rest, base64;
    int64_t n;

    *out = (struct vkey){0};
    if (plus == NULL || (size_t)(text.p + text.n - plus) < 1 + 8 + 1 || plus[9] != '+') {
        why_set(why, "a vkey is <name>+<8 hex digits>+<base64>");
        return KEIIN_EMALFORMED;
    }
    out->name = span_of(text.p, (size_t)(plus - text.p));
    rest = span_of(plus + 1, 8);
    base64 = span_of(plus + 10, (size_t)(text.p + text.n - plus - 10));
    if (!name_valid(out->name)) {
        why_set(why, "a key name has 1 to 255 bytes of 0x21-0x7E without '+'");
        return KEIIN_EMALFORMED;
    }
    n = base64_check(base64);
    if (!hex_decode(id, 4, rest) || n < 2 || n > (int64_t)sizeof decoded ||
        !base64_decode(decoded, (size_t)n, base64)) {
        why_set(why, "the key id or the base64 of a vkey is malformed");
        return KEIIN_EMALFORMED;
    }
    out->type = decoded[0];
    if (key_bytes(out->type) != (size_t)n - 1) {
        why_set(why, "key type 0x%02x with %d bytes is not one that keiin knows", out->type,
            (int)n - 1);
        return KEIIN_EMALFORMED;
    }
    hashes(out, span_of(decoded + 1, (size_t)n - 1));
    if (memcmp(id, out->id, 4) != 0) {
        why_set(why, "the key id of a vkey does not fit its name and key");
        return KEIIN_EMALFORMED;
    }
    if (out->type == KEY_COSIGNATURE_MLDSA44)
        return 0;
    memcpy(out->key, decoded + 1, ED25519_KEY_BYTES);
    if (!ed25519_key_valid(out->key)) {
        why_set(why, "an Ed25519 key is not the canonical encoding of a point of prime order");
        return KEIIN_EMALFORMED;
    }
    return 0;
}

void vkey_write(struct buf *out, const struct vkey *key)
{
    uint8_t typed[1 + ED25519_KEY_BYTES];
    char id[9];

    typed[0] = key->type;
    memcpy(typed + 1, key->key, ED25519_KEY_BYTES);
    hex_encode(id, span_of(key->id, 4));
    buf_put_span(out, key->name);
    buf_printf(out, "+%s+", id);
    base64_encode(out, span_of(typed, sizeof typed));
}
