/*
 * core/submission.c, what a writer is answered: the first byte says whether a receipt, a refusal
 * or a writer's state follows. What is taken is what SPEC.md section 8 says, by a second reader,
 * and the same bytes come out of the writer.
 */
#include "core/submission.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plain_msgpack.h"

const unsigned fuzz_rounds = 60000;

static bool is_receipt(const struct plain *v)
{
    const struct plain *e;

    if (v == NULL || v->type != PLAIN_ARRAY || (v->count != 6 && v->count != 7))
        return false;
    e = v->items;
    return e[0].type == PLAIN_UINT && e[0].number == 1 && e[1].type == PLAIN_UINT &&
           e[2].type == PLAIN_UINT && plain_is_bin(&e[3], 32) && plain_are_bins(&e[4], 32) &&
           e[4].count <= 64 && e[5].type == PLAIN_BIN && (v->count == 6 || e[6].type == PLAIN_BIN);
}

static void receipt(struct span in, const struct plain *v)
{
    struct receipt r;
    struct buf out;
    int err = receipt_parse(in, &r);

    FUZZ_CHECK((err == 0) == is_receipt(v));
    if (err != 0)
        return;
    FUZZ_CHECK(r.index == v->items[1].number && r.received == v->items[2].number);
    buf_init(&out, in.n);
    receipt_write(&out, &r);
    /* An entry of no bytes is none, and is written as none. */
    FUZZ_CHECK(span_eq(buf_view(&out), in) == (v->count == 6 || r.entry.n > 0));
    buf_destroy(&out);
}

static bool is_refusal(const struct plain *v)
{
    const struct plain *code = plain_get(v, "code"), *detail = plain_get(v, "detail");
    const struct plain *head = plain_get(v, "head"), *number = plain_get(v, "number");

    /* Names that nobody knows yet are passed over. */
    return code != NULL && code->type == PLAIN_STR && code->bytes.n > 0 &&
           (detail == NULL || detail->type == PLAIN_STR) &&
           (head == NULL || plain_is_bin(head, 32)) &&
           (number == NULL || number->type == PLAIN_UINT);
}

static void refusal(struct span in, const struct plain *v)
{
    struct refusal r;
    struct buf out;
    int err = refusal_parse(in, &r);
    size_t known;

    FUZZ_CHECK((err == 0) == is_refusal(v));
    if (err != 0)
        return;
    FUZZ_CHECK(span_eq(r.code, plain_get(v, "code")->bytes));
    known = 1 + (plain_get(v, "detail") != NULL) + (plain_get(v, "head") != NULL) +
            (plain_get(v, "number") != NULL);
    if (known != v->count || plain_get(v, "detail") == NULL ||
        (plain_get(v, "head") == NULL) != (plain_get(v, "number") == NULL))
        return; /* not what a ledger writes */
    buf_init(&out, in.n);
    refusal_write(&out, &r);
    FUZZ_CHECK(span_eq(buf_view(&out), in));
    buf_destroy(&out);
}

static void writer_state(struct span in, const struct plain *v)
{
    uint64_t number;
    struct hash head;
    struct buf out;
    int err = writer_state_parse(in, &number, &head);

    FUZZ_CHECK((err == 0) == (v != NULL && v->type == PLAIN_ARRAY && v->count == 3 &&
                                 v->items[0].type == PLAIN_UINT && v->items[0].number == 1 &&
                                 v->items[1].type == PLAIN_UINT && plain_is_bin(&v->items[2], 32)));
    if (err != 0)
        return;
    buf_init(&out, in.n);
    writer_state_write(&out, number, &head);
    FUZZ_CHECK(span_eq(buf_view(&out), in));
    buf_destroy(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static void (*const parts[])(struct span, const struct plain *) = {
        receipt, refusal, writer_state};
    struct span in = fuzz_begin(data + (n > 0), n - (n > 0));
    struct plain *v = plain_read(in);

    parts[n > 0 ? data[0] % 3 : 0](in, v);
    plain_free(v);
    fuzz_end(in);
    return 0;
}
