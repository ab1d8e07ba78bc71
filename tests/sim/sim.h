/*
 * A simulated world from one seed: a ledger, its clients, and what happens to them. The code
 * of ledger/ and client/ is the true one; clock, randomness, store, disks and network
 * are the simulator's, and one thread does every step in the order that the seed chooses.
 * Nothing depends on real time or on addresses: a seed's run is the same each time, which
 * its trace hash shows.
 */
#ifndef KEIIN_TESTS_SIM_H
#define KEIIN_TESTS_SIM_H

#include "core/bytes.h"
#include "system/clock.h"
#include "tests/sim/counts.h"
#include "tests/sim/plan.h"

#define SIM_AGENTS_MAX 4
#define SIM_START_MS UINT64_C(1790000000000) /* wall clock when the world begins */

struct server;
struct agent;
struct authority;
struct hostile;
struct model;
struct message;
struct sim_event;

struct sim {
    uint64_t seed;
    struct sim_random random;
    struct keiin_random salts; /* for ledger and clients: from a stream of its own */
    struct sim_random salt_stream;
    struct plan plan;
    uint64_t now_ms; /* monotonic, from 1 on */
    uint64_t steps;
    bool faults; /* they may happen; false: from here on all must end well */
    bool printing;
    uint64_t trace_hash;
    char failure[1024]; /* empty: none */
    uint64_t counts[COUNT_KINDS];

    struct sim_event *events; /* a heap */
    size_t event_count, event_cap;
    uint64_t event_order;
    struct message *messages; /* all of the run */
    struct buf old_answer; /* of some request: an answer that a lying network may give again */

    struct server *server;
    struct model *model;
    struct authority *authority;
    struct hostile *hostile;
    struct agent *agents[SIM_AGENTS_MAX];
    size_t agent_count;
    struct hash ledger_id;
    bool rolled_back; /* the operator put an old store in place */
};

/* Runs a seed from beginning to end. False, with sim->failure, when something did not hold. */
bool sim_run(struct sim *sim, uint64_t seed, bool printing);
void sim_free(struct sim *sim); /* what sim_run left */

/* What happens, with its time: into the hash, and on standard output when it is wanted. */
void sim_trace(struct sim *sim, const char *format, ...) KEIIN_PRINTF(2, 3);
/* Something that must hold does not. Only the first is kept; the run ends soon. */
void sim_fail(struct sim *sim, const char *format, ...) KEIIN_PRINTF(2, 3);
static inline bool sim_failed(const struct sim *sim)
{
    return sim->failure[0] != 0;
}

static inline void sim_count(struct sim *sim, enum count_kind kind)
{
    sim->counts[kind]++;
}
/* While faults happen: true so many times in 1,000, and then counted. */
bool sim_strikes(struct sim *sim, unsigned per_mille, enum count_kind kind);

uint64_t sim_below(struct sim *sim, uint64_t n); /* n at least 1 */
bool sim_chance(struct sim *sim, unsigned per_mille);

/* Has `run` called once `delay_ms` have passed. */
typedef void sim_event_fn(struct sim *sim, void *ctx, uint64_t number);
void sim_later(struct sim *sim, uint64_t delay_ms, sim_event_fn *run, void *ctx, uint64_t number);
/* The same with a ctx from malloc, which `run` frees, or the end of the world. */
void sim_later_taking(
    struct sim *sim, uint64_t delay_ms, sim_event_fn *run, void *ctx, uint64_t number);
/* A clock that is `offset_ms` away from the right one. */
uint64_t sim_wall_ms(const struct sim *sim, int64_t offset_ms);

#endif
