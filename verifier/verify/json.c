/* The verdict of an audit as JSON, in the order and with the names of the manual page. */
#include <jansson.h>
#include <stdlib.h>

#include "core/text.h"
#include "verifier/verify/verify.h"

static const char *const verdicts[] = {[AUDIT_VERIFIED] = "verified",
    [AUDIT_FINDINGS] = "findings",
    [AUDIT_INCOMPLETE] = "incomplete"};

static json_t *json_number(bool has, uint64_t value)
{
    return has && value <= INT64_MAX ? json_integer((json_int_t)value) : json_null();
}

/* Text of writers and details is made visible: it may come from outside. */
static json_t *json_visible(const char *text)
{
    struct buf b;
    json_t *out;

    if (text == NULL)
        return json_null();
    buf_init(&b, 64 * 1024);
    text_visible(&b, span_str(text));
    out = json_stringn((const char *)(b.p == NULL ? (const uint8_t *)"" : b.p), b.n);
    buf_destroy(&b);
    return out;
}

static json_t *json_findings(const struct audit_result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        json_t *item = json_object();

        json_object_set_new(item, "code", json_string(finding_code_text(f->code)));
        if (f->index != FINDING_NO_INDEX)
            json_object_set_new(item, "index", json_number(true, f->index));
        if (f->position != FINDING_NO_POSITION)
            json_object_set_new(item, "position", json_integer((json_int_t)f->position));
        if (f->writer != NULL && f->writer[0] != '\0')
            json_object_set_new(item, "writer", json_visible(f->writer));
        if (f->detail != NULL && f->detail[0] != '\0')
            json_object_set_new(item, "detail", json_visible(f->detail));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *json_witnesses(const struct audit_result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->witness_count; i++) {
        uint64_t time_s = r->witnesses[i].time_s;

        json_array_append_new(list, json_pack("{s:s, s:o}", "name", r->witnesses[i].name, "at",
                                        json_number(time_s <= INT64_MAX / 1000, time_s * 1000)));
    }
    return list;
}

int json_audit(FILE *to, const struct audit_result *r, struct span origin, double seconds)
{
    json_t *json = json_object();
    char hex[2 * HASH_BYTES + 1];
    struct buf root;
    int err = json == NULL ? KEIIN_ENOMEM : 0;

    buf_init(&root, 64);
    base64_encode(&root, span_hash(&r->root));
    hex_encode(hex, span_hash(&r->ledger_id));
    json_object_set_new(json, "verdict", json_string(verdicts[r->verdict]));
    json_object_set_new(json, "origin", json_stringn((const char *)origin.p, origin.n));
    json_object_set_new(json, "ledger_id", r->has_ledger_id ? json_string(hex) : json_null());
    json_object_set_new(json, "size", json_number(r->size > 0, r->size));
    json_object_set_new(json, "entries", json_number(true, r->entries));
    json_object_set_new(json, "records", json_number(r->records_were_read, r->records));
    json_object_set_new(
        json, "root", r->size > 0 ? json_stringn((const char *)root.p, root.n) : json_null());
    json_object_set_new(json, "last_received", json_number(r->has_received, r->last_received));
    json_object_set_new(json, "vouched_at", json_number(r->has_vouched, r->vouched_at_ms));
    json_object_set_new(
        json, "vouched_by", r->vouched_by_operator ? json_string("operator") : json_witnesses(r));
    json_object_set_new(json, "roster", json_number(true, r->roster_serial));
    json_object_set_new(json, "roster_trusted", json_number(true, r->trusted_serial));
    json_object_set_new(json, "entries_before", json_number(true, r->entries_before));
    json_object_set_new(json, "findings", json_findings(r));
    json_object_set_new(json, "findings_omitted", json_number(true, r->findings_omitted));
    json_object_set_new(json, "seconds", json_real(seconds));
    if (err == 0 && json_dumpf(json, to, JSON_COMPACT | JSON_REAL_PRECISION(5)) != 0)
        err = KEIIN_EIO;
    fputs("\n", to);
    json_decref(json);
    buf_destroy(&root);
    return err;
}
