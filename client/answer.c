#include "client/answer.h"

#include <inttypes.h>

#include "core/proof.h"
#include "core/sha256.h"

int checkpoint_check(struct span bytes, const struct rosters *rosters, size_t first,
    struct checkpoint_facts *out, struct why *why)
{
    const struct roster *newest = rosters_newest(rosters);
    struct checkpoint_votes votes;
    struct checkpoint checkpoint;
    struct note note;
    bool signed_by_log = false;
    int err;

    err = note_parse(bytes, &note, why);
    if (err == 0)
        err = checkpoint_parse(note.text, &checkpoint, why);
    if (err != 0) {
        why_prefix(why, "its checkpoint");
        return err;
    }
    if (!span_eq(checkpoint.origin, newest->origin)) {
        why_set(why, "its checkpoint is of another ledger");
        return KEIIN_EMISMATCH;
    }
    for (size_t i = rosters->count; i-- > first && !signed_by_log;) {
        err = roster_judge(&note, rosters->list[i], NULL, newest, &votes, NULL);
        if (err != 0)
            return err;
        if (votes.wrong) {
            why_set(why, "its checkpoint has a wrong signature by a known key");
            return KEIIN_ESIGNATURE;
        }
        signed_by_log = votes.log_signed;
    }
    if (!signed_by_log) {
        why_set(why, "its checkpoint is not signed by a log key of the rosters known here");
        return KEIIN_EABSENT;
    }
    *out = (struct checkpoint_facts){
        .size = checkpoint.size, .root = checkpoint.root, .quorum = votes.quorum && votes.vouched};
    return 0;
}

/* The entry as the ledger must have stored it. */
static int rebuild_entry(
    struct buf *out, const struct submission *sent, const struct receipt *receipt)
{
    struct entry entry = {
        .kind = ENTRY_RECORDS,
        .received = receipt->received,
        .prev = receipt->prev,
        .key = sent->key,
        .number = sent->number,
        .before = sent->before,
        .digest_count = sent->count,
        .signature = sent->signature,
    };

    entry_write(out, &entry, sent->digests);
    return buf_status(out);
}

/* Holds place and time against the entry before, and the checkpoint against the greatest seen. */
static int check_history(const struct receipt *receipt, const struct checkpoint_facts *checkpoint,
    const struct client_state *before, const struct hash *ledger_id, struct why *why)
{
    struct hash genesis;

    if (receipt->index == 0) {
        entry_genesis_prev(&genesis, ledger_id);
        if (!hash_eq(&receipt->prev, &genesis)) {
            why_set(why, "entry 0 does not begin this ledger");
            return KEIIN_EMISMATCH;
        }
    }
    if (before->has_entry && receipt->index <= before->index) {
        why_set(why,
            "the ledger gives place %" PRIu64 ", and the submission before has place %" PRIu64,
            receipt->index, before->index);
        return KEIIN_EMISMATCH;
    }
    if (before->has_entry && receipt->received < before->received) {
        why_set(why, "the ledger's time went back by %" PRIu64 " ms",
            before->received - receipt->received);
        return KEIIN_EMISMATCH;
    }
    if (before->has_entry && receipt->index == before->index + 1 &&
        !hash_eq(&receipt->prev, &before->leaf)) {
        why_set(why, "entry %" PRIu64 " is not chained to the one before, whose receipt is here",
            receipt->index);
        return KEIIN_EMISMATCH;
    }
    if (before->has_checkpoint && checkpoint->size < before->size) {
        why_set(why, "the ledger's checkpoint went back from size %" PRIu64 " to %" PRIu64,
            before->size, checkpoint->size);
        return KEIIN_EMISMATCH;
    }
    if (before->has_checkpoint && checkpoint->size == before->size &&
        !hash_eq(&checkpoint->root, &before->root)) {
        why_set(why, "the ledger signed two roots for size %" PRIu64, checkpoint->size);
        return KEIIN_EMISMATCH;
    }
    return 0;
}

int answer_check(struct span body, const struct client_pending *pending,
    const struct client_state *before, const struct rosters *rosters, const struct hash *ledger_id,
    struct client_state *state, struct buf *receipt, struct why *why)
{
    const struct submission *sent = &pending->submission;
    struct checkpoint_facts checkpoint;
    struct proof_extra extra = {0};
    struct receipt parts;
    struct buf entry, extra_bytes;
    struct hash leaf;
    int err;

    buf_init(&entry, ENTRY_BYTES_MAX);
    buf_init(&extra_bytes, PROOF_EXTRA_BYTES_MAX);
    err = receipt_parse(body, &parts);
    if (err != 0) {
        why_set(why, "it is no receipt");
        goto out;
    }
    /* A change of log keys is in force before it is known to be: two rosters may sign. */
    err = checkpoint_check(
        parts.checkpoint, rosters, rosters->count < 2 ? 0 : rosters->count - 2, &checkpoint, why);
    if (err == 0)
        err = rebuild_entry(&entry, sent, &parts);
    if (err != 0)
        goto out;
    sha256_leaf(&leaf, buf_view(&entry));
    if (parts.index >= checkpoint.size || !tree_check_inclusion(parts.index, checkpoint.size, &leaf,
                                              parts.proof, parts.proof_count, &checkpoint.root)) {
        why_set(
            why, "what was sent is not at place %" PRIu64 " of its checkpoint's tree", parts.index);
        err = KEIIN_EMISMATCH;
        goto out;
    }
    err = check_history(&parts, &checkpoint, before, ledger_id, why);
    if (err != 0)
        goto out;
    extra.entry = buf_view(&entry);
    proof_extra_write(&extra_bytes, &extra);
    err = buf_status(&extra_bytes);
    if (err != 0)
        goto out;
    proof_write(receipt, buf_view(&extra_bytes), parts.index, parts.proof, parts.proof_count,
        parts.checkpoint);
    err = buf_status(receipt);
    *state = (struct client_state){
        .number = sent->number + sent->count - 1,
        .head = pending->head,
        .has_entry = true,
        .index = parts.index,
        .received = parts.received,
        .leaf = leaf,
        .has_checkpoint = true,
        .size = checkpoint.size,
        .root = checkpoint.root,
    };
    memcpy(state->mark, pending->mark, sizeof state->mark);
out:
    buf_destroy(&extra_bytes);
    buf_destroy(&entry);
    return err;
}
