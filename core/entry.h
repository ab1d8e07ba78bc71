/* Entries, the leaves of the tree (SPEC.md section 5). */
#ifndef KEIIN_CORE_ENTRY_H
#define KEIIN_CORE_ENTRY_H

#include "core/bytes.h"

enum entry_kind { ENTRY_RECORDS = 1, ENTRY_ROSTER = 2 };

/* An entry taken apart; `digests` and `signature` are borrowed from its bytes. */
struct entry {
    enum entry_kind kind;
    uint64_t received; /* ms */
    struct hash prev;
    struct hash key;   /* H(type || public key) */
    uint64_t number;   /* of the first record */
    struct hash before;
    size_t digest_count;     /* 1 to ENTRY_DIGESTS_MAX */
    struct span digest_bins; /* the encoded bins; read with entry_digest */
    struct span signature;
};

/* Everything that is malformed by SPEC.md section 5: KEIIN_EMALFORMED. */
int entry_parse(struct span bytes, struct entry *out) KEIIN_MUST_USE;
/* Digest i of a parsed entry. */
void entry_digest(const struct entry *entry, size_t i, struct hash *out);
/* All digests, into an array of digest_count. */
void entry_digests(const struct entry *entry, struct hash *out);
/* Puts all digests, one after the other. */
void entry_put_digests(const struct entry *entry, struct buf *out);
/* Number of the last record. */
uint64_t entry_last_number(const struct entry *entry);

/* Writes the entry; `digests` instead of entry->digest_bins. */
void entry_write(struct buf *out, const struct entry *entry, const struct hash *digests);

/* prev of entry 0: H("keiin/genesis/v1\n" || ledger id). */
void entry_genesis_prev(struct hash *out, const struct hash *ledger_id);

#endif
