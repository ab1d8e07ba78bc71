/*
 * What others know of this ledger, asked after a restore: checkpoints that its log key
 * signed, from mirrors, from writers' receipts, from files that witnesses keep. One thread
 * at a time.
 */
#ifndef KEIIN_LEDGER_KNOWN_H
#define KEIIN_LEDGER_KNOWN_H

#include "core/roster.h"
#include "core/tree.h"
#include "http/source.h"

/* A checkpoint that the log's key signed. */
struct known_checkpoint {
    uint64_t size;
    struct hash root;
    uint8_t *note; /* owned */
    size_t note_bytes;
    char *where; /* owned: the place it was found at */
};

/* An entry out of a receipt, whose proof leads to one of the checkpoints. */
struct known_entry {
    uint64_t index;
    uint8_t *bytes; /* owned */
    size_t n;
};

enum known_kind { KNOWN_MIRROR, KNOWN_RECEIPTS, KNOWN_CHECKPOINT };

/* One that is asked. */
struct known_source {
    const char *where; /* as it was given; borrowed */
    enum known_kind kind;
    bool answered;
    struct why why; /* when it did not */
    uint64_t size; /* of the greatest checkpoint it has, and its root */
    struct hash root;
    uint64_t receipt_count;
    struct source *source; /* of a mirror: open */
};

struct known {
    struct span origin; /* borrowed */
    uint8_t (*keys)[ED25519_KEY_BYTES]; /* the log's, `key_count` of them */
    size_t key_count;
    struct known_source *sources;
    size_t source_count;
    struct known_checkpoint *checkpoints; /* by size after known_sort */
    size_t checkpoint_count, checkpoint_cap;
    struct known_entry *entries; /* by index after known_sort */
    size_t entry_count, entry_cap;
};

/* For a ledger of that origin; the name and the words of `from` stay the caller's. KEIIN_ENOMEM. */
int known_init(struct known *known, const char *origin, const char *const *from,
    size_t from_count) KEIIN_MUST_USE;
void known_destroy(struct known *known);

/* A key whose signature makes a checkpoint this log's. KEIIN_ENOMEM. */
int known_add_key(struct known *known, const uint8_t key[static ED25519_KEY_BYTES]) KEIIN_MUST_USE;

/*
 * Takes a checkpoint's note. KEIIN_EMALFORMED, KEIIN_EMISMATCH (another origin), KEIIN_ESIGNATURE
 * (none of the log's keys signed it), KEIIN_ENOMEM. What it says is in *checkpoint, but its
 * origin is borrowed from the note.
 */
int known_add(struct known *known, struct span note, const char *where,
    struct checkpoint *checkpoint, struct why *why) KEIIN_MUST_USE;

/*
 * Asks every source. Who does not answer, or answers what is not this log's, has it in its `why`.
 * Entries of receipts below `own_size` are looked at and not kept. KEIIN_ENOMEM.
 */
int known_ask(struct known *known, uint64_t own_size) KEIIN_MUST_USE;

/* Orders checkpoints and entries. Two checkpoints of one size with two roots: both stay. */
void known_sort(struct known *known);

#endif
