/*
 * A ledger's directory read whole, changed, and written again with a tree, tiles, prev
 * chain and checkpoint that fit: what an operator with the log's key could do. For tests
 * and the quickstart only; everything is held in memory.
 */
#ifndef KEIIN_TESTS_FORGE_LEDGER_H
#define KEIIN_TESTS_FORGE_LEDGER_H

#include "core/ed25519.h"
#include "core/tree.h"

struct forged_entry {
    struct span bytes; /* owned */
    struct span records; /* owned; what stands in tile/records after the length */
};

struct forged {
    struct forged_entry *entries;
    size_t count;
    bool with_records; /* the directory has tile/records */
    uint8_t *origin; /* owned */
    size_t origin_bytes;
};

/* KEIIN_EABSENT, KEIIN_EUNREADABLE, KEIIN_EMALFORMED, KEIIN_ENOMEM. */
int forged_read(const char *dir, struct forged *out, struct why *why) KEIIN_MUST_USE;
void forged_free(struct forged *ledger);

/* Replaces one entry's bytes or records by a copy of the given ones. KEIIN_ENOMEM. */
int forged_set(struct span *field, struct span bytes) KEIIN_MUST_USE;

/* Takes an entry out; those after it move down. */
void forged_remove(struct forged *ledger, size_t index);

/* Makes every prev from `first` on that of the entry before it. KEIIN_EMALFORMED. */
int forged_chain(struct forged *ledger, size_t first, struct why *why) KEIIN_MUST_USE;

/* Writes tiles, bundles, both checkpoints and the rosters' proofs; `tile/` is made anew. */
int forged_write(const char *dir, const struct forged *ledger, const struct secret *log_key,
    struct why *why) KEIIN_MUST_USE;

/* Writes the bundle of records that holds entry `index`, and nothing else. */
int forged_write_records(
    const char *dir, const struct forged *ledger, size_t index, struct why *why) KEIIN_MUST_USE;

#endif
