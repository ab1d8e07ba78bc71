/* keiin-verify report: what happened in a period, for people, and to be checked. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/report/evidence_tar.h"
#include "verifier/report/html.h"
#include "verifier/report/report.h"
#include "verifier/report/sections.h"
#include "verifier/verify/audited.h"
#include "verifier/verify/verify.h"

#define FINDINGS_LISTED 20 /* of each rule */
#define REPORT_BYTES_MAX ((size_t)1 << 30)

enum report_format { FORMAT_HTML, FORMAT_PDF, FORMAT_CSV, FORMAT_JSON, FORMATS };
static const char *const formats[] = {"html", "pdf", "csv", "json"};
static const char *const profiles[] = {
    [REPORT_COMMITTEE] = "committee", [REPORT_PUBLIC] = "public"};

struct report_arguments {
    struct audited ledger;
    char *tar; /* owned; with --evidence */
    const char *from, *to, *profile, *format, *out, *limits_path;
    bool era, evidence;
    enum report_format as;
    struct report_options options;
};

/* The number of a word in a list; false when it is none of them. */
static bool one_of(const char *const *words, int count, const char *word, int *out)
{
    for (*out = 0; *out < count; ++*out)
        if (strcmp(words[*out], word) == 0)
            return true;
    return false;
}

static int take_words(struct report_arguments *a)
{
    int number;

    if (!one_of(profiles, 2, a->profile, &number))
        return cli_usage("%s", message_text(MESSAGE_VERIFY_REPORT_PROFILE));
    a->options.profile = (enum report_profile)number;
    if (!one_of(formats, FORMATS, a->format, &number))
        return cli_usage("%s", message_text(MESSAGE_VERIFY_REPORT_FORMAT));
    a->as = (enum report_format)number;
    return 0;
}

static int parse(int argc, char **argv, struct report_arguments *a)
{
    const struct option_row rows[] = {AUDITED_OPTIONS(&a->ledger), AUDITED_STATE(&a->ledger),
        OPTION("from", .text = &a->from), OPTION("to", .text = &a->to),
        OPTION("profile", .text = &a->profile), OPTION("format", .text = &a->format),
        OPTION("out", .text = &a->out), OPTION("rules", .text = &a->limits_path),
        OPTION("era", .flag = &a->era), OPTION("evidence", .flag = &a->evidence),
        OPTION("findings-max", .number = &a->options.findings_max, .max = 10000)};
    int status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status != 0)
        return status;
    if (argc - optind != 1)
        return cli_usage(message_text(MESSAGE_VERIFY_ONE_SOURCE), argv[0]);
    if (a->from == NULL || a->to == NULL || a->out == NULL)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_REPORT_NEEDS));
    return take_words(a);
}

/* Beside FILE: its name without its suffix, and ".evidence.tar". */
static char *tar_name(const char *out)
{
    const char *name = strrchr(out, '/') == NULL ? out : strrchr(out, '/') + 1;
    const char *dot = strrchr(name, '.');
    size_t n = dot == NULL || dot == name ? strlen(out) : (size_t)(dot - out);
    char *path;

    return asprintf(&path, "%.*s.evidence.tar", (int)n, out) < 0 ? NULL : path;
}

static int take_period(struct report_arguments *a, int zone_minutes)
{
    switch (period_parse(&a->options.period, a->from, a->to, zone_minutes)) {
    case PERIOD_GOOD:
        break;
    case PERIOD_FROM_UNREADABLE:
        return cli_usage(message_text(MESSAGE_VERIFY_REPORT_FROM), a->from);
    case PERIOD_TO_UNREADABLE:
        return cli_usage(message_text(MESSAGE_VERIFY_REPORT_TO), a->to);
    case PERIOD_BACKWARDS:
        return cli_usage(message_text(MESSAGE_VERIFY_REPORT_BACKWARDS), a->to, a->from);
    }
    return 0;
}

/* Period and limits, and that nothing is overwritten: before an audit that may take long. */
static int prepare(struct report_arguments *a, const struct rules_limits *limits)
{
    struct report_options *o = &a->options;
    struct why why = {""};
    int status = take_period(a, rules_limits_zone_minutes(limits));

    o->limits = limits;
    if (status != 0)
        return status;
    if (o->profile == REPORT_PUBLIC && !period_take_months(&o->period))
        return cli_usage("%s", message_text(MESSAGE_VERIFY_REPORT_MONTHS));
    if (a->evidence && o->profile == REPORT_PUBLIC)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_EVIDENCE_PUBLIC));
    if (a->evidence && !evidence_tar_can())
        return cli_usage("%s", message_text(MESSAGE_VERIFY_EVIDENCE_NOT_BUILT));
    if (a->evidence) {
        a->tar = tar_name(a->out);
        if (a->tar == NULL)
            return status_of_error(KEIIN_ENOMEM, "report", NULL);
    }
    if (access(a->out, F_OK) == 0 || (a->evidence && access(a->tar, F_OK) == 0)) {
        why_set(&why, "%s", strerror(EEXIST));
        return status_of_error(KEIIN_EUSAGE, access(a->out, F_OK) == 0 ? a->out : a->tar, &why);
    }
    return 0;
}

/* --- The report in its format. */

static int put_pdf(const struct document *d, struct buf *out, struct why *why)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&bytes, &n);
    int err = to == NULL ? KEIIN_ENOMEM : document_pdf(d, to, why);

    if (to != NULL && fclose(to) != 0 && err == 0)
        err = KEIIN_ENOMEM;
    if (err == 0)
        buf_put(out, bytes, n);
    free(bytes);
    return err;
}

static int put_document(
    const struct report_arguments *a, const json_t *json, struct buf *out, struct why *why)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct document d;
    int err;

    document_init(&d, messages_language());
    err = text == NULL ? KEIIN_ENOMEM : report_document(json, messages_language(), a->era, &d);
    if (err == 0) {
        d.embedded = span_str(text);
        err = a->as == FORMAT_HTML  ? document_html(&d, out)
              : a->as == FORMAT_CSV ? document_csv(&d, out)
                                    : put_pdf(&d, out, why);
    }
    document_destroy(&d);
    free(text);
    return err;
}

static int put_json(const json_t *json, struct buf *out)
{
    char *text = json_dumps(json, JSON_INDENT(1));

    if (text == NULL)
        return KEIIN_ENOMEM;
    html_escape_json(out, span_str(text));
    buf_put_u8(out, '\n');
    free(text);
    return 0;
}

static int write_report(const struct report_arguments *a, const json_t *json)
{
    struct why why = {""};
    struct buf out;
    int err;

    buf_init(&out, REPORT_BYTES_MAX);
    err = a->as == FORMAT_JSON ? put_json(json, &out) : put_document(a, json, &out, &why);
    if (err == 0)
        err = buf_status(&out);
    if (err == 0)
        err = file_create(a->out, 0644, buf_view(&out), &why);
    buf_destroy(&out);
    return err == 0 ? 0 : status_of_error(err, a->out, &why);
}

static int write_evidence(const struct report_arguments *a, const json_t *json)
{
    const struct audit_result *audit = &a->ledger.result;
    struct why why = {""};
    struct buf text, tar;
    int err;

    buf_init(&text, REPORT_BYTES_MAX);
    buf_init(&tar, REPORT_BYTES_MAX);
    err = put_json(json, &text);
    if (err == 0)
        err = buf_status(&text);
    if (err == 0)
        err = evidence_tar(
            json, buf_view(&text), audit->has_received ? audit->last_received : 0, &tar, &why);
    if (err == 0)
        err = file_create(a->tar, 0644, buf_view(&tar), &why);
    buf_destroy(&text);
    buf_destroy(&tar);
    return err == 0 ? 0 : status_of_error(err, a->tar, &why);
}

/* The ledger read once, and what came of it written. */
static int make(struct report_arguments *a, struct report *report)
{
    struct why why = {""};
    json_t *json = NULL;
    int err, status;

    a->ledger.options.keeper = report_keeper(report);
    a->ledger.options.whole = true;
    a->ledger.options.findings_max = REPORT_AUDIT_FINDINGS_MAX;
    status = audited_run(&a->ledger);
    if (status != 0)
        return status;
    err = report_finish(report, &a->ledger.result, span_str(a->ledger.origin), &json);
    if (err == KEIIN_EUSAGE)
        why_set(&why, "%s", message_text(MESSAGE_VERIFY_REPORT_NOT_OVER));
    if (err == 0)
        err = report_add_evidence(report, a->ledger.source, &a->ledger.result, json);
    status = err == 0 ? write_report(a, json) : status_of_error(err, "report", &why);
    if (status == 0 && a->options.profile == REPORT_PUBLIC && report_lacks_records(report))
        cli_error("%s", message_text(MESSAGE_VERIFY_REPORT_LACKS));
    if (status == 0 && a->evidence)
        status = write_evidence(a, json);
    json_decref(json);
    return status;
}

int report_command(int argc, char **argv)
{
    struct report_arguments a = {.profile = "committee", .format = "html"};
    struct rules_limits *limits = NULL;
    struct report *report = NULL;
    int status;

    audited_init(&a.ledger);
    a.options.findings_max = FINDINGS_LISTED;
    status = parse(argc, argv, &a);
    if (status == 0)
        status = input_limits(a.limits_path, &limits);
    if (status == 0)
        status = prepare(&a, limits);
    if (status == 0)
        status = audited_open(&a.ledger, argv[0], argv[optind]);
    if (status == 0) {
        int err = report_new(&a.options, &report);

        status = err == 0 ? make(&a, report) : status_of_error(err, "report", NULL);
    }
    report_free(report);
    audited_destroy(&a.ledger);
    free(a.tar);
    rules_limits_free(limits);
    return status;
}
