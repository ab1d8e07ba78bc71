/* The generator's one way to fail: it says why and ends, since nobody can use half a history. */
#ifndef KEIIN_TESTS_HISTORY_DIE_H
#define KEIIN_TESTS_HISTORY_DIE_H

#include <stdbool.h>
#include <stddef.h>

/* Ends the program with status 1 and a line on stderr, unless `good`. */
void must(bool good, const char *what);
/* The same for an error of the project. */
struct why;
void must_do(int err, const char *what, const struct why *why);
/* Memory, zeroed. */
void *must_alloc(size_t bytes);

#endif
