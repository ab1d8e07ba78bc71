/* What the rules found as JSON lines, with the names of the manual page. */
#include <inttypes.h>

#include "core/text.h"
#include "verifier/rules/facts_json.h"
#include "verifier/verify/json.h"
#include "verifier/verify/rules_report.h"

static const char *const verdicts[] = {"none", "findings", "incomplete"};
static const char *const audit_verdicts[] = {[AUDIT_VERIFIED] = "verified",
    [AUDIT_FINDINGS] = "findings",
    [AUDIT_INCOMPLETE] = "incomplete"};

static json_t *hex_of(const struct hash *hash)
{
    char hex[2 * HASH_BYTES + 1];

    hex_encode(hex, span_hash(hash));
    return json_string(hex);
}

static json_t *string_of(struct span text)
{
    return json_stringn((const char *)text.p, text.n);
}

static json_t *addresses_of(const struct rules_finding *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < f->address_count; i++) {
        char address[48];

        snprintf(address, sizeof address, "%" PRIu64 ".%" PRIu64, f->addresses[i].index,
            f->addresses[i].position);
        json_add(list, json_string(address));
    }
    return list;
}

int json_rules_finding(FILE *to, const struct rules_finding *f)
{
    json_t *json = json_object();
    struct buf sentence;

    buf_init(&sentence, 64 * 1024);
    rules_finding_sentence(&sentence, f, NULL);
    json_put(json, "rule", json_string(f->rule->name));
    json_put(json, "severity", json_string(severity_said[f->rule->severity].in[LANGUAGE_EN]));
    json_put(json, "id", hex_of(&f->id));
    json_put(json, "records", addresses_of(f));
    json_put(json, "open", json_boolean(f->open));
    json_put(json, "sentence", string_of(buf_view(&sentence)));
    json_put(json, "said", json_number(true, f->sentence));
    json_put(json, "facts", facts_json_of(f));
    json_put(json, "limits", hex_of(f->digest));
    buf_destroy(&sentence);
    return json_line(to, json);
}

static json_t *by_rule(const struct rules_report *report)
{
    json_t *object = json_object();

    for (size_t i = 0; i < rules_count; i++)
        if (report->by_rule[i] > 0)
            json_put(object, rules_all[i]->name, json_number(true, report->by_rule[i]));
    return object;
}

static json_t *not_judged(const struct rules *rules)
{
    json_t *object = json_object();
    char name[ID_BYTES_MAX + 1];
    struct span action;
    uint64_t count;

    for (size_t i = 0; rules_own_action(rules, i, &action, &count); i++) {
        snprintf(name, sizeof name, "%.*s", (int)action.n, (const char *)action.p);
        json_put(object, name, json_number(true, count));
    }
    return object;
}

static json_t *not_used(const struct rules_limits *limits)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < rules_count; i++)
        if (rules_limits_off(limits, i))
            json_add(list, json_string(rules_all[i]->name));
    return list;
}

int json_rules(FILE *to, const struct rules_outcome *o)
{
    const struct rules_counts *counts = rules_counts(o->rules);
    const struct audit_result *audit = o->audit;
    int err = rules_report_put(o->report, to);
    json_t *json;

    if (err != 0)
        return err;
    json = json_object();
    json_put(json, "verdict", json_string(verdicts[rules_outcome_status(o)]));
    json_put(json, "audit", json_string(audit_verdicts[audit->verdict]));
    json_put(json, "origin", string_of(o->origin));
    json_put(json, "ledger_id", audit->has_ledger_id ? hex_of(&audit->ledger_id) : json_null());
    json_put(json, "size", json_number(audit->size > 0, audit->size));
    json_put(json, "entries", json_number(true, counts->entries));
    json_put(json, "records", json_number(true, counts->records));
    json_put(json, "last_received", json_number(audit->has_received, audit->last_received));
    json_put(json, "limits", hex_of(rules_limits_digest(o->limits)));
    json_put(json, "findings", json_number(true, o->report->found));
    json_put(json, "open", json_number(true, o->report->open));
    json_put(json, "findings_before", json_number(true, o->report->before));
    json_put(json, "by_rule", by_rule(o->report));
    json_put(json, "not_judged", not_judged(o->rules));
    json_put(json, "not_used", not_used(o->limits));
    json_put(json, "state_bytes", json_number(true, counts->state_bytes));
    json_put(json, "seconds", json_real(o->seconds));
    return json_line(to, json);
}
