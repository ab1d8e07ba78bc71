/*
 * Single things out of a SOURCE: its checkpoint, one entry, one record, one proof. Each is
 * held against the checkpoint's root; whether that is signed is another question
 * (evidence.h). Blocking; one thread.
 */
#ifndef KEIIN_VERIFIER_FETCH_H
#define KEIIN_VERIFIER_FETCH_H

#include "core/proof.h"
#include "http/source.h"

struct fetch {
    struct source *source;
    struct buf checkpoint_bytes;
    struct checkpoint checkpoint; /* its origin is borrowed from checkpoint_bytes */
    /* What was read last, for who asks in the order of the ledger. */
    struct buf bundle;
    bool has_bundle;
    uint64_t bundle_number;
    struct source_tiles *tiles; /* or NULL */
};

/* Reads and parses the checkpoint. KEIIN_EABSENT, KEIIN_EUNREADABLE, KEIIN_EMALFORMED, KEIIN_ENOMEM. */
int fetch_init(struct fetch *f, struct source *source, bool latest, struct why *why) KEIIN_MUST_USE;
/* The same under a checkpoint's note that is given; nothing is read. KEIIN_EMALFORMED, KEIIN_ENOMEM. */
int fetch_init_at(
    struct fetch *f, struct source *source, struct span checkpoint, struct why *why) KEIIN_MUST_USE;
void fetch_destroy(struct fetch *f);

/*
 * Appends the bytes of an entry to `out`. KEIIN_EUSAGE when the checkpoint does not reach
 * so far; else as source_get, and KEIIN_EMALFORMED when the bundle is cut short.
 */
int fetch_entry(struct fetch *f, uint64_t index, struct buf *out, struct why *why) KEIIN_MUST_USE;

/*
 * Appends a record and its sealed part, either perhaps empty. `count` is how many records the
 * entry has. As fetch_entry for errors.
 */
int fetch_record(struct fetch *f, uint64_t index, size_t count, uint32_t position,
    struct buf *record, struct buf *sealed, struct why *why) KEIIN_MUST_USE;

/*
 * The proof that a leaf is in the checkpoint's tree, from the hash tiles. KEIIN_EMISMATCH when
 * the tiles do not lead from the leaf to the root.
 */
int fetch_proof(struct fetch *f, uint64_t index, const struct hash *leaf,
    struct hash proof[static PROOF_HASHES_MAX], size_t *count, struct why *why) KEIIN_MUST_USE;

#endif
