#include "core/chain.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/sha256.h"
#include "core/sha256_many.h"
#include "core/text.h"

void chain_start(struct hash *head, const struct hash *ledger_id, struct span name)
{
    struct span parts[3] = {span_str("keiin/writer/v1\n"), span_hash(ledger_id), name};

    sha256_parts(head, parts, 3);
}

void chain_extend(
    struct hash *head, const struct hash *before, const struct hash *digests, size_t count)
{
    const uint8_t two = 2;
    struct span parts[3] = {{&two, 1}, span_hash(before), span_of(digests, count * HASH_BYTES)};
    struct hash out;

    sha256_parts(&out, parts, 3);
    *head = out;
}

void chain_links(struct hash *heads, const struct span *links, size_t count)
{
    sha256_many(heads, 2, links, count);
}

static void put(struct chain_text *out, const void *p, size_t n)
{
    assert(n <= CHAIN_TEXT_BYTES_MAX - out->n);
    memcpy(out->bytes + out->n, p, n);
    out->n += n;
}

static void put_base64(struct chain_text *out, const struct hash *hash)
{
    struct buf b = {
        out->bytes + out->n, 0, CHAIN_TEXT_BYTES_MAX - out->n, CHAIN_TEXT_BYTES_MAX - out->n, 0};

    base64_encode(&b, span_hash(hash));
    assert(b.status == 0);
    out->n += b.n;
    put(out, "\n", 1);
}

void chain_text(struct chain_text *out, const struct hash *ledger_id, struct span name,
    uint64_t last_number, const struct hash *head)
{
    char number[24];
    int n = snprintf(number, sizeof number, "\n%" PRIu64 "\n", last_number);

    out->n = 0;
    put(out, "keiin/records/v1\n", 17);
    put_base64(out, ledger_id);
    put(out, name.p, name.n);
    put(out, number, (size_t)n);
    put_base64(out, head);
}
