#include "tests/fuzz/fixture.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const struct fixture_key *fixture_key(unsigned byte, const char *use, const char *name)
{
    static struct fixture_key keys[FIXTURE_KEYS];
    struct fixture_key *key = &keys[byte];
    uint8_t seed[32];

    FUZZ_CHECK(byte < FIXTURE_KEYS);
    if (key->made)
        return key;
    memset(seed, (int)byte, sizeof seed);
    snprintf(key->file.use, sizeof key->file.use, "%s", use);
    snprintf(key->file.name, sizeof key->file.name, "%s", name);
    key->file.type = keyfile_type_of_use(use);
    key->file.secret = secret_from_seed(seed);
    FUZZ_CHECK(key->file.secret != NULL);
    vkey_make(
        &key->vkey, span_str(key->file.name), key->file.type, secret_public(key->file.secret));
    key->made = true;
    return key;
}

void fixture_put_key(
    struct buf *out, const char *word, const struct fixture_key *key, const char *rest)
{
    buf_put_str(out, word);
    buf_put_str(out, " ");
    vkey_write(out, &key->vkey);
    buf_put_str(out, rest);
}

void fixture_put_note(struct buf *out, struct span text, const struct fixture_key *const *keys,
    size_t count, uint64_t time_s)
{
    uint8_t cosignature[8 + ED25519_SIGNATURE_BYTES];
    struct buf cosigned;

    buf_put_span(out, text);
    buf_put_str(out, "\n");
    for (size_t i = 0; i < count; i++) {
        if (keys[i]->vkey.type == KEY_ED25519) {
            note_sign(out, text, keys[i]->vkey.name, keys[i]->file.secret);
            continue;
        }
        buf_init(&cosigned, text.n + 64);
        note_cosigned_text(&cosigned, time_s, text);
        be64_put(cosignature, time_s);
        secret_sign(keys[i]->file.secret, buf_view(&cosigned), cosignature + 8);
        note_put_line(
            out, keys[i]->vkey.name, keys[i]->vkey.id, span_of(cosignature, sizeof cosignature));
        buf_destroy(&cosigned);
    }
    FUZZ_CHECK(buf_status(out) == 0);
}

void fixture_put_roster_head(struct buf *out, uint64_t serial, const struct hash *parent)
{
    buf_printf(out, "keiin/roster/v1\n" FIXTURE_ORIGIN "\n%" PRIu64 "\n", serial);
    base64_encode(out, span_hash(parent));
    fixture_put_key(out, "\nroot", fixture_key(FIXTURE_ROOT, "root", "root.test/r"), "\n");
    buf_put_str(out, "threshold 1\n");
    fixture_put_key(out, "log", fixture_key(FIXTURE_LOG, "log", FIXTURE_ORIGIN), "\n");
}

struct span fixture_roster(bool witness)
{
    static struct buf texts[2];
    struct buf *out = &texts[witness];
    struct hash random;

    if (out->n > 0)
        return buf_view(out);
    memset(&random, 7, sizeof random);
    buf_init(out, 1 << 16);
    fixture_put_roster_head(out, 0, &random);
    if (witness) {
        fixture_put_key(
            out, "witness w", fixture_key(FIXTURE_WITNESS, "witness", "witness.test/w"), "\n");
        buf_put_str(out, "quorum w\n");
    } else {
        buf_put_str(out, "quorum none\n");
    }
    fixture_put_key(out, "writer", fixture_key(FIXTURE_OPERATOR, "writer", "operator.test/o"),
        " operator op\n");
    fixture_put_key(
        out, "writer", fixture_key(FIXTURE_WRITER, "writer", "writer.test/w"), " agency ag\n");
    FUZZ_CHECK(buf_status(out) == 0);
    return buf_view(out);
}
