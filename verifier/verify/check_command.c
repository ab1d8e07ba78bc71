/* keiin-verify check: proofs, receipts and certificates, offline. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/certificate.h"
#include "core/text.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/check/evidence.h"
#include "verifier/verify/check_certificate.h"
#include "verifier/verify/json.h"
#include "verifier/verify/options.h"
#include "verifier/verify/verify.h"

struct check_arguments {
    struct roster_list rosters; /* perhaps none, when there are only certificates */
    struct check_keys keys;
    bool json;
};

static int parse(int argc, char **argv, struct check_arguments *a)
{
    const struct option_row rows[] = {
        OPTION("roster", .each = input_next_roster, .ctx = &a->rosters),
        OPTION("key", .each = check_keys_add, .ctx = &a->keys), OPTION("json", .flag = &a->json)};
    const char *roster = getenv("KEIIN_ROSTER");
    int status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status == 0 && optind == argc)
        status = cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_FILES));
    if (status == 0 && a->rosters.count == 0 && roster != NULL && roster[0] != '\0')
        status = input_next_roster(&a->rosters, argv[0], NULL);
    if (status == 0 && a->rosters.count == 0 && a->keys.count == 0)
        status = cli_usage("%s", message_text(MESSAGE_CERTIFICATE_NEED_KEY));
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

/* The same as one JSON object. */
static int report_json(
    const char *path, const struct evidence *e, const struct finding *list, size_t count)
{
    int err, status = status_of_findings(list, count);
    json_t *json = json_object();

    json_put(json, "file", json_visible(path));
    json_put(json, "kind", json_string("proof"));
    json_put(json, "outcome",
        json_string(status == EXIT_OK         ? "good"
                    : status == EXIT_FINDINGS ? "bad"
                                              : "incomplete"));
    json_put(json, "findings", json_findings(list, count));
    if (status == EXIT_OK) {
        json_put(json, "index", json_number(true, e->proof.index));
        json_put(json, "position", json_number(e->has_record, e->extra.position));
        json_put(json, "size", json_number(true, e->checkpoint.size));
        json_put(json, "received", json_number(true, e->entry.received));
        json_put(json, "vouched_at",
            json_number(e->votes.vouched && e->votes.vouched_at_s <= INT64_MAX / 1000,
                e->votes.vouched_at_s * 1000));
    }
    err = json_line(stdout, json);
    return err == 0 ? status : status_of_error(err, "standard output", NULL);
}

static int check_proof(const char *path, struct span bytes, const struct check_arguments *a)
{
    const struct roster *const *rosters = (const struct roster *const *)a->rosters.list;
    struct findings *findings = findings_new(100);
    struct evidence evidence = {0};
    const struct finding *list = NULL;
    uint64_t omitted;
    size_t count = 0;
    int status, err = findings == NULL ? KEIIN_ENOMEM : 0;

    if (a->rosters.count == 0) {
        findings_free(findings);
        return cli_usage(message_text(MESSAGE_VERIFY_NEED_ROSTER), path);
    }
    if (err == 0)
        err = evidence_check(&evidence, bytes, rosters, a->rosters.count, findings);
    if (err == 0)
        err = findings_settle(findings, &list, &count, &omitted);
    if (err != 0) {
        (void)cli_fail(err, path, NULL);
        status = EXIT_INCOMPLETE;
    } else if (a->json) {
        status = report_json(path, &evidence, list, count);
    } else {
        status = report(path, &evidence, rosters[a->rosters.count - 1], list, count);
    }
    evidence_destroy(&evidence);
    findings_free(findings);
    return status;
}

static int check_file(const char *path, const struct check_arguments *a)
{
    struct why why = {""};
    uint8_t *bytes = NULL;
    size_t n = 0;
    int status, err = file_read(path, PROOF_BYTES_MAX, &bytes, &n, &why);

    if (err != 0) {
        (void)cli_fail(err, path, &why);
        status = EXIT_INCOMPLETE;
    } else if (certificate_begins(span_of(bytes, n))) {
        status = check_certificate(path, span_of(bytes, n), &a->rosters, &a->keys, a->json);
    } else {
        status = check_proof(path, span_of(bytes, n), a);
    }
    free(bytes);
    return status;
}

int check_command(int argc, char **argv)
{
    struct check_arguments *a = calloc(1, sizeof *a);
    int worst = EXIT_OK, status;

    if (a == NULL)
        return cli_fail(KEIIN_ENOMEM, argv[0], NULL);
    status = parse(argc, argv, a);
    if (status != 0)
        worst = status;
    for (int i = optind; status == 0 && i < argc; i++) {
        int one = check_file(argv[i], a);

        if (one == EXIT_USAGE)
            status = worst = one;
        else if (one == EXIT_FINDINGS || (one == EXIT_INCOMPLETE && worst == EXIT_OK))
            worst = one;
    }
    input_free_rosters(&a->rosters);
    check_keys_destroy(&a->keys);
    free(a);
    return worst;
}
