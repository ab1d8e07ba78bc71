/* Keys of the world, made once a process from fixed seeds: only the seed makes runs differ. */
#ifndef KEIIN_TESTS_SIM_KEYS_H
#define KEIIN_TESTS_SIM_KEYS_H

#include "core/keyfile.h"

#define SIM_ORIGIN "ledger.test/sim"
#define KEYS_ROOTS 4
#define KEYS_LOGS 3
#define KEYS_WRITERS 7 /* agents, then the three below */
#define KEYS_OPERATOR 4
#define KEYS_CLERK 5 /* posts rosters for the committee */
#define KEYS_HOSTILE 6
#define KEYS_A_WRITER 2 /* keys of each name */

const struct keyfile *keys_root(unsigned i);
const struct keyfile *keys_log(unsigned i);
const struct keyfile *keys_writer(unsigned writer, unsigned i);
void keys_vkey(const struct keyfile *key, struct vkey *out);
/* The writer of a key; KEYS_WRITERS when there is none. */
unsigned keys_writer_of(const struct hash *key_hash);
/* A key file on the true disk with that key, for client `writer`. Its path is static. */
const char *keys_put_file(unsigned writer, unsigned i);
void keys_free(void); /* removes the files, too */

#endif
