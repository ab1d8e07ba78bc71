/* libkeiin: every stored receipt verified again, offline, and the chain that they make. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/answer.h"
#include "client/client_internal.h"
#include "core/chain.h"
#include "core/proof.h"
#include "core/sha256.h"
#include "core/text.h"
#include "system/file.h"

/* What is known while the receipts are walked in order of their places. */
struct walk {
    struct keiin *keiin;
    keiin_finding_fn *finding;
    void *context;
    struct keiin_receipts *out;
    uint64_t number; /* of the last record covered so far */
    struct hash head;
    uint64_t received;
    bool lost; /* a receipt is missing or does not verify: the next is not held against `head` */
};

static void found(struct walk *walk, const char *format, ...) KEIIN_PRINTF(2, 3);

static void found(struct walk *walk, const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    walk->out->finding_count++;
    if (walk->finding != NULL)
        walk->finding(walk->context, line);
}

/* The key of an entry, among all rosters known and the writer's own name; NULL when not. */
static const struct vkey *writer_key(const struct keiin *keiin, const struct hash *key)
{
    for (size_t i = keiin->rosters.count; i-- > 0;) {
        const struct roster_writer *writer = roster_writer_by_key(keiin->rosters.list[i], key);

        if (writer != NULL && span_is(writer->key.name, keiin->folder.config.writer))
            return &writer->key;
    }
    return NULL;
}

/* The writer's own part: number, head and signature. */
static int check_chain(struct walk *walk, const struct entry *entry, struct why *why)
{
    const struct client_config *config = &walk->keiin->folder.config;
    const struct vkey *key = writer_key(walk->keiin, &entry->key);
    struct hash digests[ENTRY_DIGESTS_MAX], head;
    struct chain_text text;

    if (key == NULL) {
        why_set(
            why, "is signed by a key that no roster known here lists for %.200s", config->writer);
        return KEIIN_EMISMATCH;
    }
    entry_digests(entry, digests);
    chain_extend(&head, &entry->before, digests, entry->digest_count);
    chain_text(
        &text, &config->ledger_id, span_str(config->writer), entry_last_number(entry), &head);
    if (!ed25519_verify(key->key, span_of(text.bytes, text.n), entry->signature)) {
        why_set(why, "the writer's signature in it is wrong");
        return KEIIN_ESIGNATURE;
    }
    if (!walk->lost && entry->number == walk->number + 1 && !hash_eq(&entry->before, &walk->head)) {
        why_set(why, "does not go on where the receipt before it ended");
        return KEIIN_EMISMATCH;
    }
    if (entry->received < walk->received) {
        why_set(why, "was received before the one at the place before it");
        return KEIIN_EMISMATCH;
    }
    walk->head = head;
    walk->received = entry->received;
    return 0;
}

/* One receipt's bytes, and that they stand at `index`. */
static int check_receipt(struct walk *walk, uint64_t index, struct span bytes, struct entry *entry,
    uint8_t **extra_bytes, struct why *why)
{
    struct checkpoint_facts checkpoint;
    struct proof_extra extra;
    struct proof proof;
    struct hash leaf;
    int err = proof_parse(bytes, &proof, why);

    if (err != 0)
        return err;
    *extra_bytes = proof.extra;
    proof.extra = NULL;
    if (!proof.has_extra ||
        proof_extra_parse(span_of(*extra_bytes, proof.extra_bytes), &extra) != 0 ||
        entry_parse(extra.entry, entry) != 0 || entry->kind != ENTRY_RECORDS) {
        why_set(why, "holds no entry of records");
        return KEIIN_EMALFORMED;
    }
    if (proof.index != index) {
        why_set(why, "is that of entry %" PRIu64, proof.index);
        return KEIIN_EMISMATCH;
    }
    err = checkpoint_check(proof.checkpoint, &walk->keiin->rosters, 0, &checkpoint, why);
    if (err != 0)
        return err;
    sha256_leaf(&leaf, extra.entry);
    if (index >= checkpoint.size || !tree_check_inclusion(index, checkpoint.size, &leaf,
                                        proof.hashes, proof.hash_count, &checkpoint.root)) {
        why_set(why, "its proof does not lead to its checkpoint's root");
        return KEIIN_EMISMATCH;
    }
    err = check_chain(walk, entry, why);
    if (err == 0 && !checkpoint.quorum)
        walk->out->provisional_count++;
    return err;
}

static int walk_one(struct walk *walk, uint64_t index, struct why *failed)
{
    char *path = folder_receipt_path(walk->keiin->folder.path, index);
    uint8_t *bytes = NULL, *extra = NULL;
    struct why why = {""};
    struct entry entry;
    size_t n;
    const struct keiin_disk *disk = walk->keiin->disk;
    int err = path == NULL ? KEIIN_ENOMEM
                           : disk->read(disk->ctx, path, PROOF_BYTES_MAX, &bytes, &n, &why);

    if (err == 0)
        err = check_receipt(walk, index, span_of(bytes, n), &entry, &extra, &why);
    if (err == KEIIN_ENOMEM || err == KEIIN_EUNREADABLE) {
        /* Nothing is found out about this one, and so nothing about the whole. */
        *failed = why;
        goto out;
    }
    if (err != 0) {
        found(walk, "receipt %" PRIu64 ": %s", index,
            why.text[0] != 0 ? why.text : keiin_err_text(err));
        walk->lost = true;
    } else {
        if (entry.number > walk->number + 1 && !walk->lost)
            found(walk, "no receipt covers records %" PRIu64 " to %" PRIu64, walk->number + 1,
                entry.number - 1);
        walk->number = entry_last_number(&entry);
        walk->lost = false;
        walk->out->receipt_count++;
        walk->out->record_count += entry.digest_count;
    }
    err = 0;
out:
    free(extra);
    free(bytes);
    free(path);
    return err;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* The places of all receipts. */
struct places {
    struct walk *walk;
    uint64_t *list;
    size_t count, cap;
};

/* Other files in the folder are findings. */
static int see_receipt(void *ctx, const char *name)
{
    static const char ending[] = ".tlog-proof";
    struct places *places = ctx;
    size_t n = strlen(name);
    uint64_t *list;

    list = array_room(places->list, places->count, &places->cap, sizeof *list);
    if (list == NULL)
        return KEIIN_ENOMEM;
    places->list = list;
    if (n > sizeof ending - 1 && strcmp(name + n - (sizeof ending - 1), ending) == 0 &&
        decimal_parse(span_of(name, n - (sizeof ending - 1)), UINT_MAX_CANONICAL,
            &places->list[places->count]))
        places->count++;
    else if (name[0] != '.' && strstr(name, ".new") == NULL)
        found(places->walk, "receipts: %.200s is no receipt", name);
    return 0;
}

/* Fills `places`, in order. */
static int list_receipts(struct places *places, struct why *why)
{
    const struct keiin *keiin = places->walk->keiin;
    char *path = path_join(keiin->folder.path, "receipts");
    int err = path == NULL ? KEIIN_ENOMEM
                           : keiin->disk->list(keiin->disk->ctx, path, see_receipt, places, why);

    free(path);
    if (places->count > 0)
        qsort(places->list, places->count, sizeof *places->list, by_value);
    return err == KEIIN_EABSENT ? KEIIN_EUNREADABLE : err;
}

int keiin_receipts_check(struct keiin *keiin, keiin_finding_fn *finding, void *context,
    struct keiin_receipts *out, struct keiin_why *told)
{
    const struct client_state *state = &keiin->folder.state;
    struct walk walk = {.keiin = keiin, .finding = finding, .context = context, .out = out};
    struct places places = {.walk = &walk};
    struct why why = {""};
    int err;

    *out = (struct keiin_receipts){0};
    chain_start(&walk.head, &keiin->folder.config.ledger_id, span_str(keiin->folder.config.writer));
    err = list_receipts(&places, &why);
    for (size_t i = 0; err == 0 && i < places.count; i++)
        err = walk_one(&walk, places.list[i], &why);
    /* A receipt may be one submission ahead: written, and then the process was interrupted. */
    if (err == 0 && walk.number < state->number)
        found(&walk, "no receipt covers records %" PRIu64 " to %" PRIu64, walk.number + 1,
            state->number);
    else if (err == 0 && walk.number == state->number && !walk.lost &&
             !hash_eq(&walk.head, &state->head))
        found(&walk, "the receipts end in another head than the state's");
    else if (err == 0 && walk.number > state->number && keiin->folder.pending.bytes == NULL)
        found(&walk,
            "there are receipts up to record %" PRIu64 " and the state is at %" PRIu64
            ": the folder was restored from a copy; take a new writer name",
            walk.number, state->number);
    free(places.list);
    return client_tell(err, &why, told);
}
