/*
 * An audit log against the records of a ledger: what an import would have made of each
 * statement is held against what the ledger holds under its id. First the logs are read into
 * a table (some 100 bytes a statement, nothing else grows with them), then an audit gives
 * the ledger's records, then the logs are read once more for what is to be told of the
 * differences. One thread.
 */
#ifndef KEIIN_VERIFIER_RECONCILE_H
#define KEIIN_VERIFIER_RECONCILE_H

#include "verifier/check/audit.h"

#define RECONCILE_LOGS_MAX 1000
#define RECONCILE_MARGIN_MS 100 /* at both ends of a log; see has_from */

struct reconcile_options {
    const char *map; /* path */
    const char *digest_key; /* path, or NULL: texts of statements are not compared */
    const char *const *writers; /* whose records count; none: every writer's */
    size_t writer_count;
    bool has_from, has_to; /* what the logs cover, where it is known better than by their lines */
    uint64_t from_ms, to_ms;
    size_t row_bytes_max;
    size_t statements_max;
    size_t differences_max; /* told, of each kind; the others are counted */
};

enum difference_kind {
    DIFFERENCE_NOT_IN_LEDGER, /* a statement of the log that no record tells of */
    DIFFERENCE_CHANGED, /* log and ledger say different things of one statement */
    DIFFERENCE_NOT_IN_LOG, /* a record of a statement that the log does not have */
    DIFFERENCE_LOG_REPEATS, /* the log has one line of a session twice, and not the same */
    DIFFERENCE_KINDS
};
const char *difference_text(enum difference_kind kind); /* "not-in-ledger"; static */

/* What of a statement differs. */
enum { DIFFERS_SAID = 1, DIFFERS_STATEMENT = 2, DIFFERS_USER = 4 };

struct difference {
    enum difference_kind kind;
    unsigned parts; /* DIFFERS_..., of DIFFERENCE_CHANGED */
    uint64_t at; /* ms */
    char *id; /* owned, like all texts here; as they stand in the log or record; may be NULL */
    char *action; /* as the log tells it; of a record that the log lacks, the record's */
    char *user, *database, *statement; /* of the log: user of the database, text's beginning */
    bool statement_cut;
    const char *log; /* path, borrowed; NULL where the log has nothing */
    uint64_t line;
    uint64_t index; /* FINDING_NO_INDEX where the ledger has nothing */
    uint32_t position;
    char *writer, *actor; /* of the record */
    bool session_in_log; /* DIFFERENCE_NOT_IN_LOG: other lines of its session are there */
    bool user_unmapped; /* DIFFERENCE_NOT_IN_LEDGER: the map does not know its user */
};

struct reconcile_result {
    struct difference *list; /* by kind; within it as log or ledger have them */
    size_t count;
    uint64_t counts[DIFFERENCE_KINDS]; /* all, told or not */

    /* The logs. */
    uint64_t lines, statements; /* rows of them; statements, each counted once */
    uint64_t repeated; /* lines that stand there twice, alike */
    uint64_t forged; /* rows that only look like pgaudit's */
    uint64_t torn; /* logs that end within a row */
    uint64_t unsure; /* statements that the torn end may have cut, and the ledger lacks */
    uint64_t later; /* statements later than all that the ledger received */
    uint64_t last_ones; /* of DIFFERENCE_NOT_IN_LEDGER: later than any that the ledger has */
    uint64_t unmapped; /* statements of users that the map does not know */
    bool has_range;
    uint64_t from_ms, to_ms; /* of the logs, or as it was given */

    /* The ledger. */
    uint64_t matched; /* statements of which it has an equal record */
    uint64_t recorded_again; /* further equal records of them */
    uint64_t elsewhere; /* records of that time by writers that have nothing of these logs */
    uint64_t texts_compared, texts_differ, texts_not_compared;
    const char *silent_writer; /* one that was named and has no imported record; borrowed */

    bool incomplete; /* something could not be compared; `why` says the first */
    struct why why;
};

struct reconcile;

/* Reads map and digest key. KEIIN_EUSAGE and so on, with why; KEIIN_ENOMEM. */
int reconcile_new(const struct reconcile_options *options, struct reconcile **out,
    struct why *why) KEIIN_MUST_USE;
void reconcile_free(struct reconcile *r);

/*
 * Reads a log ("-": standard input), each by itself as an import does. What is wrong in it is
 * in the result; errors are those of opening it, KEIIN_ELIMIT (statements_max) and KEIIN_ENOMEM.
 */
int reconcile_log(struct reconcile *r, const char *path, struct why *why) KEIIN_MUST_USE;

/* For the audit that follows; borrows r. Its errors: KEIIN_ENOMEM. */
struct record_keeper reconcile_keeper(struct reconcile *r);

/* `received_ms`: the newest that the ledger received; without, nothing is later. KEIIN_ENOMEM. */
int reconcile_finish(struct reconcile *r, bool has_received, uint64_t received_ms) KEIIN_MUST_USE;

const struct reconcile_result *reconcile_result(const struct reconcile *r);

/* Differences of all kinds, told or not. */
uint64_t reconcile_differences(const struct reconcile_result *r);

/* What a reconciliation comes to, with the audit that it rests on. */
enum reconcile_verdict {
    RECONCILE_ALL_THERE,
    RECONCILE_DIFFERENCES,
    RECONCILE_LEDGER_FINDINGS, /* log and ledger agree, and the ledger is not sound */
    RECONCILE_INCOMPLETE
};
enum reconcile_verdict reconcile_verdict(
    const struct reconcile_result *r, const struct audit_result *audit);

#endif
