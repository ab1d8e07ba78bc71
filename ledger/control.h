/*
 * The local way into a running server: the socket control.sock in the data folder, for the
 * operator's own account. A client sends a roster's note and shuts its side; the answer
 * is three digits of status, then the body that POST <prefix>/roster would give. Or it sends one
 * of the two lines below: the answer is 200 or 409 (something stands against going on) and
 * the report of a server started after a restore as text, or 404 from another; "ja" before the newline asks for it in Japanese.
 */
#ifndef KEIIN_LEDGER_CONTROL_H
#define KEIIN_LEDGER_CONTROL_H

#include <uv.h>

#include "ledger/ledger.h"

#define CONTROL_SOCKET "control.sock"
#define CONTROL_STATUS_BYTES 3
#define CONTROL_REPORT "keiin/resume/v1 report"
#define CONTROL_NOTHING_NEWER "keiin/resume/v1 nothing-newer"
#define CONTROL_IN_JAPANESE " ja"

struct control;

/* Listens in the loop. A socket that is left from before is replaced: the lock is held. */
int control_new(
    uv_loop_t *loop, struct ledger *ledger, struct control **out, struct why *why) KEIIN_MUST_USE;
/* The memory goes when the loop has run once more. */
void control_close(struct control *control);

/*
 * "/proc/self/fd/N/control.sock" for a folder that is opened as *fd (the caller closes it):
 * a path of any length fits into a socket's address so.
 */
int control_path(const char *folder, char out[static 64], int *fd, struct why *why) KEIIN_MUST_USE;

#endif
