/* The findings that a report lists: as many as it counted, and each says what its facts are. */
#include <stdio.h>

#include "verifier/report/recheck_internal.h"
#include "verifier/rules/facts_json.h"

static const json_t *row_of(const json_t *report, const char *rule)
{
    const json_t *rows = recheck_at(
        recheck_at(recheck_at(report, "figures"), figure_tables[FIGURES_FINDINGS].name), "rows");
    const json_t *row;
    size_t i;

    json_array_foreach (rows, i, row)
        if (strcmp(recheck_string(row, "rule"), rule) == 0)
            return row;
    return NULL;
}

static void hold(
    struct recheck *r, const char *where, const char *name, uint64_t said, uint64_t found)
{
    char path[128], texts[2][32];

    r->sums++;
    if (said == found)
        return;
    snprintf(path, sizeof path, "%s%s", where, name);
    snprintf(texts[0], sizeof texts[0], "%llu", (unsigned long long)said);
    snprintf(texts[1], sizeof texts[1], "%llu", (unsigned long long)found);
    recheck_problem(r, RECHECK_SUM, path, texts[0], texts[1]);
}

/* Of each rule as many are listed as were found, up to what was asked for. */
static void check_counts(struct recheck *r, const json_t *report)
{
    uint64_t max = recheck_number(report, "findings_max"), left = 0;
    const json_t *item;
    size_t i;

    for (size_t k = 0; k < rules_count; k++) {
        const char *name = rules_all[k]->name;
        const json_t *row = row_of(report, name);
        const struct figure_column *columns = figure_tables[FIGURES_FINDINGS].columns;
        uint64_t found = row == NULL ? 0 : recheck_number(row, columns[FINDINGS_FOUND].name);
        uint64_t open = row == NULL ? 0 : recheck_number(row, columns[FINDINGS_UNSETTLED].name);
        uint64_t listed = 0, listed_open = 0, all = open > UINT64_MAX - found ? max : found + open;

        json_array_foreach (recheck_at(report, "findings"), i, item) {
            if (strcmp(recheck_string(item, "rule"), name) != 0)
                continue;
            listed++;
            listed_open += json_is_true(recheck_at(item, "open"));
        }
        hold(r, "findings: ", name, listed, all > max ? max : all);
        if (all <= max)
            hold(r, "findings, open: ", name, listed_open, open);
        left += all > max ? all - max : 0;
    }
    hold(r, "findings_not_listed", "", recheck_number(report, "findings_not_listed"), left);
}

/* Its sentence follows from its facts; its id has a form, and is no other's. */
static void check_finding(struct recheck *r, const json_t *item, json_t *seen)
{
    const struct rule *rule = rule_of(span_str(recheck_string(item, "rule")));
    const char *id = recheck_string(item, "id");
    const char *severity = severity_said[rule->severity].in[LANGUAGE_EN];
    char path[128];
    struct buf said;
    int err;

    snprintf(path, sizeof path, "findings[id=%.64s].sentence", id);
    buf_init(&said, 256 * 1024);
    err = facts_json_sentence(&said, item, NULL);
    if (err == KEIIN_ENOMEM)
        r->err = err;
    else if (err != 0)
        recheck_problem(r, RECHECK_SUM, path, "its facts make no sentence of its rule", NULL);
    else if (!span_is(buf_view(&said), recheck_string(item, "sentence"))) {
        buf_put_u8(&said, 0);
        if (buf_status(&said) == 0)
            recheck_problem(
                r, RECHECK_SUM, path, recheck_string(item, "sentence"), (const char *)said.p);
    }
    buf_destroy(&said);
    snprintf(path, sizeof path, "findings[id=%.64s].severity", id);
    if (strcmp(recheck_string(item, "severity"), severity) != 0)
        recheck_problem(r, RECHECK_SUM, path, recheck_string(item, "severity"), severity);
    snprintf(path, sizeof path, "findings[id=%.64s].id", id);
    if (strlen(id) != 2 * HASH_BYTES || strspn(id, "0123456789abcdef") != 2 * HASH_BYTES)
        recheck_problem(r, RECHECK_SUM, path, "it is no id of a finding", NULL);
    else if (json_object_get(seen, id) != NULL)
        recheck_problem(r, RECHECK_SUM, path, "another finding has the same", NULL);
    if (json_object_set_new(seen, id, json_true()) != 0)
        r->err = KEIIN_ENOMEM;
}

void recheck_findings(struct recheck *r, const json_t *report)
{
    json_t *seen = json_object();
    const json_t *item;
    size_t i;

    if (seen == NULL)
        r->err = KEIIN_ENOMEM;
    check_counts(r, report);
    json_array_foreach (recheck_at(report, "findings"), i, item)
        check_finding(r, item, seen);
    json_decref(seen);
}
