#include "ledger/own.h"

#include <stdlib.h>

#include "core/msgpack.h"
#include "core/sha256.h"
#include "ledger/log.h"
#include "ledger/submit.h"

/* A job with room for its signature in front of `bytes`. NULL without memory. */
static struct job *own_job(struct ledger *ledger, enum entry_kind kind, struct span bytes)
{
    const struct keyfile *key = ledger->given.operator_key;
    struct job *job = job_new(kind);
    struct submission *s;
    struct vkey vkey;

    if (job == NULL)
        return NULL;
    s = &job->submission;
    job->body_bytes = ED25519_SIGNATURE_BYTES + bytes.n;
    job->body = calloc(1, job->body_bytes);
    s->kind = kind;
    s->count = 1;
    s->records = calloc(1, sizeof *s->records);
    s->sealed = calloc(1, sizeof *s->sealed);
    s->digests = calloc(1, sizeof *s->digests);
    job->parsed = true;
    if (job->body == NULL || s->records == NULL || s->sealed == NULL || s->digests == NULL) {
        job_free(job);
        return NULL;
    }
    memcpy(job->body + ED25519_SIGNATURE_BYTES, bytes.p, bytes.n);
    vkey_make(&vkey, span_str(key->name), KEY_ED25519, secret_public(key->secret));
    s->key = vkey.key_hash;
    s->records[0] = span_of(job->body + ED25519_SIGNATURE_BYTES, bytes.n);
    return job;
}

static void heartbeat_record(struct ledger *ledger, struct buf *out)
{
    const struct keiin_clock *clock = ledger->given.clock;
    uint8_t salt[SALT_BYTES];

    ledger->given.random->fill(ledger->given.random->ctx, salt, sizeof salt);
    msgpack_put_map(out, 4);
    msgpack_put_str(out, span_str("action"));
    msgpack_put_str(out, span_str("heartbeat"));
    msgpack_put_str(out, span_str("at"));
    msgpack_put_uint(out, clock->wall_ms(clock->ctx));
    msgpack_put_str(out, span_str("checkpoint"));
    msgpack_put_bin(out, span_of(ledger->published.checkpoint, ledger->published.checkpoint_bytes));
    msgpack_put_str(out, span_str("salt"));
    msgpack_put_bin(out, span_of(salt, sizeof salt));
}

static void heartbeat_finished(void *ctx, const struct job *job)
{
    (void)ctx;
    if (job->refused != REFUSE_NOT)
        log_line(LOG_WARNING, "heartbeat-refused", "%s: %s", refusal_kinds[job->refused].code,
            job->why.text);
}

bool own_heartbeat_due(const struct ledger *ledger)
{
    const struct keiin_clock *clock = ledger->given.clock;
    uint64_t interval_ms = ledger->given.config->heartbeat_interval_s * 1000;

    return interval_ms > 0 && !ledger->draining && !ledger->reads_only &&
           clock->monotonic_ms(clock->ctx) - ledger->last_entry_ms >= interval_ms;
}

int own_heartbeat(struct ledger *ledger)
{
    const struct keiin_clock *clock = ledger->given.clock;
    struct job *job = NULL;
    struct buf record;
    int err;

    buf_init(&record, RECORD_BYTES_MAX);
    heartbeat_record(ledger, &record);
    err = buf_status(&record);
    if (err == 0)
        job = own_job(ledger, ENTRY_RECORDS, buf_view(&record));
    buf_destroy(&record);
    if (job == NULL)
        return err != 0 ? err : KEIIN_ENOMEM;
    sha256(&job->submission.digests[0], job->submission.records[0]);
    job->finished = heartbeat_finished;
    /* The next try is an interval away, whatever becomes of this one. */
    ledger->last_entry_ms = clock->monotonic_ms(clock->ctx);
    return submit_own(ledger, job);
}

int own_roster(struct ledger *ledger, struct span bytes, own_finished_fn *finished, void *ctx)
{
    struct note *note = malloc(sizeof *note);
    struct job *job = NULL;
    int err = note == NULL ? KEIIN_ENOMEM : note_parse(bytes, note, NULL);

    if (err == 0) {
        job = own_job(ledger, ENTRY_ROSTER, bytes);
        err = job == NULL ? KEIIN_ENOMEM : 0;
    }
    if (err == 0) {
        job->submission.note = job->submission.records[0];
        sha256(&job->submission.digests[0], note->text);
        job->finished = finished;
        job->finished_ctx = ctx;
        err = submit_own(ledger, job);
    }
    free(note);
    return err;
}
