/*
 * What an audit remembers for the next one (`--state DIR`): the newest quorum checkpoint
 * it saw, for rollback and fork, and where it stood, so that only what is new is read.
 * The folder is the verifier's own and is trusted; state.json in it is replaced in one step.
 */
#ifndef KEIIN_VERIFIER_STATE_H
#define KEIIN_VERIFIER_STATE_H

#include "verifier/check/judge.h"

struct state {
    int lock_fd; /* -1 when not open */
    char *folder;
    bool has_seen;
    uint64_t seen_size; /* of the newest quorum checkpoint that was seen */
    struct hash seen_root;
    void *json;         /* the whole document, or NULL when there is none yet */
};

/*
 * Opens (and creates) the folder and reads what is there. KEIIN_EUSAGE when it belongs to
 * another ledger or cannot be used, KEIIN_EBUSY, KEIIN_EDAMAGED, KEIIN_ENOMEM.
 */
int state_open(struct state *s, const char *folder, const struct hash *ledger_id,
    struct why *why) KEIIN_MUST_USE;
void state_close(struct state *s);

/*
 * Takes over where the last audit stood. False when there is no such place, or it does not
 * serve (records were not read then and are wanted now; another roster was trusted): start
 * from the beginning. KEIIN_EDAMAGED, KEIIN_ENOMEM in *err.
 */
bool state_resume(const struct state *s, bool want_records, struct judge *j, struct levels *l,
    int *err, struct why *why);

/*
 * How many entries the last audit found without any fault, by the same trusted roster, and the root
 * over them. False when there are none.
 */
bool state_known(const struct state *s, size_t trusted, uint64_t *size, struct hash *root);

/*
 * Remembers a quorum checkpoint (note and what it says) and, when `j` is not NULL, where the
 * audit stands. Writes state.json.
 */
int state_save(struct state *s, const struct hash *ledger_id, struct span note, uint64_t size,
    const struct hash *root, bool records_read, const struct judge *j, const struct levels *l,
    struct why *why) KEIIN_MUST_USE;

/* Keeps a checkpoint that contradicts the remembered one, as evidence, under a name of its own. */
int state_keep_evidence(struct state *s, struct span note, struct why *why) KEIIN_MUST_USE;

#endif
