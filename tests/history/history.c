#include "tests/history/history.h"

#include <stdlib.h>

#include "core/checkpoint.h"
#include "tests/history/committee.h"
#include "tests/history/die.h"
#include "tests/history/emergency.h"
#include "tests/history/upkeep.h"

/* Streams of randomness. */
enum { LAWFUL, MISCHIEF, SALTS };

/* Stands before each piece of memory that history_new gives: a list of all of them. */
struct keep {
    struct keep *next, **from;
};

void *history_new(struct history *h, size_t bytes)
{
    struct keep *k = must_alloc(sizeof *k + bytes);

    k->next = h->kept;
    k->from = &h->kept;
    if (k->next != NULL)
        k->next->from = &k->next;
    h->kept = k;
    return k + 1;
}

void history_delete(struct history *h, void *p)
{
    struct keep *k = (struct keep *)p - 1;

    (void)h;
    *k->from = k->next;
    if (k->next != NULL)
        k->next->from = k->from;
    free(k);
}

static void on_act(struct history *h, void *ctx)
{
    writers_add(h, ctx);
    history_delete(h, ctx);
}

void history_put(struct history *h, const struct act *a)
{
    must(a->when_ms >= h->now_ms, "an act in the past");
    if (a->when_ms < h->plan.end_ms) {
        struct act *copy = history_new(h, act_bytes(a));

        memcpy(copy, a, act_bytes(a));
        events_put(&h->events, a->when_ms, on_act, copy);
    }
}

bool history_chance(struct history *h, enum first what, unsigned per_mille)
{
    bool chance = random_per_mille(&h->random, per_mille), first = !h->had[what];

    h->had[what] = true;
    return chance || first;
}

static void on_second_key(struct history *h, void *ctx)
{
    (void)ctx;
    writers_send_roster(h, 1);
    h->writers[W_NCO].key_count = 2;
}

static void on_new_writer(struct history *h, void *ctx)
{
    (void)ctx;
    writers_send_roster(h, 2);
    writers_list(h, W_NPA_WEST);
    access_begin(h, W_NPA_WEST);
}

static void begin(struct history *h, const char *folder)
{
    uint64_t span = h->plan.end_ms - h->plan.start_ms;
    struct why why = {""};

    h->now_ms = h->plan.start_ms;
    random_seed(&h->random, h->plan.seed, LAWFUL);
    random_seed(&h->mischief, h->plan.seed, MISCHIEF);
    random_seed(&h->salts, h->plan.seed, SALTS);
    buf_init(&h->kept_checkpoint, CHECKPOINT_BYTES_MAX);
    buf_init(&h->old_checkpoint, CHECKPOINT_BYTES_MAX);
    buf_init(&h->spare_checkpoint, CHECKPOINT_BYTES_MAX);
    h->answers.sealed = h->violations.total == 0;
    agencies_make(h);
    must_do(ledger_writer_new(folder, buf_view(&h->roster_notes[0]), h->log, &h->ledger, &why),
        "the ledger", &why);
    writers_start(h);
    writers_send_roster(h, 0);
    for (int id = 0; id < WRITERS; id++)
        if (id != W_NPA_WEST)
            writers_list(h, id);
    collection_start(h);
    access_start(h);
    emergency_start(h);
    committee_start(h);
    upkeep_start(h);
    events_put(&h->events, calendar_in_office(h->now_ms + span / 3), on_second_key, NULL);
    events_put(&h->events, calendar_in_office(h->now_ms + span / 2), on_new_writer, NULL);
    violations_start(h);
}

void history_make(struct history *h, const char *folder)
{
    struct why why = {""};
    struct event event;

    begin(h, folder);
    while (events_take(&h->events, &event) && event.when_ms < h->plan.end_ms) {
        h->now_ms = event.when_ms;
        event.run(h, event.ctx);
    }
    h->now_ms = h->plan.end_ms;
    for (int id = 0; id < WRITERS; id++)
        writers_flush(h, id);
    must_do(ledger_writer_finish(h->ledger, &why), "the ledger", &why);
    if (h->blank.ordered)
        must_do(ledger_writer_erase(h->ledger, h->blank.index, h->blank.position, &why),
            "a record to erase", &why);
}

void history_destroy(struct history *h)
{
    events_destroy(&h->events);
    pool_destroy(&h->pool);
    writers_destroy(h);
    agencies_destroy(h);
    ledger_writer_free(h->ledger);
    buf_destroy(&h->kept_checkpoint);
    buf_destroy(&h->old_checkpoint);
    buf_destroy(&h->spare_checkpoint);
    answers_destroy(&h->answers);
    while (h->kept != NULL)
        history_delete(h, h->kept + 1);
    violations_destroy(&h->violations);
}
