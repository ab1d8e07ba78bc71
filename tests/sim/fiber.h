/*
 * Fibers: a client's blocking calls run on a stack of their own, so that one thread has
 * many of them under way. Stacks are kept for the next fiber.
 */
#ifndef KEIIN_TESTS_SIM_FIBER_H
#define KEIIN_TESTS_SIM_FIBER_H

#include <stdbool.h>

struct fiber;

/* Begins with the first fiber_resume. Ends the process without memory. */
struct fiber *fiber_new(void (*run)(void *ctx), void *ctx);
void fiber_free(struct fiber *fiber); /* one that ended; NULL is fine */

/* From outside: runs it until it pauses or ends. */
void fiber_resume(struct fiber *fiber);
/* From inside. */
void fiber_pause(struct fiber *fiber);
bool fiber_ended(const struct fiber *fiber);

void fiber_free_stacks(void);

#endif
