/* What a check of a report comes to, in sentences and as JSON. */
#ifndef KEIIN_VERIFIER_WORDS_RECHECK_H
#define KEIIN_VERIFIER_WORDS_RECHECK_H

#include <stdio.h>

#include "verifier/report/recheck.h"

/* Exit status: 1 when something is wrong, 2 when something could not be told, else 0. */
int recheck_status(const struct recheck *r);

/* `report` is NULL where it has not the form of one. */
void words_recheck(FILE *to, const char *path, const struct recheck *r, const json_t *report,
    uint64_t trusted_serial);
/* KEIIN_EIO, KEIIN_ENOMEM. */
int json_recheck(FILE *to, const struct recheck *r, const json_t *report) KEIIN_MUST_USE;

#endif
