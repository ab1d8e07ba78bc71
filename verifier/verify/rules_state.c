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
#define HEAD_BYTES (8 + HASH_BYTES)
#define NAME "rules-"

static char *path_of(const char *folder, uint64_t index)
{
    char *path = NULL;

    return asprintf(&path, "%s/" NAME "%" PRIu64, folder, index) < 0 ? NULL : path;
}

static void put_head(struct buf *out, uint64_t index, const struct hash *root)
{
    buf_put_be32(out, (uint32_t)(index >> 32));
    buf_put_be32(out, (uint32_t)index);
    buf_put_span(out, span_hash(root));
}

/* What stands behind the head, when that is of these entries. */
static int behind_head(
    struct span bytes, uint64_t index, const struct hash *root, struct span *out, struct why *why)
{
    struct buf head;
    int err;

    buf_init(&head, HEAD_BYTES);
    put_head(&head, index, root);
    err = buf_status(&head);
    if (err == 0 && (bytes.n < HEAD_BYTES || memcmp(bytes.p, head.p, HEAD_BYTES) != 0)) {
        why_set(why, "it was saved for other entries");
        err = KEIIN_EMISMATCH;
    }
    if (err == 0)
        *out = span_of(bytes.p + HEAD_BYTES, bytes.n - HEAD_BYTES);
    buf_destroy(&head);
    return err;
}

bool rules_state_load(const char *folder, uint64_t index, const struct hash *root,
    struct rules *rules, struct rules_report *report)
{
    struct span saved;
    char *path = path_of(folder, index);
    struct why why = {""};
    uint8_t *bytes = NULL;
    size_t n = 0;
    int err = path == NULL ? KEIIN_ENOMEM : file_read(path, STATE_BYTES_MAX, &bytes, &n, &why);

    if (err == 0)
        err = behind_head(span_of(bytes, n), index, root, &saved, &why);
    if (err == 0)
        err = rules_load(rules, saved, &why);
    if (err == 0)
        report->before = rules_counts(rules)->findings;
    else if (err != KEIIN_EABSENT)
        cli_error(message_text(MESSAGE_VERIFY_RULES_STATE), why.text);
    free(bytes);
    free(path);
    return err == 0;
}

int rules_state_save(const char *folder, uint64_t index, const struct hash *root,
    const struct rules *rules, struct why *why)
{
    char *path = path_of(folder, index);
    struct buf bytes;
    int err;

    buf_init(&bytes, STATE_BYTES_MAX);
    put_head(&bytes, index, root);
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
