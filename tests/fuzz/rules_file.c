/*
 * verifier/rules/limits.c: the file with the limits of the rules. What is taken, written again
 * with every limit in it, is read to the same limits; what is refused is refused with reasons in
 * plain characters, a line each.
 */
#include "tests/fuzz/fuzz.h"
#include "verifier/rules/engine_internal.h"

const unsigned fuzz_rounds = 10000;

static void put_all(struct buf *out, const struct rules_limits *l)
{
    buf_put_str(out, "[clocks]\ntolerance=");
    buf_printf(out, "%llu ms\n[actions]\n", (unsigned long long)l->clock_tolerance_ms);
    for (size_t i = 0; i < l->action_count; i++)
        buf_printf(out, "%s=%s\n", l->actions[i].name, action_text(l->actions[i].action));
    for (unsigned i = 0; i < rules_count; i++) {
        const struct rule_limit *limit = rules_all[i]->limits;

        buf_printf(
            out, "[%s]\nuse=%s\n", rules_all[i]->name, rules_limits_off(l, i) ? "no" : "yes");
        /* No space behind the sign: of a word that begins with ; it would make a comment. */
        for (unsigned k = 0; limit != NULL && limit[k].name != NULL; k++) {
            buf_printf(out, "%s=", limit[k].name);
            rules_limits_put(l, i, k, out);
            buf_put_str(out, "\n");
        }
    }
    FUZZ_CHECK(buf_status(out) == 0);
}

static void same(const struct rules_limits *a, const struct rules_limits *b)
{
    FUZZ_CHECK(a->clock_tolerance_ms == b->clock_tolerance_ms);
    FUZZ_CHECK(a->action_count == b->action_count);
    for (size_t i = 0; i < a->action_count; i++)
        FUZZ_CHECK(strcmp(a->actions[i].name, b->actions[i].name) == 0 &&
                   a->actions[i].action == b->actions[i].action);
    for (unsigned i = 0; i < rules_count; i++) {
        FUZZ_CHECK(a->rules[i].off == b->rules[i].off);
        for (unsigned k = 0; k < RULE_LIMITS_MAX; k++)
            FUZZ_CHECK(a->rules[i].numbers[k] == b->rules[i].numbers[k] &&
                       span_eq(buf_view(&a->rules[i].words[k]), buf_view(&b->rules[i].words[k])));
    }
}

static void check_values(const struct rules_limits *l)
{
    FUZZ_CHECK(l->clock_tolerance_ms <= RULE_DAY && l->action_count <= 1000);
    for (size_t i = 0; i < l->action_count; i++)
        FUZZ_CHECK(action_of(span_str(l->actions[i].name)) == ACTION_OWN &&
                   l->actions[i].action < ACTION_COUNT_OF);
    for (unsigned i = 0; i < rules_count; i++) {
        const struct rule_limit *limit = rules_all[i]->limits;

        for (unsigned k = 0; limit != NULL && limit[k].name != NULL; k++) {
            uint64_t n = l->rules[i].numbers[k];

            if (limit[k].type == LIMIT_DURATION || limit[k].type == LIMIT_COUNT)
                FUZZ_CHECK(n >= limit[k].min && n <= limit[k].max);
            if (limit[k].type == LIMIT_SWITCH)
                FUZZ_CHECK(n <= 1);
        }
    }
}

/* Every line of it is something, and plain. */
static void check_errors(struct span text)
{
    struct cursor c = cursor_of(text);

    while (cursor_left(&c) > 0) {
        struct span line = cursor_line(&c);

        FUZZ_CHECK(!c.failed && line.n > 0 && plain_utf8(line, false));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct rules_limits *limits = NULL, *again = NULL;
    struct buf errors, out;
    int err;

    fuzz_file_put("rules.ini", in);
    buf_init(&errors, 16 << 20);
    buf_init(&out, 1 << 20);
    err = rules_limits_read(fuzz_file("rules.ini"), &limits, &errors);
    FUZZ_CHECK(err == 0 || err == KEIIN_EUSAGE);
    FUZZ_CHECK((err == 0) == (limits != NULL) && (err == 0) == (errors.n == 0));
    check_errors(buf_view(&errors));
    if (err == 0) {
        check_values(limits);
        put_all(&out, limits);
        fuzz_file_put("again.ini", buf_view(&out));
        FUZZ_CHECK(rules_limits_read(fuzz_file("again.ini"), &again, &errors) == 0);
        same(limits, again);
    }
    rules_limits_free(limits);
    rules_limits_free(again);
    buf_destroy(&errors);
    buf_destroy(&out);
    fuzz_end(in);
    return 0;
}
