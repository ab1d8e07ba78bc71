#include "verifier/verify/json.h"

#include "core/text.h"
#include "verifier/verify/verify.h"

static const char *const verdicts[] = {[AUDIT_VERIFIED] = "verified",
    [AUDIT_FINDINGS] = "findings",
    [AUDIT_INCOMPLETE] = "incomplete"};

json_t *json_findings(const struct finding *findings, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct finding *f = &findings[i];
        json_t *item = json_object();

        json_put(item, "code", json_string(finding_code_text(f->code)));
        if (f->index != FINDING_NO_INDEX)
            json_put(item, "index", json_number(true, f->index));
        if (f->position != FINDING_NO_POSITION)
            json_put(item, "position", json_integer((json_int_t)f->position));
        json_put_text(item, "writer", f->writer);
        json_put_text(item, "detail", f->detail);
        json_add(list, item);
    }
    return list;
}

static json_t *json_witnesses(const struct audit_result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->witness_count; i++) {
        uint64_t time_s = r->witnesses[i].time_s;

        json_add(list, json_pack("{s:s, s:o}", "name", r->witnesses[i].name, "at",
                           json_number(time_s <= INT64_MAX / 1000, time_s * 1000)));
    }
    return list;
}

json_t *json_audit_object(const struct audit_result *r, struct span origin)
{
    json_t *json = json_object();
    char hex[2 * HASH_BYTES + 1];
    struct buf root;

    buf_init(&root, 64);
    base64_encode(&root, span_hash(&r->root));
    hex_encode(hex, span_hash(&r->ledger_id));
    json_put(json, "verdict", json_string(verdicts[r->verdict]));
    json_put(json, "origin", json_stringn((const char *)origin.p, origin.n));
    json_put(json, "ledger_id", r->has_ledger_id ? json_string(hex) : json_null());
    json_put(json, "size", json_number(r->size > 0, r->size));
    json_put(json, "entries", json_number(true, r->entries));
    json_put(json, "records", json_number(r->records_were_read, r->records));
    json_put(json, "root", r->size > 0 ? json_stringn((const char *)root.p, root.n) : json_null());
    json_put(json, "last_received", json_number(r->has_received, r->last_received));
    json_put(json, "vouched_at", json_number(r->has_vouched, r->vouched_at_ms));
    json_put(
        json, "vouched_by", r->vouched_by_operator ? json_string("operator") : json_witnesses(r));
    json_put(json, "roster", json_number(true, r->roster_serial));
    json_put(json, "roster_trusted", json_number(true, r->trusted_serial));
    json_put(json, "entries_before", json_number(true, r->entries_before));
    json_put(json, "findings", json_findings(r->findings, r->finding_count));
    json_put(json, "findings_omitted", json_number(true, r->findings_omitted));
    buf_destroy(&root);
    return json;
}

int json_audit(FILE *to, const struct audit_result *r, struct span origin, double seconds)
{
    json_t *json = json_audit_object(r, origin);

    json_put(json, "seconds", json_real(seconds));
    return json_line(to, json);
}
