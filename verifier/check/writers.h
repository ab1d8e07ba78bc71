/* Where each writer's chain stands: last number and head, by name. One thread. */
#ifndef KEIIN_VERIFIER_WRITERS_H
#define KEIIN_VERIFIER_WRITERS_H

#include "core/bytes.h"

struct writer_state {
    struct span name; /* owned by the table */
    uint64_t number;  /* of the last record; 0 when silent */
    struct hash head;
};

struct writers;
struct writers *writers_new(void);
void writers_free(struct writers *w);
/*
 * The state of a name; a new one begins with 0 and head(0). Valid until the next call.
 * NULL without memory.
 */
struct writer_state *writers_get(struct writers *w, const struct hash *ledger_id,
    struct span name);
/* All of them, in order of their names. */
size_t writers_all(const struct writers *w, const struct writer_state **list);

#endif
