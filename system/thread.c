#include "system/thread.h"

#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROMPT_SLICE_NS 100000

/* The kernel's struct sched_attr in its first version; the C library has it only since 2.41. */
struct attributes {
    uint32_t bytes;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns; /* of an ordinary thread: its slice */
    uint64_t deadline_ns;
    uint64_t period_ns;
};

bool thread_prompt(void)
{
    struct attributes a = {0};

    if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) != 0 || a.policy != SCHED_OTHER)
        return false;
    a.bytes = sizeof a;
    a.runtime_ns = PROMPT_SLICE_NS;
    if (syscall(SYS_sched_setattr, 0, &a, 0) != 0)
        return false;
    return syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) == 0 && a.runtime_ns == PROMPT_SLICE_NS;
}
