#include "tests/history/die.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"

void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "history: %s\n", what);
        exit(1);
    }
}

void must_do(int err, const char *what, const struct why *why)
{
    if (err != 0) {
        fprintf(stderr, "history: %s: %s\n", what,
            why != NULL && why->text[0] != '\0' ? why->text : keiin_err_text(err));
        exit(1);
    }
}

void *must_alloc(size_t bytes)
{
    void *p = calloc(1, bytes);

    must(p != NULL, "no memory");
    return p;
}
