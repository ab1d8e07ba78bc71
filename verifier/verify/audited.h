/*
 * The ledger that a command audits before it says anything of it: which SOURCE, by which
 * roster, with what state and bounds, as of when. A command initializes it, reads its options
 * by AUDITED_OPTIONS, opens it, adds what it wants to hear of records, and runs the audit.
 * One thread.
 */
#ifndef KEIIN_VERIFIER_AUDITED_H
#define KEIIN_VERIFIER_AUDITED_H

#include "core/roster.h"
#include "verifier/check/audit.h"
#include "verifier/verify/options.h"

struct audited {
    /* From the command line. */
    const char *roster_path; /* NULL: KEIIN_ROSTER */
    uint64_t timeout_ms;
    bool json; /* how the command reports; nothing here depends on it */
    struct audit_options options;

    /* From audited_open on. */
    const char *where; /* the SOURCE as it was named; borrowed */
    char origin[NAME_BYTES_MAX + 1]; /* of the roster in hand */
    struct roster *roster; /* until audited_run takes it */
    struct source *source;

    /* After an audited_run that gave 0. */
    bool has_result;
    struct audit_result result;
    double seconds;
};

/* Rows for the table of options_read: those of every command that audits a SOURCE ... */
#define AUDITED_OPTIONS(a)                                                                         \
    OPTION("roster", .text = &(a)->roster_path), OPTION("latest", .flag = &(a)->options.latest),   \
        OPTION("threads", .count = &(a)->options.threads, .min = 1, .max = 256),                   \
        OPTION_TIMEOUT(&(a)->timeout_ms), OPTION("json", .flag = &(a)->json)
/* ... and those of one that keeps its verdicts, and that refuses an old one. */
#define AUDITED_STATE(a) OPTION("state", .text = &(a)->options.state)
#define AUDITED_MAX_AGE(a)                                                                         \
    OPTION("max-age", .number = &(a)->options.max_age_s, .max = UINT64_C(1) << 40,                 \
        .given = &(a)->options.limit_age)

/* What holds when an option is not given. */
void audited_init(struct audited *a);

/* Reads the roster and opens the SOURCE. 0, or the exit status after a line was printed. */
int audited_open(struct audited *a, const char *command, const char *where);

/*
 * The audit, with progress on a terminal, as of the wall clock unless options.now_ms says when.
 * 0, or the exit status after a line was printed.
 */
int audited_run(struct audited *a);

/* Fine at any time after audited_init. */
void audited_destroy(struct audited *a);

#endif
