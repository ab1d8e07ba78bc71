/* Randomness from a seed, and what a seed has in store: each run has faults of some kinds only. */
#ifndef KEIIN_TESTS_SIM_PLAN_H
#define KEIIN_TESTS_SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t s[4];
};
void sim_random_seed(struct sim_random *r, uint64_t seed);
uint64_t sim_random_next(struct sim_random *r);

struct plan {
    unsigned steps; /* with faults */
    unsigned agents;
    unsigned records; /* an agent has to send */
    unsigned batch_max;
    /* Network, per mille of messages. */
    unsigned lose_request, lose_answer, duplicate, slow, mangle_request, cut_upload;
    unsigned mangle_answer, cut_answer, old_answer;
    /* The ledger's machine: per mille of steps, of store calls, of commits. */
    unsigned kill_server, stop_server, kill_in_store, fail_store, fail_commit, full_store;
    unsigned step_clock;
    /* Agents' machines: per mille of disk calls, of agents' turns. */
    unsigned kill_in_disk, fail_disk, full_disk, power_cut, kill_agent;
    unsigned restore; /* an agent's folder from an older copy: per mille of restarts */
    unsigned rosters; /* changes */
    unsigned audits; /* per mille of the ledger's starts */
    bool hostile; /* a writer that forks, and sends what is malformed */
    bool track; /* agents remember ids, as importers do */
    bool rollback; /* at the end the operator puts an older store in place */
    /* The server's bounds. */
    unsigned quota_submissions, queue_per_writer, queue, inflight_bytes, heartbeat_s, group_entries;
    unsigned evidence_max;
};
void plan_make(struct plan *plan, struct sim_random *random);

#endif
