/*
 * A client's disk in memory (system/disk.h). Each file has what is there now and what a power
 * cut leaves; a name that was not synced may be lost or be back. Before each call that
 * writes it asks what becomes of it; once it is dead, no call has any effect.
 */
#ifndef KEIIN_TESTS_SIM_DISK_MEMORY_H
#define KEIIN_TESTS_SIM_DISK_MEMORY_H

#include "system/disk.h"
#include "tests/sim/sim.h"

enum disk_fate {
    FATE_GOOD,
    FATE_FULL, /* no effect */
    FATE_FAILED, /* no effect */
    FATE_FAILED_APPLIED, /* an effect that a power cut may undo */
    FATE_KILLED /* the process ends in the midst of it; the disk is dead from then on */
};

struct disk_file;

struct disk_memory {
    struct sim *sim;
    struct keiin_disk disk; /* what the client is given */
    struct disk_file *files;
    size_t count, cap;
    bool locked;
    bool dead;
    char failed[128]; /* path of the last write that failed; empty: none since it was cleared */
    enum disk_fate (*fate)(void *ctx);
    void *fate_ctx;
};

void disk_memory_init(struct disk_memory *d, struct sim *sim);
void disk_memory_destroy(struct disk_memory *d);

/* The process is gone: the lock is free, and calls have effects again. */
void disk_memory_revive(struct disk_memory *d);
/* Whether a power cut would take something away. */
bool disk_memory_is_behind(const struct disk_memory *d);
/* What was not synced is lost, or is not, as the seed says. */
void disk_memory_power_cut(struct disk_memory *d);
/* A copy of all files as they are now, and back. */
void disk_memory_copy(const struct disk_memory *from, struct disk_memory *to);
void disk_memory_restore(struct disk_memory *d, const struct disk_memory *copy);
/* The bytes of a file; empty with NULL when it is not there. */
struct span disk_memory_look(const struct disk_memory *d, const char *path);

#endif
