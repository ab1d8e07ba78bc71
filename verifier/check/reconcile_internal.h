/* What the files of the reconciliation share. */
#ifndef KEIIN_VERIFIER_RECONCILE_INTERNAL_H
#define KEIIN_VERIFIER_RECONCILE_INTERNAL_H

#include "auditlog/logfile.h"
#include "auditlog/pgkey.h"
#include "auditlog/pgrecord.h"
#include "verifier/check/reconcile.h"

/* A statement of a log. */
struct statement {
    struct pgkey key;
    bool has_user : 1; /* the map knows its user */
    bool unsure : 1; /* the torn end of its log may have cut it */
    bool matched : 1; /* an equal record is there */
    bool recorded : 1; /* a record of its id is there, equal or not */
    uint16_t log;
    uint8_t action; /* enum pg_action */
    uint64_t line, at;
};

/* One log, open for its second reading. */
struct read_log {
    char *path;
    struct logfile file;
    uint64_t end; /* bytes up to the end of the last whole row */
    bool has_range;
    uint64_t from_ms, to_ms; /* of all its rows */
};

struct known_writer {
    char *name;
    bool has_match;
    bool has_imported; /* a record with an id as imports give them */
    uint64_t absent; /* its records that the log does not have */
};

/* A difference that was found while the ledger was read. */
struct noted {
    size_t statement; /* DIFFERENCE_CHANGED, DIFFERENCE_LOG_REPEATS */
    size_t writer;
    struct difference difference;
};

struct noted_list {
    struct noted *items;
    size_t count, cap;
};

struct reconcile {
    struct reconcile_options options;
    struct pgmap map;
    uint8_t *digest_key; /* locked memory, or NULL */
    struct keiin_record *record; /* scratch */
    struct buf bytes; /* scratch */

    struct read_log logs[RECONCILE_LOGS_MAX];
    size_t log_count;
    char torn_session[65]; /* of the log that is read, at its end; else "" */

    struct statement *statements;
    size_t statement_count, statement_cap;
    uint32_t *slots; /* open addressing; 0 is free, else a number of a statement and one */
    size_t slot_count; /* a power of two, at least twice the statements */

    struct known_writer *writers;
    size_t writer_count, writer_cap;
    size_t last_writer; /* that a record was given of */

    struct noted_list changed, absent, repeats;
    struct reconcile_result result;
};

/* The statement of an id, or NULL. */
struct statement *reconcile_find(const struct reconcile *r, const uint8_t id[static PGKEY_BYTES]);
/* Adds one of a new id. KEIIN_ENOMEM, KEIIN_ELIMIT. */
int reconcile_add(struct reconcile *r, const struct statement *statement) KEIIN_MUST_USE;
/* Adds to a list unless it is full; NULL without room. KEIIN_ENOMEM. */
int reconcile_note(struct reconcile *r, struct noted_list *list, struct noted **out) KEIIN_MUST_USE;
/* Something could not be compared; only the first is kept. */
void reconcile_incomplete(struct reconcile *r, const struct why *why);

/* reconcile_log.c: fills in what the logs say of the differences in the result. */
int reconcile_tell(struct reconcile *r) KEIIN_MUST_USE;

#endif
