#include <getopt.h>

#include "core/text.h"
#include "keys/draft.h"
#include "keys/input.h"

enum { ADD = 0x100, REMOVE = 0x200 }; /* with a draft_section: what getopt_long gives */

static const struct option longs[] = {{"out", required_argument, NULL, 'o'},
    {"threshold", required_argument, NULL, 't'}, {"quorum", required_argument, NULL, 'q'},
    {"witness-group", required_argument, NULL, 'g'},
    {"add-root", required_argument, NULL, ADD | DRAFT_ROOT},
    {"remove-root", required_argument, NULL, REMOVE | DRAFT_ROOT},
    {"add-log", required_argument, NULL, ADD | DRAFT_LOG},
    {"remove-log", required_argument, NULL, REMOVE | DRAFT_LOG},
    {"add-witness", required_argument, NULL, ADD | DRAFT_WITNESS},
    {"remove-witness", required_argument, NULL, REMOVE | DRAFT_WITNESS},
    {"add-writer", required_argument, NULL, ADD | DRAFT_WRITER},
    {"remove-writer", required_argument, NULL, REMOVE | DRAFT_WRITER},
    {"add-reader", required_argument, NULL, ADD | DRAFT_READER},
    {"remove-reader", required_argument, NULL, REMOVE | DRAFT_READER}, {NULL, 0, NULL, 0}};

struct options {
    uint64_t threshold; /* 0: as it was */
    const char *group;
    const char *quorum; /* NULL: as it was */
    const char *out;
};

/* The options that are not edits of lines; those are done once the roster was read. */
static int parse_options(int argc, char **argv, struct options *o)
{
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 't') {
            if (!cli_number("--threshold", optarg, 1, ROSTER_LINES_MAX, &o->threshold))
                return EXIT_USAGE;
        } else if (c == 'q') {
            o->quorum = optarg;
        } else if (c == 'g') {
            o->group = optarg;
        } else if (c == 'o') {
            o->out = optarg;
        } else if (c == '?' || c == ':') {
            return say_bad_option(argc, argv);
        }
    }
    if (argc - optind != 1)
        return cli_usage("%s", message_text(MESSAGE_KEYS_NEXT_NEEDS));
    return EXIT_OK;
}

static int edit(struct draft *d, int what, const char *word)
{
    enum draft_section section = (enum draft_section)(what & 0xff);

    if ((what & REMOVE) != 0) {
        if (draft_remove(d, section, word) > 0)
            return EXIT_OK;
        say_error(word, message_text(MESSAGE_KEYS_NOTHING_REMOVED));
        return EXIT_FINDINGS;
    }
    if (section == DRAFT_WRITER)
        return draft_add_writer(d, word);
    if (section == DRAFT_READER)
        return draft_add_reader(d, word);
    return draft_add_key_to(d, section, word);
}

/* The edits in the order of the command line, each also when one before it failed. */
static int edits(int argc, char **argv, const struct options *o, struct draft *d)
{
    int c, one, status = EXIT_OK;

    optind = 0; /* from the beginning again */
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
        if ((c & (ADD | REMOVE)) != 0) {
            one = edit(d, c, optarg);
            status = one > status ? one : status;
        }
    if (status != EXIT_OK)
        return status;
    if (o->threshold != 0) {
        draft_clear(d, DRAFT_THRESHOLD);
        draft_add(d, DRAFT_THRESHOLD, "%zu", (size_t)o->threshold);
    }
    return o->quorum == NULL ? EXIT_OK : draft_quorum(d, o->quorum, o->group);
}

int roster_next_run(int argc, char **argv)
{
    struct options o = {0, "witnesses", NULL, NULL};
    struct input_roster in;
    struct why why = {""};
    struct draft d;
    const char *path;
    int err, status = parse_options(argc, argv, &o);

    if (status != EXIT_OK)
        return status;
    path = argv[optind];
    status = input_roster_read(path, &in);
    if (status != EXIT_OK)
        return status;
    if (!in.is_note) {
        say_error(path, message_text(MESSAGE_KEYS_NEXT_OF_DRAFT));
        status = EXIT_FINDINGS;
        goto out;
    }
    err = roster_check(in.roster, &in.note, NULL, &why);
    if (err != 0) {
        status = cli_fail(err, path, &why);
        goto out;
    }
    draft_follow(&d, in.roster);
    status = edits(argc, argv, &o, &d);
    if (status == EXIT_OK)
        status = draft_finish(&d, o.out);
    draft_destroy(&d);
out:
    input_roster_destroy(&in);
    return status;
}
