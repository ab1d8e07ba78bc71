/* What keiin-keys reads: public keys, secret key files in clear, rosters. One thread. */
#ifndef KEIIN_KEYS_INPUT_H
#define KEIIN_KEYS_INPUT_H

#include "keys/keys.h"

/* A vkey file: one line. */
struct input_key {
    uint8_t *bytes; /* owned */
    struct span text; /* the vkey, without the newline */
    struct vkey key;
};
/* Exit code; after a failure there is nothing to destroy. */
int input_key_read(const char *path, struct input_key *out);
void input_key_destroy(struct input_key *in);

/* A secret key file, of which only what is in clear is looked at. */
struct input_secret {
    uint8_t *bytes; /* sodium_malloc'd, owned */
    struct keyfile_public clear;
};
int input_secret_look(const char *path, struct input_secret *out);
void input_secret_destroy(struct input_secret *in);

/* A roster: a signed note, or a draft, which is the text alone. */
struct input_roster {
    uint8_t *bytes; /* owned */
    size_t n;
    bool is_note;
    struct note note; /* of a draft only `text` is set */
    struct roster *roster;
};
/* Every error of the text is printed. */
int input_roster_read(const char *path, struct input_roster *out);
void input_roster_destroy(struct input_roster *in);
/* The same of bytes that were read already; takes `bytes`, also when it fails. */
int input_roster_parse(const char *path, uint8_t *bytes, size_t n, struct input_roster *out);

/* Prints the errors that roster_parse wrote, each with the line of `text` it is about. */
void input_errors(const char *path, struct span text, const struct buf *errors);
/* Room for all errors that roster_parse writes. */
#define INPUT_ERRORS_BYTES_MAX (16 * 1024 * 1024)

/* Serial, hash and origin against the roster before; prints every disagreement. */
int input_follows(const char *path, const struct roster *roster, const struct roster *parent);

#endif
