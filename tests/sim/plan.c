#include "tests/sim/plan.h"

#include "tests/sim/counts.h"

const char *const count_texts[COUNT_KINDS] = {
#define COUNT_TEXT(name, text) text,
    COUNTS(COUNT_TEXT)
#undef COUNT_TEXT
};

/* splitmix64, to spread a seed; then xoshiro256**. Both are in the public domain (Vigna). */
void sim_random_seed(struct sim_random *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        r->s[i] = z ^ (z >> 31);
    }
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t sim_random_next(struct sim_random *r)
{
    uint64_t result = rotate(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;

    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotate(r->s[3], 45);
    return result;
}

static unsigned upto(struct sim_random *r, unsigned max)
{
    return (unsigned)(sim_random_next(r) % (max + 1));
}

/* A kind of fault that this run has, or has not: 1 to max per mille, else 0. */
static unsigned perhaps(struct sim_random *r, bool has, unsigned max)
{
    unsigned rate = 1 + upto(r, max - 1);

    return has && upto(r, 2) > 0 ? rate : 0;
}

static void plan_bounds(struct plan *p, struct sim_random *r)
{
    bool narrow = upto(r, 3) == 0;

    p->quota_submissions = narrow && upto(r, 1) == 0 ? 1 + upto(r, 2) : 1000;
    p->queue_per_writer = narrow && upto(r, 1) == 0 ? 1 : 16;
    p->queue = narrow && upto(r, 1) == 0 ? 1 + upto(r, 2) : 64;
    p->inflight_bytes = narrow && upto(r, 1) == 0 ? 3000 : 1 << 26;
    p->heartbeat_s = upto(r, 1) == 0 ? 0 : 5 + upto(r, 60);
    p->group_entries = upto(r, 3) == 0 ? 1 + upto(r, 2) : 64;
    p->evidence_max = 1 + upto(r, 3);
}

void plan_make(struct plan *p, struct sim_random *r)
{
    bool network = upto(r, 3) > 0, lies = upto(r, 3) == 0, server = upto(r, 3) > 0;
    bool store = upto(r, 2) == 0, disk = upto(r, 2) > 0;

    p->steps = 200 + upto(r, 1000);
    p->agents = 1 + upto(r, 2);
    p->records = 3 + upto(r, 15);
    p->batch_max = 1 + upto(r, 4);
    p->lose_request = perhaps(r, network, 200);
    p->lose_answer = perhaps(r, network, 200);
    p->duplicate = perhaps(r, network, 300);
    p->slow = perhaps(r, network, 200);
    p->mangle_request = perhaps(r, lies, 150);
    p->cut_upload = perhaps(r, lies, 150);
    p->mangle_answer = perhaps(r, lies, 150);
    p->cut_answer = perhaps(r, lies, 100);
    p->old_answer = perhaps(r, lies, 150);
    p->kill_server = perhaps(r, server, 15);
    p->stop_server = perhaps(r, server, 6);
    p->kill_in_store = perhaps(r, server, 8);
    p->fail_commit = perhaps(r, store, 100);
    p->fail_store = perhaps(r, store, 4);
    p->full_store = perhaps(r, store, 150);
    p->step_clock = perhaps(r, upto(r, 2) == 0, 20);
    p->kill_in_disk = perhaps(r, disk, 60);
    p->fail_disk = perhaps(r, disk, 50);
    p->full_disk = perhaps(r, disk, 30);
    p->power_cut = upto(r, 1000);
    p->kill_agent = perhaps(r, disk, 15);
    p->restore = perhaps(r, upto(r, 3) == 0, 300);
    p->rosters = upto(r, 1) == 0 ? 0 : upto(r, 5);
    p->audits = upto(r, 300);
    p->hostile = upto(r, 2) == 0;
    p->track = upto(r, 2) == 0;
    p->rollback = upto(r, 7) == 0;
    plan_bounds(p, r);
    if (upto(r, 79) == 0) { /* more than one bundle */
        p->agents = 2 + upto(r, 1);
        p->records = 300;
        p->batch_max = 1;
        p->steps = 3000;
    }
}
