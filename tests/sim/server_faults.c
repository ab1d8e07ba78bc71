/* The ledger's machine: what goes wrong with it. */
#include "tests/sim/server_internal.h"

#include "tests/sim/model.h"

static int dies(struct server *s, enum count_kind kind)
{
    s->dead = s->struck = true;
    sim_count(s->sim, kind);
    return KEIIN_EIO;
}

/* While it starts, one call of many, so that most starts succeed. */
static int fails_in_start(struct server *s, enum store_call call, bool *applied)
{
    if (s->calls_left == 0 || --s->calls_left > 0)
        return 0;
    *applied = call == CALL_COMMIT && sim_chance(s->sim, 500);
    if (s->calls_left_kill)
        return dies(s, s->making ? COUNT_SERVER_KILLED_IN_INIT : COUNT_SERVER_KILLED_IN_START);
    s->struck = true;
    sim_count(s->sim, COUNT_STORE_FAILED);
    return KEIIN_EIO;
}

static int commit_fails(struct server *s, bool *applied)
{
    struct sim *sim = s->sim;

    if (sim_chance(sim, 20 * sim->plan.kill_in_store)) {
        *applied = sim_chance(sim, 500);
        return dies(
            s, *applied ? COUNT_SERVER_KILLED_AFTER_COMMIT : COUNT_SERVER_KILLED_BEFORE_COMMIT);
    }
    if (!sim_chance(sim, sim->plan.fail_commit))
        return 0;
    *applied = sim_chance(sim, 500);
    s->struck = true;
    sim_count(sim, *applied ? COUNT_COMMIT_FAILED_APPLIED : COUNT_COMMIT_FAILED);
    return KEIIN_EIO;
}

int server_store_fails(void *ctx, enum store_call call, bool *applied)
{
    struct server *s = ctx;
    struct sim *sim = s->sim;

    if (s->dead)
        return KEIIN_EIO;
    if (s->quiet || !sim->faults)
        return 0;
    if (s->starting)
        return fails_in_start(s, call, applied);
    if (sim_strikes(sim, sim->plan.kill_in_store, COUNT_SERVER_KILLED_IN_STORE)) {
        s->dead = s->struck = true;
        return KEIIN_EIO;
    }
    if (call == CALL_COMMIT)
        return commit_fails(s, applied);
    /* A little may have room where much has none. */
    if (sim->now_ms < s->full_until_ms && call == CALL_ROOM && sim_chance(sim, 800)) {
        sim_count(sim, COUNT_STORE_FULL_ROOM);
        return KEIIN_EFULL;
    }
    if (sim->now_ms < s->full_until_ms && call == CALL_PUT && sim_chance(sim, 50)) {
        sim_count(sim, COUNT_STORE_FULL_PUT);
        return KEIIN_EFULL;
    }
    if (sim_strikes(sim, sim->plan.fail_store, COUNT_STORE_FAILED)) {
        s->struck = true;
        return KEIIN_EIO;
    }
    return 0;
}

static void step_clock(struct server *s)
{
    static const struct {
        uint64_t least_ms, most_ms;
        bool back;
        enum count_kind kind;
    } steps[] = {{1, 900, true, COUNT_CLOCK_BACK}, {1, 900, true, COUNT_CLOCK_BACK},
        {1000, 59000, true, COUNT_CLOCK_BACK_MORE}, {61000, 600000, true, COUNT_CLOCK_BACK_FAR},
        {1, 59000, false, COUNT_CLOCK_FORWARD}, {61000, 600000, false, COUNT_CLOCK_FORWARD_FAR}};
    size_t i = (size_t)sim_below(s->sim, sizeof steps / sizeof steps[0]);
    uint64_t by_ms =
        steps[i].least_ms + sim_below(s->sim, steps[i].most_ms - steps[i].least_ms + 1);

    s->clock_offset_ms += steps[i].back ? -(int64_t)by_ms : (int64_t)by_ms;
    s->clock_was_stepped = true;
    sim_count(s->sim, steps[i].kind);
    sim_trace(s->sim, "ledger's clock is %lld ms off", (long long)s->clock_offset_ms);
}

void server_faults(struct server *s)
{
    struct sim *sim = s->sim;

    if (!sim->faults)
        return;
    if (sim_chance(sim, sim->plan.step_clock))
        step_clock(s);
    if (sim_chance(sim, sim->plan.full_store / 10) && sim->now_ms >= s->full_until_ms)
        s->full_until_ms = sim->now_ms + 100 + sim_below(sim, 3000);
    if (!s->up || s->dead)
        return;
    if (sim_strikes(sim, sim->plan.kill_server, COUNT_SERVER_KILLED)) {
        server_die(s, "killed");
    } else if (!s->stopping && sim_chance(sim, sim->plan.stop_server)) {
        sim_trace(sim, "ledger is told to stop");
        s->stopping = true;
        s->ledger.draining = true;
    }
}

void server_heal(struct server *s)
{
    s->clock_offset_ms = 0;
    s->full_until_ms = 0;
    s->calls_left = 0;
}
