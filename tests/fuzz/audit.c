/*
 * A whole audit of a source that nobody believes: the small ledger of tests/property, changed as
 * the input says, and, where it says so, with hashes and signatures made to fit again by the log's
 * key, the witnesses' and the root's. It comes to an end, says the same with two threads as with
 * one, and verifies nothing but entries that are the true ones in all that their writers signed.
 */
#include "verifier/check/audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "core/text.h"
#include "core/tile.h"
#include "tests/fuzz/fixture.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_source.h"

const unsigned fuzz_rounds = 1500;

#define ENTRIES 6
#define CHANGES_MAX 64

enum { CHECKPOINT, LATEST, ROSTER, ROSTER_PROOF, TILE, BUNDLE, RECORDS, ROSTER_0, FILES };

static const char *const names[FILES] = {"checkpoint", "latest-checkpoint", "roster/1",
    "roster/1.tlog-proof", "tile/0/000.p/6", "tile/entries/000.p/6", "tile/records/000.p/6",
    "roster/0"};

enum {
    FIT_TILE = 1,
    FIT_CHECKPOINT = 2,
    FIT_ROSTER = 4,
    READ_LATEST = 8,
    NO_RECORDS = 16,
    FIT_PREV = 32,
    TRUST_LATER = 64 /* the roster in hand is serial 1 */
};

static struct file {
    struct buf bytes;
    int err; /* what reading it gives */
} files[FILES];
static struct span sound[FILES], trusted[2]; /* rosters by serial */

static struct span load(const char *name)
{
    const char *src = getenv("KEIIN_SRC");
    char path[4096];
    uint8_t *bytes = malloc(1 << 16);
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "%s/tests/property/%s", src == NULL ? "." : src, name);
    f = fopen(path, "rb");
    if (f == NULL || bytes == NULL)
        fuzz_failed(path, 0, "is not there; is KEIIN_SRC the source tree?");
    n = fread(bytes, 1, 1 << 16, f);
    fclose(f);
    return span_of(bytes, n);
}

/* Of a note: up to its empty line. */
static size_t text_bytes(struct span note)
{
    const uint8_t *end = memmem(note.p, note.n, "\n\n", 2);

    return end == NULL ? note.n : (size_t)(end - note.p) + 1;
}

static void load_all(void)
{
    char name[128];

    for (size_t i = 0; i < FILES && sound[FILES - 1].p == NULL; i++) {
        snprintf(name, sizeof name, "ledger/%s", names[i]);
        sound[i] = load(name);
    }
    for (size_t i = 0; i < 2; i++) {
        trusted[i] = sound[i == 0 ? ROSTER_0 : ROSTER];
        trusted[i].n = text_bytes(trusted[i]);
    }
}

static int give(void *ctx, const char *path, struct buf *out)
{
    (void)ctx;
    for (size_t i = 0; i < FILES; i++)
        if (strcmp(path, names[i]) == 0) {
            buf_put_span(out, buf_view(&files[i].bytes));
            return files[i].err;
        }
    return KEIIN_EABSENT;
}

/* The keys that tests/forge made this ledger with: seeds follow from name and type. */
static const struct fixture_key *forged(const char *name, uint8_t type)
{
    static struct fixture_key keys[8];
    struct fixture_key *key = keys;
    char label[64];
    struct hash seed;

    while (key->made && (strcmp(key->file.name, name) != 0 || key->vkey.type != type))
        key++;
    if (key->made)
        return key;
    snprintf(label, sizeof label, "%s|%u|", name, type);
    sha256(&seed, span_str(label));
    snprintf(key->file.name, sizeof key->file.name, "%s", name);
    key->file.secret = secret_from_seed(seed.b);
    FUZZ_CHECK(key->file.secret != NULL);
    vkey_make(&key->vkey, span_str(key->file.name), type, secret_public(key->file.secret));
    key->made = true;
    return key;
}

/* ---- changes ---- */

static void set(struct file *file, struct span bytes)
{
    struct span copy = fuzz_copy(bytes);

    buf_clear(&file->bytes);
    buf_put_span(&file->bytes, copy);
    free((uint8_t *)(uintptr_t)copy.p - (copy.n == 0));
}

static void change(struct choices *c)
{
    unsigned way = choose(c, 8);
    struct file *file = &files[choose(c, FILES)];
    size_t n = file->bytes.n, at = choose_u8(c) * 256u;
    struct span put;
    uint8_t *p;

    at += choose_u8(c);
    at = n == 0 ? 0 : at % (n + 1);
    put = choose_bytes(c, choose(c, 24));
    switch (way) {
    case 0:
    case 1:
        if (put.n > 0 && at + put.n <= n)
            memcpy(file->bytes.p + at, put.p, put.n);
        return;
    case 2:
        p = buf_extend(&file->bytes, put.n);
        FUZZ_CHECK(p != NULL);
        if (put.n > 0) {
            memmove(file->bytes.p + at + put.n, file->bytes.p + at, n - at);
            memcpy(file->bytes.p + at, put.p, put.n);
        }
        return;
    case 3:
        if (at + put.n <= n && put.n > 0) {
            memmove(file->bytes.p + at, file->bytes.p + at + put.n, n - at - put.n);
            file->bytes.n -= put.n;
        }
        return;
    case 4:
        file->bytes.n = at;
        return;
    case 5:
        set(file, buf_view(&files[choose(c, FILES)].bytes));
        return;
    case 6:
        file->err = KEIIN_EABSENT;
        return;
    default:
        file->err = choose(c, 4) == 0 ? KEIIN_EUNREADABLE : 0;
        return;
    }
}

/* Entry i of the bundle; false when it is not there. */
static bool entry_at(struct span bundle, size_t i, struct span *out)
{
    struct cursor c = cursor_of(bundle);

    for (size_t k = 0; k <= i; k++)
        *out = bundle_entry(&c);
    return !c.failed;
}

/* Each entry states the leaf hash of the one before it; those of the same length stay in place. */
static void fit_prev(void)
{
    struct span bundle = buf_view(&files[BUNDLE].bytes), bytes;
    struct hash leaf;
    struct entry entry;

    for (size_t i = 0; i < ENTRIES && entry_at(bundle, i, &bytes); i++) {
        if (i > 0 && entry_parse(bytes, &entry) == 0) {
            /* 0x98, kind, received, then the bin: its bytes end where the key's begin. */
            size_t received = entry.received < 0x80          ? 1
                              : entry.received < 0x100       ? 2
                              : entry.received < 0x10000     ? 3
                              : entry.received < 0x100000000 ? 5
                                                             : 9;

            memcpy((uint8_t *)(uintptr_t)bytes.p + 1 + 1 + received + 2, leaf.b, HASH_BYTES);
        }
        sha256_leaf(&leaf, bytes);
    }
}

static size_t leaves(struct hash out[ENTRIES])
{
    struct span bytes;
    size_t count = 0;

    for (; count < ENTRIES && entry_at(buf_view(&files[BUNDLE].bytes), count, &bytes); count++)
        sha256_leaf(&out[count], bytes);
    return count;
}

static void sign(
    struct file *file, struct span text, const struct fixture_key *const *keys, size_t count)
{
    struct buf note;

    buf_init(&note, 1 << 16);
    fixture_put_note(&note, text, keys, count, 3);
    set(file, buf_view(&note));
    buf_destroy(&note);
}

static void fit(unsigned flags)
{
    const struct fixture_key *const log[4] = {forged("a", KEY_ED25519),
        forged("x", KEY_COSIGNATURE), forged("y", KEY_COSIGNATURE), forged("z", KEY_COSIGNATURE)};
    const struct fixture_key *const root[1] = {forged("r", KEY_ED25519)};
    struct hash hashes[ENTRIES], hash;
    struct frontier f = {0};
    struct buf text;
    size_t count;

    if ((flags & FIT_PREV) != 0)
        fit_prev();
    count = leaves(hashes);
    if ((flags & FIT_TILE) != 0)
        set(&files[TILE], span_of(hashes, count * HASH_BYTES));
    buf_init(&text, 1 << 16);
    if ((flags & FIT_CHECKPOINT) != 0 && count > 0) {
        for (size_t i = 0; i < count; i++)
            frontier_append(&f, &hashes[i]);
        frontier_root(&f, &hash);
        checkpoint_write(&text, span_str("a"), count, &hash);
        sign(&files[CHECKPOINT], buf_view(&text), log, 4);
        sign(&files[LATEST], buf_view(&text), log, 4);
    }
    if ((flags & FIT_ROSTER) != 0 && files[ROSTER].bytes.n > 0) {
        buf_clear(&text);
        buf_put(&text, files[ROSTER].bytes.p, text_bytes(buf_view(&files[ROSTER].bytes)));
        sign(&files[ROSTER], buf_view(&text), root, 1);
    }
    buf_destroy(&text);
}

/* ---- verdicts ---- */

/* The files hold what their names say, and nothing behind it. */
static void check_lengths(bool records)
{
    struct cursor c = cursor_of(buf_view(&files[BUNDLE].bytes));
    struct hash hashes[ENTRIES];

    for (size_t i = 0; i < ENTRIES; i++)
        bundle_entry(&c);
    FUZZ_CHECK(cursor_done(&c) && leaves(hashes) == ENTRIES);
    FUZZ_CHECK(span_eq(buf_view(&files[TILE].bytes), span_of(hashes, sizeof hashes)));
    c = cursor_of(buf_view(&files[RECORDS].bytes));
    for (size_t i = 0; i < ENTRIES; i++)
        cursor_take(&c, cursor_be32(&c));
    FUZZ_CHECK(!records || cursor_done(&c));
}

/* The log signed, and two of the three witnesses did. */
static void check_signers(const struct file *file)
{
    static const char *const witnesses[] = {"x", "y", "z"};
    struct note *note = malloc(sizeof *note);
    size_t count = 0;

    FUZZ_CHECK(note != NULL && note_parse(buf_view(&file->bytes), note, NULL) == 0);
    FUZZ_CHECK(note_judge(note, &forged("a", KEY_ED25519)->vkey).valid);
    for (size_t i = 0; i < 3; i++)
        count += note_judge(note, &forged(witnesses[i], KEY_COSIGNATURE)->vkey).valid;
    FUZZ_CHECK(count >= 2);
    free(note);
}

/* What the writers signed is what they signed. */
static void check_verified(const struct audit_result *r, bool records, bool latest)
{
    struct span got, want;
    struct entry a, b;

    check_lengths(records);
    check_signers(&files[latest ? LATEST : CHECKPOINT]);

    FUZZ_CHECK(r->entries == ENTRIES && r->size == ENTRIES && r->log_signed && r->judged);
    FUZZ_CHECK(r->roster_serial == 1 && (!records || r->records_were_read));
    for (size_t i = 0; i < ENTRIES; i++) {
        FUZZ_CHECK(entry_at(buf_view(&files[BUNDLE].bytes), i, &got));
        FUZZ_CHECK(entry_at(sound[BUNDLE], i, &want));
        FUZZ_CHECK(entry_parse(got, &a) == 0 && entry_parse(want, &b) == 0);
        FUZZ_CHECK(a.kind == b.kind && a.number == b.number && hash_eq(&a.key, &b.key) &&
                   hash_eq(&a.before, &b.before) && span_eq(a.signature, b.signature) &&
                   span_eq(a.digest_bins, b.digest_bins));
    }
}

static void audit(unsigned flags, unsigned threads, struct audit_result *out)
{
    struct audit_options options = {.threads = threads,
        .latest = (flags & READ_LATEST) != 0,
        .no_records = (flags & NO_RECORDS) != 0,
        .findings_max = 100};
    struct roster *roster = NULL;
    struct why why = {""};

    FUZZ_CHECK(roster_parse(trusted[(flags & TRUST_LATER) != 0], &roster, NULL) == 0);
    FUZZ_CHECK(audit_run(memory_source(), roster, &options, out, &why) == 0);
    FUZZ_CHECK((out->verdict == AUDIT_VERIFIED) ==
               (out->finding_count == 0 && out->findings_omitted == 0));
    for (size_t i = 0; i < out->finding_count; i++)
        FUZZ_CHECK(out->findings[i].code < FINDING_CODES);
}

static void same(const struct audit_result *a, const struct audit_result *b)
{
    FUZZ_CHECK(a->verdict == b->verdict && a->finding_count == b->finding_count);
    FUZZ_CHECK(a->entries == b->entries && a->records == b->records);
    for (size_t i = 0; i < a->finding_count; i++)
        FUZZ_CHECK(a->findings[i].code == b->findings[i].code &&
                   a->findings[i].index == b->findings[i].index &&
                   a->findings[i].position == b->findings[i].position);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct choices c = choices_of(in);
    struct audit_result one, two;
    unsigned flags, changes = 0;

    load_all();
    for (size_t i = 0; i < FILES; i++) {
        buf_init(&files[i].bytes, 1 << 20);
        files[i].err = 0;
        set(&files[i], sound[i]);
    }
    flags = choose_u8(&c);
    while (choices_left(&c) && changes++ < CHANGES_MAX)
        change(&c);
    fit(flags);
    memory_source_set(give, NULL);
    audit(flags, 1, &one);
    if (one.verdict == AUDIT_VERIFIED)
        check_verified(&one, (flags & NO_RECORDS) == 0, (flags & READ_LATEST) != 0);
    audit(flags, 2, &two);
    same(&one, &two);
    audit_result_destroy(&one);
    audit_result_destroy(&two);
    for (size_t i = 0; i < FILES; i++)
        buf_destroy(&files[i].bytes);
    fuzz_end(in);
    return 0;
}
