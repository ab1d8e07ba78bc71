/*
 * Whether a data folder is the one in which this ledger ran last, or a copy that may be older
 * than what others have seen. A log that goes on from an old copy signs a second history;
 * nothing can take that back.
 *
 * Two things tell. A store that came out of a backup carries a mark. And each start puts a
 * new random token both into the store and into the instance file, which lies outside of the
 * data folder (`instance` in the configuration) and also holds the newest checkpoint, at
 * most a minute old: a folder brought back by other means is behind its instance file, or
 * has none. A copy of both at once is not recognised; writers, mirrors and witnesses notice.
 *
 * The instance file:
 *     keiin/instance/v1
 *     token <hex>
 *     next <hex>         what the store has from now on, or still `token` after an interruption
 *                        (an empty line)
 *     <checkpoint note>
 */
#ifndef KEIIN_LEDGER_INSTANCE_H
#define KEIIN_LEDGER_INSTANCE_H

#include "core/checkpoint.h"
#include "ledger/config.h"
#include "ledger/tables.h"
#include "system/clock.h"

#define INSTANCE_TOKEN_BYTES 16

struct instance {
    char *path;
    bool there; /* the file; the rest means nothing otherwise */
    uint8_t token[INSTANCE_TOKEN_BYTES], next[INSTANCE_TOKEN_BYTES];
    uint8_t *checkpoint; /* the note, owned */
    size_t checkpoint_bytes;
    uint64_t size; /* of that checkpoint */
    struct hash root;
};

/* Reads the instance file. KEIIN_EUNREADABLE, KEIIN_EDAMAGED, KEIIN_ENOMEM. Destroy in any case. */
int instance_read(
    const struct config *config, struct instance *out, struct why *why) KEIIN_MUST_USE;
void instance_destroy(struct instance *instance);

/*
 * KEIIN_EREFUSED, with the reason and the way on, when the store carries the mark, or is not the
 * one that the instance file tells of. KEIIN_EDAMAGED, KEIIN_ENOMEM.
 */
int instance_check(
    const struct instance *instance, const struct store *store, struct why *why) KEIIN_MUST_USE;

/*
 * A new token, into the file, the store, and the file again; `checkpoint` is the store's and
 * goes into the file where it is not behind the one there. An interruption at any point leaves
 * what instance_check accepts. KEIIN_EIO, KEIIN_EFULL, KEIIN_ENOMEM.
 */
int instance_begin(struct instance *instance, const struct store *store,
    const struct keiin_random *random, struct span checkpoint, struct why *why) KEIIN_MUST_USE;
/* Puts a newer checkpoint into the file; an older one is passed over. Same errors. */
int instance_keep(
    struct instance *instance, struct span checkpoint, struct why *why) KEIIN_MUST_USE;

/* The mark: when the copy was made, how many entries it has. */
struct restored_mark {
    uint64_t made_ms; /* 0: marked where it lay, by run --after-restore */
    uint64_t size;
};
/* KEIIN_EABSENT where there is none; KEIIN_EDAMAGED. */
int restored_mark_get(const struct store_txn *txn, struct restored_mark *out) KEIIN_MUST_USE;
int restored_mark_put(const struct store_txn *txn, const struct restored_mark *mark) KEIIN_MUST_USE;
int restored_mark_remove(const struct store_txn *txn) KEIIN_MUST_USE;

#endif
