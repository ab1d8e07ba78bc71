/* What is to happen, in order of time: a heap. What is due at the same time comes as it was put. */
#ifndef KEIIN_TESTS_HISTORY_EVENTS_H
#define KEIIN_TESTS_HISTORY_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;

typedef void event_fn(struct history *h, void *ctx);

struct event {
    uint64_t when_ms, number;
    event_fn *run;
    void *ctx;
};

struct events {
    struct event *heap; /* owned */
    size_t count, room;
    uint64_t number;
};

void events_put(struct events *e, uint64_t when_ms, event_fn *run, void *ctx);
/* The earliest; false when there is none. */
bool events_take(struct events *e, struct event *out);
void events_destroy(struct events *e);

#endif
