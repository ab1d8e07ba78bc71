/* A writer's chain: heads and the text that a writer signs (SPEC.md section 4). */
#ifndef KEIIN_CORE_CHAIN_H
#define KEIIN_CORE_CHAIN_H

#include "core/bytes.h"

/* head(0) = H("keiin/writer/v1\n" || ledger id || name) */
void chain_start(struct hash *head, const struct hash *ledger_id, struct span name);
/* head(n') = H(0x02 || head(n) || digest n+1 || ... || digest n'). `head` may be `before`. */
void chain_extend(struct hash *head, const struct hash *before, const struct hash *digests,
    size_t count);

/* heads[i] = H(0x02 || links[i]); a link is `before` and the digests after it. */
void chain_links(struct hash *heads, const struct span *links, size_t count);

/* The text that is signed: five lines of at most CHAIN_TEXT_BYTES_MAX together. */
#define CHAIN_TEXT_BYTES_MAX (17 + 45 + NAME_BYTES_MAX + 1 + 21 + 45)
struct chain_text {
    uint8_t bytes[CHAIN_TEXT_BYTES_MAX + 1];
    size_t n;
};
void chain_text(struct chain_text *out, const struct hash *ledger_id, struct span name,
    uint64_t last_number, const struct hash *head);

#endif
