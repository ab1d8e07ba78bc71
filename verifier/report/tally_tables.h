/* What a tally remembers: the values of its tables. */
#ifndef KEIIN_VERIFIER_REPORT_TALLY_TABLES_H
#define KEIIN_VERIFIER_REPORT_TALLY_TABLES_H

#include "verifier/rules/rules.h"

/* A writer; its agency stands behind it. */
struct system {
    enum role role;
    bool listed;
    uint64_t last_number; /* 0: never heard */
    uint64_t last_received;
    uint64_t heard_ms; /* last heartbeat, or when it was listed */
    uint64_t records, heartbeats, checkpoints; /* in the period */
    uint64_t silent_ms, longest_ms; /* beyond what heartbeats may be apart; the longest silence */
    uint64_t gaps;
};

struct counted_approval {
    const struct approval *approval; /* of the rules; NULL while it is only asked for */
    bool granted;
};

/* A batch that was received and not selected yet. */
struct counted_batch {
    uint64_t items, received_ms;
};

/* A data set from the first time that was said to its erasure. */
struct counted_retained {
    uint64_t until;
    uint64_t erased_at, erasure_received;
    bool erased;
};

struct counted_emergency {
    uint64_t began;
    bool decided;
};

struct counted_demand {
    uint64_t began_ms;
    bool recommendation, waits;
};

#endif
