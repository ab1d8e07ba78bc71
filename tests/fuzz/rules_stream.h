/*
 * Streams of entries and records for the fuzz targets of the oversight rules, made of choices:
 * every action, ids of a few so that records speak of the same things, times near the edges of
 * the limits, three rosters, several writers. One thread.
 */
#ifndef KEIIN_TESTS_FUZZ_RULES_STREAM_H
#define KEIIN_TESTS_FUZZ_RULES_STREAM_H

#include "tests/fuzz/fuzz.h"
#include "verifier/rules/engine_internal.h"

#define RULES_STEPS_MAX 400

struct rules_step {
    enum { RULES_ENTRY, RULES_RECORD, RULES_VOUCHED } type;
    struct keeper_entry entry;
    struct record_place place;
    struct span bytes; /* of a record: a block of its own */
    uint64_t size, at_ms;
    struct span witness;
};

struct rules_stream {
    struct rules_step steps[RULES_STEPS_MAX];
    size_t count;
    uint64_t next_index;
    uint64_t received; /* of the last entry */
    uint32_t position;
};

/* Adds what the choices make until they are used up, and what vouches for it at the end. */
void rules_stream_make(struct rules_stream *s, struct choices *c);
void rules_stream_free(struct rules_stream *s);

/* The initial limits, or short ones with small counts, so that more is due and found; read once. */
const struct rules_limits *rules_stream_limits(bool small);

/* What the rules said: a line a finding, with its id, addresses and sentence. */
struct rules_told {
    struct buf text;
    struct hash ids[4 * RULES_STEPS_MAX * 4]; /* of settled findings */
    size_t id_count;
};
void rules_told_init(struct rules_told *told);
void rules_told_destroy(struct rules_told *told);
struct rules_sink rules_told_sink(struct rules_told *told);
/* No two settled findings may be taken for one. */
void rules_told_check_ids(struct rules_told *told);

void rules_stream_step(struct rules *rules, const struct rules_step *step);

#endif
