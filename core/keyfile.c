#include "core/keyfile.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

#include "core/text.h"

#define FIRST_LINE "keiin-secret-key/v1"
#define SALT_BYTES_KEY crypto_pwhash_SALTBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEED_BYTES 32
#define BOX_BYTES (SEED_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define BOX_KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES

_Static_assert(SALT_BYTES_KEY == 16 && NONCE_BYTES == 24 && BOX_BYTES == 48,
    "the lengths that keyfile.h states");

/* A key file taken apart; the spans are borrowed from its bytes. */
struct parts {
    struct keyfile_public clear;
    uint64_t opslimit;
    uint64_t memlimit_bytes;
    uint8_t salt[SALT_BYTES_KEY];
    struct span above; /* the lines above the last one, with their newlines */
    struct span secret; /* base64 of nonce and box, or of the seed */
};

/* All that is secret while a file is opened or written; lives in sodium_malloc'd memory. */
struct workings {
    uint8_t box_key[BOX_KEY_BYTES];
    uint8_t seed[SEED_BYTES];
    uint8_t sealed[NONCE_BYTES + BOX_BYTES];
};

uint8_t keyfile_type_of_use(const char *use)
{
    if (strcmp(use, "witness") == 0)
        return KEY_COSIGNATURE;
    if (strcmp(use, "root") == 0 || strcmp(use, "log") == 0 || strcmp(use, "writer") == 0)
        return KEY_ED25519;
    return 0;
}

static bool parse_use(struct span line, struct keyfile_public *out)
{
    if (line.n == 0 || line.n >= sizeof out->use || memchr(line.p, 0, line.n) != NULL)
        return false;
    memcpy(out->use, line.p, line.n);
    out->use[line.n] = 0;
    return keyfile_type_of_use(out->use) != 0;
}

/* The next word of a line, up to a space or the end. */
static struct span word(struct cursor *c)
{
    const uint8_t *space = cursor_left(c) == 0 ? NULL : memchr(c->p, ' ', cursor_left(c));
    struct span w = cursor_take(c, space == NULL ? cursor_left(c) : (size_t)(space - c->p));

    if (space != NULL)
        cursor_skip(c, " ");
    return w;
}

static bool parse_lock(struct span line, struct parts *out)
{
    struct cursor c = cursor_of(line);

    if (span_is(line, "none"))
        return true;
    out->clear.locked = true;
    return cursor_skip(&c, "argon2id ") &&
           decimal_parse(word(&c), KEYFILE_OPSLIMIT_MAX, &out->opslimit) &&
           out->opslimit >= crypto_pwhash_OPSLIMIT_MIN &&
           decimal_parse(word(&c), KEYFILE_MEMLIMIT_BYTES_MAX, &out->memlimit_bytes) &&
           out->memlimit_bytes >= crypto_pwhash_MEMLIMIT_MIN &&
           base64_decode(out->salt, sizeof out->salt, span_of(c.p, cursor_left(&c)));
}

static int parse(struct span bytes, struct parts *out, struct why *why)
{
    struct cursor c = cursor_of(bytes);
    struct span first, use, key, lock;

    memset(out, 0, sizeof *out);
    first = cursor_line(&c);
    use = cursor_line(&c);
    key = cursor_line(&c);
    lock = cursor_line(&c);
    out->above = span_of(bytes.p, (size_t)(c.p - bytes.p));
    out->secret = cursor_line(&c);
    if (bytes.n > KEYFILE_BYTES_MAX || !cursor_done(&c) || !span_is(first, FIRST_LINE)) {
        why_set(why, "is not a secret key file, five lines that begin with \"%s\"", FIRST_LINE);
        return KEIIN_EMALFORMED;
    }
    if (!parse_use(use, &out->clear)) {
        why_set(why, "line 2 of a secret key file is root, log, witness or writer");
        return KEIIN_EMALFORMED;
    }
    if (vkey_parse(key, &out->clear.key, why) != 0) {
        why_prefix(why, "line 3");
        return KEIIN_EMALFORMED;
    }
    if (out->clear.key.type != keyfile_type_of_use(out->clear.use)) {
        why_set(why, "line 3: a %s key is not of type 0x%02x", out->clear.use, out->clear.key.type);
        return KEIIN_EMALFORMED;
    }
    if (!parse_lock(lock, out)) {
        why_set(why,
            "line 4 of a secret key file is \"none\" or \"argon2id <opslimit, to %d> <memlimit, "
            "to %" PRIu64 "> <base64 of the salt>\"",
            KEYFILE_OPSLIMIT_MAX, (uint64_t)KEYFILE_MEMLIMIT_BYTES_MAX);
        return KEIIN_EMALFORMED;
    }
    if (base64_check(out->secret) !=
        (out->clear.locked ? (int64_t)(NONCE_BYTES + BOX_BYTES) : SEED_BYTES)) {
        why_set(why, "line 5 of a secret key file has not the length of its secret");
        return KEIIN_EMALFORMED;
    }
    return 0;
}

int keyfile_look(struct span bytes, struct keyfile_public *out, struct why *why)
{
    struct parts parts;
    int err = parse(bytes, &parts, why);

    *out = parts.clear;
    return err;
}

int keyfile_is_locked(struct span bytes, bool *locked, struct why *why)
{
    struct keyfile_public clear;
    int err = keyfile_look(bytes, &clear, why);

    *locked = err == 0 && clear.locked;
    return err;
}

static int unlock(
    const struct parts *parts, struct span passphrase, struct workings *w, struct why *why)
{
    if (!base64_decode(w->sealed, sizeof w->sealed, parts->secret))
        return KEIIN_EMALFORMED;
    if (crypto_pwhash(w->box_key, sizeof w->box_key, (const char *)passphrase.p, passphrase.n,
            parts->salt, parts->opslimit, (size_t)parts->memlimit_bytes,
            crypto_pwhash_ALG_ARGON2ID13) != 0)
        return KEIIN_ENOMEM;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(w->seed, NULL, NULL, w->sealed + NONCE_BYTES,
            BOX_BYTES, parts->above.p, parts->above.n, w->sealed, w->box_key) != 0) {
        why_set(why, "the passphrase does not open the key, or the file was changed");
        return KEIIN_EPASSPHRASE;
    }
    return 0;
}

int keyfile_open(struct span bytes, struct span passphrase, struct keyfile *out, struct why *why)
{
    struct workings *w = NULL;
    struct parts parts;
    int err;

    memset(out, 0, sizeof *out);
    err = parse(bytes, &parts, why);
    if (err != 0)
        return err;
    w = sodium_malloc(sizeof *w);
    if (w == NULL)
        return KEIIN_ENOMEM;
    if (parts.clear.locked)
        err = unlock(&parts, passphrase, w, why);
    else if (!base64_decode(w->seed, sizeof w->seed, parts.secret))
        err = KEIIN_EMALFORMED;
    if (err != 0)
        goto out;
    out->secret = secret_from_seed(w->seed);
    if (out->secret == NULL) {
        err = KEIIN_ENOMEM;
        goto out;
    }
    if (memcmp(secret_public(out->secret), parts.clear.key.key, ED25519_KEY_BYTES) != 0) {
        why_set(why, "the secret key is not that of the vkey in line 3");
        keyfile_destroy(out);
        err = KEIIN_EMISMATCH;
        goto out;
    }
    out->type = parts.clear.key.type;
    memcpy(out->use, parts.clear.use, sizeof out->use);
    memcpy(out->name, parts.clear.key.name.p, parts.clear.key.name.n);
    out->name[parts.clear.key.name.n] = 0;
out:
    sodium_free(w);
    return err;
}

void keyfile_destroy(struct keyfile *k)
{
    secret_free(k->secret);
    memset(k, 0, sizeof *k);
}

/* Lines 4 and 5 of a locked file; line 4 is part of what the box is bound to. */
static int write_locked(struct buf *out, size_t start, struct span passphrase, struct workings *w)
{
    uint8_t salt[SALT_BYTES_KEY];

    randombytes_buf(salt, sizeof salt);
    randombytes_buf(w->sealed, NONCE_BYTES);
    buf_printf(out, "argon2id %" PRIu64 " %" PRIu64 " ", (uint64_t)crypto_pwhash_OPSLIMIT_MODERATE,
        (uint64_t)crypto_pwhash_MEMLIMIT_MODERATE);
    base64_encode(out, span_of(salt, sizeof salt));
    buf_put_str(out, "\n");
    if (out->status != 0)
        return out->status;
    if (crypto_pwhash(w->box_key, sizeof w->box_key, (const char *)passphrase.p, passphrase.n, salt,
            crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
            crypto_pwhash_ALG_ARGON2ID13) != 0)
        return KEIIN_ENOMEM;
    crypto_aead_xchacha20poly1305_ietf_encrypt(w->sealed + NONCE_BYTES, NULL, w->seed, SEED_BYTES,
        out->p + start, out->n - start, NULL, w->sealed, w->box_key);
    base64_encode(out, span_of(w->sealed, sizeof w->sealed));
    buf_put_str(out, "\n");
    return 0;
}

int keyfile_write(struct buf *out, const struct keyfile *k, struct span passphrase)
{
    struct workings *w = NULL;
    size_t start = out->n;
    struct vkey key;
    int err = 0;

    assert(keyfile_type_of_use(k->use) == k->type && name_valid(span_str(k->name)));
    /* All the room at once: a buffer that grew would leave the seed where it was before. */
    if (buf_extend(out, KEYFILE_BYTES_MAX) == NULL)
        return buf_status(out);
    out->n = start;
    w = sodium_malloc(sizeof *w);
    if (w == NULL)
        return KEIIN_ENOMEM;
    secret_seed(k->secret, w->seed);
    vkey_make(&key, span_str(k->name), k->type, secret_public(k->secret));
    buf_put_str(out, FIRST_LINE "\n");
    buf_put_str(out, k->use);
    buf_put_str(out, "\n");
    vkey_write(out, &key);
    buf_put_str(out, "\n");
    if (passphrase.n == 0) {
        buf_put_str(out, "none\n");
        base64_encode(out, span_of(w->seed, SEED_BYTES));
        buf_put_str(out, "\n");
    } else {
        err = write_locked(out, start, passphrase, w);
    }
    sodium_free(w);
    return err != 0 ? err : buf_status(out);
}
