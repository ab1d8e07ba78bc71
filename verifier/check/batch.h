/*
 * One bundle of entries on its way through an audit: everything about it that can be
 * found out alone, so that many can be prepared side by side. What needs the entries
 * before it is judged afterwards, in order, by audit.c.
 */
#ifndef KEIIN_VERIFIER_BATCH_H
#define KEIIN_VERIFIER_BATCH_H

#include "core/entry.h"
#include "core/roster.h"
#include "core/tile.h"
#include "http/source.h"
#include "verifier/check/finding.h"

struct batch_entry {
    struct span bytes; /* in batch->bytes */
    struct entry entry; /* when not malformed */
    struct hash leaf;
    struct hash head; /* the writer's head after it, from the entry's own `before` */
    bool malformed;
    /* The writer by whose name and key the signature was tried; NULL when the key is not listed. */
    const struct roster_writer *signer;
    bool signature_valid;
};

/* A record that is not as it must be; of the batch's entry number `entry`. */
struct batch_record {
    unsigned entry;
    uint32_t position;
    uint32_t count; /* of missing ones in a row; else 1 */
    enum finding_code code; /* record-mismatch, record-malformed or record-missing */
    bool sealed; /* missing: only the sealed part */
    const char *detail; /* static */
};

/* An erase.record whose record has no finding, unless its own sealed part is gone. */
struct batch_order {
    unsigned entry;
    uint32_t position;
    bool conditional;
    struct erase_address named;
};

/*
 * What an audit's caller keeps of records that are as their digests say. `take` appends to
 * `kept` what it wants of a record, or false; it is pure, and any thread may call it. The others
 * are called on the audit's thread, in the order of the ledger; errors of theirs end the audit.
 */
struct record_place {
    uint64_t index; /* entry */
    uint32_t position;
    uint64_t received; /* ms */
    struct span writer; /* name, borrowed */
    uint64_t number; /* in the writer's chain */
    struct hash digest; /* as the entry has it */
    const struct roster_writer *signer; /* in the roster in force; borrowed until the audit ends */
};
struct keeper_entry {
    uint64_t index;
    uint64_t received; /* ms */
    const struct roster *roster; /* in force behind it, borrowed until the audit ends */
    const struct entry *entry; /* borrowed; NULL where only places are told */
    const struct roster_writer *writer; /* who rightly signed it; or NULL */
    const struct hash *ledger_id; /* borrowed until the audit ends */
};
struct record_keeper {
    bool (*take)(struct span record, struct buf *kept);
    /* Gets back what was taken, of entries that a listed writer rightly signed. */
    int (*give)(void *ctx, const struct record_place *place, struct span kept);
    /* Every well-formed entry, before its records; or NULL. */
    int (*entry)(void *ctx, const struct keeper_entry *entry);
    /*
     * With an audit's state; else NULL. `begin`: the entries from `index` on will come (it may be
     * called again, when all must be read after all); false where what is before them is not known
     * any more. `save`: the audit is about to remember that it stands at `index`. `root` is that of
     * the tree over the entries before it: what was kept for others is not to be used for these.
     */
    bool (*begin)(void *ctx, uint64_t index, const struct hash *root);
    int (*save)(void *ctx, uint64_t index, const struct hash *root, struct why *why);
    void *ctx;
};

#define BATCH_KEPT_BYTES_MAX ((size_t)1 << 30)

struct batch_kept {
    unsigned entry;
    uint32_t position;
    size_t end; /* in batch->kept_bytes */
};

struct batch {
    uint64_t number; /* of the bundle */
    unsigned width; /* entries that it has in the tree */
    unsigned skip; /* leading entries that were audited before: only hashed */
    unsigned count; /* entries read; less than width when the bundle is not there or cut */
    struct buf bytes;
    struct batch_entry entries[TILE_WIDTH];
    struct hash root; /* of a full batch */
    struct batch_record *records;
    size_t record_count, record_cap;
    struct batch_order *orders;
    size_t order_count, order_cap;
    struct batch_kept *kept;
    size_t kept_count, kept_cap;
    struct buf kept_bytes;
    uint64_t records_read; /* that are not empty */
    bool longer; /* a file has more than its name says */
    bool tile_differs; /* the level 0 tile disagrees with the entries */
    bool incomplete; /* something could not be read; `why` says the first */
    struct why why;
    int status; /* 0, or KEIIN_ENOMEM: nothing else in here counts */
    struct buf tile; /* scratch */
    struct buf links; /* scratch: what heads are hashed from */
};

/* What is the same for all batches of an audit. */
struct batch_task {
    const struct hash *ledger_id;
    const struct roster *roster; /* likely in force: signatures are tried with its writers */
    bool read_records;
    const struct record_keeper *keeper; /* or NULL */
    uint64_t known; /* signatures of entries below are valid, if the tree is the one that is known */
};

void batch_init(struct batch *b);
void batch_destroy(struct batch *b);

/* Reads and prepares bundle `number`; results are in *b, failures in b->status. */
void batch_prepare(struct batch *b, struct source *source, const struct batch_task *task,
    uint64_t number, unsigned width, unsigned skip);

/* The signature of an entry, by a writer's name and key. */
bool batch_signature_valid(
    const struct batch_entry *e, const struct hash *ledger_id, const struct roster_writer *writer);

#endif
