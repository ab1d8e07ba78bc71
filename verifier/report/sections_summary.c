/* Page one, and the ledger's health. */
#include <stdio.h>

#include "core/text.h"
#include "verifier/check/finding.h"
#include "verifier/report/sections_internal.h"

/* What the audit may find, in the order of its codes. */
static const enum message codes[FINDING_CODES] = {
    [FINDING_CHECKPOINT_INVALID] = MESSAGE_REPORT_CODE_CHECKPOINT_INVALID,
    [FINDING_WITNESS_QUORUM] = MESSAGE_REPORT_CODE_WITNESS_QUORUM,
    [FINDING_ROLLBACK] = MESSAGE_REPORT_CODE_ROLLBACK,
    [FINDING_FORK] = MESSAGE_REPORT_CODE_FORK,
    [FINDING_STALE] = MESSAGE_REPORT_CODE_STALE,
    [FINDING_ROOT_MISMATCH] = MESSAGE_REPORT_CODE_ROOT_MISMATCH,
    [FINDING_ENTRY_MALFORMED] = MESSAGE_REPORT_CODE_ENTRY_MALFORMED,
    [FINDING_CHAIN_BROKEN] = MESSAGE_REPORT_CODE_CHAIN_BROKEN,
    [FINDING_TIME_REVERSED] = MESSAGE_REPORT_CODE_TIME_REVERSED,
    [FINDING_WRITER_UNKNOWN] = MESSAGE_REPORT_CODE_WRITER_UNKNOWN,
    [FINDING_WRITER_GAP] = MESSAGE_REPORT_CODE_WRITER_GAP,
    [FINDING_WRITER_CHAIN_BROKEN] = MESSAGE_REPORT_CODE_WRITER_CHAIN_BROKEN,
    [FINDING_WRITER_SIGNATURE] = MESSAGE_REPORT_CODE_WRITER_SIGNATURE,
    [FINDING_WRITER_FORK] = MESSAGE_REPORT_CODE_WRITER_FORK,
    [FINDING_ROSTER_INVALID] = MESSAGE_REPORT_CODE_ROSTER_INVALID,
    [FINDING_RECORD_MISMATCH] = MESSAGE_REPORT_CODE_RECORD_MISMATCH,
    [FINDING_RECORD_MALFORMED] = MESSAGE_REPORT_CODE_RECORD_MALFORMED,
    [FINDING_RECORD_MISSING] = MESSAGE_REPORT_CODE_RECORD_MISSING,
    [FINDING_RECEIPT_MISMATCH] = MESSAGE_REPORT_CODE_RECEIPT_MISMATCH,
    [FINDING_INCOMPLETE] = MESSAGE_REPORT_CODE_INCOMPLETE,
};

/* What a code says, with how often it was found where that is told. */
static void put_code(struct page *p, const char *code, const json_t *often)
{
    enum finding_code which;
    struct shown count, shown;
    const char *what;
    struct buf text;
    json_t *name = json_string(code);

    show_text(p, &shown, name);
    json_decref(name);
    if (finding_code_parse(span_str(code), &which))
        what = message_in(p->wording.language, codes[which]);
    else
        what = shown.text;
    buf_init(&text, 64 * 1024);
    if (often != NULL)
        buf_printf(
            &text, WORDS(p, CODE_COUNT), what, shown.text, show_number(&count, figure_low(often)));
    else
        buf_printf(&text, WORDS(p, CODE), what, shown.text);
    document_item(p->d, buf_view(&text));
    buf_destroy(&text);
}

static void put_codes(struct page *p)
{
    json_t *found = (json_t *)page_ledger(p, "audit_findings"), *value;
    const char *code;
    size_t i;

    document_list(p->d, BLOCK_LIST);
    json_object_foreach (found, code, value)
        put_code(p, code, value);
    json_array_foreach (found, i, value)
        if (json_is_string(value))
            put_code(p, json_string_value(value), NULL);
}

static bool is_verified(const struct page *p)
{
    const char *verdict = json_string_value(page_ledger(p, "verdict"));

    return verdict != NULL && strcmp(verdict, "verified") == 0;
}

static void put_verdict(struct page *p)
{
    const char *verdict = json_string_value(page_ledger(p, "verdict"));
    struct shown time;

    if (is_verified(p)) {
        SAY(p, GOOD, LEDGER_GOOD);
    } else if (verdict != NULL && strcmp(verdict, "incomplete") == 0) {
        SAY(p, ALARM, LEDGER_OPEN);
    } else {
        SAY(p, ALARM, LEDGER_BAD);
        put_codes(p);
    }
    if (json_is_true(page_ledger(p, "vouched_by_operator")))
        SAY(p, NOTICE, NO_WITNESS);
    else if (json_is_string(page_ledger(p, "vouched_at")))
        PUT(p, PARAGRAPH, VOUCHED, show_time(p, &time, page_ledger(p, "vouched_at")));
    else
        SAY(p, NOTICE, NO_QUORUM);
}

/* That nothing was found is said only where it is known, of records that are there. */
static void put_found(struct page *p, bool has_entries)
{
    const json_t *found = page_total(p, FIGURES_FINDINGS, FINDINGS_FOUND);
    const json_t *undecided = page_total(p, FIGURES_FINDINGS, FINDINGS_UNDECIDED);
    const json_t *unsettled = page_total(p, FIGURES_FINDINGS, FINDINGS_UNSETTLED);
    struct shown count;

    show_figure(p, &count, FIGURE_COUNT, found);
    if (json_object_get(found, "withheld") != NULL)
        PUT(p, NOTICE, RULES_WITHHELD, WORDS(p, SECTION_FINDINGS));
    else if (figure_high(found) == 0 && has_entries && is_verified(p))
        SAY(p, GOOD, RULES_GOOD);
    else if (figure_high(found) == 0 && has_entries)
        SAY(p, PARAGRAPH, RULES_NOTHING);
    else if (figure_high(found) == 1)
        PUT(p, NOTICE, RULES_ONE, WORDS(p, SECTION_FINDINGS));
    else if (figure_high(found) > 1)
        PUT(p, NOTICE, RULES_SOME, count.text, WORDS(p, SECTION_FINDINGS));
    if (figure_high(undecided) > 0)
        PUT(p, PARAGRAPH, UNDECIDED, show_figure(p, &count, FIGURE_COUNT, undecided));
    if (figure_high(unsettled) > 0)
        PUT(p, PARAGRAPH, UNSETTLED, show_figure(p, &count, FIGURE_COUNT, unsettled));
}

/* How much of the period the ledger has; whether it has any of it. */
static bool put_reach(struct page *p)
{
    const json_t *complete = json_object_get(json_object_get(p->report, "period"), "complete");
    const json_t *last = page_ledger(p, "last_received");
    const json_t *recorded = page_total(p, FIGURES_RECORDS, RECORDS_RECORDED);
    const json_t *not_read = page_total(p, FIGURES_RECORDS, RECORDS_NOT_READ);
    struct shown time, a, b;
    uint64_t last_ms = 0;

    if (json_is_string(last))
        (void)time_parse(span_str(json_string_value(last)), &last_ms);
    show_time(p, &time, last);
    if (json_is_false(complete) && last_ms < p->from)
        PUT(p, ALARM, NOTHING_YET, time.text);
    else if (json_is_false(complete))
        PUT(p, NOTICE, NOT_OVER, time.text);
    if (!p->is_public && last_ms >= p->from && figure_high(recorded) == 0)
        SAY(p, NOTICE, NOTHING_AT_ALL);
    if (figure_high(not_read) == 0)
        return last_ms >= p->from;
    show_figure(p, &a, FIGURE_COUNT, not_read);
    show_figure(p, &b, FIGURE_COUNT, recorded);
    if (is_verified(p)) /* then the committee ordered it */
        PUT(p, PARAGRAPH, ERASED, a.text, b.text);
    else
        PUT(p, NOTICE, NOT_READ, a.text, b.text);
    return last_ms >= p->from;
}

static void put_off(struct page *p)
{
    json_t *off = (json_t *)json_object_get(json_object_get(p->report, "rules"), "not_used"), *name;
    struct buf names;
    size_t i;

    if (json_array_size(off) == 0)
        return;
    buf_init(&names, 16 * 1024);
    json_array_foreach (off, i, name)
        buf_printf(&names, "%s%s",
            i == 0                               ? ""
            : p->wording.language == LANGUAGE_JA ? "、"
                                                 : ", ",
            json_is_string(name) ? json_string_value(name) : "");
    buf_put_u8(&names, 0);
    PUT(p, NOTICE, RULES_OFF, (const char *)names.p);
    buf_destroy(&names);
}

/* A count with its counter, where the language has one. */
static void put_count(struct page *p, enum message what, const char *count)
{
    struct buf text;

    buf_init(&text, 1024);
    buf_printf(&text, WORDS(p, GLANCE_COUNT), count);
    buf_put_u8(&text, 0);
    fact(p, what, buf_status(&text) == 0 ? (const char *)text.p : count);
    buf_destroy(&text);
}

static void glance(
    struct page *p, enum message what, enum figure_table_number table, unsigned column)
{
    const json_t *value = page_total(p, table, column);
    struct shown shown;

    if (value != NULL && json_object_get(value, "withheld") == NULL)
        put_count(p, what, show_figure(p, &shown, FIGURE_COUNT, value));
}

/* Before the first section, so on the first page: is it all there, unchanged, and was it allowed. */
void section_verdict(struct page *p)
{
    bool has_entries;

    put_verdict(p);
    has_entries = put_reach(p);
    put_found(p, has_entries);
    put_off(p);
    PUT(p, PARAGRAPH, LIMITS, WORDS(p, SECTION_CANNOT));
}

void section_summary(struct page *p)
{
    struct shown least;

    SAY(p, SECTION, SECTION_SUMMARY);
    document_list(p->d, BLOCK_FACTS);
    glance(p, MESSAGE_REPORT_GLANCE_ACCESSES, FIGURES_ACCESSES, ACCESSES_DONE);
    glance(p, MESSAGE_REPORT_GLANCE_DENIED, FIGURES_ACCESSES, ACCESSES_DENIED);
    glance(p, MESSAGE_REPORT_GLANCE_RECEIVED, FIGURES_VOLUMES, VOLUMES_RECEIVED);
    glance(p, MESSAGE_REPORT_GLANCE_SELECTED, FIGURES_VOLUMES, VOLUMES_SELECTED);
    glance(p, MESSAGE_REPORT_GLANCE_PROVIDED, FIGURES_PROVISIONS, PROVISIONS_PROVIDED);
    glance(p, MESSAGE_REPORT_GLANCE_EMERGENCIES, FIGURES_EMERGENCIES, EMERGENCIES_BEGUN);
    glance(p, MESSAGE_REPORT_GLANCE_LIVE, FIGURES_APPROVALS, APPROVALS_LIVE);
    glance(p, MESSAGE_REPORT_GLANCE_NOT_ERASED, FIGURES_RETENTION, RETENTION_NOT_ERASED);
    glance(p, MESSAGE_REPORT_GLANCE_INCIDENTS, FIGURES_INCIDENTS, INCIDENTS_COUNT);
    glance(p, MESSAGE_REPORT_GLANCE_FINDINGS, FIGURES_FINDINGS, FINDINGS_FOUND);
    if (p->is_public)
        PUT(p, PARAGRAPH, SUPPRESSED,
            show_number(&least,
                figure_low(json_object_get(json_object_get(p->report, "rules"), "public_min")) -
                    1));
    PUT(p, PARAGRAPH, MEANING, WORDS(p, SECTION_METHOD));
}

void section_health(struct page *p)
{
    const json_t *limits = json_object_get(json_object_get(p->report, "rules"), "limits_ms");
    struct shown every;

    if (page_rows(p, FIGURES_SYSTEMS) == NULL)
        return;
    SAY(p, SECTION, SECTION_HEALTH);
    PUT(p, PARAGRAPH, HEALTH_SYSTEMS,
        show_duration(p, &every, figure_low(json_object_get(limits, "heartbeat-missing"))));
    put_table(p, FIGURES_SYSTEMS,
        COLUMNS_ALL &
            ~(1U << SYSTEMS_CHECKPOINTS | 1U << SYSTEMS_LISTED | 1U << SYSTEMS_LONGEST_SILENCE));
    put_table(p, FIGURES_RECORDS, COLUMNS_ALL);
}
