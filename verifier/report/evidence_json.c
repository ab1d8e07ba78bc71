#include "verifier/report/evidence_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/roster.h"
#include "system/json.h"
#include "verifier/check/prove.h"

/* Why something is not there: the error alone, in which no path or address of the source stands. */
static json_t *reason(int err)
{
    return err == 0 ? json_null() : json_string(keiin_err_text(err));
}

/* One roster's note, held against the one before; that one is freed and replaced. */
static int add_roster(const struct evidence_wish *wish, uint64_t serial, struct roster **last,
    json_t *list, size_t *left)
{
    struct roster *next = NULL;
    struct why why = {""};
    struct buf bytes;
    char path[64];
    bool longer;
    int err;

    buf_init(&bytes, ROSTER_BYTES_MAX);
    snprintf(path, sizeof path, "roster/%" PRIu64, serial);
    err = source_get(wish->source, path, ROSTER_BYTES_MAX, &bytes, &longer, &why);
    if (err == 0 && (longer || bytes.n > *left))
        err = KEIIN_ELIMIT;
    if (err == 0)
        err = roster_from_note(buf_view(&bytes), *last, &next, &why);
    if (err == 0 && serial == 0 && !hash_eq(&next->text_hash, &wish->audit->ledger_id))
        err = KEIIN_EMISMATCH;
    if (err == 0 && serial == wish->audit->roster_serial &&
        !hash_eq(&next->text_hash, &wish->audit->roster_hash))
        err = KEIIN_EMISMATCH;
    if (err == 0) {
        *left -= bytes.n;
        json_add(list, json_text(buf_view(&bytes)));
        roster_free(*last);
        *last = next;
    } else {
        roster_free(next);
    }
    buf_destroy(&bytes);
    return err;
}

static int add_rosters(const struct evidence_wish *wish, json_t *json)
{
    json_t *list = json_array();
    struct roster *last = NULL;
    size_t left = EVIDENCE_BYTES_MAX;
    int err = wish->audit->has_ledger_id ? 0 : KEIIN_EABSENT;

    for (uint64_t serial = 0; err == 0 && serial <= wish->audit->roster_serial; serial++)
        err = add_roster(wish, serial, &last, list, &left);
    roster_free(last);
    json_put(json, "rosters", list);
    json_put(json, "rosters_lacking", reason(err));
    return err == KEIIN_ENOMEM ? err : 0;
}

static int add_proof(
    struct fetch *fetch, const struct rules_address *at, json_t *list, size_t *left)
{
    struct prove_what what = {at->index, true, (uint32_t)at->position, true, true};
    struct why why = {""};
    bool of_record = false;
    json_t *item = json_object();
    char address[48];
    struct buf proof;
    int err;

    buf_init(&proof, PROOF_BYTES_MAX);
    err = prove(fetch, &what, &proof, &of_record, &why);
    if (err == 0 && proof.n > *left)
        err = KEIIN_ELIMIT;
    snprintf(address, sizeof address, "%" PRIu64 ".%" PRIu64, at->index, at->position);
    json_put(item, "record", json_string(address));
    json_put(item, "of", err != 0 ? json_null() : json_string(of_record ? "record" : "entry"));
    json_put(item, "proof", err != 0 ? json_null() : json_text(buf_view(&proof)));
    json_put(item, "lacking", reason(err));
    json_add(list, item);
    *left -= err == 0 ? proof.n : 0;
    buf_destroy(&proof);
    return err == KEIIN_ENOMEM ? err : 0;
}

static int add_proofs(const struct evidence_wish *wish, json_t *json)
{
    json_t *list = json_array();
    size_t left = EVIDENCE_BYTES_MAX;
    struct why why = {""};
    struct fetch fetch = {0};
    int err = 0;

    if (wish->cited_count > 0)
        err = fetch_init_at(&fetch, wish->source, buf_view(&wish->audit->checkpoint), &why);
    for (size_t i = 0; err == 0 && i < wish->cited_count; i++)
        err = add_proof(&fetch, &wish->cited[i], list, &left);
    fetch_destroy(&fetch);
    json_put(json, "proofs", list);
    return err;
}

int evidence_json(const struct evidence_wish *wish, json_t **out)
{
    const struct audit_result *audit = wish->audit;
    json_t *json = json_object();
    int err;

    json_put(json, "checkpoint",
        audit->size > 0 ? json_text(buf_view(&audit->checkpoint)) : json_null());
    err = add_rosters(wish, json);
    if (err == 0 && !wish->is_public)
        err = add_proofs(wish, json);
    if (err == 0)
        err = json_status();
    if (err == 0)
        *out = json;
    else
        json_decref(json);
    return err;
}
