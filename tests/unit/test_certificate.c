/* Certificates: one spelling, parts that fit each other, and no bit that can be changed unseen. */
#include "tests/unit/test.h"

#include "core/certificate.h"
#include "core/note.h"
#include "core/sha256.h"
#include "core/text.h"

#define NAME "auditor.test/a"

static struct certificate sound(void)
{
    struct certificate c = {.origin = span_str("log.test/one"),
        .has_ledger_id = true,
        .has_checkpoint = true,
        .size = 9131,
        .roster_trusted = 0,
        .roster_judge = 2,
        .verdict = CERTIFICATE_VERIFIED,
        .entries = 9131,
        .records_were_read = true,
        .records = 10056,
        .has_received = true,
        .received = 1746888523497,
        .voucher = CERTIFICATE_WITNESSES,
        .vouched_at = 1746888530000,
        .time = 1790000000123,
        .program = span_str("keiin-verify"),
        .version = span_str("0.1.0")};

    memset(c.ledger_id.b, 7, HASH_BYTES);
    memset(c.root.b, 9, HASH_BYTES);
    sha256(&c.findings_digest, span_of("", 0));
    return c;
}

static struct certificate with_findings(void)
{
    struct certificate c = sound();

    c.verdict = CERTIFICATE_FINDINGS;
    c.findings = 1200;
    c.digested = 1000;
    c.findings_digest.b[0] ^= 1;
    c.entries = 500;
    c.entries_before = 400;
    c.records_were_read = false;
    c.voucher = CERTIFICATE_NOBODY;
    return c;
}

static struct certificate without_anything(void)
{
    struct certificate c = sound();

    c.verdict = CERTIFICATE_INCOMPLETE;
    c.findings = c.digested = 1;
    c.findings_digest.b[5] ^= 1;
    c.has_ledger_id = c.has_checkpoint = c.has_received = false;
    c.entries = c.records = c.roster_judge = 0;
    c.voucher = CERTIFICATE_NOBODY;
    return c;
}

static void write_to(struct buf *out, const struct certificate *c)
{
    buf_init(out, CERTIFICATE_TEXT_BYTES_MAX);
    certificate_write(out, c);
    assert_int_equal(buf_status(out), 0);
}

static bool taken(struct span text)
{
    struct certificate c;
    struct why why = {""};
    int err = certificate_parse(text, &c, &why);

    assert_true(err == 0 || (err == KEIIN_EMALFORMED && why.text[0] != '\0'));
    return err == 0;
}

static void test_round_trip(void **state)
{
    const struct certificate all[] = {sound(), with_findings(), without_anything()};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct buf text, again;
        struct certificate back;

        assert_true(certificate_coherent(&all[i]));
        write_to(&text, &all[i]);
        assert_int_equal(certificate_parse(buf_view(&text), &back, NULL), 0);
        assert_int_equal(back.verdict, all[i].verdict);
        assert_int_equal(back.findings, all[i].findings);
        assert_int_equal(back.entries_before, all[i].entries_before);
        assert_int_equal(back.records, all[i].records_were_read ? all[i].records : 0);
        assert_int_equal(back.voucher, all[i].voucher);
        assert_int_equal(back.time, all[i].time);
        assert_true(span_eq(back.origin, all[i].origin));
        assert_true(span_eq(back.version, all[i].version));
        write_to(&again, &back);
        assert_true(span_eq(buf_view(&again), buf_view(&text)));
        buf_destroy(&text);
        buf_destroy(&again);
    }
}

/* The bytes that SPEC.md section 11 gives. */
static void test_text(void **state)
{
    static const char expected[] = "keiin-certificate/v1\n"
                                   "log.test/one\n"
                                   "ledger BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n"
                                   "checkpoint 9131 CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n"
                                   "roster 0 2\n"
                                   "verdict verified\n"
                                   "findings 0 0 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
                                   "entries 9131 0\n"
                                   "records 10056\n"
                                   "received 1746888523497\n"
                                   "vouched witnesses 1746888530000\n"
                                   "time 2026-09-21T14:13:20.123Z\n"
                                   "program keiin-verify 0.1.0\n";
    struct certificate c = sound();
    struct buf text;

    (void)state;
    write_to(&text, &c);
    assert_int_equal(text.n, sizeof expected - 1);
    assert_memory_equal(text.p, expected, text.n);
    assert_true(certificate_begins(buf_view(&text)));
    assert_false(certificate_begins(span_of(text.p + 1, text.n - 1)));
    buf_destroy(&text);
}

/* Every bit of a signed certificate: it is malformed then, or not what the key signed. */
static void test_every_bit(void **state)
{
    struct secret *secret = secret_generate();
    struct certificate c = with_findings();
    struct vkey key;
    struct buf text, bytes;
    struct note note;

    (void)state;
    assert_non_null(secret);
    vkey_make(&key, span_str(NAME), KEY_ED25519, secret_public(secret));
    write_to(&text, &c);
    buf_init(&bytes, CERTIFICATE_BYTES_MAX);
    buf_put_span(&bytes, buf_view(&text));
    buf_put_u8(&bytes, '\n');
    note_sign(&bytes, buf_view(&text), span_str(NAME), secret);
    assert_int_equal(buf_status(&bytes), 0);
    assert_int_equal(note_parse(buf_view(&bytes), &note, NULL), 0);
    assert_true(taken(note.text) && note_judge(&note, &key).valid);
    for (size_t bit = 0; bit < 8 * bytes.n; bit++) {
        bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (note_parse(buf_view(&bytes), &note, NULL) == 0 && taken(note.text))
            assert_false(note_judge(&note, &key).valid);
        bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    secret_free(secret);
    buf_destroy(&text);
    buf_destroy(&bytes);
}

/* Replaces one text in the sound one, and says whether it is taken. */
static bool taken_with(const char *what, const char *with)
{
    struct certificate c = sound();
    struct buf text, changed;
    const uint8_t *at;
    bool result;

    write_to(&text, &c);
    at = memmem(text.p, text.n, what, strlen(what));
    assert_non_null(at);
    buf_init(&changed, 2 * CERTIFICATE_TEXT_BYTES_MAX);
    buf_put(&changed, text.p, (size_t)(at - text.p));
    buf_put_str(&changed, with);
    at += strlen(what);
    buf_put(&changed, at, (size_t)(text.p + text.n - at));
    result = taken(buf_view(&changed));
    buf_destroy(&text);
    buf_destroy(&changed);
    return result;
}

static void test_one_spelling(void **state)
{
    static const char *const wrong[][2] = {{"/v1\n", "/v2\n"}, {"/v1\n", "/v1\r\n"},
        {"log.test/one\n", "\n"}, {"log.test/one\n", "log test\n"}, {"log.test/one\n", "a+b\n"},
        {"roster 0 2", "roster 00 2"}, {"roster 0 2", "roster  0 2"}, {"roster 0 2", "roster 0 2 "},
        {"roster 0 2", "roster 0"}, {"roster 0 2", "roster 0 2 3"}, {"roster 0 2", "Roster 0 2"},
        {"roster 0 2", "roster\t0 2"}, {"roster 0 2", "roster 0 9007199254740992"},
        {"verified", "Verified"}, {"verified", "none"}, {"verified", ""}, {"verified", "verified "},
        {"9131 C", "+9131 C"}, {"9131 C", "0x23ab C"}, {"9131 C", "9223372036854775808 C"},
        {"entries 9131 0", "entries 9131 -0"}, {"records 10056", "records"},
        {"records 10056", "records none none"}, {"records 10056", "records 18446744073709551616"},
        {"BwcHBwc=", "BwcHBwd="}, {"BwcHBwc=", "BwcHBwc"}, {"ledger B", "ledger  B"},
        {"ledger BwcHB", "ledger BwcH"}, {"witnesses 17", "witness 17"},
        {"witnesses 17", "none 17"}, {"witnesses 1746888530000", "witnesses"},
        {"vouched witnesses 1746888530000", "vouched "}, {".123Z", ".1230Z"}, {".123Z", ".12Z"},
        {".123Z", ".123z"}, {".123Z", ".123+00:00"}, {"T14", "t14"}, {"T14", " 14"},
        {"2026-09-21", "2026-09-31"}, {"2026-09-21", "1969-09-21"}, {"verified\n", "findings\n"},
        {"9131 0\n", "9130 0\n"}, {"0.1.0\n", "0.1.0"}, {"0.1.0\n", "0.1.0\n\n"},
        {"0.1.0\n", "0.1.0\nmore\n"}, {"keiin-verify 0.1.0", "keiin-verify"},
        {"keiin-verify 0.1.0", "keiin-verify 0.1.0+x"}, {"keiin-verify 0.1.0", "a b c"}};

    (void)state;
    assert_true(taken_with("verified", "verified"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (taken_with(wrong[i][0], wrong[i][1]))
            fail_msg("\"%s\" in place of \"%s\" was taken", wrong[i][1], wrong[i][0]);
    for (size_t n = 0; n < 400; n++) { /* cut anywhere */
        struct certificate c = sound();
        struct buf text;

        write_to(&text, &c);
        assert_false(taken(span_of(text.p, text.n - 1 - n % (text.n - 1))));
        buf_destroy(&text);
    }
}

#define INCOHERENT(base, change)                                                                   \
    do {                                                                                           \
        struct certificate c = base();                                                             \
        assert_true(certificate_coherent(&c));                                                     \
        change;                                                                                    \
        if (certificate_coherent(&c))                                                              \
            fail_msg("%s", #change);                                                               \
    } while (0)

static void test_parts_fit(void **state)
{
    (void)state;
    INCOHERENT(sound, c.findings = 1);
    INCOHERENT(sound, c.has_ledger_id = false);
    INCOHERENT(sound, c.has_checkpoint = false);
    INCOHERENT(sound, c.entries = 9130);
    INCOHERENT(sound, c.entries_before = 9132);
    INCOHERENT(sound, c.roster_trusted = 3);
    INCOHERENT(sound, c.findings_digest.b[0] ^= 1);
    INCOHERENT(sound, c.verdict = CERTIFICATE_FINDINGS);
    INCOHERENT(sound, c.verdict = CERTIFICATE_INCOMPLETE);
    INCOHERENT(sound, c.verdict = CERTIFICATE_VERDICTS);
    INCOHERENT(sound, c.time = UINT64_C(253402300800000)); /* the year 10000 */
    INCOHERENT(sound, c.origin = span_str(""));
    INCOHERENT(sound, c.version = span_str("a b"));
    INCOHERENT(with_findings, c.verdict = CERTIFICATE_VERIFIED);
    INCOHERENT(with_findings, c.verdict = CERTIFICATE_INCOMPLETE);
    INCOHERENT(with_findings, c.findings = 0);
    INCOHERENT(with_findings, c.findings = 999);
    INCOHERENT(with_findings, c.digested = 0);
    INCOHERENT(with_findings, c.entries = 9132);
    INCOHERENT(without_anything, c.entries = 1);
    INCOHERENT(without_anything, c.findings = 2);
}

static void test_finding_lines(void **state)
{
    static const char expected[] = "record-mismatch 7 3 ag\nchain-broken 8 - ag\nincomplete - -\n";
    uint64_t seven = 7, eight = 8;
    uint32_t three = 3;
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    certificate_finding(&out, "record-mismatch", &seven, &three, span_str("ag"));
    certificate_finding(&out, "chain-broken", &eight, NULL, span_str("ag"));
    certificate_finding(&out, "incomplete", NULL, NULL, span_str(""));
    assert_int_equal(out.n, sizeof expected - 1);
    assert_memory_equal(out.p, expected, out.n);
    buf_destroy(&out);
}

static int start(void **state)
{
    (void)state;
    return crypto_start(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_text), cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_one_spelling), cmocka_unit_test(test_parts_fit),
        cmocka_unit_test(test_finding_lines)};

    return cmocka_run_group_tests(tests, start, NULL);
}
