/*
 * What a row of a PostgreSQL csvlog says to an audit: a line of pgaudit, a denied attempt, or
 * neither. Pure; nothing is kept.
 */
#ifndef KEIIN_AUDITLOG_PGAUDIT_H
#define KEIIN_AUDITLOG_PGAUDIT_H

#include "auditlog/csvlog.h"
#include "auditlog/pgmap.h"

#define PG_COLUMNS_MIN 23 /* PostgreSQL 12; 13 has 24, 14 and later 26 */

enum pg_kind {
    PG_OTHER, /* nothing to record */
    PG_FORGED, /* looks like a line of pgaudit, and was raised by a function */
    PG_AUDIT,
    PG_DENIED
};

/* In order of weight: what a statement did is the heaviest of what its lines say. */
enum pg_action { PG_SESSION, PG_EXECUTE, PG_QUERY, PG_CONFIG, PG_MODIFY, PG_EXPORT, PG_ERASE };
const char *pg_action_text(enum pg_action action);

/* All spans are borrowed from the row. */
struct pg_line {
    enum pg_kind kind;
    struct span user, session, session_line;
    uint64_t at; /* ms */
    enum pg_action action;
    struct span object; /* relation, as the log writes it; empty when none is named */
    struct span text; /* of the statement; empty when not logged */
    /* PG_AUDIT */
    uint64_t statement, substatement;
    bool has_rows;
    uint64_t rows;
    bool copy; /* the COPY itself */
    bool copy_inner; /* a SELECT that may be a COPY's own */
};

/*
 * Takes a row apart. Only `kind` is filled for PG_OTHER and PG_FORGED. KEIIN_EMALFORMED with why:
 * too few columns, a time that cannot be read, an audit line of another form. The row's
 * message is unquoted in place.
 */
int pg_line_read(const struct csv_row *row, const struct pgmap *map, struct pg_line *out,
    struct why *why) KEIIN_MUST_USE;

/*
 * A name of the database as an id of the vocabulary: "%" and what an id cannot hold become %XX;
 * one that is then longer than 255 is cut, and "%%" and 32 hex digits of its SHA-256 follow.
 */
void pg_id(struct buf *out, struct span name);

/* The table after COPY, when there is one and no query: as it is written, letters folded. */
bool pg_copy_table(struct span text, struct buf *out);

#endif
