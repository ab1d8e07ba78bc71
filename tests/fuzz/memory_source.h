/*
 * A source in memory: http/source.h a second time, over files that a target gives. What
 * links this links no verifier/check/source.c. One thread at a time changes it; an audit's
 * threads read it.
 */
#ifndef KEIIN_TESTS_FUZZ_MEMORY_SOURCE_H
#define KEIIN_TESTS_FUZZ_MEMORY_SOURCE_H

#include "http/source.h"

/* Gives a file; KEIIN_EABSENT and KEIIN_EUNREADABLE as source_get. Valid until the next change. */
typedef int memory_source_fn(void *ctx, const char *path, struct span *out);
void memory_source_set(memory_source_fn *file, void *ctx);
struct source *memory_source(void);

#endif
