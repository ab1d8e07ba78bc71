#include <assert.h>
#include <getopt.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/text.h"
#include "keys/keys.h"
#include "system/file.h"
#include "system/secretfile.h"

struct options {
    const char *use;
    const char *name;
    const char *out;
    bool no_passphrase;
};

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {{"type", required_argument, NULL, 't'},
        {"name", required_argument, NULL, 'n'}, {"out", required_argument, NULL, 'o'},
        {"no-passphrase", no_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 't')
            o->use = optarg;
        else if (c == 'n')
            o->name = optarg;
        else if (c == 'o')
            o->out = optarg;
        else if (c == 'p')
            o->no_passphrase = true;
        else
            return say_bad_option(argc, argv);
    }
    if (optind != argc || o->use == NULL || o->name == NULL || o->out == NULL)
        return cli_usage("%s", message_text(MESSAGE_KEYS_GENERATE_NEEDS));
    if (keyfile_type_of_use(o->use) == 0)
        return cli_usage("%s", message_text(MESSAGE_KEYS_TYPE_WORD));
    if (!name_valid(span_str(o->name)))
        return cli_usage("%s", message_text(MESSAGE_KEYS_NAME_WORD));
    return EXIT_OK;
}

/* Both are looked at before anything is written or asked. */
static int absent(const char *path)
{
    struct stat st;

    assert(path != NULL);
    if (lstat(path, &st) != 0)
        return EXIT_OK;
    say_error(path, message_text(MESSAGE_KEYS_EXISTS));
    return EXIT_FINDINGS;
}

static int make_key(const struct options *o, struct keyfile *key)
{
    assert(o->use != NULL && o->name != NULL);
    memset(key, 0, sizeof *key);
    key->type = keyfile_type_of_use(o->use);
    memcpy(key->use, o->use, strlen(o->use));
    memcpy(key->name, o->name, strlen(o->name));
    key->secret = secret_generate();
    return key->secret == NULL ? cli_fail(KEIIN_ENOMEM, o->out, NULL) : EXIT_OK;
}

/* The secret first: a public key without one would be of no use to anybody. */
static int write_both(
    const struct options *o, const char *pub_path, struct span secret, struct span pub)
{
    struct why why = {""}, removal = {""};
    int err, status;

    err = file_create(o->out, 0600, secret, &why);
    if (err != 0)
        return cli_fail(err, o->out, &why);
    err = file_create(pub_path, 0644, pub, &why);
    if (err == 0)
        return EXIT_OK;
    status = cli_fail(err, pub_path, &why);
    err = file_remove(o->out, &removal);
    if (err != 0)
        cli_fail(err, o->out, &removal);
    return status;
}

static int generate(const struct options *o, const char *pub_path)
{
    struct keyfile key = {0};
    struct buf secret, pub;
    struct why why = {""};
    struct vkey vkey;
    char *passphrase = NULL;
    size_t passphrase_bytes = 0;
    int err = 0, status;

    buf_init(&secret, KEYFILE_BYTES_MAX);
    buf_init(&pub, KEYFILE_BYTES_MAX);
    if (!o->no_passphrase)
        err = secretfile_new_passphrase(&passphrase, &passphrase_bytes, &why);
    if (err != 0) {
        status = cli_fail(err, o->out, &why);
        goto out;
    }
    status = make_key(o, &key);
    if (status != EXIT_OK)
        goto out;
    vkey_make(&vkey, span_str(key.name), key.type, secret_public(key.secret));
    vkey_write(&pub, &vkey);
    buf_put_str(&pub, "\n");
    err = keyfile_write(&secret, &key, span_of(passphrase, passphrase_bytes));
    if (err == 0)
        err = buf_status(&pub);
    if (err != 0) {
        status = cli_fail(err, o->out, NULL);
        goto out;
    }
    status = write_both(o, pub_path, buf_view(&secret), buf_view(&pub));
    if (status == EXIT_OK)
        say_key(&vkey, span_of(pub.p, pub.n - 1));
out:
    if (secret.p != NULL)
        sodium_memzero(secret.p, secret.cap);
    buf_destroy(&secret);
    buf_destroy(&pub);
    keyfile_destroy(&key);
    sodium_free(passphrase);
    return status;
}

int generate_run(int argc, char **argv)
{
    struct options o = {0};
    char *pub_path = NULL;
    int status = parse_options(argc, argv, &o);

    if (status != EXIT_OK)
        return status;
    if (asprintf(&pub_path, "%s.pub", o.out) < 0)
        return cli_fail(KEIIN_ENOMEM, o.out, NULL);
    status = absent(o.out);
    if (status == EXIT_OK)
        status = absent(pub_path);
    if (status == EXIT_OK)
        status = generate(&o, pub_path);
    free(pub_path);
    return status;
}
