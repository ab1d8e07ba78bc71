#include "verifier/rules/facts_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/text.h"

static json_t *number_json(const struct rule_fact *fact)
{
    char digits[24];

    if (fact->number <= INT64_MAX)
        return json_integer((json_int_t)fact->number);
    if (fact->type == FACT_TIME && fact->number == UINT64_MAX)
        return json_null();
    snprintf(digits, sizeof digits, "%" PRIu64, fact->number);
    return json_string(digits);
}

static json_t *words_json(const struct said *words, uint64_t bits)
{
    json_t *list = json_array();

    for (unsigned i = 0; list != NULL && words[i].in[LANGUAGE_EN] != NULL; i++)
        if ((bits >> i & 1) != 0 &&
            json_array_append_new(list, json_string(words[i].in[LANGUAGE_EN])) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

json_t *facts_json_of(const struct rules_finding *f)
{
    json_t *facts = json_object();

    for (size_t i = 0; facts != NULL && i < f->fact_count; i++) {
        const struct rule_fact *fact = &f->facts[i];
        json_t *value;

        if (fact->type == FACT_TEXT && fact->text.n == 0)
            continue;
        if (fact->type == FACT_TEXT)
            value = json_stringn((const char *)fact->text.p, fact->text.n);
        else if (fact->type == FACT_WORDS)
            value = words_json(rule_fact_form(f->rule, span_str(fact->name))->words, fact->number);
        else
            value = number_json(fact);
        if (json_object_set_new(facts, fact->name, value) != 0) {
            json_decref(facts);
            facts = NULL;
        }
    }
    return facts;
}

static bool read_number(const json_t *value, enum fact_type type, uint64_t *out)
{
    json_int_t number = json_integer_value(value);

    if (json_is_string(value)) {
        struct span digits = span_of(json_string_value(value), json_string_length(value));

        return decimal_parse(digits, UINT64_MAX, out) && *out > INT64_MAX;
    }
    *out = json_is_null(value) ? UINT64_MAX : (uint64_t)number;
    return json_is_null(value) ? type == FACT_TIME : json_is_integer(value) && number >= 0;
}

static bool read_words(const json_t *value, const struct said *words, uint64_t *out)
{
    size_t count = 0;

    *out = 0;
    for (unsigned i = 0; words[i].in[LANGUAGE_EN] != NULL && count < json_array_size(value); i++) {
        const json_t *word = json_array_get(value, count);

        if (!json_is_string(word) ||
            !span_is(span_of(json_string_value(word), json_string_length(word)),
                words[i].in[LANGUAGE_EN]))
            continue;
        *out |= UINT64_C(1) << i;
        count++;
    }
    return count > 0 && count == json_array_size(value);
}

static int read_forms(
    const json_t *facts, const struct fact_form *form, struct rule_fact *out, size_t *count)
{
    for (; form->name != NULL; form++) {
        const json_t *value = json_object_get(facts, form->name);
        struct rule_fact fact = {form->name, form->type, {NULL, 0}, 0};
        bool right = true;

        if (value == NULL && form->type != FACT_TEXT)
            continue;
        if (form->type == FACT_WORDS) {
            right = read_words(value, form->words, &fact.number);
        } else if (form->type != FACT_TEXT) {
            right = read_number(value, form->type, &fact.number);
        } else if (value != NULL) {
            right = json_is_string(value);
            fact.text = span_of(json_string_value(value), json_string_length(value));
        }
        if (!right)
            return KEIIN_EMALFORMED;
        out[(*count)++] = fact;
    }
    return 0;
}

int facts_json_read(const json_t *facts, const struct rule *rule,
    struct rule_fact out[static FACTS_JSON_MAX], size_t *count)
{
    int err;

    *count = 0;
    if (!json_is_object(facts))
        return KEIIN_EMALFORMED;
    err = read_forms(facts, rule->facts, out, count);
    return err == 0 ? read_forms(facts, rule_usual_facts, out, count) : err;
}

int facts_json_sentence(struct buf *out, const json_t *finding, const struct wording *w)
{
    const json_t *name = json_object_get(finding, "rule"), *said = json_object_get(finding, "said");
    struct rule_fact facts[FACTS_JSON_MAX];
    const struct rule *rule = NULL;
    size_t count;
    int err;

    if (json_is_string(name))
        rule = rule_of(span_of(json_string_value(name), json_string_length(name)));
    if (rule == NULL || !json_is_integer(said)) /* one below 0 is above all when it is cast */
        return KEIIN_EMALFORMED;
    err = facts_json_read(json_object_get(finding, "facts"), rule, facts, &count);
    return err != 0
               ? err
               : rules_sentence_put(out, rule, (uint64_t)json_integer_value(said), facts, count, w);
}
