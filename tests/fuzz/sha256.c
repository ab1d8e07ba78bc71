/*
 * core/sha256_many.c: messages of chosen lengths, each in a block of its own size, hash to the same
 * by every way that the processor has, and by libcrypto one after the other.
 */
#include "core/sha256.h"

#include <stdlib.h>

#include "core/sha256_many.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 4000;

#define MESSAGES_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n), messages[MESSAGES_MAX];
    struct choices c = choices_of(in);
    size_t count = choose(&c, MESSAGES_MAX + 1);
    int prefix = (int)choose(&c, 4) + SHA256_NO_PREFIX;
    enum sha256_way chosen = sha256_many_way();
    struct hash want[MESSAGES_MAX], got[MESSAGES_MAX + 1];
    uint8_t first = (uint8_t)prefix;

    for (size_t i = 0; i < count; i++) {
        struct span parts[2] = {span_of(&first, prefix == SHA256_NO_PREFIX ? 0 : 1)};

        messages[i] = fuzz_copy(choose_bytes(&c, choose_u8(&c)));
        parts[1] = messages[i];
        sha256_parts(&want[i], parts, 2);
    }
    for (int way = 0; way < SHA256_WAYS; way++) {
        if (!sha256_many_use((enum sha256_way)way))
            continue;
        memset(got, 0x55, sizeof got);
        sha256_many(got, prefix, messages, count);
        FUZZ_CHECK(count == 0 || memcmp(got, want, count * sizeof *got) == 0);
        FUZZ_CHECK(got[count].b[0] == 0x55 && got[count].b[HASH_BYTES - 1] == 0x55);
    }
    FUZZ_CHECK(sha256_many_use(chosen));
    for (size_t i = 0; i < count; i++)
        free((uint8_t *)(uintptr_t)messages[i].p - (messages[i].n == 0));
    fuzz_end(in);
    return 0;
}
