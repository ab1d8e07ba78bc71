/*
 * verifier/rules/facts_json.c: a finding as JSON that nobody vouches for. It makes a sentence in
 * every wording or in none, of plain characters; the facts that were read, written as JSON again,
 * make the same one.
 */
#include "verifier/rules/facts_json.h"

#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 100000;

static void put(struct buf *out, const json_t *finding, const struct wording *w, int wanted)
{
    buf_clear(out);
    FUZZ_CHECK(facts_json_sentence(out, finding, w) == wanted);
    FUZZ_CHECK(buf_status(out) == 0 && (out->n > 0) == (wanted == 0));
    FUZZ_CHECK(plain_utf8(buf_view(out), false));
}

/* What was taken of it, through JSON once more. */
static void again(const json_t *finding, struct span wanted)
{
    const char *name = json_string_value(json_object_get(finding, "rule"));
    const struct rule *rule = rule_of(span_str(name));
    struct rule_fact facts[FACTS_JSON_MAX];
    struct rules_finding f = {.rule = rule, .facts = facts};
    json_t *other = json_object();
    struct buf out;

    FUZZ_CHECK(facts_json_read(json_object_get(finding, "facts"), rule, facts, &f.fact_count) == 0);
    FUZZ_CHECK(f.fact_count <= FACTS_JSON_MAX);
    json_object_set_new(other, "rule", json_string(name));
    json_object_set(other, "said", json_object_get(finding, "said"));
    json_object_set_new(other, "facts", facts_json_of(&f));
    buf_init(&out, 16 << 20);
    put(&out, other, NULL, 0);
    FUZZ_CHECK(span_eq(buf_view(&out), wanted));
    buf_destroy(&out);
    json_decref(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct wording wordings[] = {{LANGUAGE_EN, 9 * 60, false},
        {LANGUAGE_JA, ZONE_RFC3339, false}, {LANGUAGE_JA, -ZONE_MINUTES_MAX, true}};
    struct span in = fuzz_begin(data, n);
    json_t *json = json_loadb((const char *)in.p, in.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct buf out;
    int err;

    buf_init(&out, 16 << 20);
    if (json != NULL) {
        err = facts_json_sentence(&out, json, NULL);
        FUZZ_CHECK(err == 0 || err == KEIIN_EMALFORMED);
        for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++)
            put(&out, json, &wordings[i], err);
        put(&out, json, NULL, err);
        if (err == 0)
            again(json, buf_view(&out));
    }
    buf_destroy(&out);
    json_decref(json);
    fuzz_end(in);
    return 0;
}
