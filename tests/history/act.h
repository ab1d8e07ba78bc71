/*
 * An act: a record that a writer will make, with the time when it does. `at`, `salt` and the
 * source system's `id` are added when the act happens (writers.c), unless they stand there.
 */
#ifndef KEIIN_TESTS_HISTORY_ACT_H
#define KEIIN_TESTS_HISTORY_ACT_H

#include "core/bytes.h"

/* Fields of the vocabulary, in the order of core/record.h's table. */
enum act_field {
    F_ACTION, F_ACTOR, F_APPROVAL, F_APPROVED_BY, F_AT, F_AUTHORITY, F_CHECKPOINT, F_CONTENT,
    F_CORRECTS, F_COUNT, F_CRITERIA, F_DATASET, F_DATASETS, F_DECISION, F_DETAIL, F_DISCARDED,
    F_EMERGENCY, F_FINDING, F_ID, F_METHOD, F_NOTICE, F_OUTCOME, F_PARENTS, F_PURPOSE,
    F_PURPOSES, F_RATIFY_BY, F_REASON, F_RECIPIENT, F_RECIPIENT_KIND, F_RECIPIENTS, F_RECORDS,
    F_REF, F_REQUESTED_BY, F_RETAIN_UNTIL, F_ROLE, F_RULE, F_SALT, F_SEALED, F_SOURCE_COUNT,
    F_STATE, F_STATEMENT, F_STREAM, F_UNIT, F_UNITS, F_VALID_FROM, F_VALID_TO, F_WITNESSED_BY,
    ACT_FIELDS
};

#define ACT_PUT_MAX 32
#define ACT_BYTES_MAX 2048
#define ACT_ANSWERS_MAX 3

/* A finding of the answer file that rests on this record: which, and where in its list. */
struct act_answer {
    int32_t answer; /* -1: none */
    int32_t place;
};

struct act {
    uint64_t when_ms; /* true time */
    int64_t at_offset_ms; /* added to `at` by the writer's clock */
    uint8_t writer;
    bool access;  /* query, view or export: counts as an access of the source */
    bool blank;   /* an order of the committee will empty it */
    uint8_t put_count;
    uint16_t n;
    struct act_answer answers[ACT_ANSWERS_MAX];
    struct {
        uint8_t field;
        uint16_t at, n; /* the value as msgpack, in bytes */
    } put[ACT_PUT_MAX];
    uint8_t bytes[ACT_BYTES_MAX];
};

/* Holds the table against core/record.h's; ends the program when they differ. */
void act_check_table(void);

void act_start(struct act *a, unsigned writer, uint64_t when_ms, const char *action);
void act_text(struct act *a, enum act_field field, const char *value);
void act_uint(struct act *a, enum act_field field, uint64_t value);
void act_true(struct act *a, enum act_field field);
void act_bin(struct act *a, enum act_field field, const void *bytes, size_t n);
void act_texts(struct act *a, enum act_field field, const char *const *values, size_t count);
void act_one(struct act *a, enum act_field field, const char *value); /* an array of one */
/* This record is number `place` of those that the answer rests on. */
void act_answers(struct act *a, int answer, int place);
/* How much of it a copy needs. */
size_t act_bytes(const struct act *a);
/* The canonical record, appended. Every field at most once. */
void act_encode(const struct act *a, struct buf *out);

#endif
