#include "verifier/check/rosters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/proof.h"

static int push(struct rosters *r, struct roster *roster)
{
    struct roster **more = array_room(r->list, r->count, &r->cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    r->list = more;
    r->list[r->count++] = roster;
    return 0;
}

/* Reads roster/<serial><suffix>, bounded; KEIIN_EMALFORMED when it is longer than it may be. */
static int read_file(struct source *source, uint64_t serial, const char *suffix, size_t bytes_max,
    struct buf *out, struct why *why)
{
    char path[64];
    bool longer;
    int err;

    snprintf(path, sizeof path, "roster/%" PRIu64 "%s", serial, suffix);
    err = source_get(source, path, bytes_max, out, &longer, why);
    if (err == 0 && longer) {
        why_set(why, "%s is longer than it may be", path);
        err = KEIIN_EMALFORMED;
    }
    return err;
}

/* A parent is believed because the hash of its text stands in a trusted roster. */
static int read_parent(
    struct source *source, const struct roster *child, struct roster **out, struct why *why)
{
    struct note *note = malloc(sizeof *note);
    struct buf bytes;
    int err = KEIIN_ENOMEM;

    buf_init(&bytes, ROSTER_BYTES_MAX);
    if (note == NULL)
        goto out;
    err = read_file(source, child->serial - 1, "", ROSTER_BYTES_MAX, &bytes, why);
    if (err != 0)
        goto out;
    err = note_parse(buf_view(&bytes), note, why);
    if (err == 0)
        err = roster_parse(note->text, out, NULL);
    if (err == 0 &&
        (!hash_eq(&(*out)->text_hash, &child->parent) || (*out)->serial != child->serial - 1 ||
            !span_eq((*out)->origin, child->origin))) {
        why_set(why, "roster/%" PRIu64 " is not the one that serial %" PRIu64 " names",
            child->serial - 1, child->serial);
        roster_free(*out);
        *out = NULL;
        err = KEIIN_EMISMATCH;
    }
out:
    buf_destroy(&bytes);
    free(note);
    return err;
}

int rosters_start(struct rosters *r, struct roster *trusted, struct source *source, struct why *why)
{
    struct roster *next = trusted;
    int err = push(r, trusted);

    if (err != 0) {
        roster_free(trusted);
        return err;
    }
    while (next->serial > 0) {
        err = read_parent(source, next, &next, why);
        if (err == 0) {
            err = push(r, next);
            if (err != 0)
                roster_free(next);
        }
        if (err != 0)
            return err;
    }
    for (size_t i = 0; i < r->count / 2; i++) { /* the last one read is serial 0 */
        struct roster *other = r->list[r->count - 1 - i];

        r->list[r->count - 1 - i] = r->list[i];
        r->list[i] = other;
    }
    r->trusted = r->judge = r->count - 1;
    r->in_force = 0;
    return 0;
}

int rosters_add(struct rosters *r, struct roster *next)
{
    int err = push(r, next);

    if (err != 0)
        roster_free(next);
    return err;
}

int rosters_follow(struct rosters *r, struct source *source, struct why *why)
{
    const struct roster *last = r->list[r->count - 1];
    struct roster *next = NULL;
    struct buf bytes;
    int err;

    buf_init(&bytes, ROSTER_BYTES_MAX);
    err = read_file(source, last->serial + 1, "", ROSTER_BYTES_MAX, &bytes, why);
    if (err == 0)
        err = roster_from_note(buf_view(&bytes), last, &next, why);
    buf_destroy(&bytes);
    return err == 0 ? rosters_add(r, next) : err;
}

void rosters_destroy(struct rosters *r)
{
    for (size_t i = 0; i < r->count; i++)
        roster_free(r->list[i]);
    free(r->list);
    *r = (struct rosters){0};
}

const struct hash *rosters_ledger_id(const struct rosters *r)
{
    return &r->list[0]->text_hash;
}

const struct roster *rosters_in_force(const struct rosters *r)
{
    return r->list[r->in_force];
}

const struct roster *rosters_judge(const struct rosters *r)
{
    return r->list[r->judge];
}

/* The checkpoint of a roster's proof, by the logs of both and the quorum of the one before. */
static int judge_proof_checkpoint(const struct roster *before, const struct roster *roster,
    const struct proof *proof, struct rosters_proof *out, bool *unchecked, struct why *why)
{
    struct checkpoint checkpoint;
    struct note *note = malloc(sizeof *note);
    struct checkpoint_votes votes;
    int err = KEIIN_ENOMEM;

    if (note == NULL)
        goto out;
    err = note_parse(proof->checkpoint, note, why);
    if (err == 0)
        err = checkpoint_parse(note->text, &checkpoint, why);
    if (err != 0)
        goto out;
    if (!span_eq(checkpoint.origin, before->origin)) {
        why_set(why, "the proof's checkpoint has another origin");
        err = KEIIN_EMISMATCH;
        goto out;
    }
    err = roster_judge(note, before, roster, before, &votes, NULL);
    if (err != 0)
        goto out;
    *out = (struct rosters_proof){votes.log_signed, checkpoint.size, checkpoint.root};
    if (votes.wrong || !votes.log_signed) {
        why_set(why, "the proof's checkpoint has no valid signature of the log");
        err = KEIIN_ESIGNATURE;
    } else if (!votes.quorum && !votes.quorum_unchecked) {
        why_set(why, "the proof's checkpoint lacks the quorum of the roster before");
        err = KEIIN_ESIGNATURE;
    }
    *unchecked = err == 0 && !votes.quorum;
out:
    free(note);
    return err;
}

static int check_proof(const struct rosters *r, const struct roster *roster, struct span bytes,
    uint64_t index, const struct batch_entry *e, struct rosters_proof *out, bool *unchecked,
    struct why *why)
{
    struct proof_extra extra;
    struct proof proof;
    int err = proof_parse(bytes, &proof, why);

    if (err != 0)
        return err;
    err = judge_proof_checkpoint(rosters_in_force(r), roster, &proof, out, unchecked, why);
    if (err != 0)
        goto out;
    if (proof.index != index || !proof.has_extra ||
        proof_extra_parse(span_of(proof.extra, proof.extra_bytes), &extra) != 0 ||
        !span_eq(extra.entry, e->bytes)) {
        why_set(why, "the roster's proof is for another entry");
        err = KEIIN_EMISMATCH;
    } else if (!tree_check_inclusion(
                   index, out->size, &e->leaf, proof.hashes, proof.hash_count, &out->root)) {
        why_set(why, "the roster's proof does not lead from its entry to its checkpoint");
        err = KEIIN_EMISMATCH;
    }
out:
    proof_destroy(&proof);
    return err;
}

/* The proof of a roster that is good itself: sets *step, and moves `judge`. */
static int take_proof(struct rosters *r, struct source *source, const struct roster *roster,
    uint64_t index, const struct batch_entry *e, enum rosters_step *step, struct rosters_proof *out,
    struct why *why)
{
    bool unchecked = false;
    struct buf bytes;
    int err;

    buf_init(&bytes, PROOF_BYTES_MAX);
    err = read_file(source, roster->serial, ".tlog-proof", PROOF_BYTES_MAX, &bytes, why);
    if (err == KEIIN_EUNREADABLE) {
        *step = ROSTER_UNREADABLE;
        err = 0;
        goto out;
    }
    if (err == KEIIN_EABSENT)
        why_set(why, "roster/%" PRIu64 ".tlog-proof is not there", roster->serial);
    if (err == 0)
        err = check_proof(r, roster, buf_view(&bytes), index, e, out, &unchecked, why);
    if (err == KEIIN_ENOMEM)
        goto out;
    if (err != 0) {
        *step = ROSTER_WITHOUT_PROOF;
        r->stuck = true;
    } else if (unchecked) {
        why_set(why,
            "the proof of roster %" PRIu64 " is cosigned by keys that this program "
            "cannot check",
            roster->serial);
        *step = ROSTER_PROOF_UNCHECKED;
        r->judge_unknown = r->judge_unknown || !r->stuck; /* stuck: it could not judge anyway */
    } else {
        *step = ROSTER_TAKEN;
        if (!r->stuck)
            r->judge = (size_t)roster->serial;
    }
    err = 0;
out:
    buf_destroy(&bytes);
    return err;
}

/* The next roster from the source, held against its parent and the entry's digest. */
static int read_next(struct rosters *r, struct source *source, const struct hash *digest,
    struct roster **out, enum rosters_step *step, struct why *why)
{
    uint64_t serial = rosters_in_force(r)->serial + 1;
    struct buf bytes;
    int err;

    *step = ROSTER_REFUSED;
    buf_init(&bytes, ROSTER_BYTES_MAX);
    err = read_file(source, serial, "", ROSTER_BYTES_MAX, &bytes, why);
    if (err == KEIIN_EUNREADABLE) {
        *step = ROSTER_UNREADABLE;
        r->judge_unknown = true;
    } else if (err == KEIIN_EABSENT) {
        why_set(why, "roster/%" PRIu64 " is not there", serial);
    } else if (err == 0) {
        err = roster_from_note(buf_view(&bytes), rosters_in_force(r), out, why);
        if (err == 0 && !hash_eq(&(*out)->text_hash, digest)) {
            why_set(why, "roster/%" PRIu64 " is not the one that the entry holds", serial);
            roster_free(*out);
            *out = NULL;
        }
    }
    buf_destroy(&bytes);
    return err == KEIIN_ENOMEM ? err : 0;
}

int rosters_next(struct rosters *r, struct source *source, uint64_t index,
    const struct batch_entry *e, enum rosters_step *step, struct rosters_proof *proof,
    struct why *why)
{
    struct roster *roster = NULL;
    struct hash digest;
    int err;

    *proof = (struct rosters_proof){0};
    entry_digest(&e->entry, 0, &digest);
    if (r->in_force < r->trusted) { /* the rosters up to the trusted one are known by hash */
        bool same = hash_eq(&digest, &r->list[r->in_force + 1]->text_hash);

        if (same)
            r->in_force++;
        else
            why_set(why, "the entry holds another roster than the trusted serial %zu rests on",
                r->in_force + 1);
        *step = same ? ROSTER_TAKEN : ROSTER_REFUSED;
        return 0;
    }
    err = read_next(r, source, &digest, &roster, step, why);
    if (err != 0 || roster == NULL)
        return err;
    err = take_proof(r, source, roster, index, e, step, proof, why);
    if (err == 0 && *step == ROSTER_UNREADABLE)
        r->judge_unknown = true;
    if (err == 0 && *step != ROSTER_UNREADABLE)
        err = push(r, roster);
    else
        roster_free(roster);
    if (err == 0 && *step != ROSTER_UNREADABLE)
        r->in_force++;
    return err;
}
