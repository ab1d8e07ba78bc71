/* Values of a report as they are shown. */
#include <stdio.h>

#include "core/text.h"
#include "verifier/report/sections_internal.h"
#include "verifier/report/terms.h"
#include "verifier/rules/facts_json.h"

/* What a buffer holds, into `out`, and the buffer's end. */
static const char *settle(struct shown *out, struct buf *b)
{
    struct span text = utf8_beginning(buf_view(b), sizeof out->text - 1);

    if (text.n > 0)
        memcpy(out->text, text.p, text.n);
    out->text[text.n] = 0;
    buf_destroy(b);
    return out->text;
}

static struct buf begin(void)
{
    struct buf b;

    buf_init(&b, 16 * DOCUMENT_TEXT_BYTES_MAX);
    return b;
}

const char *show_text(const struct page *p, struct shown *out, const json_t *text)
{
    struct buf b = begin();

    if (json_is_string(text))
        document_text(
            &b, p->wording.language, span_of(json_string_value(text), json_string_length(text)));
    return settle(out, &b);
}

const char *show_number(struct shown *out, uint64_t n)
{
    struct buf b = begin();

    wording_number(&b, n);
    return settle(out, &b);
}

const char *show_duration(const struct page *p, struct shown *out, uint64_t ms)
{
    struct buf b = begin();

    if (ms > 0 && ms < 1000)
        buf_put_str(&b, WORDS(p, UNDER_SECOND));
    else
        wording_duration(&b, p->wording.language, ms - ms % 1000);
    return settle(out, &b);
}

const char *show_time(const struct page *p, struct shown *out, const json_t *time)
{
    struct buf b = begin();
    uint64_t ms;

    if (json_is_string(time) && time_parse(span_str(json_string_value(time)), &ms))
        wording_time(&b, &p->wording, ms);
    else if (json_is_string(time)) /* a year that no calendar has */
        document_text(&b, p->wording.language, span_str(json_string_value(time)));
    else
        buf_put_str(&b, WORDS(p, NONE));
    return settle(out, &b);
}

/* --- Figures. */

static uint64_t natural(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) > 0
               ? (uint64_t)json_integer_value(value)
               : 0;
}

uint64_t figure_low(const json_t *value)
{
    return natural(json_is_object(value) ? json_object_get(value, "low") : value);
}

uint64_t figure_high(const json_t *value)
{
    return natural(json_is_object(value) ? json_object_get(value, "high") : value);
}

const char *show_figure(
    const struct page *p, struct shown *out, enum figure_unit unit, const json_t *value)
{
    struct buf b;

    if (json_object_get(value, "withheld") != NULL) {
        snprintf(out->text, sizeof out->text, "—");
        return out->text;
    }
    if (unit == FIGURE_TIME)
        return show_time(p, out, value);
    if (value == NULL || json_is_null(value)) {
        snprintf(out->text, sizeof out->text, "%s", WORDS(p, NONE));
        return out->text;
    }
    if (unit == FIGURE_DURATION && natural(value) > 0)
        return show_duration(p, out, natural(value));
    if (unit == FIGURE_DURATION) {
        snprintf(out->text, sizeof out->text, "%s", WORDS(p, NONE));
        return out->text;
    }
    if (figure_low(value) == figure_high(value))
        return show_number(out, figure_low(value));
    b = begin();
    wording_number(&b, figure_low(value));
    buf_put_str(&b, p->wording.language == LANGUAGE_JA ? "～" : "–");
    wording_number(&b, figure_high(value));
    return settle(out, &b);
}

/* Its title and its name. */
static void show_rule(const struct page *p, struct shown *out, const struct rule *rule)
{
    struct buf b = begin();

    buf_printf(&b, WORDS(p, RULE_NAME), rule->title.in[p->wording.language], rule->name);
    settle(out, &b);
}

const char *show_key(const struct page *p, struct shown *out, const char *key, const json_t *value)
{
    const char *text = json_string_value(value);
    enum message name;

    const struct rule *rule =
        text != NULL && strcmp(key, "rule") == 0 ? rule_of(span_str(text)) : NULL;

    show_text(p, out, value);
    if (rule != NULL)
        show_rule(p, out, rule);
    else if (text == NULL || text[0] == 0)
        snprintf(out->text, sizeof out->text, "%s", WORDS(p, NOT_NAMED));
    else if (p->is_public && strcmp(text, "other") == 0)
        snprintf(out->text, sizeof out->text, "%s", WORDS(p, OTHER));
    else if (terms_label(key, text, &name))
        snprintf(out->text, sizeof out->text, "%s", message_in(p->wording.language, name));
    return out->text;
}

const char *show_title(
    const struct page *p, struct shown *out, const char *key, const json_t *value)
{
    const char *text = json_string_value(value);
    const struct rule *rule =
        text != NULL && strcmp(key, "rule") == 0 ? rule_of(span_str(text)) : NULL;

    show_key(p, out, key, value);
    if (rule != NULL)
        snprintf(out->text, sizeof out->text, "%s", rule->title.in[p->wording.language]);
    return out->text;
}

void put_sentence(const struct page *p, const json_t *finding, struct buf *out)
{
    if (facts_json_sentence(out, finding, &p->wording) != 0)
        buf_put_str(out, WORDS(p, NO_SENTENCE));
}
