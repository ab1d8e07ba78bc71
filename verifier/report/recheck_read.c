/* A report's file: JSON, or HTML that carries it. */
#include "core/text.h"
#include "verifier/report/html.h"
#include "verifier/report/recheck_internal.h"

/*
 * jansson calls itself once for every level, and takes some hundred bytes for a value of two: there
 * are no more of either than a report has. NULL, or what there is too much of.
 */
static const char *too_much(struct span json)
{
    size_t depth = 0, values = 0;
    bool quoted = false;

    for (size_t i = 0; i < json.n; i++) {
        uint8_t c = json.p[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
        values += !quoted && (c == ',' || c == '{' || c == '[');
        if (depth > RECHECK_DEPTH_MAX)
            return "it is nested deeper than a report is";
        if (values > RECHECK_VALUES_MAX)
            return "it has more values than a report has";
    }
    return NULL;
}

/* What of a file is JSON; false when that is told. */
static bool find_json(struct recheck *r, struct span file, struct span *json)
{
    size_t i = 0;
    int err;

    *json = file;
    while (i < file.n && (file.p[i] == ' ' || (file.p[i] >= '\t' && file.p[i] <= '\r')))
        i++;
    r->is_html = i < file.n && file.p[i] == '<';
    err = r->is_html                    ? html_embedded(file, json)
          : !html_is_escaped_json(file) ? KEIIN_EMALFORMED
                                        : 0;
    if (err == 0)
        return true;
    recheck_problem(r, RECHECK_FORM, "-",
        !r->is_html            ? "its JSON has <, > or & in it: a browser may show it as a page"
        : err == KEIIN_EABSENT ? "the page carries no report"
                               : "what the page carries is not as this program writes it",
        NULL);
    return false;
}

json_t *recheck_read(struct recheck *r, struct span file)
{
    json_error_t error;
    const char *bad;
    struct span json;
    json_t *report;

    if (file.n > RECHECK_BYTES_MAX) {
        recheck_problem(r, RECHECK_FORM, "-", "the file is longer than a report may be", NULL);
        return NULL;
    }
    if (!find_json(r, file, &json))
        return NULL;
    bad = too_much(json);
    if (bad != NULL) {
        recheck_problem(r, RECHECK_FORM, "-", bad, NULL);
        return NULL;
    }
    report = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, &error);
    if (report == NULL) {
        struct why why;

        if (json_error_code(&error) == json_error_out_of_memory)
            r->err = KEIIN_ENOMEM;
        why_set(&why, "it is no JSON: line %d: %s", error.line, error.text);
        recheck_problem(r, RECHECK_FORM, "-", why.text, NULL);
        return NULL;
    }
    if (recheck_form(r, report))
        return report;
    json_decref(report);
    return NULL;
}
