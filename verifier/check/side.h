/*
 * One side of a comparison: a source, a saved checkpoint, a proof or receipt, or a checkpoint
 * with the proof of an earlier root. What it says counts as far as it leads to the root that
 * the log signed. One thread.
 */
#ifndef KEIIN_VERIFIER_SIDE_H
#define KEIIN_VERIFIER_SIDE_H

#include "verifier/check/evidence.h"
#include "verifier/check/fetch.h"
#include "verifier/check/rosters.h"

enum side_kind { SIDE_SOURCE, SIDE_CHECKPOINT, SIDE_PROOF, SIDE_CONSISTENCY };

struct source_tiles; /* http/source_tiles.h */

struct side {
    const char *name; /* as it was given; borrowed */
    enum side_kind kind;
    struct source *source; /* SIDE_SOURCE; else NULL */
    struct fetch fetch; /* the checkpoint */
    struct note *note; /* over its bytes */
    struct rosters rosters; /* SIDE_SOURCE: the trusted ones and those that follow there */
    bool is_signed; /* by a log key that a roster lists */
    bool wrong; /* a line by a known key is wrong */
    struct checkpoint_votes votes;
    struct source_tiles *tiles; /* SIDE_SOURCE */

    uint8_t *file; /* of the other kinds */
    size_t file_bytes;
    struct evidence evidence; /* SIDE_PROOF, after side_check_proof */
    bool has_evidence; /* it holds an entry, and its parts fit each other */
    uint64_t old_size; /* SIDE_CONSISTENCY */
    struct hash old_root;
};

/*
 * Opens a side; `trusted` are one or more rosters in order of serial, borrowed. A folder
 * without a checkpoint is KEIIN_EUSAGE. What cannot be read: KEIIN_EABSENT, KEIIN_EUNREADABLE,
 * KEIIN_EMALFORMED. Destroy it in any case.
 */
struct side_options {
    bool latest;
    uint64_t timeout_ms;
    const struct roster *const *trusted;
    size_t trusted_count;
};
int side_open(struct side *s, const char *name, const struct side_options *options,
    struct why *why) KEIIN_MUST_USE;
void side_destroy(struct side *s);

/* The rosters that a side is judged by: its own, else the other's, else the trusted ones. */
struct roster_view {
    const struct roster *const *list;
    size_t count;
};
struct roster_view side_rosters(
    const struct side *s, const struct side *other, const struct side_options *options);

/* Whether the log signed its checkpoint, by any of the rosters, the newest first. KEIIN_ENOMEM. */
int side_judge(struct side *s, struct roster_view rosters) KEIIN_MUST_USE;

/* Checks what a SIDE_PROOF says of itself; findings but a missing quorum go to `f`. KEIIN_ENOMEM. */
int side_check_proof(struct side *s, struct roster_view rosters, struct findings *f) KEIIN_MUST_USE;

static inline uint64_t side_size(const struct side *s)
{
    return s->fetch.checkpoint.size;
}

/*
 * The root of the first `size` entries (1 to side_size), proven to lead to the side's own.
 * KEIIN_EMISMATCH: its tiles do not lead there. KEIIN_EUSAGE: this side cannot tell.
 * Else as source_get. `proof` and `count` may be NULL.
 */
int side_root(struct side *s, uint64_t size, struct hash *root,
    struct hash proof[CONSISTENCY_HASHES_MAX], size_t *count, struct why *why) KEIIN_MUST_USE;

/* Appends an entry, proven to be in its tree. As side_root; KEIIN_EMALFORMED too. */
int side_entry(struct side *s, uint64_t index, struct buf *out, struct why *why) KEIIN_MUST_USE;

/* Appends a .tlog-proof of an entry that side_entry gave. As side_entry. */
int side_proof(struct side *s, uint64_t index, struct span entry, struct buf *out,
    struct why *why) KEIIN_MUST_USE;

/* Appends the file of a SIDE_CONSISTENCY: this side's checkpoint and its proven root at `size`. */
int side_consistency(
    struct side *s, uint64_t size, struct buf *out, struct why *why) KEIIN_MUST_USE;

#endif
