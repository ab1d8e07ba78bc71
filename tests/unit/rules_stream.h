/*
 * A stream of records for tests of the rules, without a ledger: each call of `said` is an entry. At
 * the end `found` holds what the rules said against what they should say, all at once and, for
 * every place at which the stream can be cut, with the state saved and loaded there.
 */
#ifndef TESTS_UNIT_RULES_STREAM_H
#define TESTS_UNIT_RULES_STREAM_H

#include "verifier/rules/rules.h"

#define T0 UINT64_C(1767225600000) /* 2026-01-01T00:00:00Z: what times in records count from */
#define S(n) ((uint64_t)((n)*1000.0))
#define MIN(n) S((n)*60.0)
#define H(n) MIN((n)*60.0)
#define D(n) H((n)*24.0)

struct stream;

/* `ini`: the text of a rules file, or NULL for the initial limits. Listed from the first entry on:
 * "committee" (committee), "operator" (operator), "npa", "mod", "nco" (agencies). */
struct stream *stream_new(const char *ini);
void stream_free(struct stream *s);

/*
 * An entry of `writer`, received at T0 + received_ms, with one record: its action, then fields as
 * "name=value" with single spaces between. `at` is `received` when it is not there. Times (at,
 * valid_from, valid_to, ratify_by, retain_until) are relative to T0: "90min", "2h", "3d", "5000ms"
 * or a sum of such without spaces ("3d+1ms"), or absolute with ! ("!9007199254740991"). Counts are
 * plain; `emergency=true`; ids of an array with commas between ("-" alone: an empty array); bin 32
 * fields are made from the text (`criteria=a`); `_` in a text field stands for a space. Returns the
 * number of the entry: the record's address is <number>.0. Fails the test on a record that is none.
 */
unsigned said(struct stream *s, const char *writer, uint64_t received_ms, const char *record);
/* A further record in the last entry, at the next position. */
void said_too(struct stream *s, const char *record);
/* The same with bytes of a field `checkpoint` (bin). */
unsigned said_checkpoint(struct stream *s, const char *writer, uint64_t received_ms,
    const char *record, struct span note);
/* An entry of the operator's without anything for the rules, so that time goes on. */
unsigned passed(struct stream *s, uint64_t received_ms);
/* An entry that is not well-formed: its number is passed over. */
void skipped(struct stream *s);
/* A roster that lists a writer, or one that lists it no longer (then role is ignored). */
unsigned listed(struct stream *s, uint64_t received_ms, const char *writer, enum role role);
unsigned unlisted(struct stream *s, uint64_t received_ms, const char *writer);
/* A roster with another key for the log. */
unsigned rekeyed(struct stream *s, uint64_t received_ms);
/* At the end of the stream somebody vouches for `size` entries. */
void vouched(struct stream *s, uint64_t size, uint64_t at_ms, const char *witness);
/* How many bytes of records may wait for their approval, instead of what the engine allows. */
void stream_waiting_max(struct stream *s, uint64_t bytes);
/* The state behind all of it. buf_destroy it. */
void stream_state(const struct stream *s, const struct rules_limits *limits, struct buf *out);
/* The log's key, to sign checkpoints with; its name and origin are "log.example". One witness
 * "witness.example" is listed too. */
const struct secret *stream_log_key(void);
const struct secret *stream_witness_key(void);

/* The last entry states so many further records, which are not there any more. */
void said_what_is_gone(struct stream *s, size_t count);
/* The stream as an audit gives it to what listens: entries with writers, numbers and records. */
void stream_keep(const struct stream *s, const struct record_keeper *keeper);

/*
 * Ends the stream. `expected`: lines "<rule> <address>[ <address>...]", each ended by a newline, in
 * the order in which they must come; " open" at the end for what is open; "" for nothing. No two may
 * have one id. Only rules named in `only` ("name name"; NULL: all) are compared: the others are
 * switched off.
 */
void found(struct stream *s, const char *only, const char *expected);
/* How many entries the rules of `only` remember in their tables at the end of the stream. */
size_t remembered(struct stream *s, const char *only);
/* How many bytes they have stored for it. */
size_t remembered_bytes(struct stream *s, const char *only);
/* The sentences of what was found, a line each; after `found`. */
const char *found_sentences(const struct stream *s);

#endif
