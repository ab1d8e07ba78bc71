/* Checkpoints (c2sp.org/tlog-checkpoint): origin, size, root; no extension lines. */
#ifndef KEIIN_CORE_CHECKPOINT_H
#define KEIIN_CORE_CHECKPOINT_H

#include "core/note.h"

struct checkpoint {
    struct span origin; /* borrowed from the text */
    uint64_t size;      /* entries; at least 1 */
    struct hash root;
};

/* From a note's text. KEIIN_EMALFORMED for anything that shows without a key, size 0 included. */
int checkpoint_parse(struct span text, struct checkpoint *out, struct why *why) KEIIN_MUST_USE;
void checkpoint_write(struct buf *out, struct span origin, uint64_t size, const struct hash *root);

#endif
