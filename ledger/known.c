#include "ledger/known.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/entry.h"
#include "core/proof.h"
#include "core/sha256.h"
#include "system/file.h"

#define PROOF_ENDING ".tlog-proof"
#define PROOF_TITLE "c2sp.org/tlog-proof@v1\n"

int known_init(struct known *known, const char *origin, const char *const *from, size_t from_count)
{
    memset(known, 0, sizeof *known);
    known->origin = span_str(origin);
    known->sources = calloc(from_count + 1, sizeof *known->sources);
    if (known->sources == NULL)
        return KEIIN_ENOMEM;
    known->source_count = from_count;
    for (size_t i = 0; i < from_count; i++)
        known->sources[i].where = from[i];
    return 0;
}

void known_destroy(struct known *known)
{
    for (size_t i = 0; i < known->source_count; i++)
        source_free(known->sources[i].source);
    for (size_t i = 0; i < known->checkpoint_count; i++) {
        free(known->checkpoints[i].note);
        free(known->checkpoints[i].where);
    }
    for (size_t i = 0; i < known->entry_count; i++)
        free(known->entries[i].bytes);
    free(known->keys);
    free(known->sources);
    free(known->checkpoints);
    free(known->entries);
    memset(known, 0, sizeof *known);
}

int known_add_key(struct known *known, const uint8_t key[static ED25519_KEY_BYTES])
{
    uint8_t(*more)[ED25519_KEY_BYTES];

    for (size_t i = 0; i < known->key_count; i++)
        if (memcmp(known->keys[i], key, ED25519_KEY_BYTES) == 0)
            return 0;
    more = realloc(known->keys, (known->key_count + 1) * sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    known->keys = more;
    memcpy(known->keys[known->key_count++], key, ED25519_KEY_BYTES);
    return 0;
}

/* Signed by the log, and by none of its keys wrongly. */
static bool signed_by_log(const struct known *known, const struct note *note)
{
    bool valid = false;

    for (size_t i = 0; i < known->key_count; i++) {
        struct note_vote vote;
        struct vkey key;

        vkey_make(&key, known->origin, KEY_ED25519, known->keys[i]);
        vote = note_judge(note, &key);
        if (vote.wrong)
            return false;
        valid = valid || vote.valid;
    }
    return valid;
}

static int keep(
    struct known *known, const struct checkpoint *checkpoint, struct span note, const char *where)
{
    struct known_checkpoint *more, *c;

    c = known->checkpoint_count == 0 ? NULL : &known->checkpoints[known->checkpoint_count - 1];
    if (c != NULL && c->size == checkpoint->size && hash_eq(&c->root, &checkpoint->root))
        return 0; /* the usual case of one that comes twice */
    more = array_room(
        known->checkpoints, known->checkpoint_count, &known->checkpoint_cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    known->checkpoints = more;
    assert(known->checkpoints != NULL);
    c = &known->checkpoints[known->checkpoint_count];
    *c = (struct known_checkpoint){
        checkpoint->size, checkpoint->root, malloc(note.n), note.n, strdup(where)};
    if (c->note == NULL || c->where == NULL) {
        free(c->note);
        free(c->where);
        return KEIIN_ENOMEM;
    }
    memcpy(c->note, note.p, note.n);
    known->checkpoint_count++;
    return 0;
}

int known_add(struct known *known, struct span bytes, const char *where,
    struct checkpoint *checkpoint, struct why *why)
{
    struct note *note = malloc(sizeof *note);
    int err = note == NULL ? KEIIN_ENOMEM : note_parse(bytes, note, why);

    if (err == 0)
        err = checkpoint_parse(note->text, checkpoint, why);
    if (err == 0 && !span_eq(checkpoint->origin, known->origin)) {
        why_set(why, "its checkpoint is of another ledger");
        err = KEIIN_EMISMATCH;
    }
    if (err == 0 && !signed_by_log(known, note)) {
        why_set(why, "its checkpoint is not signed by this log");
        err = KEIIN_ESIGNATURE;
    }
    if (err == 0)
        err = keep(known, checkpoint, bytes, where);
    free(note);
    return err;
}

/* The same, and the source is known to have it. */
static int add_of(struct known *known, struct known_source *s, struct span note, const char *where)
{
    struct checkpoint checkpoint;
    int err = known_add(known, note, where, &checkpoint, &s->why);

    if (err == 0 && checkpoint.size > s->size) {
        s->size = checkpoint.size;
        s->root = checkpoint.root;
    }
    return err;
}

static int keep_entry(struct known *known, uint64_t index, struct span entry)
{
    struct known_entry *more, *e;

    more = array_room(known->entries, known->entry_count, &known->entry_cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    known->entries = more;
    e = &known->entries[known->entry_count];
    *e = (struct known_entry){index, malloc(entry.n), entry.n};
    if (e->bytes == NULL)
        return KEIIN_ENOMEM;
    memcpy(e->bytes, entry.p, entry.n);
    known->entry_count++;
    return 0;
}

/* A receipt or proof: its checkpoint, and the entry in it. */
static int take_proof(struct known *known, struct known_source *s, const char *path,
    struct span bytes, uint64_t own_size)
{
    struct proof_extra extra = {0};
    struct checkpoint checkpoint;
    struct proof proof = {0};
    struct note *note = malloc(sizeof *note);
    struct hash leaf;
    int err = note == NULL ? KEIIN_ENOMEM : proof_parse(bytes, &proof, &s->why);

    if (err != 0) {
        free(note);
        return err;
    }
    err = add_of(known, s, proof.checkpoint, path);
    if (err == 0 && (!proof.has_extra ||
                        proof_extra_parse(span_of(proof.extra, proof.extra_bytes), &extra) != 0 ||
                        note_parse(proof.checkpoint, note, NULL) != 0 ||
                        checkpoint_parse(note->text, &checkpoint, NULL) != 0)) {
        why_set(&s->why, "it holds no entry");
        err = KEIIN_EMALFORMED;
    }
    if (err != 0)
        goto out;
    sha256_leaf(&leaf, extra.entry);
    if (!tree_check_inclusion(proof.index, checkpoint.size, &leaf, proof.hashes, proof.hash_count,
            &checkpoint.root)) {
        why_set(&s->why, "its proof does not lead to its checkpoint's root");
        err = KEIIN_EMISMATCH;
    } else {
        s->receipt_count++;
        if (proof.index >= own_size)
            err = keep_entry(known, proof.index, extra.entry);
    }
out:
    proof_destroy(&proof);
    free(note);
    return err;
}

static int take_file(
    struct known *known, struct known_source *s, const char *path, uint64_t own_size)
{
    struct span title = span_str(PROOF_TITLE), bytes;
    uint8_t *read = NULL;
    size_t n = 0;
    int err = file_read(path, PROOF_BYTES_MAX, &read, &n, &s->why);

    if (err != 0)
        return err;
    bytes = span_of(read, n);
    if (n >= title.n && memcmp(read, title.p, title.n) == 0) {
        err = take_proof(known, s, path, bytes, own_size);
    } else {
        err = add_of(known, s, bytes, path);
    }
    if (err != 0 && err != KEIIN_ENOMEM && strcmp(path, s->where) != 0)
        why_prefix(&s->why, "%.200s", path);
    free(read);
    return err;
}

static bool is_receipt(const char *name)
{
    size_t n = strlen(name);

    return n > strlen(PROOF_ENDING) && strcmp(name + n - strlen(PROOF_ENDING), PROOF_ENDING) == 0;
}

/* A client folder, or its folder of receipts. */
static int take_receipts(struct known *known, struct known_source *s, uint64_t own_size)
{
    char *folder = path_join(s->where, "receipts"), *path;
    struct dirent *item;
    DIR *dir = NULL;
    bool of_client;
    int err = 0;

    if (folder == NULL)
        return KEIIN_ENOMEM;
    dir = opendir(folder);
    of_client = dir != NULL;
    if (dir == NULL) {
        free(folder);
        folder = strdup(s->where);
        dir = folder == NULL ? NULL : opendir(folder);
    }
    if (dir == NULL) {
        why_set(&s->why, "%s", strerror(errno));
        err = KEIIN_EUNREADABLE;
    }
    while (err == 0 && (errno = 0, item = readdir(dir)) != NULL) {
        if (!is_receipt(item->d_name))
            continue;
        path = path_join(folder, item->d_name);
        err = path == NULL ? KEIIN_ENOMEM : take_file(known, s, path, own_size);
        free(path);
    }
    if (err == 0 && errno != 0) {
        why_set(&s->why, "%s", strerror(errno));
        err = KEIIN_EUNREADABLE;
    }
    /* A client that was never answered has none; another folder is the wrong one. */
    if (err == 0 && s->receipt_count == 0 && !of_client) {
        why_set(&s->why, "there is neither a checkpoint nor a receipt in it");
        err = KEIIN_EABSENT;
    }
    if (dir != NULL)
        closedir(dir);
    free(folder);
    return err;
}

/* One path of a mirror; not there is no error. */
static int take_published(struct known *known, struct known_source *s, const char *path)
{
    struct buf note;
    bool longer = false;
    int err;

    buf_init(&note, CHECKPOINT_BYTES_MAX);
    err = source_get(s->source, path, CHECKPOINT_BYTES_MAX, &note, &longer, &s->why);
    if (err == 0)
        err = add_of(known, s, buf_view(&note), s->where);
    buf_destroy(&note);
    return err == KEIIN_EABSENT ? 0 : err;
}

static int take_mirror(struct known *known, struct known_source *s)
{
    int err = source_open(s->where, 0, &s->source, &s->why);

    if (err == 0)
        err = take_published(known, s, "checkpoint");
    if (err == 0)
        err = take_published(known, s, "latest-checkpoint");
    if (err == 0 && s->size == 0) {
        why_set(&s->why, "there is no checkpoint");
        err = KEIIN_EABSENT;
    }
    return err;
}

static bool has_file(const char *folder, const char *name)
{
    char *path = path_join(folder, name);
    struct stat st;
    bool there = path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode);

    free(path);
    return there;
}

static enum known_kind kind_of(const char *where)
{
    struct stat st;

    if (strncmp(where, "http://", 7) == 0 || strncmp(where, "https://", 8) == 0)
        return KNOWN_MIRROR;
    if (stat(where, &st) == 0 && !S_ISDIR(st.st_mode))
        return KNOWN_CHECKPOINT;
    if (has_file(where, "checkpoint") || has_file(where, "latest-checkpoint"))
        return KNOWN_MIRROR;
    return KNOWN_RECEIPTS;
}

int known_ask(struct known *known, uint64_t own_size)
{
    int err = 0;

    for (size_t i = 0; i < known->source_count && err != KEIIN_ENOMEM; i++) {
        struct known_source *s = &known->sources[i];

        s->kind = kind_of(s->where);
        err = s->kind == KNOWN_MIRROR     ? take_mirror(known, s)
              : s->kind == KNOWN_RECEIPTS ? take_receipts(known, s, own_size)
                                          : take_file(known, s, s->where, own_size);
        s->answered = err == 0;
        if (err != 0 && s->why.text[0] == 0)
            why_set(&s->why, "%s", keiin_err_text(err));
    }
    return err == KEIIN_ENOMEM ? err : 0;
}

static int by_size(const void *a, const void *b)
{
    const struct known_checkpoint *x = a, *y = b;

    return x->size < y->size ? -1 : x->size > y->size;
}

static int by_index(const void *a, const void *b)
{
    const struct known_entry *x = a, *y = b;

    return x->index < y->index ? -1 : x->index > y->index;
}

void known_sort(struct known *known)
{
    if (known->checkpoint_count > 0)
        qsort(known->checkpoints, known->checkpoint_count, sizeof *known->checkpoints, by_size);
    if (known->entry_count > 0)
        qsort(known->entries, known->entry_count, sizeof *known->entries, by_index);
}
