#include <stdlib.h>

#include "verifier/rules/engine_internal.h"

static bool earlier(const struct wake *a, const struct wake *b)
{
    return a->when_ms != b->when_ms ? a->when_ms < b->when_ms : a->order < b->order;
}

static void swap(struct wake *a, struct wake *b)
{
    struct wake t = *a;

    *a = *b;
    *b = t;
}

int wakes_add(struct wakes *w, const struct wake *wake)
{
    size_t i = w->count;

    if (w->count == w->cap) {
        size_t cap = w->cap == 0 ? 64 : w->cap * 2;
        struct wake *bigger = realloc(w->heap, cap * sizeof *bigger);

        if (bigger == NULL)
            return KEIIN_ENOMEM;
        w->heap = bigger;
        w->cap = cap;
    }
    w->heap[w->count++] = *wake;
    for (; i > 0 && earlier(&w->heap[i], &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&w->heap[i], &w->heap[(i - 1) / 2]);
    return 0;
}

/* Lets the one at `i` sink to its place. */
static void sink(struct wakes *w, size_t i)
{
    for (;;) {
        size_t least = i, left = 2 * i + 1;

        if (left < w->count && earlier(&w->heap[left], &w->heap[least]))
            least = left;
        if (left + 1 < w->count && earlier(&w->heap[left + 1], &w->heap[least]))
            least = left + 1;
        if (least == i)
            return;
        swap(&w->heap[i], &w->heap[least]);
        i = least;
    }
}

bool wakes_take(struct wakes *w, uint64_t now_ms, struct wake *out)
{
    if (w->count == 0 || w->heap[0].when_ms >= now_ms)
        return false;
    *out = w->heap[0];
    w->heap[0] = w->heap[--w->count];
    sink(w, 0);
    return true;
}

void wakes_keep(
    struct wakes *w, bool (*live)(const void *ctx, const struct wake *wake), const void *ctx)
{
    size_t kept = 0, cap;

    for (size_t i = 0; i < w->count; i++)
        if (live(ctx, &w->heap[i]))
            w->heap[kept++] = w->heap[i];
    w->count = kept;
    for (size_t i = kept / 2; i-- > 0;)
        sink(w, i);
    cap = kept * 2;
    if (kept * 2 > w->cap) {
        struct wake *bigger = realloc(w->heap, cap * sizeof *bigger);

        /* Without memory, adding says so. */
        w->heap = bigger == NULL ? w->heap : bigger;
        w->cap = bigger == NULL ? w->cap : cap;
    }
}

void wakes_clear(struct wakes *w)
{
    free(w->heap);
    *w = (struct wakes){0};
}

void wakes_save(const struct wakes *w, struct buf *out)
{
    uint64_t head[2] = {w->count, w->order};

    buf_put(out, head, sizeof head);
    buf_put(out, w->heap, w->count * sizeof *w->heap);
}

int wakes_load(struct wakes *w, struct cursor *in)
{
    uint64_t head[2];
    struct span bytes = cursor_take(in, sizeof head);

    wakes_clear(w);
    if (in->failed)
        return KEIIN_EDAMAGED;
    memcpy(head, bytes.p, sizeof head);
    if (head[0] > cursor_left(in) / sizeof *w->heap)
        return KEIIN_EDAMAGED;
    if (head[0] == 0) {
        w->order = head[1];
        return 0;
    }
    w->heap = malloc((size_t)head[0] * sizeof *w->heap);
    if (w->heap == NULL)
        return KEIIN_ENOMEM;
    w->count = w->cap = (size_t)head[0];
    w->order = head[1];
    memcpy(w->heap, cursor_take(in, w->count * sizeof *w->heap).p, w->count * sizeof *w->heap);
    return 0;
}
