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
 * Opens the store in `folder`. The caller holds the folder's lock: one process at a time,
 * and one store a process and folder. KEIIN_EABSENT when there is none, KEIIN_EUNREADABLE,
 * KEIIN_EDAMAGED, KEIIN_ENOMEM, KEIIN_EFULL, KEIIN_EIO. After a failure nothing is open.
 */
int store_lmdb_open(const char *folder, const struct store_table *tables, size_t table_count,
    const struct store_lmdb_options *options, struct store *out, struct why *why) KEIIN_MUST_USE;

#endif
