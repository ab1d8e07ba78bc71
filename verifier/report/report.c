#include "verifier/report/report.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "core/version.h"
#include "core/wording.h"
#include "verifier/report/evidence_json.h"
#include "verifier/report/finding_json.h"
#include "verifier/report/report_internal.h"

struct report {
    struct report_options options;
    struct record_keeper keeper;
    struct rules *rules;
    struct tally *tally;
    json_t *findings; /* listed, in the order of the ledger */
    uint64_t by_rule[64], not_listed;
    struct rules_address *cited;
    size_t cited_count, cited_cap;
};

/* --- The reading. */

static bool take(struct span record, struct buf *kept)
{
    buf_put_span(kept, record);
    return true;
}

static int give(void *ctx, const struct record_place *place, struct span record)
{
    struct report *r = ctx;

    return tally_is_over(r->tally) ? 0 : rules_record(r->rules, place, record);
}

static int entry(void *ctx, const struct keeper_entry *e)
{
    struct report *r = ctx;
    int err = 0;

    /* What is open at the end of the period is told before that is closed. */
    if (tally_would_end(r->tally, e->received))
        err = rules_open(r->rules);
    if (err != 0 || tally_is_behind(r->tally, e->received))
        return err;
    err = rules_entry(r->rules, e);
    return err == 0 ? tally_entry(r->tally, e) : err;
}

/* It may have to begin anew. Nothing of it is kept for the next one. */
static bool begin(void *ctx, uint64_t index, const struct hash *root)
{
    struct report *r = ctx;

    (void)root;
    rules_reset(r->rules);
    tally_reset(r->tally);
    json_array_clear(r->findings);
    memset(r->by_rule, 0, sizeof r->by_rule);
    r->not_listed = r->cited_count = 0;
    return index == 0;
}

static int save(void *ctx, uint64_t index, const struct hash *root, struct why *why)
{
    (void)ctx;
    (void)index;
    (void)root;
    (void)why;
    return 0;
}

static int heard(void *ctx, const struct rules_record *record)
{
    struct report *r = ctx;

    return tally_record(r->tally, record);
}

static int cite(struct report *r, const struct rules_finding *f)
{
    for (size_t i = 0; i < f->address_count; i++) {
        void *moved = array_room(r->cited, r->cited_count, &r->cited_cap, sizeof *r->cited);

        if (moved == NULL)
            return KEIIN_ENOMEM;
        r->cited = moved;
        r->cited[r->cited_count++] = f->addresses[i];
    }
    return 0;
}

static int found(void *ctx, const struct rules_finding *f)
{
    struct report *r = ctx;
    int err = tally_finding(r->tally, f);
    unsigned number = 0;

    if (err != 0 || r->options.profile == REPORT_PUBLIC || (!f->open && !tally_in_period(r->tally)))
        return err;
    while (rules_all[number] != f->rule)
        number++;
    if (r->by_rule[number]++ >= r->options.findings_max) {
        r->not_listed++;
        return 0;
    }
    json_add(r->findings, finding_json(f));
    return cite(r, f);
}

int report_new(const struct report_options *options, struct report **out)
{
    struct report *r = calloc(1, sizeof *r);
    int err = KEIIN_ENOMEM;

    *out = NULL;
    if (r == NULL)
        return err;
    r->options = *options;
    r->keeper = (struct record_keeper){take, give, entry, begin, save, r};
    r->findings = json_array();
    err =
        tally_new(&options->period, options->limits, options->profile == REPORT_PUBLIC, &r->tally);
    if (err == 0)
        err = rules_new(options->limits, (struct rules_sink){found, r}, &r->rules);
    if (err == 0 && r->findings == NULL)
        err = KEIIN_ENOMEM;
    if (err == 0) {
        rules_listen(r->rules, (struct rules_listener){heard, r});
        *out = r;
    } else {
        report_free(r);
    }
    return err;
}

void report_free(struct report *r)
{
    if (r == NULL)
        return;
    json_decref(r->findings);
    tally_free(r->tally);
    rules_free(r->rules);
    free(r->cited);
    free(r);
}

const struct record_keeper *report_keeper(struct report *r)
{
    return &r->keeper;
}

static int by_place(const void *a, const void *b)
{
    const struct rules_address *x = a, *y = b;

    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

/* In the order of the ledger, each once. */
static void order_cited(struct report *r)
{
    size_t kept = 0;

    if (r->cited_count > 0)
        qsort(r->cited, r->cited_count, sizeof *r->cited, by_place);
    for (size_t i = 0; i < r->cited_count; i++)
        if (kept == 0 || by_place(&r->cited[kept - 1], &r->cited[i]) != 0)
            r->cited[kept++] = r->cited[i];
    r->cited_count = kept;
}

/* --- The object. */

json_t *report_time(bool has, uint64_t ms)
{
    char text[TIME_TEXT_BYTES];

    if (!has)
        return json_null();
    time_text(text, ms);
    return json_string(text);
}

json_t *report_bytes(struct span bytes)
{
    struct buf text;
    json_t *json;

    buf_init(&text, BASE64_BYTES(bytes.n) + 1);
    base64_encode(&text, bytes);
    json = buf_status(&text) == 0 ? json_text(buf_view(&text)) : NULL;
    buf_destroy(&text);
    return json;
}

static json_t *period_object(const struct report *r)
{
    const struct period *p = &r->options.period;
    json_t *json = json_object();
    char zone[ZONE_TEXT_BYTES];

    zone_text(zone, p->zone_minutes);
    json_put(json, "from", report_time(true, p->from));
    json_put(json, "to", report_time(true, p->to));
    json_put(json, "zone", json_string(zone));
    json_put(json, "complete", json_boolean(tally_is_complete(r->tally)));
    return json;
}

json_t *report_rules(const struct rules_limits *rules)
{
    json_t *json = json_object(), *off = json_array(), *limits = json_object();

    json_put(json, "digest", json_hex(span_hash(rules_limits_digest(rules))));
    for (unsigned i = 0; i < rules_count; i++)
        if (rules_limits_off(rules, i))
            json_add(off, json_string(rules_all[i]->name));
    json_put(json, "not_used", off);
    json_put(limits, "heartbeat-missing",
        json_number(true, rules_limits_number(rules, "heartbeat-missing", "limit")));
    json_put(
        limits, "erase-late", json_number(true, rules_limits_number(rules, "erase-late", "limit")));
    json_put(limits, "response-overdue",
        json_number(true, rules_limits_number(rules, "response-overdue", "limit")));
    json_put(json, "limits_ms", limits);
    json_put(json, "public_min", json_number(true, rules_limits_public_min(rules)));
    return json;
}

static int put_figures(struct report *r, json_t *json)
{
    const struct figures *figures = tally_figures(r->tally);
    json_t *object = NULL;
    struct hash secret;
    int err;

    tally_secret(r->tally, &secret);
    err = r->options.profile == REPORT_PUBLIC ? report_public_figures(figures, &r->options.period,
                                                    r->options.limits, &secret, &object)
                                              : report_figures(figures, &object);

    if (err == 0)
        json_put(json, "figures", object);
    return err;
}

static int end_reading(struct report *r, const struct audit_result *audit)
{
    int err = tally_is_over(r->tally) ? 0 : rules_conclude(r->rules, audit);

    if (err == 0)
        err = tally_end(r->tally);
    for (size_t i = 0; i < audit->finding_count; i++)
        if (audit->findings[i].code == FINDING_WRITER_GAP && audit->findings[i].writer != NULL)
            tally_gap(r->tally, span_str(audit->findings[i].writer));
    if (err == 0 && r->options.profile == REPORT_PUBLIC && !tally_is_complete(r->tally))
        err = KEIIN_EUSAGE;
    return err;
}

int report_finish(
    struct report *r, const struct audit_result *audit, struct span origin, json_t **out)
{
    bool is_public = r->options.profile == REPORT_PUBLIC;
    json_t *json = json_object();
    int err = json == NULL ? KEIIN_ENOMEM : end_reading(r, audit);

    order_cited(r);
    if (err == 0) {
        json_put(json, "format", json_string(REPORT_FORMAT));
        json_put(json, "version", json_string(PACKAGE_VERSION));
        json_put(json, "profile", json_string(is_public ? "public" : "committee"));
        json_put(json, "period", period_object(r));
        json_put(json, "ledger", report_ledger(audit, origin, is_public));
        json_put(json, "rules", report_rules(r->options.limits));
        err = put_figures(r, json);
    }
    if (err == 0 && !is_public) {
        json_put(json, "findings", json_incref(r->findings));
        json_put(json, "findings_max", json_number(true, r->options.findings_max));
        json_put(json, "findings_not_listed", json_number(true, r->not_listed));
    }
    if (err == 0)
        err = json_status();
    if (err == 0)
        *out = json;
    else
        json_decref(json);
    return err;
}

bool report_lacks_records(const struct report *r)
{
    return tally_lacks_records(r->tally);
}

int report_add_evidence(
    const struct report *r, struct source *source, const struct audit_result *audit, json_t *json)
{
    struct evidence_wish wish = {.source = source,
        .audit = audit,
        .is_public = r->options.profile == REPORT_PUBLIC,
        .cited = r->cited,
        .cited_count = r->cited_count};
    json_t *evidence = NULL;
    int err = evidence_json(&wish, &evidence);

    if (err != 0)
        return err;
    json_put(json, "evidence", evidence);
    return json_status();
}
