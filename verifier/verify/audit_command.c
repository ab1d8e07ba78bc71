/* keiin-verify audit: the whole of SPEC.md section 9. */
#include <getopt.h>
#include <inttypes.h>

#include "system/cli.h"
#include "system/clock.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

#define THREADS_MAX 256
#define SECONDS_MAX (UINT64_C(1) << 40)

struct audit_arguments {
    struct audit_options options;
    const char *roster;
    uint64_t timeout_s;
    bool json;
};

static bool parse_option(int c, const char *value, struct audit_arguments *a)
{
    uint64_t number = 0;

    switch (c) {
    case 'r':
        a->roster = value;
        return true;
    case 's':
        a->options.state = value;
        return true;
    case 'n':
        a->options.no_records = true;
        return true;
    case 'l':
        a->options.latest = true;
        return true;
    case 'j':
        a->json = true;
        return true;
    case 't':
        if (!cli_number("--threads", value, 1, THREADS_MAX, &number))
            return false;
        a->options.threads = (unsigned)number;
        return true;
    case 'a':
        a->options.limit_age = true;
        return cli_number("--max-age", value, 0, SECONDS_MAX, &a->options.max_age_s);
    case 'T':
        return cli_number("--timeout", value, 1, 86400, &a->timeout_s);
    case 'f':
        if (!cli_number("--findings-max", value, 0, 100000000, &number))
            return false;
        a->options.findings_max = (size_t)number;
        return true;
    default:
        return false;
    }
}

/* 0, or the exit status after a line was printed. */
static int parse(int argc, char **argv, struct audit_arguments *a)
{
    static const struct option options[] = {{"roster", required_argument, NULL, 'r'},
        {"state", required_argument, NULL, 's'}, {"threads", required_argument, NULL, 't'},
        {"no-records", no_argument, NULL, 'n'}, {"latest", no_argument, NULL, 'l'},
        {"max-age", required_argument, NULL, 'a'}, {"timeout", required_argument, NULL, 'T'},
        {"findings-max", required_argument, NULL, 'f'}, {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0}};
    int c;

    *a = (struct audit_arguments){.timeout_s = 30, .options.findings_max = 1000};
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == '?' || c == ':')
            return cli_usage(message_text(MESSAGE_VERIFY_OPTION), argv[0], argv[optind - 1]);
        if (!parse_option(c, optarg, a))
            return EXIT_USAGE;
    }
    if (argc - optind != 1)
        return cli_usage(message_text(MESSAGE_VERIFY_ONE_SOURCE), argv[0]);
    return 0;
}

static void show_progress(void *ctx, uint64_t done, uint64_t total)
{
    progress_update(ctx, done, total);
}

static int report(const struct audit_result *r, struct span origin, const struct audit_arguments *a,
    double seconds)
{
    static const int statuses[] = {[AUDIT_VERIFIED] = EXIT_OK,
        [AUDIT_FINDINGS] = EXIT_FINDINGS,
        [AUDIT_INCOMPLETE] = EXIT_INCOMPLETE};

    if (a->json) {
        if (json_audit(stdout, r, origin, seconds) != 0)
            return cli_fail(KEIIN_EIO, "standard output", NULL);
    } else {
        words_audit(stdout, r, origin, a->options.now_ms);
    }
    return statuses[r->verdict];
}

int audit_command(int argc, char **argv)
{
    struct audit_arguments a;
    struct audit_result result;
    struct roster *roster = NULL;
    struct source *source = NULL;
    struct progress progress;
    struct why why = {""};
    char origin[NAME_BYTES_MAX + 1];
    uint64_t start_ms = system_clock.monotonic_ms(NULL);
    int err, status = parse(argc, argv, &a);

    if (status != 0)
        return status;
    status = input_roster(argv[0], a.roster, false, &roster);
    if (status != 0)
        return status;
    snprintf(origin, sizeof origin, "%.*s", (int)roster->origin.n, (const char *)roster->origin.p);
    err = source_open(argv[optind], a.timeout_s * 1000, &source, &why);
    if (err != 0) {
        roster_free(roster);
        return cli_fail(err, argv[optind], &why);
    }
    a.options.now_ms = system_clock.wall_ms(NULL);
    a.options.progress = show_progress;
    a.options.progress_ctx = &progress;
    progress_start(&progress, message_text(MESSAGE_VERIFY_ENTRIES));
    err = audit_run(source, roster, &a.options, &result, &why);
    progress_end(&progress);
    if (err != 0) {
        status = cli_fail(err, argv[optind], &why);
        if (status == EXIT_FINDINGS)
            status = EXIT_INCOMPLETE; /* 1 is for findings: here there is no verdict */
    } else {
        status = report(&result, span_str(origin), &a,
            (double)(system_clock.monotonic_ms(NULL) - start_ms) / 1000);
        audit_result_destroy(&result);
    }
    source_free(source);
    return status;
}
