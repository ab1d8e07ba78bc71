#include "tests/sim/agent.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/agent_internal.h"
#include "tests/sim/model.h"

/* ---- what libkeiin reaches the world through ---- */

static uint64_t wall_ms(void *ctx)
{
    const struct agent *a = ctx;

    return sim_wall_ms(a->sim, a->clock_offset_ms);
}

/* Of a process that is gone time is over: so its last calls end. */
static uint64_t monotonic_ms(void *ctx)
{
    const struct agent *a = ctx;

    return agent_is_gone(a) ? UINT64_MAX / 2 : a->sim->now_ms;
}

static int ask(struct agent *a, bool post, const char *path, struct span content, size_t bytes_max,
    unsigned char **body, size_t *n, struct keiin_answer *answer)
{
    unsigned status;

    *body = NULL;
    *n = 0;
    *answer = (struct keiin_answer){0};
    status = a->disk.dead ? 0 : network_ask(&a->caller, post, path, content, 2000);
    if (status == 0 || a->caller.body_bytes > bytes_max) {
        snprintf(answer->detail, sizeof answer->detail, "no answer");
        return KEIIN_ERROR_UNKNOWN;
    }
    answer->status = status;
    answer->retry_after_s = a->caller.retry_after_s;
    *body = a->caller.body;
    *n = a->caller.body_bytes;
    a->caller.body = NULL;
    return 0;
}

static int net_get(void *ctx, const char *path, size_t bytes_max, unsigned char **body, size_t *n,
    struct keiin_answer *answer)
{
    return ask(ctx, false, path, span_of(NULL, 0), bytes_max, body, n, answer);
}

static int net_post(void *ctx, const char *path, const char *content_type,
    const unsigned char *content, size_t content_n, size_t bytes_max, unsigned char **body,
    size_t *n, struct keiin_answer *answer)
{
    (void)content_type;
    return ask(ctx, true, path, span_of(content, content_n), bytes_max, body, n, answer);
}

static void net_wait(void *ctx, uint64_t delay_ms)
{
    struct agent *a = ctx;

    if (!a->disk.dead)
        network_sleep(&a->caller, delay_ms);
}

/* The worst moment is when a power cut would take something away: then it comes more often. */
static bool is_unlucky(const struct agent *a, unsigned per_mille)
{
    return a->sim->faults && sim_chance(a->sim, 4 * per_mille) &&
           (sim_chance(a->sim, 250) || disk_memory_is_behind(&a->disk));
}

static enum disk_fate disk_fate(void *ctx)
{
    struct agent *a = ctx;
    const struct plan *plan = &a->sim->plan;

    if (is_unlucky(a, plan->kill_in_disk)) {
        sim_count(a->sim, COUNT_DISK_KILLED);
        return FATE_KILLED;
    }
    if (sim_strikes(a->sim, plan->full_disk, COUNT_DISK_FULL))
        return FATE_FULL;
    if (!a->sim->faults || !sim_chance(a->sim, plan->fail_disk))
        return FATE_GOOD;
    if (sim_chance(a->sim, 500)) {
        sim_count(a->sim, COUNT_DISK_FAILED_APPLIED);
        return FATE_FAILED_APPLIED;
    }
    sim_count(a->sim, COUNT_DISK_FAILED);
    return FATE_FAILED;
}

/* ---- from outside ---- */

static void on_start(struct sim *sim, void *ctx, uint64_t number)
{
    struct agent *a = ctx;

    (void)number;
    if (sim_failed(sim) || a->ends)
        return;
    if (a->has_copy && !a->lost && sim_strikes(sim, sim->plan.restore, COUNT_AGENT_RESTORED)) {
        sim_trace(sim, "a%u: its folder is put back", a->number);
        disk_memory_restore(&a->disk, &a->copy);
        a->restored = true;
        a->last = (struct client_state){0};
        a->checked = false;
        a->acknowledged = 0;
    }
    sim_trace(sim, "a%u: starts", a->number);
    a->caller.gone = false;
    a->runs = true;
    a->caller.fiber = fiber_new(agent_main, a);
    fiber_resume(a->caller.fiber);
}

/* Its process has ended, of itself or by force: then it starts again. */
static void bury(struct agent *a)
{
    struct sim *sim = a->sim;
    bool killed = agent_is_gone(a);

    fiber_free(a->caller.fiber);
    a->caller.fiber = NULL;
    a->caller.waits = false;
    a->caller.ticket++;
    a->runs = false;
    disk_memory_revive(&a->disk);
    if (killed && sim->faults && sim_chance(sim, sim->plan.power_cut))
        disk_memory_power_cut(&a->disk);
    if (killed)
        a->checked = false;
    if (!a->lost && !a->ends)
        sim_later(sim, 50 + sim_below(sim, 2000), on_start, a, 0);
    else if (a->lost)
        sim_count(sim, COUNT_AGENT_LOST);
}

void agent_faults(struct agent *a)
{
    struct sim *sim = a->sim;

    if (a->runs && fiber_ended(a->caller.fiber)) {
        bury(a);
        return;
    }
    if (!sim->faults || !a->runs)
        return;
    if (sim->plan.restore > 0 && !a->disk.dead && sim_chance(sim, 5)) {
        disk_memory_copy(&a->disk, &a->copy);
        a->has_copy = true;
    }
    if (sim->plan.step_clock > 0 && sim_strikes(sim, 2, COUNT_CLIENT_CLOCK))
        a->clock_offset_ms += (int64_t)sim_below(sim, 400000) - 200000;
    if (a->caller.waits && is_unlucky(a, sim->plan.kill_agent)) {
        sim_count(sim, COUNT_AGENT_KILLED);
        sim_trace(sim, "a%u: is killed", a->number);
        network_kill(&a->caller);
    }
}

struct agent *agent_new(struct sim *sim, unsigned number)
{
    static const char *const names[SIM_AGENTS_MAX] = {"a0", "a1", "a2", "a3"};
    struct agent *a = calloc(1, sizeof *a);

    if (a == NULL)
        abort();
    a->sim = sim;
    a->number = number;
    a->caller = (struct caller){.sim = sim, .name = names[number]};
    a->network = (struct keiin_network){a, net_get, net_post, net_wait};
    a->clock = (struct keiin_clock){a, wall_ms, monotonic_ms};
    a->records = 1 + sim_below(sim, sim->plan.records);
    disk_memory_init(&a->disk, sim);
    disk_memory_init(&a->copy, sim);
    a->disk.fate = disk_fate;
    a->disk.fate_ctx = a;
    sim_later(sim, sim_below(sim, 1000), on_start, a, 0);
    return a;
}

void agent_heal(struct agent *a)
{
    a->clock_offset_ms = 0;
}

bool agent_is_done(const struct agent *a)
{
    return a->lost || (a->checked && a->acknowledged == a->records);
}

const char *agent_state(const struct agent *a)
{
    static char text[200];

    snprintf(text, sizeof text, "a%u: %" PRIu64 " of %" PRIu64 " records are in%s%s%s", a->number,
        a->acknowledged, a->records, a->runs ? "" : ", is down",
        a->restored ? ", was restored" : "", a->lost ? ", its name is used up" : "");
    return text;
}

void agent_give(struct agent *a, unsigned records)
{
    a->records += records;
}

static int see_receipt(void *ctx, const char *name)
{
    struct agent *a = ctx;
    char path[128];

    snprintf(path, sizeof path, AGENT_FOLDER "/receipts/%.60s", name);
    if (strstr(name, ".new") == NULL && !sim_failed(a->sim))
        audit_receipt(a->sim, disk_memory_look(&a->disk, path), a->caller.name);
    return 0;
}

void agent_finish(struct agent *a)
{
    struct hash head;

    if (a->lost && !a->restored && !a->sim->rolled_back)
        sim_fail(a->sim, "a%u: its name is used up, and it never was restored", a->number);
    (void)a->disk.disk.list(&a->disk, AGENT_FOLDER "/receipts", see_receipt, a, NULL);
    if (a->lost || a->sim->rolled_back)
        return;
    model_head(a->sim->model, a->number, &head);
    if (model_number(a->sim->model, a->number) != a->records || !hash_eq(&head, &a->last.head))
        sim_fail(a->sim, "a%u: has %" PRIu64 " records, the ledger %" PRIu64, a->number, a->records,
            model_number(a->sim->model, a->number));
}

void agent_check_rollback(struct agent *a)
{
    if (a->lost && !a->restored)
        sim_count(a->sim, COUNT_ROLLBACK_SEEN_BY_CLIENT);
}

void agent_end(struct agent *a)
{
    a->ends = true;
    if (!a->runs)
        return;
    if (!fiber_ended(a->caller.fiber) && a->caller.waits)
        network_kill(&a->caller);
    bury(a);
}

void agent_free(struct agent *a)
{
    if (a == NULL)
        return;
    assert(!a->runs);
    free(a->caller.body);
    disk_memory_destroy(&a->disk);
    disk_memory_destroy(&a->copy);
    free(a);
}
