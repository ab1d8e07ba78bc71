/*
 * Keys, rosters and checkpoints for fuzz targets, the same on every run: the seed of a key is one
 * byte, 32 times, as in seeds.py.
 */
#ifndef KEIIN_TESTS_FUZZ_FIXTURE_H
#define KEIIN_TESTS_FUZZ_FIXTURE_H

#include "core/keyfile.h"
#include "core/note.h"
#include "core/roster.h"

#define FIXTURE_ORIGIN "log.test/fuzz"

/* Made once; `byte` names it. The name is kept as it is. */
struct fixture_key {
    struct keyfile file;
    struct vkey vkey; /* borrows the name from `file` */
    bool made;
};
/* The log's key is 1, the witness's 2, the operator's 4, the root's 5; others are the caller's. */
enum {
    FIXTURE_LOG = 1,
    FIXTURE_WITNESS,
    FIXTURE_WRITER,
    FIXTURE_OPERATOR,
    FIXTURE_ROOT,
    FIXTURE_KEYS = 64
};
const struct fixture_key *fixture_key(unsigned byte, const char *use, const char *name);

/* "<word> <vkey><rest>" */
void fixture_put_key(
    struct buf *out, const char *word, const struct fixture_key *key, const char *rest);

/* The text as a note: an empty line, then a line of each key (a witness's with time_s). */
void fixture_put_note(struct buf *out, struct span text, const struct fixture_key *const *keys,
    size_t count, uint64_t time_s);

/* The five header lines and roots, threshold and log of a roster; its other lines are to follow. */
void fixture_put_roster_head(struct buf *out, uint64_t serial, const struct hash *parent);

/* Serial 0 of one writer (FIXTURE_WRITER) and one operator, with or without the witness's quorum. */
struct span fixture_roster(bool witness);

#endif
