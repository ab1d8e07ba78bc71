#include "tests/history/collection.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/history/approvals.h"
#include "tests/history/die.h"
#include "tests/history/history.h"
#include "tests/history/upkeep.h"

#define UNIT "nco-collection"
#define PROGRAM "auto:5d41c0ffee7a11e9"

/* Per mille, all assumed. */
#define IN_PLACE 250
#define IN_TWO_PARTS 100
#define KEPT_LONGER 150
#define AGAIN 30 /* selected a second time, with nothing new */

struct stream {
    struct approval approval;
    char ref[24];
    bool closed;
};

const struct set *pool_pick(
    const struct pool *pool, struct random *random, uint64_t from_ms, uint64_t until_ms)
{
    for (int tries = 0; tries < 8 && pool->count > 0; tries++) {
        const struct set *set = pool->list[random_below(random, pool->count)];

        if (set->from_ms <= from_ms && set->until_ms >= until_ms)
            return set;
    }
    return NULL;
}

void pool_destroy(struct pool *pool)
{
    free(pool->list);
}

static void on_retire(struct history *h, void *ctx)
{
    struct set *set = ctx;
    struct pool *pool = &h->pool;

    pool->list[set->place] = pool->list[--pool->count];
    pool->list[set->place]->place = set->place;
    history_delete(h, set);
}

static void pool_add(struct history *h, const char *id, uint64_t from_ms, uint64_t until_ms)
{
    struct pool *pool = &h->pool;
    struct set *set = history_new(h, sizeof *set);

    if (pool->count == pool->room) {
        pool->room = pool->room == 0 ? 256 : 2 * pool->room;
        pool->list = realloc(pool->list, pool->room * sizeof *pool->list);
        must(pool->list != NULL, "no memory");
    }
    snprintf(set->id, sizeof set->id, "%s", id);
    set->from_ms = from_ms;
    set->until_ms = until_ms;
    set->place = pool->count;
    pool->list[pool->count++] = set;
    events_put(&h->events, until_ms, on_retire, set);
}

void collection_name_batch(struct history *h, struct random *random, struct batch *batch)
{
    unsigned number = ++h->batches;

    snprintf(batch->dataset, sizeof batch->dataset, "B-2025-%06u", number);
    snprintf(batch->selected, sizeof batch->selected, "%c-2025-%06u", batch->in_place ? 'B' : 'S',
        number);
    snprintf(batch->selection, sizeof batch->selection, "SL-2025-%06u", number);
    batch->kept = random_between(random, 200, 4000);
    batch->discarded = batch->kept * random_between(random, 8, 40);
}

static void start(struct act *a, const struct batch *b, uint64_t when_ms, const char *action)
{
    act_start(a, W_COLLECTION, when_ms, action);
    act_text(a, F_ACTOR, PROGRAM);
    act_text(a, F_UNIT, UNIT);
    act_text(a, F_DATASET, b->dataset);
}

static void put_authority(struct act *a, const struct batch *b)
{
    act_text(a, F_AUTHORITY, b->authority);
    act_text(a, F_PURPOSE, b->purpose);
    act_text(a, F_OUTCOME, "success");
    if (b->emergency)
        act_true(a, F_EMERGENCY);
}

static void put_receive(struct history *h, const struct batch *b, uint64_t when_ms, uint64_t count)
{
    struct act a;

    start(&a, b, when_ms, "batch.receive");
    put_authority(&a, b);
    if (b->ref != NULL)
        act_text(&a, F_REF, b->ref);
    act_uint(&a, F_COUNT, count);
    if (b->receive_answers > 0)
        act_answers(&a, b->receive_answers - 1, 0);
    history_put(h, &a);
}

static void put_select(
    struct history *h, const struct batch *b, uint64_t when_ms, uint64_t kept, uint64_t discarded)
{
    struct act a;

    act_start(&a, W_COLLECTION, when_ms, "select.run");
    act_text(&a, F_ACTOR, PROGRAM);
    act_text(&a, F_UNIT, UNIT);
    act_text(&a, F_DATASET, b->selected);
    if (!b->in_place)
        act_one(&a, F_PARENTS, b->dataset);
    act_text(&a, F_REF, b->selection);
    put_authority(&a, b);
    act_uint(&a, F_COUNT, kept);
    act_uint(&a, F_DISCARDED, discarded);
    if (b->criteria != NULL)
        act_bin(&a, F_CRITERIA, b->criteria, 32);
    if (b->retain_until_ms > 0)
        act_uint(&a, F_RETAIN_UNTIL, b->retain_until_ms);
    if (b->select_answers > 0)
        act_answers(&a, b->select_answers - 1, 0);
    history_put(h, &a);
}

static void put_discards(struct history *h, struct random *random, const struct batch *b)
{
    struct act a;

    start(&a, b, b->erased_ms, "erase");
    act_text(&a, F_REF, b->selection);
    act_uint(&a, F_COUNT, b->in_place ? b->discarded : b->kept + b->discarded);
    act_text(&a, F_OUTCOME, "success");
    upkeep_put_erasure(&a, random, W_COLLECTION, "discarded by selection");
    history_put(h, &a);
}

void collection_put_batch(struct history *h, struct random *random, const struct batch *b)
{
    uint64_t all = b->kept + b->discarded + b->unaccounted, first = all;

    if (random_per_mille(random, IN_TWO_PARTS) && b->selected_ms > 0)
        first = all / 3;
    put_receive(h, b, b->received_ms, first);
    if (first != all)
        put_receive(h, b, b->received_ms + 5 * MINUTE_MS, all - first);
    if (b->selected_ms > 0)
        put_select(h, b, b->selected_ms, b->kept, b->discarded);
    if (b->selected_ms > 0 && b->in_place && b->select_answers == 0 &&
        random_per_mille(random, AGAIN))
        put_select(h, b, b->selected_ms + 20 * MINUTE_MS, b->kept, 0);
    if (b->erased_ms > 0)
        put_discards(h, random, b);
}

/* What was selected is kept, perhaps for longer than was said at first, and erased in time. */
static void put_retention(struct history *h, const struct batch *b)
{
    uint64_t until = b->retain_until_ms;
    struct random *random = &h->random;

    if (history_chance(h, FIRST_LATER_RETENTION, KEPT_LONGER)) {
        uint64_t later = until + h->plan.retention_ms / 2;

        upkeep_put_extension(h, b->selected, until - 4 * DAY_MS, later);
        until = later;
    }
    pool_add(h, b->selected, b->selected_ms + 2 * HOUR_MS, until - 3 * DAY_MS);
    upkeep_put_erase(h, W_COLLECTION, b->selected, b->kept,
        until - random_between(random, HOUR_MS, 20 * HOUR_MS));
}

static void on_batch(struct history *h, void *ctx)
{
    struct stream *s = ctx;
    struct random *random = &h->random;
    struct batch b = {.authority = s->approval.id,
        .ref = s->ref,
        .purpose = s->approval.scope.purposes[0],
        .criteria = s->approval.scope.criteria,
        .in_place = random_per_mille(random, IN_PLACE)};

    if (s->closed) {
        history_delete(h, s);
        return;
    }
    events_put(&h->events, h->now_ms + h->plan.batch_every_ms, on_batch, s);
    if (h->now_ms + 3 * HOUR_MS > s->approval.use_until_ms)
        return;
    collection_name_batch(h, random, &b);
    b.received_ms = h->now_ms;
    b.selected_ms = h->now_ms + random_between(random, 20 * MINUTE_MS, 50 * MINUTE_MS);
    b.erased_ms = b.selected_ms + random_between(random, HOUR_MS, 18 * HOUR_MS);
    b.retain_until_ms = b.selected_ms + h->plan.retention_ms;
    collection_put_batch(h, random, &b);
    put_retention(h, &b);
}

static void stream_ask(struct history *h);

static void put_stream_act(
    struct history *h, const struct stream *s, uint64_t when_ms, const char *action)
{
    struct act a;

    act_start(&a, W_COLLECTION, when_ms, action);
    act_text(&a, F_ACTOR, "nco-p-00001");
    act_text(&a, F_UNIT, UNIT);
    act_text(&a, F_AUTHORITY, s->approval.id);
    act_text(&a, F_PURPOSE, s->approval.scope.purposes[0]);
    act_text(&a, F_REF, s->ref);
    act_text(&a, F_OUTCOME, "success");
    if (strcmp(action, "select.criteria") == 0)
        act_bin(&a, F_CRITERIA, s->approval.scope.criteria, 32);
    history_put(h, &a);
}

static void on_granted(struct history *h, void *owner)
{
    struct stream *s = owner;
    uint64_t from = s->approval.from_ms + 30 * MINUTE_MS;

    put_stream_act(h, s, from, "collect.start");
    put_stream_act(h, s, from + 10 * MINUTE_MS, "select.criteria");
    events_put(
        &h->events, from + HOUR_MS + random_below(&h->random, h->plan.batch_every_ms), on_batch, s);
}

static void on_ending(struct history *h, void *owner)
{
    (void)owner;
    stream_ask(h);
}

static void on_closed(struct history *h, void *owner)
{
    struct stream *s = owner;

    put_stream_act(h, s, h->now_ms, "collect.stop");
    s->closed = true;
}

static const struct tenure tenure = {on_granted, on_ending, on_closed};

static void stream_ask(struct history *h)
{
    struct stream *s = history_new(h, sizeof *s);
    unsigned number = ++h->streams;

    approval_init(h, &s->approval, W_COLLECTION);
    approval_scope_purposes(&h->random, &s->approval.scope);
    s->approval.scope.has_criteria = true;
    random_bytes(&h->random, s->approval.scope.criteria, sizeof s->approval.scope.criteria);
    snprintf(s->approval.scope.stream, sizeof s->approval.scope.stream, "stream-%03u", number);
    snprintf(s->ref, sizeof s->ref, "C-2025-%04u", number);
    s->approval.final = history_chance(h, FIRST_OF_STREAMS, 0);
    s->approval.tenure = &tenure;
    s->approval.owner = s;
    approval_ask(h, &s->approval);
}

void collection_start(struct history *h)
{
    for (unsigned i = 0; i < h->plan.streams; i++)
        stream_ask(h);
}
