#include "tests/sim/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/sha256.h"
#include "system/file.h"

static struct keyfile roots[KEYS_ROOTS], logs[KEYS_LOGS], writers[KEYS_WRITERS][KEYS_A_WRITER];
static struct hash hashes[KEYS_WRITERS][KEYS_A_WRITER];
static char folder[64], path[KEYS_WRITERS][128];
static int on_disk[KEYS_WRITERS]; /* which key is in the file, and one */
static bool made;

static void make_key(struct keyfile *key, const char *use, const char *name, unsigned i)
{
    struct hash seed;
    char text[128];

    snprintf(text, sizeof text, "keiin simulation %s %s %u", use, name, i);
    sha256(&seed, span_str(text));
    key->type = KEY_ED25519;
    snprintf(key->use, sizeof key->use, "%s", use);
    snprintf(key->name, sizeof key->name, "%s", name);
    key->secret = secret_from_seed(seed.b);
    if (key->secret == NULL)
        abort();
}

void keys_vkey(const struct keyfile *key, struct vkey *out)
{
    vkey_make(out, span_str(key->name), KEY_ED25519, secret_public(key->secret));
}

static void make_all(void)
{
    static const char *const names[KEYS_WRITERS] = {"agency.test/a0", "agency.test/a1",
        "committee.test/a2", "agency.test/a3", "operator.test/o", "committee.test/clerk",
        "agency.test/hostile"};
    struct vkey vkey;
    char name[32];

    if (made)
        return;
    made = true;
    for (unsigned i = 0; i < KEYS_ROOTS; i++) {
        snprintf(name, sizeof name, "root.test/r%u", i);
        make_key(&roots[i], "root", name, 0);
    }
    for (unsigned i = 0; i < KEYS_LOGS; i++)
        make_key(&logs[i], "log", SIM_ORIGIN, i);
    for (unsigned w = 0; w < KEYS_WRITERS; w++)
        for (unsigned i = 0; i < KEYS_A_WRITER; i++) {
            make_key(&writers[w][i], "writer", names[w], i);
            keys_vkey(&writers[w][i], &vkey);
            hashes[w][i] = vkey.key_hash;
        }
}

const struct keyfile *keys_root(unsigned i)
{
    make_all();
    return &roots[i];
}

const struct keyfile *keys_log(unsigned i)
{
    make_all();
    return &logs[i];
}

const struct keyfile *keys_writer(unsigned writer, unsigned i)
{
    make_all();
    return &writers[writer][i];
}

unsigned keys_writer_of(const struct hash *key_hash)
{
    make_all();
    for (unsigned w = 0; w < KEYS_WRITERS; w++)
        for (unsigned i = 0; i < KEYS_A_WRITER; i++)
            if (hash_eq(&hashes[w][i], key_hash))
                return w;
    return KEYS_WRITERS;
}

static void make_folder(void)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    snprintf(folder, sizeof folder, "%s/keiin-sim-XXXXXX", base);
    if (mkdtemp(folder) == NULL)
        abort();
}

const char *keys_put_file(unsigned writer, unsigned i)
{
    struct buf text;

    make_all();
    if (on_disk[writer] == (int)i + 1)
        return path[writer];
    if (folder[0] == 0)
        make_folder();
    snprintf(path[writer], sizeof path[writer], "%s/%u", folder, writer);
    buf_init(&text, KEYFILE_BYTES_MAX);
    if (keyfile_write(&text, &writers[writer][i], span_of(NULL, 0)) != 0 ||
        file_replace(path[writer], 0600, buf_view(&text), NULL) != 0)
        abort();
    buf_destroy(&text);
    on_disk[writer] = (int)i + 1;
    return path[writer];
}

void keys_free(void)
{
    for (unsigned w = 0; w < KEYS_WRITERS; w++) {
        if (on_disk[w] != 0)
            unlink(path[w]);
        on_disk[w] = 0;
    }
    if (folder[0] != 0)
        rmdir(folder);
    folder[0] = 0;
    for (unsigned i = 0; made && i < KEYS_ROOTS; i++)
        keyfile_destroy(&roots[i]);
    for (unsigned i = 0; made && i < KEYS_LOGS; i++)
        keyfile_destroy(&logs[i]);
    for (unsigned w = 0; made && w < KEYS_WRITERS; w++)
        for (unsigned i = 0; i < KEYS_A_WRITER; i++)
            keyfile_destroy(&writers[w][i]);
    made = false;
}
