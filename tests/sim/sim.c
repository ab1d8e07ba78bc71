#include "tests/sim/sim.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/sim/agent.h"
#include "tests/sim/authority.h"
#include "tests/sim/hostile.h"
#include "tests/sim/model.h"
#include "tests/sim/network.h"
#include "tests/sim/server.h"

#define STEPS_TO_END_MAX 40000 /* once faults have ceased */

/* ---- chance, time, trace ---- */

uint64_t sim_below(struct sim *sim, uint64_t n)
{
    return sim_random_next(&sim->random) % n;
}

bool sim_chance(struct sim *sim, unsigned per_mille)
{
    return per_mille > 0 && sim_below(sim, 1000) < per_mille;
}

bool sim_strikes(struct sim *sim, unsigned per_mille, enum count_kind kind)
{
    if (!sim->faults || !sim_chance(sim, per_mille))
        return false;
    sim_count(sim, kind);
    return true;
}

uint64_t sim_wall_ms(const struct sim *sim, int64_t offset_ms)
{
    return (uint64_t)((int64_t)(SIM_START_MS + sim->now_ms) + offset_ms);
}

static void salts_fill(void *ctx, void *bytes, size_t n)
{
    struct sim *sim = ctx;
    uint8_t *p = bytes;

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)sim_random_next(&sim->salt_stream);
}

/* FNV-1a, 64 bits. */
static void hash_text(struct sim *sim, const char *text)
{
    for (; *text != 0; text++)
        sim->trace_hash = (sim->trace_hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
}

void sim_trace(struct sim *sim, const char *format, ...)
{
    char text[1024];
    va_list args;
    int n = snprintf(text, sizeof text, "%7" PRIu64 " ", sim->now_ms);

    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    hash_text(sim, text);
    if (sim->printing)
        puts(text);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (sim_failed(sim))
        return;
    va_start(args, format);
    vsnprintf(sim->failure, sizeof sim->failure, format, args);
    va_end(args);
    sim_trace(sim, "FAILED: %s", sim->failure);
}

/* ---- events: a heap, the earliest first ---- */

struct sim_event {
    uint64_t at_ms, order;
    sim_event_fn *run;
    void *ctx;
    uint64_t number;
    bool taken; /* ctx is to be freed at the end of the world */
};

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void add_event(struct sim *sim, struct sim_event event)
{
    size_t i = sim->event_count++;

    if (sim->event_count > sim->event_cap) {
        sim->event_cap = 2 * sim->event_cap + 64;
        sim->events = realloc(sim->events, sim->event_cap * sizeof *sim->events);
        if (sim->events == NULL)
            abort();
    }
    for (; i > 0 && earlier(&event, &sim->events[(i - 1) / 2]); i = (i - 1) / 2)
        sim->events[i] = sim->events[(i - 1) / 2];
    sim->events[i] = event;
}

void sim_later(struct sim *sim, uint64_t delay_ms, sim_event_fn *run, void *ctx, uint64_t number)
{
    add_event(sim,
        (struct sim_event){sim->now_ms + delay_ms, sim->event_order++, run, ctx, number, false});
}

void sim_later_taking(
    struct sim *sim, uint64_t delay_ms, sim_event_fn *run, void *ctx, uint64_t number)
{
    add_event(sim,
        (struct sim_event){sim->now_ms + delay_ms, sim->event_order++, run, ctx, number, true});
}

static struct sim_event take_event(struct sim *sim)
{
    struct sim_event first = sim->events[0], last = sim->events[--sim->event_count];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= sim->event_count)
            break;
        if (child + 1 < sim->event_count && earlier(&sim->events[child + 1], &sim->events[child]))
            child++;
        if (!earlier(&sim->events[child], &last))
            break;
        sim->events[i] = sim->events[child];
        i = child;
    }
    sim->events[i] = last;
    return first;
}

static void run_event(struct sim *sim)
{
    struct sim_event event = take_event(sim);

    if (event.at_ms > sim->now_ms)
        sim->now_ms = event.at_ms;
    event.run(sim, event.ctx, event.number);
}

/* ---- the scheduler ---- */

/* One step of the world: someone's turn, or the time of the next event comes. */
static void step(struct sim *sim)
{
    bool due = sim->event_count > 0 && sim->events[0].at_ms <= sim->now_ms;

    sim->steps++;
    server_faults(sim->server);
    for (size_t i = 0; i < sim->agent_count; i++)
        agent_faults(sim->agents[i]);
    if (sim_chance(sim, sim->faults ? 8 : 20))
        authority_turn(sim->authority);
    if (due && sim_chance(sim, 500))
        run_event(sim);
    else if (!server_step(sim->server) && sim->event_count > 0)
        run_event(sim);
    if (sim_chance(sim, 400))
        sim->now_ms += 1 + sim_below(sim, 3);
}

static bool agents_done(const struct sim *sim)
{
    for (size_t i = 0; i < sim->agent_count; i++)
        if (!agent_is_done(sim->agents[i]))
            return false;
    return true;
}

/* A clock that is right again may have to catch up with what was received in the future. */
static void catch_up(struct sim *sim)
{
    uint64_t received_ms = server_received(sim->server), wall_ms = sim_wall_ms(sim, 0);

    if (received_ms > wall_ms)
        sim->now_ms += received_ms - wall_ms;
}

/* Without faults all must come to its end. */
static void run_to_end(struct sim *sim)
{
    for (unsigned i = 0; i < STEPS_TO_END_MAX && !sim_failed(sim); i++) {
        catch_up(sim);
        if (agents_done(sim) && server_is_up(sim->server) && server_is_idle(sim->server) &&
            (sim->rolled_back || authority_is_done(sim->authority)))
            return;
        step(sim);
    }
    for (size_t i = 0; i < sim->agent_count; i++)
        if (!agent_is_done(sim->agents[i]))
            sim_fail(sim, "no end: %s", agent_state(sim->agents[i]));
    sim_fail(sim, "no end: the ledger is %s, the last roster is %s",
        server_is_up(sim->server) ? "up" : "down",
        authority_is_done(sim->authority) ? "in force" : "not in force");
}

static void check_all(struct sim *sim)
{
    server_restart(sim->server);
    if (!sim_failed(sim))
        model_finish(sim->model);
    if (!sim_failed(sim))
        audit_whole(sim, false, NULL);
    for (size_t i = 0; i < sim->agent_count && !sim_failed(sim); i++)
        agent_finish(sim->agents[i]);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/* For a while nothing goes wrong but that answers are lost: so repetitions meet the old ledger. */
static void lose_answers(struct sim *sim)
{
    const struct plan plan = {
        .lose_answer = 400, .batch_max = sim->plan.batch_max, .track = sim->plan.track};
    uint64_t end = sim->steps + 400;

    sim->plan = plan;
    sim->faults = true;
    while (sim->steps < end && !sim_failed(sim))
        step(sim);
    sim->faults = false;
}

/* The operator puts an older store in place: who remembers more notices. */
static void roll_back(struct sim *sim)
{
    char folder[64];
    uint64_t size = model_size(sim->model);

    snprintf(folder, sizeof folder, "%s/keiin-sim-XXXXXX",
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        abort();
    audit_whole(sim, false, folder);
    sim->rolled_back = true;
    if (!sim_failed(sim) && server_roll_back(sim->server, size)) {
        sim_count(sim, COUNT_ROLLBACK);
        /* And rebuilds, in another order, what writers signed. */
        if (sim_chance(sim, 500)) {
            sim_count(sim, COUNT_ROLLBACK_REBUILT);
            network_send_again(sim);
            lose_answers(sim);
        }
        for (size_t i = 0; i < sim->agent_count; i++)
            agent_give(sim->agents[i], 2);
        run_to_end(sim);
        if (!sim_failed(sim))
            audit_whole(sim, true, folder);
        for (size_t i = 0; i < sim->agent_count; i++)
            agent_check_rollback(sim->agents[i]);
    }
    if (nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
        abort();
}

static void make_world(struct sim *sim)
{
    plan_make(&sim->plan, &sim->random);
    sim->authority = authority_new(sim);
    sim->model = model_new(sim);
    sim->server = server_new(sim);
    for (unsigned i = 0; i < sim->plan.agents; i++)
        sim->agents[sim->agent_count++] = agent_new(sim, i);
    if (sim->plan.hostile)
        sim->hostile = hostile_new(sim);
}

bool sim_run(struct sim *sim, uint64_t seed, bool printing)
{
    memset(sim, 0, sizeof *sim);
    sim->seed = seed;
    sim->printing = printing;
    sim->now_ms = 1;
    sim->trace_hash = UINT64_C(0xcbf29ce484222325);
    sim->faults = true;
    sim_random_seed(&sim->random, seed);
    sim_random_seed(&sim->salt_stream, ~seed);
    sim->salts = (struct keiin_random){sim, salts_fill};
    buf_init(&sim->old_answer, SIZE_MAX / 2);
    make_world(sim);
    while (sim->steps < sim->plan.steps && !sim_failed(sim))
        step(sim);
    sim_trace(sim, "no more faults");
    sim->faults = false;
    server_heal(sim->server);
    authority_heal(sim->authority);
    for (size_t i = 0; i < sim->agent_count; i++)
        agent_heal(sim->agents[i]);
    run_to_end(sim);
    if (!sim_failed(sim))
        check_all(sim);
    if (!sim_failed(sim) && sim->plan.rollback)
        roll_back(sim);
    return !sim_failed(sim);
}

void sim_free(struct sim *sim)
{
    for (size_t i = 0; i < sim->agent_count; i++)
        agent_end(sim->agents[i]);
    authority_end(sim->authority);
    if (sim->hostile != NULL)
        hostile_end(sim->hostile);
    server_free(sim->server);
    for (size_t i = 0; i < sim->agent_count; i++)
        agent_free(sim->agents[i]);
    authority_free(sim->authority);
    hostile_free(sim->hostile);
    model_free(sim->model);
    network_free_messages(sim);
    for (size_t i = 0; i < sim->event_count; i++)
        if (sim->events[i].taken)
            free(sim->events[i].ctx);
    free(sim->events);
    buf_destroy(&sim->old_answer);
}
