#include "tests/history/upkeep.h"

#include <stdio.h>

#include "tests/history/die.h"
#include "tests/history/history.h"

/* A client sends one well within the hour that the rule allows. */
#define HEARTBEAT_MIN_MS (53 * MINUTE_MS)
#define HEARTBEAT_MAX_MS (57 * MINUTE_MS)
#define KEEP_CHECKPOINT_MS (6 * HOUR_MS)

/* How often, on average; assumed. */
#define CONFIG_EVERY_MS (9 * DAY_MS)
#define INCIDENT_EVERY_MS (20 * DAY_MS)
#define CORRECTION_EVERY_MS (4 * DAY_MS)
#define DRILL_EVERY_MS (15 * DAY_MS)

void upkeep_put_erasure(
    struct act *a, struct random *random, enum writer_id writer, const char *reason)
{
    static const char *const methods[] = {"overwrite-dod", "crypto-erase", "media-destroyed"};
    char witness[24];

    snprintf(witness, sizeof witness, "%s-w-%02u", agencies[writer].organisation,
        (unsigned)random_between(random, 1, 20));
    act_text(a, F_METHOD, methods[random_below(random, 3)]);
    act_text(a, F_WITNESSED_BY, witness);
    act_text(a, F_REASON, reason);
}

void upkeep_put_erase(
    struct history *h, enum writer_id writer, const char *dataset, uint64_t count, uint64_t when_ms)
{
    char actor[24];
    struct act a;

    snprintf(actor, sizeof actor, "%s-records-%02u", agencies[writer].organisation,
        (unsigned)random_between(&h->random, 1, 9));
    act_start(&a, writer, when_ms, "erase");
    act_text(&a, F_ACTOR, actor);
    act_text(&a, F_DATASET, dataset);
    if (count > 0)
        act_uint(&a, F_COUNT, count);
    act_text(&a, F_OUTCOME, "success");
    upkeep_put_erasure(&a, &h->random, writer, "end of retention");
    history_put(h, &a);
}

void upkeep_put_extension(
    struct history *h, const char *dataset, uint64_t when_ms, uint64_t until_ms)
{
    struct act a;

    act_start(&a, W_COLLECTION, when_ms, "retain.review");
    act_text(&a, F_ACTOR, "nco-records-01");
    act_text(&a, F_DATASET, dataset);
    act_text(&a, F_OUTCOME, "success");
    history_put(h, &a);
    act_start(&a, W_COLLECTION, when_ms + HOUR_MS, "retain.extend");
    act_text(&a, F_ACTOR, "nco-records-01");
    act_text(&a, F_DATASET, dataset);
    act_uint(&a, F_RETAIN_UNTIL, until_ms);
    act_text(&a, F_REASON, "still needed for an analysis under way");
    act_text(&a, F_OUTCOME, "success");
    history_put(h, &a);
}

/* The checkpoint that a heartbeat brings: the newest, or with a fault another one. */
static void put_checkpoint(struct history *h, struct act *a, enum heartbeat_fault fault)
{
    static const struct hash no_root = {{0x5a}};
    struct buf note;

    buf_init(&note, CHECKPOINT_BYTES_MAX);
    if (fault == HEARTBEAT_STALE)
        buf_put_span(&note, buf_view(&h->old_checkpoint));
    else if (fault == HEARTBEAT_OLDER)
        buf_put_span(&note, buf_view(&h->spare_checkpoint));
    else if (fault == HEARTBEAT_AHEAD)
        ledger_writer_sign(h->ledger, ledger_writer_size(h->ledger) + 20, &no_root, &note);
    else
        ledger_writer_checkpoint(h->ledger, &note);
    must(buf_status(&note) == 0, "no memory");
    act_bin(a, F_CHECKPOINT, note.p, note.n);
    buf_destroy(&note);
}

/* Some hours old: for a heartbeat that brings no newer one. */
static void keep_checkpoint(struct history *h)
{
    if (h->old_checkpoint.n > 0 && h->now_ms < h->checkpoint_kept_ms + KEEP_CHECKPOINT_MS)
        return;
    h->checkpoint_kept_ms = h->now_ms;
    if (h->kept_checkpoint.n > 0) {
        buf_clear(&h->old_checkpoint);
        buf_put_span(&h->old_checkpoint, buf_view(&h->kept_checkpoint));
    }
    buf_clear(&h->kept_checkpoint);
    ledger_writer_checkpoint(h->ledger, &h->kept_checkpoint);
}

void upkeep_heartbeat(struct history *h, enum writer_id id)
{
    struct writer *w = &h->writers[id];
    struct act a;

    act_start(&a, id, h->now_ms, "heartbeat");
    if (w->next_answer >= 0)
        act_answers(&a, w->next_answer, 0);
    if (w->fault == HEARTBEAT_EARLY)
        a.at_offset_ms = -(int64_t)agencies[id].clock_ms - (int64_t)(6 * MINUTE_MS);
    put_checkpoint(h, &a, w->fault);
    if (agencies[id].role == ROLE_AGENCY)
        act_uint(&a, F_SOURCE_COUNT, (uint64_t)((int64_t)w->access_count + w->source_offset));
    writers_add(h, &a);
    if (w->hold_until_ms <= h->now_ms)
        writers_flush(h, id);
    w->fault = HEARTBEAT_RIGHT;
    w->next_answer = -1;
}

static void on_heartbeat(struct history *h, void *ctx)
{
    enum writer_id id = (enum writer_id)(uintptr_t)ctx;

    if (id == W_OPERATOR)
        keep_checkpoint(h);
    if (h->writers[id].silent_until_ms > h->now_ms) {
        events_put(&h->events, h->writers[id].silent_until_ms, on_heartbeat, ctx);
        return;
    }
    upkeep_heartbeat(h, id);
    events_put(&h->events,
        h->now_ms + random_between(&h->random, HEARTBEAT_MIN_MS, HEARTBEAT_MAX_MS), on_heartbeat,
        ctx);
}

void upkeep_begin(struct history *h, enum writer_id id)
{
    h->writers[id].next_answer = -1;
    events_put(&h->events, h->now_ms + random_between(&h->random, MINUTE_MS, 10 * MINUTE_MS),
        on_heartbeat, (void *)(uintptr_t)id);
}

static uint64_t next_time(struct history *h, uint64_t every_ms)
{
    return h->now_ms + random_between(&h->random, every_ms / 4, 7 * every_ms / 4);
}

/* Something that the vocabulary has no word for, under a name of the agency's own. */
static void on_drill(struct history *h, void *ctx)
{
    struct act a;

    act_start(&a, W_SDF, h->now_ms, "x-drill");
    act_text(&a, F_ACTOR, "sdf-p-00001");
    act_text(&a, F_DETAIL, "exercise with invented data");
    writers_add(h, &a);
    events_put(&h->events, next_time(h, DRILL_EVERY_MS), on_drill, ctx);
}

static void on_config(struct history *h, void *ctx)
{
    static const char *const details[] = {"software updated", "backup target changed",
        "certificates renewed", "account of a leaver closed"};
    struct act a;

    act_start(&a, W_OPERATOR, h->now_ms, "config");
    act_text(&a, F_ACTOR, "operator-p-00002");
    act_text(&a, F_DETAIL, details[random_below(&h->random, 4)]);
    act_text(&a, F_OUTCOME, "success");
    writers_add(h, &a);
    events_put(&h->events, next_time(h, CONFIG_EVERY_MS), on_config, ctx);
}

/* The first one names someone: the committee orders that record to be erased (committee.c). */
static void on_incident(struct history *h, void *ctx)
{
    static const char *const details[] = {"a disk failed; no data lost",
        "network to one agency down for minutes", "an account locked after wrong passwords"};
    struct act a;

    act_start(&a, W_OPERATOR, h->now_ms, "incident");
    act_text(&a, F_ACTOR, "operator-p-00003");
    act_text(&a, F_DETAIL, details[random_below(&h->random, 3)]);
    a.blank = ctx != NULL;
    writers_add(h, &a);
    events_put(&h->events, next_time(h, INCIDENT_EVERY_MS), on_incident, NULL);
}

static void on_correction(struct history *h, void *ctx)
{
    enum writer_id id = (enum writer_id)random_between(&h->random, W_NCO, W_SDF);
    const struct address *address = &h->writers[id].last_access;
    char text[48];
    struct act a;

    if (address->known) {
        snprintf(text, sizeof text, "%llu.%llu", (unsigned long long)address->index,
            (unsigned long long)address->position);
        act_start(&a, id, h->now_ms, "correct");
        act_text(&a, F_CORRECTS, text);
        act_text(&a, F_REASON, "the purpose was chosen by mistake");
        act_text(&a, F_PURPOSE, "attack-analysis");
        writers_add(h, &a);
    }
    events_put(&h->events, next_time(h, CORRECTION_EVERY_MS), on_correction, ctx);
}

void upkeep_start(struct history *h)
{
    static char first;

    events_put(&h->events, next_time(h, CONFIG_EVERY_MS), on_config, NULL);
    events_put(&h->events, next_time(h, DRILL_EVERY_MS), on_drill, NULL);
    events_put(&h->events, h->now_ms + 4 * DAY_MS + HOUR_MS, on_incident, &first);
    events_put(&h->events, next_time(h, CORRECTION_EVERY_MS) + 4 * DAY_MS, on_correction, NULL);
}
