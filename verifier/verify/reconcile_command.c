/* keiin-verify reconcile: an audit log against a ledger. */
#include <assert.h>
#include <getopt.h>
#include <stdlib.h>

#include "auditlog/csvlog.h"
#include "core/text.h"
#include "system/cli.h"
#include "system/clock.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

#define WRITERS_MAX 1000
#define STATEMENTS_MAX 10000000

struct reconcile_arguments {
    struct reconcile_options options;
    struct audit_options audit;
    const char *writers[WRITERS_MAX];
    const char *roster;
    uint64_t timeout_s;
    bool json;
};

static bool parse_time(const char *option, const char *value, uint64_t *out)
{
    if (time_parse(span_str(value), out))
        return true;
    cli_usage(message_text(MESSAGE_VERIFY_TIME), option, value);
    return false;
}

static bool parse_size(
    const char *option, const char *value, uint64_t min, uint64_t max, size_t *out)
{
    uint64_t number = 0;

    if (!cli_number(option, value, min, max, &number))
        return false;
    *out = (size_t)number;
    return true;
}

static bool parse_option(int c, const char *value, struct reconcile_arguments *a)
{
    struct reconcile_options *o = &a->options;
    size_t threads = 0;

    switch (c) {
    case 'm':
        o->map = value;
        return true;
    case 'k':
        o->digest_key = value;
        return true;
    case 'r':
        a->roster = value;
        return true;
    case 'l':
        a->audit.latest = true;
        return true;
    case 'j':
        a->json = true;
        return true;
    case 'w':
        if (o->writer_count == WRITERS_MAX)
            return false;
        a->writers[o->writer_count++] = value;
        return true;
    case 'F':
        o->has_from = true;
        return parse_time("--from", value, &o->from_ms);
    case 'U':
        o->has_to = true;
        return parse_time("--to", value, &o->to_ms);
    case 't':
        if (!parse_size("--threads", value, 1, 256, &threads))
            return false;
        a->audit.threads = (unsigned)threads;
        return true;
    case 'T':
        return cli_number("--timeout", value, 1, 86400, &a->timeout_s);
    case 'f':
        return parse_size("--findings-max", value, 0, 1000000, &o->differences_max);
    case 's':
        return parse_size("--statements-max", value, 1, UINT32_MAX - 1, &o->statements_max);
    case 'b':
        return parse_size("--row-bytes-max", value, 4096, UINT64_C(1) << 31, &o->row_bytes_max);
    default:
        return false;
    }
}

/* 0, or the exit status after a line was printed. */
static int parse(int argc, char **argv, struct reconcile_arguments *a)
{
    static const struct option options[] = {{"map", required_argument, NULL, 'm'},
        {"digest-key", required_argument, NULL, 'k'}, {"roster", required_argument, NULL, 'r'},
        {"latest", no_argument, NULL, 'l'}, {"json", no_argument, NULL, 'j'},
        {"writer", required_argument, NULL, 'w'}, {"from", required_argument, NULL, 'F'},
        {"to", required_argument, NULL, 'U'}, {"threads", required_argument, NULL, 't'},
        {"timeout", required_argument, NULL, 'T'}, {"findings-max", required_argument, NULL, 'f'},
        {"statements-max", required_argument, NULL, 's'},
        {"row-bytes-max", required_argument, NULL, 'b'}, {NULL, 0, NULL, 0}};
    int c;

    a->timeout_s = 30;
    a->options.differences_max = a->audit.findings_max = 1000;
    a->options.statements_max = STATEMENTS_MAX;
    a->options.row_bytes_max = CSV_ROW_BYTES_MAX;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == '?' || c == ':')
            return cli_usage(message_text(MESSAGE_VERIFY_OPTION), argv[0], argv[optind - 1]);
        if (!parse_option(c, optarg, a))
            return EXIT_USAGE;
    }
    a->options.writers = a->writers;
    if (a->options.map == NULL)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_MAP));
    if (argc - optind < 2 || argc - optind > RECONCILE_LOGS_MAX)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_LOG));
    return 0;
}

uint64_t reconcile_differences(const struct reconcile_result *r)
{
    uint64_t count = 0;

    for (int i = 0; i < DIFFERENCE_KINDS; i++)
        count += r->counts[i];
    return count;
}

enum reconcile_verdict reconcile_verdict(
    const struct reconcile_result *r, const struct audit_result *audit)
{
    if (audit->verdict == AUDIT_INCOMPLETE)
        return RECONCILE_INCOMPLETE;
    if (reconcile_differences(r) > 0)
        return RECONCILE_DIFFERENCES;
    if (audit->verdict == AUDIT_FINDINGS)
        return RECONCILE_LEDGER_FINDINGS;
    return r->incomplete || r->later > 0 || r->unsure > 0 || !r->has_range ? RECONCILE_INCOMPLETE
                                                                           : RECONCILE_ALL_THERE;
}

static int report(const struct reconcile_result *r, const struct audit_result *audit,
    const struct reconcile_arguments *a, struct span origin, double seconds)
{
    static const int statuses[] = {[RECONCILE_ALL_THERE] = EXIT_OK,
        [RECONCILE_DIFFERENCES] = EXIT_FINDINGS,
        [RECONCILE_LEDGER_FINDINGS] = EXIT_FINDINGS,
        [RECONCILE_INCOMPLETE] = EXIT_INCOMPLETE};
    enum reconcile_verdict verdict = reconcile_verdict(r, audit);

    if (a->json) {
        if (json_reconcile(stdout, r, verdict, audit, origin, seconds) != 0)
            return cli_fail(KEIIN_EIO, "standard output", NULL);
    } else {
        words_reconcile(stdout, r, verdict, audit);
        fputs(message_text(MESSAGE_VERIFY_RECONCILE_LEDGER), stdout);
        words_audit(stdout, audit, origin, a->audit.now_ms);
    }
    return statuses[verdict];
}

static void show_progress(void *ctx, uint64_t done, uint64_t total)
{
    progress_update(ctx, done, total);
}

/* Takes the roster. The logs were read; the ledger is. */
static int against(struct reconcile *r, struct source *source, struct roster *roster,
    struct reconcile_arguments *a, const char *where)
{
    uint64_t start_ms = system_clock.monotonic_ms(NULL);
    struct record_keeper keeper = reconcile_keeper(r);
    char origin[NAME_BYTES_MAX + 1];
    struct audit_result audit;
    struct progress progress;
    struct why why = {""};
    int err, status;

    snprintf(origin, sizeof origin, "%.*s", (int)roster->origin.n, (const char *)roster->origin.p);
    a->audit.now_ms = system_clock.wall_ms(NULL);
    a->audit.keeper = &keeper;
    a->audit.progress = show_progress;
    a->audit.progress_ctx = &progress;
    progress_start(&progress, message_text(MESSAGE_VERIFY_ENTRIES));
    err = audit_run(source, roster, &a->audit, &audit, &why);
    progress_end(&progress);
    if (err == 0) {
        err = reconcile_finish(r, audit.has_received, audit.last_received);
        if (err == 0)
            status = report(reconcile_result(r), &audit, a, span_str(origin),
                (double)(system_clock.monotonic_ms(NULL) - start_ms) / 1000);
        audit_result_destroy(&audit);
    }
    if (err != 0)
        status = cli_fail(err, where, &why);
    return err != 0 && status == EXIT_FINDINGS ? EXIT_INCOMPLETE : status;
}

/* 0, or the exit status after a line was printed. */
static int read_logs(int argc, char **argv, struct reconcile *r)
{
    struct why why = {""};
    int status = 0;

    for (int i = optind; status == 0 && i < argc - 1; i++) {
        int err = reconcile_log(r, argv[i], &why);

        if (err != 0)
            status = cli_fail(err, argv[i], &why);
    }
    return status == EXIT_FINDINGS ? EXIT_INCOMPLETE : status;
}

int reconcile_command(int argc, char **argv)
{
    struct reconcile_arguments *a = calloc(1, sizeof *a);
    struct reconcile *reconcile = NULL;
    struct roster *roster = NULL;
    struct source *source = NULL;
    struct why why = {""};
    int status = a == NULL ? cli_fail(KEIIN_ENOMEM, argv[0], NULL) : parse(argc, argv, a);

    if (status == 0) {
        assert(a != NULL);
        status = input_roster(argv[0], a->roster, false, &roster);
    }
    if (status == 0) {
        int err = reconcile_new(&a->options, &reconcile, &why);

        if (err == 0)
            err = source_open(argv[argc - 1], a->timeout_s * 1000, &source, &why);
        if (err != 0)
            status = cli_fail(err, reconcile == NULL ? a->options.map : argv[argc - 1], &why);
    }
    if (status == 0)
        status = read_logs(argc, argv, reconcile);
    if (status == 0) {
        status = against(reconcile, source, roster, a, argv[argc - 1]);
        roster = NULL;
    }
    roster_free(roster);
    source_free(source);
    reconcile_free(reconcile);
    free(a);
    return status;
}
