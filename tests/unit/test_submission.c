/*
 * The wire: what one end writes the other reads, and everything malformed is refused.
 * Re-encoding of known requests is in test_vectors.c.
 */
#include "core/msgpack.h"
#include "core/note.h"
#include "core/sha256.h"
#include "core/submission.h"
#include "tests/unit/test.h"

#define RECORDS 3

static void put_record(struct buf *b, uint64_t at, const struct hash *sealed)
{
    static const uint8_t salt[SALT_BYTES];

    msgpack_put_map(b, sealed == NULL ? 3 : 4);
    msgpack_put_str(b, span_str("action"));
    msgpack_put_str(b, span_str("query"));
    msgpack_put_str(b, span_str("at"));
    msgpack_put_uint(b, at);
    msgpack_put_str(b, span_str("salt"));
    msgpack_put_bin(b, span_of(salt, sizeof salt));
    if (sealed != NULL) {
        msgpack_put_str(b, span_str("sealed"));
        msgpack_put_bin(b, span_hash(sealed));
    }
}

/* A submission of three records, the second with a sealed part. */
static void make(struct submission *s, struct span records[RECORDS], struct span sealed[RECORDS],
    struct buf *memory)
{
    static const uint8_t signature[ED25519_SIGNATURE_BYTES] = {5};
    size_t starts[RECORDS + 1];
    struct hash digest;

    memset(s, 0, sizeof *s);
    sha256(&digest, span_str("sealed part"));
    buf_init(memory, 10000);
    for (size_t i = 0; i < RECORDS; i++) {
        starts[i] = memory->n;
        put_record(memory, 1790847000000 + i, i == 1 ? &digest : NULL);
    }
    starts[RECORDS] = memory->n;
    for (size_t i = 0; i < RECORDS; i++) {
        records[i] = span_of(memory->p + starts[i], starts[i + 1] - starts[i]);
        sealed[i] = i == 1 ? span_str("sealed part") : span_of(NULL, 0);
    }
    s->kind = ENTRY_RECORDS;
    memset(&s->key, 1, sizeof s->key);
    s->number = 11;
    memset(&s->before, 2, sizeof s->before);
    s->count = RECORDS;
    s->records = records;
    s->sealed = sealed;
    s->signature = span_of(signature, sizeof signature);
}

static void test_round_trip(void **state)
{
    struct span records[RECORDS], sealed[RECORDS];
    struct submission s, back;
    struct buf memory, body, again;
    struct hash digest, key;
    struct why why = {""};

    (void)state;
    make(&s, records, sealed, &memory);
    buf_init(&body, 10000);
    submission_write(&body, &s);
    if (submission_parse(buf_view(&body), &back, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(back.count, RECORDS);
    assert_true(
        back.number == 11 && hash_eq(&back.key, &s.key) && hash_eq(&back.before, &s.before));
    for (size_t i = 0; i < RECORDS; i++) {
        test_assert_span(back.records[i], records[i]);
        test_assert_span(back.sealed[i], sealed[i]);
        sha256(&digest, records[i]);
        assert_true(hash_eq(&digest, &back.digests[i]));
    }
    assert_true(submission_peek_key(buf_view(&body), &key));
    assert_true(hash_eq(&key, &s.key));
    buf_init(&again, 10000);
    submission_write(&again, &back);
    test_assert_span(buf_view(&again), buf_view(&body));
    submission_destroy(&back);
    buf_destroy(&again);
    buf_destroy(&body);
    buf_destroy(&memory);
}

static void test_every_cut_and_byte(void **state)
{
    struct span records[RECORDS], sealed[RECORDS];
    struct submission s, back;
    struct buf memory, body;
    struct hash key;

    (void)state;
    make(&s, records, sealed, &memory);
    buf_init(&body, 10000);
    submission_write(&body, &s);
    for (size_t n = 0; n < body.n; n++) {
        struct span cut = span_copy(span_of(body.p, n));

        assert_int_equal(submission_parse(cut, &back, NULL), KEIIN_EMALFORMED);
        submission_peek_key(cut, &key);
        span_free(cut);
    }
    for (size_t i = 0; i < body.n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct span changed = span_copy(buf_view(&body));

            ((uint8_t *)(uintptr_t)changed.p)[i] ^= (uint8_t)(1u << bit);
            if (submission_parse(changed, &back, NULL) == 0)
                submission_destroy(&back);
            span_free(changed);
        }
    buf_destroy(&body);
    buf_destroy(&memory);
}

static int try_sealed(struct span second, struct span third)
{
    struct span records[RECORDS], sealed[RECORDS];
    struct submission s, back;
    struct buf memory, body;
    int err;

    make(&s, records, sealed, &memory);
    sealed[1] = second;
    sealed[2] = third;
    buf_init(&body, 100000);
    submission_write(&body, &s);
    err = submission_parse(buf_view(&body), &back, NULL);
    if (err == 0)
        submission_destroy(&back);
    buf_destroy(&body);
    buf_destroy(&memory);
    return err;
}

static void test_sealed_parts(void **state)
{
    struct span none = {NULL, 0};

    (void)state;
    assert_int_equal(try_sealed(span_str("sealed part"), none), 0);
    assert_int_equal(try_sealed(span_str("another"), none), KEIIN_EMALFORMED);
    assert_int_equal(try_sealed(none, none), KEIIN_EMALFORMED);
    assert_int_equal(try_sealed(span_str("sealed part"), span_str("unnamed")), KEIIN_EMALFORMED);
}

/* A sealed part of the most bytes there may be, and of one more. */
static void test_longest_sealed_part(void **state)
{
    static uint8_t part[SEALED_BYTES_MAX + 1];
    struct span records[RECORDS], sealed[RECORDS];
    struct submission s, back;
    struct buf memory, record, body;
    struct hash digest;

    (void)state;
    for (size_t n = SEALED_BYTES_MAX; n <= SEALED_BYTES_MAX + 1; n++) {
        make(&s, records, sealed, &memory);
        sha256(&digest, span_of(part, n));
        buf_init(&record, 1000);
        put_record(&record, 1, &digest);
        records[1] = buf_view(&record);
        sealed[1] = span_of(part, n);
        buf_init(&body, SUBMISSION_BYTES_MAX);
        submission_write(&body, &s);
        assert_int_equal(submission_parse(buf_view(&body), &back, NULL),
            n <= SEALED_BYTES_MAX ? 0 : KEIIN_EMALFORMED);
        if (n <= SEALED_BYTES_MAX)
            submission_destroy(&back);
        buf_destroy(&body);
        buf_destroy(&record);
        buf_destroy(&memory);
    }
}

/* The list of sealed parts is empty or as long as that of the records. */
static void test_length_of_sealed_list(void **state)
{
    static const bool good[] = {true, false, true, false};
    struct span records[RECORDS], sealed[RECORDS];
    struct submission s, back;
    struct buf memory, body;

    (void)state;
    make(&s, records, sealed, &memory);
    for (size_t listed = 0; listed < sizeof good / sizeof good[0]; listed++) {
        buf_init(&body, 10000);
        msgpack_put_array(&body, 7);
        msgpack_put_uint(&body, 1);
        msgpack_put_bin(&body, span_hash(&s.key));
        msgpack_put_uint(&body, s.number);
        msgpack_put_bin(&body, span_hash(&s.before));
        msgpack_put_array(&body, 2);
        msgpack_put_bin(&body, records[0]);
        msgpack_put_bin(&body, records[2]);
        msgpack_put_array(&body, listed);
        for (size_t i = 0; i < listed; i++)
            msgpack_put_bin(&body, span_of(NULL, 0));
        msgpack_put_bin(&body, s.signature);
        assert_int_equal(
            submission_parse(buf_view(&body), &back, NULL), good[listed] ? 0 : KEIIN_EMALFORMED);
        if (good[listed])
            submission_destroy(&back);
        buf_destroy(&body);
    }
    buf_destroy(&memory);
}

static void test_counts_and_numbers(void **state)
{
    static struct span records[ENTRY_DIGESTS_MAX + 1], sealed[ENTRY_DIGESTS_MAX + 1];
    struct submission s, back;
    struct buf memory, body;

    (void)state;
    make(&s, records, sealed, &memory);
    for (size_t i = 0; i <= ENTRY_DIGESTS_MAX; i++)
        records[i] = records[0];
    s.sealed = NULL;
    buf_init(&body, SUBMISSION_BYTES_MAX);
    for (size_t count = 0; count <= ENTRY_DIGESTS_MAX + 1; count += 205) {
        bool good = count >= 1 && count <= ENTRY_DIGESTS_MAX;

        s.count = count;
        buf_clear(&body);
        submission_write(&body, &s);
        assert_int_equal(
            submission_parse(buf_view(&body), &back, NULL), good ? 0 : KEIIN_EMALFORMED);
        if (good)
            submission_destroy(&back);
    }
    s.count = 2;
    for (uint64_t number = UINT_MAX_CANONICAL - 2; number <= UINT_MAX_CANONICAL; number++) {
        bool good = number < UINT_MAX_CANONICAL;

        s.number = number;
        buf_clear(&body);
        submission_write(&body, &s);
        assert_int_equal(
            submission_parse(buf_view(&body), &back, NULL), good ? 0 : KEIIN_EMALFORMED);
        if (good)
            submission_destroy(&back);
    }
    s.number = 0;
    buf_clear(&body);
    submission_write(&body, &s);
    assert_int_equal(submission_parse(buf_view(&body), &back, NULL), KEIIN_EMALFORMED);
    buf_destroy(&body);
    buf_destroy(&memory);
}

static void test_roster_body(void **state)
{
    static const char note[] = "text\n\n\xe2\x80\x94 a AAAAAAA=\n";
    static const uint8_t signature[ED25519_SIGNATURE_BYTES] = {5};
    struct submission s = {0}, back;
    struct hash digest;
    struct buf body;

    (void)state;
    s.kind = ENTRY_ROSTER;
    s.number = 3;
    s.count = 1;
    s.note = span_str(note);
    s.signature = span_of(signature, sizeof signature);
    buf_init(&body, 10000);
    submission_write(&body, &s);
    assert_int_equal(submission_parse_roster(buf_view(&body), &back, NULL), 0);
    sha256(&digest, span_str("text\n"));
    assert_true(hash_eq(&back.digests[0], &digest)); /* of the text alone, not of the note */
    submission_destroy(&back);
    assert_int_equal(submission_parse(buf_view(&body), &back, NULL), KEIIN_EMALFORMED);
    s.note = span_str("no note\n");
    buf_clear(&body);
    submission_write(&body, &s);
    assert_int_equal(submission_parse_roster(buf_view(&body), &back, NULL), KEIIN_EMALFORMED);
    buf_destroy(&body);
}

static void test_receipt(void **state)
{
    struct receipt r = {0}, back;
    struct buf b;

    (void)state;
    r.index = 7;
    r.received = 1790847000123;
    memset(&r.prev, 3, sizeof r.prev);
    r.checkpoint = span_str("a note");
    buf_init(&b, 100000);
    for (size_t n = 0; n <= PROOF_HASHES_MAX; n += 16)
        for (int entry = 0; entry < 2; entry++) {
            r.proof_count = n;
            r.entry = entry ? span_str("an entry") : span_of(NULL, 0);
            buf_clear(&b);
            receipt_write(&b, &r);
            assert_int_equal(receipt_parse(buf_view(&b), &back), 0);
            assert_true(back.index == 7 && back.received == r.received);
            assert_int_equal(back.proof_count, n);
            test_assert_span(back.checkpoint, r.checkpoint);
            test_assert_span(back.entry, r.entry);
            for (size_t cut = 0; cut < b.n; cut++) {
                struct span s = span_copy(span_of(b.p, cut));

                assert_int_equal(receipt_parse(s, &back), KEIIN_EMALFORMED);
                span_free(s);
            }
        }
    buf_destroy(&b);
}

static void test_refusal_and_state(void **state)
{
    struct refusal r = {span_str("number"), span_str("not the next"), true, {{8}}, 41}, back;
    struct hash head = {{9}}, head_back;
    uint64_t number;
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    refusal_write(&b, &r);
    assert_true(msgpack_canonical(buf_view(&b)));
    assert_int_equal(refusal_parse(buf_view(&b), &back), 0);
    test_assert_span(back.code, r.code);
    test_assert_span(back.detail, r.detail);
    assert_true(back.has_head && back.number == 41 && hash_eq(&back.head, &r.head));
    r.has_head = false;
    buf_clear(&b);
    refusal_write(&b, &r);
    assert_true(msgpack_canonical(buf_view(&b)));
    assert_int_equal(refusal_parse(buf_view(&b), &back), 0);
    assert_false(back.has_head);
    assert_int_equal(refusal_parse(span_str("<html>"), &back), KEIIN_EMALFORMED);
    buf_clear(&b);
    writer_state_write(&b, 41, &head);
    assert_int_equal(writer_state_parse(buf_view(&b), &number, &head_back), 0);
    assert_true(number == 41 && hash_eq(&head, &head_back));
    assert_int_equal(
        writer_state_parse(span_of(b.p, b.n - 1), &number, &head_back), KEIIN_EMALFORMED);
    buf_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_cut_and_byte),
        cmocka_unit_test(test_sealed_parts),
        cmocka_unit_test(test_longest_sealed_part),
        cmocka_unit_test(test_length_of_sealed_list),
        cmocka_unit_test(test_counts_and_numbers),
        cmocka_unit_test(test_roster_body),
        cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_refusal_and_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
