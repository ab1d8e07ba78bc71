/* Those who sign rosters: serial 0, and the changes that the plan has. */
#ifndef KEIIN_TESTS_SIM_AUTHORITY_H
#define KEIIN_TESTS_SIM_AUTHORITY_H

#include "tests/sim/sim.h"

struct authority *authority_new(struct sim *sim);
void authority_free(struct authority *a);

/* The note of serial 0. */
void authority_first(const struct authority *a, struct buf *out);
/* The newest roster that lists a writer's key, or serial 0 when it does not know another. */
void authority_note_for(const struct authority *a, unsigned writer, struct buf *out);
/* Hands a change over, or learns what became of the last one. */
void authority_turn(struct authority *a);
/* From now on: a roster that lists everyone with every key, handed over until it is in force. */
void authority_heal(struct authority *a);
bool authority_is_done(const struct authority *a);
/* The key that a writer should sign with from its next start on. */
unsigned authority_key_of(const struct authority *a, unsigned writer);
/* Ends its fiber. */
void authority_end(struct authority *a);

#endif
