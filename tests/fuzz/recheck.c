/*
 * verifier/report/recheck.h: a report's file from anybody, checked without the ledger. There is a
 * problem wherever it is no report, what is told is plain text and no more than may be told, and a
 * report is the same as itself, but not as one of which a number is another.
 */
#include <jansson.h>
#include <stdlib.h>

#include "core/text.h"
#include "tests/fuzz/fuzz.h"
#include "verifier/report/recheck.h"

const unsigned fuzz_rounds = 10000;

static void check_told(const struct recheck *r)
{
    FUZZ_CHECK(r->err == 0 || r->err == KEIIN_ENOMEM);
    FUZZ_CHECK(r->count <= RECHECK_PROBLEMS_MAX);
    FUZZ_CHECK(r->omitted == 0 || r->count == RECHECK_PROBLEMS_MAX);
    for (size_t i = 0; r->err == 0 && i < r->count; i++) {
        const struct recheck_problem *p = &r->problems[i];

        FUZZ_CHECK(p->code < RECHECK_CODES && utf8_plain(span_str(p->where)));
        FUZZ_CHECK(utf8_plain(span_str(p->said)));
        FUZZ_CHECK(p->found == NULL || utf8_plain(span_str(p->found)));
    }
}

static bool differs(struct recheck *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->problems[i].code == RECHECK_DIFFERS)
            return true;
    return r->omitted > 0;
}

static void hold_against_itself(struct recheck *r, json_t *report)
{
    uint64_t before = r->count + r->omitted;
    json_t *changed = json_deep_copy(report);
    json_t *size = json_object_get(json_object_get(changed, "ledger"), "size");

    FUZZ_CHECK(changed != NULL);
    recheck_compare(r, report, report);
    FUZZ_CHECK(r->count + r->omitted == before);
    json_integer_set(size, json_integer_value(size) == 0 ? 1 : json_integer_value(size) - 1);
    recheck_compare(r, report, changed);
    FUZZ_CHECK(differs(r));
    json_decref(changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct rules_limits *limits;
    struct span in = fuzz_begin(data, n);
    struct report_options options;
    struct recheck r;
    json_t *report;

    if (limits == NULL)
        FUZZ_CHECK(rules_limits_read(NULL, &limits, NULL) == 0);
    recheck_init(&r);
    report = recheck_read(&r, in);
    FUZZ_CHECK(report != NULL || r.count > 0 || r.err != 0);
    if (report != NULL) {
        FUZZ_CHECK(r.count == 0);
        recheck_offline(&r, report, NULL, limits, in);
        if (recheck_options(report, limits, &options) == 0)
            FUZZ_CHECK(options.period.from < options.period.to);
        FUZZ_CHECK(recheck_is_open(&r)); /* nobody trusts a roster here */
        check_told(&r);
        hold_against_itself(&r, report);
    }
    check_told(&r);
    json_decref(report);
    recheck_destroy(&r);
    fuzz_end(in);
    return 0;
}
