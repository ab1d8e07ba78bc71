/* What a stream is made of, for the files that make it and read it. */
#ifndef TESTS_UNIT_RULES_STREAM_INTERNAL_H
#define TESTS_UNIT_RULES_STREAM_INTERNAL_H

#include "tests/unit/rules_stream.h"

#define STEPS_MAX 160000
#define ROSTERS_MAX 200
#define WRITERS_MAX 32

/* What happens in a stream, one after the other. */
struct step {
    enum { STEP_ENTRY, STEP_RECORD, STEP_VOUCHED } type;
    struct keeper_entry entry;
    struct record_place place;
    uint8_t *bytes;
    size_t n;
    uint64_t size, at_ms;
    const char *witness;
    size_t gone; /* records that an entry states beside those that are there */
};

struct stream {
    char *ini; /* path, or NULL */
    struct step steps[STEPS_MAX];
    size_t step_count;
    uint64_t entries;
    struct roster *rosters[ROSTERS_MAX];
    size_t roster_count;
    struct buf findings, sentences;
    uint64_t waiting_bytes_max; /* or 0 */
};

#endif
