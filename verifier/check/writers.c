#include "verifier/check/writers.h"

#include <stdlib.h>

#include "core/chain.h"

/* Sorted by name: rosters list thousands of writers at the most, and new ones are rare. */
struct writers {
    struct writer_state *list;
    size_t count, cap;
};

struct writers *writers_new(void)
{
    return calloc(1, sizeof(struct writers));
}

void writers_free(struct writers *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->count; i++)
        free((void *)w->list[i].name.p);
    free(w->list);
    free(w);
}

static struct writer_state *insert(
    struct writers *w, size_t at, const struct hash *ledger_id, struct span name)
{
    struct writer_state *more;
    struct writer_state *state;
    uint8_t *copy;

    more = array_room(w->list, w->count, &w->cap, sizeof *more);
    if (more == NULL)
        return NULL;
    w->list = more;
    copy = malloc(name.n + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, name.p, name.n);
    memmove(&w->list[at + 1], &w->list[at], (w->count - at) * sizeof *w->list);
    w->count++;
    state = &w->list[at];
    state->name = span_of(copy, name.n);
    state->number = 0;
    chain_start(&state->head, ledger_id, name);
    return state;
}

struct writer_state *writers_get(struct writers *w, const struct hash *ledger_id, struct span name)
{
    size_t low = 0, high = w->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = span_cmp(name, w->list[middle].name);

        if (order == 0)
            return &w->list[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return insert(w, low, ledger_id, name);
}

size_t writers_all(const struct writers *w, const struct writer_state **list)
{
    *list = w->list;
    return w->count;
}
