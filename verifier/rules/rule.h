/*
 * What a rule is, and what a rule's file may use. A rule reads records in the order of the ledger
 * and remembers what it needs in tables of its own; it knows no other rule. Its functions are
 * called on one thread, and return 0 or KEIIN_ENOMEM.
 */
#ifndef KEIIN_VERIFIER_RULES_RULE_H
#define KEIIN_VERIFIER_RULES_RULE_H

#include "core/language.h"
#include "verifier/rules/approvals.h"
#include "verifier/rules/fields.h"
#include "verifier/rules/table.h"

#define RULE_TABLES_MAX 4
#define RULE_LIMITS_MAX 4
#define RULE_FACTS_MAX 12

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH };

enum limit_type {
    LIMIT_DURATION, /* ms; written as "90 s", "5 min", "24 h", "30 d" */
    LIMIT_COUNT,
    LIMIT_SWITCH, /* yes or no */
    LIMIT_WORDS /* ids with spaces between */
};

struct rule_limit {
    const char *name; /* "limit" where there is one only */
    enum limit_type type;
    const char *initial; /* as it would be written */
    uint64_t min, max; /* of durations (ms) and counts */
    struct said says; /* what it limits; half a sentence for --explain */
};

#define RULE_SECOND UINT64_C(1000)
#define RULE_MINUTE (60 * RULE_SECOND)
#define RULE_HOUR (60 * RULE_MINUTE)
#define RULE_DAY (24 * RULE_HOUR)

/* One of the things that a finding names; sentences name it in braces. */
enum fact_type {
    FACT_TEXT, /* from a record; empty: nothing stood there */
    FACT_TIME, /* ms; 0: from the beginning, UINT64_MAX: without end */
    FACT_DURATION, /* ms */
    FACT_NUMBER, /* of things */
    FACT_INDEX, /* of an entry */
    FACT_WORDS /* words of ours: bit n stands for word n of the form's */
};
/* What a rule's facts of a name are. */
struct fact_form {
    const char *name; /* static; a-z and _ */
    enum fact_type type;
    /* FACT_WORDS: the words, SAID_END behind the last; in JSON they are the English ones. */
    const struct said *words;
    /* FACT_TEXT of ids that the vocabulary has names for, or NULL: the name of one, or NULL. */
    const struct said *(*named)(struct span id);
};
#define FORM(name, type)                                                                           \
    {                                                                                              \
        name, FACT_##type, NULL, NULL                                                              \
    }
struct rule_fact {
    const char *name;
    enum fact_type type;
    struct span text;
    uint64_t number;
};

static inline struct rule_fact fact_text(const char *name, struct span text)
{
    return (struct rule_fact){name, FACT_TEXT, text, 0};
}
static inline struct rule_fact fact_time(const char *name, uint64_t ms)
{
    return (struct rule_fact){name, FACT_TIME, {NULL, 0}, ms};
}
static inline struct rule_fact fact_duration(const char *name, uint64_t ms)
{
    return (struct rule_fact){name, FACT_DURATION, {NULL, 0}, ms};
}
static inline struct rule_fact fact_number(const char *name, uint64_t n)
{
    return (struct rule_fact){name, FACT_NUMBER, {NULL, 0}, n};
}
static inline struct rule_fact fact_index(const char *name, uint64_t n)
{
    return (struct rule_fact){name, FACT_INDEX, {NULL, 0}, n};
}
static inline struct rule_fact fact_words(const char *name, uint64_t bits)
{
    return (struct rule_fact){name, FACT_WORDS, {NULL, 0}, bits};
}

struct rule_run;

struct rule {
    const char *name;
    enum severity severity;
    struct said title; /* what a hit is, for tables; a few words */
    /*
     * A sentence for each kind of hit, SAID_END behind the last: what was expected and what was
     * there, with facts as {name}. Its number is kept in JSON: a new one comes behind the others.
     */
    const struct said *sentences;
    /*
     * The facts that its sentences name; one without a name behind the last. {at}, {actor},
     * {unit}, {action}, {dataset}, {authority}, {writer} and {purpose} of the finding's record
     * are not among them, and need not be given; see rule_found.
     */
    struct fact_form facts[RULE_FACTS_MAX + 1];
    /* For --explain: whole sentences. */
    struct said meaning; /* what a hit means */
    struct said reads; /* what it reads */
    struct said blind; /* what it cannot see */
    struct said origin; /* where it comes from */
    const struct rule_limit *limits; /* at most RULE_LIMITS_MAX, an empty one behind the last */
    /*
     * Size of the values of each table; 0: no such table. Flags in them are one bit wide, so that
     * whatever bytes a saved state has there are yes or no.
     */
    size_t table_bytes[RULE_TABLES_MAX];
    /* Of a value that was loaded: whether it can be used as it stands. NULL: any can. */
    bool (*fits)(unsigned table, const void *value);
    uint64_t actions; /* of the records that `record` is called with: ACTION_BITs, or ACTIONS_ALL */

    /* A record, before anything later in the ledger. */
    int (*record)(struct rule_run *run, const struct rules_record *r);
    /*
     * A record of ACTIONS_AUTHORISED (not denied) with an authority that was granted or ratified:
     * at once, or, `waited`, when that stood later in the ledger than the record.
     */
    int (*authorised)(struct rule_run *run, const struct rules_record *r, bool waited);
    /* The same where it never was; also handling that names an authority. `open`: not yet. */
    int (*unauthorised)(struct rule_run *run, const struct rules_record *r, bool open);
    /* What `rule_wake` asked for; `value` stands in table number `table`. */
    int (*due)(struct rule_run *run, unsigned table, void *value, uint64_t when_ms);
    /* A writer is listed, or no longer; r has only address, received, writer and its name. */
    int (*listed)(struct rule_run *run, const struct rules_record *r);
    /* Every entry, before its records; r has only address and received. */
    int (*entry)(struct rule_run *run, const struct rules_record *r);
    /* A time at which somebody vouched for the checkpoint that is read, known at the end. */
    int (*vouched)(struct rule_run *run, uint64_t size, uint64_t at_ms, struct span witness);
};

/* A rule at work. */
struct rule_run {
    const struct rule *rule;
    unsigned number; /* of the rule */
    bool off;
    struct table *tables[RULE_TABLES_MAX];
    uint64_t
        limits[RULE_LIMITS_MAX]; /* durations, counts, switches, in the order of rule->limits */
    struct span words[RULE_LIMITS_MAX]; /* each word with a space behind it */
    uint64_t clock_tolerance_ms; /* between clocks of two writers */
    const struct table *approvals; /* read only */
    const struct roster *roster; /* in force; NULL in `due` */
    struct rules *rules; /* the engine, for the functions below */
};

/* Whether a limit of type LIMIT_WORDS has a word. */
bool rule_has_word(const struct rule_run *run, unsigned limit, struct span word);

/*
 * Says that the stream is to call `due` with this value as soon as an entry was received later
 * than when_ms. One that was removed by then is passed over. KEIIN_ENOMEM.
 */
int rule_wake(struct rule_run *run, unsigned table, void *value, uint64_t when_ms) KEIIN_MUST_USE;

/*
 * A hit, told in sentence number `sentence`. Addresses: the offending record first. `r` is the
 * record that the sentence speaks of, for the usual facts, or NULL; it need not be at hand, for
 * what is due later: then those facts that the sentence names must be given. KEIIN_ENOMEM.
 */
struct rule_hit {
    unsigned sentence;
    const struct rules_record *r;
    const struct rules_address *addresses;
    size_t address_count;
    struct span
        subject; /* what it is about, where findings can have the same addresses; or empty */
    const struct rule_fact *facts;
    size_t fact_count; /* at most RULE_FACTS_MAX */
    bool open; /* not settled yet at the end of what was read */
};
int rule_found(struct rule_run *run, const struct rule_hit *hit) KEIIN_MUST_USE;

/* The common case: one record, and facts. */
int rule_found_record(struct rule_run *run, unsigned sentence, const struct rules_record *r,
    const struct rule_fact *facts, size_t fact_count) KEIIN_MUST_USE;

/* What facts of a name are, of the rule's or the usual ones; NULL when it has none of that name. */
const struct fact_form *rule_fact_form(const struct rule *rule, struct span name);
/* The forms of the usual facts; one without a name behind the last. */
extern const struct fact_form rule_usual_facts[];

/* Keys made of several parts, each behind its length. */
struct rule_key {
    uint8_t bytes[4 * (ID_BYTES_MAX + 2)];
    size_t n;
};
static inline void rule_key_add(struct rule_key *k, struct span part)
{
    size_t n = part.n > ID_BYTES_MAX ? ID_BYTES_MAX : part.n;

    if (k->n + 2 + n > sizeof k->bytes)
        return;
    be16_put(k->bytes + k->n, (uint16_t)n);
    if (n > 0)
        memcpy(k->bytes + k->n + 2, part.p, n);
    k->n += 2 + n;
}
static inline struct key rule_key_done(const struct rule_key *k)
{
    return key_of(span_of(k->bytes, k->n));
}

/* A person sees the data: the actor is not a program (no actor: somebody). */
static inline bool rule_person(const struct rules_record *r)
{
    return r->actor.text.n < 5 || memcmp(r->actor.text.p, "auto:", 5) != 0;
}

#endif
