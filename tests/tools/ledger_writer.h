/*
 * A ledger written as the folder that is published, entry after entry, in memory that does
 * not grow with it: tiles, bundles, rosters and checkpoints, with no server. For histories
 * and benchmarks that need a large ledger from nothing. Whoever has one uses it from one
 * thread.
 */
#ifndef KEIIN_TESTS_LEDGER_WRITER_H
#define KEIIN_TESTS_LEDGER_WRITER_H

#include "core/ed25519.h"
#include "core/entry.h"

/* A writer's chain: where it stands. The caller owns it and the name. */
struct ledger_chain {
    struct span name;
    struct hash head;
    uint64_t number; /* of its last record */
};

/* A submission: digests and records of it, as tile/records holds them (core/tile.h). */
struct ledger_submission {
    enum entry_kind kind;
    uint64_t received_ms;
    const struct secret *key; /* of the writer */
    const struct hash *digests;
    size_t digest_count;
    struct span records; /* empty for ENTRY_ROSTER */
};

struct ledger_writer;

/*
 * Begins a ledger in `folder`, which must exist. `roster_note` is serial 0, which the caller
 * sends as the first submission (ENTRY_ROSTER, its one digest the hash of the text). The
 * log's key stays borrowed. KEIIN_ENOMEM, KEIIN_EIO, KEIIN_EMALFORMED for the roster.
 */
int ledger_writer_new(const char *folder, struct span roster_note, const struct secret *log,
    struct ledger_writer **out, struct why *why) KEIIN_MUST_USE;
void ledger_writer_free(struct ledger_writer *writer);

const struct hash *ledger_writer_id(const struct ledger_writer *writer);
/* Entries so far. */
uint64_t ledger_writer_size(const struct ledger_writer *writer);
/* Sets a chain to its beginning; `name` stays borrowed. */
void ledger_writer_chain(
    const struct ledger_writer *writer, struct ledger_chain *chain, struct span name);

/* Places a submission as entry *index, moves the chain. KEIIN_ENOMEM, KEIIN_ELIMIT, KEIIN_EIO. */
int ledger_writer_add(struct ledger_writer *writer, struct ledger_chain *chain,
    const struct ledger_submission *submission, uint64_t *index, struct why *why) KEIIN_MUST_USE;

/* Publishes a later roster; its ENTRY_ROSTER submission is the next one added. */
int ledger_writer_roster(struct ledger_writer *writer, uint64_t serial, struct span note,
    struct why *why) KEIIN_MUST_USE;

/* The log's checkpoint of the ledger as it is now, appended to `out`. */
void ledger_writer_checkpoint(const struct ledger_writer *writer, struct buf *out);
/* A checkpoint that the log signs all the same, of whatever size and root. */
void ledger_writer_sign(const struct ledger_writer *writer, uint64_t size,
    const struct hash *root, struct buf *out);

/*
 * Writes what is left, the checkpoint and the proofs of later rosters. Nothing can be added
 * any more. KEIIN_ENOMEM, KEIIN_EIO.
 */
int ledger_writer_finish(struct ledger_writer *writer, struct why *why) KEIIN_MUST_USE;

/* After ledger_writer_finish: empties a record's place, as a lawful order to erase does. */
int ledger_writer_erase(const struct ledger_writer *writer, uint64_t index, uint64_t position,
    struct why *why) KEIIN_MUST_USE;

#endif
