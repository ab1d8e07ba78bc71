#include <getopt.h>

#include "core/text.h"
#include "keys/draft.h"

struct options {
    uint64_t threshold;
    const char *group;
    const char *quorum;
    const char *out;
};

/* Readers go into the draft at once: nothing of theirs depends on another option. */
static int parse_options(int argc, char **argv, struct options *o, struct draft *d)
{
    static const struct option longs[] = {{"origin", required_argument, NULL, 'O'},
        {"threshold", required_argument, NULL, 't'}, {"quorum", required_argument, NULL, 'q'},
        {"witness-group", required_argument, NULL, 'g'}, {"reader", required_argument, NULL, 'r'},
        {"out", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
    int c, status;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        status = EXIT_OK;
        if (c == 'O')
            d->origin = span_str(optarg);
        else if (c == 't')
            status = cli_number("--threshold", optarg, 1, ROSTER_LINES_MAX, &o->threshold)
                         ? EXIT_OK
                         : EXIT_USAGE;
        else if (c == 'q')
            o->quorum = optarg;
        else if (c == 'g')
            o->group = optarg;
        else if (c == 'r')
            status = draft_add_reader(d, optarg);
        else if (c == 'o')
            o->out = optarg;
        else
            status = say_bad_option(argc, argv);
        if (status != EXIT_OK)
            return status;
    }
    if (d->origin.n == 0 || o->threshold == 0 || optind == argc)
        return cli_usage("%s", message_text(MESSAGE_KEYS_NEW_NEEDS));
    if (!name_valid(d->origin))
        return cli_usage("%s", message_text(MESSAGE_KEYS_ORIGIN_WORD));
    return EXIT_OK;
}

int roster_new_run(int argc, char **argv)
{
    struct options o = {0, "witnesses", "none", NULL};
    struct draft d;
    int status, one;

    draft_start(&d, (struct span){NULL, 0});
    status = parse_options(argc, argv, &o, &d);
    if (status != EXIT_OK)
        goto out;
    /* All of the keys, so that every one that is wrong is said at once. */
    for (int i = optind; i < argc; i++) {
        one = draft_is_writer_word(argv[i]) ? draft_add_writer(&d, argv[i])
                                            : draft_add_key(&d, argv[i]);
        status = one > status ? one : status;
    }
    if (status != EXIT_OK)
        goto out;
    draft_add(&d, DRAFT_THRESHOLD, "%zu", (size_t)o.threshold);
    status = draft_quorum(&d, o.quorum, o.group);
    if (status == EXIT_OK)
        status = draft_finish(&d, o.out);
out:
    draft_destroy(&d);
    return status;
}
