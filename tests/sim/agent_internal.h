/* What the two files of an agency's machine share. */
#ifndef KEIIN_TESTS_SIM_AGENT_INTERNAL_H
#define KEIIN_TESTS_SIM_AGENT_INTERNAL_H

#include "client/client_internal.h"
#include "tests/sim/agent.h"
#include "tests/sim/disk_memory.h"
#include "tests/sim/network.h"

#define AGENT_FOLDER "client"

struct agent {
    struct sim *sim;
    unsigned number; /* of its writer, too */
    struct caller caller;
    struct keiin_network network;
    struct keiin_clock clock;
    int64_t clock_offset_ms;
    struct disk_memory disk;
    struct disk_memory copy; /* of its folder, some time ago */
    bool has_copy;

    bool runs; /* its process */
    bool ends; /* the process is to end in order */
    uint64_t records; /* to be sent */
    uint64_t acknowledged; /* of them */
    bool checked; /* ... and all was found well at the end */
    bool restored, lost;
    unsigned mismatches;
    struct client_state last; /* seen in its folder */
};

/* Its process was killed: nothing that it still does has an effect. */
static inline bool agent_is_gone(const struct agent *a)
{
    return a->caller.gone || a->disk.dead;
}

/* The program (agent_program.c), in the agent's fiber; `ctx` is the agent. */
void agent_main(void *ctx);

#endif
