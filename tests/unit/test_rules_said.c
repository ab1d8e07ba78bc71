/*
 * What the rules say, in both languages: every text is there, a sentence names the same facts in
 * each, and what was stored as JSON makes the same sentence again, or an error.
 */
#include "tests/unit/test.h"

#include "verifier/rules/facts_json.h"
#include "verifier/rules/vocabulary.h"

static const struct wording tokyo[] = {
    {LANGUAGE_EN, 9 * 60, false}, {LANGUAGE_JA, 9 * 60, true}, {LANGUAGE_JA, ZONE_RFC3339, false}};
#define WORDINGS 4 /* these, and none */

static const struct wording *wording_number_of(size_t i)
{
    return i < WORDINGS - 1 ? &tokyo[i] : NULL;
}

/* --- Texts. */

static bool japanese(const char *text)
{
    /* Kana and the common ideographs: three bytes, from U+3041 to U+9FFF. */
    for (const uint8_t *p = (const uint8_t *)text; *p != 0; p++)
        if (*p >= 0xe3 && *p <= 0xe9)
            return true;
    return false;
}

static bool ends(const char *text, const char *end)
{
    size_t n = strlen(text), tail = strlen(end);

    return n >= tail && strcmp(text + n - tail, end) == 0;
}

/* `whole`: in sentences, which end. */
static void both(const struct rule *rule, const struct said *said, bool whole, bool fields)
{
    const char *en = said->in[LANGUAGE_EN], *ja = said->in[LANGUAGE_JA];

    if (en == NULL || ja == NULL || en[0] == 0 || ja[0] == 0 || japanese(en) ||
        !utf8_plain(span_str(ja)) || (!japanese(ja) && !fields))
        fail_msg("%s: \"%s\" is not said in both languages", rule->name, en == NULL ? "" : en);
    if (whole && (!ends(en, ".") || !ends(ja, "。")))
        fail_msg("%s: \"%s\" is no sentence in both languages", rule->name, en);
    /* Marks as Japanese has them; a comma stands in numbers alone. */
    for (const char *p = ja; whole && *p != 0; p++)
        if (strchr(",;!?", *p) != NULL && !(p > ja && p[-1] >= '0' && p[-1] <= '9'))
            if (p[1] == ' ' || (uint8_t)p[1] >= 0x80)
                fail_msg("%s: \"%s\" has marks of another language", rule->name, ja);
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < rules_count; i++) {
        const struct rule *rule = rules_all[i];

        both(rule, &rule->title, false, false);
        assert_true(strlen(rule->title.in[LANGUAGE_EN]) <= 45);
        assert_true(strlen(rule->title.in[LANGUAGE_JA]) <= 3 * 22);
        assert_true(rule_sentences(rule) > 0);
        for (unsigned j = 0; j < rule_sentences(rule); j++)
            both(rule, &rule->sentences[j], true, false);
        both(rule, &rule->meaning, true, false);
        both(rule, &rule->reads, false, true);
        both(rule, &rule->blind, true, false);
        both(rule, &rule->origin, true, false);
        for (const struct rule_limit *l = rule->limits; l != NULL && l->name != NULL; l++)
            both(rule, &l->says, false, false);
        for (const struct fact_form *f = rule->facts; f->name != NULL; f++)
            for (const struct said *w = f->words; w != NULL && w->in[LANGUAGE_EN] != NULL; w++)
                both(rule, w, false, false);
        for (size_t j = 0; j < i; j++)
            for (int language = 0; language < LANGUAGES; language++)
                assert_string_not_equal(rule->title.in[language], rules_all[j]->title.in[language]);
    }
    for (int severity = SEVERITY_LOW; severity <= SEVERITY_HIGH; severity++)
        assert_true(japanese(severity_said[severity].in[LANGUAGE_JA]));
}

/* --- Facts that sentences name. */

/* Steps to the next name in braces; empty at the end. */
static struct span next_name(const char **p)
{
    const char *open = strchr(*p, '{'), *close = open == NULL ? NULL : strchr(open, '}');

    if (open == NULL)
        return span_of(NULL, 0);
    assert_non_null(close);
    *p = close + 1;
    return span_of(open + 1, (size_t)(close - open - 1));
}

static bool names(const char *sentence, struct span name)
{
    struct span one;

    while ((one = next_name(&sentence)).n > 0)
        if (span_eq(one, name))
            return true;
    return false;
}

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < rules_count; i++) {
        const struct rule *rule = rules_all[i];

        for (unsigned j = 0; j < rule_sentences(rule); j++)
            for (int language = 0; language < LANGUAGES; language++) {
                const char *other = rule->sentences[j].in[1 - language];
                const char *p = rule->sentences[j].in[language];
                struct span name;

                while ((name = next_name(&p)).n > 0) {
                    if (rule_fact_form(rule, name) == NULL)
                        fail_msg("%s names {%.*s}, which is no fact", rule->name, (int)name.n,
                            (const char *)name.p);
                    if (!names(other, name))
                        fail_msg("%s names {%.*s} in one language only", rule->name, (int)name.n,
                            (const char *)name.p);
                }
            }
        for (const struct fact_form *f = rule->facts; f->name != NULL; f++) {
            bool named = false;

            for (unsigned j = 0; j < rule_sentences(rule); j++)
                named |= names(rule->sentences[j].in[LANGUAGE_EN], span_str(f->name));
            if (!named)
                fail_msg("%s has {%s}, which no sentence names", rule->name, f->name);
            assert_true(rule_fact_form(rule, span_str(f->name)) == f); /* once */
            for (const struct fact_form *usual = rule_usual_facts; usual->name != NULL; usual++)
                assert_string_not_equal(usual->name, f->name);
            assert_true((f->type == FACT_WORDS) == (f->words != NULL));
        }
    }
    assert_null(rule_fact_form(rules_all[0], span_str("nothing")));
}

/* --- Sentences. */

/* A fact for every form of a rule, `seed` deciding what. */
static size_t make_facts(const struct rule *rule, uint64_t *seed, struct rule_fact *out)
{
    static const uint64_t numbers[] = {0, 1, 1234567, UINT64_C(1775003400123),
        (UINT64_C(1) << 53) - 1, UINT64_C(1) << 53, INT64_MAX, (uint64_t)INT64_MAX + 1,
        UINT64_MAX - 1, UINT64_MAX};
    static const char *const texts[] = {"", "npa/a.1", "query", "foreign", "x-own", "\"{at}\\"};
    const struct fact_form *lists[] = {rule->facts, rule_usual_facts};
    size_t count = 0;

    for (int i = 0; i < 2; i++)
        for (const struct fact_form *f = lists[i]; f->name != NULL; f++) {
            struct rule_fact fact = {f->name, f->type, {NULL, 0},
                numbers[test_random(seed) % (sizeof numbers / sizeof numbers[0])]};
            unsigned words = 0;

            while (f->type == FACT_WORDS && f->words[words].in[LANGUAGE_EN] != NULL)
                words++;
            if (f->type == FACT_TEXT) {
                fact.number = 0;
                fact.text = span_str(texts[test_random(seed) % (sizeof texts / sizeof texts[0])]);
            } else if (f->type == FACT_WORDS) {
                fact.number = 1 + test_random(seed) % ((UINT64_C(1) << words) - 1);
            }
            out[count++] = fact;
        }
    assert_true(count <= FACTS_JSON_MAX);
    return count;
}

static const struct rules_address address = {3, 4};

/* The finding through text and back, in every wording. */
static void same_again(const struct rules_finding *f)
{
    json_t *json = json_object(), *back;
    char *text;

    json_object_set_new(json, "rule", json_string(f->rule->name));
    json_object_set_new(json, "said", json_integer((json_int_t)f->sentence));
    json_object_set_new(json, "facts", facts_json_of(f));
    text = json_dumps(json, 0);
    back = json_loads(text, 0, NULL);
    assert_non_null(back);
    for (size_t i = 0; i < WORDINGS; i++) {
        struct buf one, other;

        buf_init(&one, 64 * 1024);
        buf_init(&other, 64 * 1024);
        rules_finding_sentence(&one, f, wording_number_of(i));
        assert_int_equal(facts_json_sentence(&other, back, wording_number_of(i)), 0);
        test_assert_span(buf_view(&one), buf_view(&other));
        assert_true(one.n > 0 && utf8_plain(buf_view(&one)));
        buf_destroy(&one);
        buf_destroy(&other);
    }
    free(text);
    json_decref(back);
    json_decref(json);
}

static void test_json_and_back(void **state)
{
    uint64_t seed = test_seed();

    (void)state;
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < rules_count; i++)
            for (unsigned j = 0; j < rule_sentences(rules_all[i]); j++) {
                struct rule_fact facts[FACTS_JSON_MAX];
                struct rules_finding f = {.rule = rules_all[i],
                    .addresses = &address,
                    .address_count = 1,
                    .sentence = j,
                    .facts = facts,
                    .fact_count = make_facts(rules_all[i], &seed, facts)};

                same_again(&f);
            }
}

static void reads(const char *rule, unsigned sentence, const struct rule_fact *facts, size_t count,
    const struct wording *w, const char *wanted)
{
    struct buf b;

    buf_init(&b, 4096);
    assert_int_equal(rules_sentence_put(&b, rule_of(span_str(rule)), sentence, facts, count, w), 0);
    if (!span_is(buf_view(&b), wanted))
        fail_msg("%.*s\nis not\n%s", (int)b.n, (const char *)b.p, wanted);
    buf_destroy(&b);
}

static void test_wordings(void **state)
{
    struct rule_fact scope[] = {fact_time("at", UINT64_C(1775003400123)),
        fact_text("actor", span_str("npa/a")), fact_text("unit", span_of(NULL, 0)),
        fact_text("action", span_str("query")), fact_text("dataset", span_str("d.1")),
        fact_text("authority", span_str("a-7")), fact_words("several", 6)};
    struct rule_fact bounds[] = {scope[0], scope[1], scope[2], scope[3], scope[4], scope[5],
        fact_time("valid_from", 0), fact_time("valid_to", UINT64_MAX)};
    struct rule_fact denied[] = {scope[0], scope[1], fact_text("unit", span_str("u")),
        fact_text("action", span_str("x-own")), scope[4], fact_number("denied", 1000),
        fact_duration("period", 90000)};
    struct rule_fact entry[] = {
        fact_text("writer", span_str("w")), fact_index("entry", 1234), fact_number("size", 5678)};

    (void)state;
    reads("authority-scope", 4, scope, 7, NULL,
        "npa/a (unit not named) did \"query\" on data set d.1 under a-7 at 2026-04-01T00:30:00.123Z; "
        "outside what the approval allows were its data set, unit.");
    reads("authority-scope", 4, scope, 7, &tokyo[0],
        "npa/a (unit not named) did \"query\" on data set d.1 under a-7 at 1 April 2026, 09:30:00; "
        "outside what the approval allows were its data set, unit.");
    reads("authority-scope", 4, scope, 7, &tokyo[1],
        "npa/a（部署の記載なし）は、令和8年4月1日9時30分00秒に、承認 a-7 "
        "に基づくとして、データセット d.1 "
        "に対して照会（query）を行いました。次の点が承認の範囲を超えています：データセット、部署"
        "。");
    reads("authority-expired", 0, bounds, 8, &tokyo[2],
        "npa/a（部署の記載なし）は、2026-04-01T00:30:00.123Zに、承認 a-7 "
        "に基づくとして、データセット d.1 "
        "に対して照会（query）を行いましたが、この承認の有効期間はまだ始まっていませんでした（有効"
        "期間：〔始期の定めなし〕から〔終期の定めなし〕まで）。");
    reads("denied-burst", 0, denied, 7, NULL,
        "npa/a (u) was denied more than 1000 times within 1 min 30 s, the last time at "
        "2026-04-01T00:30:00.123Z: \"x-own\" on data set d.1.");
    reads("denied-burst", 0, denied, 7, &tokyo[0],
        "npa/a (u) was denied more than 1,000 times within 1 minute 30 seconds, the last time at 1 "
        "April 2026, 09:30:00: \"x-own\" on data set d.1.");
    reads("denied-burst", 0, denied, 7, &tokyo[1],
        "npa/"
        "a（u）は、1分30秒の間に1,"
        "000回を超えて拒否されました。最後に拒否されたのは、令和8年4月1日9時30分00秒の、データセッ"
        "ト d.1 に対するx-ownです。");
    /* Times of one second are told apart, or the sentence would contradict itself. */
    bounds[6].number = bounds[0].number + 1;
    reads("authority-expired", 0, bounds, 8, &tokyo[0],
        "npa/a (unit not named) did \"query\" on data set d.1 under a-7 at 1 April 2026, "
        "09:30:00.123, "
        "before that approval began: it holds from 1 April 2026, 09:30:00.124 to without end.");
    bounds[6].number = bounds[0].number;
    reads("authority-expired", 0, bounds, 8, &tokyo[0],
        "npa/a (unit not named) did \"query\" on data set d.1 under a-7 at 1 April 2026, 09:30:00, "
        "before that approval began: it holds from 1 April 2026, 09:30:00 to without end.");
    /* An entry's number is no count of things. */
    reads("time-disputed", 0, entry, 3, &tokyo[0],
        "The heartbeat of w in entry 1234 names a checkpoint of 5,678 entries; it can only name "
        "one of the entries before it, and the log signed this one.");
}

/* --- What cannot be trusted. */

static void refused(const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct buf b;

    assert_non_null(json);
    for (size_t i = 0; i < WORDINGS; i++) {
        buf_init(&b, 4096);
        if (facts_json_sentence(&b, json, wording_number_of(i)) != KEIIN_EMALFORMED || b.n != 0)
            fail_msg("a sentence of %s", text);
        buf_destroy(&b);
    }
    json_decref(json);
}

static void test_hostile_json(void **state)
{
    static const char *const bad[] = {"{}", "[]", "null", "3", "\"raw-access\"",
        "{\"rule\":\"clock-step\",\"said\":0}", "{\"rule\":\"clock-step\",\"said\":0,\"facts\":[]}",
        "{\"rule\":\"clock-step\",\"said\":0,\"facts\":null}",
        "{\"rule\":\"clock-step\",\"said\":0,\"facts\":{}}", "{\"rule\":3,\"said\":0,\"facts\":{}}",
        "{\"rule\":\"clock-step\\u0000\",\"said\":0,\"facts\":{\"at\":1,\"before\":1,\"apart\":1,"
        "\"limit\":1}}",
        "{\"rule\":\"action-unknown\",\"said\":-1,\"facts\":{\"at\":1}}",
        "{\"rule\":\"action-unknown\",\"said\":1,\"facts\":{\"at\":1}}",
        "{\"rule\":\"action-unknown\",\"said\":4294967296,\"facts\":{\"at\":1}}",
        "{\"rule\":\"action-unknown\",\"said\":9223372036854775807,\"facts\":{\"at\":1}}",
        "{\"rule\":\"action-unknown\",\"said\":0.0,\"facts\":{\"at\":1}}",
        "{\"rule\":\"action-unknown\",\"said\":\"0\",\"facts\":{\"at\":1}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":-1}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":1.5}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":true}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":[]}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":\"1\"}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":\"99999999999999999999\"}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":\"09223372036854775808\"}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":1,\"actor\":3}}",
        "{\"rule\":\"action-unknown\",\"said\":0,\"facts\":{\"at\":1,\"purpose\":{}}}",
        "{\"rule\":\"late-record\",\"said\":0,\"facts\":{\"at\":1,\"received\":1,\"apart\":null,"
        "\"limit\":1}}",
        "{\"rule\":\"erase-unwitnessed\",\"said\":0,\"facts\":{\"at\":1}}",
        "{\"rule\":\"erase-unwitnessed\",\"said\":0,\"facts\":{\"at\":1,\"lacking\":\"why\"}}",
        "{\"rule\":\"erase-unwitnessed\",\"said\":0,\"facts\":{\"at\":1,\"lacking\":[]}}",
        "{\"rule\":\"erase-unwitnessed\",\"said\":0,\"facts\":{\"at\":1,\"lacking\":[3]}}",
        "{\"rule\":\"erase-unwitnessed\",\"said\":0,\"facts\":{\"at\":1,\"lacking\":[\"whom\"]}}",
        "{\"rule\":\"authority-scope\",\"said\":4,\"facts\":{\"at\":1,\"several\":[\"unit\","
        "\"purpose\"]}}",
        "{\"rule\":\"authority-scope\",\"said\":4,\"facts\":{\"at\":1,\"several\":[\"unit\","
        "\"unit\"]}}"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(bad[i]);
}

/* Facts that are none, where a sentence would name texts alone. */
static void test_no_object(void **state)
{
    struct rule_fact facts[FACTS_JSON_MAX];
    json_t *list = json_array();
    size_t count;

    (void)state;
    assert_int_equal(facts_json_read(list, rules_all[0], facts, &count), KEIIN_EMALFORMED);
    assert_int_equal(facts_json_read(NULL, rules_all[0], facts, &count), KEIIN_EMALFORMED);
    json_decref(list);
}

/* What is said in a text of JSON is text, whatever it is. */
static void test_hostile_texts(void **state)
{
    static const char text[] =
        "{\"rule\":\"action-unknown\",\"said\":0,\"open\":[],\"facts\":{\"at\":1,\"more\":{},"
        "\"actor\":\"\\u0000{at}\\n\\u202e%s\",\"action\":\"<b>\"}}";
    json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);
    struct buf b;

    (void)state;
    assert_non_null(json);
    buf_init(&b, 4096);
    assert_int_equal(facts_json_sentence(&b, json, &tokyo[2]), 0);
    test_assert_span(span_of(b.p, 61),
        span_of("\\u{0000}{at}\\u{000a}\\u{202e}%s は、1970-01-01T00:00:00.001Zに、「<b>」", 61));
    buf_destroy(&b);
    json_decref(json);
}

/* Any of its facts gone, or of another type: an error, or it was not named. */
static void test_facts_that_are_not_there(void **state)
{
    uint64_t seed = test_seed();

    (void)state;
    for (size_t i = 0; i < rules_count; i++)
        for (unsigned j = 0; j < rule_sentences(rules_all[i]); j++) {
            const struct rule *rule = rules_all[i];
            struct rule_fact facts[FACTS_JSON_MAX];
            size_t count = make_facts(rule, &seed, facts);

            for (size_t k = 0; k < count; k++) {
                bool named = names(rule->sentences[j].in[LANGUAGE_EN], span_str(facts[k].name));
                int wanted = named ? KEIIN_EMALFORMED : 0;
                struct rule_fact kept = facts[k];
                struct buf b;

                buf_init(&b, 64 * 1024);
                facts[k].type = (enum fact_type)((kept.type + 1) % 6);
                assert_int_equal(rules_sentence_put(&b, rule, j, facts, count, NULL), wanted);
                assert_true(!named || b.n == 0);
                buf_clear(&b);
                facts[k] = kept;
                facts[k].name = "nothing";
                assert_int_equal(rules_sentence_put(&b, rule, j, facts, count, NULL), wanted);
                assert_true(!named || b.n == 0);
                facts[k] = kept;
                buf_destroy(&b);
            }
        }
}

static void test_vocabulary(void **state)
{
    static const struct said *(*const all[])(struct span) = {
        vocabulary_action, vocabulary_recipient_kind, vocabulary_outcome, vocabulary_decision};

    (void)state;
    for (int action = 0; action < ACTION_COUNT_OF; action++) {
        const char *id = action_text((enum action)action);
        const struct said *said = vocabulary_action(span_str(id));

        if (said == NULL || !japanese(said->in[LANGUAGE_JA]) || said->in[LANGUAGE_EN][0] == 0)
            fail_msg("%s has no name", id);
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_null(all[i](span_str("x-own")));
        assert_null(all[i](span_of(NULL, 0)));
    }
    assert_string_equal(vocabulary_outcome(span_str("denied"))->in[LANGUAGE_JA], "拒否");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_json_and_back),
        cmocka_unit_test(test_wordings),
        cmocka_unit_test(test_hostile_json),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_no_object),
        cmocka_unit_test(test_facts_that_are_not_there),
        cmocka_unit_test(test_vocabulary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
