/*
 * A store in memory (store/store.h): the committed image, which anyone may hold and come back
 * to, and one write transaction. Before each call it asks whether that call fails.
 */
#ifndef KEIIN_TESTS_SIM_STORE_MEMORY_H
#define KEIIN_TESTS_SIM_STORE_MEMORY_H

#include "store/store.h"

enum store_call { CALL_BEGIN, CALL_COMMIT, CALL_READ, CALL_PUT, CALL_ROOM, CALL_OPEN };

struct store_image; /* immutable; counted references */

struct store_memory {
    const struct store_table *tables;
    size_t table_count;
    struct store_image *committed; /* held */
    struct store_image *kept; /* held: what a power cut may go back to */
    struct store_image *writing; /* of the transaction; NULL when there is none */
    size_t readers;
    /* 0, or the error of this call. *applied: a failing commit takes effect all the same. */
    int (*fails)(void *ctx, enum store_call call, bool *applied);
    void *fails_ctx;
};

void store_memory_init(
    struct store_memory *m, const struct store_table *tables, size_t table_count);
void store_memory_destroy(struct store_memory *m);
/* Opens it as the ledger does: what was committed is synced. The error is that of CALL_OPEN. */
int store_memory_open(struct store_memory *m, struct store *out);
/* The same store, for the simulator's own eyes. Closing either drops what is not committed. */
struct store store_memory_look(struct store_memory *m);

/* What is committed, and was not synced, is gone. True when there was such a thing. */
bool store_memory_power_cut(struct store_memory *m);

struct store_image *store_image_hold(struct store_image *image);
void store_image_release(struct store_image *image); /* NULL is fine */
/* Puts another image in place; nothing is open. */
void store_memory_set(struct store_memory *m, struct store_image *image);

#endif
