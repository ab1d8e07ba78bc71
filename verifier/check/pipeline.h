/*
 * Batches prepared by several threads, given out in their order. With one thread all work
 * is done in pipeline_next. Memory: two batches a thread.
 */
#ifndef KEIIN_VERIFIER_PIPELINE_H
#define KEIIN_VERIFIER_PIPELINE_H

#include "verifier/check/batch.h"

struct pipeline;

/*
 * Prepares the bundles that hold entries `from` to `size` - 1 (from < size). `source` is cloned
 * for each thread; `task` is copied. KEIIN_ENOMEM, or what source_clone gives.
 */
int pipeline_new(const struct source *source, const struct batch_task *task, uint64_t from,
    uint64_t size, unsigned threads, struct pipeline **out, struct why *why) KEIIN_MUST_USE;
void pipeline_free(struct pipeline *p); /* stops the threads */

/* The next batch, the caller's until the next call; NULL behind the last one. */
struct batch *pipeline_next(struct pipeline *p);

/* From now on signatures are tried with this roster, which must outlive the pipeline. */
void pipeline_set_roster(struct pipeline *p, const struct roster *roster);

#endif
