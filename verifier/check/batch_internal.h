/* What batch.c and batch_records.c share. */
#ifndef KEIIN_VERIFIER_BATCH_INTERNAL_H
#define KEIIN_VERIFIER_BATCH_INTERNAL_H

#include "verifier/check/batch.h"

/* Reads the records of the entries that were read, and holds them against their digests. */
void batch_read_records(
    struct batch *b, struct source *source, const struct record_keeper *keeper);

/* Something could not be read; only the first is kept. */
void batch_incomplete(struct batch *b, const struct why *why);

#endif
