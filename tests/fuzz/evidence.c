/*
 * verifier/check/evidence.c: one proof file by itself. When nothing is found, every part of it is
 * true by a second look; the seeds hold proofs that are, made with the keys of fixture.h.
 */
#include "verifier/check/evidence.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/sha256.h"
#include "tests/fuzz/fixture.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 15000;

/* The checkpoint is one that both keys signed: signatures are deterministic. */
static bool true_checkpoint(struct span bytes)
{
    const struct fixture_key *log = fixture_key(FIXTURE_LOG, "log", FIXTURE_ORIGIN);
    struct note *note = malloc(sizeof *note);
    struct buf made;
    bool same = false;

    FUZZ_CHECK(note != NULL && note_parse(bytes, note, NULL) == 0);
    buf_init(&made, bytes.n + 1024);
    note_sign(&made, note->text, log->vkey.name, log->file.secret);
    /* Other lines may stand beside it. */
    same = buf_status(&made) == 0 && memmem(bytes.p, bytes.n, made.p, made.n) != NULL;
    buf_destroy(&made);
    free(note);
    return same;
}

/* RFC 9162 section 2.1.3.2, as it is written there. */
static bool leads_to_root(
    const struct proof *proof, uint64_t size, struct hash hash, const struct hash *root)
{
    uint64_t fn = proof->index, sn = size - 1;

    if (proof->index >= size)
        return false;
    for (size_t i = 0; i < proof->hash_count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            sha256_node(&hash, &proof->hashes[i], &hash);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sha256_node(&hash, &hash, &proof->hashes[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&hash, root);
}

static void nothing_found(const struct evidence *e, const struct roster *roster)
{
    struct hash leaf, digest, want, head, *digests;
    struct chain_text text;

    FUZZ_CHECK(e->has_checkpoint && e->has_entry && e->writer != NULL);
    FUZZ_CHECK(true_checkpoint(e->proof.checkpoint));
    FUZZ_CHECK(span_is(e->checkpoint.origin, FIXTURE_ORIGIN));
    sha256_leaf(&leaf, e->extra.entry);
    FUZZ_CHECK(leads_to_root(&e->proof, e->checkpoint.size, leaf, &e->checkpoint.root));
    digests = calloc(e->entry.digest_count, sizeof *digests);
    FUZZ_CHECK(digests != NULL);
    entry_digests(&e->entry, digests);
    chain_extend(&head, &e->entry.before, digests, e->entry.digest_count);
    chain_text(&text, &roster->text_hash, e->writer->key.name, entry_last_number(&e->entry), &head);
    FUZZ_CHECK(ed25519_verify(e->writer->key.key, span_of(text.bytes, text.n), e->entry.signature));
    free(digests);
    FUZZ_CHECK(e->has_record == e->extra.has_record);
    if (!e->has_record)
        return;
    sha256(&digest, e->extra.record);
    entry_digest(&e->entry, (size_t)e->extra.position, &want);
    FUZZ_CHECK(hash_eq(&digest, &want));
    sha256(&digest, e->extra.sealed);
    FUZZ_CHECK(e->extra.sealed.n == 0 || hash_eq(&digest, &e->facts.sealed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct roster *rosters[2];
    struct span in = fuzz_begin(data + (n > 0), n - (n > 0));
    const struct roster *roster;
    struct findings *findings = findings_new(100);
    const struct finding *list;
    uint64_t omitted = 0;
    size_t count = 0;
    struct evidence e;

    for (int i = 0; i < 2; i++)
        FUZZ_CHECK(
            rosters[i] != NULL || roster_parse(fixture_roster(i == 1), &rosters[i], NULL) == 0);
    roster = rosters[n > 0 ? data[0] % 2 : 0];
    FUZZ_CHECK(findings != NULL);
    FUZZ_CHECK(evidence_check(&e, in, &roster, 1, findings) == 0);
    FUZZ_CHECK(findings_settle(findings, &list, &count, &omitted) == 0 && omitted == 0);
    if (count == 0)
        nothing_found(&e, roster);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(list[i].code < FINDING_CODES);
    evidence_destroy(&e);
    findings_free(findings);
    fuzz_end(in);
    return 0;
}
