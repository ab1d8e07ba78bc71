/* What the engine's own files share. */
#ifndef KEIIN_VERIFIER_RULES_ENGINE_INTERNAL_H
#define KEIIN_VERIFIER_RULES_ENGINE_INTERNAL_H

#include "verifier/rules/rules.h"

#define WAITING_BYTES_MAX (UINT64_C(64) << 20) /* above, the oldest are told of at once */
#define OWN_ACTIONS_MAX 1000

/* limits.c */
struct rules_limits {
    struct hash digest;
    struct {
        bool off;
        uint64_t numbers[RULE_LIMITS_MAX];
        struct buf words[RULE_LIMITS_MAX];
    } rules[64];
    uint64_t clock_tolerance_ms;
    int zone_minutes; /* of days and months in reports */
    uint64_t public_min; /* lesser counts, but 0, are not told to the public */
    struct {
        char *name; /* owned; x-... */
        enum action action;
    } * actions;
    size_t action_count;
};

/* A call of `due` that a rule asked for. */
struct wake {
    uint64_t when_ms;
    uint64_t order; /* of asking */
    uint64_t serial; /* of the entry in its table */
    uint32_t rule, table;
};

/* wakes.c: the earliest first, and among equal ones the one that was asked for first. */
struct wakes {
    struct wake *heap;
    size_t count, cap;
    uint64_t order;
};
int wakes_add(struct wakes *w, const struct wake *wake) KEIIN_MUST_USE;
/* The next one that is due before now_ms; false when there is none. */
bool wakes_take(struct wakes *w, uint64_t now_ms, struct wake *out);
/*
 * Before it grows: forgets those of which `live` says false. As many places as are left stay free,
 * so that this is not asked at each one.
 */
void wakes_keep(
    struct wakes *w, bool (*live)(const void *ctx, const struct wake *wake), const void *ctx);
void wakes_clear(struct wakes *w);
void wakes_save(const struct wakes *w, struct buf *out);
int wakes_load(struct wakes *w, struct cursor *in) KEIIN_MUST_USE;

/* waiting.c: records whose authority was not granted by then, each with its writer's name. */
struct waiting {
    struct table *records; /* in the order of the ledger */
    struct table *by_approval; /* serial numbers of these, by the approval that they name */
    uint64_t bytes; /* that `records` hold, the same whatever was there before */
};
int waiting_init(struct waiting *w) KEIIN_MUST_USE;
/* After its tables were loaded. False when they do not fit together. */
bool waiting_loaded(struct waiting *w);
void waiting_clear(struct waiting *w);
void waiting_destroy(struct waiting *w);

struct rules {
    const struct rules_limits *limits;
    struct rules_sink sink;
    struct rules_listener listener; /* .record NULL: nobody listens */
    struct rule_run *runs; /* rules_count of them */
    struct table *writers; /* struct rules_writer by name */
    struct table *approvals;
    struct table *own; /* uint64_t counts of actions of the agencies' own */
    struct waiting waiting;
    uint64_t wait_ms; /* how long: a limit of authority-unknown */
    uint64_t waiting_bytes_max;
    struct wakes wakes;
    uint64_t now_ms; /* the greatest `received` so far */
    uint64_t next_index; /* entries seen */
    uint32_t writer_count; /* ever listed */
    uint64_t roster_serial;
    bool has_roster;
    const struct roster *roster; /* in force, borrowed; NULL after loading until the next entry */
    struct rules_counts counts;
    struct rules_record *scratch; /* the record at hand; one more for those that waited */
};

/* Keeps a record until its authority is granted or `wait` is over. */
int waiting_add(struct rules *rules, const struct rules_record *r) KEIIN_MUST_USE;
/* An approval was granted or ratified: those that waited for it are judged. */
int waiting_settle(struct rules *rules, const struct rules_record *by) KEIIN_MUST_USE;
/* Those that waited too long by now_ms, or, at the end, all as open ones. */
int waiting_expire(struct rules *rules) KEIIN_MUST_USE;
int waiting_open(struct rules *rules) KEIIN_MUST_USE;

/* engine.c: reads a record, with the action as which it is judged. KEIIN_EMALFORMED. */
int engine_read(
    const struct rules *rules, struct rules_record *out, struct span bytes) KEIIN_MUST_USE;
/* Calls the rules' functions for the authority of a record. */
int engine_authorised(
    struct rules *rules, const struct rules_record *r, bool waited) KEIIN_MUST_USE;
int engine_unauthorised(
    struct rules *rules, const struct rules_record *r, bool open) KEIIN_MUST_USE;
/* Puts place and writer to a record. False when no such writer was ever listed. */
bool engine_place(struct rules *rules, struct rules_record *r, struct rules_address address,
    uint64_t received, struct span writer);

#endif
