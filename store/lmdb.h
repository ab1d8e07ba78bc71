/*
 * The store on LMDB. Every commit is durable when it returns: the flags that would make
 * it otherwise (NOSYNC, NOMETASYNC, WRITEMAP, MAPASYNC) are never used. The map has its
 * greatest size from the start, since address space costs nothing and growing it would
 * have to wait for every reader; the file itself grows with what is in it.
 *
 * LMDB keeps no sums of its pages: a damaged structure page can end the process. What
 * opens a store for the first time does so in a child (store/probe.h).
 */
#ifndef KEIIN_STORE_LMDB_H
#define KEIIN_STORE_LMDB_H

#include "store/store.h"

struct store_lmdb_options {
    uint64_t map_bytes_max; /* KEIIN_EFULL beyond; taken up to what is in the store already */
    bool create; /* make data.mdb in the folder when it is not there */
    bool read_only;
};

/*
 * Opens the store in `folder`. The caller holds the folder's lock (one process at a time), or
 * opens it read_only; one store a process and folder. KEIIN_EABSENT when there is none, KEIIN_EUNREADABLE,
 * KEIIN_EDAMAGED, KEIIN_ENOMEM, KEIIN_EFULL, KEIIN_EIO. After a failure nothing is open.
 */
int store_lmdb_open(const char *folder, const struct store_table *tables, size_t table_count,
    const struct store_lmdb_options *options, struct store *out, struct why *why) KEIIN_MUST_USE;

/*
 * Writes a copy of an open store to a file, from its first byte on: all that was committed
 * before the call, whatever is committed meanwhile. A store opened read_only beside the
 * process that holds the lock will do. The caller syncs the file. KEIIN_EFULL, KEIIN_EIO,
 * KEIIN_EDAMAGED; then the file is of no use.
 */
int store_lmdb_copy(const struct store *store, int fd, struct why *why) KEIIN_MUST_USE;

/*
 * Forgets readers whose process has ended in the middle of a transaction: until then the
 * pages that they saw are not used again, and the file grows.
 */
void store_lmdb_forget_dead_readers(const struct store *store);

#endif
