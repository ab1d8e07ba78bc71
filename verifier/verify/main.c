/* keiin-verify: the committee's and everybody's check of a ledger. */
#include <inttypes.h>

#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

int main(int argc, char **argv)
{
    /* The commands are told of in the language that this finds. */
    int status = cli_language(&argc, argv, "keiin-verify");
    const struct cli_command commands[] = {
        {"audit", audit_command, message_text(MESSAGE_VERIFY_SUMMARY_AUDIT)},
        {"prove", prove_command, message_text(MESSAGE_VERIFY_SUMMARY_PROVE)},
        {"check", check_command, message_text(MESSAGE_VERIFY_SUMMARY_CHECK)},
        {"show", show_command, message_text(MESSAGE_VERIFY_SUMMARY_SHOW)},
        {"compare", compare_command, message_text(MESSAGE_VERIFY_SUMMARY_COMPARE)},
        {"reconcile", reconcile_command, message_text(MESSAGE_VERIFY_SUMMARY_RECONCILE)},
        {"rules", rules_command, message_text(MESSAGE_VERIFY_SUMMARY_RULES)},
        {"report", report_command, message_text(MESSAGE_VERIFY_SUMMARY_REPORT)},
        {"report-check", report_check_command, message_text(MESSAGE_VERIFY_SUMMARY_REPORT_CHECK)},
        {"export", export_command, message_text(MESSAGE_VERIFY_SUMMARY_EXPORT)},
        {"sample", sample_command, message_text(MESSAGE_VERIFY_SUMMARY_SAMPLE)},
        {"copy", copy_command, message_text(MESSAGE_VERIFY_SUMMARY_COPY)},
    };

    if (status != EXIT_OK)
        return status;
    return cli_main(argc, argv, "keiin-verify", message_text(MESSAGE_VERIFY_USAGE), commands,
        sizeof commands / sizeof commands[0]);
}
