#include "ledger/validate.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/record.h"

/* The list of records or sealed parts of a body by an unknown key: form only, no hash. */
static size_t check_list(struct msgpack_reader *r, bool records, struct why *why)
{
    size_t count = msgpack_array(r);

    for (size_t i = 0; i < count && !r->in.failed; i++) {
        struct span bytes = msgpack_bin(r);

        if (r->in.failed)
            break;
        if (records ? record_check(bytes, NULL, why) != 0 : bytes.n > SEALED_BYTES_MAX)
            r->in.failed = true;
    }
    return count;
}

/*
 * A body by an unknown key is malformed or of an unknown writer, and SPEC.md section 8
 * wants the former said first; but nothing of it is hashed.
 */
static bool well_formed(const struct job *job, struct why *why)
{
    struct msgpack_reader r = msgpack_read(span_of(job->body, job->body_bytes));
    size_t elements = msgpack_array(&r), count = 1, sealed = 0;
    uint64_t version = msgpack_uint(&r), number;
    struct hash hash;
    struct span note;
    struct note *parsed;
    bool good = false;

    why_set(why, "not a canonical submission");
    msgpack_hash(&r, &hash);
    number = msgpack_uint(&r);
    msgpack_hash(&r, &hash);
    if (job->kind == ENTRY_ROSTER) {
        note = msgpack_bin(&r);
        parsed = malloc(sizeof *parsed);
        good = parsed != NULL && !r.in.failed && note_parse(note, parsed, why) == 0;
        free(parsed);
        if (!good)
            return false;
    } else {
        count = check_list(&r, true, why);
        if (!r.in.failed)
            sealed = check_list(&r, false, why);
    }
    (void)msgpack_bin(&r);
    return msgpack_done(&r) && version == 1 && elements == (job->kind == ENTRY_ROSTER ? 6 : 7) &&
           count >= 1 && count <= ENTRY_DIGESTS_MAX && (sealed == 0 || sealed == count) &&
           number >= 1 && number <= UINT_MAX_CANONICAL - (count - 1);
}

/* The name under which the signature verifies: nearly always there is one to try. */
static bool find_writer(struct job *job, const struct hash *ledger_id)
{
    const struct submission *s = &job->submission;
    const struct book_key *key = NULL;
    struct chain_text text;

    while ((key = book_find_key(job->book, &s->key, key)) != NULL) {
        chain_text(&text, ledger_id, book_writer(job->book, key->writer)->name,
            s->number + s->count - 1, &job->after);
        if (ed25519_verify(key->key, span_of(text.bytes, text.n), s->signature)) {
            job->writer = key->writer;
            return true;
        }
    }
    return false;
}

int validate_roster(struct job *job)
{
    struct buf errors;
    int err;

    buf_init(&errors, 1 << 20);
    job->note = malloc(sizeof *job->note);
    err = job->note == NULL ? KEIIN_ENOMEM : note_parse(job->submission.note, job->note, &job->why);
    if (err != 0)
        goto out;
    err = roster_parse(job->note->text, &job->roster, &errors);
    if (err == KEIIN_EMALFORMED) {
        job->roster = NULL;
        why_set(&job->why, "%.*s", (int)(errors.n < 400 ? errors.n : 400),
            errors.p == NULL ? "" : (const char *)errors.p);
        for (char *c = job->why.text; *c != 0; c++)
            if (*c == '\n')
                *c = c[1] == 0 ? 0 : ';';
    }
out:
    buf_destroy(&errors);
    return err;
}

void validate_job(struct job *job, const struct hash *ledger_id)
{
    struct submission *s = &job->submission;
    struct span body = span_of(job->body, job->body_bytes);
    struct hash key;
    int err;

    if (!submission_peek_key(body, &key)) {
        job_refuse(job, REFUSE_MALFORMED, "not a canonical submission");
        return;
    }
    if (book_find_key(job->book, &key, NULL) == NULL) {
        if (well_formed(job, &job->why))
            job_refuse(job, REFUSE_KEY_UNKNOWN, "no roster so far lists this key as a writer's");
        else
            job->refused = REFUSE_MALFORMED;
        return;
    }
    err = job->kind == ENTRY_ROSTER ? submission_parse_roster(body, s, &job->why)
                                    : submission_parse(body, s, &job->why);
    job->parsed = err == 0;
    if (err == KEIIN_ENOMEM) {
        job_refuse(job, REFUSE_BUSY, "out of memory");
        return;
    }
    if (err != 0) {
        job->refused = REFUSE_MALFORMED;
        return;
    }
    chain_extend(&job->after, &s->before, s->digests, s->count);
    if (!find_writer(job, ledger_id)) {
        job_refuse(job, REFUSE_SIGNATURE,
            "the signature does not verify over the head that follows from this request");
        return;
    }
    if (job->kind == ENTRY_ROSTER) {
        err = validate_roster(job);
        if (err == KEIIN_ENOMEM)
            job_refuse(job, REFUSE_BUSY, "out of memory");
    }
}
