#include "ledger/recheck.h"

#include <inttypes.h>

#include "core/chain.h"
#include "core/record.h"
#include "core/sha256.h"

int recheck_start(struct recheck *r, const struct store_txn *txn, const struct hash *ledger_id,
    const struct book *book, uint64_t index)
{
    int err = 0;

    memset(r, 0, sizeof *r);
    r->txn = txn;
    r->ledger_id = *ledger_id;
    r->book = book;
    r->index = index;
    buf_init(&r->bytes, ENTRY_BYTES_MAX);
    buf_init(&r->records, (size_t)UINT32_MAX);
    if (index == 0)
        entry_genesis_prev(&r->prev, ledger_id);
    else
        err = log_hashes(txn, 0, index - 1, 1, &r->prev);
    return err;
}

void recheck_end(struct recheck *r)
{
    buf_destroy(&r->bytes);
    buf_destroy(&r->records);
}

static int wrong(struct recheck *r, struct why *why, const char *what)
{
    why_set(why, "entry %" PRIu64 " %s", r->index, what);
    return KEIIN_EDAMAGED;
}

bool recheck_cannot_tell(int err)
{
    return err == KEIIN_ENOMEM || err == KEIIN_EIO || err == KEIIN_EBUSY ||
           err == KEIIN_EUNREADABLE;
}

static void find_key(struct recheck *r)
{
    const struct book_key *key = NULL;
    struct hash digests[ENTRY_DIGESTS_MAX];
    struct chain_text text;

    entry_digests(&r->entry, digests);
    chain_extend(&r->after, &r->entry.before, digests, r->entry.digest_count);
    while ((key = book_find_key(r->book, &r->entry.key, key)) != NULL) {
        chain_text(&text, &r->ledger_id, book_writer(r->book, key->writer)->name,
            entry_last_number(&r->entry), &r->after);
        if (ed25519_verify(key->key, span_of(text.bytes, text.n), r->entry.signature))
            break;
    }
    r->key = key;
}

static bool is_record(const struct recheck *r, size_t i, struct span record, struct span sealed)
{
    struct hash digest;

    if (record.n == 0)
        return sealed.n == 0; /* erased */
    entry_digest(&r->entry, i, &digest);
    return record_fits(&digest, record, sealed);
}

static int check_records(struct recheck *r, struct why *why)
{
    struct cursor c;
    int err;

    buf_clear(&r->records);
    err = log_records(r->txn, r->index, &r->records);
    if (err != 0)
        return err == KEIIN_EDAMAGED ? wrong(r, why, "has no records beside it") : err;
    c = cursor_of(buf_view(&r->records));
    if (r->entry.kind == ENTRY_ROSTER)
        return r->records.n == 0 ? 0 : wrong(r, why, "is a roster's and has records");
    for (size_t i = 0; i < r->entry.digest_count; i++) {
        struct span record, sealed;

        records_next(&c, &record, &sealed);
        if (c.failed || !is_record(r, i, record, sealed)) {
            why_set(why, "record %" PRIu64 ".%zu does not fit its entry", r->index, i);
            return KEIIN_EDAMAGED;
        }
    }
    return cursor_done(&c) ? 0 : wrong(r, why, "has more records beside it than digests");
}

static int check_entry(struct recheck *r, struct why *why)
{
    struct hash stored;
    struct link link;
    int err = log_hashes(r->txn, 0, r->index, 1, &stored);

    if (recheck_cannot_tell(err))
        return err;
    if (err != 0)
        return wrong(r, why, "has no hash in the tree");
    if (!hash_eq(&stored, &r->leaf))
        return wrong(r, why, "does not hash to its leaf in the tree");
    if (!hash_eq(&r->entry.prev, &r->prev))
        return wrong(r, why, "does not follow on the entry before it");
    if (r->entry.received < r->received)
        return wrong(r, why, "was received before the entry before it");
    find_key(r);
    if (r->key == NULL)
        return wrong(r, why, "has no valid signature by a known writer");
    err = heads_link(r->txn, r->index, &link);
    if (recheck_cannot_tell(err))
        return err;
    if (err != 0 || link.number != r->entry.number)
        return wrong(r, why, "has no link to its writer's entry before it");
    return 0;
}

int recheck_entry(struct recheck *r, struct why *why)
{
    int err, records_err = 0;

    r->key = NULL;
    buf_clear(&r->bytes);
    err = log_entry(r->txn, r->index, &r->bytes);
    if (err != 0) {
        err = err == KEIIN_EDAMAGED ? wrong(r, why, "is missing") : err;
        goto out;
    }
    sha256_leaf(&r->leaf, buf_view(&r->bytes));
    if (entry_parse(buf_view(&r->bytes), &r->entry) != 0) {
        err = wrong(r, why, "is malformed");
        r->prev = r->leaf;
        goto out;
    }
    err = check_entry(r, why);
    r->prev = r->leaf;
    if (r->entry.received > r->received)
        r->received = r->entry.received;
    if (err == 0)
        records_err = check_records(r, why);
out:
    r->index++;
    return err != 0 ? err : records_err;
}
