#include "tests/history/events.h"

#include <stdlib.h>

#include "tests/history/die.h"

static bool before(const struct event *a, const struct event *b)
{
    return a->when_ms != b->when_ms ? a->when_ms < b->when_ms : a->number < b->number;
}

void events_put(struct events *e, uint64_t when_ms, event_fn *run, void *ctx)
{
    struct event event = {when_ms, e->number++, run, ctx};
    size_t i = e->count++;

    if (e->count > e->room) {
        e->room = e->room == 0 ? 1024 : 2 * e->room;
        e->heap = realloc(e->heap, e->room * sizeof *e->heap);
        must(e->heap != NULL, "no memory");
    }
    while (i > 0 && before(&event, &e->heap[(i - 1) / 2])) {
        e->heap[i] = e->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    e->heap[i] = event;
}

bool events_take(struct events *e, struct event *out)
{
    struct event last;
    size_t i = 0;

    if (e->count == 0)
        return false;
    *out = e->heap[0];
    last = e->heap[--e->count];
    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= e->count)
            break;
        if (child + 1 < e->count && before(&e->heap[child + 1], &e->heap[child]))
            child++;
        if (!before(&e->heap[child], &last))
            break;
        e->heap[i] = e->heap[child];
        i = child;
    }
    e->heap[i] = last;
    return true;
}

void events_destroy(struct events *e)
{
    free(e->heap);
    *e = (struct events){0};
}
