/* What the subcommands ask the running server through its socket (ledger/control.h). */
#ifndef KEIIN_LEDGER_ASK_H
#define KEIIN_LEDGER_ASK_H

#include "core/bytes.h"

/*
 * Sends `question`, and appends the whole answer, its three digits of status included. KEIIN_EABSENT
 * and KEIIN_EUNREADABLE with the reason: nobody was asked. KEIIN_EUNKNOWN: the server ended in between.
 */
int ask_server(
    const char *folder, struct span question, struct buf *answer, struct why *why) KEIIN_MUST_USE;

/*
 * Says why there is no answer, `unknown` when the server ended in between and nobody knows what it
 * did; the exit status.
 */
int ask_failed(int err, const char *folder, const char *unknown, const struct why *why);

#endif
