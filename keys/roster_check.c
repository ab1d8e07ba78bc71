#include <getopt.h>

#include "core/text.h"
#include "keys/input.h"

struct options {
    const char *parent;
    const char *note;
};

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"parent", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c != 'p')
            return say_bad_option(argc, argv);
        o->parent = optarg;
    }
    if (argc - optind != 1)
        return cli_usage("%s", message_text(MESSAGE_KEYS_CHECK_NEEDS));
    o->note = argv[optind];
    return EXIT_OK;
}

/* The lines by the roots of `by`: every wrong one is said, then whether they are enough. */
static int check_roots(
    const char *path, const struct note *note, const struct roster *by, enum message too_few)
{
    size_t valid = 0;
    int status = EXIT_OK;

    for (size_t i = 0; i < by->root_count; i++) {
        struct note_vote vote = {false, false, false, 0};

        if (note != NULL)
            vote = note_judge(note, &by->roots[i]);
        valid += vote.valid && !vote.wrong;
        if (!vote.wrong)
            continue;
        say_error_of(path, MESSAGE_KEYS_WRONG_LINE, SHOW(by->roots[i].name));
        status = EXIT_FINDINGS;
    }
    if (valid >= by->threshold)
        return status;
    say_error_of(path, too_few, valid, by->root_count, by->threshold);
    return EXIT_FINDINGS;
}

/* The roster before has to be good by itself, else nothing can be held against it. */
static int open_parent(const char *path, struct input_roster *out)
{
    int status = input_roster_read(path, out);

    if (status != EXIT_OK)
        return status;
    if (!out->is_note) {
        say_error(path, message_text(MESSAGE_KEYS_PARENT_IS_DRAFT));
        status = EXIT_FINDINGS;
    } else {
        status = check_roots(path, &out->note, out->roster, MESSAGE_KEYS_TOO_FEW_OWN);
    }
    if (status != EXIT_OK)
        input_roster_destroy(out);
    return status;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

/* Everything that can be wrong with it, and not only the first. */
static int check(
    const struct options *o, const struct input_roster *in, const struct input_roster *parent)
{
    const struct note *note = in->is_note ? &in->note : NULL;
    struct why why = {""};
    int err, status = EXIT_OK;

    if (parent->roster != NULL) {
        status = input_follows(o->note, in->roster, parent->roster);
        status =
            worse(status, check_roots(o->note, note, parent->roster, MESSAGE_KEYS_TOO_FEW_PARENT));
    }
    status = worse(status, check_roots(o->note, note, in->roster, MESSAGE_KEYS_TOO_FEW_OWN));
    if (status != EXIT_OK || note == NULL)
        return status;
    /* What verifiers call has the last word. */
    err = roster_check(in->roster, note, parent->roster, &why);
    return err == 0 ? EXIT_OK : cli_fail(err, o->note, &why);
}

int roster_check_run(int argc, char **argv)
{
    struct options o = {NULL, NULL};
    struct input_roster in = {0}, parent = {0};
    int status = parse_options(argc, argv, &o);

    if (status != EXIT_OK)
        return status;
    if (o.parent != NULL)
        status = open_parent(o.parent, &parent);
    if (status != EXIT_OK)
        return status;
    status = input_roster_read(o.note, &in);
    if (status != EXIT_OK)
        goto out;
    say_roster(in.roster, in.is_note ? &in.note : NULL);
    if (parent.roster != NULL)
        say_changes(parent.roster, in.roster);
    fflush(stdout); /* the errors come after what they are about */
    status = check(&o, &in, &parent);
    if (status != EXIT_OK)
        say(MESSAGE_KEYS_CHECK_BAD);
    else if (parent.roster == NULL && in.roster->serial > 0)
        say(MESSAGE_KEYS_CHECK_GOOD_ALONE);
    else
        say(MESSAGE_KEYS_CHECK_GOOD);
out:
    input_roster_destroy(&in);
    input_roster_destroy(&parent);
    return status;
}
