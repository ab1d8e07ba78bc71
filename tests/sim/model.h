/*
 * What must hold, whatever happens: the published ledger only grows, what was acknowledged is
 * in it, each writer's numbers follow one another, and it says nothing that nobody signed.
 */
#ifndef KEIIN_TESTS_SIM_MODEL_H
#define KEIIN_TESTS_SIM_MODEL_H

#include "tests/sim/sim.h"

struct model *model_new(struct sim *sim);
void model_free(struct model *model);

/* The ledger published anew, or started: reads what is new, or all of it again. */
void model_follow(struct model *model, bool again);
uint64_t model_size(const struct model *model); /* entries */
/* An answer with this body leaves the ledger. */
void model_answer(struct model *model, unsigned status, struct span body);
/* A 409: is there an entry whose writer signed another head for the submission's number? */
bool model_is_fork(const struct model *model, struct span body, struct span *name, uint64_t *number,
    struct hash *head);

/* A client was told that all up to `number` is in the ledger, the last of it at `index`. */
void model_acknowledged(
    struct model *model, unsigned writer, uint64_t number, uint64_t index, const struct hash *head);
/* What the ledger has of a writer. */
uint64_t model_number(const struct model *model, unsigned writer);
void model_head(const struct model *model, unsigned writer, struct hash *head);

/* At the end: acknowledgements and records. */
void model_finish(struct model *model);
/* From here on the ledger is another: forgets what it had. */
void model_restart(struct model *model);

/* The whole ledger by the verifier's library (audit.c): no finding but those of `rollback`. */
void audit_whole(struct sim *sim, bool rolled_back, const char *state_folder);
/* A receipt that a client keeps, by the same library and all rosters of the ledger. */
void audit_receipt(struct sim *sim, struct span file, const char *whose);

#endif
