/*
 * `keiin-ledger check`: holds a stopped ledger's store against itself, from the first entry
 * to the last. What outsiders can check is keiin-verify's task; this is the operator's
 * own look at what only the store has too: heads, links, records, evidence.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/checkpoint.h"
#include "core/proof.h"
#include "core/sha256.h"
#include "ledger/recheck.h"
#include "ledger/recover.h"
#include "ledger/rosters.h"
#include "ledger/setup.h"
#include "store/probe.h"
#include "system/cli.h"
#include "system/messages.h"

#define FINDINGS_SHOWN 100

struct checking {
    struct setup *setup;
    struct store store;
    struct store_txn txn;
    struct state state;
    struct recheck recheck;
    struct book *book; /* as the entries make it, one roster after the other */
    struct roster *roster; /* in force at the entry that is checked */
    struct heads heads;
    struct frontier frontier;
    uint64_t findings;
    uint64_t records;
};

static void finding(struct checking *c, enum message id, ...)
{
    char line[1024];
    va_list args;

    if (++c->findings > FINDINGS_SHOWN)
        return;
    va_start(args, id);
    vsnprintf(line, sizeof line, message_text(id), args);
    va_end(args);
    cli_put_visible(stdout, span_str(line));
    putchar('\n');
}

/* The roster of a kind 2 entry takes force, held against the one before. */
static int take_roster(struct checking *c, uint64_t index)
{
    uint64_t serial = c->roster->serial + 1;
    struct roster *roster = NULL;
    struct book *book = NULL;
    struct hash digest;
    struct why why = {""};
    struct buf note;
    int err;

    buf_init(&note, ROSTER_BYTES_MAX);
    err = rosters_get(&c->txn, serial, &note);
    if (err == 0)
        err = roster_from_note(buf_view(&note), c->roster, &roster, &why);
    entry_digest(&c->recheck.entry, 0, &digest);
    if (err == 0 && !hash_eq(&digest, &roster->text_hash))
        err = KEIIN_EMISMATCH;
    if (recheck_cannot_tell(err))
        goto out;
    if (err != 0) {
        finding(c, MESSAGE_LEDGER_CHECK_ROSTER, index, serial,
            why.text[0] != 0 ? why.text : keiin_err_text(err));
        err = 0;
        goto out;
    }
    err = book_next(c->book, roster, &c->state.ledger_id, &book);
    if (err == 0)
        err = heads_grow(&c->heads, book);
    if (err != 0)
        goto out;
    book_release(c->book);
    c->book = book;
    c->recheck.book = book;
    book = NULL;
    roster_free(c->roster);
    c->roster = roster;
    roster = NULL;
out:
    book_release(book);
    roster_free(roster);
    buf_destroy(&note);
    return err;
}

/* The proof of a roster by its own checkpoint. */
static int check_roster_proof(struct checking *c, uint64_t serial, uint64_t index)
{
    struct proof proof = {0};
    struct proof_extra extra = {0};
    struct note *note = malloc(sizeof *note);
    struct checkpoint checkpoint;
    struct buf bytes;
    bool good = false;
    int err = note == NULL ? KEIIN_ENOMEM : 0;

    buf_init(&bytes, PROOF_BYTES_MAX);
    if (err == 0)
        err = rosters_get_proof(&c->txn, serial, &bytes);
    if (err == 0)
        err = proof_parse(buf_view(&bytes), &proof, NULL);
    if (err == 0) {
        good = proof.index == index && proof.has_extra &&
               proof_extra_parse(span_of(proof.extra, proof.extra_bytes), &extra) == 0 &&
               !extra.has_record && span_eq(extra.entry, buf_view(&c->recheck.bytes)) &&
               note_parse(proof.checkpoint, note, NULL) == 0 &&
               checkpoint_parse(note->text, &checkpoint, NULL) == 0 &&
               tree_check_inclusion(index, checkpoint.size, &c->recheck.leaf, proof.hashes,
                   proof.hash_count, &checkpoint.root);
        proof_destroy(&proof);
    }
    if (!good && !recheck_cannot_tell(err))
        finding(c, MESSAGE_LEDGER_CHECK_PROOF, index, serial);
    buf_destroy(&bytes);
    free(note);
    return recheck_cannot_tell(err) ? err : 0;
}

/* Listed, in turn, behind the writer's head: by the roster in force. */
static void check_place(struct checking *c, uint64_t index)
{
    const struct entry *entry = &c->recheck.entry;
    const struct book_key *key = c->recheck.key;
    struct head *head = &c->heads.of[key->writer];

    if (!key->listed)
        finding(c, MESSAGE_LEDGER_CHECK_KEY, index);
    if (entry->kind == ENTRY_ROSTER && key->role != ROLE_OPERATOR && key->role != ROLE_COMMITTEE)
        finding(c, MESSAGE_LEDGER_CHECK_ROLE, index, messages_role(key->role));
    if (entry->number != head->number + 1)
        finding(c, MESSAGE_LEDGER_CHECK_NUMBER, index, entry->number, head->number + 1);
    if (!hash_eq(&entry->before, &head->hash))
        finding(c, MESSAGE_LEDGER_CHECK_HEAD, index);
    head->number = entry_last_number(entry);
    head->hash = c->recheck.after;
    head->index = index;
    if (entry->kind == ENTRY_RECORDS)
        c->records += entry->digest_count;
}

/* Every hash of a tile level above 0 that the entry completes. */
static int check_tiles(struct checking *c, uint64_t index)
{
    struct hash stored, node, below[TILE_WIDTH];
    int err;

    for (unsigned level = 1; level < TILE_LEVELS_MAX; level++) {
        uint64_t count = (index + 1) >> (8 * level);

        if (count == 0 || count << (8 * level) != index + 1)
            return 0;
        err = log_hashes(&c->txn, level - 1, (count - 1) * TILE_WIDTH, TILE_WIDTH, below);
        if (recheck_cannot_tell(err))
            return err;
        if (err != 0) {
            finding(c, MESSAGE_LEDGER_CHECK_TILE, count - 1, level - 1);
            return 0;
        }
        tree_fold(&node, below, TILE_WIDTH);
        err = log_hashes(&c->txn, level, count - 1, 1, &stored);
        if (recheck_cannot_tell(err))
            return err;
        if (err != 0 || !hash_eq(&stored, &node))
            finding(c, MESSAGE_LEDGER_CHECK_HASH, count - 1, level);
    }
    return 0;
}

static int check_entries(struct checking *c, uint64_t size)
{
    struct progress progress;
    struct why why;
    int err = 0;

    progress_start(&progress, message_text(MESSAGE_LEDGER_CHECK_ENTRIES));
    for (uint64_t index = 0; index < size && err == 0; index++) {
        uint64_t serial = c->roster->serial;

        err = recheck_entry(&c->recheck, &why);
        if (err == KEIIN_EDAMAGED) {
            finding(c, MESSAGE_LEDGER_CHECK_DETAIL, why.text);
            err = 0;
        }
        frontier_append(&c->frontier, &c->recheck.leaf);
        if (err == 0)
            err = check_tiles(c, index);
        if (err == 0 && c->recheck.key != NULL) {
            check_place(c, index);
            /* Entry 0 brings the roster that it is judged by. */
            if (c->recheck.entry.kind == ENTRY_ROSTER && index > 0)
                err = take_roster(c, index);
            if (err == 0 && c->roster->serial != serial)
                err = check_roster_proof(c, c->roster->serial, index);
        }
        progress_update(&progress, index + 1, size);
    }
    progress_end(&progress);
    return err;
}

static int check_end(struct checking *c)
{
    struct hash root, signed_root;

    frontier_root(&c->frontier, &root);
    frontier_root(&c->state.edge.frontier, &signed_root);
    if (!hash_eq(&root, &signed_root))
        finding(c, MESSAGE_LEDGER_CHECK_ROOT);
    if (c->roster->serial != c->state.roster->serial)
        finding(c, MESSAGE_LEDGER_CHECK_SERIAL, c->state.roster->serial, c->roster->serial);
    for (size_t i = 0; i < c->heads.count; i++) {
        const struct book_writer *w = book_writer(c->book, (uint32_t)i);
        const struct head *head = &c->heads.of[i];
        struct head stored = {0};
        int err = heads_get(&c->txn, &w->name_hash, &stored);

        if (recheck_cannot_tell(err))
            return err;
        if (err == KEIIN_EABSENT
                ? head->number != 0
                : err != 0 || stored.number != head->number || stored.index != head->index ||
                      !hash_eq(&stored.hash, &head->hash))
            finding(c, MESSAGE_LEDGER_CHECK_WRITER, (int)w->name.n, (const char *)w->name.p);
    }
    return 0;
}

/* One half: a note over a head, rightly signed by a key that was ever the writer's. */
static bool judge_evidence(
    const struct checking *c, struct span bytes, uint32_t writer, struct note *note)
{
    struct span name = book_writer(c->book, writer)->name;
    struct cursor text;
    struct vkey key;

    if (note_parse(bytes, note, NULL) != 0)
        return false;
    text = cursor_of(note->text);
    cursor_line(&text);
    cursor_line(&text);
    if (!span_eq(cursor_line(&text), name))
        return false;
    for (size_t i = 0; i < book_key_count(c->book); i++) {
        const struct book_key *k = book_key_at(c->book, i);

        if (k->writer != writer)
            continue;
        vkey_make(&key, name, KEY_ED25519, k->key);
        if (note_judge(note, &key).valid)
            return true;
    }
    return false;
}

static int see_evidence(void *ctx, struct span key, struct span value)
{
    struct checking *c = ctx;
    const uint8_t *middle = value.n == 0 ? NULL : memchr(value.p, 0, value.n);
    struct note *note = malloc(sizeof *note);
    struct span first, second, name;
    struct hash name_hash;
    uint32_t writer;

    if (note == NULL)
        return KEIIN_ENOMEM;
    if (middle == NULL || key.n != HASH_BYTES + 8 + HASH_BYTES)
        goto bad;
    first = span_of(value.p, (size_t)(middle - value.p));
    second = span_of(middle + 1, value.n - first.n - 1);
    memcpy(name_hash.b, key.p, HASH_BYTES);
    if (book_find_name(c->book, &name_hash, &writer) != 0 ||
        !judge_evidence(c, first, writer, note) || !judge_evidence(c, second, writer, note))
        goto bad;
    name = book_writer(c->book, writer)->name;
    printf(message_text(MESSAGE_LEDGER_CHECK_EVIDENCE), (int)name.n, (const char *)name.p,
        be64_get(key.p + HASH_BYTES));
    printf(
        "%.*s\n%.*s\n", (int)first.n, (const char *)first.p, (int)second.n, (const char *)second.p);
    free(note);
    return 0;
bad:
    finding(c, MESSAGE_LEDGER_CHECK_BAD_EVIDENCE);
    free(note);
    return 0;
}

/* The trust anchor, which entry 0 carries. */
static int start(struct checking *c, struct why *why)
{
    struct buf note;
    int err;

    buf_init(&note, ROSTER_BYTES_MAX);
    err = store_begin(&c->store, false, &c->txn);
    if (err == 0)
        err = rosters_get(&c->txn, 0, &note);
    if (err == 0)
        err = roster_from_note(buf_view(&note), NULL, &c->roster, why);
    if (err == 0)
        err = book_next(NULL, c->roster, &c->state.ledger_id, &c->book);
    if (err == 0)
        err = heads_grow(&c->heads, c->book);
    if (err == 0)
        err = recheck_start(&c->recheck, &c->txn, &c->state.ledger_id, c->book, 0);
    buf_destroy(&note);
    return err;
}

static int check_first(struct checking *c)
{
    struct entry entry;
    struct hash digest;
    struct buf bytes;
    bool good = false;
    int err;

    buf_init(&bytes, ENTRY_BYTES_MAX);
    err = log_entry(&c->txn, 0, &bytes);
    if (err == 0 && entry_parse(buf_view(&bytes), &entry) == 0) {
        entry_digest(&entry, 0, &digest);
        good = entry.kind == ENTRY_ROSTER && hash_eq(&digest, &c->state.ledger_id);
    }
    if (!good && !recheck_cannot_tell(err))
        finding(c, MESSAGE_LEDGER_CHECK_FIRST);
    buf_destroy(&bytes);
    return recheck_cannot_tell(err) ? err : 0;
}

static void end(struct checking *c)
{
    recheck_end(&c->recheck);
    store_abort(&c->txn);
    roster_free(c->roster);
    book_release(c->book);
    heads_destroy(&c->heads);
    state_destroy(&c->state);
    store_close(&c->store);
}

/* In a child: a damaged page ends it, not the program. */
static int look(void *ctx, struct why *why)
{
    struct checking *c = ctx;
    uint64_t size, writers = 0;
    int err = setup_open_store(c->setup, &c->store, why);

    if (err != 0)
        return err;
    c->txn.store = &c->store;
    err =
        recover_load(&c->store, &c->setup->config, &c->setup->log_key, false, NULL, &c->state, why);
    size = c->state.edge.frontier.size;
    if (err == 0)
        err = start(c, why);
    if (err == 0)
        err = check_first(c);
    if (err == 0)
        err = check_entries(c, size);
    if (err == 0)
        err = check_end(c);
    if (err == 0)
        err = store_walk(&c->txn, TABLE_EVIDENCE, span_of(NULL, 0), see_evidence, c);
    if (err == 0) {
        for (size_t i = 0; i < c->heads.count; i++)
            writers += c->heads.of[i].number > 0;
        if (c->findings > FINDINGS_SHOWN)
            printf(message_text(MESSAGE_LEDGER_CHECK_MORE), c->findings - FINDINGS_SHOWN);
        if (c->findings > 0)
            printf(message_text(MESSAGE_LEDGER_CHECK_BAD), c->findings, size);
        else
            printf(message_text(MESSAGE_LEDGER_CHECK_GOOD), size, c->records, writers);
        err = c->findings > 0 ? KEIIN_EMISMATCH : 0;
    }
    end(c);
    return err;
}

int check_main(int argc, char **argv)
{
    struct checking *c = calloc(1, sizeof *c);
    struct why why = {""};
    struct setup setup;
    int status = setup_begin(&setup, argc, argv, NULL, false), err;

    if (status == 0)
        status = c == NULL ? cli_fail(KEIIN_ENOMEM, setup.path, NULL) : setup_keys(&setup);
    if (status == 0)
        status = setup_lock(&setup);
    if (status == 0) {
        assert(c != NULL);
        c->setup = &setup;
        err = probe_run(look, c, &why);
        if (err == KEIIN_EMISMATCH && why.text[0] == 0)
            status = EXIT_FINDINGS; /* said on standard output */
        else if (err != 0)
            status = cli_fail(err, setup.config.data, &why);
    }
    free(c);
    setup_end(&setup);
    return status;
}
