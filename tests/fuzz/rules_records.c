/*
 * verifier/rules: a stream of records, judged in one go and with the state saved and loaded into
 * other rules at several places. The same is found in the same order, no two settled findings
 * have one id, and what people read is plain characters.
 */
#include <stdlib.h>

#include "tests/fuzz/rules_stream.h"

const unsigned fuzz_rounds = 1500;

#define CUTS 3

static struct rules *fresh(
    const struct rules_limits *limits, struct rules_told *told, uint64_t waiting_bytes_max)
{
    struct rules *rules = NULL;

    FUZZ_CHECK(rules_new(limits, rules_told_sink(told), &rules) == 0);
    if (waiting_bytes_max > 0)
        rules->waiting_bytes_max = waiting_bytes_max;
    return rules;
}

static void save(const struct rules *rules, struct buf *out)
{
    buf_init(out, 16 << 20);
    rules_save(rules, out);
    FUZZ_CHECK(buf_status(out) == 0);
}

/* Other rules with the same state, which they save as the same bytes. */
static struct rules *moved(struct rules *rules, struct rules_told *told)
{
    struct rules *other = fresh(rules->limits, told, rules->waiting_bytes_max);
    struct buf state, again;
    struct why why = {""};

    save(rules, &state);
    FUZZ_CHECK(rules_load(other, buf_view(&state), &why) == 0);
    save(other, &again);
    FUZZ_CHECK(span_eq(buf_view(&state), buf_view(&again)));
    rules_free(rules);
    buf_destroy(&state);
    buf_destroy(&again);
    return other;
}

/* The whole stream; with a cut before every entry whose number is a multiple of `every`. */
static void run(
    const struct rules_stream *s, struct rules *rules, unsigned every, struct rules_told *told)
{
    uint64_t entries = 0, records = 0;

    for (size_t i = 0; i < s->count; i++) {
        bool is_entry = s->steps[i].type == RULES_ENTRY;

        if (every > 0 && is_entry && ++entries % every == 0)
            rules = moved(rules, told);
        records += s->steps[i].type == RULES_RECORD;
        rules_stream_step(rules, &s->steps[i]);
    }
    FUZZ_CHECK(rules_counts(rules)->findings == told->id_count);
    FUZZ_CHECK(rules_counts(rules)->records <= records);
    FUZZ_CHECK(rules_open(rules) == 0);
    FUZZ_CHECK(rules_counts(rules)->findings == told->id_count);
    rules_free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const unsigned every[CUTS] = {2, 5, 1};
    struct span in = fuzz_begin(data, n);
    struct choices c = choices_of(in);
    struct rules_stream *s = calloc(1, sizeof *s);
    struct rules_told *told = calloc(2, sizeof *told);
    unsigned how = choose(&c, 8);
    const struct rules_limits *limits = rules_stream_limits(how % 2 != 0);
    uint64_t waiting_bytes_max = how / 2 == 3 ? 2000 : 0;

    FUZZ_CHECK(s != NULL && told != NULL);
    rules_stream_make(s, &c);
    rules_told_init(&told[0]);
    rules_told_init(&told[1]);
    run(s, fresh(limits, &told[0], waiting_bytes_max), 0, &told[0]);
    run(s, fresh(limits, &told[1], waiting_bytes_max), every[how / 2 % CUTS], &told[1]);
    FUZZ_CHECK(span_eq(buf_view(&told[0].text), buf_view(&told[1].text)));
    rules_told_check_ids(&told[0]);
    rules_told_destroy(&told[0]);
    rules_told_destroy(&told[1]);
    rules_stream_free(s);
    free(told);
    free(s);
    fuzz_end(in);
    return 0;
}
