/*
 * The rosters of a ledger as an audit walks them from the one it trusts (SPEC.md section
 * 7): which is in force for entries, and which judges checkpoints. One thread; the rosters
 * themselves stay where they are until rosters_destroy, so others may read them.
 */
#ifndef KEIIN_VERIFIER_ROSTERS_H
#define KEIIN_VERIFIER_ROSTERS_H

#include "core/roster.h"
#include "verifier/check/batch.h"
#include "http/source.h"

struct rosters {
    struct roster **list; /* by serial, all owned */
    size_t count, cap;
    size_t trusted;     /* serial of the one in hand */
    size_t in_force;    /* serial, for the next entry */
    size_t judge;       /* serial, for checkpoints */
    bool stuck;         /* a proof failed: no later roster judges checkpoints */
    bool judge_unknown; /* a roster or proof could not be read: nothing judges checkpoints */
};

/*
 * Begins with a trusted roster (taken) and walks its parents back to serial 0. Anything but
 * 0: the ledger id is not known, and nothing can be audited.
 */
int rosters_start(struct rosters *r, struct roster *trusted, struct source *source,
    struct why *why) KEIIN_MUST_USE;
/*
 * Adds the roster of the next serial, which its parent was found to allow (taken in any case).
 * Whether it stands in the ledger is another question. KEIIN_ENOMEM.
 */
int rosters_add(struct rosters *r, struct roster *next) KEIIN_MUST_USE;
/* Reads the next one, holds it against its parent, and adds it; KEIIN_EABSENT behind the last. */
int rosters_follow(struct rosters *r, struct source *source, struct why *why) KEIIN_MUST_USE;
void rosters_destroy(struct rosters *r);
const struct hash *rosters_ledger_id(const struct rosters *r);
const struct roster *rosters_in_force(const struct rosters *r);
const struct roster *rosters_judge(const struct rosters *r);

enum rosters_step {
    ROSTER_TAKEN,           /* in force from the next entry on */
    ROSTER_REFUSED,         /* roster-invalid; nothing changed */
    ROSTER_WITHOUT_PROOF,   /* in force for entries, roster-invalid for its proof */
    ROSTER_PROOF_UNCHECKED, /* in force for entries, its proof's quorum cannot be judged: incomplete */
    ROSTER_UNREADABLE       /* incomplete; the audit goes on under the roster before */
};

/*
 * The checkpoint of a roster's proof, when it has the right origin and the log's signature:
 * its root is to be held against the entries, whatever else is wrong with the proof.
 */
struct rosters_proof {
    bool there;
    uint64_t size;
    struct hash root;
};

/*
 * Steps over entry `index` of kind 2, sent by a writer of a role that may. KEIIN_ENOMEM is the
 * only error; everything else is in *step and `why`.
 */
int rosters_next(struct rosters *r, struct source *source, uint64_t index,
    const struct batch_entry *e, enum rosters_step *step, struct rosters_proof *proof,
    struct why *why) KEIIN_MUST_USE;

#endif
