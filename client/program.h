/* What the subcommands of keiin-client share. They print and return exit codes. */
#ifndef KEIIN_CLIENT_PROGRAM_H
#define KEIIN_CLIENT_PROGRAM_H

#include "client/client_internal.h"
#include "system/cli.h"

int command_init(int argc, char **argv);
int command_submit(int argc, char **argv);
int command_log(int argc, char **argv);
int command_status(int argc, char **argv);
int command_receipts(int argc, char **argv);
int command_import(int argc, char **argv);

/* The options that most of them take. */
struct program_options {
    const char *folder; /* -C, else KEIIN_DIR, else NULL */
    uint64_t timeout_ms;
    uint64_t batch;
    bool from_start;
};
/*
 * Reads -C, --timeout, --batch and --from-start; optind is at the first argument after them.
 * False when one is wrong, which was said. `need_folder`: also when no folder is named.
 */
bool program_options(int argc, char **argv, bool need_folder, struct program_options *out);

/* Opens the folder and settles what is pending. On failure says so; *exit_code is not EXIT_OK. */
struct keiin *program_open(const struct program_options *options, int *exit_code);

/* The exit code of an error. */
int program_exit(int err);
/* Says "<what>: <why>" and gives the exit code. */
int program_fail(int err, const char *what, const char *why);
/* A copy of a text from outside that may be shown; free() it. Never NULL, short of memory. */
char *program_visible(const char *text);

#endif
