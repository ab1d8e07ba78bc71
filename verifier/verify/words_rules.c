/* What the rules found, in sentences; and what a rule is. */
#include <inttypes.h>

#include "core/sha256.h"
#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/rules_report.h"

#define SAY(to, id, ...) fprintf(to, message_text(MESSAGE_VERIFY_##id), ##__VA_ARGS__)

static void put_wrapped(FILE *to, struct span text, size_t indent, size_t column)
{
    const uint8_t *p = text.p, *end = text.p + text.n;

    while (p < end) {
        const uint8_t *space = memchr(p, ' ', (size_t)(end - p));
        size_t word = (size_t)((space == NULL ? end : space) - p);

        if (column > indent && column + 1 + word > 96) {
            fprintf(to, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', to);
            column++;
        }
        fwrite(p, 1, word, to);
        column += word;
        p += word + (space != NULL);
    }
    fputc('\n', to);
}

void words_rules_finding(FILE *to, const struct rules_finding *f)
{
    struct buf text;
    char hex[2 * HASH_BYTES + 1];

    hex_encode(hex, span_hash(&f->id));
    fprintf(to, "  %s (%s), record%s", f->rule->name, rules_severity_text(f->rule->severity),
        f->address_count == 1 ? "" : "s");
    for (size_t i = 0; i < f->address_count; i++)
        fprintf(to, " %" PRIu64 ".%" PRIu64, f->addresses[i].index, f->addresses[i].position);
    fprintf(to, ", finding %.16s\n    ", hex);
    buf_init(&text, 64 * 1024);
    rules_finding_sentence(&text, f);
    put_wrapped(to, buf_view(&text), 4, 4);
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
        fprintf(to, " (%" PRIu64 ")", count);
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
                    rules_severity_text(rules_all[i]->severity));
        SAY(to, RULES_LIST);
        err = rules_report_put(o->report, to);
    }
    if (o->report->found > o->report->told)
        SAY(to, RULES_OMITTED, o->report->found - o->report->told);
    return err;
}

static void say_wrapped(FILE *to, const char *format, const char *text)
{
    struct buf line;

    buf_init(&line, 16 * 1024);
    buf_printf(&line, "%.15s", format);
    fwrite(line.p, 1, line.n, to);
    put_wrapped(to, span_str(text), 15, 15);
    buf_destroy(&line);
}

void words_rule(FILE *to, const struct rule *rule, const struct rules_limits *limits)
{
    const struct rule_limit *limit = rule->limits;
    unsigned number = 0;

    while (rules_all[number] != rule)
        number++;
    fprintf(to, "%s (%s)\n  ", rule->name, rules_severity_text(rule->severity));
    put_wrapped(to, span_str(rule->meaning), 2, 2);
    if (rules_limits_off(limits, number))
        SAY(to, RULE_OFF);
    say_wrapped(to, message_text(MESSAGE_VERIFY_RULE_READS), rule->reads);
    for (unsigned i = 0; limit != NULL && limit[i].name != NULL; i++) {
        struct buf value;

        buf_init(&value, 64 * 1024);
        rules_limits_put(limits, number, i, &value);
        buf_put_u8(&value, 0);
        SAY(to, RULE_LIMIT, limit[i].name, (const char *)value.p, limit[i].says, limit[i].initial);
        buf_destroy(&value);
    }
    if (limit == NULL)
        SAY(to, RULE_NO_LIMIT);
    say_wrapped(to, message_text(MESSAGE_VERIFY_RULE_BLIND), rule->blind);
    say_wrapped(to, message_text(MESSAGE_VERIFY_RULE_ORIGIN), rule->origin);
    for (size_t i = 0; rule->sentences[i] != NULL; i++)
        say_wrapped(to, message_text(MESSAGE_VERIFY_RULE_SAYS), rule->sentences[i]);
    fputs("\n", to);
}
