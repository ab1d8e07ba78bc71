/*
 * From lines to statements: the lines of one (session, statement, substatement) become one
 * event, in the order in which the first line of each stands in the log. Memory is bounded
 * by the statements that are open at once. One thread.
 *
 * A substatement is complete when its session goes on to another statement, when 64 newer
 * ones of the same statement are open, when 4,096 newer events wait, or at the end. A COPY
 * takes in the SELECT that it makes itself.
 */
#ifndef KEIIN_AUDITLOG_PGSTATEMENT_H
#define KEIIN_AUDITLOG_PGSTATEMENT_H

#include "auditlog/pgaudit.h"

#define PG_NAMES_BYTES_MAX 50000 /* of an event's relations; more are only counted */
#define PG_DIGEST_BYTES 32

/* What becomes one record. */
struct pg_event {
    bool denied;
    enum pg_action action;
    uint64_t at; /* ms, of the first line */
    char *user;
    char id[96]; /* "<session>.<line>" of the first line */
    struct buf names; /* relations as ids, each ended by a NUL, the first one first */
    size_t name_count;
    uint64_t names_omitted;
    bool has_count;
    uint64_t count;
    bool has_digest;
    uint8_t digest[PG_DIGEST_BYTES];
    uint64_t first_row; /* line of the log */

    /* Of the assembly. */
    uint64_t substatement, copy_substatement; /* the latter 0, or of the COPY that took this in */
    bool copy, copy_inner, complete;
    uint8_t text_tag[16]; /* hash of the statement's text; zero when not logged */
    struct pg_session *session; /* NULL when no line can be added any more */
    struct pg_event *next; /* in the order of the log */
    struct pg_event *next_open; /* of the same session, newer first */
};

typedef int pg_event_fn(void *ctx, const struct pg_event *event, struct why *why);

struct pg_counts {
    uint64_t statements, substatements, events, copies_joined;
};

struct pg_assembly;

/* `digest_key` (32 bytes, borrowed) keys the digests of statements; NULL: there are none. */
int pg_assembly_new(const uint8_t *digest_key, pg_event_fn *event, void *ctx,
    struct pg_assembly **out) KEIIN_MUST_USE;
void pg_assembly_free(struct pg_assembly *assembly);

/* Takes an audit line or a denied one. KEIIN_ENOMEM, and what the event function returns. */
int pg_assembly_add(struct pg_assembly *assembly, const struct pg_line *line, uint64_t row,
    struct why *why) KEIIN_MUST_USE;

/* Which open statements may still get lines when the log goes on. */
struct pg_hold {
    uint64_t from_ms, to_ms; /* those whose last line is of this time; from > to: none */
    struct span session; /* those of a session; empty: none */
};
/*
 * The end of the log: gives out what is complete, up to the first that is to be held back.
 * *held gets the number of events that were not given out.
 */
int pg_assembly_end(struct pg_assembly *assembly, const struct pg_hold *hold, uint64_t *held,
    struct why *why) KEIIN_MUST_USE;

struct pg_counts pg_assembly_counts(const struct pg_assembly *assembly);

#endif
