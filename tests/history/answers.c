#include "tests/history/answers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/history/die.h"

int answers_add(struct answers *a, const char *rule, const char *kind)
{
    if (a->sealed)
        fprintf(stderr, "history: %s (%s)\n", rule, kind);
    must(!a->sealed, "a lawful history breaks a rule: this is a fault of the generator");
    if (a->count == a->room) {
        a->room = a->room == 0 ? 64 : 2 * a->room;
        a->list = realloc(a->list, a->room * sizeof *a->list);
        must(a->list != NULL, "no memory");
    }
    a->list[a->count] = (struct answer){.rule = rule, .kind = kind};
    return (int)a->count++;
}

void answers_address(struct answers *a, int answer, int place, uint64_t index, uint64_t position)
{
    struct answer *to = &a->list[answer];

    must(place < ANSWER_RECORDS_MAX && !to->records[place].known, "an answer's records");
    to->records[place].known = true;
    to->records[place].index = index;
    to->records[place].position = position;
    if (place >= to->record_count)
        to->record_count = place + 1;
}

bool answers_write(const struct answers *a, const char *path)
{
    FILE *f = fopen(path, "w");
    bool good = f != NULL;

    for (size_t i = 0; good && i < a->count; i++) {
        const struct answer *answer = &a->list[i];

        if (answer->record_count == 0)
            good = false;
        fprintf(f, "{\"rule\":\"%s\",\"kind\":\"%s\",\"records\":[", answer->rule, answer->kind);
        for (int k = 0; k < answer->record_count; k++) {
            if (!answer->records[k].known)
                good = false;
            fprintf(f, "%s\"%" PRIu64 ".%" PRIu64 "\"", k == 0 ? "" : ",", answer->records[k].index,
                answer->records[k].position);
        }
        fprintf(f, "]}\n");
    }
    if (f != NULL && fclose(f) != 0)
        good = false;
    return good;
}

void answers_destroy(struct answers *a)
{
    free(a->list);
    *a = (struct answers){0};
}
