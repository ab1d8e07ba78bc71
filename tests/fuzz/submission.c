/*
 * core/submission.c, what a writer posts: the first byte says which of the two bodies follows.
 * What is taken is what SPEC.md section 8 says, by a second reader, and is written again to the
 * same bytes; its records go into tile/records and come out of it as they were.
 */
#include "core/submission.h"

#include <stdlib.h>

#include "core/note.h"
#include "core/record.h"
#include "core/sha256.h"
#include "core/tile.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plain_msgpack.h"

const unsigned fuzz_rounds = 30000;

/* [1, key, number, before, ...] */
static bool has_head(const struct plain *v, size_t count)
{
    const struct plain *e;

    if (v == NULL || v->type != PLAIN_ARRAY || v->count != count)
        return false;
    e = v->items;
    return e[0].type == PLAIN_UINT && e[0].number == 1 && plain_is_bin(&e[1], 32) &&
           e[2].type == PLAIN_UINT && e[2].number >= 1 && plain_is_bin(&e[3], 32);
}

static bool is_good_record(struct span record, struct span sealed)
{
    struct record_facts facts;

    return record_check(record, &facts, NULL) == 0 && sealed.n <= 60000 &&
           facts.has_sealed == (sealed.n > 0);
}

static bool is_records(const struct plain *v)
{
    const struct plain *e;
    bool good;

    if (!has_head(v, 7))
        return false;
    e = v->items;
    good = plain_are_bins(&e[4], SIZE_MAX) && plain_are_bins(&e[5], SIZE_MAX) &&
           e[6].type == PLAIN_BIN && e[4].count >= 1 && e[4].count <= 1024 &&
           (e[5].count == 0 || e[5].count == e[4].count) &&
           e[2].number + e[4].count - 1 <= UINT64_C(9007199254740991);
    for (size_t i = 0; good && i < e[4].count; i++)
        good = is_good_record(
            e[4].items[i].bytes, e[5].count == 0 ? span_of(NULL, 0) : e[5].items[i].bytes);
    return good;
}

static bool is_roster(const struct plain *v)
{
    struct note *note;
    bool good;

    if (!has_head(v, 6) || v->items[4].type != PLAIN_BIN || v->items[5].type != PLAIN_BIN)
        return false;
    note = malloc(sizeof *note);
    FUZZ_CHECK(note != NULL);
    good = note_parse(v->items[4].bytes, note, NULL) == 0;
    free(note);
    return good;
}

/* A list of empty sealed parts says no more than no list, which is how it is written. */
static bool writes_the_same(const struct submission *s, const struct plain *v)
{
    if (s->kind == ENTRY_ROSTER || v->items[5].count == 0)
        return true;
    for (size_t i = 0; i < s->count; i++)
        if (s->sealed[i].n > 0)
            return true;
    return false;
}

static void check_written(const struct submission *s, struct span in, const struct plain *v)
{
    struct submission again = {0};
    struct buf out;

    buf_init(&out, in.n);
    submission_write(&out, s);
    FUZZ_CHECK(buf_status(&out) == 0);
    FUZZ_CHECK(span_eq(buf_view(&out), in) == writes_the_same(s, v));
    FUZZ_CHECK(submission_parse_form(s->kind, buf_view(&out), &again, NULL) == 0);
    FUZZ_CHECK(again.count == s->count && again.number == s->number);
    submission_destroy(&again);
    buf_destroy(&out);
}

static void check_records(const struct submission *s)
{
    struct span record, sealed;
    struct cursor c;
    struct buf out;

    buf_init(&out, SUBMISSION_BYTES_MAX * 2);
    submission_write_records(&out, s);
    FUZZ_CHECK(buf_status(&out) == 0 && (s->kind == ENTRY_RECORDS || out.n == 0));
    c = cursor_of(buf_view(&out));
    for (size_t i = 0; s->kind == ENTRY_RECORDS && i < s->count; i++) {
        records_next(&c, &record, &sealed);
        FUZZ_CHECK(span_eq(record, s->records[i]) && span_eq(sealed, s->sealed[i]));
    }
    FUZZ_CHECK(cursor_done(&c));
    buf_destroy(&out);
}

/* Whole: refused only where a sealed part does not hash to what its record says. */
static void check_whole(enum entry_kind kind, struct span in, const struct submission *form)
{
    struct submission s;
    struct why why = {""};
    int err = kind == ENTRY_RECORDS ? submission_parse(in, &s, &why)
                                    : submission_parse_roster(in, &s, &why);
    struct record_facts facts;
    struct hash digest;
    bool fits = true;

    for (size_t i = 0; kind == ENTRY_RECORDS && i < form->count; i++) {
        if (form->sealed[i].n == 0)
            continue;
        FUZZ_CHECK(record_check(form->records[i], &facts, NULL) == 0);
        sha256(&digest, form->sealed[i]);
        fits = fits && hash_eq(&digest, &facts.sealed);
    }
    FUZZ_CHECK((err == 0) == fits);
    if (err != 0)
        return;
    for (size_t i = 0; kind == ENTRY_RECORDS && i < s.count; i++) {
        sha256(&digest, s.records[i]);
        FUZZ_CHECK(hash_eq(&digest, &s.digests[i]));
    }
    submission_destroy(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    enum entry_kind kind = n > 0 && data[0] % 2 == 1 ? ENTRY_ROSTER : ENTRY_RECORDS;
    struct span in = fuzz_begin(data + (n > 0), n - (n > 0));
    struct plain *v = plain_read(in);
    struct submission s;
    struct why why = {""};
    struct hash key;
    bool peeked = submission_peek_key(in, &key);
    int err = submission_parse_form(kind, in, &s, &why);

    FUZZ_CHECK((err == 0) == (kind == ENTRY_RECORDS ? is_records(v) : is_roster(v)));
    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    if (err == 0) {
        FUZZ_CHECK(peeked && hash_eq(&key, &s.key));
        check_written(&s, in, v);
        check_records(&s);
        check_whole(kind, in, &s);
        submission_destroy(&s);
    }
    plain_free(v);
    fuzz_end(in);
    return 0;
}
