/*
 * core/entry.c: what it takes is what the table of SPEC.md section 5 says, by a second reader,
 * and the same bytes come out of its writer.
 */
#include "core/entry.h"

#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plain_msgpack.h"

const unsigned fuzz_rounds = 60000;

static bool is_entry(struct span in, const struct plain *v)
{
    const struct plain *e;
    uint64_t kind, number;
    size_t count;

    if (in.n > 65535 || v == NULL || v->type != PLAIN_ARRAY || v->count != 8)
        return false;
    e = v->items;
    if (e[0].type != PLAIN_UINT || e[1].type != PLAIN_UINT || !plain_is_bin(&e[2], 32) ||
        !plain_is_bin(&e[3], 32) || e[4].type != PLAIN_UINT || !plain_is_bin(&e[5], 32) ||
        !plain_are_bins(&e[6], 32) || e[7].type != PLAIN_BIN)
        return false;
    kind = e[0].number;
    number = e[4].number;
    count = e[6].count;
    return (kind == 1 || kind == 2) && count >= 1 && count <= 1024 && (kind == 1 || count == 1) &&
           number >= 1 && number + count - 1 <= UINT64_C(9007199254740991);
}

static void compare(const struct entry *got, const struct plain *e)
{
    struct hash digest;

    FUZZ_CHECK(got->kind == e[0].number && got->received == e[1].number);
    FUZZ_CHECK(span_eq(span_hash(&got->prev), e[2].bytes));
    FUZZ_CHECK(span_eq(span_hash(&got->key), e[3].bytes));
    FUZZ_CHECK(got->number == e[4].number && span_eq(span_hash(&got->before), e[5].bytes));
    FUZZ_CHECK(got->digest_count == e[6].count && span_eq(got->signature, e[7].bytes));
    FUZZ_CHECK(entry_last_number(got) == e[4].number + e[6].count - 1);
    for (size_t i = 0; i < got->digest_count; i++) {
        entry_digest(got, i, &digest);
        FUZZ_CHECK(span_eq(span_hash(&digest), e[6].items[i].bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct plain *v = plain_read(in);
    struct hash *digests;
    struct entry entry;
    struct buf out;
    int err = entry_parse(in, &entry);

    FUZZ_CHECK((err == 0) == is_entry(in, v));
    FUZZ_CHECK(err == 0 || err == KEIIN_EMALFORMED);
    if (err == 0) {
        compare(&entry, v->items);
        digests = calloc(entry.digest_count, sizeof *digests);
        FUZZ_CHECK(digests != NULL);
        entry_digests(&entry, digests);
        buf_init(&out, ENTRY_BYTES_MAX);
        entry_write(&out, &entry, digests);
        FUZZ_CHECK(span_eq(buf_view(&out), in));
        buf_destroy(&out);
        free(digests);
    }
    plain_free(v);
    fuzz_end(in);
    return 0;
}
