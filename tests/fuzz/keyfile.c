/*
 * core/keyfile.c: what is said of a file in clear is what opening it finds; an open key is
 * written again to the same bytes; what is asked of Argon2id is bounded before anything is done.
 */
#include "core/keyfile.h"

#include <stdio.h>

#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 3000;

/* Files that ask for more are not opened here: it would only take time. */
#define CHEAP_OPSLIMIT 1
#define CHEAP_MEMLIMIT_BYTES 16384

static bool cheap(struct span in)
{
    struct cursor c = cursor_of(in);
    unsigned long long ops, memory;
    char line[128];
    struct span fourth;

    for (int i = 0; i < 3; i++)
        cursor_line(&c);
    fourth = cursor_line(&c);
    if (c.failed || fourth.n >= sizeof line)
        return false;
    memcpy(line, fourth.p, fourth.n);
    line[fourth.n] = 0;
    return sscanf(line, "argon2id %llu %llu ", &ops, &memory) == 2 && ops <= CHEAP_OPSLIMIT &&
           memory <= CHEAP_MEMLIMIT_BYTES;
}

static void check_open(struct span in, const struct keyfile_public *clear)
{
    struct why why = {""};
    struct keyfile key;
    struct buf out;
    int err = keyfile_open(in, span_str("fuzz"), &key, &why);

    FUZZ_CHECK(err == 0 || err == KEIIN_EMALFORMED || err == KEIIN_EMISMATCH ||
               (err == KEIIN_EPASSPHRASE && clear->locked));
    FUZZ_CHECK(err == 0 || err == KEIIN_EMALFORMED || fuzz_says_why(&why));
    if (err != 0)
        return;
    FUZZ_CHECK(span_is(clear->key.name, key.name) && strcmp(clear->use, key.use) == 0);
    FUZZ_CHECK(memcmp(secret_public(key.secret), clear->key.key, ED25519_KEY_BYTES) == 0);
    if (!clear->locked) {
        buf_init(&out, KEYFILE_BYTES_MAX);
        FUZZ_CHECK(keyfile_write(&out, &key, span_of(NULL, 0)) == 0);
        FUZZ_CHECK(span_eq(buf_view(&out), in));
        buf_destroy(&out);
    }
    keyfile_destroy(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct keyfile_public clear;
    struct why why = {""};
    bool locked = true;
    int err = keyfile_look(in, &clear, &why);

    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    FUZZ_CHECK(keyfile_is_locked(in, &locked, NULL) == err && locked == (err == 0 && clear.locked));
    if (err == 0) {
        FUZZ_CHECK(keyfile_type_of_use(clear.use) == clear.key.type && name_valid(clear.key.name));
        if (!clear.locked || cheap(in))
            check_open(in, &clear);
    }
    fuzz_end(in);
    return 0;
}
