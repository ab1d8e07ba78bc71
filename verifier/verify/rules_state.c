#include "verifier/verify/rules_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"

#define STATE_BYTES_MAX ((size_t)4 << 30)
#define NAME "rules-"

static char *path_of(const char *folder, uint64_t index)
{
    char *path = NULL;

    return asprintf(&path, "%s/" NAME "%" PRIu64, folder, index) < 0 ? NULL : path;
}

bool rules_state_load(
    const char *folder, uint64_t index, struct rules *rules, struct rules_report *report)
{
    char *path = path_of(folder, index);
    struct why why = {""};
    uint8_t *bytes = NULL;
    size_t n = 0;
    int err = path == NULL ? KEIIN_ENOMEM : file_read(path, STATE_BYTES_MAX, &bytes, &n, &why);

    if (err == 0)
        err = rules_load(rules, span_of(bytes, n), &why);
    if (err == 0)
        report->before = rules_counts(rules)->findings;
    else if (err != KEIIN_EABSENT)
        cli_error(message_text(MESSAGE_VERIFY_RULES_STATE), why.text);
    free(bytes);
    free(path);
    return err == 0;
}

int rules_state_save(const char *folder, uint64_t index, const struct rules *rules, struct why *why)
{
    char *path = path_of(folder, index);
    struct buf bytes;
    int err;

    buf_init(&bytes, STATE_BYTES_MAX);
    rules_save(rules, &bytes);
    err = path == NULL ? KEIIN_ENOMEM : buf_status(&bytes);
    if (err == 0)
        err = file_replace(path, 0600, buf_view(&bytes), why);
    buf_destroy(&bytes);
    free(path);
    return err;
}

struct tidying {
    const char *folder;
    uint64_t index;
};

static int tidy_one(void *ctx, const char *name)
{
    const struct tidying *t = ctx;
    struct why why = {""};
    uint64_t index;
    char *path;

    if (strncmp(name, NAME, strlen(NAME)) != 0 ||
        !decimal_parse(span_str(name + strlen(NAME)), UINT64_MAX, &index) || index == t->index)
        return 0;
    path = path_of(t->folder, index);
    if (path != NULL && file_unlink(path, &why) != 0)
        cli_error("%s", why.text);
    free(path);
    return 0;
}

void rules_state_tidy(const char *folder, uint64_t index)
{
    struct tidying t = {folder, index};
    char *path = path_of(folder, index);
    struct why why = {""};

    /* Without the new one the old ones still serve. */
    if (path != NULL && access(path, R_OK) == 0 && folder_list(folder, tidy_one, &t, &why) != 0)
        cli_error("%s", why.text);
    free(path);
}
