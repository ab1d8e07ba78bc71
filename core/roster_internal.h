/* What roster_parse.c and roster.c share. */
#ifndef KEIIN_CORE_ROSTER_INTERNAL_H
#define KEIIN_CORE_ROSTER_INTERNAL_H

#include "core/roster.h"

/* Fills writers_by_key. KEIIN_ENOMEM. */
int roster_index(struct roster *roster) KEIIN_MUST_USE;

#endif
