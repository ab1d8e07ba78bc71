/*
 * A server that was started after a restore: it serves reads only, asks who was named for
 * what they know of this ledger, extends its store by what is newer, and takes submissions
 * when its operator has said that nothing newer exists, and nobody asked contradicts that.
 *
 * The asking and extending is done by a thread of its own, which alone writes the store
 * while the sequencer has nothing to do. All functions are the loop's.
 */
#ifndef KEIIN_LEDGER_RESTORE_H
#define KEIIN_LEDGER_RESTORE_H

#include "core/language.h"
#include "ledger/instance.h"
#include "ledger/ledger.h"

struct restore;

struct restore_options {
    const char *const *from; /* borrowed, as long as the server runs */
    size_t from_count;
    bool without_records;
    const struct instance *instance; /* its checkpoint is known too; likewise */
};

/* Marks the store as a restored copy where it is not yet: from now on a plain start refuses it. */
int restore_mark(const struct store *store, struct why *why) KEIIN_MUST_USE;

/* Makes the running ledger one that is read only, and asks. KEIIN_ENOMEM, KEIIN_EDAMAGED. */
int restore_start(struct ledger *ledger, const struct restore_options *options,
    struct restore **out, struct why *why) KEIIN_MUST_USE;
/* Not while it is busy. */
void restore_free(struct restore *restore);

/* Whether its thread is at work. It may be left so when the process ends. */
bool restore_busy(const struct restore *restore);

/*
 * When the loop was woken: takes over what the thread has done. 0, or why the server must stop:
 * KEIIN_EMISMATCH when this log has signed two histories (the evidence is kept, `why` says where).
 */
int restore_poll(struct restore *restore, struct why *why) KEIIN_MUST_USE;

/* What was asked and found, lines for people. *clean: nothing stands against going on. */
void restore_report(
    const struct restore *restore, enum language language, struct buf *out, bool *clean);

/*
 * The operator says that nothing newer exists: asks all of them once more and, where that is so,
 * has the ledger take submissions again. `finished` is told; not when the server stops
 * meanwhile. KEIIN_EBUSY while a round is under way.
 */
typedef void restore_finished_fn(void *ctx, bool live);
int restore_resume(
    struct restore *restore, restore_finished_fn *finished, void *ctx) KEIIN_MUST_USE;

#endif
