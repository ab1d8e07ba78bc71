/*
 * A store in memory (store/store.h): tables of sorted rows, one write transaction that can be
 * taken back. It lives on when it is closed, as a disk does, until it is emptied. One thread.
 */
#ifndef KEIIN_TESTS_FUZZ_MEMORY_STORE_H
#define KEIIN_TESTS_FUZZ_MEMORY_STORE_H

#include "store/store.h"

/* The one store there is, with these tables; empty after memory_store_clear. */
struct store memory_store(const struct store_table *tables, size_t table_count);
void memory_store_clear(void);
/* Keeps what is there now; memory_store_restore has it again. */
void memory_store_keep(void);
void memory_store_restore(void);
/* The commit of so many from now on (1: the next) says that the disk is full; 0: none does. */
void memory_store_full_at(unsigned commit);

#endif
