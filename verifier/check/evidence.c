#include "verifier/check/evidence.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/ed25519.h"
#include "core/sha256.h"

static const struct span nobody = {NULL, 0};

static void found(struct findings *f, enum finding_code code, const char *detail)
{
    findings_add(f, code, FINDING_NO_INDEX, FINDING_NO_POSITION, nobody, detail);
}

/* The newest roster whose log signed: the key may have changed since. Where none did, the last. */
static int find_judge(
    struct evidence *e, const struct note *note, const struct roster *const *rosters, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        int err = roster_judge(note, rosters[i], NULL, rosters[i], &e->votes, NULL);

        if (err != 0)
            return err;
        e->judge = rosters[i];
        if (e->votes.log_signed || e->votes.wrong)
            return 0;
    }
    e->judge = rosters[count - 1];
    return roster_judge(note, e->judge, NULL, e->judge, &e->votes, NULL);
}

/* Takes over what is known of the checkpoint. */
static bool take_judged(struct evidence *e, const struct evidence_checkpoint *judged)
{
    if (judged == NULL || judged->note.n == 0 || !span_eq(judged->note, e->proof.checkpoint))
        return false;
    e->checkpoint = judged->checkpoint;
    e->votes = judged->votes;
    e->judge = judged->judge;
    e->has_checkpoint = true;
    e->quorum_none = e->judge->quorum == ROSTER_QUORUM_NONE;
    return true;
}

static int check_checkpoint(
    struct evidence *e, const struct roster *const *rosters, size_t count, struct findings *f)
{
    struct note *note = malloc(sizeof *note);
    struct why why = {""};
    int err;

    if (note == NULL)
        return KEIIN_ENOMEM;
    if (note_parse(e->proof.checkpoint, note, &why) != 0 ||
        checkpoint_parse(note->text, &e->checkpoint, &why) != 0) {
        found(f, FINDING_CHECKPOINT_INVALID, why.text);
        free(note);
        return 0;
    }
    e->has_checkpoint = true;
    err = find_judge(e, note, rosters, count);
    free(note);
    if (err != 0)
        return err;
    e->quorum_none = e->judge->quorum == ROSTER_QUORUM_NONE;
    if (!span_eq(e->checkpoint.origin, e->judge->origin))
        found(f, FINDING_CHECKPOINT_INVALID, "another origin than the roster's");
    else if (e->votes.wrong || !e->votes.log_signed)
        found(f, FINDING_CHECKPOINT_INVALID,
            e->votes.wrong ? "a signature by a known key is wrong"
                           : "no signature by a log key of the rosters given; if the log's key has "
                             "changed, give the later rosters too");
    if (!e->votes.quorum && e->votes.quorum_unchecked)
        found(f, FINDING_INCOMPLETE,
            "the quorum rests on cosignatures that this program cannot check (ML-DSA-44)");
    else if (!e->votes.quorum)
        found(f, FINDING_WITNESS_QUORUM,
            "a receipt is provisional until its checkpoint is known to be covered by one that has "
            "the quorum");
    return 0;
}

/* The leaf that the proof leads from is the entry in the extra line. */
static bool check_entry(struct evidence *e, struct findings *f)
{
    struct hash leaf;

    if (!e->proof.has_extra ||
        proof_extra_parse(span_of(e->proof.extra, e->proof.extra_bytes), &e->extra) != 0) {
        found(f, FINDING_RECEIPT_MISMATCH, "it has no extra line that holds the entry");
        return false;
    }
    if (entry_parse(e->extra.entry, &e->entry) != 0) {
        found(f, FINDING_RECEIPT_MISMATCH, "the entry in it is malformed");
        return false;
    }
    e->has_entry = true;
    sha256_leaf(&leaf, e->extra.entry);
    if (e->has_checkpoint && !tree_check_inclusion(e->proof.index, e->checkpoint.size, &leaf,
                                 e->proof.hashes, e->proof.hash_count, &e->checkpoint.root))
        found(f, FINDING_RECEIPT_MISMATCH,
            "the proof does not lead from the entry in it to its checkpoint");
    return true;
}

static int check_writer(
    struct evidence *e, const struct roster *const *rosters, size_t count, struct findings *f)
{
    struct hash ledger_id = rosters[0]->text_hash, head, *digests;
    struct chain_text text;

    /* What an entry's key was listed in was in force before the checkpoint. */
    while (e->judge != NULL && rosters[count - 1] != e->judge)
        count--;
    for (size_t i = count; i > 0 && e->writer == NULL; i--)
        e->writer = roster_writer_by_key(rosters[i - 1], &e->entry.key);
    if (e->writer == NULL) {
        found(f, FINDING_INCOMPLETE,
            "the rosters given do not list the writer's key: give the roster that was in force");
        return 0;
    }
    if (rosters[0]->serial != 0) {
        found(f, FINDING_INCOMPLETE,
            "the writer's signature names the ledger id: give the roster of serial 0 first");
        return 0;
    }
    digests = calloc(e->entry.digest_count, sizeof *digests);
    if (digests == NULL)
        return KEIIN_ENOMEM;
    entry_digests(&e->entry, digests);
    chain_extend(&head, &e->entry.before, digests, e->entry.digest_count);
    free(digests);
    chain_text(&text, &ledger_id, e->writer->key.name, entry_last_number(&e->entry), &head);
    if (!ed25519_verify(e->writer->key.key, span_of(text.bytes, text.n), e->entry.signature))
        findings_add(f, FINDING_WRITER_SIGNATURE, e->proof.index, FINDING_NO_POSITION,
            e->writer->key.name, NULL);
    return 0;
}

static void check_record(struct evidence *e, struct findings *f)
{
    struct hash digest, want;
    struct why why = {""};

    if (!e->extra.has_record)
        return;
    if (e->extra.position >= e->entry.digest_count || e->entry.kind != ENTRY_RECORDS) {
        found(f, FINDING_RECEIPT_MISMATCH, "the entry in it has no record at that position");
        return;
    }
    sha256(&digest, e->extra.record);
    entry_digest(&e->entry, (size_t)e->extra.position, &want);
    if (!hash_eq(&digest, &want)) {
        found(f, FINDING_RECEIPT_MISMATCH, "the record in it is not the one that the entry holds");
        return;
    }
    if (record_check(e->extra.record, &e->facts, &why) != 0) {
        findings_add(f, FINDING_RECORD_MALFORMED, e->proof.index, (uint32_t)e->extra.position,
            nobody, why.text);
        return;
    }
    e->has_record = true;
    if (e->extra.sealed.n == 0)
        return;
    sha256(&digest, e->extra.sealed);
    if (!e->facts.has_sealed || !hash_eq(&digest, &e->facts.sealed))
        found(f, FINDING_RECEIPT_MISMATCH, "the sealed part in it is not the record's");
}

int evidence_check(struct evidence *e, struct span file, const struct roster *const *rosters,
    size_t roster_count, struct findings *f)
{
    return evidence_check_under(e, file, rosters, roster_count, NULL, f);
}

int evidence_check_under(struct evidence *e, struct span file, const struct roster *const *rosters,
    size_t roster_count, const struct evidence_checkpoint *judged, struct findings *f)
{
    struct why why = {""};
    int err;

    *e = (struct evidence){0};
    err = proof_parse(file, &e->proof, &why);
    if (err == KEIIN_ENOMEM)
        return err;
    if (err != 0) {
        found(f, FINDING_RECEIPT_MISMATCH, why.text);
        return 0;
    }
    err = take_judged(e, judged) ? 0 : check_checkpoint(e, rosters, roster_count, f);
    if (err != 0 || !check_entry(e, f))
        return err;
    err = check_writer(e, rosters, roster_count, f);
    if (err == 0)
        check_record(e, f);
    return err;
}

void evidence_destroy(struct evidence *e)
{
    proof_destroy(&e->proof);
}
