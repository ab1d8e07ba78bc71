/* keiin-verify check: proofs and receipts, offline. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/check/evidence.h"
#include "verifier/verify/options.h"
#include "verifier/verify/verify.h"

static int parse(int argc, char **argv, struct roster_list *rosters)
{
    const struct option_row rows[] = {OPTION("roster", .each = input_next_roster, .ctx = rosters)};
    int status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status == 0 && optind == argc)
        status = cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_FILES));
    if (status == 0 && rosters->count == 0)
        status = input_next_roster(rosters, argv[0], NULL);
    return status;
}

static void say_what_it_shows(const struct evidence *e, const struct roster *newest)
{
    char time[TIME_TEXT_BYTES], origin[NAME_BYTES_MAX + 1];

    snprintf(origin, sizeof origin, "%.*s", (int)e->checkpoint.origin.n,
        (const char *)e->checkpoint.origin.p);
    time_text(time, e->entry.received);
    printf(message_text(MESSAGE_VERIFY_CHECK_SHOWS), e->proof.index, origin, e->checkpoint.size,
        time, e->entry.kind == ENTRY_RECORDS ? e->entry.digest_count : 0);
    if (e->writer != NULL)
        cli_put_visible(stdout, e->writer->key.name);
    else
        fputs("?", stdout);
    printf(
        message_text(MESSAGE_VERIFY_CHECK_NUMBERS), e->entry.number, entry_last_number(&e->entry));
    if (e->has_record) {
        printf(message_text(MESSAGE_VERIFY_CHECK_RECORD), e->proof.index, e->extra.position);
        words_record(stdout, e->extra.record, "    ");
    }
    if (e->judge != newest)
        printf(message_text(MESSAGE_VERIFY_CHECK_OLD_KEY), e->judge->serial, newest->serial);
    if (e->votes.vouched) {
        time_text(time, e->votes.vouched_at_s * 1000);
        printf(message_text(MESSAGE_VERIFY_CHECK_VOUCHED), time);
    } else if (e->quorum_none) {
        fputs(message_text(MESSAGE_VERIFY_CHECK_OPERATOR), stdout);
    }
    fputs(message_text(MESSAGE_VERIFY_CHECK_NOT), stdout);
}

/* Prints what was found in one file; its exit status. */
static int report(const char *path, const struct evidence *e, const struct roster *newest,
    const struct finding *list, size_t count)
{
    int status = status_of_findings(list, count);

    cli_put_visible(stdout, span_str(path));
    fputs(message_text(status == EXIT_OK         ? MESSAGE_VERIFY_CHECK_GOOD
                       : status == EXIT_FINDINGS ? MESSAGE_VERIFY_CHECK_BAD
                                                 : MESSAGE_VERIFY_CHECK_OPEN),
        stdout);
    for (size_t i = 0; i < count; i++)
        words_finding(stdout, &list[i]);
    if (status == EXIT_OK)
        say_what_it_shows(e, newest);
    return status;
}

static int check_file(const char *path, const struct roster_list *a)
{
    struct findings *findings = findings_new(100);
    struct evidence evidence = {0};
    const struct finding *list = NULL;
    struct why why = {""};
    uint8_t *bytes = NULL;
    uint64_t omitted;
    size_t n = 0, count = 0;
    int status,
        err = findings == NULL ? KEIIN_ENOMEM : file_read(path, PROOF_BYTES_MAX, &bytes, &n, &why);

    if (err == 0)
        err = evidence_check(&evidence, span_of(bytes, n), (const struct roster *const *)a->list,
            a->count, findings);
    if (err == 0)
        err = findings_settle(findings, &list, &count, &omitted);
    if (err == 0) {
        status = report(path, &evidence, a->list[a->count - 1], list, count);
    } else {
        (void)cli_fail(err, path, &why);
        status = EXIT_INCOMPLETE;
    }
    evidence_destroy(&evidence);
    findings_free(findings);
    free(bytes);
    return status;
}

int check_command(int argc, char **argv)
{
    struct roster_list *a = calloc(1, sizeof *a);
    int worst = EXIT_OK, status;

    if (a == NULL)
        return cli_fail(KEIIN_ENOMEM, argv[0], NULL);
    status = parse(argc, argv, a);
    if (status != 0)
        worst = status;
    for (int i = optind; status == 0 && i < argc; i++) {
        int one = check_file(argv[i], a);

        if (one == EXIT_FINDINGS || (one == EXIT_INCOMPLETE && worst == EXIT_OK))
            worst = one;
    }
    input_free_rosters(a);
    free(a);
    return worst;
}
