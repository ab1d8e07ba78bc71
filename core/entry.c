#include "core/entry.h"

#include <assert.h>

#include "core/msgpack.h"
#include "core/sha256.h"

#define DIGEST_BIN_BYTES (2 + HASH_BYTES) /* 0xc4 0x20 and the digest */

int entry_parse(struct span bytes, struct entry *out)
{
    struct msgpack_reader r = msgpack_read(bytes);
    const uint8_t *digests;
    struct hash digest;
    uint64_t kind;

    if (bytes.n == 0 || bytes.n > ENTRY_BYTES_MAX || msgpack_array(&r) != 8)
        return KEIIN_EMALFORMED;
    kind = msgpack_uint(&r);
    out->received = msgpack_uint(&r);
    msgpack_hash(&r, &out->prev);
    msgpack_hash(&r, &out->key);
    out->number = msgpack_uint(&r);
    msgpack_hash(&r, &out->before);
    out->digest_count = msgpack_array(&r);
    digests = r.in.p;
    for (size_t i = 0; i < out->digest_count && !r.in.failed; i++)
        msgpack_hash(&r, &digest);
    out->digest_bins = span_of(digests, (size_t)(r.in.p - digests));
    out->signature = msgpack_bin(&r);
    if (!msgpack_done(&r) || (kind != ENTRY_RECORDS && kind != ENTRY_ROSTER) ||
        out->digest_count < 1 || out->digest_count > ENTRY_DIGESTS_MAX || out->number == 0 ||
        (kind == ENTRY_ROSTER && out->digest_count != 1))
        return KEIIN_EMALFORMED;
    out->kind = (enum entry_kind)kind;
    return entry_last_number(out) > UINT_MAX_CANONICAL ? KEIIN_EMALFORMED : 0;
}

void entry_digest(const struct entry *entry, size_t i, struct hash *out)
{
    assert(i < entry->digest_count);
    memcpy(out->b, entry->digest_bins.p + i * DIGEST_BIN_BYTES + 2, HASH_BYTES);
}

void entry_digests(const struct entry *entry, struct hash *out)
{
    for (size_t i = 0; i < entry->digest_count; i++)
        entry_digest(entry, i, &out[i]);
}

void entry_put_digests(const struct entry *entry, struct buf *out)
{
    uint8_t *p = buf_extend(out, entry->digest_count * HASH_BYTES);

    for (size_t i = 0; p != NULL && i < entry->digest_count; i++)
        memcpy(p + i * HASH_BYTES, entry->digest_bins.p + i * DIGEST_BIN_BYTES + 2, HASH_BYTES);
}

uint64_t entry_last_number(const struct entry *entry)
{
    return entry->number + entry->digest_count - 1;
}

void entry_write(struct buf *out, const struct entry *entry, const struct hash *digests)
{
    msgpack_put_array(out, 8);
    msgpack_put_uint(out, entry->kind);
    msgpack_put_uint(out, entry->received);
    msgpack_put_bin(out, span_hash(&entry->prev));
    msgpack_put_bin(out, span_hash(&entry->key));
    msgpack_put_uint(out, entry->number);
    msgpack_put_bin(out, span_hash(&entry->before));
    msgpack_put_array(out, entry->digest_count);
    for (size_t i = 0; i < entry->digest_count; i++)
        msgpack_put_bin(out, span_hash(&digests[i]));
    msgpack_put_bin(out, entry->signature);
}

void entry_genesis_prev(struct hash *out, const struct hash *ledger_id)
{
    struct span parts[2] = {span_str("keiin/genesis/v1\n"), span_hash(ledger_id)};

    sha256_parts(out, parts, 2);
}
