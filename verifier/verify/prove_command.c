/* keiin-verify prove: a .tlog-proof file of one entry or record. */
#include <inttypes.h>
#include <unistd.h>

#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/check/evidence.h"
#include "verifier/check/prove.h"
#include "verifier/verify/verify.h"

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
    struct prove_what what;
    struct buf proof;
    bool of_record;
    int err = 0, status = input_one(argc, argv, true, &one);

    buf_init(&proof, PROOF_BYTES_MAX);
    if (status != 0)
        goto out;
    what = (struct prove_what){one.at.index, one.at.has_position, one.at.position, false, false};
    err = prove(&one.fetch, &what, &proof, &of_record, &why);
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
