#include <getopt.h>
#include <stdlib.h>

#include "core/text.h"
#include "keys/input.h"
#include "system/secretfile.h"

#define KEYS_MAX NOTE_LINES_MAX

struct options {
    const char *keys[KEYS_MAX];
    size_t key_count;
    const char *parent;
    const char *draft;
    const char *out;
};

struct signing {
    struct input_roster draft;
    struct input_roster parent; /* `roster` is NULL when none was given */
    struct buf lines; /* those that are there, then the new ones */
};

static bool add_key_path(struct options *o, const char *path)
{
    if (o->key_count == KEYS_MAX)
        return false;
    o->keys[o->key_count++] = path;
    return true;
}

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {{"key", required_argument, NULL, 'k'},
        {"parent", required_argument, NULL, 'p'}, {"out", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0}};
    bool room = true;
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'k')
            room = add_key_path(o, optarg) && room;
        else if (c == 'p')
            o->parent = optarg;
        else if (c == 'o')
            o->out = optarg;
        else
            return say_bad_option(argc, argv);
    }
    if (o->key_count == 0 || optind >= argc)
        return cli_usage("%s", message_text(MESSAGE_KEYS_SIGN_NEEDS));
    /* "--key A B C DRAFT": what stands before the draft are keys, too. */
    for (; optind < argc - 1; optind++)
        room = add_key_path(o, argv[optind]) && room;
    if (!room)
        return cli_usage(message_text(MESSAGE_KEYS_SIGN_TOO_MANY), KEYS_MAX);
    o->draft = argv[optind];
    return EXIT_OK;
}

/* The root of a roster that a key is; NULL when it is none. */
static const struct vkey *root_of(const struct roster *r, const struct vkey *key)
{
    for (size_t i = 0; r != NULL && i < r->root_count; i++)
        if (span_eq(r->roots[i].name, key->name) && hash_eq(&r->roots[i].key_hash, &key->key_hash))
            return &r->roots[i];
    return NULL;
}

static struct span lines_of(const struct input_roster *in)
{
    size_t before = in->note.text.n + 1;

    return in->is_note ? span_of(in->bytes + before, in->n - before) : (struct span){NULL, 0};
}

/* Lines that are there and are by roots of `by` must be right. */
static int check_lines(const char *path, const struct input_roster *in, const struct roster *by)
{
    int status = EXIT_OK;

    for (size_t i = 0; in->is_note && by != NULL && i < by->root_count; i++) {
        if (!note_judge(&in->note, &by->roots[i]).wrong)
            continue;
        say_error_of(path, MESSAGE_KEYS_WRONG_LINE, SHOW(by->roots[i].name));
        status = EXIT_FINDINGS;
    }
    return status;
}

/* What is to be signed, and the roster before it. After a failure nothing is open. */
static int open_rosters(const struct options *o, struct signing *s)
{
    struct why why = {""};
    int err, status = input_roster_read(o->draft, &s->draft);

    if (status != EXIT_OK)
        return status;
    if (o->parent != NULL) {
        status = input_roster_read(o->parent, &s->parent);
        if (status == EXIT_OK && !s->parent.is_note) {
            say_error(o->parent, message_text(MESSAGE_KEYS_PARENT_IS_DRAFT));
            status = EXIT_FINDINGS;
        } else if (status == EXIT_OK) {
            err = roster_check(s->parent.roster, &s->parent.note, NULL, &why);
            status = err == 0 ? input_follows(o->draft, s->draft.roster, s->parent.roster)
                              : cli_fail(err, o->parent, &why);
        }
    }
    if (status == EXIT_OK)
        status = check_lines(o->draft, &s->draft, s->draft.roster);
    if (status == EXIT_OK)
        status = check_lines(o->draft, &s->draft, s->parent.roster);
    if (status != EXIT_OK) {
        input_roster_destroy(&s->draft);
        input_roster_destroy(&s->parent);
    }
    return status;
}

/* Whether a line by this key, right or wrong, is among those written so far. */
static bool has_signed(const struct signing *s, const struct vkey *root)
{
    struct buf bytes;
    struct note *note = malloc(sizeof *note);
    bool signed_already = false;

    buf_init(&bytes, ROSTER_BYTES_MAX);
    buf_put_span(&bytes, s->draft.note.text);
    buf_put_str(&bytes, "\n");
    buf_put_span(&bytes, buf_view(&s->lines));
    if (note != NULL && buf_status(&bytes) == 0 && note_parse(buf_view(&bytes), note, NULL) == 0)
        signed_already = note_judge(note, root).valid;
    buf_destroy(&bytes);
    free(note);
    return signed_already;
}

/* Adds the line of one key file; the passphrase is asked for only when it is needed. */
static int sign_with(struct signing *s, const char *path)
{
    struct input_secret in;
    const struct vkey *root;
    struct keyfile key = {0};
    struct why why = {""};
    int err, status = input_secret_look(path, &in);

    if (status != EXIT_OK)
        return status;
    root = root_of(s->draft.roster, &in.clear.key);
    if (root == NULL)
        root = root_of(s->parent.roster, &in.clear.key);
    if (root == NULL) {
        say_error(path, message_text(s->parent.roster == NULL ? MESSAGE_KEYS_NOT_ITS_ROOT
                                                              : MESSAGE_KEYS_NOT_EITHERS_ROOT));
        status = EXIT_FINDINGS;
        goto out;
    }
    if (has_signed(s, root))
        goto out;
    err = secretfile_open(path, "root", true, &key, &why);
    if (err != 0) {
        status = cli_fail(err, path, &why);
        goto out;
    }
    note_sign(&s->lines, s->draft.note.text, root->name, key.secret);
    keyfile_destroy(&key);
    if (!has_signed(s, root))
        status =
            cli_fail(buf_status(&s->lines) != 0 ? buf_status(&s->lines) : KEIIN_ELIMIT, path, NULL);
out:
    input_secret_destroy(&in);
    return status;
}

/* Says on stderr how far the roster is from being in force. */
static void say_state(const struct note *note, const struct roster *by, enum message id)
{
    size_t count = 0;

    for (size_t i = 0; i < by->root_count; i++)
        count += note_judge(note, &by->roots[i]).valid;
    say_to(stderr, id, count, by->root_count, by->threshold);
}

static int print_note(const struct options *o, const struct signing *s)
{
    struct why why = {""};
    struct note *note = malloc(sizeof *note);
    struct buf bytes;
    int err = KEIIN_ENOMEM, status;

    buf_init(&bytes, ROSTER_BYTES_MAX);
    buf_put_span(&bytes, s->draft.note.text);
    buf_put_str(&bytes, "\n");
    buf_put_span(&bytes, buf_view(&s->lines));
    if (note != NULL)
        err = buf_status(&bytes);
    if (err == 0)
        err = note_parse(buf_view(&bytes), note, &why);
    if (err != 0) {
        status = cli_fail(err, o->draft, &why);
        goto out;
    }
    status = output_write(o->out, buf_view(&bytes));
    if (status != EXIT_OK)
        goto out;
    say_state(note, s->draft.roster, MESSAGE_KEYS_SIGNED_OWN);
    if (s->parent.roster != NULL)
        say_state(note, s->parent.roster, MESSAGE_KEYS_SIGNED_PARENT);
out:
    buf_destroy(&bytes);
    free(note);
    return status;
}

int roster_sign_run(int argc, char **argv)
{
    struct options o = {0};
    struct signing s = {0};
    int status = parse_options(argc, argv, &o);

    if (status == EXIT_OK)
        status = open_rosters(&o, &s);
    if (status != EXIT_OK)
        return status;
    buf_init(&s.lines, NOTE_SIGNATURES_BYTES_MAX);
    buf_put_span(&s.lines, lines_of(&s.draft));
    for (size_t i = 0; i < o.key_count && status == EXIT_OK; i++)
        status = sign_with(&s, o.keys[i]);
    if (status == EXIT_OK)
        status = print_note(&o, &s);
    buf_destroy(&s.lines);
    input_roster_destroy(&s.draft);
    input_roster_destroy(&s.parent);
    return status;
}
