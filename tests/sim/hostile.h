/* A writer whose key is good and whose intentions are not. */
#ifndef KEIIN_TESTS_SIM_HOSTILE_H
#define KEIIN_TESTS_SIM_HOSTILE_H

#include "tests/sim/sim.h"

struct hostile *hostile_new(struct sim *sim);
void hostile_free(struct hostile *h);
void hostile_end(struct hostile *h); /* ends its fiber */

#endif
