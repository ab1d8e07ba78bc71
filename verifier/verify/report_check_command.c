/* keiin-verify report-check: a report held against itself, its evidence, and the ledger. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/report/recheck.h"
#include "verifier/verify/audited.h"
#include "verifier/verify/verify.h"
#include "verifier/verify/words_recheck.h"

struct report_check {
    struct audited ledger;
    const char *limits_path, *path;
    struct rules_limits *limits;
    struct roster *trusted; /* or NULL; until the audit takes it */
    uint64_t trusted_serial;
    struct recheck recheck;
    json_t *report;
};

static int parse(int argc, char **argv, struct report_check *a)
{
    const struct option_row rows[] = {OPTION("roster", .text = &a->ledger.roster_path),
        OPTION("rules", .text = &a->limits_path),
        OPTION("threads", .count = &a->ledger.options.threads, .min = 1, .max = 256),
        OPTION_TIMEOUT(&a->ledger.timeout_ms), OPTION("json", .flag = &a->ledger.json)};
    int status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status != 0)
        return status;
    if (argc - optind < 1 || argc - optind > 2)
        return cli_usage(message_text(MESSAGE_VERIFY_RECHECK_WORDS), argv[0]);
    a->path = argv[optind];
    a->ledger.where = argc - optind == 2 ? argv[optind + 1] : NULL;
    status = input_roster(argv[0], a->ledger.roster_path, true, &a->trusted);
    return status == 0 ? input_limits(a->limits_path, &a->limits) : status;
}

static void cannot(struct report_check *a, const char *why)
{
    a->recheck.open[RECHECK_OPEN_SOURCE] = true;
    if (a->recheck.open_why.text[0] == '\0')
        why_set(&a->recheck.open_why, "%s", why);
}

/* The roster that the ledger is audited by: the one in hand, or the one that its maker trusted. */
static struct roster *take_roster(struct report_check *a, struct why *why)
{
    const json_t *rosters = json_object_get(json_object_get(a->report, "evidence"), "rosters");
    const json_t *serial = json_object_get(json_object_get(a->report, "ledger"), "roster_trusted");
    const json_t *note;
    struct roster *out = NULL;

    if (a->trusted != NULL && a->trusted->serial < a->recheck.roster_count) {
        out = a->trusted;
        a->trusted = NULL;
        return out;
    }
    note = (size_t)json_integer_value(serial) < a->recheck.roster_count
               ? json_array_get(rosters, (size_t)json_integer_value(serial))
               : NULL;
    if (note == NULL || roster_from_note(span_of(json_string_value(note), json_string_length(note)),
                            NULL, &out, why) != 0)
        return NULL;
    return out;
}

/* The audit at the report's checkpoint, with what listens to it. 0, or the exit status. */
static int audit(struct report_check *a, struct report *report)
{
    struct audit_options *options = &a->ledger.options;
    struct why why = {""};
    int err;

    a->ledger.roster = take_roster(a, &why);
    if (a->ledger.roster == NULL) {
        a->recheck.open[RECHECK_OPEN_EVIDENCE] = true;
        return 0;
    }
    snprintf(a->ledger.origin, sizeof a->ledger.origin, "%.*s", (int)a->ledger.roster->origin.n,
        (const char *)a->ledger.roster->origin.p);
    err = source_open(a->ledger.where, a->ledger.timeout_ms, &a->ledger.source, &why);
    if (err != 0)
        return status_of_error(err, a->ledger.where, &why);
    options->checkpoint = span_str(a->recheck.checkpoint);
    options->findings_max = REPORT_AUDIT_FINDINGS_MAX;
    options->keeper = report_keeper(report);
    return audited_run(&a->ledger);
}

static const char *incomplete_why(const struct audit_result *result)
{
    for (size_t i = 0; i < result->finding_count; i++)
        if (result->findings[i].code == FINDING_INCOMPLETE && result->findings[i].detail != NULL)
            return result->findings[i].detail;
    return "";
}

/* What the audit came to: whether there is anything to hold the report against. */
static bool is_whole(struct report_check *a)
{
    const struct audit_result *result = &a->ledger.result;
    const json_t *said = json_object_get(json_object_get(a->report, "ledger"), "verdict");
    uint64_t size = source_size(a->ledger.source);
    struct why why;

    if (size > 0 && size < result->size) {
        why_set(&why, "it covers %" PRIu64 " entries, the report %" PRIu64, size, result->size);
        cannot(a, why.text);
    }
    if (result->verdict != AUDIT_INCOMPLETE)
        return true;
    /* The report itself may be of a source that did not give all. */
    if (strcmp(json_string_value(said), "incomplete") == 0)
        return true;
    cannot(a, incomplete_why(result));
    return false;
}

static int compare(struct report_check *a, struct report *report)
{
    json_t *again = NULL;
    int err = report_finish(report, &a->ledger.result, span_str(a->ledger.origin), &again);

    if (err == KEIIN_EUSAGE) {
        cannot(a, message_text(MESSAGE_VERIFY_REPORT_NOT_OVER));
        return 0;
    }
    if (err != 0)
        return status_of_error(err, "report-check", NULL);
    recheck_compare(&a->recheck, a->report, again);
    json_decref(again);
    return 0;
}

/* Counts everything again. 0, or the exit status after a line was printed. */
static int recount(struct report_check *a)
{
    struct report_options options;
    struct report *report = NULL;
    int err, status = 0;

    if (!a->recheck.rules_known)
        a->recheck.open[RECHECK_OPEN_RULES] = true;
    if (a->recheck.checkpoint == NULL)
        a->recheck.open[RECHECK_OPEN_EVIDENCE] = true;
    if (!a->recheck.rules_known || a->recheck.checkpoint == NULL)
        return 0;
    if (recheck_options(a->report, a->limits, &options) != 0) {
        cannot(a, "the report's period is none");
        return 0;
    }
    err = report_new(&options, &report);
    status = err == 0 ? audit(a, report) : status_of_error(err, "report-check", NULL);
    if (status == 0 && a->ledger.has_result && is_whole(a))
        status = compare(a, report);
    report_free(report);
    return status;
}

static int tell(struct report_check *a)
{
    int err = a->recheck.err;

    if (err != 0)
        return status_of_error(err, a->path, NULL);
    if (!a->ledger.json) {
        words_recheck(stdout, a->path, &a->recheck, a->report, a->trusted_serial);
        return recheck_status(&a->recheck);
    }
    err = json_recheck(stdout, &a->recheck, a->report);
    return err != 0 ? status_of_error(err, "standard output", NULL) : recheck_status(&a->recheck);
}

static int check(struct report_check *a)
{
    struct why why = {""};
    uint8_t *bytes = NULL;
    size_t n = 0;
    int err = file_read(a->path, RECHECK_BYTES_MAX, &bytes, &n, &why), status = 0;

    if (err != 0)
        return status_of_error(err, a->path, &why);
    a->report = recheck_read(&a->recheck, span_of(bytes, n));
    if (a->report != NULL && a->recheck.err == 0) {
        if (a->trusted != NULL)
            a->trusted_serial = a->trusted->serial;
        recheck_offline(&a->recheck, a->report, a->trusted, a->limits, span_of(bytes, n));
        free(bytes);
        bytes = NULL;
        if (a->ledger.where != NULL && a->recheck.err == 0)
            status = recount(a);
    }
    free(bytes);
    return status != 0 ? status : tell(a);
}

int report_check_command(int argc, char **argv)
{
    struct report_check a = {0};
    int status;

    audited_init(&a.ledger);
    recheck_init(&a.recheck);
    status = parse(argc, argv, &a);
    if (status == 0)
        status = check(&a);
    recheck_destroy(&a.recheck);
    json_decref(a.report);
    roster_free(a.trusted);
    audited_destroy(&a.ledger);
    rules_limits_free(a.limits);
    return status;
}
