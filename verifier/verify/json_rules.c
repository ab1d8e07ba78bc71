/* What the rules found as JSON lines, with the names of the manual page. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "core/text.h"
#include "verifier/verify/rules_report.h"

static const char *const severities[] = {
    [SEVERITY_LOW] = "low", [SEVERITY_MEDIUM] = "medium", [SEVERITY_HIGH] = "high"};
static const char *const verdicts[] = {"none", "findings", "incomplete"};

static json_t *hex_of(const struct hash *hash)
{
    char hex[2 * HASH_BYTES + 1];

    hex_encode(hex, span_hash(hash));
    return json_string(hex);
}

static json_t *facts_of(const struct rules_finding *f)
{
    json_t *facts = json_object();

    for (size_t i = 0; i < f->fact_count; i++) {
        const struct rule_fact *fact = &f->facts[i];

        if (fact->type != FACT_TEXT)
            json_object_set_new(facts, fact->name,
                fact->number > INT64_MAX ? json_null() : json_integer((json_int_t)fact->number));
        else if (fact->text.n > 0)
            json_object_set_new(
                facts, fact->name, json_stringn((const char *)fact->text.p, fact->text.n));
    }
    return facts;
}

static int put_line(FILE *to, json_t *json)
{
    int err = json == NULL ? KEIIN_ENOMEM : 0;

    if (err == 0 && json_dumpf(json, to, JSON_COMPACT | JSON_REAL_PRECISION(5)) != 0)
        err = KEIIN_EIO;
    fputs("\n", to);
    json_decref(json);
    return err == 0 && ferror(to) ? KEIIN_EIO : err;
}

int json_rules_finding(FILE *to, const struct rules_finding *f)
{
    json_t *json = json_object(), *records = json_array();
    struct buf sentence;

    buf_init(&sentence, 64 * 1024);
    rules_finding_sentence(&sentence, f);
    for (size_t i = 0; i < f->address_count; i++) {
        char address[48];

        snprintf(address, sizeof address, "%" PRIu64 ".%" PRIu32, f->addresses[i].index,
            f->addresses[i].position);
        json_array_append_new(records, json_string(address));
    }
    json_object_set_new(json, "rule", json_string(f->rule->name));
    json_object_set_new(json, "severity", json_string(severities[f->rule->severity]));
    json_object_set_new(json, "id", hex_of(&f->id));
    json_object_set_new(json, "records", records);
    json_object_set_new(json, "open", json_boolean(f->open));
    json_object_set_new(json, "sentence", json_stringn((const char *)sentence.p, sentence.n));
    json_object_set_new(json, "facts", facts_of(f));
    json_object_set_new(json, "limits", hex_of(f->digest));
    buf_destroy(&sentence);
    return put_line(to, json);
}

int json_rules(FILE *to, const struct rules_outcome *o)
{
    const struct rules_counts *counts = rules_counts(o->rules);
    json_t *json = json_object(), *by_rule = json_object(), *own = json_object();
    char name[NAME_BYTES_MAX + 1];
    struct span action;
    uint64_t count;
    int err = rules_report_put(o->report, to);

    for (size_t i = 0; i < rules_count; i++)
        if (o->report->by_rule[i] > 0)
            json_object_set_new(
                by_rule, rules_all[i]->name, json_integer((json_int_t)o->report->by_rule[i]));
    for (size_t i = 0; rules_own_action(o->rules, i, &action, &count); i++) {
        snprintf(name, sizeof name, "%.*s", (int)action.n, (const char *)action.p);
        json_object_set_new(own, name, json_integer((json_int_t)count));
    }
    json_object_set_new(json, "verdict", json_string(verdicts[rules_outcome_status(o)]));
    json_object_set_new(json, "audit",
        json_string(o->audit->verdict == AUDIT_VERIFIED   ? "verified"
                    : o->audit->verdict == AUDIT_FINDINGS ? "findings"
                                                          : "incomplete"));
    json_object_set_new(json, "origin", json_stringn((const char *)o->origin.p, o->origin.n));
    json_object_set_new(
        json, "ledger_id", o->audit->has_ledger_id ? hex_of(&o->audit->ledger_id) : json_null());
    json_object_set_new(json, "size", json_integer((json_int_t)o->audit->size));
    json_object_set_new(json, "entries", json_integer((json_int_t)counts->entries));
    json_object_set_new(json, "records", json_integer((json_int_t)counts->records));
    json_object_set_new(json, "last_received",
        o->audit->has_received ? json_integer((json_int_t)o->audit->last_received) : json_null());
    json_object_set_new(json, "limits", hex_of(rules_limits_digest(o->limits)));
    json_object_set_new(json, "findings", json_integer((json_int_t)o->report->found));
    json_object_set_new(json, "open", json_integer((json_int_t)o->report->open));
    json_object_set_new(json, "findings_before", json_integer((json_int_t)o->report->before));
    json_object_set_new(json, "by_rule", by_rule);
    json_object_set_new(json, "not_judged", own);
    json_object_set_new(json, "state_bytes", json_integer((json_int_t)counts->state_bytes));
    json_object_set_new(json, "seconds", json_real(o->seconds));
    return err != 0 ? (json_decref(json), err) : put_line(to, json);
}
