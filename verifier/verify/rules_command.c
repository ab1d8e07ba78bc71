/* keiin-verify rules: the oversight rules over the verified records of a ledger. */
#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/audited.h"
#include "verifier/verify/rules_state.h"
#include "verifier/verify/verify.h"

struct rules_arguments {
    struct audited ledger;
    const char *limits_path; /* NULL: the initial limits */
    const char *explain; /* a rule's name, or "all" */
    uint64_t told_max; /* of each rule, in sentences; JSON tells all */
};

/* One run of the rules; the audit's thread owns it. */
struct rules_run {
    const struct rules_arguments *arguments;
    struct rules *rules;
    struct rules_report report;
    bool resumed;
};

static int take_finding(void *ctx, const struct rules_finding *f)
{
    struct rules_run *run = ctx;

    return rules_report_add(&run->report, f);
}

static bool keep_record(struct span record, struct buf *kept)
{
    buf_put_span(kept, record);
    return true;
}

static int give_record(void *ctx, const struct record_place *place, struct span record)
{
    struct rules_run *run = ctx;

    return rules_record(run->rules, place, record);
}

static int give_entry(void *ctx, const struct keeper_entry *entry)
{
    struct rules_run *run = ctx;

    return rules_entry(run->rules, entry);
}

static bool begin(void *ctx, uint64_t index, const struct hash *root)
{
    struct rules_run *run = ctx;

    rules_report_clear(&run->report);
    run->resumed = index > 0 && rules_state_load(run->arguments->ledger.options.state, index, root,
                                    run->rules, &run->report);
    if (!run->resumed)
        rules_reset(run->rules);
    return index == 0 || run->resumed;
}

static int save(void *ctx, uint64_t index, const struct hash *root, struct why *why)
{
    struct rules_run *run = ctx;

    return rules_state_save(run->arguments->ledger.options.state, index, root, run->rules, why);
}

static int parse(int argc, char **argv, struct rules_arguments *a)
{
    const struct option_row rows[] = {AUDITED_OPTIONS(&a->ledger), AUDITED_STATE(&a->ledger),
        AUDITED_MAX_AGE(&a->ledger), OPTION("rules", .text = &a->limits_path),
        OPTION("explain", .text = &a->explain),
        OPTION("findings-max", .number = &a->told_max, .max = 100000000)};
    int status;

    a->told_max = 20;
    status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);
    if (status != 0)
        return status;
    if (a->explain != NULL && argc - optind != 0)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_EXPLAIN_ALONE));
    if (a->explain == NULL && argc - optind != 1)
        return cli_usage(message_text(MESSAGE_VERIFY_ONE_SOURCE), argv[0]);
    return 0;
}

static int report(struct rules_run *run, const struct rules_limits *limits)
{
    const struct audited *ledger = &run->arguments->ledger;
    struct rules_outcome outcome = {&ledger->result, run->rules, limits, &run->report,
        span_str(ledger->origin), ledger->options.now_ms, ledger->seconds, run->resumed};
    int err = ledger->json ? json_rules(stdout, &outcome) : words_rules(stdout, &outcome);

    return err != 0 ? status_of_error(err, message_text(MESSAGE_SYSTEM_STANDARD_OUTPUT), NULL)
                    : rules_outcome_status(&outcome);
}

/* Audits, with the rules listening. */
static int run_rules(struct rules_arguments *a, const struct rules_limits *limits)
{
    struct rules_run run = {.arguments = a};
    struct record_keeper keeper = {keep_record, give_record, give_entry,
        a->ledger.options.state == NULL ? NULL : begin,
        a->ledger.options.state == NULL ? NULL : save, &run};
    int err, status;

    err = rules_new(limits, (struct rules_sink){take_finding, &run}, &run.rules);
    if (err == 0)
        err = rules_report_init(&run.report, a->ledger.json, a->told_max);
    if (err != 0) {
        status = status_of_error(err, "rules", NULL);
        goto out;
    }
    a->ledger.options.keeper = &keeper;
    status = audited_run(&a->ledger);
    if (status != 0)
        goto out;
    err = rules_conclude(run.rules, &a->ledger.result);
    status = err != 0 ? status_of_error(err, a->ledger.where, NULL) : report(&run, limits);
    if (err == 0 && a->ledger.options.state != NULL)
        rules_state_tidy(a->ledger.options.state, a->ledger.result.size);
out:
    rules_report_destroy(&run.report);
    rules_free(run.rules);
    return status;
}

static int explain(const char *name, const struct rules_limits *limits)
{
    const struct rule *rule = rule_of(span_str(name));

    if (strcmp(name, "all") == 0) {
        for (size_t i = 0; i < rules_count; i++)
            words_rule(stdout, rules_all[i], limits);
        return EXIT_OK;
    }
    if (rule == NULL)
        return cli_usage(message_text(MESSAGE_VERIFY_NO_RULE), name);
    words_rule(stdout, rule, limits);
    return EXIT_OK;
}

int rules_command(int argc, char **argv)
{
    struct rules_limits *limits = NULL;
    struct rules_arguments a = {0};
    int status;

    audited_init(&a.ledger);
    status = parse(argc, argv, &a);
    if (status == 0)
        status = input_limits(a.limits_path, &limits);
    if (status == 0 && a.explain != NULL) {
        status = explain(a.explain, limits);
    } else if (status == 0) {
        status = audited_open(&a.ledger, argv[0], argv[optind]);
        if (status == 0)
            status = run_rules(&a, limits);
    }
    audited_destroy(&a.ledger);
    rules_limits_free(limits);
    return status;
}
