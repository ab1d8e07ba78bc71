#include "tests/sim/model.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/chain.h"
#include "core/checkpoint.h"
#include "core/entry.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/submission.h"
#include "core/text.h"
#include "core/tile.h"
#include "tests/sim/keys.h"
#include "tests/sim/server.h"

struct seen {
    struct hash leaf;
    struct hash root; /* of the tree up to it */
    unsigned writer;
    uint64_t number, last_number; /* of its records */
    uint64_t received;
    struct hash after; /* the writer's head */
};

struct acknowledged {
    unsigned writer;
    uint64_t number, index;
    struct hash head;
};

struct model {
    struct sim *sim;
    struct seen *entries;
    size_t count, cap;
    struct frontier frontier;
    uint64_t numbers[KEYS_WRITERS];
    struct hash heads[KEYS_WRITERS];
    struct acknowledged *acks;
    size_t ack_count, ack_cap;
};

static void *need(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

void model_restart(struct model *m)
{
    m->count = 0;
    m->frontier.size = 0;
    for (unsigned w = 0; w < KEYS_WRITERS; w++) {
        m->numbers[w] = 0;
        chain_start(&m->heads[w], &m->sim->ledger_id, span_str(keys_writer(w, 0)->name));
    }
    m->ack_count = 0;
}

struct model *model_new(struct sim *sim)
{
    struct model *m = need(calloc(1, sizeof *m));

    m->sim = sim;
    model_restart(m);
    return m;
}

void model_free(struct model *m)
{
    if (m == NULL)
        return;
    free(m->entries);
    free(m->acks);
    free(m);
}

uint64_t model_size(const struct model *m)
{
    return m->count;
}

uint64_t model_number(const struct model *m, unsigned writer)
{
    return m->numbers[writer];
}

void model_head(const struct model *m, unsigned writer, struct hash *head)
{
    *head = m->heads[writer];
}

/* ---- the published ledger ---- */

/* An entry that is new: it goes on where the one before it, and its writer, stopped. */
static void add_entry(struct model *m, struct span bytes)
{
    struct hash digests[ENTRY_DIGESTS_MAX];
    struct seen *e, *before = m->count == 0 ? NULL : &m->entries[m->count - 1];
    struct entry entry;

    if (entry_parse(bytes, &entry) != 0) {
        sim_fail(m->sim, "entry %zu is malformed", m->count);
        return;
    }
    if (m->count == m->cap) {
        m->cap = 2 * m->cap + 64;
        m->entries = need(realloc(m->entries, m->cap * sizeof *m->entries));
        before = m->count == 0 ? NULL : &m->entries[m->count - 1];
    }
    e = &m->entries[m->count];
    e->writer = keys_writer_of(&entry.key);
    if (e->writer == KEYS_WRITERS) {
        sim_fail(m->sim, "entry %zu is by a stranger", m->count);
        return;
    }
    if (entry.number != m->numbers[e->writer] + 1 || !hash_eq(&entry.before, &m->heads[e->writer]))
        sim_fail(m->sim, "entry %zu of %s has number %" PRIu64 ", which is not next", m->count,
            keys_writer(e->writer, 0)->name, entry.number);
    if (before != NULL && entry.received < before->received)
        sim_fail(m->sim, "entry %zu was received before the last one", m->count);
    sha256_leaf(&e->leaf, bytes);
    entry_digests(&entry, digests);
    chain_extend(&e->after, &entry.before, digests, entry.digest_count);
    e->number = entry.number;
    e->last_number = entry_last_number(&entry);
    e->received = entry.received;
    frontier_append(&m->frontier, &e->leaf);
    frontier_root(&m->frontier, &e->root);
    m->numbers[e->writer] = e->last_number;
    m->heads[e->writer] = e->after;
    m->count++;
    if (e->writer == KEYS_OPERATOR && entry.kind == ENTRY_RECORDS)
        sim_count(m->sim, COUNT_HEARTBEAT);
}

/* Entries of a bundle: the new ones are added, and those that are known are as they were. */
static void read_bundle(struct model *m, uint64_t number, unsigned width, bool again)
{
    char path[TILE_PATH_BYTES];
    struct buf bytes;
    struct cursor in;

    tile_path(path, (struct tile){TILE_ENTRIES, 0, number, width});
    buf_init(&bytes, SIZE_MAX / 2);
    if (server_get(m->sim->server, path, &bytes) != 200) {
        sim_fail(m->sim, "%s is published and not there", path);
        goto out;
    }
    in = cursor_of(buf_view(&bytes));
    for (uint64_t i = number * TILE_WIDTH; i < number * TILE_WIDTH + width; i++) {
        struct span entry = bundle_entry(&in);
        struct hash leaf;

        if (in.failed) {
            sim_fail(m->sim, "%s is cut short", path);
            break;
        }
        if (i >= m->count) {
            add_entry(m, entry);
        } else if (again) {
            sha256_leaf(&leaf, entry);
            if (!hash_eq(&leaf, &m->entries[i].leaf))
                sim_fail(m->sim, "entry %" PRIu64 " is another than it was", i);
        }
        if (sim_failed(m->sim))
            break;
    }
out:
    buf_destroy(&bytes);
}

/* A checkpoint that someone may have seen is one of this ledger's history. */
static void check_checkpoint(struct model *m, struct span bytes, const char *where)
{
    struct checkpoint checkpoint;
    struct note note;

    if (note_parse(bytes, &note, NULL) != 0 || checkpoint_parse(note.text, &checkpoint, NULL) != 0)
        sim_fail(m->sim, "%s: malformed checkpoint", where);
    else if (checkpoint.size > m->count)
        sim_fail(m->sim, "%s: checkpoint of %" PRIu64 " entries, %zu are published", where,
            checkpoint.size, m->count);
    else if (!hash_eq(&checkpoint.root, &m->entries[checkpoint.size - 1].root))
        sim_fail(m->sim, "%s: checkpoint of %" PRIu64 " entries has another root", where,
            checkpoint.size);
}

void model_follow(struct model *m, bool again)
{
    uint64_t size = server_size(m->sim->server);
    struct buf checkpoint;

    if (sim_failed(m->sim) || (!again && size == m->count))
        return;
    if (size < m->count) {
        sim_fail(m->sim, "the ledger went back from %zu entries to %" PRIu64, m->count, size);
        return;
    }
    for (uint64_t b = again ? 0 : m->count / TILE_WIDTH; b * TILE_WIDTH < size; b++)
        read_bundle(m, b,
            size - b * TILE_WIDTH < TILE_WIDTH ? (unsigned)(size - b * TILE_WIDTH) : TILE_WIDTH,
            again);
    if (sim_failed(m->sim))
        return;
    buf_init(&checkpoint, CHECKPOINT_BYTES_MAX);
    if (server_get(m->sim->server, "checkpoint", &checkpoint) != 200)
        sim_fail(m->sim, "there is no checkpoint");
    else
        check_checkpoint(m, buf_view(&checkpoint), "published");
    buf_destroy(&checkpoint);
}

void model_answer(struct model *m, unsigned status, struct span body)
{
    struct receipt receipt;

    model_follow(m, false);
    if (sim_failed(m->sim))
        return;
    if (receipt_parse(body, &receipt) != 0) {
        sim_fail(m->sim, "status %u without a receipt", status);
        return;
    }
    if (receipt.index >= m->count || m->entries[receipt.index].received != receipt.received)
        sim_fail(m->sim, "a receipt for entry %" PRIu64 ", which is not there", receipt.index);
    else
        check_checkpoint(m, receipt.checkpoint, "receipt");
}

bool model_is_fork(
    const struct model *m, struct span body, struct span *name, uint64_t *number, struct hash *head)
{
    struct submission s;
    unsigned writer;
    bool fork = false;

    if (submission_parse(body, &s, NULL) != 0)
        return false;
    writer = keys_writer_of(&s.key);
    chain_extend(head, &s.before, s.digests, s.count);
    *number = s.number + s.count - 1;
    *name = span_str(keys_writer(writer == KEYS_WRITERS ? 0 : writer, 0)->name);
    for (size_t i = 0; i < m->count && writer < KEYS_WRITERS; i++)
        if (m->entries[i].writer == writer && m->entries[i].last_number == *number)
            fork = !hash_eq(&m->entries[i].after, head);
    submission_destroy(&s);
    return fork;
}

/* ---- acknowledgements and records ---- */

void model_acknowledged(
    struct model *m, unsigned writer, uint64_t number, uint64_t index, const struct hash *head)
{
    if (m->ack_count == m->ack_cap) {
        m->ack_cap = 2 * m->ack_cap + 64;
        m->acks = need(realloc(m->acks, m->ack_cap * sizeof *m->acks));
    }
    m->acks[m->ack_count++] = (struct acknowledged){writer, number, index, *head};
}

static void check_ack(struct model *m, const struct acknowledged *a)
{
    const struct seen *e = a->index < m->count ? &m->entries[a->index] : NULL;

    if (e == NULL || e->writer != a->writer || e->last_number != a->number ||
        !hash_eq(&e->after, &a->head))
        sim_fail(m->sim,
            "%s was told that its record %" PRIu64 " is in entry %" PRIu64 ", and it is not",
            keys_writer(a->writer, 0)->name, a->number, a->index);
}

/* A record says whose it is, and its number: "3/17". */
static void check_record(struct model *m, const struct seen *e, uint64_t number, struct span record)
{
    struct msgpack_reader r = msgpack_read(record);
    struct span key = {NULL, 0}, id = {NULL, 0};
    char wanted[48];

    for (size_t pairs = msgpack_map(&r); pairs > 0 && !r.in.failed; pairs--) {
        struct span name = msgpack_key(&r, &key);

        if (span_is(name, "id"))
            id = msgpack_str(&r);
        else
            msgpack_skip(&r, 2);
    }
    snprintf(wanted, sizeof wanted, "%u/%" PRIu64, e->writer, number);
    if (!span_is(id, wanted))
        sim_fail(m->sim, "record %" PRIu64 " of %s is not what it sent: %.*s", number,
            keys_writer(e->writer, 0)->name, (int)id.n, (const char *)id.p);
}

static void check_records(struct model *m, uint64_t bundle, unsigned width)
{
    char path[TILE_PATH_BYTES];
    struct buf bytes;
    struct cursor in;

    tile_path(path, (struct tile){TILE_RECORDS, 0, bundle, width});
    buf_init(&bytes, SIZE_MAX / 2);
    if (server_get(m->sim->server, path, &bytes) != 200)
        sim_fail(m->sim, "%s is not there", path);
    in = cursor_of(buf_view(&bytes));
    for (uint64_t i = bundle * TILE_WIDTH; i < bundle * TILE_WIDTH + width; i++) {
        const struct seen *e = &m->entries[i];
        struct cursor part = cursor_of(cursor_take(&in, cursor_be32(&in)));

        for (uint64_t n = e->number; n <= e->last_number && cursor_left(&part) > 0; n++) {
            struct span record, sealed;

            records_next(&part, &record, &sealed);
            if (e->writer < SIM_AGENTS_MAX && !part.failed)
                check_record(m, e, n, record);
        }
        if (sim_failed(m->sim))
            break;
    }
    if (in.failed && !sim_failed(m->sim))
        sim_fail(m->sim, "%s is cut short", path);
    buf_destroy(&bytes);
}

/* GET writers/<hash>/<number> gives the entry that holds it, with a proof. */
static void check_number(struct model *m, const struct seen *e, uint64_t number)
{
    char hex[2 * HASH_BYTES + 1], path[128];
    struct receipt receipt;
    struct hash hash, leaf;
    struct buf body;

    sha256(&hash, span_str(keys_writer(e->writer, 0)->name));
    hex_encode(hex, span_hash(&hash));
    snprintf(path, sizeof path, "writers/%s/%" PRIu64, hex, number);
    buf_init(&body, SIZE_MAX / 2);
    if (server_get(m->sim->server, path, &body) != 200 ||
        receipt_parse(buf_view(&body), &receipt) != 0) {
        sim_fail(m->sim, "%s is not there", path);
        goto out;
    }
    sha256_leaf(&leaf, receipt.entry);
    if (!hash_eq(&leaf, &e->leaf) || receipt.index != (uint64_t)(e - m->entries) ||
        !tree_check_inclusion(receipt.index, m->count, &leaf, receipt.proof, receipt.proof_count,
            &m->entries[m->count - 1].root))
        sim_fail(m->sim, "%s is not the entry that holds it", path);
out:
    buf_destroy(&body);
}

void model_finish(struct model *m)
{
    uint64_t size = m->count;

    model_follow(m, true);
    for (size_t i = 0; i < m->ack_count && !sim_failed(m->sim); i++)
        check_ack(m, &m->acks[i]);
    for (size_t i = sim_below(m->sim, 5); i < m->count && !sim_failed(m->sim);
         i += 1 + sim_below(m->sim, 10)) {
        const struct seen *e = &m->entries[i];

        check_number(m, e, e->number + sim_below(m->sim, e->last_number - e->number + 1));
    }
    for (uint64_t b = 0; b * TILE_WIDTH < size && !sim_failed(m->sim); b++)
        check_records(m, b,
            size - b * TILE_WIDTH < TILE_WIDTH ? (unsigned)(size - b * TILE_WIDTH) : TILE_WIDTH);
}
