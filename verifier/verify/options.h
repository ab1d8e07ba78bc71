/* The command line of a subcommand, read by a table of the options that it takes. */
#ifndef KEIIN_VERIFIER_OPTIONS_H
#define KEIIN_VERIFIER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One option. Exactly one of the pointers after the name says where its value goes, and
 * with that what it takes; what they point to stays as it is when the option is not given.
 * The last of an option that is given twice counts, except for `each`.
 */
struct option_row {
    const char *name; /* without its two dashes */
    bool *flag; /* set to true; takes no value */
    const char **text; /* borrowed from argv */
    uint64_t *number; /* a decimal from `min` to `max`; so are the next three */
    size_t *size;
    unsigned *count;
    uint64_t *seconds_as_ms;
    uint64_t *time_ms; /* a time such as 2026-10-01T00:00:00Z */
    int (*each)(void *ctx, const char *command, const char *value); /* 0 or the exit status */
    void *ctx; /* of `each` */
    uint64_t min, max;
    bool *given; /* set to true; may be NULL */
};

#define OPTION(...) ((struct option_row){__VA_ARGS__})

#define OPTIONS_MAX 32
#define OPTION_TIMEOUT(ms) OPTION("timeout", .seconds_as_ms = (ms), .min = 1, .max = 86400)
#define OPTION_TIMEOUT_MS 30000 /* when it is not given */

/*
 * Reads the options of argv, whose first is the command; the arguments behind them begin at
 * argv[optind]. 0, or the exit status after a line was printed. Like all that uses getopt,
 * once in a process.
 */
int options_read(int argc, char **argv, const struct option_row *rows, size_t count);

#endif
