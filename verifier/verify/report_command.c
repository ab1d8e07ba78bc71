/* keiin-verify report: what happened in a period, for people and to be checked. */
#include <getopt.h>
#include <string.h>

#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/report/report.h"
#include "verifier/verify/audited.h"
#include "verifier/verify/verify.h"

struct report_arguments {
    struct audited ledger;
    const char *from, *to, *profile, *format, *out, *limits_path;
    uint64_t findings_max;
};

static int parse(int argc, char **argv, struct report_arguments *a)
{
    const struct option_row rows[] = {AUDITED_OPTIONS(&a->ledger), OPTION("from", .text = &a->from),
        OPTION("to", .text = &a->to), OPTION("profile", .text = &a->profile),
        OPTION("format", .text = &a->format), OPTION("out", .text = &a->out),
        OPTION("rules", .text = &a->limits_path),
        OPTION("findings-max", .number = &a->findings_max, .max = 10000)};
    int status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status != 0)
        return status;
    if (argc - optind != 1)
        return cli_usage(message_text(MESSAGE_VERIFY_ONE_SOURCE), argv[0]);
    if (a->from == NULL || a->to == NULL || a->out == NULL)
        return cli_usage("report needs --from, --to and --out");
    return 0;
}

static int make(struct report_arguments *a, struct report *report, const char *command)
{
    struct why why = {""};
    json_t *json = NULL;
    char *text;
    int err, status;

    (void)command;
    a->ledger.options.keeper = report_keeper(report);
    a->ledger.options.findings_max = REPORT_AUDIT_FINDINGS_MAX;
    status = audited_run(&a->ledger);
    if (status != 0)
        return status;
    err = report_finish(report, &a->ledger.result, span_str(a->ledger.origin), &json, &why);
    if (err == 0)
        err = report_add_evidence(report, a->ledger.source, &a->ledger.result, json);
    if (err != 0) {
        json_decref(json);
        return status_of_error(err, "report", &why);
    }
    text = json_dumps(json, JSON_INDENT(1));
    err = file_create(a->out, 0644, span_str(text), &why);
    free(text);
    json_decref(json);
    return err == 0 ? 0 : status_of_error(err, a->out, &why);
}

int report_command(int argc, char **argv)
{
    struct report_arguments a = {.findings_max = 20};
    struct report_options options = {0};
    struct rules_limits *limits = NULL;
    struct report *report = NULL;
    struct why why = {""};
    int err, status;

    audited_init(&a.ledger);
    status = parse(argc, argv, &a);
    if (status == 0)
        status = input_limits(a.limits_path, &limits);
    if (status == 0) {
        err = period_parse(&options.period, a.from, a.to, rules_limits_zone_minutes(limits), &why);
        status = err == 0 ? 0 : status_of_error(err, "report", &why);
    }
    if (status == 0)
        status = audited_open(&a.ledger, argv[0], argv[optind]);
    if (status == 0) {
        options.limits = limits;
        options.findings_max = a.findings_max;
        err = report_new(&options, &report);
        status = err == 0 ? make(&a, report, argv[0]) : status_of_error(err, "report", NULL);
    }
    report_free(report);
    audited_destroy(&a.ledger);
    rules_limits_free(limits);
    return status;
}
