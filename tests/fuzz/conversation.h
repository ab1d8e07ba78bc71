/*
 * What the files of the conversation target share: what was sent, and how submissions are made
 * from the input's choices, right or wrong.
 */
#ifndef KEIIN_TESTS_FUZZ_CONVERSATION_H
#define KEIIN_TESTS_FUZZ_CONVERSATION_H

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/model.h"

#define SENT_MAX 64
#define RECORDS_MAX 3
#define BATCH_MAX 4
#define START_MS UINT64_C(1790000000000)

/* A submission that was sent, with its bytes, to be sent again. */
struct sent {
    struct model_submission s;
    struct hash digests[RECORDS_MAX];
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct buf body;
};

extern struct conversation {
    struct choices c;
    struct model model;
    struct sent sent[SENT_MAX];
    size_t sent_count;
    struct hash own_digest; /* of a heartbeat */
    bool disk_full; /* at the next commit */
} t;

/* A submission of records, and one of a roster, kept among those that were sent. */
struct sent *make_records(unsigned writer);
struct sent *make_roster(void);
/* The text of a right roster. */
void put_right_roster(struct buf *out, uint64_t serial, const struct hash *parent,
    const uint8_t lists[MODEL_WRITERS]);

#endif
