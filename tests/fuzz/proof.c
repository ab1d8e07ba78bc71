/*
 * core/proof.c: a proof file that is taken is written again to the same bytes, and so is what its
 * extra line holds, which a second reader takes exactly when the first one does.
 */
#include "core/proof.h"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plain_msgpack.h"

const unsigned fuzz_rounds = 40000;

static bool is_extra(const struct plain *v)
{
    if (v == NULL || v->type != PLAIN_ARRAY || (v->count != 1 && v->count != 4) ||
        v->items[0].type != PLAIN_BIN)
        return false;
    return v->count == 1 || (v->items[1].type == PLAIN_UINT && v->items[2].type == PLAIN_BIN &&
                                v->items[3].type == PLAIN_BIN);
}

static void check_extra(struct span bytes)
{
    struct span in = fuzz_copy(bytes);
    struct plain *v = plain_read(in);
    struct proof_extra extra;
    struct buf out;
    int err = proof_extra_parse(in, &extra);

    FUZZ_CHECK((err == 0) == is_extra(v));
    if (err == 0) {
        FUZZ_CHECK(span_eq(extra.entry, v->items[0].bytes));
        FUZZ_CHECK(extra.has_record == (v->count == 4));
        buf_init(&out, in.n);
        proof_extra_write(&out, &extra);
        FUZZ_CHECK(span_eq(buf_view(&out), in));
        buf_destroy(&out);
    }
    plain_free(v);
    fuzz_end(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct why why = {""};
    struct proof proof;
    struct buf out;
    int err = proof_parse(in, &proof, &why);

    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    if (err == 0) {
        FUZZ_CHECK(proof.hash_count <= PROOF_HASHES_MAX);
        FUZZ_CHECK(proof.has_extra == (proof.extra_bytes > 0));
        buf_init(&out, in.n);
        proof_write(&out, span_of(proof.extra, proof.extra_bytes), proof.index, proof.hashes,
            proof.hash_count, proof.checkpoint);
        FUZZ_CHECK(span_eq(buf_view(&out), in));
        buf_destroy(&out);
        if (proof.has_extra)
            check_extra(span_of(proof.extra, proof.extra_bytes));
        proof_destroy(&proof);
    } else {
        check_extra(in); /* a seed may be an extra line's bytes alone */
    }
    fuzz_end(in);
    return 0;
}
