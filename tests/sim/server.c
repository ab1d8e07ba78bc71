#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "ledger/genesis.h"
#include "ledger/log.h"
#include "ledger/own.h"
#include "ledger/publish.h"
#include "ledger/recover.h"
#include "ledger/route.h"
#include "ledger/submit.h"
#include "tests/sim/authority.h"
#include "tests/sim/keys.h"
#include "tests/sim/model.h"
#include "tests/sim/server_internal.h"

#define TICK_MS 1000

/* ---- the ledger's log, which the trace takes ---- */

static struct server *logging;

void log_start(const struct keiin_clock *clock)
{
    (void)clock;
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    char detail[512];
    va_list args;

    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    if (logging == NULL)
        return;
    if (strcmp(event, "evidence-not-kept") == 0)
        logging->evidence_refused = true;
    sim_trace(logging->sim, "log %d %s: %s", (int)level, event, detail);
}

/* ---- its clock and network ---- */

static uint64_t wall_ms(void *ctx)
{
    const struct server *s = ctx;

    return sim_wall_ms(s->sim, s->clock_offset_ms);
}

static uint64_t monotonic_ms(void *ctx)
{
    const struct server *s = ctx;

    return s->sim->now_ms;
}

static void on_wake(void *ctx)
{
    ((struct server *)ctx)->woken = true;
}

/* ---- its life ---- */

static void make_config(struct server *s)
{
    const struct plan *plan = &s->sim->plan;

    s->config = (struct config){.origin = (char[]){SIM_ORIGIN},
        .prefix = (char[]){SIM_PREFIX},
        .map_bytes_max = 1 << 30,
        .inflight_bytes_max = plan->inflight_bytes,
        .reserve_percent = 10,
        .queue_submissions_max = plan->queue,
        .queue_per_writer_max = plan->queue_per_writer,
        .quota_bytes_per_s = 1 << 26,
        .quota_submissions_per_s = plan->quota_submissions,
        .evidence_per_writer_max = plan->evidence_max,
        .workers = WORKERS,
        .group_entries_max = plan->group_entries,
        .group_bytes_max = 1 << 22,
        .heartbeat_interval_s = plan->heartbeat_s};
}

static int make_ledger(struct server *s, const struct store *store)
{
    struct roster *roster = NULL;
    struct buf note;
    int err;

    buf_init(&note, ROSTER_BYTES_MAX);
    authority_first(s->sim->authority, &note);
    err = roster_from_note(buf_view(&note), NULL, &roster, NULL);
    assert(err == 0);
    s->making = true;
    err = genesis(store, &s->config, &s->clock, keys_log(s->log_key), keys_writer(KEYS_OPERATOR, 0),
        &roster, buf_view(&note));
    s->making = false;
    roster_free(roster);
    buf_destroy(&note);
    return err;
}

static int open_ledger(struct server *s, struct why *why)
{
    struct ledger_given given = {.config = &s->config,
        .clock = &s->clock,
        .random = &s->sim->salts,
        .network = &s->network,
        .log_key = keys_log(s->log_key),
        .operator_key = keys_writer(KEYS_OPERATOR, 0)};
    int err = store_memory_open(&s->memory, &given.store);

    if (err != 0)
        return err;
    err = recover_check(&given.store, &s->config, given.log_key, false, why);
    if (err == KEIIN_EABSENT) {
        err = make_ledger(s, &given.store);
        if (err == 0)
            err = recover_check(&given.store, &s->config, given.log_key, false, why);
    }
    if (err != 0) {
        store_close(&given.store);
        return err;
    }
    err = ledger_open(&s->ledger, &given, why);
    if (err == 0) {
        err = sequence_new(&s->ledger, &s->sequencer);
        assert(err == 0);
    }
    return err;
}

/* With the power goes what the store had not synced. */
static void power_may_fail(struct server *s)
{
    if (s->sim->faults && sim_chance(s->sim, s->sim->plan.power_cut) &&
        store_memory_power_cut(&s->memory)) {
        sim_count(s->sim, COUNT_STORE_FORGOT);
        sim_trace(s->sim, "power cut: the last commit is lost");
    }
}

static void on_start(struct sim *sim, void *ctx, uint64_t number)
{
    struct server *s = ctx;
    struct why why = {""};
    int err;

    (void)number;
    s->life++;
    s->log_key = s->next_log_key;
    s->dead = s->struck = s->stopping = s->woken = s->evidence_refused = false;
    s->groups_handed = 0;
    s->sequencer_state = SEQUENCER_IDLE;
    memset(s->taken_count, 0, sizeof s->taken_count);
    s->calls_left = 0;
    if (sim->faults && sim_chance(sim, (s->life == 1 ? 40 : 10) *
                                           (sim->plan.kill_in_store + sim->plan.fail_store))) {
        s->calls_left = 1 + (unsigned)sim_below(sim, s->life == 1 ? 40 : 150);
        s->calls_left_kill = sim_chance(sim, 500);
    }
    s->starting = true;
    err = open_ledger(s, &why);
    s->starting = false;
    s->up = err == 0;
    sim_trace(sim, "ledger starts, log key %u: %s %s", s->log_key, keiin_err_text(err), why.text);
    if (s->up && s->log_key != s->good_log_key) {
        sim_count(sim, COUNT_LOG_KEY_CHANGED);
        s->good_log_key = s->log_key;
    }
    if (s->up && !s->dead) {
        s->handler = route_handler(&s->ledger);
        model_follow(sim->model, true);
        if (!sim_failed(sim) && (sim_chance(sim, sim->plan.audits)))
            audit_whole(sim, false, NULL);
    } else if (s->up) {
        server_die(s, "killed");
    } else {
        /* A key that the roster does not list any more: the operator goes back to the old one. */
        if (s->log_key != s->good_log_key)
            s->next_log_key = s->good_log_key;
        else if (!s->struck && !sim_failed(sim))
            sim_fail(sim, "ledger does not start: %s, %s", keiin_err_text(err), why.text);
        power_may_fail(s);
        sim_later(sim, 100 + sim_below(sim, 2000), on_start, s, 0);
    }
}

static void on_tick(struct sim *sim, void *ctx, uint64_t number)
{
    struct server *s = ctx;

    (void)number;
    if (s->up && !s->dead && own_heartbeat_due(&s->ledger)) {
        int err = own_heartbeat(&s->ledger);

        sim_trace(sim, "heartbeat: %s", keiin_err_text(err));
    }
    sim_later(sim, TICK_MS, on_tick, s, 0);
}

struct server *server_new(struct sim *sim)
{
    struct server *s = calloc(1, sizeof *s);

    if (s == NULL)
        abort();
    s->sim = sim;
    s->clock = (struct keiin_clock){s, wall_ms, monotonic_ms};
    s->network = (struct network){s, submit_answer, on_wake};
    make_config(s);
    s->config.origin = strdup(SIM_ORIGIN);
    s->config.prefix = strdup(SIM_PREFIX);
    if (s->config.origin == NULL || s->config.prefix == NULL)
        abort();
    store_memory_init(&s->memory, tables_all(), TABLE_COUNT);
    s->memory.fails = server_store_fails;
    s->memory.fails_ctx = s;
    logging = s;
    sim_later(sim, 0, on_start, s, 0);
    sim_later(sim, TICK_MS, on_tick, s, 0);
    return s;
}

static void close_all(struct server *s, bool reset)
{
    while (s->request_count > 0) {
        struct message *m = s->requests[--s->request_count];

        s->handler.closed(s->handler.ctx, &m->request);
        network_close(m, reset);
    }
}

/* What the machine held in memory is gone; of the store, all that is not committed. */
static void drop_memory(struct server *s)
{
    close_all(s, true);
    sequence_free(s->sequencer);
    s->sequencer = NULL;
    ledger_stop(&s->ledger);
    s->up = false;
}

void server_die(struct server *s, const char *how)
{
    assert(s->up);
    sim_trace(s->sim, "ledger is gone: %s", how);
    s->dead = true;
    drop_memory(s);
    power_may_fail(s);
    sim_later(s->sim, 50 + sim_below(s->sim, 3000), on_start, s, 0);
}

void server_free(struct server *s)
{
    if (s == NULL)
        return;
    if (s->up)
        drop_memory(s);
    for (size_t i = 0; i < s->image_count; i++)
        store_image_release(s->images[i]);
    store_memory_destroy(&s->memory);
    free(s->config.origin);
    free(s->config.prefix);
    free(s);
    logging = NULL;
}

/* ---- what others ask of it ---- */

bool server_is_up(const struct server *s)
{
    return s->up && !s->stopping;
}

bool server_is_idle(const struct server *s)
{
    return s->up && s->ledger.jobs == 0 && s->request_count == 0;
}

uint64_t server_received(const struct server *s)
{
    return s->up ? s->ledger.state.received : 0;
}

uint64_t server_serial(const struct server *s)
{
    return s->ledger.published.serial;
}

uint64_t server_size(const struct server *s)
{
    return s->ledger.published.size;
}

unsigned server_log_key(const struct server *s)
{
    return s->log_key;
}

bool server_has_log_key_change(const struct server *s)
{
    return s->next_log_key != s->log_key;
}

void server_change_log_key(struct server *s, unsigned log_key)
{
    s->next_log_key = log_key;
    s->stopping = true;
    s->ledger.draining = true;
}

unsigned server_get(struct server *s, const char *path, struct buf *out)
{
    char whole[128];
    struct http_request request = {.sim = s->sim, .method = "GET", .path = whole};
    unsigned status;

    assert(s->up);
    snprintf(whole, sizeof whole, SIM_PREFIX "/%s", path);
    buf_init(&request.reply, SIZE_MAX / 2);
    s->quiet = true;
    s->handler.begin(s->handler.ctx, &request);
    s->handler.closed(s->handler.ctx, &request);
    s->quiet = false;
    assert(request.answered);
    buf_clear(out);
    buf_put_span(out, buf_view(&request.reply));
    status = request.status;
    buf_destroy(&request.reply);
    return status;
}

static void on_roster_handed(void *ctx, const struct job *job)
{
    struct server *s = ctx;

    sim_trace(s->sim, "roster handed over: %s %s", refusal_kinds[job->refused].code, job->why.text);
    if (job->refused == REFUSE_ROSTER)
        sim_count(s->sim, COUNT_ROSTER_REFUSED);
    else if (job->refused == REFUSE_NOT)
        sim_count(s->sim, COUNT_ROSTER_HANDED);
}

bool server_hand_roster(struct server *s, struct span note)
{
    return server_is_up(s) && own_roster(&s->ledger, note, on_roster_handed, s) == 0;
}

struct rows {
    const struct hash *name_hash, *head;
    uint64_t number;
    size_t count;
    bool found;
};

static int see_evidence(void *ctx, struct span key, struct span value)
{
    struct rows *rows = ctx;

    (void)value;
    assert(key.n == HASH_BYTES + 8 + HASH_BYTES);
    if (memcmp(key.p, rows->name_hash->b, HASH_BYTES) != 0)
        return 0;
    rows->count++;
    if (be64_get(key.p + HASH_BYTES) == rows->number &&
        memcmp(key.p + HASH_BYTES + 8, rows->head->b, HASH_BYTES) == 0)
        rows->found = true;
    return 0;
}

size_t server_evidence(
    struct server *s, struct span name, uint64_t number, const struct hash *head, bool *found)
{
    struct store store = store_memory_look(&s->memory);
    struct hash name_hash;
    struct rows rows = {&name_hash, head, number, 0, false};
    struct store_txn txn;
    int err;

    sha256(&name_hash, name);
    s->quiet = true;
    err = store_begin(&store, false, &txn);
    if (err == 0)
        err = store_walk(&txn, TABLE_EVIDENCE, span_of(NULL, 0), see_evidence, &rows);
    assert(err == 0);
    store_abort(&txn);
    s->quiet = false;
    *found = rows.found;
    return rows.count;
}

void server_restart(struct server *s)
{
    assert(server_is_idle(s) && s->ledger.inflight_bytes == 0);
    sim_trace(s->sim, "ledger is started anew");
    drop_memory(s);
    on_start(s->sim, s, 0);
}

bool server_roll_back(struct server *s, uint64_t size)
{
    for (size_t i = s->image_count; i-- > 0;) {
        if (s->image_sizes[i] >= size)
            continue;
        sim_trace(s->sim, "ledger is put back to %" PRIu64 " entries", s->image_sizes[i]);
        drop_memory(s);
        store_memory_set(&s->memory, s->images[i]);
        s->next_log_key = s->good_log_key = s->image_log_keys[i];
        model_restart(s->sim->model);
        on_start(s->sim, s, 0);
        return true;
    }
    return false;
}
