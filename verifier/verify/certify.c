#include "verifier/verify/certify.h"

#include <stdio.h>
#include <sys/stat.h>

#include "core/certificate.h"
#include "core/note.h"
#include "core/sha256.h"
#include "core/version.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

int certify_begin(struct certify *c)
{
    struct why why = {""};
    struct stat st;
    int err;

    if (c->key_path == NULL && c->out == NULL)
        return 0;
    if (c->key_path == NULL || c->out == NULL)
        return cli_usage("%s", message_text(MESSAGE_CERTIFICATE_NEEDS));
    if (lstat(c->out, &st) == 0) {
        file_why(&why, c->out, "is there already and is not overwritten");
        return status_of_error(KEIIN_EEXIST, c->out, &why);
    }
    err = secretfile_open(c->key_path, "writer", true, &c->key, &why);
    if (err != 0)
        return status_of_error(err, c->key_path, &why);
    c->has_key = true;
    return 0;
}

static int digest_findings(const struct audit_result *r, struct hash *out)
{
    struct sha256_stream stream;
    struct buf line;
    int err = 0;

    sha256_stream_init(&stream);
    buf_init(&line, 1024);
    for (size_t i = 0; err == 0 && i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];

        buf_clear(&line);
        certificate_finding(&line, finding_code_text(f->code),
            f->index == FINDING_NO_INDEX ? NULL : &f->index,
            f->position == FINDING_NO_POSITION ? NULL : &f->position,
            f->writer == NULL ? (struct span){NULL, 0} : span_str(f->writer));
        err = buf_status(&line);
        sha256_stream_update(&stream, buf_view(&line));
    }
    sha256_stream_final(&stream, out);
    buf_destroy(&line);
    return err;
}

static int fill(
    struct certificate *c, const struct audit_result *r, struct span origin, uint64_t now_ms)
{
    static const enum certificate_verdict verdicts[] = {[AUDIT_VERIFIED] = CERTIFICATE_VERIFIED,
        [AUDIT_FINDINGS] = CERTIFICATE_FINDINGS,
        [AUDIT_INCOMPLETE] = CERTIFICATE_INCOMPLETE};

    *c = (struct certificate){.origin = origin,
        .has_ledger_id = r->has_ledger_id,
        .has_checkpoint = r->size > 0,
        .ledger_id = r->ledger_id,
        .size = r->size,
        .root = r->root,
        .roster_trusted = r->trusted_serial,
        .roster_judge = r->roster_serial,
        .verdict = verdicts[r->verdict],
        .findings = r->finding_count + r->findings_omitted,
        .digested = r->finding_count,
        .entries = r->entries,
        .entries_before = r->entries_before,
        .records_were_read = r->records_were_read,
        .records = r->records,
        .has_received = r->has_received,
        .received = r->last_received,
        .voucher = !r->has_vouched          ? CERTIFICATE_NOBODY
                   : r->vouched_by_operator ? CERTIFICATE_OPERATOR
                                            : CERTIFICATE_WITNESSES,
        .vouched_at = r->vouched_at_ms,
        .time = now_ms,
        .program = span_str("keiin-verify"),
        .version = span_str(PACKAGE_VERSION)};
    return digest_findings(r, &c->findings_digest);
}

/* Whoever publishes a note verifies it first. */
static int check(struct span bytes, const struct vkey *key, struct why *why)
{
    struct note note;
    struct certificate certificate;
    int err = note_parse(bytes, &note, why);

    if (err == 0)
        err = certificate_parse(note.text, &certificate, why);
    return err == 0 && !note_judge(&note, key).valid ? KEIIN_ECRYPTO : err;
}

int certify_end(
    struct certify *c, const struct audit_result *r, struct span origin, uint64_t now_ms)
{
    struct certificate certificate;
    struct vkey key;
    struct why why = {""};
    struct buf bytes, text;
    int err;

    if (!c->has_key)
        return 0;
    buf_init(&text, CERTIFICATE_TEXT_BYTES_MAX);
    buf_init(&bytes, CERTIFICATE_BYTES_MAX);
    err = fill(&certificate, r, origin, now_ms);
    if (err == 0 && !certificate_coherent(&certificate)) {
        why_set(&why, "%s", message_text(MESSAGE_CERTIFICATE_CLOCK));
        err = KEIIN_EUSAGE;
    }
    if (err == 0) {
        certificate_write(&text, &certificate);
        buf_put_span(&bytes, buf_view(&text));
        buf_put_u8(&bytes, '\n');
        note_sign(&bytes, buf_view(&text), span_str(c->key.name), c->key.secret);
        err = buf_status(&text) != 0 ? buf_status(&text) : buf_status(&bytes);
    }
    vkey_make(&key, span_str(c->key.name), KEY_ED25519, secret_public(c->key.secret));
    if (err == 0)
        err = check(buf_view(&bytes), &key, &why);
    if (err == 0)
        err = file_create(c->out, 0644, buf_view(&bytes), &why);
    buf_destroy(&text);
    buf_destroy(&bytes);
    return err == 0 ? 0 : status_of_error(err, c->out, &why);
}

void certify_destroy(struct certify *c)
{
    if (c->has_key)
        keyfile_destroy(&c->key);
    *c = (struct certify){0};
}
