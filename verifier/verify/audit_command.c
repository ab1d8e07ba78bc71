/* keiin-verify audit: the whole of SPEC.md section 9. */
#include <getopt.h>

#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/audited.h"
#include "verifier/verify/certify.h"
#include "verifier/verify/verify.h"

/* 0, or the exit status after a line was printed. */
static int parse(int argc, char **argv, struct audited *a, struct certify *certify)
{
    const struct option_row rows[] = {AUDITED_OPTIONS(a), AUDITED_STATE(a), AUDITED_MAX_AGE(a),
        CERTIFY_OPTIONS(certify), OPTION("no-records", .flag = &a->options.no_records),
        OPTION("findings-max", .size = &a->options.findings_max, .max = 100000000)};
    int status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status == 0 && argc - optind != 1)
        status = cli_usage(message_text(MESSAGE_VERIFY_ONE_SOURCE), argv[0]);
    return status;
}

static int report(const struct audited *a)
{
    static const int statuses[] = {[AUDIT_VERIFIED] = EXIT_OK,
        [AUDIT_FINDINGS] = EXIT_FINDINGS,
        [AUDIT_INCOMPLETE] = EXIT_INCOMPLETE};
    int err = 0;

    if (a->json)
        err = json_audit(stdout, &a->result, span_str(a->origin), a->seconds);
    else
        words_audit(stdout, &a->result, span_str(a->origin), a->options.now_ms);
    return err == 0 ? statuses[a->result.verdict] : status_of_error(err, message_text(MESSAGE_SYSTEM_STANDARD_OUTPUT), NULL);
}

int audit_command(int argc, char **argv)
{
    struct certify certify = {0};
    struct audited a;
    int status, certified;

    audited_init(&a);
    status = parse(argc, argv, &a, &certify);
    if (status == 0)
        status = certify_begin(&certify);
    if (status == 0)
        status = audited_open(&a, argv[0], argv[optind]);
    if (status == 0)
        status = audited_run(&a);
    if (status == 0) {
        certified = certify_end(&certify, &a.result, span_str(a.origin), a.options.now_ms);
        status = report(&a);
        /* A verdict that could not be certified is told, but nobody is to rely on the file. */
        if (certified == 0 && certify.has_key && !a.json)
            printf(message_text(MESSAGE_CERTIFICATE_WRITTEN), certify.out, certify.key.name);
        status = certified != 0 ? certified : status;
    }
    certify_destroy(&certify);
    audited_destroy(&a);
    return status;
}
