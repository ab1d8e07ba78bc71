/*
 * The ledger's answer to a submission, checked whole: the entry is rebuilt from what was
 * sent, its leaf must be in the tree of a checkpoint that the log signed, and nothing may
 * contradict what was seen before. No network, no files.
 */
#ifndef KEIIN_CLIENT_ANSWER_H
#define KEIIN_CLIENT_ANSWER_H

#include "client/folder.h"
#include "client/rosters.h"

#define ANSWER_BYTES_MAX (CHECKPOINT_BYTES_MAX + PROOF_HASHES_MAX * 34 + ENTRY_BYTES_MAX + 256)

/* What a checkpoint is worth. */
struct checkpoint_facts {
    uint64_t size;
    struct hash root;
    bool quorum; /* witnesses vouch for it, by the newest roster */
};

/*
 * Checks a checkpoint's note by the rosters: log keys of any from `first` on (their numbers in
 * the list). KEIIN_EMALFORMED; KEIIN_ESIGNATURE when a known key's line is wrong;
 * KEIIN_EABSENT when no line is by a known log key: a newer roster may know it.
 */
int checkpoint_check(struct span bytes, const struct rosters *rosters, size_t first,
    struct checkpoint_facts *out, struct why *why) KEIIN_MUST_USE;

/*
 * Checks an answer to `pending`. On success *state is what holds from now on, and the receipt's
 * bytes are in `receipt`. KEIIN_EMALFORMED, KEIIN_ESIGNATURE, KEIIN_EMISMATCH; KEIIN_EABSENT as
 * above.
 */
int answer_check(struct span body, const struct client_pending *pending,
    const struct client_state *before, const struct rosters *rosters, const struct hash *ledger_id,
    struct client_state *state, struct buf *receipt, struct why *why) KEIIN_MUST_USE;

#endif
