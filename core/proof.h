/* Proofs that leave the system: .tlog-proof files (c2sp.org/tlog-proof; SPEC.md section 6). */
#ifndef KEIIN_CORE_PROOF_H
#define KEIIN_CORE_PROOF_H

#include "core/checkpoint.h"
#include "core/tree.h"

struct proof {
    bool has_extra;
    uint8_t *extra; /* owned; decoded from base64 */
    size_t extra_bytes;
    uint64_t index;
    struct hash hashes[PROOF_HASHES_MAX];
    size_t hash_count;
    struct span checkpoint; /* the note, borrowed from the file's bytes */
};

/* Form only. KEIIN_EMALFORMED, KEIIN_ENOMEM; after a failure nothing is to be destroyed. */
int proof_parse(struct span bytes, struct proof *out, struct why *why) KEIIN_MUST_USE;
void proof_destroy(struct proof *proof);
/* `extra` may be empty: then there is no such line. */
void proof_write(struct buf *out, struct span extra, uint64_t index, const struct hash *hashes,
    size_t hash_count, struct span checkpoint);

/* The extra line: [entry] or [entry, position, record, sealed part]; spans are borrowed. */
struct proof_extra {
    struct span entry;
    bool has_record;
    uint64_t position;
    struct span record;
    struct span sealed; /* empty when there is none */
};
int proof_extra_parse(struct span bytes, struct proof_extra *out) KEIIN_MUST_USE;
void proof_extra_write(struct buf *out, const struct proof_extra *extra);

#endif
