#include "verifier/report/finding_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "system/json.h"
#include "verifier/rules/facts_json.h"

json_t *finding_json(const struct rules_finding *f)
{
    json_t *json = json_object(), *list = json_array();
    struct buf sentence;
    char address[48];

    buf_init(&sentence, 64 * 1024);
    rules_finding_sentence(&sentence, f, NULL);
    for (size_t i = 0; i < f->address_count; i++) {
        snprintf(address, sizeof address, "%" PRIu64 ".%" PRIu64, f->addresses[i].index,
            f->addresses[i].position);
        json_add(list, json_string(address));
    }
    json_put(json, "rule", json_string(f->rule->name));
    json_put(json, "severity", json_string(severity_said[f->rule->severity].in[LANGUAGE_EN]));
    json_put(json, "id", json_hex(span_hash(&f->id)));
    json_put(json, "records", list);
    json_put(json, "open", json_boolean(f->open));
    json_put(json, "sentence", json_text(buf_view(&sentence)));
    json_put(json, "said", json_number(true, f->sentence));
    json_put(json, "facts", facts_json_of(f));
    buf_destroy(&sentence);
    return json;
}
