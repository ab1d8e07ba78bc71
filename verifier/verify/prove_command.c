/* keiin-verify prove: a .tlog-proof file of one entry or record. */
#include <inttypes.h>
#include <unistd.h>

#include "core/sha256.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/check/evidence.h"
#include "verifier/verify/verify.h"

/* The record that is wanted, into the extra line. */
static int add_record(struct one *a, const struct entry *entry, struct buf *record,
    struct buf *sealed, struct proof_extra *extra, struct why *why)
{
    int err;

    if (entry->kind != ENTRY_RECORDS || a->at.position >= entry->digest_count) {
        why_set(why, message_text(MESSAGE_VERIFY_NO_POSITION), a->at.index,
            entry->kind == ENTRY_RECORDS ? entry->digest_count - 1 : 0, (unsigned)a->at.position);
        return KEIIN_EUSAGE;
    }
    err = fetch_record(
        &a->fetch, a->at.index, entry->digest_count, a->at.position, record, sealed, why);
    if (err == 0 && record->n == 0) {
        why_set(why, message_text(MESSAGE_VERIFY_NO_RECORD), a->at_text);
        err = KEIIN_EABSENT;
    }
    extra->has_record = true;
    extra->position = a->at.position;
    extra->record = buf_view(record);
    extra->sealed = buf_view(sealed);
    return err;
}

/* Collects what the proof holds, and writes it to `out`. */
static int make_proof(struct one *a, struct buf *out, struct why *why)
{
    struct hash hashes[PROOF_HASHES_MAX], leaf;
    struct buf entry_bytes, record, sealed, extra_bytes;
    struct proof_extra extra = {0};
    struct entry entry;
    size_t count = 0;
    int err;

    buf_init(&entry_bytes, ENTRY_BYTES_MAX);
    buf_init(&record, 65535);
    buf_init(&sealed, 65535);
    buf_init(&extra_bytes, PROOF_EXTRA_BYTES_MAX + 16 * 1024);
    err = fetch_entry(&a->fetch, a->at.index, &entry_bytes, why);
    if (err != 0)
        goto out;
    extra.entry = buf_view(&entry_bytes);
    if (entry_parse(extra.entry, &entry) != 0) {
        why_set(why, message_text(MESSAGE_VERIFY_ENTRY_MALFORMED), a->at.index);
        err = KEIIN_EMALFORMED;
        goto out;
    }
    if (a->at.has_position)
        err = add_record(a, &entry, &record, &sealed, &extra, why);
    if (err == 0) {
        sha256_leaf(&leaf, extra.entry);
        err = fetch_proof(&a->fetch, a->at.index, &leaf, hashes, &count, why);
    }
    if (err != 0)
        goto out;
    proof_extra_write(&extra_bytes, &extra);
    proof_write(out, buf_view(&extra_bytes), a->at.index, hashes, count,
        buf_view(&a->fetch.checkpoint_bytes));
    err = buf_status(&extra_bytes);
    if (err == 0)
        err = buf_status(out);
out:
    buf_destroy(&entry_bytes);
    buf_destroy(&record);
    buf_destroy(&sealed);
    buf_destroy(&extra_bytes);
    return err;
}

/* The proof must stand before the roster in hand; 0, or the exit status after its findings. */
static int check_proof(struct span proof, const struct roster *roster)
{
    struct findings *findings = findings_new(100);
    struct evidence evidence = {0};
    const struct finding *list;
    uint64_t omitted;
    size_t count = 0;
    bool bad = false;
    int err =
        findings == NULL ? KEIIN_ENOMEM : evidence_check(&evidence, proof, &roster, 1, findings);

    if (err == 0)
        err = findings_settle(findings, &list, &count, &omitted);
    for (size_t i = 0; i < count; i++)
        if (list[i].code != FINDING_INCOMPLETE) { /* a later roster may list the writer */
            words_finding(stderr, &list[i]);
            bad = true;
        }
    evidence_destroy(&evidence);
    findings_free(findings);
    if (err != 0)
        return cli_fail(err, "prove", NULL);
    return bad ? EXIT_FINDINGS : 0;
}

int prove_command(int argc, char **argv)
{
    struct one one;
    struct why why = {""};
    struct buf proof;
    int err = 0, status = input_one(argc, argv, true, &one);

    buf_init(&proof, PROOF_BYTES_MAX);
    if (status != 0)
        goto out;
    err = make_proof(&one, &proof, &why);
    if (err == 0 && one.roster != NULL)
        status = check_proof(buf_view(&proof), one.roster);
    if (err == 0 && status == 0)
        err = file_create(one.out, 0644, buf_view(&proof), &why);
    if (err != 0)
        status = cli_fail(err, one.where, &why);
    if (status != 0)
        goto out;
    printf(message_text(MESSAGE_VERIFY_PROVED), one.at_text, one.out);
    if (one.roster == NULL)
        fputs(message_text(MESSAGE_VERIFY_PROVED_UNSIGNED), stdout);
out:
    input_one_end(&one);
    buf_destroy(&proof);
    return status;
}
