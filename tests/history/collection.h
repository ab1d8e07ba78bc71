/*
 * Collection: streams under an approval, with batches that come in, are selected by a program, and
 * whose discards are erased; and the selected data sets, from their first use to their erasure.
 */
#ifndef KEIIN_TESTS_HISTORY_COLLECTION_H
#define KEIIN_TESTS_HISTORY_COLLECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random;

/* What was selected, and may be used between these times. */
struct set {
    char id[32];
    uint64_t from_ms, until_ms;
    size_t place; /* in the pool */
};

struct pool {
    struct set **list; /* owned; the sets last as history_new's do */
    size_t count, room;
};

/* A data set to work on from `from_ms` to `until_ms`; NULL when there is none. */
const struct set *pool_pick(
    const struct pool *pool, struct random *random, uint64_t from_ms, uint64_t until_ms);
void pool_destroy(struct pool *pool);

struct history;
/* Streams are asked for; everything else follows. */
void collection_start(struct history *h);

/* One batch on its way through collection, wherever it comes from. */
struct batch {
    const char *authority, *purpose;
    const char *ref; /* of the collection; NULL: none */
    const uint8_t *criteria; /* NULL: none */
    bool emergency;
    bool in_place; /* what is selected keeps the batch's name, else it has one of its own */
    uint64_t received_ms, selected_ms, erased_ms; /* 0: never */
    uint64_t kept, discarded;
    uint64_t unaccounted; /* received, and neither kept nor discarded */
    int receive_answers, select_answers; /* answer + 1 that rests on such a record; 0: none */
    uint64_t retain_until_ms; /* 0: nothing said */
    char dataset[32], selected[32], selection[32]; /* the last: ref of selection and erasure */
};
/* Its records: received, selected, discards erased. */
void collection_put_batch(struct history *h, struct random *random, const struct batch *batch);
/* A new batch's names and counts. */
void collection_name_batch(struct history *h, struct random *random, struct batch *batch);

#endif
