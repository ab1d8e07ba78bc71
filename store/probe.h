/*
 * Looks at a store in a child process first. A damaged structure page of LMDB, or a file
 * cut short, can end the process that reads it; then it ends the child, and this says so.
 */
#ifndef KEIIN_STORE_PROBE_H
#define KEIIN_STORE_PROBE_H

#include "core/bytes.h"

/*
 * Runs `look` in a child and gives back what it returned, with its `why`. KEIIN_EDAMAGED when
 * the child was ended by a signal; KEIIN_ENOMEM or KEIIN_EIO, with why, when no child could
 * be made or heard; KEIIN_EUNKNOWN when what it printed could not be written. The caller has
 * one thread and no store open.
 */
int probe_run(int (*look)(void *ctx, struct why *why), void *ctx, struct why *why) KEIIN_MUST_USE;

#endif
