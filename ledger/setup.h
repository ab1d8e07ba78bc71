/*
 * What the subcommands share: configuration, keys, the data folder's lock, the store.
 * Functions print what is wrong on stderr and return an exit code, or 0.
 */
#ifndef KEIIN_LEDGER_SETUP_H
#define KEIIN_LEDGER_SETUP_H

#include "core/keyfile.h"
#include "ledger/config.h"
#include "ledger/tables.h"

#define SETUP_FROM_MAX 256

struct setup {
    const char *path; /* of the configuration */
    bool after_restore, without_records; /* run */
    const char *from[SETUP_FROM_MAX]; /* run: who is asked after a restore */
    size_t from_count;
    bool nothing_newer; /* resume */
    struct config config;
    struct keyfile log_key, operator_key;
    int lock_fd; /* -1: not locked */
};

/* Reads --config FILE and what the command named argv[0] takes (and, when `argument` is not NULL,
 * the roster's file as --roster, or the last argument) from the command line, then the
 * configuration. */
int setup_begin(
    struct setup *setup, int argc, char **argv, const char **argument, bool is_roster_option);
void setup_end(struct setup *setup);

int setup_keys(struct setup *setup);
/* The data folder must be there. */
int setup_lock(struct setup *setup);
/* Opens the store; the lock is held. Errors as store_lmdb_open, `why` filled. */
int setup_open_store(const struct setup *setup, struct store *out, struct why *why) KEIIN_MUST_USE;

/* The operator's key as a roster lists it; borrows the name. */
void setup_operator_vkey(const struct setup *setup, struct vkey *out);

/* The subcommands. */
int init_main(int argc, char **argv);
int run_main(int argc, char **argv);
int check_config_main(int argc, char **argv);
int check_main(int argc, char **argv);
int roster_main(int argc, char **argv);
int backup_main(int argc, char **argv);
int resume_main(int argc, char **argv);

#endif
