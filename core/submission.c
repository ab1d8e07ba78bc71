#include "core/submission.h"

#include <stdlib.h>

#include "core/msgpack.h"
#include "core/note.h"
#include "core/record.h"
#include "core/sha256.h"
#include "core/sha256_many.h"
#include "core/tile.h"

#define VERSION 1

static int bad(struct why *why, const char *what)
{
    why_set(why, "%s", what);
    return KEIIN_EMALFORMED;
}

/* The four elements that both bodies begin with. */
static void read_head(struct msgpack_reader *r, struct submission *out)
{
    if (msgpack_uint(r) != VERSION)
        r->in.failed = true;
    msgpack_hash(r, &out->key);
    out->number = msgpack_uint(r);
    msgpack_hash(r, &out->before);
}

bool submission_peek_key(struct span body, struct hash *key)
{
    struct msgpack_reader r = msgpack_read(body);
    struct submission head;
    size_t elements = msgpack_array(&r);

    read_head(&r, &head);
    *key = head.key;
    return !r.in.failed && (elements == 7 || elements == 6);
}

void submission_destroy(struct submission *s)
{
    free(s->records);
    free(s->sealed);
    free(s->digests);
    s->records = s->sealed = NULL;
    s->digests = NULL;
}

static int allocate(struct submission *s)
{
    s->records = calloc(s->count, sizeof *s->records);
    s->sealed = calloc(s->count, sizeof *s->sealed);
    s->digests = calloc(s->count, sizeof *s->digests);
    return s->records == NULL || s->sealed == NULL || s->digests == NULL ? KEIIN_ENOMEM : 0;
}

/* A record and its sealed part stand together, or the submission is malformed. */
static int check_record(const struct submission *s, size_t i, struct why *why)
{
    struct record_facts facts;
    int err = record_check(s->records[i], &facts, why);

    if (err != 0) {
        why_prefix(why, "record %zu", i);
        return err;
    }
    if (s->sealed[i].n > SEALED_BYTES_MAX) {
        why_set(why, "record %zu: a sealed part has at most %d bytes", i, SEALED_BYTES_MAX);
        return KEIIN_EMALFORMED;
    }
    if (facts.has_sealed != (s->sealed[i].n > 0)) {
        why_set(why, "record %zu: %s", i,
            facts.has_sealed ? "it names a sealed part that is not there"
                             : "there is a sealed part that it does not name");
        return KEIIN_EMALFORMED;
    }
    return 0;
}

/* Holds a sealed part against the field of its record. */
static int check_sealed(const struct submission *s, size_t i, struct why *why)
{
    struct record_facts facts;
    struct hash digest;
    int err;

    if (s->sealed[i].n == 0)
        return 0;
    err = record_check(s->records[i], &facts, why);
    sha256(&digest, s->sealed[i]);
    if (err == 0 && !hash_eq(&digest, &facts.sealed)) {
        why_set(why, "record %zu: the sealed part does not hash to its field", i);
        err = KEIIN_EMALFORMED;
    }
    return err;
}

static int read_records(struct msgpack_reader *r, struct submission *out, struct why *why)
{
    size_t sealed_count;
    int err;

    out->count = msgpack_array(r);
    if (r->in.failed || out->count < 1 || out->count > ENTRY_DIGESTS_MAX)
        return bad(why, "a submission has 1 to 1,024 records");
    if (out->number == 0 || out->number > UINT_MAX_CANONICAL - (out->count - 1))
        return bad(why, "numbers are between 1 and 2^53-1");
    err = allocate(out);
    if (err != 0)
        return err;
    for (size_t i = 0; i < out->count; i++)
        out->records[i] = msgpack_bin(r);
    sealed_count = msgpack_array(r);
    if (!r->in.failed && sealed_count != 0 && sealed_count != out->count)
        return bad(why, "the sealed list is empty or as long as the records");
    for (size_t i = 0; i < sealed_count && !r->in.failed; i++)
        out->sealed[i] = msgpack_bin(r);
    out->signature = msgpack_bin(r);
    if (!msgpack_done(r))
        return bad(why, "not a canonical submission: [1, key, number, before, [record...], "
                        "[sealed part...], signature]");
    for (size_t i = 0; i < out->count; i++) {
        err = check_record(out, i, why);
        if (err != 0)
            return err;
    }
    return 0;
}

static int read_roster(struct msgpack_reader *r, struct submission *out, struct why *why)
{
    struct note *note;
    int err;

    out->count = 1;
    out->note = msgpack_bin(r);
    out->signature = msgpack_bin(r);
    if (!msgpack_done(r))
        return bad(
            why, "not a canonical submission: [1, key, number, before, roster note, signature]");
    if (out->number == 0)
        return bad(why, "numbers are between 1 and 2^53-1");
    note = malloc(sizeof *note);
    out->digests = calloc(1, sizeof *out->digests);
    err = note == NULL || out->digests == NULL ? KEIIN_ENOMEM : note_parse(out->note, note, why);
    free(note);
    return err;
}

int submission_parse_form(
    enum entry_kind kind, struct span body, struct submission *out, struct why *why)
{
    struct msgpack_reader r = msgpack_read(body);
    size_t elements = msgpack_array(&r);
    int err;

    *out = (struct submission){0};
    out->kind = kind;
    read_head(&r, out);
    if (r.in.failed || elements != (kind == ENTRY_RECORDS ? 7 : 6))
        return bad(why, kind == ENTRY_RECORDS
                            ? "not a canonical submission: [1, key, number, before, [record...], "
                              "[sealed part...], signature]"
                            : "not a canonical submission: [1, key, number, before, roster note, "
                              "signature]");
    err = kind == ENTRY_RECORDS ? read_records(&r, out, why) : read_roster(&r, out, why);
    if (err != 0)
        submission_destroy(out);
    return err;
}

static int hash_roster(struct submission *s, struct why *why)
{
    struct note *note = malloc(sizeof *note);
    int err = note == NULL ? KEIIN_ENOMEM : note_parse(s->note, note, why);

    if (err == 0)
        sha256(s->digests, note->text);
    free(note);
    return err;
}

int submission_hash(struct submission *s, struct why *why)
{
    int err = 0;

    if (s->kind == ENTRY_ROSTER)
        return hash_roster(s, why);
    sha256_many(s->digests, SHA256_NO_PREFIX, s->records, s->count);
    for (size_t i = 0; i < s->count && err == 0; i++)
        err = check_sealed(s, i, why);
    return err;
}

static int parse_whole(
    enum entry_kind kind, struct span body, struct submission *out, struct why *why)
{
    int err = submission_parse_form(kind, body, out, why);

    if (err != 0)
        return err;
    err = submission_hash(out, why);
    if (err != 0)
        submission_destroy(out);
    return err;
}

int submission_parse(struct span body, struct submission *out, struct why *why)
{
    return parse_whole(ENTRY_RECORDS, body, out, why);
}

int submission_parse_roster(struct span body, struct submission *out, struct why *why)
{
    return parse_whole(ENTRY_ROSTER, body, out, why);
}

void submission_write(struct buf *out, const struct submission *s)
{
    bool sealed = false;

    msgpack_put_array(out, s->kind == ENTRY_RECORDS ? 7 : 6);
    msgpack_put_uint(out, VERSION);
    msgpack_put_bin(out, span_hash(&s->key));
    msgpack_put_uint(out, s->number);
    msgpack_put_bin(out, span_hash(&s->before));
    if (s->kind == ENTRY_ROSTER) {
        msgpack_put_bin(out, s->note);
    } else {
        msgpack_put_array(out, s->count);
        for (size_t i = 0; i < s->count; i++) {
            msgpack_put_bin(out, s->records[i]);
            sealed = sealed || (s->sealed != NULL && s->sealed[i].n > 0);
        }
        msgpack_put_array(out, sealed ? s->count : 0);
        for (size_t i = 0; sealed && i < s->count; i++)
            msgpack_put_bin(out, s->sealed[i]);
    }
    msgpack_put_bin(out, s->signature);
}

void submission_write_records(struct buf *out, const struct submission *s)
{
    if (s->kind != ENTRY_RECORDS)
        return;
    for (size_t i = 0; i < s->count; i++)
        records_put(out, s->records[i], s->sealed == NULL ? (struct span){NULL, 0} : s->sealed[i]);
}

void receipt_write(struct buf *out, const struct receipt *receipt)
{
    bool entry = receipt->entry.n > 0;

    msgpack_put_array(out, entry ? 7 : 6);
    msgpack_put_uint(out, VERSION);
    msgpack_put_uint(out, receipt->index);
    msgpack_put_uint(out, receipt->received);
    msgpack_put_bin(out, span_hash(&receipt->prev));
    msgpack_put_array(out, receipt->proof_count);
    for (size_t i = 0; i < receipt->proof_count; i++)
        msgpack_put_bin(out, span_hash(&receipt->proof[i]));
    msgpack_put_bin(out, receipt->checkpoint);
    if (entry)
        msgpack_put_bin(out, receipt->entry);
}

int receipt_parse(struct span body, struct receipt *out)
{
    struct msgpack_reader r = msgpack_read(body);
    size_t elements = msgpack_array(&r);

    *out = (struct receipt){0};
    if (msgpack_uint(&r) != VERSION || (elements != 6 && elements != 7))
        return KEIIN_EMALFORMED;
    out->index = msgpack_uint(&r);
    out->received = msgpack_uint(&r);
    msgpack_hash(&r, &out->prev);
    out->proof_count = msgpack_array(&r);
    if (r.in.failed || out->proof_count > PROOF_HASHES_MAX)
        return KEIIN_EMALFORMED;
    for (size_t i = 0; i < out->proof_count; i++)
        msgpack_hash(&r, &out->proof[i]);
    out->checkpoint = msgpack_bin(&r);
    if (elements == 7)
        out->entry = msgpack_bin(&r);
    return msgpack_done(&r) ? 0 : KEIIN_EMALFORMED;
}

void refusal_write(struct buf *out, const struct refusal *refusal)
{
    msgpack_put_map(out, refusal->has_head ? 4 : 2);
    msgpack_put_str(out, span_str("code"));
    msgpack_put_str(out, refusal->code);
    msgpack_put_str(out, span_str("detail"));
    msgpack_put_str(out, refusal->detail);
    if (!refusal->has_head)
        return;
    msgpack_put_str(out, span_str("head"));
    msgpack_put_bin(out, span_hash(&refusal->head));
    msgpack_put_str(out, span_str("number"));
    msgpack_put_uint(out, refusal->number);
}

int refusal_parse(struct span body, struct refusal *out)
{
    struct msgpack_reader r = msgpack_read(body);
    struct span last = {NULL, 0};
    size_t pairs = msgpack_map(&r);

    *out = (struct refusal){0};
    for (size_t i = 0; i < pairs && !r.in.failed; i++) {
        struct span key = msgpack_key(&r, &last);

        if (span_is(key, "code")) {
            out->code = msgpack_str(&r);
        } else if (span_is(key, "detail")) {
            out->detail = msgpack_str(&r);
        } else if (span_is(key, "head")) {
            out->has_head = true;
            msgpack_hash(&r, &out->head);
        } else if (span_is(key, "number")) {
            out->number = msgpack_uint(&r);
        } else {
            msgpack_skip(&r, 2);
        }
    }
    return msgpack_done(&r) && out->code.n > 0 ? 0 : KEIIN_EMALFORMED;
}

void writer_state_write(struct buf *out, uint64_t last_number, const struct hash *head)
{
    msgpack_put_array(out, 3);
    msgpack_put_uint(out, VERSION);
    msgpack_put_uint(out, last_number);
    msgpack_put_bin(out, span_hash(head));
}

int writer_state_parse(struct span body, uint64_t *last_number, struct hash *head)
{
    struct msgpack_reader r = msgpack_read(body);
    size_t elements = msgpack_array(&r);
    uint64_t version = msgpack_uint(&r);

    *last_number = msgpack_uint(&r);
    msgpack_hash(&r, head);
    return msgpack_done(&r) && elements == 3 && version == VERSION ? 0 : KEIIN_EMALFORMED;
}
