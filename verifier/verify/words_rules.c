/* What the rules found, in sentences; and what a rule is. */
#include <inttypes.h>

#include "core/sha256.h"
#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"
#include "system/wrap.h"
#include "verifier/verify/rules_report.h"

#define SAY(to, id, ...) fprintf(to, message_text(MESSAGE_VERIFY_##id), ##__VA_ARGS__)

/* A severity as the reader calls it. */
static const char *severity(const struct rule *rule)
{
    return severity_said[rule->severity].in[messages_language()];
}

/* Times with their zone, since a finding is read by itself. */
static const struct wording *wording(void)
{
    static const struct wording japanese = {LANGUAGE_JA, ZONE_RFC3339, false};

    return messages_language() == LANGUAGE_JA ? &japanese : NULL;
}

void words_rules_finding(FILE *to, const struct rules_finding *f)
{
    char hex[2 * HASH_BYTES + 1];
    struct buf text;

    hex_encode(hex, span_hash(&f->id));
    buf_init(&text, 64 * 1024);
    for (size_t i = 0; i < f->address_count; i++)
        buf_printf(&text, "%s%" PRIu64 ".%" PRIu64, i == 0 ? "" : " ", f->addresses[i].index,
            f->addresses[i].position);
    buf_put_u8(&text, 0);
    if (f->address_count == 1)
        SAY(to, RULES_FINDING, f->rule->name, severity(f->rule), (const char *)text.p, hex);
    else
        SAY(to, RULES_FINDING_MORE, f->rule->name, severity(f->rule), (const char *)text.p, hex);
    buf_clear(&text);
    rules_finding_sentence(&text, f, wording());
    fputs("    ", to);
    wrap_put(to, buf_view(&text), 4, 4);
    if (f->open)
        SAY(to, RULES_OPEN);
    buf_destroy(&text);
}

static void say_verdict(FILE *to, const struct rules_outcome *o)
{
    uint64_t records = rules_counts(o->rules)->records;
    const struct audit_result *audit = o->audit;

    if (o->report->found == 1)
        SAY(to, RULES_ONE, records);
    else if (o->report->found > 1)
        SAY(to, RULES_SOME, o->report->found, records);
    else if (audit->verdict == AUDIT_INCOMPLETE)
        SAY(to, RULES_NO_VERDICT);
    else if (audit->verdict == AUDIT_FINDINGS)
        SAY(to, RULES_AUDIT_ONLY);
    else if (o->report->before > 0)
        SAY(to, RULES_NOTHING_NEW, o->report->before);
    else
        SAY(to, RULES_NONE, records);
    if (audit->verdict == AUDIT_FINDINGS)
        SAY(to, RULES_UNSOUND);
    for (size_t i = 0; i < audit->finding_count; i++)
        if (audit->findings[i].code == FINDING_INCOMPLETE) {
            SAY(to, RULES_PARTLY);
            cli_put_visible(to, span_str(audit->findings[i].detail));
            fputs("\n", to);
        }
}

static void say_rest(FILE *to, const struct rules_outcome *o)
{
    const struct rules_counts *counts = rules_counts(o->rules);
    char time[TIME_TEXT_BYTES], hex[2 * HASH_BYTES + 1];
    struct hash none;
    struct span name;
    uint64_t count;
    bool any = false;

    SAY(to, RULES_READ, counts->entries, counts->records);
    if (o->audit->has_received) {
        time_text(time, o->audit->last_received);
        SAY(to, RULES_RECEIVED, time);
    }
    fputs("\n", to);
    if (o->resumed && o->report->found > 0)
        SAY(to, RULES_BEFORE, o->report->before);
    SAY(to, RULES_LEDGER);
    cli_put_visible(to, o->origin);
    fputs("\n", to);
    sha256(&none, (struct span){NULL, 0});
    hex_encode(hex, span_hash(rules_limits_digest(o->limits)));
    if (hash_eq(&none, rules_limits_digest(o->limits)))
        SAY(to, RULES_INITIAL);
    else
        SAY(to, RULES_LIMITS, hex);
    for (unsigned i = 0; i < rules_count; i++)
        if (rules_limits_off(o->limits, i)) {
            fputs(any ? " " : message_text(MESSAGE_VERIFY_RULES_OFF), to);
            fputs(rules_all[i]->name, to);
            any = true;
        }
    if (any)
        fputs("\n", to);
    for (size_t i = 0; rules_own_action(o->rules, i, &name, &count); i++) {
        if (i == 0)
            SAY(to, RULES_OWN);
        fputs(" ", to);
        cli_put_visible(to, name);
        SAY(to, RULES_OWN_COUNT, count);
    }
    if (rules_own_action(o->rules, 0, &name, &count))
        fputs("\n", to);
    SAY(to, RULES_CANNOT);
}

int words_rules(FILE *to, const struct rules_outcome *o)
{
    int err = 0;

    say_verdict(to, o);
    say_rest(to, o);
    if (o->report->found > 0) {
        SAY(to, RULES_COUNTS);
        for (size_t i = 0; i < rules_count; i++)
            if (o->report->by_rule[i] > 0)
                SAY(to, RULES_COUNT, rules_all[i]->name, o->report->by_rule[i],
                    severity(rules_all[i]));
        SAY(to, RULES_LIST);
        err = rules_report_put(o->report, to);
    }
    if (o->report->found > o->report->told)
        SAY(to, RULES_OMITTED, o->report->found - o->report->told);
    return err;
}

/* A sentence of the table that ends with a text of the rule, which may take several lines. */
static void say_wrapped(FILE *to, enum message id, const char *text)
{
    const char *format = message_text(id), *end = strstr(format, "%s");
    struct span head = span_of(format, end == NULL ? 0 : (size_t)(end - format));
    size_t width = wrap_width(head);

    fwrite(head.p, 1, head.n, to);
    wrap_put(to, span_str(text), width, width);
}

static void say_limit(FILE *to, const struct rules_limits *limits, unsigned rule, unsigned number)
{
    const struct rule_limit *limit = &rules_all[rule]->limits[number];
    struct buf value, text;

    buf_init(&value, 64 * 1024);
    buf_init(&text, 128 * 1024);
    rules_limits_put(limits, rule, number, &value);
    buf_put_u8(&value, 0);
    buf_printf(&text, message_text(MESSAGE_VERIFY_RULE_LIMIT_IS), limit->name,
        (const char *)value.p, limit->says.in[messages_language()], limit->initial);
    buf_put_u8(&text, 0);
    say_wrapped(to, MESSAGE_VERIFY_RULE_LIMIT, (const char *)text.p);
    buf_destroy(&text);
    buf_destroy(&value);
}

void words_rule(FILE *to, const struct rule *rule, const struct rules_limits *limits)
{
    const struct rule_limit *limit = rule->limits;
    unsigned number = 0;

    while (rules_all[number] != rule)
        number++;
    SAY(to, RULE, rule->name, severity(rule), rule->title.in[messages_language()]);
    fputs("  ", to);
    wrap_put(to, span_str(rule->meaning.in[messages_language()]), 2, 2);
    if (rules_limits_off(limits, number))
        SAY(to, RULE_OFF);
    say_wrapped(to, MESSAGE_VERIFY_RULE_READS, rule->reads.in[messages_language()]);
    for (unsigned i = 0; limit != NULL && limit[i].name != NULL; i++)
        say_limit(to, limits, number, i);
    if (limit == NULL)
        SAY(to, RULE_NO_LIMIT);
    say_wrapped(to, MESSAGE_VERIFY_RULE_BLIND, rule->blind.in[messages_language()]);
    say_wrapped(to, MESSAGE_VERIFY_RULE_ORIGIN, rule->origin.in[messages_language()]);
    for (unsigned i = 0; i < rule_sentences(rule); i++)
        say_wrapped(to, MESSAGE_VERIFY_RULE_SAYS, rule->sentences[i].in[messages_language()]);
    fputs("\n", to);
}
