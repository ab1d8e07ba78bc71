/* Sentences with their facts put in, in either language. */
#include <assert.h>
#include <inttypes.h>

#include "core/text.h"
#include "verifier/rules/rules.h"
#include "verifier/rules/vocabulary.h"

const struct said severity_said[] = {[SEVERITY_LOW] = SAID("low", "低"),
    [SEVERITY_MEDIUM] = SAID("medium", "中"),
    [SEVERITY_HIGH] = SAID("high", "高")};

const struct fact_form rule_usual_facts[] = {{.name = "at", .type = FACT_TIME}, {.name = "actor"},
    {.name = "unit"}, {.name = "action", .named = vocabulary_action}, {.name = "dataset"},
    {.name = "authority"}, {.name = "writer"}, {.name = "purpose"}, {0}};

static const struct fact_form *find_form(const struct fact_form *all, struct span name)
{
    for (; all->name != NULL; all++)
        if (span_is(name, all->name))
            return all;
    return NULL;
}

const struct fact_form *rule_fact_form(const struct rule *rule, struct span name)
{
    const struct fact_form *form = find_form(rule->facts, name);

    return form != NULL ? form : find_form(rule_usual_facts, name);
}

unsigned rule_sentences(const struct rule *rule)
{
    unsigned count = 0;

    while (rule->sentences[count].in[LANGUAGE_EN] != NULL)
        count++;
    return count;
}

void rules_put_duration(struct buf *out, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        const char *unit;
    } units[] = {
        {RULE_DAY, "d"}, {RULE_HOUR, "h"}, {RULE_MINUTE, "min"}, {RULE_SECOND, "s"}, {1, "ms"}};
    bool first = true;

    if (ms == 0)
        buf_put_str(out, "0 s");
    for (size_t i = 0, put = 0; ms > 0 && put < 2; i++) {
        /* 24 h and 72 h are how laws say it. */
        bool in_hours = units[i].ms == RULE_DAY && ms < 4 * RULE_DAY && ms % RULE_HOUR == 0;

        if (ms < units[i].ms || in_hours)
            continue;
        buf_printf(out, "%s%" PRIu64 " %s", first ? "" : " ", ms / units[i].ms, units[i].unit);
        ms %= units[i].ms;
        first = false;
        put++;
    }
}

/* --- Facts. */

struct form_words {
    const char *unnamed;
    const char *unnamed_within, *no_unit; /* between brackets of the sentence */
    const char *beginning, *endless, *comma;
};
static const struct form_words words_of[LANGUAGES] = {
    [LANGUAGE_EN] = {"(not named)", "not named", "unit not named", "the beginning", "without end",
        ", "},
    [LANGUAGE_JA] = {"〔記載なし〕", "記載なし", "部署の記載なし", "〔始期の定めなし〕",
        "〔終期の定めなし〕", "、"}};

static bool ends_with(struct span text, const char *end)
{
    size_t n = strlen(end);

    return text.n >= n && memcmp(text.p + text.n - n, end, n) == 0;
}

static const char *unnamed(
    const struct fact_form *form, struct span before, const struct form_words *words)
{
    if (!ends_with(before, "(") && !ends_with(before, "（"))
        return words->unnamed;
    return strcmp(form->name, "unit") == 0 ? words->no_unit : words->unnamed_within;
}

/* `before` is what stands before it in the sentence. */
static void put_text(struct buf *out, const struct fact_form *form, struct span text,
    struct span before, enum language language)
{
    /* English readers know the ids, which are English words. */
    const struct said *name =
        language == LANGUAGE_EN || form->named == NULL ? NULL : form->named(text);

    if (text.n == 0) {
        buf_put_str(out, unnamed(form, before, &words_of[language]));
        return;
    }
    if (name != NULL)
        buf_put_str(out, name->in[language]);
    buf_put_str(out, name != NULL ? "（" : "");
    text_visible(out, text);
    buf_put_str(out, name != NULL ? "）" : "");
}

static void put_words(
    struct buf *out, const struct said *words, uint64_t bits, enum language language)
{
    const char *comma = "";

    for (unsigned i = 0; words[i].in[LANGUAGE_EN] != NULL; i++) {
        if ((bits >> i & 1) == 0)
            continue;
        buf_put_str(out, comma);
        buf_put_str(out, words[i].in[language]);
        comma = words_of[language].comma;
    }
}

static void put_time(struct buf *out, uint64_t ms, const struct wording *w, bool to_ms)
{
    const struct form_words *words = &words_of[w->language];

    if (ms == 0 || ms == UINT64_MAX) /* bounds that were not given */
        buf_put_str(out, ms == 0 ? words->beginning : words->endless);
    else if (to_ms)
        wording_time_ms(out, w, ms);
    else
        wording_time(out, w, ms);
}

/* How the facts of a sentence are written. */
struct style {
    const struct wording *wording;
    bool plain; /* none was given */
    bool to_ms; /* times of the same second differ, and readers must see in what order they are */
};

static void put_fact(struct buf *out, const struct fact_form *form, const struct rule_fact *fact,
    struct span before, const struct style *style)
{
    const struct wording *w = style->wording;
    bool plain = style->plain;

    switch (form->type) {
    case FACT_TEXT:
        put_text(out, form, fact->text, before, w->language);
        return;
    case FACT_TIME:
        put_time(out, fact->number, w, style->to_ms);
        return;
    case FACT_DURATION:
        if (plain)
            rules_put_duration(out, fact->number);
        else
            wording_duration(out, w->language, fact->number);
        return;
    case FACT_NUMBER:
        if (plain)
            buf_printf(out, "%" PRIu64, fact->number);
        else
            wording_number(out, fact->number);
        return;
    case FACT_INDEX:
        buf_printf(out, "%" PRIu64, fact->number);
        return;
    case FACT_WORDS:
        put_words(out, form->words, fact->number, w->language);
        return;
    }
}

/* The fact that is named at `p`, as its form says it is; NULL when there is none. */
static const struct rule_fact *named_fact(
    const struct fact_form *form, const struct rule_fact *facts, size_t count)
{
    for (size_t i = 0; form != NULL && i < count; i++)
        if (strcmp(facts[i].name, form->name) == 0)
            return facts[i].type == form->type ? &facts[i] : NULL;
    return NULL;
}

/* Steps to the next name in braces, over plain text, which it gives. False at the end. */
static bool next_name(const char **p, struct span *plain, struct span *name)
{
    *plain = span_of(*p, strcspn(*p, "{"));
    *p += plain->n;
    if (**p == 0)
        return false;
    *name = span_of(*p + 1, strcspn(*p, "}") - 1);
    *p += name->n + 2;
    return true;
}

/* Whether two times that a sentence names are of the same second and not the same. */
static bool needs_ms(
    const struct rule *rule, const char *text, const struct rule_fact *facts, size_t count)
{
    uint64_t times[RULE_FACTS_MAX];
    size_t time_count = 0;
    struct span plain, name;

    while (time_count < RULE_FACTS_MAX && next_name(&text, &plain, &name)) {
        const struct fact_form *form = rule_fact_form(rule, name);
        const struct rule_fact *fact = named_fact(form, facts, count);

        if (form != NULL && fact != NULL && form->type == FACT_TIME)
            times[time_count++] = fact->number;
    }
    for (size_t i = 0; i < time_count; i++)
        for (size_t j = 0; j < i; j++)
            if (times[i] != times[j] && times[i] / RULE_SECOND == times[j] / RULE_SECOND)
                return true;
    return false;
}

int rules_sentence_put(struct buf *out, const struct rule *rule, uint64_t sentence,
    const struct rule_fact *facts, size_t count, const struct wording *w)
{
    static const struct wording english = {LANGUAGE_EN, ZONE_RFC3339, false};
    struct style style = {w == NULL ? &english : w, w == NULL, false};
    struct span plain, name;
    const char *text, *p;

    if (sentence >= rule_sentences(rule))
        return KEIIN_EMALFORMED;
    text = rule->sentences[sentence].in[style.wording->language];
    for (p = text; next_name(&p, &plain, &name);)
        if (named_fact(rule_fact_form(rule, name), facts, count) == NULL)
            return KEIIN_EMALFORMED;
    style.to_ms = needs_ms(rule, text, facts, count);
    for (p = text; next_name(&p, &plain, &name);) {
        const struct fact_form *form = rule_fact_form(rule, name);
        const struct rule_fact *fact = named_fact(form, facts, count);

        assert(form != NULL && fact != NULL); /* they were looked for above */
        buf_put_span(out, plain);
        put_fact(out, form, fact, plain, &style);
    }
    buf_put_span(out, plain);
    return 0;
}

void rules_finding_sentence(struct buf *out, const struct rules_finding *f, const struct wording *w)
{
    int err = rules_sentence_put(out, f->rule, f->sentence, f->facts, f->fact_count, w);

    assert(err == 0); /* a sentence names only what its rule gives */
}
