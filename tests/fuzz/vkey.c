/*
 * core/vkey.c: a vkey that is taken is written again to the same text. Since no fuzzer finds the
 * key id that fits, each input is also tried with its id put right; then only name, type, length
 * and key decide.
 */
#include "core/vkey.h"

#include <stdlib.h>

#include "core/ed25519.h"
#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 10000;

static bool try_text(struct span in)
{
    struct vkey key;
    struct why why = {""};
    struct buf out;
    int err = vkey_parse(in, &key, &why);

    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    if (err != 0)
        return false;
    FUZZ_CHECK(name_valid(key.name));
    FUZZ_CHECK(key.type == KEY_ED25519 || key.type == KEY_COSIGNATURE ||
               key.type == KEY_COSIGNATURE_MLDSA44);
    if (key.type == KEY_COSIGNATURE_MLDSA44)
        return true; /* its key is not kept */
    FUZZ_CHECK(ed25519_key_valid(key.key));
    buf_init(&out, in.n);
    vkey_write(&out, &key);
    FUZZ_CHECK(span_eq(buf_view(&out), in));
    buf_destroy(&out);
    return true;
}

/* Puts the id of "<name>+<8 bytes>+<base64>" right; what the key is then decides alone. */
static void put_right(struct span in)
{
    const uint8_t *plus = in.n == 0 ? NULL : memchr(in.p, '+', in.n);
    size_t name_bytes = plus == NULL ? 0 : (size_t)(plus - in.p);
    uint8_t decoded[1 + MLDSA44_KEY_BYTES], id[4];
    struct span base64, text;
    bool good, known;
    char hex[9];
    int64_t n;

    if (plus == NULL || in.n - name_bytes < 11 || plus[9] != '+')
        return;
    base64 = span_of(plus + 10, in.n - name_bytes - 10);
    n = plain_base64(base64) ? base64_check(base64) : -1;
    if (n < 2 || n > (int64_t)sizeof decoded)
        return;
    FUZZ_CHECK(base64_decode(decoded, (size_t)n, base64));
    vkey_id(id, span_of(in.p, name_bytes), decoded[0], span_of(decoded + 1, (size_t)n - 1));
    hex_encode(hex, span_of(id, 4));
    text = fuzz_copy(in);
    memcpy((uint8_t *)(uintptr_t)text.p + name_bytes + 1, hex, 8);
    known = decoded[0] == KEY_COSIGNATURE_MLDSA44
                ? n == 1 + MLDSA44_KEY_BYTES
                : (decoded[0] == KEY_ED25519 || decoded[0] == KEY_COSIGNATURE) && n == 33 &&
                      ed25519_key_valid(decoded + 1);
    good = try_text(text);
    FUZZ_CHECK(good == (known && name_valid(span_of(in.p, name_bytes))));
    free((void *)(uintptr_t)text.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);

    (void)try_text(in);
    put_right(in);
    fuzz_end(in);
    return 0;
}
