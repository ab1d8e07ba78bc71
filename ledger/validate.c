#include "ledger/validate.h"

#include <stdlib.h>

#include "core/chain.h"

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

/* False when the job is refused. */
static bool well_done(struct job *job, int err)
{
    if (err == KEIIN_ENOMEM)
        job_refuse(job, REFUSE_BUSY, "out of memory");
    else if (err != 0)
        job->refused = REFUSE_MALFORMED;
    return err == 0;
}

void validate_job(struct job *job, const struct hash *ledger_id)
{
    struct submission *s = &job->submission;
    int err = submission_parse_form(job->kind, span_of(job->body, job->body_bytes), s, &job->why);

    job->parsed = err == 0;
    if (!well_done(job, err))
        return;
    /* Nothing of a stranger's body is hashed. */
    if (book_find_key(job->book, &s->key, NULL) == NULL) {
        job_refuse(job, REFUSE_KEY_UNKNOWN, "no roster so far lists this key as a writer's");
        return;
    }
    if (!well_done(job, submission_hash(s, &job->why)))
        return;
    chain_extend(&job->after, &s->before, s->digests, s->count);
    if (!find_writer(job, ledger_id)) {
        job_refuse(job, REFUSE_SIGNATURE,
            "the signature does not verify over the head that follows from this request");
        return;
    }
    if (job->kind == ENTRY_ROSTER) {
        if (validate_roster(job) == KEIIN_ENOMEM)
            job_refuse(job, REFUSE_BUSY, "out of memory");
    }
}
