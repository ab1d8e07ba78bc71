/* keiin-verify reconcile: an audit log against a ledger. */
#include <getopt.h>
#include <stdlib.h>

#include "auditlog/csvlog.h"
#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/audited.h"
#include "verifier/verify/verify.h"

#define WRITERS_MAX 1000
#define STATEMENTS_MAX 10000000

struct reconcile_arguments {
    struct audited ledger;
    struct reconcile_options options;
    const char *writers[WRITERS_MAX];
};

/* --writer, which may be given more than once. */
static int add_writer(void *ctx, const char *command, const char *value)
{
    struct reconcile_arguments *a = ctx;

    if (a->options.writer_count == WRITERS_MAX)
        return cli_usage(message_text(MESSAGE_VERIFY_WRITERS), command, WRITERS_MAX);
    a->writers[a->options.writer_count++] = value;
    return 0;
}

/* 0, or the exit status after a line was printed. */
static int parse(int argc, char **argv, struct reconcile_arguments *a)
{
    struct reconcile_options *o = &a->options;
    const struct option_row rows[] = {AUDITED_OPTIONS(&a->ledger), OPTION("map", .text = &o->map),
        OPTION("digest-key", .text = &o->digest_key),
        OPTION("writer", .each = add_writer, .ctx = a),
        OPTION("from", .time_ms = &o->from_ms, .given = &o->has_from),
        OPTION("to", .time_ms = &o->to_ms, .given = &o->has_to),
        OPTION("findings-max", .size = &o->differences_max, .max = 1000000),
        OPTION("statements-max", .size = &o->statements_max, .min = 1, .max = UINT32_MAX - 1),
        OPTION("row-bytes-max", .size = &o->row_bytes_max, .min = 4096, .max = UINT64_C(1) << 31)};
    int status;

    o->differences_max = 1000;
    o->statements_max = STATEMENTS_MAX;
    o->row_bytes_max = CSV_ROW_BYTES_MAX;
    o->writers = a->writers;
    status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);
    if (status != 0)
        return status;
    if (o->map == NULL)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_MAP));
    if (argc - optind < 2 || argc - optind > RECONCILE_LOGS_MAX)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_LOG));
    return 0;
}

static int report(const struct reconcile_result *r, const struct audited *ledger)
{
    static const int statuses[] = {[RECONCILE_ALL_THERE] = EXIT_OK,
        [RECONCILE_DIFFERENCES] = EXIT_FINDINGS,
        [RECONCILE_LEDGER_FINDINGS] = EXIT_FINDINGS,
        [RECONCILE_INCOMPLETE] = EXIT_INCOMPLETE};
    const struct audit_result *audit = &ledger->result;
    enum reconcile_verdict verdict = reconcile_verdict(r, audit);
    struct span origin = span_str(ledger->origin);
    int err;

    if (ledger->json) {
        err = json_reconcile(stdout, r, verdict, audit, origin, ledger->seconds);
        if (err != 0)
            return status_of_error(err, message_text(MESSAGE_SYSTEM_STANDARD_OUTPUT), NULL);
    } else {
        words_reconcile(stdout, r, verdict, audit);
        fputs(message_text(MESSAGE_VERIFY_RECONCILE_LEDGER), stdout);
        words_audit(stdout, audit, origin, ledger->options.now_ms);
    }
    return statuses[verdict];
}

/* The logs were read; the ledger is. */
static int against(struct reconcile *r, struct audited *ledger)
{
    struct record_keeper keeper = reconcile_keeper(r);
    int err, status;

    ledger->options.keeper = &keeper;
    status = audited_run(ledger);
    if (status != 0)
        return status;
    err = reconcile_finish(r, ledger->result.has_received, ledger->result.last_received);
    if (err != 0)
        return status_of_error(err, ledger->where, NULL);
    return report(reconcile_result(r), ledger);
}

/* 0, or the exit status after a line was printed. */
static int read_logs(int argc, char **argv, struct reconcile *r)
{
    struct why why = {""};

    for (int i = optind; i < argc - 1; i++) {
        int err = reconcile_log(r, argv[i], &why);

        if (err != 0)
            return status_of_error(err, argv[i], &why);
    }
    return 0;
}

int reconcile_command(int argc, char **argv)
{
    struct reconcile_arguments *a = calloc(1, sizeof *a);
    struct reconcile *reconcile = NULL;
    struct why why = {""};
    int err, status;

    if (a == NULL)
        return cli_fail(KEIIN_ENOMEM, argv[0], NULL);
    audited_init(&a->ledger);
    status = parse(argc, argv, a);
    if (status == 0)
        status = audited_open(&a->ledger, argv[0], argv[argc - 1]);
    if (status == 0) {
        err = reconcile_new(&a->options, &reconcile, &why);
        if (err != 0)
            status = status_of_error(err, a->options.map, &why);
    }
    if (status == 0)
        status = read_logs(argc, argv, reconcile);
    if (status == 0)
        status = against(reconcile, &a->ledger);
    audited_destroy(&a->ledger);
    reconcile_free(reconcile);
    free(a);
    return status;
}
