/*
 * verifier/rules/state.c: what the rules remembered, read back. Its bytes are those of a state
 * that a stream made, changed at some places, or the input as it is, with head and SHA-256 made
 * right. What is taken is saved to the same bytes, and the rules go on with records behind it.
 */
#include <stdlib.h>

#include "core/sha256.h"
#include "tests/fuzz/rules_stream.h"

const unsigned fuzz_rounds = 2000;

#define HEAD_BYTES (20 + 2 * HASH_BYTES) /* words, limits, layout */
#define CHANGES_MAX 8

static struct rules *fresh(const struct rules_limits *limits, struct rules_told *told)
{
    struct rules *rules = NULL;

    FUZZ_CHECK(rules_new(limits, rules_told_sink(told), &rules) == 0);
    return rules;
}

/* The state behind the stream's records. */
static void state_of(
    const struct rules_stream *s, const struct rules_limits *limits, struct buf *out)
{
    struct rules_told *told = calloc(1, sizeof *told);
    struct rules *rules;

    FUZZ_CHECK(told != NULL);
    rules_told_init(told);
    rules = fresh(limits, told);
    for (size_t i = 0; i < s->count; i++)
        if (s->steps[i].type != RULES_VOUCHED)
            rules_stream_step(rules, &s->steps[i]);
    buf_init(out, 16 << 20);
    rules_save(rules, out);
    FUZZ_CHECK(buf_status(out) == 0 && out->n > HEAD_BYTES + HASH_BYTES);
    rules_free(rules);
    rules_told_destroy(told);
    free(told);
}

struct change {
    unsigned how;
    size_t at; /* of what is behind the head */
    struct span bytes;
};

static struct change choose_change(struct choices *c)
{
    struct change change = {.how = choose(c, 4)};

    change.at = (size_t)choose_u8(c) << 8;
    change.at |= choose_u8(c);
    change.bytes = choose_bytes(c, change.how == 0 ? 1 : 1 + choose(c, 16));
    return change;
}

/* Bytes are set, set together, inserted or taken out. */
static void apply(struct buf *body, const struct change *change)
{
    size_t at = body->n == 0 ? 0 : change->at % body->n, n = change->bytes.n;
    struct span rest = fuzz_copy(span_of(body->p + at, body->n - at));

    body->n = at;
    if (change->how != 3)
        buf_put_span(body, change->bytes);
    n = change->how == 2 ? 0 : n < rest.n ? n : rest.n;
    buf_put(body, rest.p + n, rest.n - n);
    FUZZ_CHECK(buf_status(body) == 0);
    free((uint8_t *)(uintptr_t)rest.p - (rest.n == 0));
}

/* Head, body and SHA-256. */
static void put_whole(struct buf *out, struct span head, struct span body)
{
    struct hash hash;

    buf_init(out, 16 << 20);
    buf_put_span(out, head);
    buf_put_span(out, body);
    sha256(&hash, buf_view(out));
    buf_put_span(out, span_hash(&hash));
    FUZZ_CHECK(buf_status(out) == 0);
}

/* Saved to the same bytes; then records, and what is open. */
static void go_on(struct rules *rules, struct span state)
{
    static const uint8_t more[] =
        "\1\3\4abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\x70\x80\x90\xa0\xb0";
    struct rules_stream *s = calloc(1, sizeof *s);
    struct choices c;
    struct buf again;

    buf_init(&again, 16 << 20);
    rules_save(rules, &again);
    FUZZ_CHECK(buf_status(&again) == 0 && span_eq(buf_view(&again), state));
    buf_destroy(&again);
    FUZZ_CHECK(s != NULL);
    c = choices_of(span_of(state.p + HEAD_BYTES, (state.n - HEAD_BYTES) % 97));
    rules_stream_make(s, &c);
    for (size_t i = 0; i < s->count; i++)
        rules_stream_step(rules, &s->steps[i]);
    rules_stream_free(s);
    c = choices_of(span_of(more, sizeof more));
    rules_stream_make(s, &c);
    for (size_t i = 0; i < s->count; i++)
        rules_stream_step(rules, &s->steps[i]);
    FUZZ_CHECK(rules_open(rules) == 0);
    rules_stream_free(s);
    free(s);
}

static void load(const struct rules_limits *limits, struct span state, bool changed)
{
    struct rules_told *told = calloc(1, sizeof *told);
    struct why why = {""};
    struct rules *rules;
    int err;

    FUZZ_CHECK(told != NULL);
    rules_told_init(told);
    rules = fresh(limits, told);
    err = rules_load(rules, state, &why);
    FUZZ_CHECK(err == 0 || (changed && err == KEIIN_EDAMAGED && fuzz_says_why(&why)));
    FUZZ_CHECK(err == 0 || rules_counts(rules)->entries == 0);
    if (err == 0)
        go_on(rules, state);
    rules_free(rules);
    rules_told_destroy(told);
    free(told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct choices c = choices_of(in);
    unsigned how = choose(&c, 8), count = choose(&c, CHANGES_MAX + 1);
    const struct rules_limits *limits = rules_stream_limits(how % 2 != 0);
    struct rules_stream *s = calloc(1, sizeof *s);
    struct change changes[CHANGES_MAX];
    struct buf made, body, state;
    struct span given;

    FUZZ_CHECK(s != NULL);
    buf_init(&body, 16 << 20);
    if (how < 6) {
        for (unsigned i = 0; i < count; i++)
            changes[i] = choose_change(&c);
        rules_stream_make(s, &c);
    }
    state_of(s, limits, &made);
    given = span_of(made.p + HEAD_BYTES, made.n - HEAD_BYTES - HASH_BYTES);
    buf_put_span(&body, how < 6 ? given : choose_bytes(&c, in.n));
    for (unsigned i = 0; how < 6 && i < count; i++)
        apply(&body, &changes[i]);
    put_whole(&state, span_of(made.p, HEAD_BYTES), buf_view(&body));
    load(limits, buf_view(&state), how >= 6 || count > 0);
    rules_stream_free(s);
    free(s);
    buf_destroy(&made);
    buf_destroy(&body);
    buf_destroy(&state);
    fuzz_end(in);
    return 0;
}
