/* A reconciliation in sentences. */
#include <inttypes.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

#define SAY(to, id, ...) fprintf(to, message_text(MESSAGE_VERIFY_RECONCILE_##id), ##__VA_ARGS__)

static void say_verdict(FILE *to, const struct reconcile_result *r, enum reconcile_verdict verdict)
{
    uint64_t count = reconcile_differences(r);

    switch (verdict) {
    case RECONCILE_ALL_THERE:
        SAY(to, ALL_THERE);
        break;
    case RECONCILE_DIFFERENCES:
        if (count == 1)
            SAY(to, DIFFERENCE);
        else
            SAY(to, DIFFERENCES, count);
        break;
    case RECONCILE_LEDGER_FINDINGS:
        SAY(to, LEDGER_FINDINGS);
        break;
    case RECONCILE_INCOMPLETE:
        SAY(to, INCOMPLETE);
        break;
    }
}

static void say_log(FILE *to, const struct reconcile_result *r)
{
    char from[TIME_TEXT_BYTES], until[TIME_TEXT_BYTES];

    SAY(to, LOG, r->lines, r->statements);
    if (r->has_range) {
        time_text(from, r->from_ms);
        time_text(until, r->to_ms);
        SAY(to, RANGE, from, until);
    } else {
        SAY(to, NO_RANGE);
    }
    if (r->torn > 0)
        SAY(to, TORN);
    if (r->repeated > 0)
        SAY(to, REPEATED, r->repeated);
    if (r->forged > 0)
        SAY(to, FORGED, r->forged);
    if (r->unmapped > 0)
        SAY(to, UNMAPPED, r->unmapped);
    if (r->incomplete) {
        SAY(to, NOT_READ);
        cli_put_visible(to, span_str(r->why.text));
        fputs("\n", to);
    }
}

static void say_compared(FILE *to, const struct reconcile_result *r)
{
    SAY(to, MATCHED, r->matched, r->statements);
    if (r->counts[DIFFERENCE_NOT_IN_LEDGER] > 0)
        SAY(to, NOT_IN_LEDGER, r->counts[DIFFERENCE_NOT_IN_LEDGER]);
    if (r->last_ones > 0)
        SAY(to, LAST_ONES, r->last_ones);
    if (r->counts[DIFFERENCE_CHANGED] > 0)
        SAY(to, CHANGED, r->counts[DIFFERENCE_CHANGED]);
    if (r->counts[DIFFERENCE_NOT_IN_LOG] > 0)
        SAY(to, NOT_IN_LOG, r->counts[DIFFERENCE_NOT_IN_LOG]);
    if (r->counts[DIFFERENCE_LOG_REPEATS] > 0)
        SAY(to, LOG_REPEATS, r->counts[DIFFERENCE_LOG_REPEATS]);
    if (r->recorded_again > 0)
        SAY(to, AGAIN, r->recorded_again);
    if (r->later > 0)
        SAY(to, LATER, r->later);
    if (r->unsure > 0)
        SAY(to, UNSURE, r->unsure);
    if (r->elsewhere > 0)
        SAY(to, ELSEWHERE, r->elsewhere);
    if (r->silent_writer != NULL) {
        SAY(to, SILENT);
        cli_put_visible(to, span_str(r->silent_writer));
        fputs("\n", to);
    }
    if (r->texts_not_compared > 0)
        SAY(to, NO_TEXTS, r->texts_not_compared);
    if (r->texts_differ > 1 && r->texts_differ == r->texts_compared)
        SAY(to, OTHER_KEY);
}

static void put_field(FILE *to, const char *before, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    fputs(before, to);
    cli_put_visible(to, span_str(text));
}

static void say_sentence(FILE *to, const struct difference *d)
{
    switch (d->kind) {
    case DIFFERENCE_NOT_IN_LEDGER:
        SAY(to, IS_NOT_IN_LEDGER);
        break;
    case DIFFERENCE_CHANGED:
        SAY(to, IS_CHANGED);
        if (d->parts & DIFFERS_SAID)
            SAY(to, PART_SAID);
        if (d->parts & DIFFERS_STATEMENT)
            SAY(to, PART_STATEMENT);
        if (d->parts & DIFFERS_USER)
            SAY(to, PART_USER);
        break;
    case DIFFERENCE_NOT_IN_LOG:
        if (d->session_in_log)
            SAY(to, IS_NOT_IN_LOG);
        else
            SAY(to, IS_NO_SESSION);
        break;
    case DIFFERENCE_LOG_REPEATS:
        SAY(to, IS_LOG_REPEATS);
        break;
    case DIFFERENCE_KINDS:
        break;
    }
    fprintf(to, " [%s]\n", difference_text(d->kind));
}

static void say_difference(FILE *to, const struct difference *d)
{
    char time[TIME_TEXT_BYTES];

    fputs("  ", to);
    if (d->log != NULL) {
        cli_put_visible(to, span_str(d->log));
        SAY(to, LINE, d->line);
    }
    if (d->index != FINDING_NO_INDEX) {
        fputs(d->log != NULL ? ", " : "", to);
        fprintf(to, message_text(MESSAGE_VERIFY_AT_RECORD), d->index, (unsigned)d->position);
        put_field(to, message_text(MESSAGE_VERIFY_BY_WRITER), d->writer);
    }
    fputs(": ", to);
    say_sentence(to, d);
    time_text(time, d->at);
    fprintf(to, "    %s", time);
    put_field(to, message_text(MESSAGE_VERIFY_RECONCILE_USER), d->user);
    if (d->user_unmapped)
        SAY(to, USER_UNMAPPED);
    put_field(to, message_text(MESSAGE_VERIFY_RECONCILE_ACTOR), d->actor);
    put_field(to, message_text(MESSAGE_VERIFY_RECONCILE_DATABASE), d->database);
    put_field(to, ", ", d->action);
    put_field(to, ": ", d->statement);
    fputs(d->statement_cut ? "...\n" : "\n", to);
}

void words_reconcile(FILE *to, const struct reconcile_result *r, enum reconcile_verdict verdict,
    const struct audit_result *audit)
{
    uint64_t count = reconcile_differences(r);

    say_verdict(to, r, verdict);
    say_log(to, r);
    /* Of a ledger that could not be read nothing is said to be missing. */
    if (audit->verdict == AUDIT_INCOMPLETE)
        return;
    say_compared(to, r);
    if (audit->records_stated > audit->records)
        SAY(to, ERASED, audit->records_stated - audit->records);
    SAY(to, CANNOT);
    if (count == 0)
        return;
    SAY(to, LIST);
    for (size_t i = 0; i < r->count; i++)
        say_difference(to, &r->list[i]);
    if (count > r->count)
        SAY(to, OMITTED, count - r->count);
}
