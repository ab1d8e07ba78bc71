/*
 * What a writer posts, and what it is answered (SPEC.md section 8): the wire codec of
 * both ends. Pure; any thread.
 */
#ifndef KEIIN_CORE_SUBMISSION_H
#define KEIIN_CORE_SUBMISSION_H

#include "core/entry.h"

/* A submission taken apart; spans are borrowed from the body, arrays are owned. */
struct submission {
    enum entry_kind kind;
    struct hash key;
    uint64_t number; /* of the first record */
    struct hash before;
    struct span signature;
    size_t count;          /* records; 1 for a roster */
    struct span *records;  /* `count`; NULL for a roster */
    struct span *sealed;   /* `count`, each empty where there is none; NULL for a roster */
    struct hash *digests;  /* `count` */
    struct span note;      /* of a roster; else empty */
};

/*
 * The form of a body: of POST /records its shape, limits, every record, and that sealed
 * parts stand where records name them; of POST /roster its shape and that of the note.
 * Nothing is hashed. KEIIN_EMALFORMED with the place in `why`; KEIIN_ENOMEM. After a failure
 * there is nothing to destroy.
 */
int submission_parse_form(enum entry_kind kind, struct span body, struct submission *out,
    struct why *why) KEIIN_MUST_USE;

/*
 * Computes the digests, and holds sealed parts against their records. KEIIN_EMALFORMED,
 * KEIIN_ENOMEM; the submission stays to be destroyed.
 */
int submission_hash(struct submission *s, struct why *why) KEIIN_MUST_USE;

/* Both at once, of the body of POST /records and of POST /roster. */
int submission_parse(struct span body, struct submission *out, struct why *why) KEIIN_MUST_USE;
int submission_parse_roster(struct span body, struct submission *out, struct why *why)
    KEIIN_MUST_USE;
void submission_destroy(struct submission *s);

/* Only the writer's key of either body, before anything is hashed; false when malformed. */
bool submission_peek_key(struct span body, struct hash *key);

/* Writes either body. `sealed` may be NULL: none. The signature is over the head after it. */
void submission_write(struct buf *out, const struct submission *s);

/* The bytes that tile/records holds for it, without the uint32 length. */
void submission_write_records(struct buf *out, const struct submission *s);

/* The answer to a stored submission; `entry` only in GET writers/<name>/<number>. */
struct receipt {
    uint64_t index;
    uint64_t received;
    struct hash prev;
    struct hash proof[PROOF_HASHES_MAX];
    size_t proof_count;
    struct span checkpoint; /* a note; the proof is for its size */
    struct span entry;      /* empty when not given */
};
void receipt_write(struct buf *out, const struct receipt *receipt);
/* Spans are borrowed from `body`. KEIIN_EMALFORMED. */
int receipt_parse(struct span body, struct receipt *out) KEIIN_MUST_USE;

/* A refusal's body. */
struct refusal {
    struct span code;
    struct span detail;
    bool has_head; /* 409 only */
    struct hash head;
    uint64_t number;
};
void refusal_write(struct buf *out, const struct refusal *refusal);
int refusal_parse(struct span body, struct refusal *out) KEIIN_MUST_USE;

/* GET writers/<hex H(name)>: last number and head. */
void writer_state_write(struct buf *out, uint64_t last_number, const struct hash *head);
int writer_state_parse(struct span body, uint64_t *last_number, struct hash *head) KEIIN_MUST_USE;

#endif
