#include "verifier/report/sample.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/sha256.h"

bool sample_seed_valid(const char *seed)
{
    size_t n = strlen(seed);

    return n >= 1 && n <= SAMPLE_SEED_BYTES_MAX &&
           strspn(seed, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

void sample_key(
    struct hash *out, const char *seed, const char *ledger_id, uint64_t index, uint32_t position)
{
    char text[32 + SAMPLE_SEED_BYTES_MAX + 2 * HASH_BYTES + 48];
    int n = snprintf(text, sizeof text, "keiin/sample/v1\n%s\n%s\n%" PRIu64 ".%" PRIu32 "\n", seed,
        ledger_id, index, position);

    assert(n > 0 && (size_t)n < sizeof text);
    sha256(out, span_of(text, (size_t)n));
}

void sample_init(struct sample *s, size_t n)
{
    assert(n >= 1 && n <= SAMPLE_MAX);
    *s = (struct sample){.n = n};
}

static void heap_destroy(struct sample_heap *h)
{
    for (size_t i = 0; i < h->count; i++)
        free(h->rows[i].block);
    free(h->rows);
    *h = (struct sample_heap){0};
}

void sample_destroy(struct sample *s)
{
    heap_destroy(&s->urgent);
    heap_destroy(&s->others);
    for (size_t i = 0; i < s->count; i++)
        free(s->rows[i].block);
    free(s->rows);
    *s = (struct sample){0};
}

struct span sample_text(const struct sample_row *row, enum sample_text which)
{
    size_t from = which == 0 ? 0 : row->end[which - 1];

    return span_of(row->block + from, row->end[which] - from);
}

static int row_make(struct sample_row *row, const struct hash *key,
    const struct record_place *place, const struct rules_record *r, struct span urgent)
{
    const struct span texts[SAMPLE_TEXTS] = {[SAMPLE_WRITER] = place->writer,
        [SAMPLE_ORGANISATION] = place->signer->organisation,
        [SAMPLE_ACTION] = r->action_name,
        [SAMPLE_ACTOR] = record_text(r, F_ACTOR),
        [SAMPLE_UNIT] = record_text(r, F_UNIT),
        [SAMPLE_AUTHORITY] = record_text(r, F_AUTHORITY),
        [SAMPLE_PURPOSE] = record_text(r, F_PURPOSE),
        [SAMPLE_DATASET] = record_text(r, F_DATASET),
        [SAMPLE_RECIPIENT] = record_text(r, F_RECIPIENT),
        [SAMPLE_OUTCOME] = record_text(r, F_OUTCOME),
        [SAMPLE_REASON] = record_text(r, F_REASON),
        [SAMPLE_DETAIL] = record_text(r, F_DETAIL),
        [SAMPLE_URGENT] = urgent};
    size_t n = 0;

    *row = (struct sample_row){.key = *key,
        .digest = place->digest,
        .index = place->index,
        .position = place->position,
        .received = place->received,
        .at = r->at,
        .has_count = record_has(r, F_COUNT),
        .count = record_number(r, F_COUNT)};
    for (size_t i = 0; i < SAMPLE_TEXTS; i++)
        n += texts[i].n;
    assert(n <= UINT16_MAX); /* each is an id, a name or a short text */
    row->block = malloc(n + 1);
    if (row->block == NULL)
        return KEIIN_ENOMEM;
    n = 0;
    for (size_t i = 0; i < SAMPLE_TEXTS; i++) {
        if (texts[i].n > 0)
            memcpy(row->block + n, texts[i].p, texts[i].n);
        n += texts[i].n;
        row->end[i] = (uint16_t)n;
    }
    return 0;
}

static bool above(const struct sample_row *a, const struct sample_row *b)
{
    return memcmp(a->key.b, b->key.b, HASH_BYTES) > 0;
}

static void swap(struct sample_row *a, struct sample_row *b)
{
    struct sample_row kept = *a;

    *a = *b;
    *b = kept;
}

static void sift_up(struct sample_heap *h, size_t i)
{
    for (; i > 0 && above(&h->rows[i], &h->rows[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&h->rows[i], &h->rows[(i - 1) / 2]);
}

static void sift_down(struct sample_heap *h)
{
    for (size_t i = 0, child = 1; child < h->count; i = child, child = 2 * i + 1) {
        if (child + 1 < h->count && above(&h->rows[child + 1], &h->rows[child]))
            child++;
        if (!above(&h->rows[child], &h->rows[i]))
            return;
        swap(&h->rows[child], &h->rows[i]);
    }
}

int sample_offer(struct sample *s, const struct hash *key, const struct record_place *place,
    const struct rules_record *r, struct span urgent)
{
    struct sample_heap *h = urgent.n > 0 ? &s->urgent : &s->others;
    struct sample_row *more;
    int err;

    h->offered++;
    if (h->count < s->n) {
        more = array_room(h->rows, h->count, &h->cap, sizeof *more);
        if (more == NULL)
            return KEIIN_ENOMEM;
        h->rows = more;
        err = row_make(&h->rows[h->count], key, place, r, urgent);
        if (err == 0)
            sift_up(h, h->count++);
        return err;
    }
    if (memcmp(key->b, h->rows[0].key.b, HASH_BYTES) >= 0)
        return 0;
    free(h->rows[0].block);
    h->rows[0].block = NULL;
    err = row_make(&h->rows[0], key, place, r, urgent);
    if (err == 0)
        sift_down(h);
    return err;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(
        ((const struct sample_row *)a)->key.b, ((const struct sample_row *)b)->key.b, HASH_BYTES);
}

static int by_address(const void *a, const void *b)
{
    const struct sample_row *x = a, *y = b;

    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

/* Moves the `take` rows with the least keys behind those that are there. */
static void take_least(struct sample *s, struct sample_heap *h, size_t take)
{
    if (h->count > 1)
        qsort(h->rows, h->count, sizeof h->rows[0], by_key);
    for (size_t i = 0; i < take; i++) {
        s->rows[s->count++] = h->rows[i];
        h->rows[i].block = NULL;
    }
}

int sample_settle(struct sample *s)
{
    size_t rest;

    s->rows = calloc(s->n, sizeof *s->rows);
    if (s->rows == NULL)
        return KEIIN_ENOMEM;
    s->urgent_count = s->urgent.count;
    take_least(s, &s->urgent, s->urgent_count);
    rest = s->n - s->count;
    take_least(s, &s->others, s->others.count < rest ? s->others.count : rest);
    if (s->count > 1)
        qsort(s->rows, s->count, sizeof s->rows[0], by_address);
    return 0;
}
