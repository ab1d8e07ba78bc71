/*
 * A source in memory: http/source.h a second time, over files that a test gives. What links this
 * links no http/source.c. The function and its files are changed between readings only; it must be
 * good for as many threads as read.
 */
#ifndef KEIIN_TESTS_FUZZ_MEMORY_SOURCE_H
#define KEIIN_TESTS_FUZZ_MEMORY_SOURCE_H

#include "http/source.h"

/* Appends a file to `out`. KEIIN_EABSENT and KEIIN_EUNREADABLE as source_get. */
typedef int memory_source_fn(void *ctx, const char *path, struct buf *out);
void memory_source_set(memory_source_fn *file, void *ctx);
/* The only one there is. */
struct source *memory_source(void);

#endif
