/*
 * The running server: what its stages share. Clock, randomness, store and network are
 * values given at start (struct ledger_given), so that a simulator can own them all.
 *
 * Threads: the loop (HTTP, submit, publish, serve, timers), the workers (validate), the
 * sequencer (sequence, commit; it alone writes the store). Each field names its owner.
 */
#ifndef KEIIN_LEDGER_LEDGER_H
#define KEIIN_LEDGER_LEDGER_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/keyfile.h"
#include "ledger/config.h"
#include "ledger/edge.h"
#include "ledger/heads.h"
#include "ledger/lanes.h"
#include "system/clock.h"

/* How answers leave. */
struct network {
    void *ctx;
    /*
     * The loop's thread: the job is finished, its client is to be told. The job stays ours; its
     * answer may be taken.
     */
    void (*answer)(void *ctx, void *client, struct job *job);
    /* Any thread: have publish_run called in the loop's thread soon. */
    void (*wake)(void *ctx);
};

struct ledger_given {
    const struct config *config;
    const struct keiin_clock *clock;
    const struct keiin_random *random;
    const struct network *network;
    struct store store; /* taken */
    const struct keyfile *log_key; /* borrowed, like the other key */
    const struct keyfile *operator_key;
    bool restored; /* the newest checkpoint may be by another key (ledger/recover.h) */
};

/* A checkpoint that is durable, and what goes with it. */
struct published {
    bool shown; /* to readers; not before a roster that lists the key which signed it */
    uint64_t size; /* entries */
    uint64_t received; /* of the last one, ms */
    uint64_t serial; /* of the roster in force after it */
    uint8_t *checkpoint; /* the note, owned */
    size_t checkpoint_bytes;
    struct book *book; /* held */
};

/* What the sequencer knows: the state after the last entry. */
struct state {
    struct hash ledger_id;
    struct roster *roster; /* in force */
    struct book *book;
    struct heads heads;
    struct edge edge; /* its frontier's size is the number of entries */
    uint64_t received; /* of the last entry */
    struct hash leaf; /* of the last entry: `prev` of the next */
    uint8_t *checkpoint; /* the note */
    size_t checkpoint_bytes;
    bool checkpoint_listed; /* by a log key of the roster in force */
};

/* Wall clock and monotonic clock, watched against each other (ledger/clockwatch.h). */
struct clockwatch {
    const struct keiin_clock *clock;
    int64_t offset_ms; /* wall minus monotonic, at start */
    uint64_t wrong_since_ms; /* monotonic; 0: right */
};

struct metrics {
    /* The loop's. */
    uint64_t refused[REFUSE_COUNT];
    uint64_t stored, replayed;
    uint64_t body_bytes;
    uint64_t reads;
    /* The sequencer's, read by the loop. */
    atomic_uint_fast64_t commits;
    atomic_uint_fast64_t committed_records;
    atomic_uint_fast64_t group_entries_max;
    atomic_uint_fast64_t evidence;
};

/* Why a ledger after a restore takes nothing. */
#define LEDGER_READS_ONLY                                                                          \
    "the ledger was restored from a copy and can only be read until its operator has asked all "   \
    "who may know a newer state of it; send the same again later"

struct ledger {
    struct ledger_given given; /* constant */
    struct hash ledger_id; /* constant */
    struct lanes *lanes; /* locks itself */
    pthread_t *workers; /* the loop's */
    size_t worker_count;
    pthread_t sequencer;
    bool sequencer_runs;

    /* What is valid and waits for its place; under `sequence_lock`. */
    pthread_mutex_t sequence_lock;
    pthread_cond_t sequence_work;
    struct job_list sequence_queue;
    size_t sequence_coming; /* that waited for a worker when one last brought something */
    bool sequence_waits;
    bool sequence_stop;

    struct state state; /* the sequencer's */
    struct book *committed_book; /* the sequencer's: held, as the store has it */
    struct clockwatch clockwatch; /* the sequencer's */

    /* What is done and is to be answered; under `done_lock`. */
    pthread_mutex_t done_lock;
    struct job_list done;
    struct published done_published; /* newer than `published` when it has a checkpoint */
    bool fatal; /* the sequencer stopped, or a commit failed */
    struct why fatal_why;

    /* The loop's. */
    struct published published;
    struct log_cache *cache; /* of the tree that was published */
    size_t jobs; /* that are not finished */
    size_t inflight_bytes; /* of bodies */
    bool draining; /* nothing new is taken */
    bool reads_only; /* restored, and nobody has said yet that nothing newer exists */
    struct restore *restore; /* NULL unless it was started after a restore (ledger/restore.h) */
    uint64_t last_entry_ms; /* monotonic, when the published size last moved */
    struct metrics metrics;
};

/*
 * Opens a store that was checked (ledger/recover.h): loads its state, starts no thread. Whoever
 * calls does the steps of the threads: lanes_take and ledger_validate, those of sequence.h, and
 * publish_run. Takes given->store in any case. After a failure there is nothing to stop.
 */
int ledger_open(
    struct ledger *ledger, const struct ledger_given *given, struct why *why) KEIIN_MUST_USE;
/* The same, and starts the threads. */
int ledger_start(
    struct ledger *ledger, const struct ledger_given *given, struct why *why) KEIIN_MUST_USE;
/*
 * The loop, while no job is unfinished and none is let in: the sequencer goes on from another state
 * of the same store, which is taken.
 */
void ledger_adopt(struct ledger *ledger, struct state *state);
/* Stops the threads. No job may be unfinished, or `fatal` is set. */
void ledger_stop(struct ledger *ledger);

/* A worker: validates what it took from the lanes, and passes it on. */
void ledger_validate(struct ledger *ledger, struct job *const *jobs, size_t count);

#endif
