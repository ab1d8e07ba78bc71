/*
 * The ledger's machine: the true stages of ledger/, done step by step; its clock, its store,
 * and what ends it.
 */
#ifndef KEIIN_TESTS_SIM_SERVER_H
#define KEIIN_TESTS_SIM_SERVER_H

#include "tests/sim/sim.h"

#define SIM_PREFIX "/ledger"

struct server *server_new(struct sim *sim);
void server_free(struct server *s);

/* One step of one of its threads, by choice; false when none has anything to do. */
bool server_step(struct server *s);
/* Faults of the machine itself, as the plan has them. */
void server_faults(struct server *s);
/* From now on nothing fails; the clock is right. */
void server_heal(struct server *s);
bool server_is_up(const struct server *s);
bool server_is_idle(const struct server *s); /* no job under way */
uint64_t server_received(const struct server *s); /* of the last entry */
uint64_t server_serial(const struct server *s); /* published */
uint64_t server_size(const struct server *s); /* published */

/* The network's: a message is there; an answer leaves, or does not (false): the machine is dead. */
void server_deliver(struct server *s, struct message *m);
bool server_answered(struct server *s, struct message *m, unsigned status, struct span body);

/* There is little room: some body that is still coming in is given up, or none is. */
bool server_cut_body(struct server *s);

/* A GET of a path behind the prefix, at once, without faults. The status. */
unsigned server_get(struct server *s, const char *path, struct buf *out);
/* The operator hands a roster over. False when the ledger is not up, or is busy. */
bool server_hand_roster(struct server *s, struct span note);
/* The operator stops it, and starts it with another log key. */
void server_change_log_key(struct server *s, unsigned log_key);
unsigned server_log_key(const struct server *s);
bool server_has_log_key_change(const struct server *s); /* not done yet */

/* Stops it in order, while it is idle, and starts it again at once. */
void server_restart(struct server *s);
/* The operator puts some kept image of fewer than `size` entries in place. False: none. */
bool server_roll_back(struct server *s, uint64_t size);
/* Evidence rows for a writer's name, and whether there is one of this number and head. */
size_t server_evidence(
    struct server *s, struct span name, uint64_t number, const struct hash *head, bool *found);

#endif
