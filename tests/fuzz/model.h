/*
 * What a ledger must answer, worked out from SPEC.md alone and from nothing of ledger/: who is
 * listed, where each writer's chain ends, what stands in the log. One conversation at a time.
 */
#ifndef KEIIN_TESTS_FUZZ_MODEL_H
#define KEIIN_TESTS_FUZZ_MODEL_H

#include "core/entry.h"
#include "tests/fuzz/fixture.h"

#define MODEL_WRITERS 5
#define MODEL_KEYS 3 /* of each writer's name; the last of 2 and 3 is one key */
#define MODEL_ENTRIES_MAX 96
#define MODEL_EVIDENCE_MAX 32

enum { OPERATOR, COMMITTEE, AGENCY_A, AGENCY_B, AUDITOR };

struct model_writer {
    uint64_t number; /* of the last record */
    struct hash head;
};

struct model_entry {
    unsigned writer;
    uint64_t number, count, received;
    struct hash before, after, prev, leaf;
};

/* Two signed heads of a writer for one number. */
struct model_evidence {
    unsigned writer;
    uint64_t last_number;
    struct hash after;
};

struct model {
    struct hash ledger_id, roster_hash;
    uint64_t serial;
    uint8_t listed[MODEL_WRITERS]; /* a bit a key */
    uint8_t ever[MODEL_WRITERS];
    struct model_writer writers[MODEL_WRITERS];
    struct model_entry entries[MODEL_ENTRIES_MAX];
    uint64_t size;
    struct model_evidence evidence[MODEL_EVIDENCE_MAX];
    size_t evidence_count;
    int64_t parted_ms; /* wall clock against monotonic clock, since the start */
};

/* A submission as the client made it, with all that is wrong with it. */
struct model_submission {
    enum entry_kind kind;
    unsigned writer, key;
    bool stranger; /* signed by a key that no roster ever listed */
    bool malformed, malformed_digest; /* by its form; by a sealed part's hash */
    bool wrong_signature;
    bool bad_roster;
    uint64_t number, count;
    struct hash before, after;
    struct hash digest; /* of the first record, or of the roster's text */
    /* Of a good roster: what it lists. */
    uint8_t lists[MODEL_WRITERS];
    struct hash roster_hash;
};

/* What the answer must say. */
struct model_answer {
    unsigned status;
    const char *code; /* of a refusal */
    uint64_t index; /* of the entry */
    bool placed_no; /* it was right in itself, and got no place: it may be evidence */
};

enum model_mode { MODEL_STORES, MODEL_FULL };

const struct fixture_key *model_key(unsigned writer, unsigned key);
const char *model_role(unsigned writer);

/* The state after entry 0, which the operator's first key signed. */
void model_start(struct model *m, struct span roster_text, const uint8_t lists[MODEL_WRITERS]);
/* Decides about a submission, and takes it over when it is stored. */
struct model_answer model_submit(
    struct model *m, const struct model_submission *s, uint64_t wall_ms, enum model_mode mode);
/* Of what got no place, when the whole group has its places: whether it contradicts an entry. */
void model_keep_evidence(struct model *m, const struct model_submission *s);
/* Fills prev, received and leaf of the newest entry, by its signature. */
void model_entry_bytes(struct model *m, uint64_t index, const struct model_submission *s,
    const struct hash *digests, struct span signature);
void model_root(const struct model *m, uint64_t size, struct hash *out);

#endif
