#include <getopt.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/check/finding.h"
#include "verifier/verify/options.h"
#include "verifier/verify/verify.h"

int input_roster(const char *command, const char *path, bool optional, struct roster **out)
{
    struct why why = {""};
    uint8_t *bytes = NULL;
    size_t n;
    int err;

    *out = NULL;
    if (path == NULL)
        path = getenv("KEIIN_ROSTER");
    if (path == NULL || *path == '\0')
        return optional ? 0 : cli_usage(message_text(MESSAGE_VERIFY_NEED_ROSTER), command);
    err = file_read(path, ROSTER_BYTES_MAX, &bytes, &n, &why);
    if (err == 0) {
        err = roster_from_note(span_of(bytes, n), NULL, out, &why);
        if (err != 0)
            why_prefix(&why, message_text(MESSAGE_VERIFY_BAD_ROSTER), path);
    }
    free(bytes);
    if (err == 0)
        return 0;
    cli_error("%s", why.text[0] != '\0' ? why.text : keiin_err_text(err));
    return EXIT_USAGE;
}

int input_next_roster(void *list, const char *command, const char *path)
{
    struct roster_list *rosters = list;
    struct roster *parent = rosters->count == 0 ? NULL : rosters->list[rosters->count - 1];
    struct roster **next = &rosters->list[rosters->count];
    struct why why = {""};
    uint8_t *bytes = NULL;
    size_t n;
    int err;

    if (parent == NULL) { /* the trusted one */
        int status = input_roster(command, path, false, next);

        rosters->count += status == 0;
        return status;
    }
    err = rosters->count == ROSTERS_MAX ? KEIIN_ELIMIT
                                        : file_read(path, ROSTER_BYTES_MAX, &bytes, &n, &why);
    if (err == 0)
        err = roster_from_note(span_of(bytes, n), parent, next, &why);
    free(bytes);
    if (err != 0) {
        (void)cli_fail(err, path, &why);
        return EXIT_USAGE;
    }
    rosters->count++;
    return 0;
}

void input_free_rosters(struct roster_list *rosters)
{
    for (size_t i = 0; i < rosters->count; i++)
        roster_free(rosters->list[i]);
}

bool input_address(const char *text, struct address *out)
{
    struct erase_address address;

    if (decimal_parse(span_str(text), UINT64_MAX - 1, &out->index)) {
        out->has_position = false;
        out->position = 0;
        return true;
    }
    if (erase_address_parse(span_str(text), &address) && !address.sealed) {
        *out = (struct address){address.index, true, address.position};
        return true;
    }
    cli_usage(message_text(MESSAGE_VERIFY_ADDRESS), text);
    return false;
}

static int parse_one(int argc, char **argv, bool needs_out, struct one *one)
{
    const struct option_row rows[] = {OPTION("at", .text = &one->at_text),
        OPTION("roster", .text = &one->roster_path), OPTION("latest", .flag = &one->latest),
        OPTION("out", .text = &one->out)};
    int status = options_read(argc, argv, rows, needs_out ? 4 : 3);

    if (status != 0)
        return status;
    if (one->at_text == NULL)
        return cli_usage(message_text(MESSAGE_VERIFY_NEED_AT), argv[0]);
    if (needs_out && one->out == NULL)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_OUT));
    if (argc - optind != 1)
        return cli_usage(message_text(MESSAGE_VERIFY_ONE_SOURCE), argv[0]);
    one->where = argv[optind];
    return input_address(one->at_text, &one->at) ? 0 : EXIT_USAGE;
}

int input_one(int argc, char **argv, bool needs_out, struct one *one)
{
    struct why why = {""};
    int err, status;

    *one = (struct one){0};
    status = parse_one(argc, argv, needs_out, one);
    if (status == 0)
        status = input_roster(argv[0], one->roster_path, true, &one->roster);
    if (status != 0)
        return status;
    err = source_open(one->where, 0, &one->source, &why);
    if (err == 0)
        err = fetch_init(&one->fetch, one->source, one->latest, &why);
    return err == 0 ? 0 : cli_fail(err, one->where, &why);
}

void input_one_end(struct one *one)
{
    fetch_destroy(&one->fetch);
    source_free(one->source);
    roster_free(one->roster);
}

int input_limits(const char *path, struct rules_limits **out)
{
    struct buf errors;
    int err, status = 0;

    buf_init(&errors, 16 << 20);
    err = rules_limits_read(path, out, &errors);
    if (err == KEIIN_ENOMEM) {
        status = status_of_error(err, "rules", NULL);
    } else if (err != 0) {
        cli_error(message_text(MESSAGE_VERIFY_RULES_FILE), path);
        fwrite(errors.p, 1, errors.n, stderr);
        status = EXIT_USAGE;
    }
    buf_destroy(&errors);
    return status;
}
