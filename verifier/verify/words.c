/* Verdicts and findings in sentences. */
#include <inttypes.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

static const enum message sentences[FINDING_CODES] = {
    [FINDING_CHECKPOINT_INVALID] = MESSAGE_VERIFY_IS_CHECKPOINT_INVALID,
    [FINDING_WITNESS_QUORUM] = MESSAGE_VERIFY_IS_WITNESS_QUORUM,
    [FINDING_ROLLBACK] = MESSAGE_VERIFY_IS_ROLLBACK,
    [FINDING_FORK] = MESSAGE_VERIFY_IS_FORK,
    [FINDING_STALE] = MESSAGE_VERIFY_IS_STALE,
    [FINDING_ROOT_MISMATCH] = MESSAGE_VERIFY_IS_ROOT_MISMATCH,
    [FINDING_ENTRY_MALFORMED] = MESSAGE_VERIFY_IS_ENTRY_MALFORMED,
    [FINDING_CHAIN_BROKEN] = MESSAGE_VERIFY_IS_CHAIN_BROKEN,
    [FINDING_TIME_REVERSED] = MESSAGE_VERIFY_IS_TIME_REVERSED,
    [FINDING_WRITER_UNKNOWN] = MESSAGE_VERIFY_IS_WRITER_UNKNOWN,
    [FINDING_WRITER_GAP] = MESSAGE_VERIFY_IS_WRITER_GAP,
    [FINDING_WRITER_CHAIN_BROKEN] = MESSAGE_VERIFY_IS_WRITER_CHAIN_BROKEN,
    [FINDING_WRITER_SIGNATURE] = MESSAGE_VERIFY_IS_WRITER_SIGNATURE,
    [FINDING_WRITER_FORK] = MESSAGE_VERIFY_IS_WRITER_FORK,
    [FINDING_ROSTER_INVALID] = MESSAGE_VERIFY_IS_ROSTER_INVALID,
    [FINDING_RECORD_MISMATCH] = MESSAGE_VERIFY_IS_RECORD_MISMATCH,
    [FINDING_RECORD_MALFORMED] = MESSAGE_VERIFY_IS_RECORD_MALFORMED,
    [FINDING_RECORD_MISSING] = MESSAGE_VERIFY_IS_RECORD_MISSING,
    [FINDING_RECEIPT_MISMATCH] = MESSAGE_VERIFY_IS_RECEIPT_MISMATCH,
    [FINDING_INCOMPLETE] = MESSAGE_VERIFY_IS_INCOMPLETE,
};

#define SAY(to, id, ...) fprintf(to, message_text(MESSAGE_VERIFY_##id), ##__VA_ARGS__)

void words_finding(FILE *to, const struct finding *f)
{
    fputs("  ", to);
    if (f->index == FINDING_NO_INDEX)
        SAY(to, AT_LEDGER);
    else if (f->position == FINDING_NO_POSITION)
        SAY(to, AT_ENTRY, f->index);
    else
        SAY(to, AT_RECORD, f->index, (unsigned)f->position);
    if (f->writer != NULL && f->writer[0] != '\0') {
        SAY(to, BY_WRITER);
        cli_put_visible(to, span_str(f->writer));
    }
    fprintf(to, ": %s [%s]", message_text(sentences[f->code]), finding_code_text(f->code));
    if (f->detail != NULL && f->detail[0] != '\0') {
        fputs(" (", to);
        cli_put_visible(to, span_str(f->detail));
        fputs(")", to);
    }
    fputs("\n", to);
}

/* "3 days", "5 hours": as exact as a person wants it. */
static void span_words(char *out, size_t n, uint64_t ms)
{
    static const struct {
        uint64_t ms;
        enum message one, many;
    } units[] = {{UINT64_C(86400000), MESSAGE_VERIFY_DAY, MESSAGE_VERIFY_DAYS},
        {3600000, MESSAGE_VERIFY_HOUR, MESSAGE_VERIFY_HOURS},
        {60000, MESSAGE_VERIFY_MINUTE, MESSAGE_VERIFY_MINUTES},
        {1000, MESSAGE_VERIFY_SECOND, MESSAGE_VERIFY_SECONDS}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        uint64_t count = ms / units[i].ms;

        if (count == 1)
            snprintf(out, n, "%s", message_text(units[i].one));
        else
            snprintf(out, n, message_text(units[i].many), count);
        if (count > 0)
            return;
    }
    snprintf(out, n, "%s", message_text(MESSAGE_VERIFY_NO_TIME));
}

static void say_verdict(FILE *to, const struct audit_result *r)
{
    uint64_t count = r->finding_count + r->findings_omitted;

    switch (r->verdict) {
    case AUDIT_VERIFIED:
        if (r->records_were_read)
            SAY(to, VERIFIED);
        else
            SAY(to, VERIFIED_NO_RECORDS);
        break;
    case AUDIT_FINDINGS:
        if (count == 1)
            SAY(to, HAS_FINDING);
        else
            SAY(to, HAS_FINDINGS, count);
        break;
    case AUDIT_INCOMPLETE:
        SAY(to, NO_VERDICT);
        break;
    }
}

static void say_read(FILE *to, const struct audit_result *r, uint64_t now_ms)
{
    char time[TIME_TEXT_BYTES], age[64];

    if (r->entries == 0) {
        SAY(to, READ_NONE);
        return;
    }
    SAY(to, READ, r->entries, r->size);
    if (r->records_were_read)
        SAY(to, READ_RECORDS, r->records);
    else
        SAY(to, READ_NO_RECORDS);
    if (r->has_received) {
        time_text(time, r->last_received);
        SAY(to, READ_RECEIVED, time);
    }
    fputs("\n", to);
    if (!r->has_received)
        return;
    span_words(age, sizeof age,
        now_ms >= r->last_received ? now_ms - r->last_received : r->last_received - now_ms);
    if (now_ms >= r->last_received)
        SAY(to, AGE, age);
    else
        SAY(to, AGE_AHEAD, age);
}

static void say_vouched(FILE *to, const struct audit_result *r)
{
    char time[TIME_TEXT_BYTES];

    for (size_t i = 0; i < r->witness_count; i++) {
        uint64_t time_s = r->witnesses[i].time_s;

        time_text(time, time_s > UINT64_MAX / 1000 ? UINT64_MAX : time_s * 1000);
        SAY(to, VOUCHED, r->witnesses[i].name, time);
    }
    if (!r->judged) {
        SAY(to, VOUCHED_UNKNOWN);
    } else if (r->vouched_by_operator) {
        SAY(to, VOUCHED_OPERATOR);
    } else if (r->has_vouched) {
        time_text(time, r->vouched_at_ms);
        SAY(to, VOUCHED_SINCE, time);
    } else if (r->witness_count == 0) {
        SAY(to, VOUCHED_NOBODY);
    }
}

void words_audit(FILE *to, const struct audit_result *r, struct span origin, uint64_t now_ms)
{
    char id[HEX_GROUPED_BYTES], name[NAME_BYTES_MAX + 1];

    say_verdict(to, r);
    say_read(to, r, now_ms);
    say_vouched(to, r);
    snprintf(name, sizeof name, "%.*s", (int)origin.n, (const char *)origin.p);
    SAY(to, LEDGER, name);
    if (r->has_ledger_id) {
        hex_grouped(id, &r->ledger_id);
        SAY(to, LEDGER_ID, id, id + 40);
    }
    SAY(to, RESTS, r->trusted_serial, r->roster_serial);
    if (r->latest)
        SAY(to, LATEST);
    if (r->entries_before > 0)
        SAY(to, LAST_STATE, r->entries_before);
    else
        SAY(to, FIRST_LOOK);
    SAY(to, CANNOT);
    if (r->finding_count == 0)
        return;
    SAY(to, FINDINGS);
    for (size_t i = 0; i < r->finding_count; i++)
        words_finding(to, &r->findings[i]);
    if (r->findings_omitted > 0)
        SAY(to, OMITTED, r->findings_omitted);
}
