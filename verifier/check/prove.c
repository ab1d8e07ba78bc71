#include "verifier/check/prove.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/entry.h"
#include "core/sha256.h"
#include "system/messages.h"

/* What a proof is put together from. */
struct parts {
    struct buf entry_bytes, record, sealed, extra_bytes;
    struct entry entry;
    struct proof_extra extra;
};

static void parts_init(struct parts *p)
{
    *p = (struct parts){0};
    buf_init(&p->entry_bytes, ENTRY_BYTES_MAX);
    buf_init(&p->record, 65535);
    buf_init(&p->sealed, 65535);
    buf_init(&p->extra_bytes, PROOF_EXTRA_BYTES_MAX + 16 * 1024);
}

static void parts_destroy(struct parts *p)
{
    buf_destroy(&p->entry_bytes);
    buf_destroy(&p->record);
    buf_destroy(&p->sealed);
    buf_destroy(&p->extra_bytes);
}

static int read_entry(
    struct fetch *f, const struct prove_what *what, struct parts *p, struct why *why)
{
    int err = fetch_entry(f, what->index, &p->entry_bytes, why);

    if (err != 0)
        return err;
    p->extra.entry = buf_view(&p->entry_bytes);
    if (entry_parse(p->extra.entry, &p->entry) != 0) {
        why_set(why, message_text(MESSAGE_VERIFY_ENTRY_MALFORMED), what->index);
        return KEIIN_EMALFORMED;
    }
    return 0;
}

static bool is_of_entry(const struct prove_what *what, const struct parts *p)
{
    struct hash digest, want;

    sha256(&digest, buf_view(&p->record));
    entry_digest(&p->entry, what->position, &want);
    return hash_eq(&digest, &want);
}

/* The record that is wanted, into the extra line. */
static int read_record(
    struct fetch *f, const struct prove_what *what, struct parts *p, struct why *why)
{
    int err;

    if (p->entry.kind != ENTRY_RECORDS || what->position >= p->entry.digest_count) {
        why_set(why, message_text(MESSAGE_VERIFY_NO_POSITION), what->index,
            p->entry.kind == ENTRY_RECORDS ? p->entry.digest_count - 1 : 0,
            (unsigned)what->position);
        return KEIIN_EUSAGE;
    }
    err = fetch_record(
        f, what->index, p->entry.digest_count, what->position, &p->record, &p->sealed, why);
    if (err == 0 && p->record.n == 0) {
        char address[48];

        snprintf(address, sizeof address, "%" PRIu64 ".%u", what->index, (unsigned)what->position);
        why_set(why, message_text(MESSAGE_VERIFY_NO_RECORD), address);
        err = KEIIN_EABSENT;
    }
    if (err == KEIIN_EABSENT && what->or_entry)
        return 0;
    if (err == 0 && what->or_entry && !is_of_entry(what, p)) {
        why_set(why, "the record is not the one that the entry holds");
        err = KEIIN_EMISMATCH;
    }
    p->extra.has_record = true;
    p->extra.position = what->position;
    p->extra.record = buf_view(&p->record);
    if (!what->without_sealed)
        p->extra.sealed = buf_view(&p->sealed);
    return err;
}

int prove(struct fetch *f, const struct prove_what *what, struct buf *out, bool *of_record,
    struct why *why)
{
    struct hash hashes[PROOF_HASHES_MAX], leaf;
    struct parts p;
    size_t count = 0;
    int err;

    parts_init(&p);
    err = read_entry(f, what, &p, why);
    if (err == 0 && what->has_position)
        err = read_record(f, what, &p, why);
    *of_record = p.extra.has_record;
    if (err == 0) {
        sha256_leaf(&leaf, p.extra.entry);
        err = fetch_proof(f, what->index, &leaf, hashes, &count, why);
    }
    if (err != 0)
        goto out;
    proof_extra_write(&p.extra_bytes, &p.extra);
    proof_write(
        out, buf_view(&p.extra_bytes), what->index, hashes, count, buf_view(&f->checkpoint_bytes));
    err = buf_status(&p.extra_bytes);
    if (err == 0)
        err = buf_status(out);
out:
    parts_destroy(&p);
    return err;
}
