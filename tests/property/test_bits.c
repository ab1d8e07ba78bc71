/*
 * Every single-bit change in every file of a small ledger (tests/property/ledger, made by
 * tests/forge/property_ledger.py), every shorter file, and some longer ones: the audit finds
 * each, or it makes no difference that matters. The latter are these and no others, and the
 * test fails both when another goes unnoticed and when one of these is found:
 *
 *   latest-checkpoint   an audit reads `checkpoint`; asked for this one, it finds the change.
 *   roster/0            the auditor has serial 0 in hand, and does not read the ledger's.
 *   a stranger's line   below a checkpoint or roster: nobody's word, as long as it still is a
 *                       signature line.
 *   a witness's line    whose name or key id is no longer the witness's: a stranger's. That is
 *                       so in `checkpoint`, which all three witnesses cosigned: any two are
 *                       the quorum. A change of time or signature is found all the same.
 *   whole lines cut     from the end of a note, if what is left suffices.
 *
 * The files lie in memory (/dev/shm) where there is such a folder.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ed25519.h"
#include "core/roster.h"
#include "tests/unit/test.h"
#include "verifier/check/audit.h"

#define FILES 8
#define DASH_BYTES 4 /* U+2014 and a space */
#define KEY_ID_BYTES 4

/* Which lines of a note may become a stranger's, or be gone: see the top. */
enum spare { NONE, STRANGER, WITNESSES_AND_STRANGER };

static const struct file {
    const char *name;
    bool read; /* by an audit that holds serial 0 */
    enum spare spare;
    size_t needed_lines; /* signature lines that suffice when those after them are cut */
} files[FILES] = {
    {"checkpoint", true, WITNESSES_AND_STRANGER, 3},
    {"latest-checkpoint", false, NONE, 0},
    {"roster/0", false, NONE, 0},
    {"roster/1", true, STRANGER, 1},
    {"roster/1.tlog-proof", true, NONE, 3},
    {"tile/0/000.p/6", true, NONE, 0},
    {"tile/entries/000.p/6", true, NONE, 0},
    {"tile/records/000.p/6", true, NONE, 0},
};
static const char *const folders[] = {"roster", "tile", "tile/0", "tile/0/000.p", "tile/entries",
    "tile/entries/000.p", "tile/records", "tile/records/000.p"};

#define FOLDERS (sizeof folders / sizeof folders[0])

static char folder[64];
static struct span originals[FILES];
static struct span trusted_text; /* of serial 0 */
static struct source *source;

/*
 * Nearly all of an audit's time goes into keys and signatures, and a change leaves all but one
 * of them as they are. So the linker puts these two functions in place of the true ones
 * (--wrap): what the sound ledger asks is judged once, whatever else is asked is judged anew.
 */
#define ANSWERS_MAX 128
#define QUESTION_BYTES_MAX 1024

static struct answer {
    uint8_t question[QUESTION_BYTES_MAX];
    size_t n;
    bool good;
} answers[ANSWERS_MAX];
static size_t answer_count;
static bool learning;

bool __real_ed25519_key_valid(const uint8_t key[static ED25519_KEY_BYTES]);
bool __wrap_ed25519_key_valid(const uint8_t key[static ED25519_KEY_BYTES]);
bool __real_ed25519_verify(
    const uint8_t key[static ED25519_KEY_BYTES], struct span message, struct span signature);
bool __wrap_ed25519_verify(
    const uint8_t key[static ED25519_KEY_BYTES], struct span message, struct span signature);

static const struct answer *known_answer(const uint8_t *question, size_t n)
{
    for (size_t i = 0; i < answer_count; i++)
        if (answers[i].n == n && memcmp(answers[i].question, question, n) == 0)
            return &answers[i];
    return NULL;
}

static void learn(const uint8_t *question, size_t n, bool good)
{
    struct answer *answer = &answers[answer_count];

    if (!learning)
        return;
    assert_true(answer_count < ANSWERS_MAX);
    memcpy(answer->question, question, n);
    answer->n = n;
    answer->good = good;
    answer_count++;
}

bool __wrap_ed25519_key_valid(const uint8_t key[static ED25519_KEY_BYTES])
{
    const struct answer *known = known_answer(key, ED25519_KEY_BYTES);
    bool good = known != NULL ? known->good : __real_ed25519_key_valid(key);

    if (known == NULL)
        learn(key, ED25519_KEY_BYTES, good);
    return good;
}

bool __wrap_ed25519_verify(
    const uint8_t key[static ED25519_KEY_BYTES], struct span message, struct span signature)
{
    uint8_t question[QUESTION_BYTES_MAX];
    size_t n = ED25519_KEY_BYTES + ED25519_SIGNATURE_BYTES + message.n;
    const struct answer *known;
    bool good;

    if (signature.n != ED25519_SIGNATURE_BYTES || n > sizeof question)
        return __real_ed25519_verify(key, message, signature);
    memcpy(question, key, ED25519_KEY_BYTES);
    memcpy(question + ED25519_KEY_BYTES, signature.p, ED25519_SIGNATURE_BYTES);
    memcpy(question + n - message.n, message.p, message.n);
    known = known_answer(question, n);
    if (known != NULL)
        return known->good;
    good = __real_ed25519_verify(key, message, signature);
    learn(question, n, good);
    return good;
}

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(size_t file, struct span bytes)
{
    int fd = open(path_of(files[file].name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
    assert_int_equal(close(fd), 0);
}

/* Where the signature lines of a note begin. */
static size_t signatures_at(struct span note)
{
    for (size_t i = note.n; i > 1; i--)
        if (memcmp(note.p + i - 2, "\n\n", 2) == 0)
            return i;
    return note.n;
}

static int set_up(void **state)
{
    const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    struct why why = {""};

    (void)state;
    if (crypto_start(NULL) != 0)
        return -1;
    snprintf(folder, sizeof folder, "%s/keiin-bits-XXXXXX", place);
    if (mkdtemp(folder) == NULL)
        return -1;
    for (size_t i = 0; i < FOLDERS; i++)
        assert_int_equal(mkdir(path_of(folders[i]), 0700), 0);
    for (size_t i = 0; i < FILES; i++) {
        char name[256];

        snprintf(name, sizeof name, "tests/property/ledger/%s", files[i].name);
        originals[i] = test_file(name);
        put(i, originals[i]);
    }
    trusted_text = test_file("tests/property/ledger.roster");
    trusted_text.n = signatures_at(trusted_text) - 1;
    return source_open(folder, 0, &source, &why);
}

static int tear_down(void **state)
{
    (void)state;
    source_free(source);
    for (size_t i = 0; i < FILES; i++) {
        unlink(path_of(files[i].name));
        span_free(originals[i]);
    }
    for (size_t i = FOLDERS; i > 0; i--)
        rmdir(path_of(folders[i - 1]));
    span_free(trusted_text);
    return rmdir(folder); /* so the lists above were complete */
}

/* The code of the first finding, FINDING_CODES for none. */
static enum finding_code audit(bool latest)
{
    struct audit_options options = {.threads = 1, .latest = latest, .findings_max = 1000};
    struct audit_result result;
    struct roster *trusted = NULL;
    struct why why = {""};
    enum finding_code code;

    assert_int_equal(roster_parse(trusted_text, &trusted, NULL), 0);
    if (audit_run(source, trusted, &options, &result, &why) != 0)
        fail_msg("there is no verdict: %s", why.text);
    assert_int_equal(result.finding_count == 0, result.verdict == AUDIT_VERIFIED);
    code = result.finding_count == 0 ? FINDING_CODES : result.findings[0].code;
    audit_result_destroy(&result);
    return code;
}

/* What came of all changes of one kind to one file. */
struct outcome {
    size_t found[FINDING_CODES + 1];
    size_t changes;
};

static void count(struct outcome *o, enum finding_code code)
{
    o->found[code]++;
    o->changes++;
}

static void print_outcome(const char *name, const char *what, const struct outcome *o)
{
    print_message("%s: %zu %s:", name, o->changes, what);
    for (size_t code = 0; code <= FINDING_CODES; code++)
        if (o->found[code] > 0)
            print_message(" %zu %s,", o->found[code],
                code == FINDING_CODES ? "no difference"
                                      : finding_code_text((enum finding_code)code));
    print_message("\n");
}

/* The number of the signature line in which byte `at` lies, SIZE_MAX for the text. */
static size_t line_at(struct span note, size_t at, struct span *line)
{
    size_t start = signatures_at(note), number = 0;

    if (at < start)
        return SIZE_MAX;
    for (size_t i = start; i < at; i++)
        if (note.p[i] == '\n') {
            start = i + 1;
            number++;
        }
    *line = span_of(note.p + start, 0);
    while (line->p[line->n] != '\n')
        line->n++;
    return number;
}

/* Name and key id of a signature line; false when it is none. */
struct signer {
    struct span name;
    uint8_t id[KEY_ID_BYTES];
};

static bool signer_of(struct span line, struct signer *out)
{
    uint8_t bytes[256];
    struct span text;
    size_t n = DASH_BYTES, pads = 0;

    if (line.n <= DASH_BYTES || memcmp(line.p, "\xe2\x80\x94 ", DASH_BYTES) != 0)
        return false;
    while (n < line.n && line.p[n] > 0x20 && line.p[n] < 0x7f && line.p[n] != '+')
        n++;
    if (n == DASH_BYTES || n == line.n || line.p[n] != ' ')
        return false;
    out->name = span_of(line.p + DASH_BYTES, n - DASH_BYTES);
    text = span_of(line.p + n + 1, line.n - n - 1);
    while (pads < text.n && text.p[text.n - 1 - pads] == '=')
        pads++;
    n = text.n / 4 * 3 - pads;
    if (text.n % 4 != 0 || pads > 2 || n <= KEY_ID_BYTES || n > sizeof bytes ||
        !base64_decode(bytes, n, text))
        return false;
    memcpy(out->id, bytes, sizeof out->id);
    return true;
}

/* Whether a changed line is a signature line of another key than before. */
static bool is_strangers(struct span was, struct span now)
{
    struct signer before, after;

    assert_true(signer_of(was, &before));
    return signer_of(now, &after) &&
           (!span_eq(before.name, after.name) || memcmp(before.id, after.id, KEY_ID_BYTES) != 0);
}

/* Whether a change in byte `at` makes no difference that matters. */
static bool may_be_silent(const struct file *file, struct span was, struct span now, size_t at)
{
    struct span line;
    struct signer signer;
    size_t number;

    if (!file->read)
        return true;
    if (file->spare == NONE)
        return false;
    number = line_at(was, at, &line);
    if (number == SIZE_MAX || number == 0 || was.p + at == line.p + line.n)
        return false; /* the text, the signature of log or root, the newline */
    now = span_of(now.p + (line.p - was.p), line.n);
    if (line.p + line.n + 1 == was.p + was.n)
        return signer_of(now, &signer); /* the last line is a stranger's */
    return file->spare == WITNESSES_AND_STRANGER && is_strangers(line, now);
}

static void check(
    const struct file *file, enum finding_code code, bool may, const char *what, size_t where)
{
    if (code == FINDING_CODES && !may)
        fail_msg("%s, %s %zu: nothing was found", file->name, what, where);
    if (code != FINDING_CODES && may)
        fail_msg("%s, %s %zu: %s was found where nothing matters", file->name, what, where,
            finding_code_text(code));
}

/* Changes each bit of the file in place, and asks for the verdict after each. */
static void change_bits(size_t i)
{
    const struct file *file = &files[i];
    struct outcome outcome = {{0}, 0};
    struct span now = span_copy(originals[i]);
    uint8_t *bytes = (uint8_t *)(uintptr_t)now.p;
    int fd = open(path_of(file->name), O_WRONLY);

    assert_true(fd >= 0);
    for (size_t bit = 0; bit < 8 * now.n; bit++) {
        size_t at = bit / 8;
        enum finding_code code;

        bytes[at] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(pwrite(fd, bytes + at, 1, (off_t)at), 1);
        code = audit(false);
        count(&outcome, code);
        check(file, code, may_be_silent(file, originals[i], now, at), "bit", bit);
        bytes[at] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(pwrite(fd, bytes + at, 1, (off_t)at), 1);
    }
    assert_int_equal(close(fd), 0);
    print_outcome(file->name, "bits", &outcome);
    span_free(now);
}

static void test_sound_before(void **state)
{
    (void)state;
    learning = true;
    assert_int_equal(audit(false), FINDING_CODES);
    assert_int_equal(audit(true), FINDING_CODES);
    learning = false;
    assert_true(answer_count > 0);
}

static void test_every_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        change_bits(i);
    assert_int_equal(audit(false), FINDING_CODES);
}

/* Whether a note cut to n bytes still has all that is needed: whole lines, and enough. */
static bool may_be_cut(const struct file *file, struct span was, size_t n)
{
    struct span line;
    size_t number;

    if (!file->read)
        return true;
    if (n == 0 || file->needed_lines == 0 || was.p[n - 1] != '\n')
        return false;
    number = line_at(was, n - 1, &line);
    return number != SIZE_MAX && number + 1 >= file->needed_lines;
}

static void test_every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        struct outcome cut = {{0}, 0};

        for (size_t n = 0; n < originals[i].n; n++) {
            enum finding_code code;

            put(i, span_of(originals[i].p, n));
            code = audit(false);
            count(&cut, code);
            check(&files[i], code, may_be_cut(&files[i], originals[i], n), "cut to", n);
        }
        print_outcome(files[i].name, "shorter files", &cut);
        put(i, originals[i]);
    }
    assert_int_equal(audit(false), FINDING_CODES);
}

/* A byte more, and no file at all. */
static void test_longer_and_gone(void **state)
{
    static const uint8_t ends[] = {0, '\n', ' ', '=', 'A', 0x80, 0xff};

    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        struct outcome longer = {{0}, 0}, gone = {{0}, 0};
        size_t n = originals[i].n;
        uint8_t *bytes = malloc(n + 1);

        assert_non_null(bytes);
        memcpy(bytes, originals[i].p, n);
        for (size_t more = 0; more < sizeof ends; more++) {
            enum finding_code code;

            bytes[n] = ends[more];
            put(i, span_of(bytes, n + 1));
            code = audit(false);
            count(&longer, code);
            check(&files[i], code, !files[i].read, "with one more byte", more);
        }
        print_outcome(files[i].name, "longer files", &longer);
        assert_int_equal(unlink(path_of(files[i].name)), 0);
        count(&gone, audit(false));
        assert_int_equal(gone.found[FINDING_CODES], files[i].read ? 0 : 1);
        print_outcome(files[i].name, "file gone", &gone);
        put(i, originals[i]);
        free(bytes);
    }
    assert_int_equal(audit(false), FINDING_CODES);
}

/* What nobody reads is read when asked for: then its bits matter as those of `checkpoint`. */
static void test_latest(void **state)
{
    struct file file = files[0];
    struct span now = span_copy(originals[1]);
    uint8_t *bytes = (uint8_t *)(uintptr_t)now.p;

    (void)state;
    for (size_t bit = 0; bit < 8 * now.n; bit++) {
        enum finding_code code;

        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        put(1, now);
        code = audit(true);
        check(&file, code, may_be_silent(&file, originals[1], now, bit / 8), "latest, bit", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    put(1, originals[1]);
    span_free(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_before),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_longer_and_gone),
        cmocka_unit_test(test_latest),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
