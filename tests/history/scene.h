/* A scene in which a rule is broken: who and what is in it, and the acts that scenes share. */
#ifndef KEIIN_TESTS_HISTORY_SCENE_H
#define KEIIN_TESTS_HISTORY_SCENE_H

#include "tests/history/history.h"

struct scene {
    struct history *h;
    struct random *random;
    const char *rule, *kind;
    int variant;
    unsigned number;
    uint64_t when_ms; /* what is done to a writer's clock or heartbeats, within 150 minutes */
    /* Names that nobody else has. */
    char actor[24], other[24], unit[24], dataset[32], child[32], ref[32], notice[32];
    struct seat seat; /* of `actor`, under `approval`; points into the scene, which must not move */
    struct approval approval; /* not asked for, nor granted, before scene_grant */
};

void scene_begin(struct scene *s, struct history *h, unsigned number, const char *rule,
    const struct violation *violation, uint64_t when_ms);

/* A finding that this scene gives: of its own rule, or of another. */
int scene_answer(const struct scene *s);
int scene_answer_of(const struct scene *s, const char *rule);

/* The approval is asked for and granted at these times, in force from and to others. */
void scene_ask(struct scene *s, uint64_t when_ms);
void scene_grant(struct scene *s, uint64_t when_ms, uint64_t from_ms, uint64_t to_ms);
/* Granted two days before the scene, for a month around it. */
void scene_approve(struct scene *s);

/* An access by the seat to a data set, of 25 items; the act is not yet put. */
void scene_access(
    struct scene *s, struct act *a, uint64_t when_ms, const char *action, const char *dataset);
/* The same, put, with the answer (or -1) that rests on it. */
void scene_put_access(
    struct scene *s, uint64_t when_ms, const char *action, const char *dataset, int answer);
/* `at` is to be this, whatever the writer's clock says when the act happens. */
void scene_set_at(struct act *a, uint64_t at_ms);
/* Another act of the seat on a data set, with `outcome` success. */
void scene_act(
    struct scene *s, struct act *a, uint64_t when_ms, const char *action, const char *dataset);
/* A proper erasure. */
void scene_erase(struct scene *s, struct act *a, uint64_t when_ms, const char *dataset);
/* A batch under the approval; its times are the caller's to change. */
struct batch scene_batch(struct scene *s);
/* A provision to someone of a kind, with its receipt an hour later when `receipt`. */
struct provision scene_provision(struct scene *s, uint64_t when_ms, const char *kind);
void scene_put_provision(struct scene *s, const struct provision *p, bool receipt, int answer);

#endif
