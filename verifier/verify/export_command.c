/* keiin-verify export: all records that stand, a line each, for other programs. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/filepart.h"
#include "system/messages.h"
#include "verifier/report/export.h"
#include "verifier/verify/audited.h"
#include "verifier/verify/taken.h"
#include "verifier/verify/verify.h"

/* The longest line: hex doubles bytes, escapes at most sixfold what names and texts have. */
#define LINE_BYTES_MAX ((size_t)16 * RECORD_BYTES_MAX)

struct export_run {
    struct audited ledger;
    const char *format_text, *out;
    enum export_format format;
    struct taken_time time;
    struct filepart part;
    struct buf line;
    char ledger_id[2 * HASH_BYTES + 1];
    uint64_t stood; /* records that the audit gave */
    uint64_t written;
};

static bool keep_record(struct span record, struct buf *kept)
{
    buf_put_span(kept, record);
    return true;
}

static int see_entry(void *ctx, const struct keeper_entry *entry)
{
    struct export_run *run = ctx;

    if (run->ledger_id[0] == '\0')
        hex_encode(run->ledger_id, span_hash(entry->ledger_id));
    return 0;
}

static int put_line(struct export_run *run)
{
    int err = buf_status(&run->line);

    if (err == 0 && run->line.n > 0 &&
        fwrite(run->line.p, 1, run->line.n, run->part.stream) != run->line.n)
        err = KEIIN_EIO;
    buf_clear(&run->line);
    return err;
}

static int put_record(void *ctx, const struct record_place *place, struct span record)
{
    struct export_run *run = ctx;
    struct export_row row = {
        .place = place, .origin = span_str(run->ledger.origin), .ledger_id = run->ledger_id};
    int err;

    run->stood++;
    if (!taken_time_has(&run->time, place->received))
        return 0;
    err = export_row_of(&row, record);
    if (err != 0)
        return err;
    export_put(&run->line, run->format, &row);
    run->written++;
    return put_line(run);
}

static int parse(int argc, char **argv, struct export_run *run)
{
    const struct option_row rows[] = {AUDITED_OPTIONS(&run->ledger),
        OPTION("format", .text = &run->format_text), OPTION("out", .text = &run->out),
        TAKEN_TIME_OPTIONS(&run->time)};
    int status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status == 0 &&
        (run->format_text == NULL || !export_format_parse(run->format_text, &run->format)))
        status = cli_usage("%s", message_text(MESSAGE_EXPORT_FORMAT));
    if (status == 0 && run->ledger.json)
        status = cli_usage("%s", message_text(MESSAGE_EXPORT_NO_JSON));
    if (status == 0)
        status = taken_time_check(&run->time);
    if (status == 0 && argc - optind != 1)
        status = cli_usage(message_text(MESSAGE_VERIFY_ONE_SOURCE), argv[0]);
    return status;
}

/* What a line about where it goes names. */
static const char *out_name(const struct export_run *run)
{
    return run->out != NULL ? run->out : message_text(MESSAGE_SYSTEM_STANDARD_OUTPUT);
}

/* 0, or the exit status after a line was printed. */
static int open_out(struct export_run *run)
{
    struct why why = {""};
    int err = filepart_open(&run->part, run->out, &why);

    return err == 0 ? 0 : status_of_error(err, out_name(run), &why);
}

/* Where the audit has no verdict, what was written does not get its name. */
static int close_out(struct export_run *run, bool verdict)
{
    struct why why = {""};
    int err = verdict ? filepart_finish(&run->part, &why) : filepart_leave(&run->part, &why);

    if (err != 0)
        return status_of_error(err, out_name(run), &why);
    if (!verdict && run->out != NULL)
        cli_error(message_text(MESSAGE_EXPORT_LEFT), run->out);
    return 0;
}

static void say_counts(const struct export_run *run)
{
    const struct audit_result *r = &run->ledger.result;
    /* Of an entry that is judged, records not read are not there. */
    uint64_t absent = r->records_stated > r->records ? r->records_stated - r->records : 0;
    uint64_t refused = r->records > run->stood ? r->records - run->stood : 0;

    cli_error(message_text(MESSAGE_EXPORT_COUNTS), run->written, r->records_stated);
    if (run->stood > run->written)
        cli_error(message_text(MESSAGE_EXPORT_OUTSIDE), run->stood - run->written);
    if (absent > 0)
        cli_error(message_text(MESSAGE_EXPORT_ABSENT), absent);
    if (refused > 0)
        cli_error(message_text(MESSAGE_EXPORT_REFUSED), refused);
    taken_say_verdict(r);
}

int export_command(int argc, char **argv)
{
    struct export_run run = {0};
    struct record_keeper keeper = {.take = keep_record, .give = put_record, .entry = see_entry};
    int status;

    audited_init(&run.ledger);
    buf_init(&run.line, LINE_BYTES_MAX);
    keeper.ctx = &run;
    run.ledger.options.keeper = &keeper;
    status = parse(argc, argv, &run);
    if (status == 0)
        status = audited_open(&run.ledger, argv[0], argv[optind]);
    if (status == 0)
        status = open_out(&run);
    if (status != 0)
        goto out;
    export_begin(&run.line, run.format);
    if (put_line(&run) != 0)
        status = status_of_error(KEIIN_EIO, out_name(&run), NULL);
    if (status == 0)
        status = audited_run(&run.ledger);
    if (status == 0)
        status = close_out(&run, run.ledger.result.verdict != AUDIT_INCOMPLETE);
    if (status == 0) {
        say_counts(&run);
        status = taken_status(&run.ledger.result);
    }
out:
    filepart_drop(&run.part);
    buf_destroy(&run.line);
    audited_destroy(&run.ledger);
    return status;
}
