/*
 * The oversight rules (doc/rules.md): whether what was recorded was allowed. A stream of verified
 * records goes in, in the order of the ledger; findings come out, at the first moment at which
 * the ledger itself shows them. The same records and limits give the same findings in the same
 * order, wherever the stream is cut and its state saved in between. One thread.
 */
#ifndef KEIIN_VERIFIER_RULES_H
#define KEIIN_VERIFIER_RULES_H

#include "core/wording.h"
#include "verifier/check/audit.h"
#include "verifier/check/batch.h"
#include "verifier/rules/rule.h"

extern const struct rule *const rules_all[]; /* in the order in which findings of one record come */
extern const size_t rules_count;
const struct rule *rule_of(struct span name); /* NULL when there is none */
unsigned rule_sentences(const struct rule *rule); /* how many it has */
extern const struct said severity_said[]; /* "low" ...; the English ones stand in JSON */

/* The limits of all rules, from a file. */
struct rules_limits;
/*
 * Reads an INI file: a section a rule, [actions] for actions of the agencies' own, [clocks], [reports].
 * With `path` NULL the limits are the initial ones. KEIIN_EUSAGE with every error and its line in
 * `errors`; KEIIN_ENOMEM.
 */
int rules_limits_read(
    const char *path, struct rules_limits **out, struct buf *errors) KEIIN_MUST_USE;
void rules_limits_free(struct rules_limits *limits);
/* SHA-256 of the file's bytes; of no bytes without a file. */
const struct hash *rules_limits_digest(const struct rules_limits *limits);

/* A limit of a rule as it holds, as the file would give it: "24 h", "yes", "foreign council". */
void rules_limits_put(
    const struct rules_limits *limits, unsigned rule, unsigned limit, struct buf *out);
/* The same as a number: a duration (ms), a count, or 0 and 1; of a rule and a limit that there are. */
uint64_t rules_limits_number(
    const struct rules_limits *limits, const char *rule, const char *limit) KEIIN_MUST_USE;
/* [reports]: the zone of days and months, and the least count that the public is told exactly. */
int rules_limits_zone_minutes(const struct rules_limits *limits);
uint64_t rules_limits_public_min(const struct rules_limits *limits);
bool rules_limits_off(const struct rules_limits *limits, unsigned rule);
/* A duration in its two greatest units: "5 d 4 h". */
void rules_put_duration(struct buf *out, uint64_t ms);

/* A finding, borrowed for the time of the call. */
struct rules_finding {
    const struct rule *rule;
    struct hash id; /* see rules_finding_id */
    const struct rules_address *addresses;
    size_t address_count;
    unsigned sentence; /* number of it; below rule_sentences(rule) */
    const struct rule_fact *facts; /* also at, actor ... of the record, where it has them */
    size_t fact_count;
    bool open;
    const struct hash *digest; /* of the limits */
};

/* H("keiin/finding/v1\n<rule>\n<I.P>[ <I.P>...]\n[<subject>\n]<hex digest of the limits>\n"). */
void rules_finding_id(struct hash *out, const struct rule *rule,
    const struct rules_address *addresses, size_t count, struct span subject,
    const struct hash *digest);
/*
 * The sentence with its facts put in. A text that is not there reads "(not named)". Without `w`: in
 * English, times as RFC 3339 in UTC, durations as "5 d 4 h"; JSON has it so.
 */
void rules_finding_sentence(
    struct buf *out, const struct rules_finding *f, const struct wording *w);
/*
 * The same of a finding that was stored (verifier/rules/facts_json.h), of which nothing is
 * believed. KEIIN_EMALFORMED when the rule has no such sentence, or it names a fact that is not
 * given, or not with the type that the rule says; then nothing was put.
 */
int rules_sentence_put(struct buf *out, const struct rule *rule, uint64_t sentence,
    const struct rule_fact *facts, size_t count, const struct wording *w) KEIIN_MUST_USE;

/* Takes a finding; what it returns, unless 0, ends the stream. */
struct rules_sink {
    int (*take)(void *ctx, const struct rules_finding *f);
    void *ctx;
};

struct rules_counts {
    uint64_t records, entries;
    uint64_t findings; /* not the open ones */
    uint64_t by_rule[64];
    size_t state_bytes; /* memory that the tables hold */
};

/*
 * Hears each record that the rules were given, after them and as they read it: its action as it is
 * judged, and what it did to the approval that it names. What it returns, unless 0, ends the stream.
 */
struct rules_listener {
    int (*record)(void *ctx, const struct rules_record *r);
    void *ctx;
};

struct rules;
/* Borrows limits for as long as it lives. KEIIN_ENOMEM. */
int rules_new(
    const struct rules_limits *limits, struct rules_sink sink, struct rules **out) KEIIN_MUST_USE;
void rules_free(struct rules *rules);
void rules_listen(struct rules *rules, struct rules_listener listener);
/* Forgets all, as after rules_new. */
void rules_reset(struct rules *rules);

/* What goes in: each entry, then its records. Errors: KEIIN_ENOMEM, and those of the sink. */
int rules_entry(struct rules *rules, const struct keeper_entry *entry) KEIIN_MUST_USE;
int rules_record(
    struct rules *rules, const struct record_place *place, struct span record) KEIIN_MUST_USE;
/* At the end of what was read: times at which its checkpoint was vouched for. */
int rules_vouched(
    struct rules *rules, uint64_t size, uint64_t at_ms, struct span witness) KEIIN_MUST_USE;
/* At the very end: what is open, as findings that are marked so. Changes nothing. */
int rules_open(struct rules *rules) KEIIN_MUST_USE;
/* Both, of an audit that read to the end. */
int rules_conclude(struct rules *rules, const struct audit_result *audit) KEIIN_MUST_USE;

const struct rules_counts *rules_counts(struct rules *rules);
/* Actions of the agencies' own that no rule judged, in the order of appearance, while true. */
bool rules_own_action(const struct rules *rules, size_t number, struct span *name, uint64_t *count);

/* All that it remembers, to and from bytes. Loading: KEIIN_EMISMATCH when it was saved with other
 * limits or by another version; KEIIN_EDAMAGED; KEIIN_ENOMEM. After an error: as after rules_new. */
void rules_save(const struct rules *rules, struct buf *out);
int rules_load(struct rules *rules, struct span bytes, struct why *why) KEIIN_MUST_USE;

#endif
