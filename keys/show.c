#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/certificate.h"
#include "core/proof.h"
#include "core/text.h"
#include "keys/input.h"
#include "keys/keys.h"
#include "system/file.h"

#define SHOW_BYTES_MAX (PROOF_BYTES_MAX > ROSTER_BYTES_MAX ? PROOF_BYTES_MAX : ROSTER_BYTES_MAX)

static bool begins(struct span bytes, const char *with)
{
    size_t n = strlen(with);

    return bytes.n >= n && memcmp(bytes.p, with, n) == 0;
}

static int show_secret(const char *path)
{
    struct input_secret in;
    struct buf text;
    int status = input_secret_look(path, &in);

    if (status != EXIT_OK)
        return status;
    buf_init(&text, KEYFILE_BYTES_MAX);
    vkey_write(&text, &in.clear.key);
    say(MESSAGE_KEYS_SHOW_SECRET, in.clear.use,
        message_text(in.clear.locked ? MESSAGE_KEYS_LOCKED : MESSAGE_KEYS_NOT_LOCKED));
    say_key(&in.clear.key, buf_view(&text));
    buf_destroy(&text);
    input_secret_destroy(&in);
    return EXIT_OK;
}

static int show_public(const char *path)
{
    struct input_key in;
    int status = input_key_read(path, &in);

    if (status != EXIT_OK)
        return status;
    say(MESSAGE_KEYS_SHOW_PUBLIC);
    say_key(&in.key, in.text);
    input_key_destroy(&in);
    return EXIT_OK;
}

/* Who is named as signing; nothing of it is verified here. */
static void show_lines(const struct note *note)
{
    for (size_t i = 0; i < note->line_count; i++) {
        char id[9];

        hex_encode(id, span_of(note->lines[i].id, 4));
        say(MESSAGE_KEYS_SHOW_LINE, SHOW(note->lines[i].name), id);
    }
}

/* The vkey, which begins with the name; of ML-DSA-44, which is long, the name alone. */
static void show_roster_key(enum message kind, const struct vkey *key)
{
    char id[9];
    struct buf text;

    buf_init(&text, KEYFILE_BYTES_MAX);
    if (key->type == KEY_COSIGNATURE_MLDSA44)
        buf_put_span(&text, key->name);
    else
        vkey_write(&text, key);
    hex_encode(id, span_of(key->id, 4));
    say(MESSAGE_KEYS_SHOW_ROSTER_KEY, message_text(kind), key->type, id, SHOW(buf_view(&text)));
    buf_destroy(&text);
}

static int show_roster(const char *path, uint8_t *bytes, size_t n)
{
    static const enum message roles[] = {[ROLE_AGENCY] = MESSAGE_KEYS_KIND_AGENCY,
        [ROLE_COMMITTEE] = MESSAGE_KEYS_KIND_COMMITTEE,
        [ROLE_OPERATOR] = MESSAGE_KEYS_KIND_OPERATOR,
        [ROLE_AUDITOR] = MESSAGE_KEYS_KIND_AUDITOR};
    char hash[HEX_GROUPED_BYTES], parent[HEX_GROUPED_BYTES];
    const struct roster *r;
    struct input_roster in;
    int status = input_roster_parse(path, bytes, n, &in);

    if (status != EXIT_OK)
        return status;
    r = in.roster;
    hex_grouped(hash, &r->text_hash);
    hex_grouped(parent, &r->parent);
    say(MESSAGE_KEYS_SHOW_ROSTER, r->serial, SHOW(r->origin),
        message_text(in.is_note ? MESSAGE_KEYS_SIGNED_NOTE : MESSAGE_KEYS_DRAFT));
    if (r->serial == 0)
        say(MESSAGE_KEYS_LEDGER_ID, hash);
    else {
        say(MESSAGE_KEYS_ROSTER_HASH, hash);
        say(r->serial == 1 ? MESSAGE_KEYS_PARENT_IS_LEDGER_ID : MESSAGE_KEYS_PARENT_HASH, parent);
    }
    for (size_t i = 0; i < r->root_count; i++)
        show_roster_key(MESSAGE_KEYS_KIND_ROOT, &r->roots[i]);
    for (size_t i = 0; i < r->log_count; i++)
        show_roster_key(MESSAGE_KEYS_KIND_LOG, &r->logs[i].key);
    for (size_t i = 0; i < r->witness_count; i++)
        show_roster_key(MESSAGE_KEYS_KIND_WITNESS, &r->witnesses[i].key);
    for (size_t i = 0; i < r->writer_count; i++)
        show_roster_key(roles[r->writers[i].role], &r->writers[i].key);
    if (in.is_note)
        show_lines(&in.note);
    input_roster_destroy(&in);
    return EXIT_OK;
}

static void show_checkpoint(const struct checkpoint *checkpoint)
{
    char root[HEX_GROUPED_BYTES];

    hex_grouped(root, &checkpoint->root);
    say(MESSAGE_KEYS_SHOW_CHECKPOINT, SHOW(checkpoint->origin), checkpoint->size, root);
}

static void show_certificate(const struct certificate *c)
{
    char time[TIME_TEXT_BYTES];

    time_text(time, c->time);
    say(MESSAGE_KEYS_SHOW_CERTIFICATE, SHOW(c->origin), c->size, time,
        certificate_verdict_text(c->verdict), c->findings);
}

static int show_note(const char *path, struct span bytes)
{
    struct certificate certificate;
    struct checkpoint checkpoint;
    struct why why = {""};
    struct note note;
    int err = note_parse(bytes, &note, &why);

    if (err != 0) {
        say_error(path, message_text(MESSAGE_KEYS_SHOW_UNKNOWN));
        return EXIT_FINDINGS;
    }
    if (checkpoint_parse(note.text, &checkpoint, &why) == 0)
        show_checkpoint(&checkpoint);
    else if (certificate_parse(note.text, &certificate, &why) == 0)
        show_certificate(&certificate);
    else
        say(MESSAGE_KEYS_SHOW_NOTE);
    show_lines(&note);
    return EXIT_OK;
}

static int show_proof(const char *path, struct span bytes)
{
    struct checkpoint checkpoint;
    struct proof_extra extra;
    struct why why = {""};
    struct proof proof;
    struct note note;
    int err = proof_parse(bytes, &proof, &why);

    if (err != 0)
        return cli_fail(err, path, &why);
    err = note_parse(proof.checkpoint, &note, &why);
    if (err == 0)
        err = checkpoint_parse(note.text, &checkpoint, &why);
    if (err != 0) {
        proof_destroy(&proof);
        return cli_fail(err, path, &why);
    }
    say(MESSAGE_KEYS_SHOW_PROOF, proof.index);
    if (proof.has_extra &&
        proof_extra_parse(span_of(proof.extra, proof.extra_bytes), &extra) == 0) {
        if (extra.has_record)
            say(MESSAGE_KEYS_SHOW_PROOF_RECORD, extra.position);
        else
            say(MESSAGE_KEYS_SHOW_PROOF_ENTRY);
    }
    show_checkpoint(&checkpoint);
    show_lines(&note);
    say(MESSAGE_KEYS_SHOW_PROOF_CHECK);
    proof_destroy(&proof);
    return EXIT_OK;
}

static int show_file(const char *path)
{
    struct why why = {""};
    uint8_t *bytes = NULL;
    struct span all;
    size_t n;
    int err, status;

    err = file_read(path, SHOW_BYTES_MAX, &bytes, &n, &why);
    if (err != 0)
        return cli_fail(err, path, &why);
    all = span_of(bytes, n);
    if (begins(all, "keiin/roster/v1\n"))
        return show_roster(path, bytes, n); /* takes the bytes */
    if (begins(all, "keiin-secret-key/"))
        status = show_secret(path);
    else if (begins(all, "c2sp.org/tlog-proof@"))
        status = show_proof(path, all);
    else if (memchr(bytes, '+', n) != NULL && memmem(bytes, n, "\n\n", 2) == NULL)
        status = show_public(path);
    else
        status = show_note(path, all);
    sodium_memzero(bytes, n); /* it may have been a secret key */
    free(bytes);
    return status;
}

int show_run(int argc, char **argv)
{
    static const struct option longs[] = {{NULL, 0, NULL, 0}};
    int status = EXIT_OK, one;

    opterr = 0;
    if (getopt_long(argc, argv, "", longs, NULL) != -1)
        return say_bad_option(argc, argv);
    if (optind == argc)
        return cli_usage("%s", message_text(MESSAGE_KEYS_SHOW_NEEDS));
    for (int i = optind; i < argc; i++) {
        cli_put_visible(stdout, span_str(argv[i]));
        fputs(":\n", stdout);
        one = show_file(argv[i]);
        status = one > status ? one : status;
    }
    return status;
}
