/*
 * One group of entries and its transaction: entries, records, tree, links, writers' heads,
 * rosters and the signed checkpoint become durable together. The sequencer's.
 */
#ifndef KEIIN_LEDGER_COMMIT_H
#define KEIIN_LEDGER_COMMIT_H

#include "ledger/ledger.h"

struct group {
    struct ledger *ledger;
    struct store_txn txn;
    uint64_t first; /* index of its first entry */
    size_t count; /* entries placed */
    uint64_t records;
    uint64_t bytes; /* of entries and records, with what pages round up */
    struct hash *leaves; /* GROUP_ENTRIES_MAX */
    struct hash tiles[TILE_LEVELS_MAX][GROUP_ENTRIES_MAX / TILE_WIDTH + 2];
    uint64_t tile_first[TILE_LEVELS_MAX];
    size_t tile_count[TILE_LEVELS_MAX];
    uint64_t *rosters; /* indices of its roster entries, `roster_count` of them */
    size_t roster_count;
    uint64_t evidence; /* pairs of signatures to commit, even without an entry */
    struct buf entry; /* kept from group to group */
    struct buf note;
};

/* KEIIN_ENOMEM. */
int group_new(struct ledger *ledger, struct group **out) KEIIN_MUST_USE;
void group_free(struct group *group);

/* Begins the transaction; nothing is placed. */
int group_begin(struct group *group) KEIIN_MUST_USE;
/*
 * Gives the job's submission the next place, with `received`: everything of it is stored and
 * the state moves. Fills the job's index, received and prev. For a roster the state's
 * roster and book are the new ones. KEIIN_EFULL, KEIIN_ENOMEM: give the group up.
 */
int group_place(struct group *group, struct job *job, uint64_t received) KEIIN_MUST_USE;
/* Stores two signatures of one writer for one number. */
int group_put_evidence(struct group *group, const struct job *job, const struct entry *entry,
    const struct hash *entry_after) KEIIN_MUST_USE;
/*
 * Signs the new checkpoint and commits. KEIIN_EFULL, KEIIN_ENOMEM: nothing was stored, give
 * the group up. Anything else: the outcome is unknown and the process must stop.
 */
int group_commit(struct group *group) KEIIN_MUST_USE;
/* Aborts the transaction. The state has moved and must be loaded again. */
void group_abort(struct group *group);

/* Appends the note of a checkpoint of the edge as it is. KEIIN_ENOMEM. */
int commit_sign_checkpoint(
    const struct keyfile *log_key, const struct edge *edge, struct buf *out) KEIIN_MUST_USE;

#endif
