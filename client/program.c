#include "client/program.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/messages.h"

bool program_options(int argc, char **argv, bool need_folder, struct program_options *out)
{
    static const struct option options[] = {{"timeout", required_argument, NULL, 't'},
        {"batch", required_argument, NULL, 'b'}, {"from-start", no_argument, NULL, 's'},
        {NULL, 0, NULL, 0}};
    uint64_t timeout_s = TIMEOUT_MS / 1000;
    int option;

    *out = (struct program_options){.folder = getenv("KEIIN_DIR"), .batch = BATCH_RECORDS};
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":C:", options, NULL)) != -1) {
        switch (option) {
        case 'C':
            out->folder = optarg;
            break;
        case 't':
            if (!cli_number("--timeout", optarg, 1, 86400, &timeout_s))
                return false;
            break;
        case 'b':
            if (!cli_number("--batch", optarg, 1, ENTRY_DIGESTS_MAX, &out->batch))
                return false;
            break;
        case 's':
            out->from_start = true;
            break;
        default:
            cli_usage(message_text(MESSAGE_CLIENT_OPTION), argv[0], argv[optind - 1]);
            return false;
        }
    }
    out->timeout_ms = timeout_s * 1000;
    if (!need_folder || (out->folder != NULL && out->folder[0] != 0))
        return true;
    cli_usage(message_text(MESSAGE_CLIENT_NEED_DIR), argv[0]);
    return false;
}

struct keiin *program_open(const struct program_options *options, int *exit_code)
{
    struct keiin_options given = {
        .timeout_ms = options->timeout_ms, .batch_records_max = options->batch, .prompt = 1};
    struct keiin *keiin = NULL;
    struct keiin_why why = {""};
    int err = keiin_open(options->folder, &given, &keiin, &why);

    if (err == 0) {
        err = keiin_submit(keiin, &why);
        if (err == 0) {
            *exit_code = EXIT_OK;
            return keiin;
        }
        if (keiin->folder.pending.bytes != NULL)
            cli_error(message_text(MESSAGE_CLIENT_KEPT),
                (uint64_t)keiin->folder.pending.submission.count, options->folder);
    }
    *exit_code = program_fail(err, options->folder, why.text);
    keiin_close(keiin);
    return NULL;
}

int program_exit(int err)
{
    switch (err) {
    case 0:
        return EXIT_OK;
    case KEIIN_EUSAGE:
        return EXIT_USAGE;
    case KEIIN_EUNKNOWN:
    case KEIIN_EBUSY:
        return EXIT_INCOMPLETE;
    case KEIIN_ENOMEM:
    case KEIIN_ECRYPTO:
        return EXIT_INTERNAL;
    default:
        return EXIT_FINDINGS;
    }
}

int program_fail(int err, const char *what, const char *why)
{
    struct why reason;

    why_set(&reason, "%s", why);
    (void)cli_fail(err, what, &reason);
    return program_exit(err);
}

char *program_visible(const char *text)
{
    struct buf shown;
    char *out;
    size_t n;

    buf_init(&shown, strlen(text) * 10 + 1);
    text_visible(&shown, span_str(text));
    out = (char *)buf_take(&shown, &n);
    buf_destroy(&shown);
    return out == NULL ? strdup("") : out;
}
