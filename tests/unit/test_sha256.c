/* Hashing side by side gives what libcrypto gives, in every way that the processor has. */
#include "core/sha256.h"
#include "core/sha256_many.h"
#include "tests/unit/test.h"

#define BYTES_MAX 700

static const char *const way_names[SHA256_WAYS] = {"one by one", "8 lanes", "16 lanes"};

static uint64_t random_state;

static uint64_t random_below(uint64_t n)
{
    return test_random(&random_state) % n;
}

static void want_same(int prefix, const struct span *messages, size_t count)
{
    struct hash digests[64];
    uint8_t byte = (uint8_t)prefix;

    assert_true(count <= 64);
    memset(digests, 0xee, sizeof digests);
    sha256_many(digests, prefix, messages, count);
    for (size_t i = 0; i < count; i++) {
        struct span parts[2] = {{&byte, prefix != SHA256_NO_PREFIX}, messages[i]};
        struct hash right;

        sha256_parts(&right, parts, 2);
        if (!hash_eq(&right, &digests[i]))
            fail_msg("message %zu of %zu, %zu bytes, prefix %d, %s", i, count, messages[i].n,
                prefix, way_names[sha256_many_way()]);
    }
    for (size_t i = count; i < 64; i++)
        assert_int_equal(digests[i].b[0], 0xee);
}

static void every_length(void)
{
    static uint8_t bytes[BYTES_MAX + 64];
    struct span messages[64];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random_below(256);
    for (size_t length = 0; length <= BYTES_MAX; length++) {
        for (size_t i = 0; i < 64; i++) /* one length, at any alignment */
            messages[i] = span_of(bytes + i, length);
        want_same(SHA256_NO_PREFIX, messages, 17);
        want_same(2, messages, 17);
    }
    for (int round = 0; round < 500; round++) { /* any lengths and counts */
        size_t count = random_below(65);

        for (size_t i = 0; i < count; i++)
            messages[i] = span_of(bytes + random_below(64), random_below(BYTES_MAX + 1));
        want_same(round % 3 - 1, messages, count);
    }
    messages[0] = (struct span){NULL, 0};
    for (size_t i = 1; i < 8; i++)
        messages[i] = messages[0];
    want_same(SHA256_NO_PREFIX, messages, 8);
    want_same(0, messages, 8);
}

/* A way that the processor has must not have been given up for wrong results. */
static void want_way(enum sha256_way way)
{
#if defined(__x86_64__)
    if (way == SHA256_8_LANES)
        assert_int_equal(sha256_many_use(way), __builtin_cpu_supports("avx2") != 0);
    if (way == SHA256_16_LANES)
        assert_int_equal(sha256_many_use(way), __builtin_cpu_supports("avx512bw") != 0);
#endif
    assert_true(way != SHA256_ONE_BY_ONE || sha256_many_use(way));
}

static void test_all_ways(void **state)
{
    enum sha256_way chosen = sha256_many_way();

    (void)state;
    for (enum sha256_way way = SHA256_ONE_BY_ONE; way < SHA256_WAYS; way++) {
        want_way(way);
        if (!sha256_many_use(way)) {
            print_message("this processor cannot hash in %s\n", way_names[way]);
            continue;
        }
        assert_int_equal(sha256_many_way(), way);
        random_state = 1;
        every_length();
    }
    assert_true(sha256_many_use(chosen));
}

/* FIPS 180-4's own examples: "abc", the two-block one, and nothing. */
static void test_examples(void **state)
{
    static const char *const texts[] = {
        "abc", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", ""};
    static const char *const digests[] = {
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
    struct span messages[6];
    struct hash got[6];
    char hex[65];

    (void)state;
    for (size_t i = 0; i < 6; i++)
        messages[i] = span_str(texts[i % 3]);
    for (enum sha256_way way = SHA256_ONE_BY_ONE; way < SHA256_WAYS; way++) {
        if (!sha256_many_use(way))
            continue;
        sha256_many(got, SHA256_NO_PREFIX, messages, 6);
        for (size_t i = 0; i < 6; i++) {
            for (size_t j = 0; j < 32; j++)
                snprintf(hex + 2 * j, 3, "%02x", got[i].b[j]);
            assert_string_equal(hex, digests[i % 3]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_ways), cmocka_unit_test(test_examples)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
