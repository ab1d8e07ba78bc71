/* Proof files: written and read back, each malformed line refused, limits on both sides. */
#include "core/proof.h"
#include "tests/unit/test.h"

static void test_round_trip(void **state)
{
    struct hash hashes[PROOF_HASHES_MAX];
    struct span extra = span_str("extra bytes"),
                checkpoint = span_str("origin\n1\nroot\n\nlines\n");

    (void)state;
    memset(hashes, 0x42, sizeof hashes);
    for (size_t n = 0; n <= PROOF_HASHES_MAX; n++)
        for (int with = 0; with < 2; with++) {
            struct proof proof;
            struct buf b;

            buf_init(&b, PROOF_BYTES_MAX);
            proof_write(&b, with ? extra : span_of(NULL, 0), 1234567 + n, hashes, n, checkpoint);
            assert_int_equal(buf_status(&b), 0);
            assert_int_equal(proof_parse(buf_view(&b), &proof, NULL), 0);
            assert_int_equal(proof.has_extra, with);
            if (with)
                test_assert_span(span_of(proof.extra, proof.extra_bytes), extra);
            assert_true(proof.index == 1234567 + n);
            assert_int_equal(proof.hash_count, n);
            assert_memory_equal(proof.hashes, hashes, n * HASH_BYTES);
            test_assert_span(proof.checkpoint, checkpoint);
            proof_destroy(&proof);
            buf_destroy(&b);
        }
}

static void test_malformed(void **state)
{
#define HASH_LINE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    static const char *const bad[] = {"", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", "c2sp.org/tlog-proof@v1\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nx\n", "c2sp.org/tlog-proof@v1\nindex -1\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex 1", "c2sp.org/tlog-proof@v1\nindex 1\n",
        "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex 1\n" HASH_LINE,
        "c2sp.org/tlog-proof@v1\nextra A\nindex 1\n\nx\n",
        "c2sp.org/tlog-proof@v1\nextra \nindex 1\n\nx\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 1\n\nx\n",
        "c2sp.org/tlog-proof@v1\nextra AAAA\n" HASH_LINE "\nx\n",
        "c2sp.org/tlog-proof@v1\nindex 1\nextra AAAA\n\nx\n",
        "c2sp.org/tlog-proof@v1\nindex 1\n " HASH_LINE "\nx\n",
        "c2sp.org/tlog-proof@v1\r\nindex 1\r\n\r\nx\r\n"};
    struct proof proof;
    struct buf b;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct span s = span_copy(span_str(bad[i]));
        struct why why = {""};

        if (proof_parse(s, &proof, &why) != KEIIN_EMALFORMED)
            fail_msg("case %zu passes for a proof", i);
        assert_true(why.text[0] != '\0');
        span_free(s);
    }
    assert_int_equal(
        proof_parse(span_str("c2sp.org/tlog-proof@v1\nindex 1\n" HASH_LINE "\nx\n"), &proof, NULL),
        0);
    proof_destroy(&proof);
    buf_init(&b, PROOF_BYTES_MAX);
    buf_put_str(&b, "c2sp.org/tlog-proof@v1\nindex 1\n");
    for (int i = 0; i <= PROOF_HASHES_MAX; i++)
        buf_put_str(&b, HASH_LINE);
    buf_put_str(&b, "\nx\n");
    assert_int_equal(proof_parse(buf_view(&b), &proof, NULL), KEIIN_EMALFORMED);
    buf_destroy(&b);
}

static void test_extra(void **state)
{
    static const char *const bad[] = {"", "90", "91a161", "92c40161c40162", "94c4016100c40162",
        "95c4016100c40162c4016300", "94c4016100c40162c4016300", "81a16101", "91c40161ff"};
    struct proof_extra extra = {span_str("entry"), true, 3, span_str("record"), span_of(NULL, 0)};
    struct proof_extra back;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    proof_extra_write(&b, &extra);
    assert_int_equal(proof_extra_parse(buf_view(&b), &back), 0);
    test_assert_span(back.entry, extra.entry);
    assert_true(back.has_record && back.position == 3);
    test_assert_span(back.record, extra.record);
    assert_int_equal(back.sealed.n, 0);
    extra.has_record = false;
    buf_clear(&b);
    proof_extra_write(&b, &extra);
    assert_int_equal(proof_extra_parse(buf_view(&b), &back), 0);
    assert_false(back.has_record);
    buf_destroy(&b);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct span s = span_unhex(bad[i]);

        if (proof_extra_parse(s, &back) != KEIIN_EMALFORMED)
            fail_msg("%s passes for an extra", bad[i]);
        span_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_extra),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
