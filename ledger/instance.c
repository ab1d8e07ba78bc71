#include "ledger/instance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/file.h"

#define TITLE "keiin/instance/v1\n"
#define TOKEN_HEX_BYTES (2 * INSTANCE_TOKEN_BYTES + 1)
#define FILE_BYTES_MAX (CHECKPOINT_BYTES_MAX + 256)
#define MARK_KEY "restored"
#define TOKEN_KEY "instance"
#define MARK_BYTES 16
#define WAY_ON                                                                                     \
    "start it with keiin-ledger run --after-restore and a --from for every mirror, witness and "   \
    "writer (operator's handbook, \"Restore\")"

/* Size and root of a checkpoint's note; who signed it is not looked at. */
static int look_at(struct span bytes, uint64_t *size, struct hash *root)
{
    struct note *note = malloc(sizeof *note);
    struct checkpoint checkpoint;
    int err = note == NULL ? KEIIN_ENOMEM : note_parse(bytes, note, NULL);

    if (err == 0)
        err = checkpoint_parse(note->text, &checkpoint, NULL);
    if (err == 0) {
        *size = checkpoint.size;
        *root = checkpoint.root;
    }
    free(note);
    return err;
}

static int keep_copy(struct instance *in, struct span note)
{
    uint8_t *copy = malloc(note.n);

    if (copy == NULL)
        return KEIIN_ENOMEM;
    memcpy(copy, note.p, note.n);
    free(in->checkpoint);
    in->checkpoint = copy;
    in->checkpoint_bytes = note.n;
    return 0;
}

static int parse(struct span bytes, struct instance *out)
{
    struct cursor c = cursor_of(bytes);
    struct span rest;
    int err;

    if (!cursor_skip(&c, TITLE "token ") ||
        !hex_decode(out->token, INSTANCE_TOKEN_BYTES, cursor_line(&c)) ||
        !cursor_skip(&c, "next ") ||
        !hex_decode(out->next, INSTANCE_TOKEN_BYTES, cursor_line(&c)) || !cursor_skip(&c, "\n"))
        return KEIIN_EDAMAGED;
    rest = cursor_take(&c, cursor_left(&c));
    err = look_at(rest, &out->size, &out->root);
    if (err == 0)
        err = keep_copy(out, rest);
    return err == KEIIN_EMALFORMED ? KEIIN_EDAMAGED : err;
}

int instance_read(const struct config *config, struct instance *out, struct why *why)
{
    uint8_t *bytes = NULL;
    size_t n = strlen(config->data), length = 0;
    int err;

    memset(out, 0, sizeof *out);
    while (n > 1 && config->data[n - 1] == '/')
        n--;
    if (config->instance[0] != 0)
        out->path = strdup(config->instance);
    else if (asprintf(&out->path, "%.*s.instance", (int)n, config->data) < 0)
        out->path = NULL;
    if (out->path == NULL)
        return KEIIN_ENOMEM;
    err = file_read(out->path, FILE_BYTES_MAX, &bytes, &length, why);
    if (err == KEIIN_EABSENT)
        return 0;
    if (err == 0) {
        out->there = true;
        err = parse(span_of(bytes, length), out);
        if (err == KEIIN_EDAMAGED)
            why_set(why,
                "%s: not an instance file, or damaged: nothing tells whether the data folder is an "
                "older copy; put the file away, and " WAY_ON,
                out->path);
    }
    free(bytes);
    return err;
}

void instance_destroy(struct instance *in)
{
    free(in->path);
    free(in->checkpoint);
    memset(in, 0, sizeof *in);
}

/* Whether the tree of the store has the file's checkpoint in it. */
static int check_history(const struct instance *in, const struct store_txn *txn, struct why *why)
{
    struct log_nodes nodes;
    struct hash root;
    uint64_t size;
    int err = log_size(txn, &size);

    if (err != 0)
        return err;
    if (size < in->size) {
        why_set(why,
            "the data folder has %" PRIu64 " entries, and this ledger has signed %" PRIu64
            " of them (%s): the folder is an older copy; " WAY_ON,
            size, in->size, in->path);
        return KEIIN_EREFUSED;
    }
    log_nodes_init(&nodes, txn, size);
    err = tree_root(in->size, tile_node, &nodes.nodes, &root);
    if (err == 0 && !hash_eq(&root, &in->root)) {
        why_set(why,
            "the data folder holds another history than the one that this ledger has signed (%s): "
            "it is the copy of a server that ran somewhere else; do not use it, and keep both",
            in->path);
        err = KEIIN_EREFUSED;
    }
    return err;
}

/* The store's token; before its first start, zeros. */
static int get_token(const struct store_txn *txn, uint8_t token[static INSTANCE_TOKEN_BYTES])
{
    int err = store_get(txn, TABLE_STATE, span_str(TOKEN_KEY), token, INSTANCE_TOKEN_BYTES);

    if (err == KEIIN_EABSENT)
        memset(token, 0, INSTANCE_TOKEN_BYTES);
    return err == KEIIN_EABSENT ? 0 : err;
}

static int check_token(const struct instance *in, const struct store_txn *txn, struct why *why)
{
    static const uint8_t none[INSTANCE_TOKEN_BYTES];
    uint8_t token[INSTANCE_TOKEN_BYTES];
    int err = get_token(txn, token);

    if (err != 0)
        return err;
    if (!in->there && memcmp(token, none, sizeof none) == 0)
        return 0; /* its first start */
    if (in->there &&
        (memcmp(token, in->token, sizeof token) == 0 || memcmp(token, in->next, sizeof token) == 0))
        return 0;
    if (in->there)
        why_set(why,
            "the data folder is not the one that was in use last (%s): it is an older "
            "copy; " WAY_ON,
            in->path);
    else
        why_set(why,
            "the data folder was in use, and its instance file %s is not there: the folder is a "
            "copy, or was moved without that file; if the old server is gone for good and this is "
            "its own folder, move the file along, else " WAY_ON,
            in->path);
    return KEIIN_EREFUSED;
}

int instance_check(const struct instance *in, const struct store *store, struct why *why)
{
    struct restored_mark mark;
    char made[TIME_TEXT_BYTES];
    struct store_txn txn;
    int err = store_begin(store, false, &txn);

    if (err != 0)
        return err;
    err = restored_mark_get(&txn, &mark);
    if (err == 0) {
        time_text(made, mark.made_ms);
        why_set(why,
            "the data folder is a restored copy (%s%s%" PRIu64
            " entries): others may know a newer state of this ledger; " WAY_ON,
            mark.made_ms == 0 ? "" : made, mark.made_ms == 0 ? "" : ", ", mark.size);
        err = KEIIN_EREFUSED;
    } else if (err == KEIIN_EABSENT) {
        err = check_token(in, &txn, why);
        if (err == 0 && in->there)
            err = check_history(in, &txn, why);
    }
    store_abort(&txn);
    return err;
}

static int write_file(const struct instance *in, struct why *why)
{
    char token[TOKEN_HEX_BYTES], next[TOKEN_HEX_BYTES];
    struct buf text;
    int err;

    hex_encode(token, span_of(in->token, INSTANCE_TOKEN_BYTES));
    hex_encode(next, span_of(in->next, INSTANCE_TOKEN_BYTES));
    buf_init(&text, FILE_BYTES_MAX);
    buf_printf(&text, TITLE "token %s\nnext %s\n\n", token, next);
    buf_put(&text, in->checkpoint, in->checkpoint_bytes);
    err = buf_status(&text);
    if (err == 0)
        err = file_replace(in->path, 0600, buf_view(&text), why);
    buf_destroy(&text);
    return err;
}

static int put_token(const struct store *store, const uint8_t *token)
{
    struct store_txn txn;
    int err = store_begin(store, true, &txn);

    if (err == 0)
        err = store_put(
            &txn, TABLE_STATE, span_str(TOKEN_KEY), span_of(token, INSTANCE_TOKEN_BYTES), 0);
    if (err == 0)
        err = store_room(&txn, UINT64_C(64) << 10);
    if (err == 0)
        err = store_commit(&txn);
    else
        store_abort(&txn);
    return err;
}

/* The newer of two checkpoints stays. */
static int take_newer(struct instance *in, struct span note, bool *newer)
{
    struct hash root;
    uint64_t size;
    int err = look_at(note, &size, &root);

    *newer = err == 0 && (!in->there || size > in->size);
    if (!*newer)
        return err;
    err = keep_copy(in, note);
    if (err == 0) {
        in->size = size;
        in->root = root;
    }
    return err;
}

int instance_begin(struct instance *in, const struct store *store,
    const struct keiin_random *random, struct span checkpoint, struct why *why)
{
    struct store_txn txn;
    bool newer;
    int err = take_newer(in, checkpoint, &newer);

    if (err == 0)
        err = store_begin(store, false, &txn);
    if (err != 0)
        return err;
    err = get_token(&txn, in->token);
    store_abort(&txn);
    random->fill(random->ctx, in->next, INSTANCE_TOKEN_BYTES);
    if (err == 0)
        err = write_file(in, why);
    in->there = err == 0;
    if (err == 0)
        err = put_token(store, in->next);
    if (err == 0) {
        memcpy(in->token, in->next, INSTANCE_TOKEN_BYTES);
        err = write_file(in, why);
    }
    return err;
}

int instance_keep(struct instance *in, struct span checkpoint, struct why *why)
{
    bool newer;
    int err = take_newer(in, checkpoint, &newer);

    return err == 0 && newer ? write_file(in, why) : err;
}

int restored_mark_get(const struct store_txn *txn, struct restored_mark *out)
{
    uint8_t row[MARK_BYTES];
    int err = store_get(txn, TABLE_STATE, span_str(MARK_KEY), row, sizeof row);

    if (err == 0) {
        out->made_ms = be64_get(row);
        out->size = be64_get(row + 8);
    }
    return err;
}

int restored_mark_put(const struct store_txn *txn, const struct restored_mark *mark)
{
    uint8_t row[MARK_BYTES];

    be64_put(row, mark->made_ms);
    be64_put(row + 8, mark->size);
    return store_put(txn, TABLE_STATE, span_str(MARK_KEY), span_of(row, sizeof row), 0);
}

int restored_mark_remove(const struct store_txn *txn)
{
    return store_remove(txn, TABLE_STATE, span_str(MARK_KEY));
}
