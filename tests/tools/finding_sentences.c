/*
 * Reads what `keiin-verify rules --json` wrote and prints the sentence of each finding, made from
 * its parts: finding_sentences plain|en|ja|era <FILE. "plain" is as JSON has it, "ja" as a terminal
 * has it, "en" and "era" in the time of Japan. Exit status 1 when a finding makes none.
 */
#include <stdio.h>
#include <stdlib.h>

#include "verifier/rules/facts_json.h"

static const struct wording *wording_of(const char *name)
{
    static const struct wording all[] = {{LANGUAGE_EN, 9 * 60, false},
        {LANGUAGE_JA, ZONE_RFC3339, false}, {LANGUAGE_JA, 9 * 60, true}};
    static const char *const names[] = {"en", "ja", "era"};

    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return &all[i];
    return NULL;
}

/* 0, or 1 when the line is a finding that makes no sentence. */
static int tell(const char *line, const struct wording *w)
{
    json_t *json = json_loads(line, 0, NULL);
    struct buf sentence;
    int status = 0;

    buf_init(&sentence, 64 * 1024);
    if (json == NULL) {
        status = 1;
    } else if (json_object_get(json, "rule") != NULL) {
        status = facts_json_sentence(&sentence, json, w) == 0 ? 0 : 1;
        printf("%.*s\n", (int)sentence.n, (const char *)sentence.p);
    }
    buf_destroy(&sentence);
    json_decref(json);
    return status;
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t room = 0;
    int status = argc == 2 ? 0 : 64;

    while (status == 0 && getline(&line, &room, stdin) > 0)
        status = tell(line, wording_of(argv[1]));
    free(line);
    return status;
}
