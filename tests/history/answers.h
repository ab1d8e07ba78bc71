/*
 * The answer file: every finding that follows from what was seeded into the history, one JSON
 * object a line, with the addresses of the records that it rests on, the offending one first.
 */
#ifndef KEIIN_TESTS_HISTORY_ANSWERS_H
#define KEIIN_TESTS_HISTORY_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_RECORDS_MAX 2

struct answer {
    const char *rule, *kind; /* literals */
    struct {
        bool known;
        uint64_t index, position;
    } records[ANSWER_RECORDS_MAX];
    int record_count;
};

struct answers {
    struct answer *list; /* owned */
    size_t count, room;
    bool sealed; /* no violation may happen: an answer is a fault of the generator */
};

/* A finding to come; returns its number, for act_answers. */
int answers_add(struct answers *a, const char *rule, const char *kind);
/* Record number `place` of it stands at this address. */
void answers_address(struct answers *a, int answer, int place, uint64_t index, uint64_t position);
/* Writes all of them; false when the file cannot be written, or a record never happened. */
bool answers_write(const struct answers *a, const char *path);
void answers_destroy(struct answers *a);

#endif
