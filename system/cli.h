/* What the command lines of all programs share: exit codes, errors, help, progress. */
#ifndef KEIIN_SYSTEM_CLI_H
#define KEIIN_SYSTEM_CLI_H

#include "core/bytes.h"

enum cli_exit {
    EXIT_OK = 0,
    EXIT_FINDINGS = 1,
    EXIT_INCOMPLETE = 2,
    EXIT_USAGE = 64,
    EXIT_INTERNAL = 70
};

/* A subcommand, in its own file; argv[0] is its name. Returns the exit code. */
struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary; /* one line, for --help */
};

/*
 * First of all in main: gives the program its name, and takes --lang ja|en (or --lang=ja) out of
 * argv, wherever it stands before "--"; the last one counts. Without it the environment says in
 * which language the program speaks (system/messages.h). EXIT_OK, or EXIT_USAGE after its line.
 */
KEIIN_MUST_USE int cli_language(int *argc, char **argv, const char *program);

/*
 * Runs the subcommand that argv names; handles --help (also right after the subcommand: it
 * prints `usage` and the list of commands), --version, none and unknown ones. Calls
 * crypto_start first, and holds an exit code of 0 back when stdout could not be written.
 * Only main calls it.
 */
int cli_main(int argc, char **argv, const char *program, const char *usage,
    const struct cli_command *commands, size_t count);

/* One line on stderr, "program: ...", text from outside made visible by the caller. */
void cli_error(const char *format, ...) KEIIN_PRINTF(1, 2);
/* Says what is wrong with the command line, points to --help, returns EXIT_USAGE. */
int cli_usage(const char *format, ...) KEIIN_PRINTF(1, 2);
/* The line of an error: "<what>: <why, or the error's text>"; returns EXIT_USAGE for KEIIN_EUSAGE,
 * EXIT_INCOMPLETE for what could not be read or reached, EXIT_INTERNAL for no memory or a
 * broken library, else EXIT_FINDINGS. `what` is not said twice where the reason begins with it. */
int cli_fail(int err, const char *what, const struct why *why);

/* Writes text from outside to a stream, made visible (core/text.h). */
#include <stdio.h>
void cli_put_visible(FILE *to, struct span text);

/* A decimal option; false (and cli_usage's line printed) when it is none or out of range. */
bool cli_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out);

/*
 * Progress on stderr, when that is a terminal and work takes over a second: done of total
 * (0: not known), rate and remaining time, at most five times a second. One thread.
 */
struct progress {
    const char *what; /* "entries" */
    uint64_t start_ms, last_ms;
    bool shown;
};
void progress_start(struct progress *p, const char *what);
void progress_update(struct progress *p, uint64_t done, uint64_t total);
void progress_end(struct progress *p); /* clears the line */

#endif
