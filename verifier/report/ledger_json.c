/* What the audit says of the ledger that a report rests on. */
#include "verifier/report/report_internal.h"

json_t *report_witness(struct span name, uint64_t time_s)
{
    json_t *item = json_object();

    json_put(item, "name", json_text(name));
    json_put(
        item, "at", report_time(true, time_s > UINT64_MAX / 1000 ? UINT64_MAX : time_s * 1000));
    return item;
}

static json_t *witnesses(const struct audit_result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->witness_count; i++)
        json_add(list, report_witness(span_str(r->witnesses[i].name), r->witnesses[i].time_s));
    return list;
}

/* How often each code was found; for the public only which. */
static json_t *found(const struct audit_result *r, bool is_public)
{
    json_t *object = json_object(), *names = json_array();

    for (int code = 0; code < FINDING_CODES; code++) {
        uint64_t count = 0;

        for (size_t i = 0; i < r->finding_count; i++)
            count += r->findings[i].code == (enum finding_code)code;
        if (count == 0)
            continue;
        json_put(object, finding_code_text((enum finding_code)code), json_number(true, count));
        json_add(names, json_string(finding_code_text((enum finding_code)code)));
    }
    json_decref(is_public ? object : names);
    return is_public ? names : object;
}

json_t *report_ledger(const struct audit_result *r, struct span origin, bool is_public)
{
    static const char *const verdicts[] = {[AUDIT_VERIFIED] = "verified",
        [AUDIT_FINDINGS] = "findings",
        [AUDIT_INCOMPLETE] = "incomplete"};
    json_t *json = json_object();

    json_put(json, "origin", json_text(origin));
    json_put(json, "id", r->has_ledger_id ? json_hex(span_hash(&r->ledger_id)) : json_null());
    json_put(json, "size", json_number(true, r->size));
    json_put(json, "root", r->size > 0 ? report_bytes(span_hash(&r->root)) : json_null());
    json_put(json, "roster_trusted", json_number(true, r->trusted_serial));
    json_put(json, "roster", json_number(true, r->roster_serial));
    json_put(json, "verdict", json_string(verdicts[r->verdict]));
    json_put(json, "audit_findings", found(r, is_public));
    json_put(json, "log_signed", json_boolean(r->log_signed));
    json_put(json, "vouched_by_operator", json_boolean(r->vouched_by_operator));
    json_put(json, "vouched_at", report_time(r->has_vouched, r->vouched_at_ms));
    json_put(json, "witnesses", witnesses(r));
    if (is_public)
        return json;
    json_put(json, "last_received", report_time(r->has_received, r->last_received));
    json_put(json, "entries", json_number(true, r->entries));
    json_put(json, "records_stated", json_number(true, r->records_stated));
    json_put(json, "records_read", json_number(true, r->records));
    json_put(json, "audit_findings_omitted", json_number(true, r->findings_omitted));
    return json;
}
