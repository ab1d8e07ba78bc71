#include "verifier/report/recheck.h"

#include <stdlib.h>

#include "core/text.h"
#include "core/version.h"
#include "core/wording.h"
#include "system/json.h"
#include "verifier/check/finding.h"
#include "verifier/report/recheck_internal.h"
#include "verifier/report/report_internal.h"

#define SHOWN_BYTES_MAX 400

const char *recheck_code_text(enum recheck_code code)
{
    static const char *const texts[RECHECK_CODES] = {[RECHECK_FORM] = "form",
        [RECHECK_ROSTERS] = "rosters",
        [RECHECK_CHECKPOINT] = "checkpoint",
        [RECHECK_STATED] = "stated",
        [RECHECK_PROOF] = "proof",
        [RECHECK_SUM] = "sum",
        [RECHECK_PAGE] = "page",
        [RECHECK_DIFFERS] = "differs"};

    return texts[code];
}

const char *recheck_open_text(enum recheck_open open)
{
    static const char *const texts[RECHECK_OPENS] = {[RECHECK_OPEN_ROSTER] = "roster",
        [RECHECK_OPEN_EVIDENCE] = "evidence",
        [RECHECK_OPEN_QUORUM] = "quorum",
        [RECHECK_OPEN_PROOFS] = "proofs",
        [RECHECK_OPEN_RULES] = "rules",
        [RECHECK_OPEN_SOURCE] = "source",
        [RECHECK_OPEN_PAGE] = "page"};

    return texts[open];
}

void recheck_init(struct recheck *r)
{
    *r = (struct recheck){0};
}

void recheck_destroy(struct recheck *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->problems[i].where);
        free(r->problems[i].said);
        free(r->problems[i].found);
    }
    free(r->problems);
    for (size_t i = 0; i < r->roster_count; i++)
        roster_free(r->rosters[i]);
    free(r->rosters);
    free(r->checkpoint);
    *r = (struct recheck){0};
}

bool recheck_is_open(const struct recheck *r)
{
    for (int i = 0; i < RECHECK_OPENS; i++)
        if (r->open[i])
            return true;
    return false;
}

/* --- Problems. */

static char *shown(struct recheck *r, const char *text)
{
    struct span all = span_str(text), part = utf8_beginning(all, SHOWN_BYTES_MAX);
    struct buf b;
    char *out;
    size_t n;

    buf_init(&b, 64 * SHOWN_BYTES_MAX);
    text_visible(&b, part);
    if (part.n < all.n)
        buf_put_str(&b, "...");
    out = (char *)buf_take(&b, &n);
    if (out == NULL)
        r->err = KEIIN_ENOMEM;
    return out;
}

void recheck_problem(struct recheck *r, enum recheck_code code, const char *where, const char *said,
    const char *found)
{
    void *moved;

    if (r->count == RECHECK_PROBLEMS_MAX) {
        r->omitted++;
        return;
    }
    moved = array_room(r->problems, r->count, &r->cap, sizeof *r->problems);
    if (moved == NULL) {
        r->err = KEIIN_ENOMEM;
        return;
    }
    r->problems = moved;
    r->problems[r->count++] = (struct recheck_problem){
        code, shown(r, where), shown(r, said), found == NULL ? NULL : shown(r, found)};
}

void recheck_values(struct recheck *r, enum recheck_code code, const char *where,
    const json_t *said, const json_t *found)
{
    char *texts[2];

    texts[0] = said == NULL ? NULL : json_dumps(said, JSON_COMPACT | JSON_ENCODE_ANY);
    texts[1] = found == NULL ? NULL : json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY);
    if ((said != NULL && texts[0] == NULL) || (found != NULL && texts[1] == NULL))
        r->err = KEIIN_ENOMEM;
    else
        recheck_problem(
            r, code, where, texts[0] == NULL ? "-" : texts[0], texts[1] == NULL ? "-" : texts[1]);
    free(texts[0]);
    free(texts[1]);
}

void recheck_member(struct recheck *r, enum recheck_code code, const json_t *object,
    const char *prefix, const char *name, json_t *want)
{
    struct buf where;

    buf_init(&where, 4096);
    buf_printf(&where, "%s%s", prefix, name);
    buf_put_u8(&where, 0);
    if (want == NULL || buf_status(&where) != 0)
        r->err = KEIIN_ENOMEM;
    else if (!json_equal(recheck_at(object, name), want))
        recheck_values(r, code, (const char *)where.p, recheck_at(object, name), want);
    json_decref(want);
    buf_destroy(&where);
}

/* --- Members. */

const json_t *recheck_at(const json_t *object, const char *name)
{
    return json_object_get(object, name);
}

uint64_t recheck_number(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

const char *recheck_string(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

bool recheck_is_public(const json_t *report)
{
    return strcmp(recheck_string(report, "profile"), "public") == 0;
}

bool recheck_address(const char *text, struct rules_address *out)
{
    struct erase_address address;

    if (!erase_address_parse(span_str(text), &address) || address.sealed)
        return false;
    *out = (struct rules_address){.index = address.index, .position = address.position};
    return true;
}

/* --- Offline. */

/* The limits that the report says it used, when their file is the one in hand. */
static void check_limits(struct recheck *r, const json_t *report, const struct rules_limits *limits)
{
    static const char *const names[] = {"not_used", "limits_ms", "public_min"};
    const json_t *rules = recheck_at(report, "rules");
    json_t *want = report_rules(limits);
    char zone[ZONE_TEXT_BYTES];

    if (want == NULL || json_status() != 0) {
        json_decref(want);
        r->err = KEIIN_ENOMEM;
        return;
    }
    r->rules_known = json_equal(recheck_at(rules, "digest"), recheck_at(want, "digest"));
    for (size_t i = 0; r->rules_known && i < sizeof names / sizeof names[0]; i++)
        recheck_member(r, RECHECK_STATED, rules, "rules.", names[i],
            json_incref(json_object_get(want, names[i])));
    zone_text(zone, rules_limits_zone_minutes(limits));
    if (r->rules_known)
        recheck_member(
            r, RECHECK_STATED, recheck_at(report, "period"), "period.", "zone", json_string(zone));
    json_decref(want);
}

void recheck_offline(struct recheck *r, const json_t *report, const struct roster *trusted,
    const struct rules_limits *limits, struct span file)
{
    r->other_version = strcmp(recheck_string(report, "version"), PACKAGE_VERSION) != 0;
    check_limits(r, report, limits);
    recheck_evidence(r, report, trusted);
    recheck_sums(r, report);
    if (!recheck_is_public(report))
        recheck_findings(r, report);
    if (r->is_html)
        recheck_page(r, report, file);
}

int recheck_options(
    const json_t *report, const struct rules_limits *limits, struct report_options *out)
{
    const json_t *period = recheck_at(report, "period");
    uint64_t from, to;

    *out = (struct report_options){
        .profile = recheck_is_public(report) ? REPORT_PUBLIC : REPORT_COMMITTEE, .limits = limits};
    if (out->profile == REPORT_COMMITTEE)
        out->findings_max = recheck_number(report, "findings_max");
    if (!recheck_time(recheck_string(period, "from"), &from) ||
        !recheck_time(recheck_string(period, "to"), &to) || from >= to)
        return KEIIN_EMALFORMED;
    out->period = (struct period){.from = from,
        .to = to,
        .zone_minutes = rules_limits_zone_minutes(limits),
        .parts = 1,
        .bounds = {from, to}};
    return out->profile == REPORT_PUBLIC && !period_take_months(&out->period) ? KEIIN_EMALFORMED
                                                                              : 0;
}
