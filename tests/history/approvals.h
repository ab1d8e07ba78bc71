/*
 * Approvals: asked for by an agency, decided by the committee, extended in time or not, now and
 * then revoked. Whoever owns one is told what becomes of it and keeps to `use_until_ms`.
 */
#ifndef KEIIN_TESTS_HISTORY_APPROVALS_H
#define KEIIN_TESTS_HISTORY_APPROVALS_H

#include <stdbool.h>

#include "tests/history/act.h"
#include "tests/history/agencies.h"
#include "tests/history/random.h"

#define APPROVAL_PURPOSES_MAX 3
#define APPROVAL_UNITS_MAX 2
#define APPROVAL_RECIPIENTS_MAX 4
#define APPROVAL_DATASETS_MAX 8

/* What an approval allows; a count of 0: no limit. */
struct scope {
    const char *purposes[APPROVAL_PURPOSES_MAX];
    size_t purpose_count;
    const char *units[APPROVAL_UNITS_MAX];
    size_t unit_count;
    const char *recipients[APPROVAL_RECIPIENTS_MAX];
    size_t recipient_count;
    char datasets[APPROVAL_DATASETS_MAX][32];
    size_t dataset_count;
    bool has_criteria;
    uint8_t criteria[32];
    char stream[16];
};

struct approval;

/* What its owner does when something becomes of it. Any may be NULL but `closed`. */
struct tenure {
    void (*granted)(struct history *h, void *owner);
    void (*ending)(struct history *h, void *owner); /* it will not be extended: time for another */
    void (*closed)(struct history *h, void *owner); /* the last moment of use; frees the owner */
};

struct approval {
    char id[24], asked_by[24], granted_by[24];
    enum writer_id asker;
    struct scope scope;
    uint64_t from_ms, to_ms; /* as granted, or extended */
    uint64_t use_until_ms;   /* nobody uses it later */
    bool granted;
    bool final; /* not to be extended */
    const struct tenure *tenure;
    void *owner;
};

extern const char *const purposes[];
extern const size_t purpose_count;

/* Names it and the one who asks; scope and tenure are the caller's to set. */
void approval_init(struct history *h, struct approval *a, enum writer_id asker);
/* One to three purposes. */
void approval_scope_purposes(struct random *random, struct scope *scope);
void approval_put_scope(struct act *act, const struct scope *scope);
/* Asked for now; the committee decides within days. What is refused is asked for again. */
void approval_ask(struct history *h, struct approval *a);
/* Granted now, or ratified: in force from `from_ms`, and followed until it ends. */
void approval_grant(struct history *h, struct approval *a, const char *decision, uint64_t from_ms);
/* A record of a decision about it, not yet put. */
void approval_act(struct random *random, struct act *act, const struct approval *a,
    enum writer_id writer, uint64_t when_ms, const char *decision);
/* Who decides for the committee. */
void approval_member(struct random *random, char out[static 24]);

#endif
